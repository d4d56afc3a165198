/*
 * user.c - each task runs as a user of its own (wire/user.h).
 *
 *   keeps      ecs/user  "last"  {"Slot"}: the one given last, so that one is free for long before it is
 *              given again
 *   left out   the container's own `user`; users where we are not root
 */
#include "lab/services/ecs/nouns.h"

#include "lab/wire/user.h"

#define USER "ecs/user"

static bool is_taken(struct request *rq, int64_t slot)
{
	const json_t *tasks = store_list(rq->tx, TASK);
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		if (json_int_or(task, "_slot", -1) == slot)
			return true;
	return false;
}

/* A slot that no task has, stopped ones included: of those a process may be left for a moment. */
int64_t task_user_take(struct request *rq, json_t *task)
{
	int64_t slot = json_int_or(store_get(rq->tx, USER, "last"), "Slot", -1);
	json_t *last = store_new(rq->tx);

	for (int i = 0; i < USER_TASKS; i++) {
		slot = (slot + 1) % USER_TASKS;
		if (is_taken(rq, slot))
			continue;
		json_set_int(last, "Slot", slot);
		store_put(rq->tx, USER, "last", last);
		json_set_int(task, "_slot", slot);
		return user_of_slot(lab_number(rq->lab), (int)slot);
	}
	return USER_NOBODY;
}
