/*
 * signature.c - Signature Version 4, checked: header and presigned query.
 *
 * Times are real: a client signs with its machine's clock, whatever the lab's shows. Codes and
 * statuses differ by protocol, as AWS's do.
 *
 *   left out   SigV2, SigV4A, chunk signatures
 */
#include "lab/front/signature.h"

#include <string.h>

#define SKEW (15 * MINUTE)
#define PRESIGNED_MAX 604800 /* seconds: a week */

enum refusal {
	REFUSED_MISSING,
	REFUSED_MECHANISM, /* SigV2, which boto still presigns S3 with at an endpoint of one's own */
	REFUSED_MALFORMED,
	REFUSED_UNKNOWN_KEY,
	REFUSED_TOKEN,
	REFUSED_EXPIRED_TOKEN,
	REFUSED_SKEWED,
	REFUSED_PRESIGNED_EXPIRED,
	REFUSED_WRONG,
	REFUSED_BODY,
	REFUSALS
};

struct words {
	int status;
	const char *code;
	const char *message;
};

#define DOES_NOT_MATCH                                                                          \
	"The request signature we calculated does not match the signature you provided. Check " \
	"your AWS Secret Access Key and signing method. Consult the service documentation for " \
	"details."
#define UNSUPPORTED                                                                   \
	"The authorization mechanism you have provided is not supported. Please use " \
	"AWS4-HMAC-SHA256."
#define INVALID_TOKEN "The security token included in the request is invalid."
#define EXPIRED_TOKEN "The security token included in the request is expired"
#define EC2_AUTH "AWS was not able to validate the provided access credentials"

static const struct words json_words[REFUSALS] = {
	[REFUSED_MISSING] = {400, "MissingAuthenticationTokenException",
			     "Missing Authentication Token"},
	[REFUSED_MECHANISM] = {400, "IncompleteSignatureException", UNSUPPORTED},
	[REFUSED_MALFORMED] = {400, "IncompleteSignatureException",
			       "The request signature does not conform to AWS standards."},
	[REFUSED_UNKNOWN_KEY] = {400, "UnrecognizedClientException", INVALID_TOKEN},
	[REFUSED_TOKEN] = {400, "UnrecognizedClientException", INVALID_TOKEN},
	[REFUSED_EXPIRED_TOKEN] = {400, "ExpiredTokenException", EXPIRED_TOKEN},
	[REFUSED_SKEWED] = {400, "InvalidSignatureException", NULL},
	[REFUSED_PRESIGNED_EXPIRED] = {400, "InvalidSignatureException", NULL},
	[REFUSED_WRONG] = {400, "InvalidSignatureException", DOES_NOT_MATCH},
	[REFUSED_BODY] = {400, "InvalidSignatureException", DOES_NOT_MATCH},
};
static const struct words query_words[REFUSALS] = {
	[REFUSED_MISSING] = {403, "MissingAuthenticationToken",
			     "Request is missing Authentication Token"},
	[REFUSED_MECHANISM] = {400, "IncompleteSignature", UNSUPPORTED},
	[REFUSED_MALFORMED] = {400, "IncompleteSignature",
			       "The request signature does not conform to AWS standards."},
	[REFUSED_UNKNOWN_KEY] = {403, "InvalidClientTokenId", INVALID_TOKEN},
	[REFUSED_TOKEN] = {403, "InvalidClientTokenId", INVALID_TOKEN},
	[REFUSED_EXPIRED_TOKEN] = {403, "ExpiredToken", EXPIRED_TOKEN},
	[REFUSED_SKEWED] = {403, "SignatureDoesNotMatch", NULL},
	[REFUSED_PRESIGNED_EXPIRED] = {403, "SignatureDoesNotMatch", NULL},
	[REFUSED_WRONG] = {403, "SignatureDoesNotMatch", DOES_NOT_MATCH},
	[REFUSED_BODY] = {403, "SignatureDoesNotMatch", DOES_NOT_MATCH},
};
static const struct words ec2_words[REFUSALS] = {
	[REFUSED_MISSING] = {400, "MissingParameter",
			     "The request must contain the parameter AWSAccessKeyId"},
	[REFUSED_MECHANISM] = {401, "AuthFailure", UNSUPPORTED},
	[REFUSED_MALFORMED] = {401, "AuthFailure", EC2_AUTH},
	[REFUSED_UNKNOWN_KEY] = {401, "AuthFailure", EC2_AUTH},
	[REFUSED_TOKEN] = {401, "AuthFailure", EC2_AUTH},
	[REFUSED_EXPIRED_TOKEN] = {400, "RequestExpired", "Request has expired."},
	[REFUSED_SKEWED] = {400, "RequestExpired", "Request has expired."},
	[REFUSED_PRESIGNED_EXPIRED] = {400, "RequestExpired", "Request has expired."},
	[REFUSED_WRONG] = {401, "AuthFailure", EC2_AUTH},
	[REFUSED_BODY] = {401, "AuthFailure", EC2_AUTH},
};
static const struct words s3_words[REFUSALS] = {
	[REFUSED_MISSING] = {403, "AccessDenied", "Access Denied"},
	[REFUSED_MECHANISM] = {400, "InvalidRequest", UNSUPPORTED},
	[REFUSED_MALFORMED] = {400, "AuthorizationHeaderMalformed",
			       "The authorization header you provided is invalid."},
	[REFUSED_UNKNOWN_KEY] = {403, "InvalidAccessKeyId",
				 "The AWS Access Key Id you provided does not exist in our "
				 "records."},
	[REFUSED_TOKEN] = {400, "InvalidToken",
			   "The provided token is malformed or otherwise invalid."},
	[REFUSED_EXPIRED_TOKEN] = {400, "ExpiredToken", "The provided token has expired."},
	[REFUSED_SKEWED] = {403, "RequestTimeTooSkewed",
			    "The difference between the request time and the current time is too "
			    "large."},
	[REFUSED_PRESIGNED_EXPIRED] = {403, "AccessDenied", "Request has expired"},
	[REFUSED_WRONG] = {403, "SignatureDoesNotMatch",
			   "The request signature we calculated does not match the signature you "
			   "provided. Check your key and signing method."},
	[REFUSED_BODY] = {400, "XAmzContentSHA256Mismatch",
			  "The provided 'x-amz-content-sha256' header does not match what was "
			  "computed."},
};
static const struct words *const words_of[] = {
	[PROTOCOL_JSON] = json_words,	[PROTOCOL_QUERY] = query_words,
	[PROTOCOL_EC2] = ec2_words,	[PROTOCOL_REST_JSON] = json_words,
	[PROTOCOL_REST_XML] = s3_words,
};

