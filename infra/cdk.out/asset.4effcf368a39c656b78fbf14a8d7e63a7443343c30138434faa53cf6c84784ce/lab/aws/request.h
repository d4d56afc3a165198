/*
 * request.h - one call of one operation: who asks, when, in which transaction.
 *
 * A request is one transaction (a savepoint of its turn's): a fault rolls back what it wrote and
 * publishes nothing. Everything rq_… hands out lives as long as the request.
 */
#ifndef LAB_AWS_REQUEST_H
#define LAB_AWS_REQUEST_H

#include "lab/aws/model.h"
#include "lab/store/store.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"

struct lab;
struct fleet;

enum principal_kind {
	PRINCIPAL_OPERATOR, /* the person's key: may do everything, is arn:aws:iam::ACCOUNT:root */
	PRINCIPAL_SESSION,  /* an assumed role: may do what its policies grant */
	PRINCIPAL_SERVICE,  /* an AWS service on its own behalf ("ecs.amazonaws.com"): may do all */
};

struct principal {
	enum principal_kind kind;
	const char *arn;     /* arn:aws:sts::123456789012:assumed-role/Role/session */
	const char *user_id; /* AROA…:session */
	const char *role;    /* SESSION: the role's name; else NULL */
	const char *service; /* SERVICE: "ecs.amazonaws.com"; else NULL */
};

/* Why a call did not succeed, as its client will read it. */
struct fault {
	const char *code;
	const char *message;
	int status;
	bool sender;
};

struct request {
	struct lab *lab;
	struct tx *tx;
	struct arena *arena;
	lab_ms now;	/* one instant for the whole request */
	real_ms real;	/* … for credentials and signatures only */
	const char *id; /* x-amzn-RequestId */
	const char *region;
	const char *account;
	const char *partition; /* "aws" */
	const struct principal *caller;
	const struct model *model;
	const struct operation *operation;
	const char *host; /* as the client dialled it: "127.0.0.1:4566"; NULL inside the lab */
	const char *source_address; /* "127.0.0.1"; NULL inside the lab */
	const char *via;     /* the service that calls for the caller ("secretsmanager"); or NULL */
	int depth;	     /* of calls in calls */
	struct fault fault;  /* set by fault() */
	struct fault called; /* what the last aws_call that failed said */
};

char *rq_fmt(struct request *rq, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *rq_strdup(struct request *rq, const char *text);
json_t *rq_object(struct request *rq); /* a new {} */
json_t *rq_array(struct request *rq);
json_t *rq_copy(struct request *rq, const json_t *tree); /* deep */
json_t *rq_keep(struct request *rq, json_t *tree);	 /* gives it to the request; returns it */

/* arn:aws:<service>:<region>:<account>:<resource> */
const char *rq_arn(struct request *rq, const char *service, const char *resource);

/* The times in our trees are epoch seconds as a real; writers turn them into what the wire has. */
void json_set_time(json_t *object, const char *name, lab_ms when);
lab_ms json_time_or(const json_t *object, const char *name, lab_ms otherwise);

/*
 * Ids, made in one place: prefix and `hex` hex digits ("sg-", 17); with the lab's seed they repeat.
 * Not for secrets: those come from rand.h.
 */
const char *id_new(struct request *rq, const char *prefix, int hex);
const char *id_text(struct request *rq, int len, const char *alphabet);
const char *id_uuid(struct request *rq);

/*
 * Says what was wrong; always "return fault(rq, SSM_ParameterNotFound, "…")". code is the service's
 * own enumerator: the code on the wire and the status come from the model. Above 0.
 */
int fault(struct request *rq, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* For what no model lists: "ValidationError", "InvalidParameterValue". Status 400. */
int fault_named(struct request *rq, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Passes on, as our own, what the last failed aws_call said. */
int fault_pass(struct request *rq);

#endif
