/*
 * inside.h - what the files of lab/aws share. Nobody else includes it.
 */
#ifndef LAB_AWS_INSIDE_H
#define LAB_AWS_INSIDE_H

#include "lab/aws/lab.h"
#include "lab/aws/seal.h"

#define LAB_ACCOUNT "123456789012"
#define LAB_PARTITION "aws"
#define ARENAS_KEPT 32
#define FAULT_NAMED 0x10000 /* what fault_named() answers: no model's enumerator */

/* How orders reach data planes: the fleet's own functions (orders.c). */
struct carrier {
	void (*want)(struct fleet *fleet, const char *role, const char *id, const json_t *desired);
	void (*dismiss)(struct fleet *fleet, const char *role, const char *id, msec grace);
	void (*commit)(struct fleet *fleet);
	void (*tell_clock)(struct fleet *fleet, const struct lab_clock *clock);
	void (*hear_again)(struct fleet *fleet);
};

/* An answer that waits for the commit. */
struct waiting {
	struct request *rq;
	json_t *out;
	int result;
	void (*done)(const struct lab_reply *reply, void *user);
	void *user;
};

struct lab {
	uv_loop_t *loop; /* NULL: nothing runs by itself */
	uv_prepare_t prepare;
	uv_check_t check;
	uv_timer_t timer;
	int open_handles; /* while closing */

	char *dir;
	char *region;
	char *endpoint;
	int number;
	struct store *store;
	unsigned char master_key[SEAL_KEY];
	struct lab_clock clock;
	bool clock_changed;   /* planes have to be told */
	uint64_t ids;	      /* the state of what ids are made from */
	uint64_t request_ids; /* … not these: how often somebody asks must not change those */

	const struct service *const *services;
	size_t nservices;
	lab_ms *due; /* one a service: when its tick comes */

	struct tx *tx; /* this turn's; NULL between turns */
	bool reported; /* data planes said something in this turn */
	struct waiting *waiting;
	size_t nwaiting, waiting_room;
	struct arena **arenas; /* to be used again */
	size_t narenas;

	const struct authority *authority;
	struct principal person;
	char *operator_key;
	char *operator_secret;

	struct fleet *fleet;
	const struct carrier *carrier;
	json_t *ordered; /* without a fleet: "role/id" → desired */
};

/* turns.c: the turn's transaction, begun if need be. */
struct tx *turn_tx(struct lab *lab);

/* request.c: a request in this turn, in an arena of its own. NULL caller: the service itself. */
struct request *request_open(struct lab *lab, const struct model *model,
			     const struct principal *caller);
void request_close(struct request *rq);

/* input.c: valid by the operation's model; NULL: rq->fault says why it can't be. */
const json_t *input_read(struct request *rq, const json_t *in);

/* aws_call.c: authorises and runs, in a savepoint. */
int operation_run(struct request *rq, const struct service *service, int op, const json_t *in,
		  json_t *out);
/* Runs what answers nothing (a tick, a hearing, a fact) in a savepoint of its own; `what` is for
 * our log. */
void guarded(struct request *rq, const char *what, void (*run)(struct request *rq, void *user),
	     void *user);

/* events.c, ticks.c, orders.c */
void events_hear(struct lab *lab, const json_t *events);
bool ticks_are_due(const struct lab *lab);
void ticks_run(struct lab *lab);
void ticks_schedule(struct lab *lab);
void ticks_retry(struct lab *lab);
void orders_send(struct lab *lab, const json_t *events);
bool order_is(const char *event);
void reports_settle(struct lab *lab, int err);

/* master_key.c: of the state folder, made if it has none. dir NULL: one that is gone with the lab. */
int master_key_find(const char *dir, unsigned char ret_key[SEAL_KEY]);

/* ids.c */
void ids_seed(struct lab *lab, uint64_t seed, int64_t start);
const char *ids_request(struct lab *lab, struct arena *arena);

/* authorize.c: 0 or a fault. */
int authorize(struct request *rq, const struct service *service, int op, const json_t *in);

#endif
