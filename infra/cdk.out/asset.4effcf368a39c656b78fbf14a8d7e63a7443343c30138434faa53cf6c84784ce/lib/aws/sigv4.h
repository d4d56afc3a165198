/*
 * sigv4.h - Signature Version 4, both sides: clients sign, the lab's front door verifies.
 *
 * Source: IAM User Guide, "Create a signed AWS API request"; S3 signs its path once-encoded and not
 * normalised, every other service normalises and encodes again.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include "lib/aws/credentials.h"
#include "lib/base/buf.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct sigv4_header {
	const char *name; /* any case */
	const char *value;
};

struct sigv4_request {
	const char *method;
	const char *path;  /* as on the request line, without query */
	const char *query; /* as on the request line, without '?'; NULL or "" if none */
	const struct sigv4_header *headers;
	size_t nheaders;
	const char *payload_sha256; /* 64 hex digits, or a constant such as UNSIGNED-PAYLOAD */
};

struct sigv4_scope {
	const char *date; /* yyyymmdd */
	const char *region;
	const char *service; /* signing name: "ssm", "s3", "elasticloadbalancing" */
};

/* Lower-case hex of SHA-256; text holds 65 bytes. */
void sigv4_sha256_hex(const void *data, size_t len, char text[65]);

/*
 * The 64 hex digits of the signature over the headers named in signed_headers ("host;x-amz-date",
 * lower case, sorted). amz_date is the request's X-Amz-Date. A presigned request passes its query
 * without X-Amz-Signature.
 */
void sigv4_signature(const struct sigv4_request *request, const struct sigv4_scope *scope,
		     const char *amz_date, const char *signed_headers,
		     const char *secret_access_key, char text[65]);

/*
 * Signs for sending: answers the Authorization header's value, owned by the caller. `headers` must
 * hold host, x-amz-date, and x-amz-security-token where there is a token; all of them are signed.
 */
char *sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
			  const char *amz_date, const struct aws_credentials *credentials);

/* An Authorization header or presigned query, taken apart. Text is owned by the caller's arena. */
struct sigv4_claim {
	const char *access_key_id;
	struct sigv4_scope scope;
	const char *signed_headers;
	const char *signature;
	const char *amz_date;	   /* presigned only; else it is a header */
	const char *session_token; /* presigned only */
	int64_t expires_seconds;   /* presigned only; else -1 */
};

struct arena;

/* "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…". False: malformed. */
bool sigv4_read_authorization(struct arena *arena, const char *value,
			      struct sigv4_claim *ret_claim);

/*
 * A presigned request's query (X-Amz-Algorithm, X-Amz-Credential, …). ret_rest is the query without
 * X-Amz-Signature, which is what was signed. False: not presigned, or malformed.
 */
bool sigv4_read_query(struct arena *arena, const char *query, struct sigv4_claim *ret_claim,
		      const char **ret_rest);

/* Equal in constant time. */
bool sigv4_same(const char *signature, const char *other);

/* RFC 3986 percent-encoding as AWS wants it; '/' is kept when keep_slash. */
void sigv4_uri_encode(struct buf *out, const char *text, size_t len, bool keep_slash);
/* … and back. '+' is a plus; what is no %XX stays as it is. */
void sigv4_uri_decode(struct buf *out, const char *text, size_t len);

#endif
