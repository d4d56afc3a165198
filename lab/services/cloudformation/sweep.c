/*
 * sweep.c - resources go: with their stack, because it could not come up, or as leftovers of an
 * update. What nobody waits for any more goes first.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

/* So long (in real time, whatever the lab clock's speed) what is still in use is tried again. */
#define PATIENCE (3 * MINUTE)

static bool rolling_back(const struct stack *stack)
{
	return stack_status_is(stack, "ROLLBACK_IN_PROGRESS");
}

static bool is_gone(const json_t *resource)
{
	return resource_status_is(resource, "DELETE_COMPLETE") ||
	       resource_status_is(resource, "DELETE_SKIPPED");
}

/* What is to become of it: "Delete", "Retain", "Snapshot". */
static const char *fate_of(const struct stack *stack, const json_t *resource)
{
	const char *policy = json_str_or(resource, "_Policy",
					 json_str_or(resource, "_DeletionPolicy", "Delete"));
	bool made_in_vain = json_bool_or(stack->document, "_RollingBack", false);

	if (json_list_has(json_get(stack->document, "_Retain"),
			  json_str(resource, "LogicalResourceId")))
		return "Retain";
	if (strcmp(policy, "RetainExceptOnCreate") == 0)
		return made_in_vain ? "Delete" : "Retain";
	if (strcmp(policy, "Snapshot") == 0 && made_in_vain)
		return "Delete";
	return policy;
}

/* Does one that is still there wait for it? */
static bool any_waits_for(const json_t *resources, const char *logical_id)
{
	const json_t *other;
	size_t i;

	json_each (resources, i, other)
		if (!is_gone(other) && json_list_has(json_get(other, "_DependsOn"), logical_id))
			return true;
	return false;
}

/* Real patience on the lab's clock, which may run fast. */
static lab_ms patience_ends(struct request *rq)
{
	int64_t speed = lab_clock(rq->lab)->speed;

	return (lab_ms){rq->now.ms + PATIENCE * (speed > 1000 ? speed / 1000 : 1)};
}

static const char *call_for_its_end(struct stack *stack, json_t *resource, const char *fate,
				    bool *ret_again)
{
	const char *reason = NULL;

	if (strcmp(fate, "Snapshot") == 0 && !json_has(resource, "_Snapshot")) {
		reason = provider_snapshot(stack, resource);
		if (reason)
			return reason;
		json_set_bool(resource, "_Snapshot", true);
	}
	if (!json_has(resource, "_Deleted")) {
		reason = provider_delete(stack, resource, ret_again);
		if (!reason)
			json_set_bool(resource, "_Deleted", true);
	}
	stack_keep_resource(stack, resource);
	return reason;
}

/* Calls for its end, then asks whether it came. NULL, or why it will not go. */
static const char *delete_or_ask(struct stack *stack, json_t *resource, const char *fate,
				 bool *ret_again)
{
	const char *reason = call_for_its_end(stack, resource, fate, ret_again);
	bool gone;

	if (reason)
		return reason;
	reason = provider_gone(stack, resource, &gone);
	*ret_again = !reason && !gone;
	return reason || gone ? reason : "Resource timed out waiting for its deletion";
}

static void delete_one(struct stack *stack, json_t *resource, const char *fate)
{
	const char *reason;
	bool again = false;

	if (!json_has(resource, "PhysicalResourceId")) {
		stack_move_resource(stack, resource, "DELETE_COMPLETE", NULL);
		return;
	}
	if (!resource_status_is(resource, "DELETE_IN_PROGRESS")) {
		json_set_time(resource, "_Until", patience_ends(stack->rq));
		stack_move_resource(stack, resource, "DELETE_IN_PROGRESS", NULL);
	}
	reason = delete_or_ask(stack, resource, fate, &again);
	if (!reason)
		stack_move_resource(stack, resource, "DELETE_COMPLETE", NULL);
	else if (!again || stack->rq->now.ms >= json_time_or(resource, "_Until", stack->rq->now).ms)
		stack_move_resource(stack, resource, "DELETE_FAILED", reason);
}

static bool is_needed(struct stack *stack, const char *logical_id, bool whole)
{
	return (whole && any_waits_for(stack_resources(stack), logical_id)) ||
	       any_waits_for(stack_leftovers(stack), logical_id);
}

