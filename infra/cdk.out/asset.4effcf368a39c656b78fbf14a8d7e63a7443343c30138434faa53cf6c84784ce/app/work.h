/*
 * work.h - CPU to burn, on threads of its own, so that the loop goes on answering.
 */
#ifndef APP_WORK_H
#define APP_WORK_H

#include "lib/base/clock.h"

#include <uv.h>

struct work;

struct work_job {
	msec burn; /* CPU time, not wall time: a throttled task takes longer */
	void (*done)(struct work_job *job, void *user); /* on the loop */
	void *user;
	int64_t burnt_us; /* what it came to */

	struct work_job *next; /* work.c's own */
};

/* Threads start with the first job. */
struct work *work_open(uv_loop_t *loop, int64_t threads, int64_t queue_max);
void work_close(struct work *work); /* waits for running jobs; done() is not called any more */

/* False: the queue is full. The job must live until done(). */
bool work_submit(struct work *work, struct work_job *job);

#endif
