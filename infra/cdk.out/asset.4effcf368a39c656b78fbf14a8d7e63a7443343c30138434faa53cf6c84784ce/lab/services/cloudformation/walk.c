/*
 * walk.c - the way through the graph: whatever waits for nobody sets out, until all have arrived.
 *
 * Creation, update and the rollback of an update go the same way and differ in a resource's step and
 * in what comes after. The first failure ends it for all, and cancels what is on its way.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

struct way {
	bool (*step)(struct stack *stack, const char *logical_id);
	void (*arrived)(struct stack *stack);
	void (*failed)(struct stack *stack, const char *why);
};

/* A creation cannot be finished: rolled back, deleted or left as it is, as its maker wished. */
static void fail_creation(struct stack *stack, const char *why)
{
	const char *wish = json_str_or(stack->document, "_OnFailure", "ROLLBACK");
	struct request *rq = stack->rq;

	if (strcmp(wish, "DO_NOTHING") == 0) {
		stack_rest(stack, "CREATE_FAILED", rq_fmt(rq, "%s. ", why));
		return;
	}
	json_set_bool(stack->document, "_RollingBack", true);
	if (strcmp(wish, "DELETE") == 0)
		stack_set_out(stack, "DELETE_IN_PROGRESS",
			      rq_fmt(rq, "%s. Delete requested by user.", why));
	else
		stack_set_out(stack, "ROLLBACK_IN_PROGRESS",
			      rq_fmt(rq, "%s. Rollback requested by user.", why));
}

static void fail_forward(struct stack *stack, const char *why)
{
	const char *reason = rq_fmt(stack->rq, "%s. ", why);

	if (stack_status_is(stack, "CREATE_IN_PROGRESS"))
		fail_creation(stack, why);
	else if (strcmp(json_str_or(stack->document, "_OnFailure", ""), "DO_NOTHING") == 0)
		stack_rest(stack, "UPDATE_FAILED", reason);
	else if (stack_begin_rollback(stack))
		stack_set_out(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
	else
		/* It never came up: there is nothing to go back to. */
		fail_creation(stack, why);
}

static void fail_back(struct stack *stack, const char *why)
{
	stack_rest(stack, "UPDATE_ROLLBACK_FAILED", rq_fmt(stack->rq, "%s. ", why));
}

const char *stack_cancel(struct stack *stack, const char *failed)
{
	AUTO_BUF struct buf created = {0};
	AUTO_BUF struct buf updated = {0};
	const json_t *element;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		const char *id = json_str(element, "LogicalResourceId");
		bool creating = resource_status_is(element, "CREATE_IN_PROGRESS");
		json_t *resource;

		if (resource_status_ends(element, "_IN_PROGRESS")) {
			resource = stack_resource(stack, id);
			stack_move_resource(stack, resource,
					    creating ? "CREATE_FAILED" : "UPDATE_FAILED",
					    creating ? "Resource creation cancelled"
						     : "Resource update cancelled");
		} else if (!failed || strcmp(failed, id) != 0) {
			continue;
		} else {
			creating = resource_status_is(element, "CREATE_FAILED");
		}
		buf_fmt(creating ? &created : &updated, "%s%s",
			(creating ? created.len : updated.len) > 0 ? ", " : "", id);
	}
	if (created.len == 0)
		return rq_fmt(stack->rq, "The following resource(s) failed to update: [%s]",
			      buf_text(&updated));
	if (updated.len == 0)
		return rq_fmt(stack->rq, "The following resource(s) failed to create: [%s]",
			      buf_text(&created));
	return rq_fmt(stack->rq,
		      "The following resource(s) failed to create: [%s]. The following "
		      "resource(s) failed to update: [%s]",
		      buf_text(&created), buf_text(&updated));
}

