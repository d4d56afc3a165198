/*
 * http_testbed.h - a server that says back what it heard, and clients with patience. For tests.
 */
#ifndef NET_HTTP_TESTBED_H
#define NET_HTTP_TESTBED_H

#include "lib/base/buf.h"
#include "lib/net/http_server.h"

#include <sys/socket.h>

struct world {
	uv_loop_t loop;
	struct http_server *server;
	int handled;
	int gone;
	int drained;
	struct http_exchange *held; /* the last one that asked for /held */
};

extern struct world world;

/*
 * /held waits for the test to answer, /empty is a 204, /large is 8 MiB, everything else is
 * "METHOD target [body]". Bodies of 1000 bytes, Server: golden.
 */
extern const struct http_server_options plain;

void open_world(const struct http_server_options *options);
void close_world(void);
void drained(void *user); /* for http_server_drain() */
void turn(int fd);	  /* of the loop; a millisecond for fd to become readable */

int client(void);
int client_to(const struct sockaddr *address, socklen_t len);
void say(int fd, const char *text);

/* Adds what comes to `heard` until it holds `len` bytes or the server ends; true when it ended. */
bool hear_bytes(int fd, struct buf *heard, size_t len);
void hear_all(int fd, struct buf *heard);
void hear_parts(int fd, struct buf *heard, const char *part, int times);
int count(const char *text, const char *part);

void wait_for(const int *value, int expected);
void wait_for_connections(size_t expected);

#endif
