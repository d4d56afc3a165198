/*
 * http_server.h - a strict HTTP/1.1 server on a libuv loop.
 *
 * Whole requests in (head and body, each within a limit), whole responses out, at once or later.
 * Keep-alive, pipelining by queue, Expect: 100-continue, HEAD, timeouts on head, body and idle. What
 * is not strictly HTTP/1.1 gets 400 (414, 417, 431, 413, 501, 505 as they apply) and a closed
 * connection; nobody else ever sees it.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/net/http1.h"

#include <stdbool.h>
#include <uv.h>

/* One request and its answer. Lives until http_reply() or, if the client left, http_gone. */
struct http_exchange {
	struct span method;
	struct span target; /* as sent: /path?query */
	struct span path;   /* still percent-encoded */
	struct span query;  /* without '?'; at is NULL when there was none */
	const struct http_header *headers;
	size_t nheaders;
	struct span body;
	const char *peer;    /* "127.0.0.1:51234" */
	const char *local;   /* the address that was dialled */
	struct arena *arena; /* of this exchange */
	int64_t started_us;  /* clock_monotonic_us() when its first byte came */
	void *user;	     /* the handler's own */
};

struct http_server;

struct http_server_options {
	/* Called once a request. Answer by http_reply(), now or later, exactly once. */
	void (*handle)(struct http_exchange *x, void *user);
	/* The connection broke before the answer; x is gone after this. May be NULL: then the
	 * exchange stays until http_reply(), which throws the answer away. (A client that only shut
	 * down its sending side has not left: he still gets his answer.) */
	void (*gone)(struct http_exchange *x, void *user);
	void *user;
	size_t head_limit;	  /* bytes; 0: 32768 */
	size_t body_limit;	  /* bytes; 0: no bodies */
	size_t connections_limit; /* 0: 1024; the oldest idle one makes room */
	msec head_timeout;	  /* from its first byte to the last of the head; 0: 10 s */
	msec body_timeout;	  /* the same for the body; 0: 30 s */
	msec idle_timeout;	  /* between requests; 0: 75 s */
	const char *server;	  /* Server header; NULL: none */
};

/*
 * Listens on address:port ("127.0.0.1", IPv4 or IPv6; port 0 picks one). 0 or -errno. A Unix
 * socket: address is its path and port is -1. SIGPIPE is ignored from now on. The options are
 * copied; what they point to must live as long as the server.
 */
int http_server_open(uv_loop_t *loop, const char *address, int port,
		     const struct http_server_options *options, struct http_server **ret_server);
int http_server_port(const struct http_server *server);

/* Stops listening, finishes what is in flight, closes idle connections, then calls done. */
void http_server_drain(struct http_server *server, void (*done)(void *user), void *user);
/* At once; NULL is fine. The loop must run once more to free it all. */
void http_server_close(struct http_server *server);
size_t http_server_connections(const struct http_server *server);

/* A header of the request, any case; at is NULL if it is missing. */
struct span http_header(const struct http_exchange *x, const char *name);

/*
 * Answers. Date, Content-Length and Connection are added; a HEAD gets no body but its length.
 * http_reply_header() before http_reply(); name and value are copied.
 */
void http_reply_header(struct http_exchange *x, const char *name, const char *value);
void http_reply(struct http_exchange *x, int status, const char *content_type, const void *body,
		size_t len);

/* What the loop's CPU goes to is system calls: replies of one turn leave in one write each. */

#endif
