/*
 * task_limits.h - a task gets the CPU and the memory it paid for, and no more.
 *
 * By cgroup where we may make one (v1 or v2); else CPU by stopping and continuing the task's
 * processes so that they run their share of each moment, and memory by looking at the resident size
 * ten times a second. Never by RLIMIT_AS, which breaks programs that reserve more than they use.
 */
#ifndef TASK_LIMITS_H
#define TASK_LIMITS_H

#include "lab/planes/task/keeper.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct limits;
struct limit_group; /* of one container */

struct limits_options {
	uv_loop_t *loop;
	struct keeper *keeper; /* removes the cgroups at the end; may be NULL */
	const char *task;      /* id: names the cgroup */
	int64_t cpu;	       /* units, 1024 a CPU; 0: no limit */
	int64_t memory;	       /* bytes; 0: no limit */
	bool plain;	       /* without cgroups, even where we may */
};

#define LIMIT_GROUPS_MAX 16

int limits_open(const struct limits_options *options, struct limits **ret_limits);
void limits_close(struct limits *limits); /* its processes must be gone; NULL is fine */
const char *limits_means(const struct limits *limits); /* "cgroup", "stop and continue", "both" */

/* cpu (units) is a weight among the containers; memory (bytes) a limit of its own; 0: none. */
struct limit_group *limits_add(struct limits *limits, int64_t cpu, int64_t memory);

/* cgroup.procs files a new process must write itself into; NULL-terminated, or NULL. */
const char *const *limit_group_entries(const struct limit_group *group);
/* A session of the container's began and ended: the container itself, a health check. */
void limit_group_started(struct limit_group *group, pid_t leader);
void limit_group_ended(struct limit_group *group, pid_t leader);
/* Sends to everything in it, however it got there. */
void limit_group_signal(struct limit_group *group, int signal);

/* Was something of it killed because of memory since the last time we asked? */
bool limit_group_out_of_memory(struct limit_group *group);

struct limit_usage {
	int64_t cpu_us;
	int64_t memory, memory_max, memory_limit; /* bytes */
};
void limit_group_usage(struct limit_group *group, struct limit_usage *ret_usage);

#endif
