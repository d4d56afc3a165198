/*
 * user.c - each task runs as a user of its own, so that none can read another's environment, where
 * its secrets are, and all it leaves behind can be found.
 *
 *   keeps      ecs/user  "last"  {"Slot"}: the one given last, so that one is free for long before it is
 *              given again
 *   left out   the container's own `user`; users where we are not root
 */
#include "lab/services/ecs/nouns.h"

#include "lab/wire/task.h"

#include <stdio.h>

#define USER "ecs/user"
#define NOBODY 65534

/* In a container of somebody's, our users may be a few of the machine's: user_namespaces(7). */
static bool is_mapped(const char *map, int64_t first, int64_t count)
{
	long long inside, outside, length;
	FILE *file = fopen(map, "re");
	bool mapped = false;

	while (file && !mapped && fscanf(file, "%lld %lld %lld", &inside, &outside, &length) == 3)
		mapped = inside <= first && first + count <= inside + length;
	if (file)
		fclose(file);
	return mapped;
}

static bool is_taken(struct request *rq, int64_t uid)
{
	const json_t *tasks = store_list(rq->tx, TASK);
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		if (json_int_or(task, "_uid", 0) == uid)
			return true;
	return false;
}

/* One that no task has, stopped ones included: of those a process may be left for a moment. */
static int64_t next_free(struct request *rq, int64_t first)
{
	int64_t slot = json_int_or(store_get(rq->tx, USER, "last"), "Slot", -1);
	json_t *last = store_new(rq->tx);

	for (int i = 0; i < TASK_USERS; i++) {
		slot = (slot + 1) % TASK_USERS;
		if (is_taken(rq, first + slot))
			continue;
		json_set_int(last, "Slot", slot);
		store_put(rq->tx, USER, "last", last);
		return first + slot;
	}
	return NOBODY;
}

int64_t task_user_take(struct request *rq, json_t *task)
{
	int64_t first = TASK_USER_FIRST + (int64_t)lab_number(rq->lab) * TASK_USERS;
	int64_t uid = NOBODY;

	if (is_mapped("/proc/self/uid_map", first, TASK_USERS) &&
	    is_mapped("/proc/self/gid_map", first, TASK_USERS))
		uid = next_free(rq, first);
	json_set_int(task, "_uid", uid);
	return uid;
}
