/*
 * alb.h - the inside of the load balancer process: one loop, all node addresses.
 *
 *   main.c       the plane: desired state in, facts out
 *   alb.c        its life, the sweep of timeouts
 *   orders.c     desired state → listeners, rules, groups, targets, without dropping a request
 *   listener.c   accepts clients          client.c    a client's connection and its request
 *   rules.c      which action             upstream.c  connections to targets, their answers
 *   target.c     which target             health.c    health checks
 *   headers.c    what AWS adds, takes away, rewrites
 *   reply.c      answers of the load balancer's own
 *
 * Only lab/planes/alb includes this.
 */
#ifndef ALB_ALB_H
#define ALB_ALB_H

#include "lab/planes/alb/headers.h"
#include "lab/planes/alb/rules.h"
#include "lab/planes/alb/stream.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/net/http1.h"

#include <sys/queue.h>

#define CLIENTS_MAX 20000
#define SWEEP_EVERY ((msec)500)
#define CONNECT_TIMEOUT (10 * SECOND) /* AWS's, not to be changed by its customers */
#define LINGER_TIMEOUT (2 * SECOND)

struct client;
struct upstream;
struct health;

enum target_state { TARGET_INITIAL, TARGET_HEALTHY, TARGET_UNHEALTHY, TARGET_DRAINING };

struct target {
	TAILQ_ENTRY(target) link;
	struct group *group;
	char *id; /* "10.0.4.17" */
	int port;
	struct sockaddr_in at; /* where it is on this machine */
	struct health *health; /* NULL while it is draining */
	enum target_state state;
	const char *reason; /* a literal; NULL when healthy */
	char *description;  /* or NULL */
	bool wanted;	    /* by the desired state being taken up */
	size_t outstanding; /* requests in flight */
	LIST_HEAD(, upstream) idle;
	LIST_HEAD(, upstream) busy;
};

struct health_settings {
	char *path;
	int port;      /* 0: the traffic port */
	msec interval; /* lab */
	msec timeout;  /* real */
	int healthy, unhealthy;
	char *matcher; /* "200", "200,202", "200-299" */
};

struct group {
	TAILQ_ENTRY(group) link;
	struct alb *alb;
	char *arn;
	struct health_settings check;
	bool least_outstanding;
	size_t minimum_healthy;		/* fewer: fail-open */
	size_t minimum_healthy_percent; /* 0: off */
	TAILQ_HEAD(, target) targets;
	size_t turn; /* round robin */
	bool wanted;
};

struct listener {
	LIST_ENTRY(listener) link;
	uv_tcp_t *tcp; /* NULL: could not listen */
	struct alb *alb;
	struct sockaddr_in at; /* node address, bind port */
	char ip[INET_ADDRSTRLEN];
	int port; /* as AWS has it */
	struct rules *rules;
	int error; /* -errno: why it could not; tried again from time to time */
	bool wanted;
};

struct alb_events {
	void (*fact)(const json_t *fact, void *user);
	void (*stopped)(void *user); /* after alb_stop: the last client is gone */
};

struct alb {
	uv_loop_t *loop;
	const struct lab_clock *clock;
	uv_timer_t sweep;
	const struct alb_events *events;
	void *user;
	bool stopping;
	bool closed;

	struct headers_options headers;
	msec idle_timeout;
	msec client_keep_alive;

	LIST_HEAD(, listener) listeners;
	TAILQ_HEAD(, group) groups;
	LIST_HEAD(, client) clients;
	size_t nclients;

	/* Scratch: nothing in it outlives the callback that filled it. */
	struct http1_head head;
	struct buf out;
};

/* alb.c */
struct alb *alb_open(uv_loop_t *loop, const struct lab_clock *clock,
		     const struct alb_events *events, void *user);
