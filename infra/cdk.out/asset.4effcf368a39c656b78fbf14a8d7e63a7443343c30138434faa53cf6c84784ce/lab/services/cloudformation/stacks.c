/*
 * stacks.c - stacks are shown; the tick that moves those which are on their way.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

/* How long until what is not there yet is asked again, in real time. Events come sooner. */
#define ASK_AGAIN ((msec)100)

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

/* By status: what there is to do. */
static const struct {
	const char *status;
	bool (*go_on)(struct stack *stack);
} moves[] = {
	{"CREATE_IN_PROGRESS", stack_walk_on},
	{"DELETE_IN_PROGRESS", stack_delete_on},
	{"ROLLBACK_IN_PROGRESS", stack_delete_on},
	{"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", stack_clean_up},
	{"UPDATE_IN_PROGRESS", stack_walk_on},
	{"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", stack_clean_up},
	{"UPDATE_ROLLBACK_IN_PROGRESS", stack_walk_back},
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
