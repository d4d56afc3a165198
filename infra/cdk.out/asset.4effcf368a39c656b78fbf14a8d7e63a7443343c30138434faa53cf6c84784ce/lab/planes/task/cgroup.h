/*
 * cgroup.h - control groups, version 1 and 2: a folder a task, in it one a container.
 */
#ifndef TASK_CGROUP_H
#define TASK_CGROUP_H

#include "lab/planes/task/keeper.h"

#include <stdbool.h>
#include <stdint.h>

struct cgroup;

enum cgroup_part { CGROUP_CPU, CGROUP_MEMORY, CGROUP_CPUACCT, CGROUP_PARTS };

/* As many parts as we may: cgroup_has() tells. NULL when it is none. */
struct cgroup *cgroup_open(const char *name, struct keeper *keeper);
void cgroup_close(struct cgroup *cgroup); /* removes the folders; NULL is fine */
bool cgroup_has(const struct cgroup *cgroup, enum cgroup_part part);

/* Limits of the whole. 0: no limit. False if the kernel did not take it. */
bool cgroup_limit(struct cgroup *cgroup, int64_t cpu_units, int64_t memory);

struct cgroup_child;
struct cgroup_child *cgroup_add(struct cgroup *cgroup, int index, int64_t cpu_units,
				int64_t memory);
void cgroup_child_close(struct cgroup_child *child);
const char *const *cgroup_entries(const struct cgroup_child *child); /* cgroup.procs files */
void cgroup_signal(const struct cgroup_child *child, int signal);
int64_t cgroup_oom_kills(const struct cgroup_child *child);
int64_t cgroup_cpu_us(const struct cgroup_child *child);
int64_t cgroup_memory(const struct cgroup_child *child); /* bytes */

#endif
