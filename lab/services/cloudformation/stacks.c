/*
 * stacks.c - operations on whole stacks, and the tick that moves those which are on their way.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

/* How long until what is not there yet is asked again, in real time. Events come sooner. */
#define ASK_AGAIN ((msec)100)

static bool failed_before(const json_t *resource)
{
	return resource_status_is(resource, "DELETE_FAILED");
}

/* Those that would not go are tried again: as if nobody had. */
static void forgive(struct stack *stack)
{
	const json_t *element;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		json_t *resource;

		if (!failed_before(element))
			continue;
		resource = stack_resource(stack, json_str(element, "LogicalResourceId"));
		json_set_str(resource, "ResourceStatus", "CREATE_COMPLETE");
		json_drop(resource, "_Deleted");
		stack_keep_resource(stack, resource);
	}
}

static int check_retained(struct stack *stack, const json_t *retained)
{
	const json_t *id;
	size_t i;

	if (json_array_size(retained) > 0 && !stack_status_is(stack, "DELETE_FAILED"))
		return fault_named(
			stack->rq, "ValidationError",
			"Invalid operation on stack [%s]. When you delete a stack, specify "
			"which resources to retain only when the stack is in the "
			"DELETE_FAILED state.",
			stack->id);
	json_each (retained, i, id)
		if (!stack_resource(stack, json_string_value(id)))
			return fault_named(stack->rq, "ValidationError",
					   "The specified resources to retain [%s] do not exist.",
					   json_string_value(id));
	return 0;
}

int cloudformation_delete_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = stack_find(rq, json_str_or(in, "StackName", ""));
	const char *role = json_str(in, "RoleARN");
	struct stack stack;
	int err;

	/* A stack that is not there is deleted already. */
	if (!id || !stack_open(rq, id, &stack) || stack_status_is(&stack, "DELETE_COMPLETE") ||
	    stack_status_is(&stack, "DELETE_IN_PROGRESS"))
		return 0;
	if (json_bool_or(stack.document, "EnableTerminationProtection", false))
		return fault_named(rq, "ValidationError",
				   "Stack [%s] cannot be deleted while TerminationProtection is "
				   "enabled",
				   stack.name);
	err = check_retained(&stack, json_get(in, "RetainResources"));
	if (!err && role)
		err = pass_role(rq, role, "cloudformation.amazonaws.com");
	if (err)
		return err;

	forgive(&stack);
	if (json_has(in, "RetainResources"))
		json_set(stack.document, "_Retain", json_get(in, "RetainResources"));
	if (role)
		json_set_str(stack.document, "RoleARN", role);
	json_set_str(stack.document, "_Caller", rq->caller->arn);
	json_drop(stack.document, "_Token");
	json_set_str(stack.document, "_Token", json_str(in, "ClientRequestToken"));
	json_set_bool(stack.document, "_RollingBack", false);
	stack_move(&stack, "DELETE_IN_PROGRESS", "User Initiated");
	stack_wake(&stack);
	return 0;
}

/* All stacks, the newest first, as AWS lists them. */
static const json_t *newest_first(struct request *rq)
{
	json_t *sorted = rq_array(rq);
	const json_t *stack, *other;
	size_t i, at;

	json_each (store_list(rq->tx, STACK), i, stack) {
		json_each (sorted, at, other)
			if (json_num_or(other, "CreationTime", 0) <=
			    json_num_or(stack, "CreationTime", 0))
				break;
		json_array_insert_new(sorted, at, json_deep_copy(stack));
	}
	return sorted;
}

int cloudformation_describe_stacks(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "StackName"), *id = name ? stack_find(rq, name) : NULL;
	json_t *list = json_add_array(out, "Stacks");
	const json_t *stack;
	size_t i;

	if (name && !id)
		return stack_missing(rq, name);
	json_each (newest_first(rq), i, stack) {
		bool deleted =
			strcmp(json_str_or(stack, "StackStatus", ""), "DELETE_COMPLETE") == 0;

		if (id ? strcmp(json_str(stack, "StackId"), id) == 0 : !deleted)
			json_push(list, stack);
	}
	return 0;
}

int cloudformation_list_stacks(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {
		"StackId",     "StackName",	    "CreationTime",	"DeletionTime",
		"StackStatus", "StackStatusReason", "DriftInformation", NULL};
	json_t *list = json_add_array(out, "StackSummaries");
	const json_t *wanted = json_get(in, "StackStatusFilter"), *stack;
	size_t i;

	json_each (newest_first(rq), i, stack) {
		if (json_array_size(wanted) > 0 &&
		    !json_list_has(wanted, json_str_or(stack, "StackStatus", "")))
			continue;
		json_set_str(stack_push_view(list, stack, members), "TemplateDescription",
			     json_str(stack, "Description"));
	}
	return 0;
}

int cloudformation_update_termination_protection(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	struct stack stack;

	if (!id || !stack_open(rq, id, &stack))
		return stack_missing(rq, name);

	json_set_bool(stack.document, "EnableTerminationProtection",
		      json_bool_or(in, "EnableTerminationProtection", false));
	stack_save(&stack);
	json_set_str(out, "StackId", id);
	return 0;
}

/* By status: what there is to do. */
static const struct {
	const char *status;
	bool (*go_on)(struct stack *stack);
} moves[] = {
	{"CREATE_IN_PROGRESS", stack_create_on},
	{"DELETE_IN_PROGRESS", stack_delete_on},
	{"ROLLBACK_IN_PROGRESS", stack_delete_on},
};

static bool go_on(struct stack *stack)
{
	for (size_t i = 0; i < array_len(moves); i++)
		if (stack_status_is(stack, moves[i].status))
			return moves[i].go_on(stack);
	return false;
}

msec cloudformation_tick(struct request *rq)
{
	int64_t speed = lab_clock(rq->lab)->speed;
	bool waiting = false, moved = false;
	const json_t *id;
	size_t i;

	json_each (store_keys(rq->tx, STACK_MOVING, ""), i, id) {
		struct stack stack;

		if (!stack_open(rq, json_string_value(id), &stack))
			continue;
		waiting |= go_on(&stack);
		moved |= stack.moved;
	}
	/* What was just made may be there after its own service's tick, in this same turn: a paused
	 * clock would never bring the next look. */
	if (waiting && moved)
		lab_wake(rq->lab, rq->model);
	return waiting ? ASK_AGAIN * (speed > 1000 ? speed / 1000 : 1) : TICK_NEVER;
}
