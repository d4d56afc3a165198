/*
 * scheduler_test.c - the scheduler's decisions, a table of situations; no documents, no clock.
 */
#include "lab/services/ecs/scheduler.h"

#include "lib/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define MAX_TASKS 16

/*
 * A task a letter, oldest first. Of the current deployment: s starting, w running but not known to be
 * healthy, H healthy, x unhealthy. Old ones: S W O X. In the answer a stopped task is a '-'.
 */
struct situation {
	const char *tasks;
	int desired, minimum, maximum;
	int start, replaced;
	const char *after;
	bool steady;
	bool held_back;
};

static struct sched_task task_of(char letter, int64_t created)
{
	return (struct sched_task){
		.current = !strchr("SWOX", letter),
		.running = !strchr("sS", letter),
		.health = strchr("HO", letter)	 ? SCHED_HEALTHY
			  : strchr("xX", letter) ? SCHED_UNHEALTHY
						 : SCHED_WAIT,
		.created = {created},
	};
}

static void check(const struct situation *situation)
{
	struct sched_task tasks[MAX_TASKS];
	char after[MAX_TASKS + 1] = "";
	struct sched_pool pool = {
		.desired = situation->desired,
		.minimum_percent = situation->minimum,
		.maximum_percent = situation->maximum,
		.held_back = situation->held_back,
		.tasks = tasks,
		.ntasks = strlen(situation->tasks),
	};
	struct sched_plan plan;

	for (size_t i = 0; i < pool.ntasks; i++)
		tasks[i] = task_of(situation->tasks[i], (int64_t)i);
	sched_decide(&pool, &plan);
	for (size_t i = 0; i < pool.ntasks; i++)
		after[i] = tasks[i].stop == SCHED_KEEP ? situation->tasks[i] : '-';

	if (plan.start != situation->start || plan.replaced != situation->replaced ||
	    plan.steady != situation->steady || strcmp(after, situation->after) != 0)
		fail_msg("\"%s\" of %d: started %d (%d replaced), \"%s\", %s", situation->tasks,
			 situation->desired, plan.start, plan.replaced, after,
			 plan.steady ? "steady" : "not steady");
}

static void check_all(const struct situation *situations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&situations[i]);
}

static void it_starts_what_is_missing_and_stops_what_is_too_much(void **state)
{
	static const struct situation situations[] = {
		{"", 2, 100, 200, 2, 0, "", false, false},
		{"s", 2, 100, 200, 1, 0, "s", false, false},
		{"ss", 2, 100, 200, 0, 0, "ss", false, false},
		{"wH", 2, 100, 200, 0, 0, "wH", false, false},
		{"HH", 2, 100, 200, 0, 0, "HH", true, false},
		{"", 0, 100, 200, 0, 0, "", true, false},
		/* Scaling in takes those that serve least, then the newest. */
		{"HHHH", 2, 100, 200, 0, 0, "HH--", false, false},
		{"HsH", 2, 100, 200, 0, 0, "H-H", false, false},
		{"wHH", 2, 100, 200, 0, 0, "-HH", false, false},
		{"HsxW", 0, 100, 200, 0, 0, "----", false, false},
	};

	check_all(situations, array_len(situations));
}

static void scaling_in_keeps_the_zones_even(void **state)
{
	struct sched_task tasks[4];
	struct sched_pool pool = {2, 100, 200, false, tasks, array_len(tasks)};
	static const int zones[] = {1, 2, 2, 2};
	struct sched_plan plan;

	for (size_t i = 0; i < array_len(tasks); i++) {
		tasks[i] = task_of('H', (int64_t)i);
		tasks[i].zone = zones[array_len(tasks) - 1 - i]; /* the lonely one is the newest */
	}
	sched_decide(&pool, &plan);
	assert_int_equal(tasks[3].stop, SCHED_KEEP);
	assert_int_equal(tasks[0].stop, SCHED_KEEP);
	assert_int_equal(tasks[1].stop, SCHED_STOP_SCALE);
	assert_int_equal(tasks[2].stop, SCHED_STOP_SCALE);
}

