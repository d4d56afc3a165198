/*
 * protocol.h - AWS's five protocols: HTTP in, trees out, and back.
 *
 * One reader and one writer a protocol, driven by the model; no handler ever parses. A call goes
 * protocol_find → protocol_read → protocol_validate → the handler → protocol_write, and whatever
 * fails on the way ends in protocol_write_fault. Nothing here does I/O or knows who asks.
 *
 * Sources: Smithy's "AWS protocols"; what the clients really send is in the tests.
 */
#ifndef LAB_AWS_PROTOCOL_H
#define LAB_AWS_PROTOCOL_H

#include "lab/aws/model.h"
#include "lab/aws/request.h"
#include "lib/base/buf.h"
#include "lib/net/http_server.h"

/* A request with the transport undone: no gzip, no aws-chunked. Spans are the caller's. */
struct wire_request {
	struct span method;
	struct span path;  /* still percent-encoded; a virtual host's bucket in front */
	struct span query; /* without '?' */
	const struct http_header *headers;
	size_t nheaders;
	struct span body;
};

struct wire_call {
	struct arena *arena; /* everything that is read or written lives here */
	const struct model *model;
	const char *request_id;
	struct wire_request request;
	/* Filled by protocol_find: */
	uint8_t protocol; /* of this call: the model's, or JSON where it speaks both */
	const struct operation *operation;
};

struct wire_header {
	const char *name;
	const char *value;
};

#define WIRE_HEADERS_MAX 64

struct wire_reply {
	int status;
	const char *content_type; /* or NULL */
	struct wire_header headers[WIRE_HEADERS_MAX];
	size_t nheaders;
	struct buf *body;
	int64_t content_length; /* of a HEAD's missing body; else -1 */
};

/* What a call is of. False: no such operation, or one that the lab does not keep. */
bool protocol_find(struct wire_call *call, struct fault *ret_fault);

/* The input as the model says; NULL: malformed. Belongs to the arena. */
json_t *protocol_read(const struct wire_call *call, struct fault *ret_fault);

/* Checks required members, lengths, ranges, patterns and enumerations, in AWS's words. */
bool protocol_validate(struct arena *arena, const struct model *model,
		       const struct operation *operation, const json_t *in,
		       struct fault *ret_fault);

/* Writers fill a zeroed reply. Members that the model does not have are left out; a "_Status" in
 * `out` takes the place of the operation's own. */
void protocol_write(const struct wire_call *call, const json_t *out, struct wire_reply *reply);
void protocol_write_fault(const struct wire_call *call, const struct fault *fault,
			  struct wire_reply *reply);

/* What of an output its model does not know, or has of another kind: text for our log; NULL: none. */
const char *protocol_mismatch(struct arena *arena, const struct model *model,
			      const struct operation *operation, const json_t *out);

/* For the front door, before it knows whose call it is. */
struct span wire_header(const struct wire_request *request, const char *name);
/* A form's field, of the body or the query, decoded; NULL if there is none. */
char *protocol_form_field(struct arena *arena, struct span form, const char *name);

#endif
