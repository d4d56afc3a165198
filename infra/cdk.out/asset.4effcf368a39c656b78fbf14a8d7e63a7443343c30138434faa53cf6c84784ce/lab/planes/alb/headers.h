/*
 * headers.h - the heads of forwarded requests and answers: what AWS adds, takes away, rewrites.
 *
 * Source: ALB User Guide, "HTTP headers and Application Load Balancers", "Request tracing".
 */
#ifndef ALB_HEADERS_H
#define ALB_HEADERS_H

#include "lib/base/buf.h"
#include "lib/net/http1.h"

enum xff_mode { XFF_APPEND, XFF_PRESERVE, XFF_REMOVE };

struct headers_options {
	enum xff_mode xff;
	bool xff_client_port;
	bool preserve_host;
	bool drop_invalid; /* names that do not match [-A-Za-z0-9]+ */
};

struct headers_from {
	const char *client_ip;
	int client_port;
	const char *node_ip; /* the address that was dialled */
	int listener_port;
	size_t head_len; /* of the request as it came, bytes */
};

/* 0, or the status of a refusal: 463. */
int headers_request(struct buf *out, const struct http1_head *head,
		    const struct headers_options *options, const struct headers_from *from);

/* body is how it goes to the client. */
void headers_answer(struct buf *out, const struct http1_head *head, enum http1_body body,
		    bool keep_alive);

/* "Host" of the request without its port, as the rules and redirects see it. */
struct span headers_host(const struct http1_head *head);

#define TRACE_ID_TEXT 36 /* bytes of 1-<8 hex>-<24 hex>, with its NUL */

#endif
