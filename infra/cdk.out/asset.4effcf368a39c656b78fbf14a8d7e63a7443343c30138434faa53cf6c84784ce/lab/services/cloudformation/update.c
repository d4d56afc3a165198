/*
 * update.c - what an update, its end and its rollback make of a stack's documents.
 *
 * While an update is on its way the stack's document says what it shall be, and STACK_BEFORE what it
 * was. Resources that it replaced or left out are leftovers, and go when all else is done.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

/* What a plan says of a stack. */
static const char *const planned[] = {"Description",   "Parameters", "Capabilities", "Tags",
				      "_Texts",	       "_Values",    "_Shown",	     "_Conditions",
				      "_Dependencies", "_Outputs"};

static bool is_planned(struct stack *stack, const json_t *resource)
{
	return json_has(json_get(stack->document, "_Dependencies"),
			json_str(resource, "LogicalResourceId"));
}

bool stack_can_be_updated(const struct stack *stack)
{
	static const char *const states[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE",
					     "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED",
					     "UPDATE_FAILED"};

	for (size_t i = 0; i < array_len(states); i++)
		if (stack_status_is(stack, states[i]))
			return true;
	return false;
}

void stack_begin_update(struct stack *stack)
{
	struct request *rq = stack->rq;
	json_t *before = rq_object(rq);

	json_set_time(stack->document, "LastUpdatedTime", rq->now);
	/* What failed half way is no state to go back to. */
	if (stack_status_ends(stack, "_FAILED"))
		return;
	json_set(before, "Stack", stack->document);
	json_set(before, "Body", json_get(store_get(rq->tx, STACK_TEMPLATE, stack->id), "Body"));
	store_put(rq->tx, STACK_BEFORE, stack->id, before);
}

void stack_end_update(struct stack *stack)
{
	const json_t *element;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		const json_t *before = json_get(element, "_Before");
		json_t *resource;

		if (before && !resource_is_same(element, before))
			stack_leave(stack, before,
				    json_str_or(element, "_UpdateReplacePolicy", "Delete"));
		if (!is_planned(stack, element)) {
			stack_leave(stack, element,
				    json_str_or(element, "_DeletionPolicy", "Delete"));
			stack_drop_resource(stack, element);
		} else if (before) {
			resource = stack_edit_resource(stack, element);
			json_drop(resource, "_Before");
			stack_keep_resource(stack, resource);
		}
	}
	store_delete(stack->rq->tx, STACK_BEFORE, stack->id);
}

/* Retain holds also for what a rolled back update made; RetainExceptOnCreate says that it does not,
 * and of what is hardly made there is nothing to keep in a snapshot. */
static const char *policy_of_new(const json_t *resource)
{
	const char *policy = json_str_or(resource, "_DeletionPolicy", "Delete");

	return strcmp(policy, "Retain") == 0 ? policy : "Delete";
}

bool stack_begin_rollback(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *before = store_get(rq->tx, STACK_BEFORE, stack->id), *element;
	json_t *body = rq_object(rq);
	size_t i;

	if (!before)
		return false;
	for (i = 0; i < array_len(planned); i++) {
		json_drop(stack->document, planned[i]);
		if (json_path(before, rq_fmt(rq, "Stack.%s", planned[i])))
			json_set(stack->document, planned[i],
				 json_path(before, rq_fmt(rq, "Stack.%s", planned[i])));
	}
	json_set_int(stack->document, "_Walk", json_int_or(stack->document, "_Walk", 0) + 1);
	json_set(body, "Body", json_get(before, "Body"));
	store_put(rq->tx, STACK_TEMPLATE, stack->id, body);
	json_each (stack_resources(stack), i, element) {
		if (is_planned(stack, element))
			continue;
		stack_leave(stack, element, policy_of_new(element));
		stack_drop_resource(stack, element);
	}
	return true;
}

void stack_end_rollback(struct stack *stack)
{
	store_delete(stack->rq->tx, STACK_BEFORE, stack->id);
}
