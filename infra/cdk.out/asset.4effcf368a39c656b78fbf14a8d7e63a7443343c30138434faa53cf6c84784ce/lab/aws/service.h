/*
 * service.h - the shape of a service, and how services reach each other.
 *
 * A service is one struct in its own folder: operations, ticks, CloudFormation types. lab/main.c
 * lists them all. A service never includes another: it calls its API with aws_call() or hears its
 * events.
 */
#ifndef LAB_AWS_SERVICE_H
#define LAB_AWS_SERVICE_H

#include "lab/aws/request.h"

/* 0: done.  Above 0: a fault of the service's model.  Below 0: -errno, our own failure. */
typedef int op_fn(struct request *rq, const json_t *in, json_t *out);

/*
 * After another service's transaction was committed, in a transaction of our own. An event only
 * hints: a tick must reach the right state from the store alone.
 */
struct hearing {
	const char *event; /* "ssm.parameter.changed"; NULL ends the list */
	void (*hear)(struct request *rq, const json_t *detail);
};

/* A resource of a stack, as its CloudFormation type sees it. */
struct cfn_resource {
	const char *stack_name;
	const char *stack_id;
	const char *logical_id;
	const char *physical_id;  /* NULL before it was created */
	const json_t *props;	  /* intrinsics resolved */
	const json_t *attributes; /* what create or settled kept; NULL before */
	const json_t *tags;	  /* the stack's, [{Key, Value}] */
	const json_t *old_tags;	  /* while it is updated: those of the stack it has so far */
};

/*
 * A CloudFormation type. It calls the same code as the API: aws_call(rq, rq->caller, …), so that the
 * caller's rights and the service's own checks hold.
 */
struct resource {
	const char *type; /* "AWS::SSM::Parameter"; NULL ends the list */

	/* Makes it. ret_id is the physical id, what Ref answers; it lives in the request.
	 * Faults come from aws_call: return fault_pass(rq). */
	int (*create)(struct request *rq, const struct cfn_resource *r, const char **ret_id);

	/* Changes it in place to r->props; `old` are the properties it has. Called with the two turned
	 * round when an update is rolled back. NULL: is replaced. Then settled() is asked. */
	int (*update)(struct request *rq, const struct cfn_resource *r, const json_t *old);

	/* Deletes it; what is gone already is no fault. */
	int (*delete)(struct request *rq, const struct cfn_resource *r);

	/* Drift: the properties it has now, in the template's words, put into the empty ret_props. Only
	 * those in r->props are compared; what it cannot tell it leaves out, and null says that it has
	 * none. ret_there 0: it is gone. NULL: the type does not support drift detection. */
	int (*read)(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		    int *ret_there);

	/* DeletionPolicy and UpdateReplacePolicy Snapshot: keeps one before it is deleted. NULL: the
	 * type has none, and the template is refused, as at AWS. */
	int (*snapshot)(struct request *rq, const struct cfn_resource *r);

	/* Is it there yet? 0: ask again; 1: yes; a fault: it failed. NULL: at once. */
	int (*settled)(struct request *rq, const struct cfn_resource *r, int *ret_there);

	/* Is it gone after delete? 0: ask again; 1: yes. What depends on it waits. NULL: at once. */
	int (*gone)(struct request *rq, const struct cfn_resource *r, int *ret_gone);

	/* Fn::GetAtt: a new reference, or NULL if there is no such attribute. NULL: has none. */
	json_t *(*get_att)(struct request *rq, const struct cfn_resource *r, const char *name);

	const char *note; /* "kept, does not act yet", shown by golden status; NULL: it acts */
};

/* A physical name for one that has none, as AWS makes it: Stack-LogicalId-RANDOM, cut to `max`
 * characters; lower case where `lower`. */
const char *cfn_name(struct request *rq, const struct cfn_resource *r, size_t max, bool lower);

struct service {
	const struct model *model;	  /* generated: protocol, shapes, operations, faults */
	op_fn *const *ops;		  /* by operation id; NULL: not in the lab */
	const struct hearing *hears;	  /* or NULL */
	const struct resource *resources; /* or NULL */

	/* Moves its world on, in a transaction of its own; answers the lab time after which to come
	 * again, TICK_NEVER to be woken by lab_wake() or an event only. NULL: nothing moves. */
	msec (*tick)(struct request *rq);

	/* IAM: the ARN an operation acts on. NULL, or a NULL answer: "*". An operation whose action is
	 * not "prefix:Operation" (s3) names it in ret_action; ACTION_FREE needs no permission. */
	const char *(*arn_of)(struct request *rq, int op, const json_t *in,
			      const char **ret_action);

	/* IAM: the policy that hangs on the resource `arn` (key, bucket, secret), or NULL. */
	const json_t *(*policy_of)(struct request *rq, const char *arn);
	bool policy_rules; /* that one must itself allow, or leave it to the account: KMS keys */

	/* IAM: condition keys beyond the global ones ("kms:EncryptionContext:x"), put into `keys`:
	 * a text, a list of them, or null for one that this request does not have. */
	void (*conditions)(struct request *rq, int op, const json_t *in, json_t *keys);

	/* The data planes it owns: role ("alb"), what they report, and that one is gone. */
	const char *plane;
	void (*fact)(struct request *rq, const char *plane_id, const json_t *fact);
	void (*plane_gone)(struct request *rq, const char *plane_id);

	const char *note; /* "kept, does not act yet"; NULL: it acts */
};

#define TICK_NEVER ((msec)-1)
#define ACTION_FREE ""

/*
 * Calls another service's operation, in a savepoint of this request's transaction: what a failed
 * call wrote is undone, and the caller decides what to make of it (rq->called says why).
 * `as` is who is asked for permission: rq->caller, or principal_role() / principal_service().
 * out may be NULL; else it is an empty object to be filled.
 *
 * The input is read and checked as the front door would: members the model does not have are left
 * out (but for "_private" ones), "80" becomes a number and a tree a JSON text where the model says so.
 * So a template's properties may be passed as they are.
 */
int aws_call(struct request *rq, const struct principal *as, const struct model *model, int op,
	     const json_t *in, json_t *out);

const struct principal *principal_service(struct request *rq, const char *service);
/* A role as somebody assumed it: its policies, no credentials. NULL if there is no such role. */
const struct principal *principal_role(struct request *rq, const char *role_arn,
				       const char *session);

/* May the caller do this to one more resource? For operations on several; 0 or a fault. */
int permit(struct request *rq, const char *action, const char *resource);

/* May the caller give this role to a service ("ecs-tasks.amazonaws.com")? 0 or a fault. */
int pass_role(struct request *rq, const char *role_arn, const char *to_service);

/*
 * Who had this ARN, for work that goes on after its request (a stack, a deployment): the operator, a
 * session, or a role's ARN as principal_role(). NULL if there is no such role any more.
 */
const struct principal *principal_of(struct request *rq, const char *arn);

/*
 * Orders to a data plane: what it is to be like, or that it is to go (see lab/fleet/fleet.h). They
 * leave after the commit, and are undone with what the request wrote. The same again costs little:
 * a tick may say it each time.
 */
void plane_want(struct request *rq, const char *role, const char *id, const json_t *desired);
void plane_dismiss(struct request *rq, const char *role, const char *id, msec grace);

/* Asks for a tick of the service after this transaction. */
void lab_wake(struct lab *lab, const struct model *model);

#endif