/* Outputs and exports are the last that can fail. */
static void arrive_forward(struct stack *stack)
{
	const char *error = stack_set_outputs(stack);

	if (error) {
		fail_forward(stack, error);
		return;
	}
	stack_set_imports(stack);
	if (stack_status_is(stack, "CREATE_IN_PROGRESS")) {
		stack_rest(stack, "CREATE_COMPLETE", NULL);
		return;
	}
	stack_end_update(stack);
	stack_set_out(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
}

static void arrive_back(struct stack *stack)
{
	stack_end_rollback(stack);
	stack_set_imports(stack);
	stack_set_out(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
}

static const struct way forward = {step_forward, arrive_forward, fail_forward};
static const struct way back = {step_back, arrive_back, fail_back};

/* Where the resources stand: logical id → true: done with; false: on its way. */
static json_t *look_around(struct stack *stack)
{
	json_t *standing = rq_object(stack->rq);
	const json_t *resource;
	size_t i;

	json_each (stack_resources(stack), i, resource) {
		const char *id = json_str(resource, "LogicalResourceId");

		if (step_is_done(stack, resource))
			json_set_bool(standing, id, true);
		else if (resource_status_ends(resource, "_IN_PROGRESS"))
			json_set_bool(standing, id, false);
	}
	return standing;
}

static bool is_ready(const json_t *standing, const json_t *waits)
{
	const json_t *id;
	size_t i;

	json_each (waits, i, id)
		if (!json_bool_or(standing, json_string_value(id), false))
			return false;
	return true;
}

/* Asks all that are on their way. Answers the one that failed, or NULL. */
static const char *settle_all(struct stack *stack)
{
	const json_t *resource;
	size_t i;

	json_each (stack_resources(stack), i, resource) {
		const char *id = json_str(resource, "LogicalResourceId");

		if (!step_is_done(stack, resource) &&
		    resource_status_ends(resource, "_IN_PROGRESS") &&
		    !step_settle(stack, stack_resource(stack, id)))
			return id;
	}
	return NULL;
}

/* Sends off whatever is ready, and what that made ready, and so on. */
static const char *send_all(struct stack *stack, const struct way *way, json_t *standing)
{
	const json_t *dependencies = json_get(stack->document, "_Dependencies"), *waits;
	bool moved = true;
	const char *id;

	while (moved) {
		moved = false;
		json_each_member (dependencies, id, waits) {
			if (json_has(standing, id) || !is_ready(standing, waits))
				continue;
			if (!way->step(stack, id))
				return id;
			json_set_bool(standing, id, step_is_done(stack, stack_resource(stack, id)));
			moved = true;
		}
	}
	return NULL;
}

static bool out_of_time(struct stack *stack)
{
	msec most = json_int_or(stack->document, "TimeoutInMinutes", 0) * MINUTE;
	lab_ms since = json_time_or(stack->document, "CreationTime", stack->rq->now);

	return most > 0 && stack_status_is(stack, "CREATE_IN_PROGRESS") &&
	       stack->rq->now.ms - since.ms > most;
}

static bool all_arrived(struct stack *stack, const json_t *standing)
{
	const json_t *waits;
	const char *id;

	json_each_member (json_get(stack->document, "_Dependencies"), id, waits)
		if (!json_bool_or(standing, id, false))
			return false;
	return true;
}

static bool go(struct stack *stack, const struct way *way)
{
	const char *failed = settle_all(stack);
	json_t *standing;

	if (!failed) {
		standing = look_around(stack);
		failed = send_all(stack, way, standing);
		if (!failed && all_arrived(stack, standing)) {
			way->arrived(stack);
			return false;
		}
	}
	if (!failed && !out_of_time(stack))
		return true;
	way->failed(stack, stack_cancel(stack, failed));
	return false;
}

bool stack_walk_on(struct stack *stack)
{
	const char *error;

	stack_read_template(stack);
	error = stack_claim_imports(stack);
	if (error) {
		fail_forward(stack, error);
		return false;
	}
	return go(stack, &forward);
}

bool stack_walk_back(struct stack *stack)
{
	stack_read_template(stack);
	return go(stack, &back);
}
