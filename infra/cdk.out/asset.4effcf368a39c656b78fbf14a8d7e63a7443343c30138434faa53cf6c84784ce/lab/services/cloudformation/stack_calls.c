/*
 * stack_calls.c - operations that set a stack on its way; the tick goes on from there.
 */
#include "lab/services/cloudformation/changes.h"

#include <string.h>

static int not_updatable(struct stack *stack)
{
	return fault_named(stack->rq, "ValidationError",
			   "Stack:%s is in %s state and can not be updated.", stack->id,
			   stack_status(stack));
}

int cloudformation_create_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", "");
	struct plan plan = {.name = name};
	struct stack stack;
	int err;

	if (json_bool_or(in, "DisableRollback", false) && json_has(in, "OnFailure"))
		return fault_named(rq, "ValidationError",
				   "You cannot specify both DisableRollback and OnFailure");
	err = plan_check_name(rq, name);
	if (!err && store_has(rq->tx, STACK_NAME, name))
		return fault(rq, CLOUDFORMATION_AlreadyExistsException, "Stack [%s] already exists",
			     name);
	if (!err)
		err = plan_check_refused(rq, in);
	if (err)
		return err;
	plan.id = rq_arn(rq, "cloudformation", rq_fmt(rq, "stack/%s/%s", name, id_uuid(rq)));
	err = plan_make(rq, in, NULL, &plan);
	if (err)
		return err;

	plan_new_stack(rq, in, &plan);
	stack_open(rq, plan.id, &stack);
	plan_keep(&plan, in, &stack);
	stack_set_out(&stack, "CREATE_IN_PROGRESS", "User Initiated");
	json_set_str(out, "StackId", plan.id);
	return 0;
}

int cloudformation_update_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	const char *error = NULL;
	struct plan plan = {0};
	struct stack stack;
	int err;

	if (!id || !stack_open(rq, id, &stack) || stack_status_is(&stack, "DELETE_COMPLETE") ||
	    stack_status_is(&stack, "REVIEW_IN_PROGRESS"))
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", name);
	if (!stack_can_be_updated(&stack))
		return not_updatable(&stack);
	err = plan_check_refused(rq, in);
	if (err)
		return err;
	plan.id = stack.id;
	plan.name = stack.name;
	err = plan_make(rq, in, &stack, &plan);
	if (err)
		return err;
	if (json_array_size(changes_of(&stack, &plan, &error)) == 0 && !error &&
	    !changes_outside(&stack, &plan))
		return fault_named(rq, "ValidationError", "No updates are to be performed.");
	if (error)
		return fault_named(rq, "ValidationError", "%s", error);

	stack_begin_update(&stack);
	plan_keep(&plan, in, &stack);
	stack_set_out(&stack, "UPDATE_IN_PROGRESS", "User Initiated");
	change_sets_drop(rq, stack.id, NULL);
	json_set_str(out, "StackId", stack.id);
	return 0;
}

/* Those that would not go are tried again: as if nobody had. */
static void forgive(struct stack *stack, const json_t *resources)
{
	const json_t *element;
	size_t i;

	json_each (resources, i, element) {
		json_t *resource;

		if (!resource_status_is(element, "DELETE_FAILED"))
			continue;
		resource = stack_edit_resource(stack, element);
		json_set_str(resource, "ResourceStatus", "CREATE_COMPLETE");
		json_drop(resource, "_Deleted");
		stack_keep_resource(stack, resource);
	}
}

