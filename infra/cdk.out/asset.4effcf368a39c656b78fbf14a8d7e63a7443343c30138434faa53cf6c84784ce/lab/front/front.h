/*
 * front.h - the front door: HTTP on a loopback address, signatures, which service is meant.
 *
 * A request is undone from its transport (gzip, aws-chunked), its signature checked against the keys
 * the lab knows, read by its service's model and run in the lab; the answer goes back in the same
 * protocol. Only local clients are welcome: the Host must be a loopback address, "localhost" or a
 * name under it, and whatever a browser sends on a page's behalf is refused.
 */
#ifndef LAB_FRONT_H
#define LAB_FRONT_H

#include "lab/aws/lab.h"

struct front;

struct front_options {
	const char *address; /* NULL: 127.0.0.1 */
	int port;	     /* 0 picks one */
	const char *region;  /* that requests must be signed for; NULL: us-east-1 */
};

/* 0 or -errno: -EADDRINUSE. The lab must outlive it. */
int front_open(uv_loop_t *loop, struct lab *lab, const struct front_options *options,
	       struct front **ret_front);
int front_port(const struct front *front);

/* At once, requests in flight are dropped; NULL is fine. The loop must run once more. */
void front_close(struct front *front);

#endif