struct checking {
	struct arena *arena;
	const struct wire_request *request;
	const struct signature *signature;
	const struct signature_terms *terms;
	const char *date; /* X-Amz-Date */
	real_ms signed_at;
	const char *payload; /* its hash, as it was signed */
	enum refusal refusal;
};

void signature_read(struct arena *arena, const struct wire_request *request,
		    struct signature *ret_signature)
{
	struct span header = wire_header(request, "authorization");
	const char *query = span_dup(arena, request->query);
	struct signature read = {.query = query};

	if (header.at) {
		read.there = true;
		read.wellformed =
			sigv4_read_authorization(arena, span_dup(arena, header), &read.claim);
	} else if (strstr(query, "X-Amz-Signature=")) {
		read.there = read.presigned = true;
		read.wellformed = sigv4_read_query(arena, query, &read.claim, &read.query);
	}
	if (read.wellformed)
		read.service = read.claim.scope.service;
	*ret_signature = read;
}

static bool refuse(struct checking *checking, enum refusal refusal)
{
	checking->refusal = refusal;
	return false;
}

/* NULL: missing. */
static char *header_text(const struct checking *checking, const char *name)
{
	struct span value = wire_header(checking->request, name);

	return value.at ? span_dup(checking->arena, value) : NULL;
}

/* A name in "host;x-amz-date". */
static bool is_signed(const char *signed_headers, const char *name)
{
	size_t len = strlen(name);
	const char *at = signed_headers;

	while (*at) {
		size_t part = strcspn(at, ";");

		if (part == len && memcmp(at, name, len) == 0)
			return true;
		at += part + (at[part] == ';');
	}
	return false;
}

static bool is_sigv2(const char *query)
{
	return strstr(query, "AWSAccessKeyId=") && strstr(query, "Signature=");
}

static bool check_form(struct checking *checking)
{
	const struct signature *signature = checking->signature;
	const struct sigv4_claim *claim = &signature->claim;

	if (!signature->there)
		return refuse(checking,
			      is_sigv2(signature->query) ? REFUSED_MECHANISM : REFUSED_MISSING);
	if (!signature->wellformed || !is_signed(claim->signed_headers, "host") ||
	    strcmp(claim->scope.region, checking->terms->region) != 0)
		return refuse(checking, REFUSED_MALFORMED);
	checking->date =
		signature->presigned ? claim->amz_date : header_text(checking, "x-amz-date");
	if (!checking->date || !clock_parse_amz(checking->date, &checking->signed_at) ||
	    strncmp(checking->date, claim->scope.date, 8) != 0)
		return refuse(checking, REFUSED_MALFORMED);
	return true;
}

static bool check_time(struct checking *checking)
{
	const struct sigv4_claim *claim = &checking->signature->claim;
	msec age = checking->terms->now.ms - checking->signed_at.ms;

	if (age < -SKEW || (!checking->signature->presigned && age > SKEW))
		return refuse(checking, REFUSED_SKEWED);
	if (!checking->signature->presigned)
		return true;
	if (claim->expires_seconds < 0 || claim->expires_seconds > PRESIGNED_MAX)
		return refuse(checking, REFUSED_MALFORMED);
	if (age > claim->expires_seconds * SECOND)
		return refuse(checking, REFUSED_PRESIGNED_EXPIRED);
	return true;
}

