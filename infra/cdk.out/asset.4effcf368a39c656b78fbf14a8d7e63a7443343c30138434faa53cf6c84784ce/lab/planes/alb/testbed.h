/*
 * testbed.h - a load balancer between targets that misbehave and clients that do, on one loop.
 *
 * Clients are plain sockets; the loop is turned while they wait.
 */
#ifndef ALB_TESTBED_H
#define ALB_TESTBED_H

#include "lab/planes/alb/alb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ENOUGH ((msec)8000) /* real time a slow machine may take */
#define NODE "127.201.0.4"
#define BIG_SIZE ((size_t)8 << 20)
#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

enum manner {
	SAYS_WHO,    /* its name, and how often this connection was used */
	ECHOES,	     /* the head it was sent */
	COUNTS,	     /* the bytes of the body it was sent, once all are there */
	HANGS,	     /* takes the request and says nothing */
	HANGS_UP,    /* takes the request and closes */
	SPOILS,	     /* what is no HTTP */
	BIG,	     /* 8 MiB */
	CHUNKS,	     /* three chunks */
	UNTIL_CLOSE, /* a body that ends with the connection */
	BREAKS_OFF,  /* 100 bytes promised, 10 sent */
	SAYS_500,
};

struct fake {
	uv_tcp_t tcp;
	int port;
	const char *name;
	enum manner manner;
	int health;   /* status of /healthz; 0: no answer */
	int requests; /* without health checks */
	int checks;
	size_t open;
};

struct world {
	uv_loop_t loop;
	uv_timer_t tick;
	struct lab_clock clock;
	struct alb *alb;
	struct fake fakes[3];
	json_t *desired;
	json_t *last; /* state of targets as control heard it: name → document */
};

struct heard {
	int status;
	struct buf raw; /* head and body as they came */
	size_t head_len;
	struct buf body; /* without chunks */
	bool closed;	 /* by the load balancer, before the answer was complete or behind it */
	bool complete;
};

/* cmocka's: a struct world in *state. Fakes 0 to 2 are there, none is registered. */
int build(void **state);
int tear_down(void **state);
const char *state_of(struct world *world, int fake);
const json_t *health_of(struct world *world, int fake);
json_t *only_group(struct world *world);
void register_target(struct world *world, int fake);
void apply(struct world *world);
void set_rules(struct world *world, const char *text);
void turn(struct world *world, msec since);
void let_pass(struct world *world, msec ms); /* real time */
void await_state(struct world *world, int fake, const char *wanted);
int front_port(void); /* where it listens: this process's own */
int dial(void);
void push(struct world *world, int fd, const char *data, size_t len);
void push_text(struct world *world, int fd, const char *text);
struct heard listen_to(struct world *world, int fd, bool head_method);
bool is_closed(struct world *world, int fd);
void forget(struct heard *heard);
struct heard ask_on(struct world *world, int fd, const char *request);
struct heard ask(struct world *world, const char *request);
void expect(struct world *world, const char *request, int status, const char *body);
void with_targets(struct world *world, int count);

#endif