void alb_clock_changed(struct alb *alb);
void alb_stop(struct alb *alb);	 /* no new clients; those there are served */
void alb_close(struct alb *alb); /* at once; gone after the loop ran once more */
void alb_tell_state(struct alb *alb);
void alb_forget_client(struct alb *alb); /* after one less in nclients */

/* orders.c. NULL, or why it can't. */
const char *alb_apply(struct alb *alb, const json_t *desired);
json_t *alb_state(const struct alb *alb); /* the whole state as a fact */
void alb_release(struct alb *alb);	  /* drops all listeners, groups, targets */

/* listener.c */
struct listener *listener_find(struct alb *alb, const struct sockaddr_in *at);
/* Never fails: what went wrong is in ->error. */
struct listener *listener_open(struct alb *alb, const struct sockaddr_in *at, int port);
bool listener_retry(struct listener *listener); /* true: it listens now, and did not */
void listener_close(struct listener *listener); /* its clients finish their request */

/* target.c */
struct group *group_find(struct alb *alb, const char *arn);
struct group *group_open(struct alb *alb, const char *arn);
void group_close(struct group *group);
/* NULL: nothing is registered, or all of it drains. Fail-open is in here. */
struct target *group_choose(struct group *group);
struct target *target_find(struct group *group, const char *id, int port);
struct target *target_open(struct group *group, const char *id, int port,
			   const struct sockaddr_in *at);
void target_drain(struct target *target);
void target_undrain(struct target *target);
/* Requests that still run on it get a 502. */
void target_close(struct target *target);
/* Tells control, if anything changed. reason is a literal. */
void target_set_state(struct target *target, enum target_state state, const char *reason,
		      const char *description);
json_t *target_document(const struct target *target);

/* health.c */
void health_start(struct target *target); /* the first check is now */
void health_stop(struct target *target);
void health_clock_changed(struct target *target);
bool health_matches(const char *matcher, int status);

/* client.c */
void client_open(struct listener *listener);
void clients_sweep(struct alb *alb, msec now);
/* Those between requests are closed now, the others after the answer. */
void clients_stop(struct alb *alb);
void clients_leave(struct listener *listener);
void clients_close(struct alb *alb); /* at once */

/* upstream.c → client.c. */

/*
 * A piece of the target's answer: its head (NULL if that came before), and payload. The last piece
 * ends the request: the upstream is no longer the client's then.
 */
struct answer {
	const struct http1_head *head;
	enum http1_body body; /* as the target frames it */
	char *data;
	size_t len;
	bool last;
};
void client_answer(struct client *client, const struct answer *answer);
/* The upstream is lost: the client gets this status if nothing was answered yet, else the end. */
void client_failed(struct client *client, int status);
void client_resume(struct client *client); /* the target takes more of the body */
bool client_full(const struct client *client);

/* client.c → upstream.c */

/* A connection to the target, an idle one if there is; NULL if none can be made. */
struct upstream *upstream_take(struct target *target, const struct sockaddr_in *from,
			       struct client *client, bool head_method);
int upstream_write(struct upstream *upstream, const uv_buf_t *parts, unsigned nparts);
void upstream_sent(struct upstream *upstream); /* the request is complete */
bool upstream_full(const struct upstream *upstream);
void upstream_resume(struct upstream *upstream);     /* the client takes more of the answer */
void upstream_drop(struct upstream *upstream);	     /* the client is not interested any more */
bool upstream_progressed(struct upstream *upstream); /* it took some of what is queued */
bool upstream_is_late(const struct upstream *upstream, msec now); /* still not connected */
void upstream_sweep(struct target *target, msec now);
void upstream_close_all(struct target *target); /* requests in flight get a 502 */

/* reply.c: the whole answer, head and body, into out. */
void reply_error(struct buf *out, int status, bool head_method, bool keep_alive);
void reply_fixed(struct buf *out, const struct fixed *fixed, bool head_method, bool keep_alive);
void reply_redirect(struct buf *out, const struct redirect *redirect, const char *location,
		    bool head_method, bool keep_alive);

#endif