/* All that is to go: leftovers, and with `whole` the stack's resources. */
static const json_t *doomed(struct stack *stack, bool whole)
{
	json_t *all = rq_array(stack->rq);
	const json_t *resource;
	size_t i;

	if (whole)
		json_each (stack_resources(stack), i, resource)
			json_push(all, resource);
	json_each (stack_leftovers(stack), i, resource)
		json_push(all, resource);
	return all;
}

/* One round over all; true if something changed that lets others go. */
static bool delete_round(struct stack *stack, bool whole)
{
	const json_t *resources = doomed(stack, whole), *element;
	bool moved = false;
	size_t i;

	/* Backwards is nearer to the order they were made in. */
	for (i = json_array_size(resources); i-- > 0;) {
		const char *id, *fate;
		json_t *resource;

		element = json_at(resources, i);
		id = json_str(element, "LogicalResourceId");
		if (is_gone(element) || resource_status_is(element, "DELETE_FAILED") ||
		    is_needed(stack, id, whole))
			continue;
		resource = stack_edit_resource(stack, element);
		fate = fate_of(stack, resource);
		if (strcmp(fate, "Retain") == 0)
			stack_move_resource(stack, resource, "DELETE_SKIPPED", NULL);
		else
			delete_one(stack, resource, fate);
		moved |= is_gone(resource);
	}
	return moved;
}

/* How a sweep stands: what would not go, by name; whether any is left, or on its way. */
struct outcome {
	const char *failed;
	bool left, on_the_way;
};

static struct outcome sweep(struct stack *stack, bool whole)
{
	AUTO_BUF struct buf failed = {0};
	struct outcome outcome = {0};
	const json_t *resource;
	size_t i;

	while (delete_round(stack, whole))
		;
	json_each (doomed(stack, whole), i, resource) {
		outcome.left |= !is_gone(resource);
		outcome.on_the_way |= resource_status_is(resource, "DELETE_IN_PROGRESS");
		if (resource_status_is(resource, "DELETE_FAILED"))
			buf_fmt(&failed, "%s%s", failed.len > 0 ? ", " : "",
				json_str(resource, "LogicalResourceId"));
	}
	outcome.failed = rq_strdup(stack->rq, buf_text(&failed));
	return outcome;
}

static void drop_leftovers(struct stack *stack)
{
	const json_t *leftover;
	size_t i;

	json_each (stack_leftovers(stack), i, leftover)
		stack_drop_resource(stack, leftover);
}

static void finish(struct stack *stack)
{
	drop_leftovers(stack);
	stack_drop_imports(stack);
	store_delete(stack->rq->tx, STACK_BEFORE, stack->id);
	if (rolling_back(stack)) {
		stack_rest(stack, "ROLLBACK_COMPLETE", NULL);
		return;
	}
	stack_drop_exports(stack);
	store_delete(stack->rq->tx, STACK_NAME, stack->name);
	json_set_time(stack->document, "DeletionTime", stack->rq->now);
	stack_rest(stack, "DELETE_COMPLETE", NULL);
	change_sets_drop(stack->rq, stack->id, NULL);
}

bool stack_delete_on(struct stack *stack)
{
	const char *reason = rolling_back(stack) ? NULL : stack_importers(stack);
	struct outcome outcome;

	if (reason) {
		stack_rest(stack, "DELETE_FAILED", reason);
		return false;
	}
	outcome = sweep(stack, true);
	if (!outcome.left) {
		finish(stack);
		return false;
	}
	if (outcome.on_the_way)
		return true;
	stack_rest(stack, rolling_back(stack) ? "ROLLBACK_FAILED" : "DELETE_FAILED",
		   rq_fmt(stack->rq, "The following resource(s) failed to delete: [%s]. ",
			  outcome.failed));
	return false;
}

/* What will not go is left alone: the stack has nothing to do with it any more, as at AWS. */
bool stack_clean_up(struct stack *stack)
{
	bool back = stack_status_is(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
	struct outcome outcome = sweep(stack, false);
	const char *reason = NULL;

	if (outcome.on_the_way)
		return true;
	if (outcome.left)
		reason = rq_fmt(stack->rq,
				"%s successful. One or more resources could not be deleted.",
				back ? "Rollback" : "Update");
	drop_leftovers(stack);
	stack_rest(stack, back ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE", reason);
	return false;
}