static bool check_owner(struct checking *checking, struct key_owner *ret_owner)
{
	const struct signature_terms *terms = checking->terms;
	const struct sigv4_claim *claim = &checking->signature->claim;
	const char *token = checking->signature->presigned
				    ? claim->session_token
				    : header_text(checking, "x-amz-security-token");

	if (!terms->find_key(terms->user, checking->arena, claim->access_key_id, ret_owner))
		return refuse(checking, REFUSED_UNKNOWN_KEY);
	if (ret_owner->session_token && (!token || !sigv4_same(token, ret_owner->session_token)))
		return refuse(checking, REFUSED_TOKEN);
	if (!ret_owner->session_token && token && *token)
		return refuse(checking, REFUSED_TOKEN);
	if (ret_owner->expires.ms && terms->now.ms >= ret_owner->expires.ms)
		return refuse(checking, REFUSED_EXPIRED_TOKEN);
	return true;
}

static bool is_hash(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

/* What was signed of the body: its hash, or the word that says it was not. */
static bool check_body(struct checking *checking)
{
	char *said = header_text(checking, "x-amz-content-sha256");
	bool s3 = checking->terms->protocol == PROTOCOL_REST_XML;
	char *computed;

	if (!said && checking->signature->presigned && s3)
		said = arena_strdup(checking->arena, SIGV4_UNSIGNED_PAYLOAD);
	if (said && !is_hash(said)) {
		bool streams = strncmp(said, "STREAMING-", 10) == 0 && s3;

		checking->payload = said;
		return streams || strcmp(said, SIGV4_UNSIGNED_PAYLOAD) == 0
			       ? true
			       : refuse(checking, REFUSED_MALFORMED);
	}
	computed = arena_alloc(checking->arena, 65);
	sigv4_sha256_hex(checking->request->body.at, checking->request->body.len, computed);
	checking->payload = computed;
	return said && strcasecmp(said, computed) != 0 ? refuse(checking, REFUSED_BODY) : true;
}

static bool check_signature(struct checking *checking, const char *secret)
{
	const struct wire_request *request = checking->request;
	const struct sigv4_claim *claim = &checking->signature->claim;
	struct arena *arena = checking->arena;
	struct sigv4_header *headers =
		arena_alloc(arena, (request->nheaders + 1) * sizeof(*headers));
	struct sigv4_request signed_request = {
		.method = span_dup(arena, request->method),
		.path = span_dup(arena, request->path),
		.query = checking->signature->query,
		.headers = headers,
		.nheaders = request->nheaders,
		.payload_sha256 = checking->payload,
	};
	char computed[65];

	for (size_t i = 0; i < request->nheaders; i++) {
		headers[i].name = span_dup(arena, request->headers[i].name);
		headers[i].value = span_dup(arena, request->headers[i].value);
	}
	sigv4_signature(&signed_request, &claim->scope, checking->date, claim->signed_headers,
			secret, computed);
	if (!sigv4_same(computed, claim->signature))
		return refuse(checking, REFUSED_WRONG);
	return true;
}

static const char *skew_message(const struct checking *checking)
{
	char now[CLOCK_TEXT], bound[CLOCK_TEXT];
	bool late = checking->terms->now.ms > checking->signed_at.ms;
	int64_t limit = checking->terms->now.ms + (late ? -SKEW : SKEW);

	clock_amz(checking->terms->now, now);
	clock_amz((real_ms){limit}, bound);
	return arena_fmt(checking->arena, "Signature %s: %s is now %s than %s (%s %c 15 min.)",
			 late ? "expired" : "not yet current", checking->date,
			 late ? "earlier" : "later", bound, now, late ? '-' : '+');
}

static struct fault fault_of(const struct checking *checking)
{
	const struct words *words = &words_of[checking->terms->protocol][checking->refusal];

	return (struct fault){
		.code = words->code,
		.message = words->message ? words->message : skew_message(checking),
		.status = words->status,
		.sender = true,
	};
}

bool signature_check(struct arena *arena, const struct wire_request *request,
		     const struct signature *signature, const struct signature_terms *terms,
		     struct principal *ret_caller, struct fault *ret_fault)
{
	struct checking checking = {
		.arena = arena,
		.request = request,
		.signature = signature,
		.terms = terms,
	};
	struct key_owner owner = {0};

	if (check_form(&checking) && check_time(&checking) && check_owner(&checking, &owner) &&
	    check_body(&checking) && check_signature(&checking, owner.secret_access_key)) {
		*ret_caller = owner.principal;
		return true;
	}
	*ret_fault = fault_of(&checking);
	return false;
}
