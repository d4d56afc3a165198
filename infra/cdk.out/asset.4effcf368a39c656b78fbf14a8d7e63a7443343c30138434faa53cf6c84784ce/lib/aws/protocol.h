/*
 * protocol.h - AWS's protocols as a client speaks them: trees in and out of bodies. No I/O.
 */
#ifndef AWS_PROTOCOL_H
#define AWS_PROTOCOL_H

#include "lib/aws/client.h"
#include "lib/base/buf.h"

/*
 * Action=…&Version=…&… . {"Names": ["a"]} is Names.member.1=a, or Names.1=a for AWS_EC2; a member's
 * name may hold dots of its own ("Filters.Filter.1.Name"). An empty list is "Names=".
 */
void aws_write_query(struct buf *out, const struct aws_service *service, const char *operation,
		     const json_t *input);

/* What came over HTTP. */
struct aws_reply {
	int status;
	const char *error_type; /* x-amzn-errortype; "" if there was none */
	const char *request_id; /* x-amzn-requestid, x-amz-request-id; "" if there was none */
	const char *body;
	size_t len;
};

/* What it says. All but request_id belongs to `tree` and `code`. */
struct aws_reading {
	json_t *tree; /* owned; NULL: none */
	char *code;   /* owned; the error, NULL on success */
	const json_t *body;
	const char *message;
	const char *request_id;
};

void aws_read_reply(const struct aws_service *service, const struct aws_reply *reply,
		    struct aws_reading *ret_reading);
void aws_reading_free(struct aws_reading *reading);

/* Worth trying again? */
bool aws_is_throttling(int status, const char *code); /* code may be NULL */
bool aws_is_transient(int status, const char *code);
bool aws_is_expired(const char *code);

#endif
