/*
 * http1.h - HTTP/1.1 read strictly: heads of requests and responses, and chunked bodies.
 *
 * Nothing here does I/O. Data may come in any pieces: a reader answers how much it used, 0 for
 * "more, please", or an enum http1_error below zero. Strict: token names, exactly one Host, one
 * all-digit Content-Length, Transfer-Encoding exactly "chunked", never both, no folding, no bare CR
 * or LF, no NUL. RFC 9112; the cases are in http1_test.c.
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include "lib/net/http_server.h"

#include <sys/types.h>

#define HTTP1_HEADERS_MAX 100

enum http1_error {
	HTTP1_BAD = -1,		   /* 400 */
	HTTP1_HEAD_TOO_LARGE = -2, /* 431; in the request line 414 */
	HTTP1_URI_TOO_LONG = -3,
	HTTP1_BAD_VERSION = -4,	 /* 505 */
	HTTP1_BAD_ENCODING = -5, /* 501: a transfer coding that is not chunked */
};

struct http1_head {
	struct span method, target, path, query; /* requests */
	int status;				 /* responses */
	struct span reason;
	int minor; /* HTTP/1.minor */
	struct http_header headers[HTTP1_HEADERS_MAX];
	size_t nheaders;
	int64_t content_length; /* -1: not given */
	bool chunked;
	bool keep_alive;
	bool expect_continue;
	bool upgrade;
};

struct http1_limits {
	size_t line;  /* request line, bytes */
	size_t field; /* one header */
	size_t head;  /* all of it */
};

/* Spans point into data. */
ssize_t http1_read_request(const char *data, size_t len, const struct http1_limits *limits,
			   struct http1_head *ret_head);
ssize_t http1_read_response(const char *data, size_t len, const struct http1_limits *limits,
			    struct http1_head *ret_head);
struct span http1_find(const struct http1_head *head, const char *name); /* at NULL: missing */

/* Chunked bodies, decoded in place; zero-initialised is the start. */
struct http1_chunked {
	int state;
	uint64_t left;
	size_t trailer;
	bool done;
};

/*
 * Reads from data[0..len), puts the payload at data[0..*ret_payload), answers the bytes used
 * (all of them, unless the body ended) or HTTP1_BAD.
 */
ssize_t http1_read_chunked(struct http1_chunked *chunked, char *data, size_t len,
			   size_t *ret_payload);

const char *http1_reason(int status); /* "Not Found"; "Unknown" */

#endif
