/*
 * health.h - a container's health check: a command run in the container's place, again and again.
 */
#ifndef TASK_HEALTH_H
#define TASK_HEALTH_H

#include "lab/planes/launch.h"
#include "lab/planes/task/task_limits.h"
#include "lib/base/json.h"

enum health_status { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct health;

struct health_options {
	uv_loop_t *loop;
	const struct lab_clock *clock;
	const json_t *check;	     /* wire/task.h: command, interval_ms, … */
	const struct launch *launch; /* the container's: place, user, environment; outlives us */
	struct arena *arena;	     /* of the container */
	const char *address;	     /* the task's: stands for localhost in the command */
	struct limit_group *limits;
	struct keeper *keeper;
	void (*changed)(void *user); /* the status did */
	void *user;
};

/* NULL when there is no check: the command is missing or NONE. */
struct health *health_open(const struct health_options *options);

void health_begin(struct health *health); /* the container runs */
void health_end(struct health *health);	  /* it stops: no more checks, none in flight */
void health_reap(struct health *health);  /* a child ended: was it ours? */
void health_look(struct health *health);  /* the lab clock was set; NULL is fine */

enum health_status health_status(const struct health *health); /* NULL: UNKNOWN */
const char *health_text(enum health_status status);	       /* "HEALTHY" */

#endif
