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
 *   stack     _Values, _Shown: parameters as Ref gives them, and with NoEcho as ****
 *             _Conditions, _Dependencies   decided once, when the stack was created
 *             _Caller: the ARN of who made or deletes it; _OnFailure, _Token, _Retain, _RollingBack
 *   resource  _Props: resolved, dynamic references not; _DependsOn, _DeletionPolicy, _Until,
 *             _Deleted: was called for, and is not gone yet
 */
#define STACK "cloudformation/stack"		 /* by id; DescribeStacks' shape */
#define STACK_NAME "cloudformation/name"	 /* by name, of those not deleted: {StackId} */
#define STACK_TEMPLATE "cloudformation/template" /* by stack id: {Body} */
#define STACK_RESOURCE "cloudformation/resource" /* by stack id|logical id */
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
/* To another status, with an event. reason may be NULL. Saves. */
void stack_move(struct stack *stack, const char *status, const char *reason);
void stack_wake(struct stack *stack); /* the tick has work with it */
void stack_rest(struct stack *stack); /* … no more */

/* Resources of the stack, by logical id; one of them, to be changed, or NULL. */
const json_t *stack_resources(struct stack *stack);
json_t *stack_resource(struct stack *stack, const char *logical_id);
void stack_keep_resource(struct stack *stack, const json_t *resource);
/* To another status, with an event; keeps the document. */
void stack_move_resource(struct stack *stack, json_t *resource, const char *status,
			 const char *reason);
bool resource_status_is(const json_t *resource, const char *status);

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
const char *provider_create(struct stack *stack, json_t *resource, const json_t *props);
const char *provider_settled(struct stack *stack, const json_t *resource, bool *ret_there);
/* ret_again: what stands in the way may be gone in a moment. */
const char *provider_delete(struct stack *stack, const json_t *resource, bool *ret_again);
const char *provider_gone(struct stack *stack, const json_t *resource, bool *ret_gone);
json_t *provider_get_att(struct stack *stack, const json_t *resource, const char *name);

/* The tick's two ways. They answer whether there is something to ask again. */
bool stack_create_on(struct stack *stack);
bool stack_delete_on(struct stack *stack);
msec cloudformation_tick(struct request *rq);

/* create.c: the template of a call, from its body or from S3. 0 or a fault. */
int template_of_call(struct request *rq, const json_t *in, const char **ret_text, size_t *ret_len);

/* The operations. */
extern op_fn cloudformation_create_stack, cloudformation_delete_stack,
	cloudformation_describe_stacks, cloudformation_list_stacks,
	cloudformation_update_termination_protection;
extern op_fn cloudformation_describe_stack_events, cloudformation_describe_stack_resource,
	cloudformation_describe_stack_resources, cloudformation_list_stack_resources;
extern op_fn cloudformation_list_exports, cloudformation_list_imports;
extern op_fn cloudformation_get_template, cloudformation_get_template_summary,
	cloudformation_validate_template;

#endif
