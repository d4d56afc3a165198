/*
 * http1.h - HTTP/1.1 read strictly: heads of requests and responses, and chunked bodies.
 *
 * Nothing here does I/O. Data may come in any pieces: a reader answers how much it used, 0 for
 * "more, please", or an enum http1_error below zero. However the bytes are split, the answer in the
 * end is the same. Strict: token names, exactly one Host, one all-digit Content-Length,
 * Transfer-Encoding exactly "chunked", never both, no folding, no bare CR or LF, no NUL. RFC 9112;
 * the cases are in http1_test.c.
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include "lib/net/span.h"

#include <stdint.h>
#include <sys/types.h>

#define HTTP1_HEADERS_MAX 100

enum http1_error {
	HTTP1_BAD = -1,		    /* 400 */
	HTTP1_HEAD_TOO_LARGE = -2,  /* 431; in the request line 414 */
	HTTP1_URI_TOO_LONG = -3,    /* 414 */
	HTTP1_BAD_VERSION = -4,	    /* 505 */
	HTTP1_BAD_ENCODING = -5,    /* 501: a transfer coding that is not chunked */
	HTTP1_BAD_EXPECTATION = -6, /* 417: an Expect that is not 100-continue */
};

int http1_error_status(ssize_t error); /* the numbers above */

struct http_header {
	struct span name;  /* as sent */
	struct span value; /* without white space around it */
};

struct http1_head {
	struct span method, target, path,
		query;	  /* requests; query.at is NULL when there is no '?' */
	struct span host; /* of an absolute target, else the Host header */
	int status;	  /* responses: 100 to 999 */
	struct span reason;
	int minor; /* HTTP/1.minor: 0 or 1 */
	struct http_header headers[HTTP1_HEADERS_MAX];
	size_t nheaders;
	int64_t content_length; /* -1: not given */
	bool chunked;
	bool keep_alive;
	bool expect_continue;
	bool upgrade;	 /* asks for (or, in a response, does) a change of protocol */
	const char *why; /* after an error: a word for logs, as AWS's desync guardian has it */
};

struct http1_limits {
	size_t line;  /* request or status line, bytes with CRLF; 0: only head counts */
	size_t field; /* one header; 0: only head counts */
	size_t head;  /* all of it; 0: 65536 */
};

/* Spans point into data (or to literals), so they live as long as it does. */
ssize_t http1_read_request(const char *data, size_t len, const struct http1_limits *limits,
			   struct http1_head *ret_head);
ssize_t http1_read_response(const char *data, size_t len, const struct http1_limits *limits,
			    struct http1_head *ret_head);
struct span http1_find(const struct http1_head *head, const char *name); /* at NULL: missing */

/*
 * Reading a head again for every byte that a slow client sends costs the square of its length.
 * Zero-initialised is the start; true when it is worth reading data[0..len) again.
 */
struct http1_pace {
	size_t searched;
	size_t next;
};
bool http1_worth_reading(struct http1_pace *pace, const char *data, size_t len);

/* How long the body is. */
enum http1_body {
	HTTP1_BODY_NONE,
	HTTP1_BODY_LENGTH, /* head->content_length bytes, more than 0 */
	HTTP1_BODY_CHUNKED,
	HTTP1_BODY_UNTIL_CLOSE, /* responses only */
};
enum http1_body http1_request_body(const struct http1_head *head);
/* The answer to a request with this method. 1xx, 204, 304 and HEAD have none, whatever they say. */
enum http1_body http1_response_body(const struct http1_head *head, struct span method);

/*
 * Must not be passed on by a proxy: Connection, what it lists, Keep-Alive, Proxy-Connection, TE,
 * Trailer, Transfer-Encoding, Upgrade. (RFC 9110, 7.6.1)
 */
bool http1_is_hop(const struct http1_head *head, struct span name);

/* Chunked bodies, decoded in place; zero-initialised is the start. */
struct http1_chunked {
	int state;
	int digits;
	uint64_t left;
	size_t line;	/* bytes of this chunk's extension */
	size_t trailer; /* bytes of all trailers; they are checked and dropped */
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