/* What an update that did not end has left: its older resources go with the stack. */
static void gather_before(struct stack *stack)
{
	const json_t *element;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		const json_t *before = json_get(element, "_Before");
		json_t *resource;

		if (!before)
			continue;
		if (!resource_is_same(element, before))
			stack_leave(stack, before,
				    json_str_or(before, "_DeletionPolicy", "Delete"));
		resource = stack_edit_resource(stack, element);
		json_drop(resource, "_Before");
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

/* Who asked for what comes now, and under which token. */
static void set_caller(struct stack *stack, const json_t *in)
{
	json_t *document = stack->document;

	if (json_has(in, "RoleARN"))
		json_set(document, "RoleARN", json_get(in, "RoleARN"));
	json_set_str(document, "_Caller", stack->rq->caller->arn);
	json_drop(document, "_Token");
	json_set_str(document, "_Token", json_str(in, "ClientRequestToken"));
}

int cloudformation_delete_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = stack_find(rq, json_str_or(in, "StackName", ""));
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
	if (stack_status_ends(&stack, "_IN_PROGRESS") &&
	    !stack_status_is(&stack, "CREATE_IN_PROGRESS") &&
	    !stack_status_is(&stack, "REVIEW_IN_PROGRESS"))
		return fault_named(rq, "ValidationError",
				   "Stack [%s] cannot be deleted while in status %s", stack.name,
				   stack_status(&stack));
	err = check_retained(&stack, json_get(in, "RetainResources"));
	if (!err)
		err = plan_check_role(rq, in);
	if (err)
		return err;

	gather_before(&stack);
	forgive(&stack, stack_resources(&stack));
	forgive(&stack, stack_leftovers(&stack));
	if (json_has(in, "RetainResources"))
		json_set(stack.document, "_Retain", json_get(in, "RetainResources"));
	set_caller(&stack, in);
	json_set_bool(stack.document, "_RollingBack", false);
	stack_set_out(&stack, "DELETE_IN_PROGRESS", "User Initiated");
	return 0;
}

/* The stack of a call that wants it in a certain state. */
static int open_in(struct request *rq, const json_t *in, const char *status, const char *operation,
		   struct stack *ret_stack)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);

	if (!id || !stack_open(rq, id, ret_stack))
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", name);
	if (!stack_status_is(ret_stack, status))
		return fault_named(rq, "ValidationError",
				   "%s cannot be called from current stack status", operation);
	return plan_check_role(rq, in);
}

int cloudformation_cancel_update_stack(struct request *rq, const json_t *in, json_t *out)
{
	struct stack stack;
	int err = open_in(rq, in, "UPDATE_IN_PROGRESS", "CancelUpdateStack", &stack);

	if (err)
		return err;
	stack_cancel(&stack, NULL);
	if (!stack_begin_rollback(&stack))
		return not_updatable(&stack);
	set_caller(&stack, in);
	stack_set_out(&stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
	return 0;
}

static int skip_all(struct stack *stack, const json_t *ids)
{
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		const json_t *resource = stack_resource(stack, json_string_value(id));

		if (!resource || !resource_status_is(resource, "UPDATE_FAILED"))
			return fault_named(stack->rq, "ValidationError",
					   "The following resource(s) are not in a state that "
					   "allows them to be skipped: [%s]",
					   json_string_value(id));
		step_skip(stack, json_string_value(id));
	}
	return 0;
}

int cloudformation_continue_update_rollback(struct request *rq, const json_t *in, json_t *out)
{
	struct stack stack;
	int err = open_in(rq, in, "UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback", &stack);

	if (err)
		return err;
	json_set_int(stack.document, "_Walk", json_int_or(stack.document, "_Walk", 0) + 1);
	set_caller(&stack, in);
	stack_set_out(&stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
	return skip_all(&stack, json_get(in, "ResourcesToSkip"));
}

int cloudformation_rollback_stack(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	struct stack stack;
	int err;

	if (!id || !stack_open(rq, id, &stack))
		return stack_missing(rq, name);
	if (!stack_status_is(&stack, "CREATE_FAILED") && !stack_status_is(&stack, "UPDATE_FAILED"))
		return fault_named(rq, "ValidationError",
				   "RollbackStack cannot be called from current stack status");
	err = plan_check_role(rq, in);
	if (err)
		return err;
	set_caller(&stack, in);
	if (stack_begin_rollback(&stack)) {
		stack_set_out(&stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
	} else {
		json_set_bool(stack.document, "_RollingBack", true);
		stack_set_out(&stack, "ROLLBACK_IN_PROGRESS", "User Initiated");
	}
	json_set_str(out, "StackId", stack.id);
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
