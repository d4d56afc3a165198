/*
 * client.h - an AWS client: signed requests over libcurl, on a libuv loop or blocking.
 *
 * The endpoint is AWS_ENDPOINT_URL where set, else https://<service>.<region>.amazonaws.com.
 * Answers come as trees: JSON as it is, XML (query services) as lib/base/xml.h makes it with the
 * <…Response>/<…Result> wrappers taken off. Throttling and 5xx are tried again with back-off, at
 * most `attempts` times, within `timeout`.
 */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H

#include "lib/aws/credentials.h"
#include "lib/base/json.h"

#include <uv.h>

/* How a service speaks. A literal of the caller's, e.g. cli/services.c, app/parameters.c. */
struct aws_service {
	const char *endpoint_prefix; /* "ssm", "elasticloadbalancing", "api.ecr" */
	const char *signing_name;    /* "ssm", "elasticloadbalancing", "ecr" */
	enum { AWS_JSON_1_0, AWS_JSON_1_1, AWS_QUERY, AWS_EC2, AWS_REST } protocol;
	const char *target_prefix; /* JSON: "AmazonSSM" */
	const char *api_version;   /* query, EC2: "2010-05-15" */
};

struct aws_options {
	const char *endpoint; /* NULL: AWS_ENDPOINT_URL, else AWS itself */
	const char *region;   /* NULL: AWS_REGION, AWS_DEFAULT_REGION, us-east-1 */
	const struct aws_credentials *credentials; /* NULL: as credentials.h finds them; copied */
	msec timeout;				   /* whole call; 0: 10 s */
	int attempts;				   /* 0: 3 */
};

struct aws_answer {
	int err;	     /* 0, or -errno: no answer came (-ETIMEDOUT, -ECONNREFUSED; -ENOKEY:
			      * no credentials; -EMSGSIZE: more than 64 MiB) */
	int status;	     /* HTTP */
	const char *error;   /* AWS's error code ("ParameterNotFound"); NULL on success */
	const char *message; /* … and message */
	const json_t *body;  /* the tree; NULL if there was none. AWS_REST: raw instead */
	const char *raw;
	size_t raw_len;
	const char *request_id;
	int64_t took_us;
};

struct aws_client;

/* loop may be NULL for a client that only blocks. 0 or -errno. */
int aws_client_open(uv_loop_t *loop, const struct aws_options *options,
		    struct aws_client **ret_client);
/* Calls in flight are dropped, unanswered. Not from within done(). NULL is fine. */
void aws_client_close(struct aws_client *client);

/* done() gets an answer that is gone when it returns. Never called before aws_send returns. */
typedef void aws_done(const struct aws_answer *answer, void *user);

/*
 * trace_header is sent as X-Amzn-Trace-Id; NULL: none. For query services input is written as
 * Name=…, List.member.N=…, as the trees say (protocol.h).
 */
void aws_send(struct aws_client *client, const struct aws_service *service, const char *operation,
	      const json_t *input, const char *trace_header, aws_done *done, void *user);

/* The same, blocking; the answer lives until the next call on this client. */
const struct aws_answer *aws_ask(struct aws_client *client, const struct aws_service *service,
				 const char *operation, const json_t *input);

/*
 * A raw signed request: S3, rest-json. path is percent-encoded and may hold a query.
 * content_type NULL: application/octet-stream where there is a body. body is copied.
 */
struct aws_raw {
	const char *method;
	const char *path;
	const char *content_type;
	const void *body;
	size_t len;
};

void aws_send_raw(struct aws_client *client, const struct aws_service *service,
		  const struct aws_raw *raw, aws_done *done, void *user);
const struct aws_answer *aws_ask_raw(struct aws_client *client, const struct aws_service *service,
				     const struct aws_raw *raw);

/* A plain GET over the same machinery, neither signed nor tried again: ECS's metadata endpoint. */
void aws_get(struct aws_client *client, const char *url, aws_done *done, void *user);

#endif
