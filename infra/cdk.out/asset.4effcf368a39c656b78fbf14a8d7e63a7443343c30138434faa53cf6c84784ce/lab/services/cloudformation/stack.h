/*
 * stack.h - a stack in hand: its documents, how it moves from state to state, and where its template
 * is resolved. Everything is in the store, so that a stack goes on where it was after a kill -9.
 */
#ifndef SERVICES_CLOUDFORMATION_STACK_H
#define SERVICES_CLOUDFORMATION_STACK_H

#include "lab/aws/lab.h"
#include "lab/models/cloudformation.h"
#include "lab/services/cloudformation/intrinsics.h"

/*
 * Kinds of documents. Members that begin with '_' are ours:
 *   stack     _Texts, _Values, _Shown: parameters as they were given, as Ref gives them, and with
 *             NoEcho as ****; _Conditions, _Dependencies: of its template. See plan.h
 *             _Walk: counts every creation, update and rollback of it
 *             _Caller: the ARN of who made, changes or deletes it; _OnFailure, _Token, _Retain,
 *             _ChangeSet: that is being executed; _RollingBack: what is made goes again
 *   resource  _Declared: its properties as far as the template alone says them; _Props: resolved,
 *             dynamic references not; _Tags: the stack's that it was given; _DependsOn,
 *             _DeletionPolicy, _UpdateReplacePolicy, _Shown
 *             _Walk: the last one that is done with it; _Changed: whether that changed it
 *             _Before: what it was before the update that is on its way
 *             _Until, _Deleted: was called for, and is not gone yet
 *   leftover  a resource, with _Leftover: its number, and _Policy: what is to become of it
 */
#define STACK "cloudformation/stack"		 /* by id; DescribeStacks' shape */
#define STACK_NAME "cloudformation/name"	 /* by name, of those not deleted: {StackId} */
#define STACK_TEMPLATE "cloudformation/template" /* by stack id: {Body} */
#define STACK_BEFORE "cloudformation/before"	 /* by stack id, in an update: {Stack, Body} */
#define STACK_RESOURCE "cloudformation/resource" /* by stack id|logical id */
#define STACK_LEFTOVER "cloudformation/leftover" /* by stack id|number: not its own any more */
#define STACK_EVENT "cloudformation/event"	 /* by stack id|number */
#define STACK_EXPORT "cloudformation/export"	 /* by name; ListExports' shape */
#define STACK_IMPORT "cloudformation/import"	 /* by export|stack id: {StackName} */
#define STACK_MOVING "cloudformation/moving"	 /* by stack id, while the tick has work */
#define STACK_TYPE "AWS::CloudFormation::Stack"

struct stack {
	struct request *rq;
	json_t *document; /* the transaction's copy; stack_save() keeps it */
	const char *id;
	const char *name;
	const json_t *template;		   /* stack_read_template() */
	const struct principal *principal; /* its role, or who made it; NULL: gone by now */
	bool moved;			   /* it or a resource changed its status */
};

/* The id of the stack with this name or id, deleted ones by id only; NULL: there is none. */
const char *stack_find(struct request *rq, const char *name);
/* "Stack with id X does not exist" */
int stack_missing(struct request *rq, const char *name);

bool stack_open(struct request *rq, const char *id, struct stack *ret_stack);
void stack_read_template(struct stack *stack);
void stack_save(struct stack *stack);

const char *stack_status(const struct stack *stack);
bool stack_status_is(const struct stack *stack, const char *status);
bool stack_status_ends(const struct stack *stack, const char *end); /* "_IN_PROGRESS" */
/* To another status, with an event. reason may be NULL. Saves. */
void stack_move(struct stack *stack, const char *status, const char *reason);
/* The same, and there it stays: the tick has no more work with it. */
void stack_rest(struct stack *stack, const char *status, const char *reason);
/* The same, and the tick goes on from there. */
void stack_set_out(struct stack *stack, const char *status, const char *reason);

/* Resources of the stack, by logical id; one of them, to be changed, or NULL. */
const json_t *stack_resources(struct stack *stack);
json_t *stack_resource(struct stack *stack, const char *logical_id);
/* Physical resources that it does not have any more, and which have to go. */
const json_t *stack_leftovers(struct stack *stack);
/* Makes one of a resource; policy: "Delete", "Retain", … */
void stack_leave(struct stack *stack, const json_t *resource, const char *policy);

/* Of either kind. */
json_t *stack_edit_resource(struct stack *stack, const json_t *resource);
void stack_keep_resource(struct stack *stack, const json_t *resource);
void stack_drop_resource(struct stack *stack, const json_t *resource);
/* To another status, with an event; keeps the document. */
void stack_move_resource(struct stack *stack, json_t *resource, const char *status,
			 const char *reason);
bool resource_status_is(const json_t *resource, const char *status);
bool resource_status_ends(const json_t *resource, const char *end); /* "_FAILED" */
bool resource_is_same(const json_t *one, const json_t *other);	    /* have one physical id */

/* The members of `document` that are named, NULL at the end, into a new object of the array. */
json_t *stack_push_view(json_t *array, const json_t *document, const char *const *names);

/* Where trees of the stack's template are resolved. shown: NoEcho parameters are ****. */
struct scope stack_scope(struct stack *stack, bool shown);
/* The pseudo parameters of a stack. */
const json_t *stack_pseudo(struct request *rq, const char *id, const char *name,
			   const json_t *notification_arns);
