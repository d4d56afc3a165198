/*
 * http_connection.h - one client of an HTTP server. For lib/net/http_server.c and http_connection.c only.
 */
#ifndef NET_HTTP_CONNECTION_H
#define NET_HTTP_CONNECTION_H

#include "lib/base/buf.h"
#include "lib/net/http_server.h"

#include <sys/queue.h>

#define READ_SIZE ((size_t)65536)
#define SPARE_ARENAS 32
#define COMMON_HEADERS 256

union http_socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

enum phase {
	PHASE_HEAD,	/* waits for a request, or reads its head */
	PHASE_BODY,	/* reads its body */
	PHASE_HANDLING, /* waits for http_reply() */
	PHASE_ENDING,	/* closes once all is written */
	PHASE_LINGER,	/* answered and shut down; what still comes is thrown away */
	PHASE_CLOSED,
};

struct connection {
	struct http_exchange x;	    /* first: http_reply() gets this address */
	struct http_server *server; /* NULL: closed, and only waits for http_reply() */
	union http_socket socket;
	TAILQ_ENTRY(connection) link;
	enum phase phase;
	bool idle;    /* in server->idle, else in server->busy */
	bool begun;   /* the first byte of a request is there */
	bool running; /* inside connection_run() */
	bool ended;   /* the client sends no more */
	bool stopped; /* not reading: the client sends faster than we answer */
	bool live;    /* x is out with the handler */
	bool socket_closed;
	bool linger;	   /* an error: the client may still be sending */
	uint64_t deadline; /* uv_now(); of the phase, or of a write that makes no progress */
	size_t unsent;	   /* at the last look */
	int writes;	   /* uv_write()s under way */

	/* in holds the request that begins at `at`; while it is handled nothing moves, and what
	 * comes goes into later. */
	struct buf in;
	struct buf later;
	size_t at;
	struct http1_pace pace;
	size_t head_len;
	size_t body_len;  /* so far */
	size_t used;	  /* of in, from `at`: the request and what chunks took */
	int64_t expected; /* body bytes; -1: chunked */
	struct http1_chunked chunked;
	bool keep_alive;
	bool is_head;
	bool old; /* HTTP/1.0 */

	struct buf out;
	struct buf headers; /* of the answer, from http_reply_header() */
	char peer[64];
	char local[128];
};

TAILQ_HEAD(connection_list, connection);

struct http_server {
	uv_loop_t *loop;
	struct http_server_options options;
	struct http1_limits limits;
	union http_socket listener;
	uv_timer_t sweep;
	struct connection_list idle; /* the one that waits longest first */
	struct connection_list busy;
	size_t connections;
	int handles; /* libuv's, not closed yet */
	int port;    /* -1: a Unix socket */
	char *address;
	bool waiting; /* a client that there was no room for */
	bool listening;
	bool draining;
	bool closing;
	void (*done)(void *user);
	void *done_user;
	struct arena *spare[SPARE_ARENAS];
	size_t nspare;
	uint64_t common_until; /* uv_now(): when the Date of common is over */
	size_t common_len;
	char common[COMMON_HEADERS]; /* Date and Server */
	struct http1_head head;
	char read[READ_SIZE];
};

/* From the server to its connections. */
void connection_open(struct http_server *server);
void connection_close(struct connection *conn); /* at once */
void connection_sweep(struct connection *conn, uint64_t now);

/* From a connection to its server. */
void server_connection_closed(struct http_server *server);
void server_handle_closed(struct http_server *server);
struct arena *server_arena_take(struct http_server *server);
void server_arena_give(struct http_server *server, struct arena *arena);

#endif