static void an_unhealthy_task_is_replaced_start_first(void **state)
{
	static const struct situation situations[] = {
		{"xH", 2, 100, 200, 1, 1, "xH", false, false},
		{"xHs", 2, 100, 200, 0, 0, "xHs", false, false},
		{"xHw", 2, 100, 200, 0, 0, "xHw", false, false},
		{"xHH", 2, 100, 200, 0, 0, "-HH", false, false},
		{"xx", 2, 100, 200, 2, 2, "xx", false, false},
		{"xxHs", 2, 100, 200, 0, 0, "-xHs", false, false},
		{"xxHH", 2, 100, 200, 0, 0, "--HH", false, false},
		/* It got well before its replacement did: the replacement is surplus. */
		{"HHs", 2, 100, 200, 0, 0, "HH-", false, false},
		{"HHH", 2, 100, 200, 0, 0, "HH-", false, false},
	};

	check_all(situations, array_len(situations));
}

static void without_room_one_unhealthy_task_makes_place(void **state)
{
	static const struct situation situations[] = {
		{"x", 1, 0, 100, 0, 0, "-", false, false},
		{"xx", 2, 50, 100, 0, 0, "-x", false, false},
		{"xxxx", 2, 100, 200, 0, 0, "--xx", false, false},
		{"xxx", 2, 100, 200, 1, 1, "-xx", false, false},
		{"xxxs", 2, 100, 200, 0, 0, "-xxs", false, false},
		{"xxss", 2, 100, 200, 0, 0, "xxss", false, false},
		{"xx", 2, 50, 100, 0, 0, "xx", false, true},
	};

	check_all(situations, array_len(situations));
}

static void a_rolling_deployment_keeps_to_its_percentages(void **state)
{
	static const struct situation situations[] = {
		/* 100 to 200: the new ones first. */
		{"OO", 2, 100, 200, 2, 0, "OO", false, false},
		{"OOss", 2, 100, 200, 0, 0, "OOss", false, false},
		{"OOHw", 2, 100, 200, 0, 0, "-OHw", false, false},
		{"OHH", 2, 100, 200, 0, 0, "-HH", false, false},
		/* 50 to 100: an old one makes place. */
		{"OO", 2, 50, 100, 0, 0, "-O", false, false},
		{"O", 2, 50, 100, 1, 0, "O", false, false},
		{"OH", 2, 50, 100, 0, 0, "-H", false, false},
		{"H", 2, 50, 100, 1, 0, "H", false, false},
		/* 100 to 150 of four: two at a time. */
		{"OOOO", 4, 100, 150, 2, 0, "OOOO", false, false},
		/* The old ones are sick: they go when new ones stand. */
		{"XX", 2, 100, 200, 2, 0, "XX", false, false},
		{"XXHs", 2, 100, 200, 0, 0, "-XHs", false, false},
		/* The new ones never get well: the old ones stay. */
		{"OOxx", 2, 100, 200, 0, 0, "OO--", false, false},
	};

	check_all(situations, array_len(situations));
}

static void a_service_that_cannot_start_tasks_waits(void **state)
{
	static const struct situation held = {"H", 2, 100, 200, 0, 0, "H", false, true};

	check(&held);
	assert_int_equal(sched_backoff(1), 0);
	assert_int_equal(sched_backoff(2), 10 * SECOND);
	assert_int_equal(sched_backoff(3), 20 * SECOND);
	assert_int_equal(sched_backoff(8), 640 * SECOND);
	assert_int_equal(sched_backoff(9), 15 * MINUTE);
	assert_int_equal(sched_backoff(1000000), 15 * MINUTE);
}

static void percentages_round_as_ecs_rounds(void **state)
{
	assert_int_equal(sched_minimum(3, 50), 2);
	assert_int_equal(sched_minimum(0, 100), 0);
	assert_int_equal(sched_maximum(3, 150), 4);
	assert_int_equal(sched_maximum(1, 199), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_what_is_missing_and_stops_what_is_too_much),
		cmocka_unit_test(scaling_in_keeps_the_zones_even),
		cmocka_unit_test(an_unhealthy_task_is_replaced_start_first),
		cmocka_unit_test(without_room_one_unhealthy_task_makes_place),
		cmocka_unit_test(a_rolling_deployment_keeps_to_its_percentages),
		cmocka_unit_test(a_service_that_cannot_start_tasks_waits),
		cmocka_unit_test(percentages_round_as_ecs_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