const json_t *stack_zones(struct request *rq);

/* A copy of the tree in which {{resolve:…}} are values; NULL with ret_error said. */
json_t *stack_resolve_references(struct stack *stack, const json_t *tree, const char **ret_error);

/*
 * Providers: the CloudFormation types of all services. A call runs as the stack's principal, in a
 * savepoint; a fault answers its reason as CloudFormation words it, in the request.
 */
bool provider_exists(struct request *rq, const char *type);
bool provider_updates(struct request *rq, const char *type);   /* in place; else it replaces */
bool provider_snapshots(struct request *rq, const char *type); /* has the policy Snapshot */
bool provider_reads(struct request *rq, const char *type);     /* drift can be detected */
const char *provider_create(struct stack *stack, json_t *resource, const json_t *props);
/* To props and the stack's tags, from what it has: old and the resource's _Tags. */
const char *provider_update(struct stack *stack, const json_t *resource, const json_t *props,
			    const json_t *old);
const char *provider_settled(struct stack *stack, const json_t *resource, bool *ret_there);
const char *provider_snapshot(struct stack *stack, const json_t *resource);
/* ret_again: what stands in the way may be gone in a moment. */
const char *provider_delete(struct stack *stack, const json_t *resource, bool *ret_again);
const char *provider_gone(struct stack *stack, const json_t *resource, bool *ret_gone);
/* What it is now, of the request; NULL: it is gone, or the reason why that cannot be told. */
const json_t *provider_read(struct stack *stack, const json_t *resource, const json_t *props,
			    const char **ret_reason);
json_t *provider_get_att(struct stack *stack, const json_t *resource, const char *name);

/*
 * The ways through the graph of resources (walk.c). What waits for nobody sets out, until all have
 * arrived; they answer whether there is something to ask again.
 */
bool stack_walk_on(struct stack *stack);   /* to what the template says: creation, update */
bool stack_walk_back(struct stack *stack); /* to what was before the update */
/* What is on its way stops; says which, and the one that failed (or NULL), in AWS's words. */
const char *stack_cancel(struct stack *stack, const char *failed);
bool stack_delete_on(struct stack *stack); /* all goes: deletion, rollback of a creation */
bool stack_clean_up(struct stack *stack);  /* leftovers go */
msec cloudformation_tick(struct request *rq);

/* step.c: one resource sets out. False: it failed. */
bool step_forward(struct stack *stack, const char *logical_id);
bool step_back(struct stack *stack, const char *logical_id);
void step_skip(struct stack *stack, const char *logical_id); /* back, without doing anything */
bool step_settle(struct stack *stack, json_t *resource);     /* has it arrived? */
bool step_is_done(const struct stack *stack, const json_t *resource);

/* update.c: what an update and its end make of a stack's documents. */
bool stack_can_be_updated(const struct stack *stack);
void stack_begin_update(struct stack *stack); /* before the plan is kept */
void stack_end_update(struct stack *stack);   /* what it replaced and left out are leftovers */
/* Back to what it was. False: there is nothing to go back to, as while it is created. */
bool stack_begin_rollback(struct stack *stack);
void stack_end_rollback(struct stack *stack);

/* outputs.c: NULL, or why it cannot be, in AWS's words. */
const char *stack_set_outputs(struct stack *stack);
const char *stack_claim_imports(struct stack *stack); /* beside those it has */
void stack_set_imports(struct stack *stack);	      /* no others */
void stack_drop_imports(struct stack *stack);
void stack_drop_exports(struct stack *stack);
const char *stack_importers(struct stack *stack); /* why it cannot be deleted */

/* template_source.c: the template of a call, from its body or from S3. 0 or a fault. */
int template_of_call(struct request *rq, const json_t *in, const char **ret_text, size_t *ret_len);

/* change_set.c: the one that is being executed has ended; those of a stack are gone with it. */
void change_set_end(struct stack *stack, bool complete);
void change_sets_drop(struct request *rq, const char *stack_id, const char *but);
int change_set_template(struct request *rq, const json_t *in, const json_t **ret_body);

/* The operations. */
extern op_fn cloudformation_cancel_update_stack, cloudformation_continue_update_rollback,
	cloudformation_create_stack, cloudformation_delete_stack, cloudformation_rollback_stack,
	cloudformation_update_stack, cloudformation_update_termination_protection;
extern op_fn cloudformation_create_change_set, cloudformation_delete_change_set,
	cloudformation_describe_change_set, cloudformation_execute_change_set,
	cloudformation_list_change_sets;
extern op_fn cloudformation_describe_stacks, cloudformation_list_stacks;
extern op_fn cloudformation_describe_stack_events, cloudformation_describe_stack_resource,
	cloudformation_describe_stack_resources, cloudformation_list_stack_resources;
extern op_fn cloudformation_list_exports, cloudformation_list_imports;
extern op_fn cloudformation_describe_stack_drift_detection_status,
	cloudformation_describe_stack_resource_drifts, cloudformation_detect_stack_drift,
	cloudformation_detect_stack_resource_drift;
extern op_fn cloudformation_get_template, cloudformation_get_template_summary,
	cloudformation_validate_template;

#endif
