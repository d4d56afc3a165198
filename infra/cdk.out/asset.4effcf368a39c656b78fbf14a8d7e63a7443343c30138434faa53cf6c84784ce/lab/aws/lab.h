/*
 * lab.h - the control plane: services, store, clock, one turn after the other.
 *
 * Calls that arrive in one turn of the loop share a transaction, a savepoint each; they are
 * answered after it is committed. Then events are heard, ticks run, and orders go out to the data
 * planes (lab/fleet), which never hear of what was rolled back.
 */
#ifndef LAB_AWS_LAB_H
#define LAB_AWS_LAB_H

#include "lab/aws/service.h"
#include "lab/fleet/fleet.h"

#include <uv.h>

struct lab_options {
	const char *dir;    /* the state folder, there already; NULL: store in memory, for tests */
	const char *region; /* NULL: us-east-1 */
	int number;	    /* L: 10.a.b.c is 127.L.b.c on this machine */
	int64_t speed;	    /* thousandths; < 0: as it was kept, or real time */
	uint64_t seed;	    /* of ids; 0: from the kernel */
	const struct service *const *services; /* NULL-terminated */
};

/* loop NULL: nothing runs by itself; tests call lab_turn(). */
int lab_open(uv_loop_t *loop, const struct lab_options *options, struct lab **ret_lab);
void lab_close(struct lab *lab); /* commits; NULL is fine. The loop must run once more. */

/*
 * Who carries orders to data planes. The fleet is opened with these events and the lab as their
 * user, then set. Without one, in unit tests, orders wait in lab_ordered(), and a test says
 * lab_fleet_events.fact(role, id, fact, lab) for a plane.
 */
extern const struct fleet_events lab_fleet_events;
void lab_set_fleet(struct lab *lab, struct fleet *fleet);
struct fleet *lab_fleet(const struct lab *lab); /* NULL in unit tests */
/* The desired state last ordered; NULL: none, or it was dismissed. Only without a fleet. */
const json_t *lab_ordered(const struct lab *lab, const char *role, const char *id);

struct lab_reply {
	const struct operation *operation;
	int result;		   /* 0, a fault, or -errno */
	const struct fault *fault; /* NULL on success; for -errno it is InternalFailure */
	const json_t *out;
	const char *request_id;
	lab_ms now;
};

struct lab_call {
	const struct model *model;
	int op;
	const json_t *in; /* valid by the model */
	const struct principal *caller;
	const char *host;	    /* as the client dialled it */
	const char *source_address; /* where it came from; NULL: 127.0.0.1 */
	/* Called after the commit; the reply is gone when it returns. */
	void (*done)(const struct lab_reply *reply, void *user);
	void *user;
};

/* Runs now, in this turn's transaction; done() comes at the end of the turn. */
void lab_run(struct lab *lab, const struct lab_call *call);
void lab_turn(struct lab *lab); /* commit, answers, events, ticks that are due, orders */

const struct service *lab_service(const struct lab *lab, const char *name); /* or NULL */
const struct service *const *lab_services(const struct lab *lab);
const struct resource *lab_resource(const struct lab *lab, const char *type); /* or NULL */
const struct lab_clock *lab_clock(const struct lab *lab);
void lab_clock_change(struct lab *lab, const struct lab_clock *clock); /* kept, told to planes */
struct store *lab_store(const struct lab *lab);
const char *lab_dir(const struct lab *lab);
int lab_number(const struct lab *lab);

/* Where tasks reach AWS: "http://127.0.0.1:4566", once the front door listens. Copied. */
void lab_set_endpoint(struct lab *lab, const char *endpoint);
const char *lab_endpoint(const struct lab *lab); /* NULL before */

/* 10.a.b.c as this machine has it: 127.L.b.c. Anything else comes back as it is. */
const char *lab_address(struct request *rq, const char *address);

/* 32 bytes: what services keep secret is sealed under it (lab/aws/seal.h). */
const unsigned char *lab_master_key(const struct lab *lab);

/* Who holds this access key, for the front door. All text lives as long as the arena. */
struct key_owner {
	const char *secret_access_key;
	const char *session_token; /* NULL: long-term */
	real_ms expires;	   /* 0: never */
	struct principal principal;
};
bool lab_find_key(struct lab *lab, struct arena *arena, const char *access_key_id,
		  struct key_owner *ret_owner);

/* Who knows the roles: services/iam, whose documents they are. Set by lab/main.c. */
struct authority {
	/* The policy documents of a session: its role's inline and managed ones. An array. */
	const json_t *(*policies_of)(struct request *rq, const struct principal *who);
	/* A role by its name: {RoleName, RoleId, Arn, …, "_Trust": its policy}, or NULL. */
	const json_t *(*role_of)(struct request *rq, const char *role_name);
};
/* A lab in memory may go without: then every role exists and may do everything. */
void lab_set_authority(struct lab *lab, const struct authority *authority);
/* The person's key. Never in the store: main.c keeps it in a file. Copied. */
void lab_set_operator_key(struct lab *lab, const char *access_key_id, const char *secret);
const struct principal *lab_operator(const struct lab *lab);
/* As the authority has it; NULL: there is none of that name. */
const json_t *lab_role(struct request *rq, const char *role_name);

#endif
