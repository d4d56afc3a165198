/*
 * stack_delete.c - a stack goes, by DeleteStack or because it could not come up: what nobody waits
 * for any more goes first.
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

static bool is_kept(const struct stack *stack, const json_t *resource)
{
	const char *policy = json_str_or(resource, "_DeletionPolicy", "Delete");

	if (json_list_has(json_get(stack->document, "_Retain"),
			  json_str(resource, "LogicalResourceId")))
		return true;
	if (strcmp(policy, "RetainExceptOnCreate") == 0)
		return !json_bool_or(stack->document, "_RollingBack", false);
	return strcmp(policy, "Retain") == 0;
}

/* Does one that is still there wait for it? */
static bool is_needed(const json_t *resources, const char *logical_id)
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

/* Calls for its end, then asks whether it came. NULL, or why it will not go. */
static const char *delete_or_ask(struct stack *stack, json_t *resource, bool *ret_again)
{
	const char *reason;
	bool gone;

	if (!json_has(resource, "_Deleted")) {
		reason = provider_delete(stack, resource, ret_again);
		if (reason)
			return reason;
		json_set_bool(resource, "_Deleted", true);
		stack_keep_resource(stack, resource);
	}
	reason = provider_gone(stack, resource, &gone);
	*ret_again = !reason && !gone;
	return reason || gone ? reason : "Resource timed out waiting for its deletion";
}

static void delete_one(struct stack *stack, json_t *resource)
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
	reason = delete_or_ask(stack, resource, &again);
	if (!reason)
		stack_move_resource(stack, resource, "DELETE_COMPLETE", NULL);
	else if (!again || stack->rq->now.ms >= json_time_or(resource, "_Until", stack->rq->now).ms)
		stack_move_resource(stack, resource, "DELETE_FAILED", reason);
}

/* One round over all; true if something changed that lets others go. */
static bool delete_round(struct stack *stack)
{
	const json_t *resources = stack_resources(stack), *element;
	bool moved = false;
	size_t i;

	/* Backwards is nearer to the order they were made in. */
	for (i = json_array_size(resources); i-- > 0;) {
		const char *id;
		json_t *resource;

		element = json_at(resources, i);
		id = json_str(element, "LogicalResourceId");
		if (is_gone(element) || resource_status_is(element, "DELETE_FAILED") ||
		    is_needed(stack_resources(stack), id))
			continue;
		resource = stack_resource(stack, id);
		if (is_kept(stack, resource))
			stack_move_resource(stack, resource, "DELETE_SKIPPED", NULL);
		else
			delete_one(stack, resource);
		moved |= is_gone(resource);
	}
	return moved;
}

static void drop_exports(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *element;
	size_t i;

	json_each (store_list(rq->tx, STACK_EXPORT), i, element)
		if (strcmp(json_str_or(element, "ExportingStackId", ""), stack->id) == 0)
			store_delete(rq->tx, STACK_EXPORT, json_str(element, "Name"));
}

static void drop_imports(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, STACK_IMPORT, ""), i, key) {
		const char *bar = strchr(json_string_value(key), '|');

		if (bar && strcmp(bar + 1, stack->id) == 0)
			store_delete(rq->tx, STACK_IMPORT, json_string_value(key));
	}
}

static void finish(struct stack *stack)
{
	drop_imports(stack);
	stack_rest(stack);
	if (rolling_back(stack)) {
		stack_move(stack, "ROLLBACK_COMPLETE", NULL);
		return;
	}
	drop_exports(stack);
	store_delete(stack->rq->tx, STACK_NAME, stack->name);
	json_set_time(stack->document, "DeletionTime", stack->rq->now);
	stack_move(stack, "DELETE_COMPLETE", NULL);
}

/* What is left: failed ones, by name, and whether others are still on their way. */
static bool look(struct stack *stack, struct buf *failed, bool *ret_on_the_way)
{
	const json_t *resource;
	bool left = false;
	size_t i;

	json_each (stack_resources(stack), i, resource) {
		left |= !is_gone(resource);
		*ret_on_the_way |= resource_status_is(resource, "DELETE_IN_PROGRESS");
		if (resource_status_is(resource, "DELETE_FAILED"))
			buf_fmt(failed, "%s%s", failed->len > 0 ? ", " : "",
				json_str(resource, "LogicalResourceId"));
	}
	return left;
}

/* An export that another stack imports keeps the whole stack. NULL: nothing does. */
static const char *importers(struct stack *stack)
{
	AUTO_BUF struct buf names = {0};
	struct request *rq = stack->rq;
	const json_t *export, *import;
	size_t i, j;

	json_each (store_list(rq->tx, STACK_EXPORT), i, export) {
		const char *name = json_str(export, "Name");

		if (strcmp(json_str_or(export, "ExportingStackId", ""), stack->id) != 0)
			continue;
		json_each (store_list_prefix(rq->tx, STACK_IMPORT, rq_fmt(rq, "%s|", name)), j,
			   import)
			buf_fmt(&names, "%s%s", j > 0 ? ", " : "", json_str(import, "StackName"));
		if (names.len > 0)
			return rq_fmt(rq,
				      "Delete canceled. Cannot delete export %s as it is in use by "
				      "%s.",
				      name, buf_text(&names));
	}
	return NULL;
}

bool stack_delete_on(struct stack *stack)
{
	AUTO_BUF struct buf failed = {0};
	bool on_the_way = false;
	const char *reason = importers(stack);

	if (reason && !rolling_back(stack)) {
		stack_move(stack, "DELETE_FAILED", reason);
		stack_rest(stack);
		return false;
	}
	while (delete_round(stack))
		;
	if (!look(stack, &failed, &on_the_way)) {
		finish(stack);
		return false;
	}
	if (on_the_way)
		return true;
	stack_move(stack, rolling_back(stack) ? "ROLLBACK_FAILED" : "DELETE_FAILED",
		   rq_fmt(stack->rq, "The following resource(s) failed to delete: [%s]. ",
			  buf_text(&failed)));
	stack_rest(stack);
	return false;
}
