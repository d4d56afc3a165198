/*
 * task.h - a task: its containers, from the first start to the last end.
 */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include "lab/wire/lab_clock.h"
#include "lab/planes/task/container.h"

#define TASK_CONTAINERS_MAX 10 /* of a task definition, as ECS has it */

enum task_status { TASK_PENDING, TASK_RUNNING, TASK_STOPPING, TASK_STOPPED };

struct metadata;

struct task {
	uv_loop_t *loop;
	struct plane *plane;
	struct keeper *keeper;
	struct limits *limits;	   /* these three: NULL before the first desired state */
	struct metadata *metadata; /* … */
	json_t *desired;	   /* … as first told; credentials and stop as last told */
	struct container *containers[TASK_CONTAINERS_MAX];
	size_t ncontainers;
	enum task_status status;
	const char *stop_code; /* "EssentialContainerExited", …; NULL: not stopped, or not by us */
	char *stopped_reason;
	lab_ms created, started;
	real_ms renew;	/* when to ask for new credentials; ms 0: it has none */
	bool dismissed; /* no longer wanted: the plane ends with the task */
	bool advancing; /* task_advance() is on the stack: transitions are taken up there */
	bool changed;	/* … and one came */
	int clock;	/* memfd with the lab clock: "real lab speed", LAB_CLOCK_TEXT bytes */
	struct lab_clock told;
	uv_signal_t child;
	uv_timer_t second;
	char *folder; /* the state folder, absolute */
};

const char *task_status_text(const struct task *task);

#endif
