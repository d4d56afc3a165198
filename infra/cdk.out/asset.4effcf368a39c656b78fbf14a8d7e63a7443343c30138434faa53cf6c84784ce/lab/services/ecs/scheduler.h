/*
 * scheduler.h - how many tasks to start and which to stop: a decision, nothing else.
 *
 * A pool is what is scheduled together: a rolling service (its PRIMARY deployment's tasks are the
 * current ones, the rest is old) or one task set (all of its tasks are current). Tasks that were told
 * to stop are not in it. No documents, no clock, no calls.
 *
 * Source: ECS Developer Guide, "Service scheduler", CreateService minimumHealthyPercent and
 * maximumPercent.
 */
#ifndef ECS_SCHEDULER_H
#define ECS_SCHEDULER_H

#include "lib/base/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum sched_health {
	SCHED_WAIT,	 /* not RUNNING yet, not checked yet, or in its grace period */
	SCHED_HEALTHY,	 /* counts toward the minimum healthy percent */
	SCHED_UNHEALTHY, /* failed a check: to be replaced */
};

enum sched_stop { SCHED_KEEP, SCHED_STOP_SCALE, SCHED_STOP_UNHEALTHY };

struct sched_task {
	bool current; /* of the deployment that is wanted */
	bool running; /* RUNNING; else on its way there */
	enum sched_health health;
	lab_ms created;
	int zone;	      /* any number; the fuller zone gives first when scaling in */
	enum sched_stop stop; /* the answer */
};

struct sched_pool {
	int desired;
	int minimum_percent;
	int maximum_percent;
	bool held_back; /* starts wait: tasks kept failing to start */
	struct sched_task *tasks;
	size_t ntasks;
};

struct sched_plan {
	int start;    /* so many new tasks of the current deployment */
	int replaced; /* … of which so many replace unhealthy ones */
	bool steady;  /* as many healthy current tasks as desired, and nothing else */
};

/* Says in every task whether it stops, and in the plan what to start. */
void sched_decide(struct sched_pool *pool, struct sched_plan *ret_plan);

/* The wait after the nth task in a row that never reached RUNNING: up to 15 minutes. */
msec sched_backoff(int failures);

/* Percentages of a count, rounded as ECS does: the minimum up, the maximum down. */
int sched_minimum(int desired, int percent);
int sched_maximum(int desired, int percent);

#endif
