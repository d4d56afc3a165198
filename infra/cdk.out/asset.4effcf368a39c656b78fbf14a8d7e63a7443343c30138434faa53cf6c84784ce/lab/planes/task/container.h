/*
 * container.h - one container of a task: started, watched, stopped.
 */
#ifndef TASK_CONTAINER_H
#define TASK_CONTAINER_H

#include "lab/planes/plane.h"
#include "lab/planes/task/health.h"
#include "lab/planes/task/output.h"

enum container_status { CONTAINER_PENDING, CONTAINER_RUNNING, CONTAINER_STOPPED };

struct container_options {
	uv_loop_t *loop;
	const struct plane *plane;
	const char *folder;    /* the state folder, absolute */
	const json_t *desired; /* of the task: wire/task.h */
	const json_t *spec;    /* in it: this container's */
	struct limits *limits;
	struct keeper *keeper;
	const char *metadata_uri; /* copied, all three; the last two may be NULL */
	const char *credentials_uri;
	const char *token;
	int clock;		     /* descriptor with the lab clock, for our own roles */
	void (*changed)(void *user); /* status or health did */
	void *user;
};

struct container {
	struct container_options options;
	const char *name;
	enum container_status status;
	pid_t pid;   /* 0: no process */
	bool exited; /* it ran and ended: exit_code says how */
	int exit_code;
	const char *reason; /* NULL, or why it stopped, as ECS says it */
	bool essential;
	bool stopping;
	lab_ms started, finished; /* ms 0: not yet */
	struct health *health;	  /* NULL: has no check */
	struct output *output;
	struct limit_group *limits;
	struct launch launch;
	struct arena *arena;
	uv_timer_t grace; /* from SIGTERM to SIGKILL */
};

/* Stays as long as its plane. */
struct container *container_open(const struct container_options *options);

/* False: it could not be started; `reason` says why and the status is STOPPED. */
bool container_start(struct container *container);

/* SIGTERM, then SIGKILL after its stop timeout. One that never started is STOPPED at once. */
void container_stop(struct container *container);
void container_reap(struct container *container); /* a child ended: was it ours? */

/* As in wire/task.h: a new object. */
json_t *container_fact(const struct container *container);
const char *container_status_text(const struct container *container);

#endif
