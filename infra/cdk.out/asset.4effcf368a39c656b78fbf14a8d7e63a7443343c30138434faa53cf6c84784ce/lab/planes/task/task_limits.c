/*
 * task_limits.c - a task gets the CPU and the memory it paid for.
 *
 * What the kernel does not do for us (no cgroup, or not both controllers) a timer does: each turn it
 * adds up what the task's processes used and stops them all while they are over their share.
 */
#include "lab/planes/task/task_limits.h"
#include "lab/planes/task/cgroup.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURN_BUSY 25  /* ms between two looks while CPU is short, … */
#define TURN_IDLE 100 /* … and else; memory is looked at this often */
#define SAVED_MAX 100 /* ms of unused share that may be used at once */
#define PIDS_MAX 128  /* of a container; more than that run unpaced */
#define CHILDREN_MAX 4096

struct limit_group {
	struct limits *limits;
	struct cgroup_child *cgroup; /* or NULL */
	int64_t memory_limit;
	int64_t memory, memory_max; /* bytes, as last seen */
	pid_t leaders[LIMIT_GROUPS_MAX];
	struct {
		pid_t pid;
		int64_t cpu_us;
	} seen[PIDS_MAX]; /* by the timer */
	size_t nseen;
	int64_t cpu_us; /* without a cgroup: what was used, ended processes too */
	bool out_of_memory;
	int64_t oom_kills; /* of the cgroup, as last asked */
};

struct limits {
	uv_timer_t timer;
	struct cgroup *cgroup;
	struct limit_group *groups[LIMIT_GROUPS_MAX];
	size_t ngroups;
	int64_t cpu, memory;
	bool pace_cpu, watch_memory; /* ours to do */
	bool stopped;		     /* SIGSTOP is out */
	int64_t saved_us;	     /* share not used yet; below 0: in debt */
	int64_t looked_us;	     /* monotonic */
	int64_t memory_looked_us;
};

static void signal_all(struct limits *limits, int signal)
{
	for (size_t i = 0; i < limits->ngroups; i++)
		limit_group_signal(limits->groups[i], signal);
}

/* A container's processes as they are now: leaders and all that descends from them. */
struct processes {
	pid_t pids[PIDS_MAX];
	size_t count;
};

static void add_process(struct processes *found, pid_t pid)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->pids[i] == pid)
			return;
	}
	if (found->count < PIDS_MAX)
		found->pids[found->count++] = pid;
}

/* Children of other threads than the first are not seen. */
static void add_children(struct processes *found, pid_t pid)
{
	char path[64];
	char text[CHILDREN_MAX];
	FILE *file;
	size_t got;
	char *end;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	for (const char *at = text; *at; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at || child <= 1)
			break;
		add_process(found, (pid_t)child);
	}
}

static void find_processes(const struct limit_group *group, struct processes *ret_found)
{
	ret_found->count = 0;
	for (size_t i = 0; i < LIMIT_GROUPS_MAX; i++) {
		if (group->leaders[i])
			add_process(ret_found, group->leaders[i]);
	}
	for (size_t i = 0; i < ret_found->count; i++)
		add_children(ret_found, ret_found->pids[i]);
}

static void add_seen(struct limit_group *group, pid_t pid)
{
	for (size_t i = 0; i < group->nseen; i++) {
		if (group->seen[i].pid == pid)
			return;
	}
	/* All that it used so far will count: it began after our last look. */
	if (group->nseen < PIDS_MAX) {
		group->seen[group->nseen].pid = pid;
		group->seen[group->nseen++].cpu_us = 0;
	}
}

static void look(struct limit_group *group)
{
	struct processes now;

	find_processes(group, &now);
	for (size_t i = 0; i < now.count; i++)
		add_seen(group, now.pids[i]);
}

/* What the group used since the last look; forgets processes that ended. */
static int64_t count_cpu(struct limit_group *group)
{
	int64_t total = 0;

	for (size_t i = 0; i < group->nseen;) {
		int64_t used = clock_process_cpu_us(group->seen[i].pid);

		if (used < 0) {
			group->seen[i] = group->seen[--group->nseen];
			continue;
		}
		total += used - group->seen[i].cpu_us;
		group->seen[i++].cpu_us = used;
	}
	group->cpu_us += total;
	return total;
}

static int64_t resident(pid_t pid)
{
	char path[64];
	long pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int64_t count_memory(struct limit_group *group)
{
	group->memory = 0;
	for (size_t i = 0; i < group->nseen; i++)
		group->memory += resident(group->seen[i].pid);
	if (group->memory > group->memory_max)
		group->memory_max = group->memory;
	return group->memory;
}

static void kill_for_memory(struct limit_group *group)
{
	group->out_of_memory = true;
	limit_group_signal(group, SIGKILL);
}

/* As the kernel would: the container over its own limit, or the largest of a task over its. */
static void watch_memory(struct limits *limits)
{
	struct limit_group *largest = NULL;
	int64_t total = 0;

	for (size_t i = 0; i < limits->ngroups; i++) {
		struct limit_group *group = limits->groups[i];
		int64_t used = count_memory(group);

		total += used;
		if (!largest || used > largest->memory)
			largest = group;
		if (group->memory_limit && used > group->memory_limit)
			kill_for_memory(group);
	}
	if (limits->memory && total > limits->memory && !largest->out_of_memory)
		kill_for_memory(largest);
}

static void pace(struct limits *limits, int64_t passed_us)
{
	int64_t share = limits->cpu * passed_us / 1024;
	int64_t most = limits->cpu * SAVED_MAX * 1000 / 1024;
	int64_t used = 0;

	for (size_t i = 0; i < limits->ngroups; i++)
		used += count_cpu(limits->groups[i]);
	limits->saved_us += share - used;
	if (limits->saved_us > most)
		limits->saved_us = most;

	if (limits->saved_us < 0 && !limits->stopped) {
		limits->stopped = true;
		signal_all(limits, SIGSTOP);
	} else if (limits->saved_us > 0 && limits->stopped) {
		limits->stopped = false;
		signal_all(limits, SIGCONT);
	}
}

static void on_turn(uv_timer_t *timer)
{
	struct limits *limits = timer->data;
	int64_t now = clock_monotonic_us();
	int64_t most = limits->cpu * SAVED_MAX * 1000 / 1024;

	for (size_t i = 0; i < limits->ngroups; i++)
		look(limits->groups[i]);
	if (limits->pace_cpu)
		pace(limits, now - limits->looked_us);
	limits->looked_us = now;
	if (limits->watch_memory && now - limits->memory_looked_us >= TURN_IDLE * 1000 / 2) {
		limits->memory_looked_us = now;
		watch_memory(limits);
	}
	/* Who leaves most of his share need not be looked at so often. */
	uv_timer_start(timer, on_turn,
		       limits->pace_cpu && limits->saved_us < most / 2 ? TURN_BUSY : TURN_IDLE, 0);
}

static void begin_turns(struct limits *limits)
{
	if (uv_is_active((uv_handle_t *)&limits->timer))
		return;
	limits->looked_us = clock_monotonic_us();
	uv_timer_start(&limits->timer, on_turn, TURN_BUSY, 0);
}

int limits_open(const struct limits_options *options, struct limits **ret_limits)
{
	struct limits *limits = mem_new(struct limits);
	char name[64];

	snprintf(name, sizeof(name), "golden-%.40s", options->task);
	limits->cpu = options->cpu;
	limits->memory = options->memory;
	if (!options->plain)
		limits->cgroup = cgroup_open(name, options->keeper);
	if (limits->cgroup && !cgroup_limit(limits->cgroup, limits->cpu, limits->memory)) {
		cgroup_close(limits->cgroup);
		limits->cgroup = NULL;
	}
	limits->pace_cpu = limits->cpu > 0 && !cgroup_has(limits->cgroup, CGROUP_CPU);
	limits->watch_memory = !cgroup_has(limits->cgroup, CGROUP_MEMORY);
	uv_timer_init(options->loop, &limits->timer);
	limits->timer.data = limits;
	*ret_limits = limits;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct limits *limits = handle->data;

	for (size_t i = 0; i < limits->ngroups; i++) {
		cgroup_child_close(limits->groups[i]->cgroup);
		free(limits->groups[i]);
	}
	cgroup_close(limits->cgroup);
	free(limits);
}

void limits_close(struct limits *limits)
{
	if (limits)
		uv_close((uv_handle_t *)&limits->timer, on_closed);
}

const char *limits_means(const struct limits *limits)
{
	if (!limits->cgroup)
		return "stop and continue";
	return limits->pace_cpu || limits->watch_memory ? "both" : "cgroup";
}

struct limit_group *limits_add(struct limits *limits, int64_t cpu, int64_t memory)
{
	struct limit_group *group;

	if (limits->ngroups == LIMIT_GROUPS_MAX)
		return NULL;
	group = mem_new(struct limit_group);
	group->limits = limits;
	group->memory_limit = memory;
	if (limits->cgroup)
		group->cgroup = cgroup_add(limits->cgroup, (int)limits->ngroups, cpu, memory);
	limits->groups[limits->ngroups++] = group;
	return group;
}

const char *const *limit_group_entries(const struct limit_group *group)
{
	return group->cgroup ? cgroup_entries(group->cgroup) : NULL;
}

static void swap_leader(struct limit_group *group, pid_t old, pid_t leader)
{
	for (size_t i = 0; i < LIMIT_GROUPS_MAX; i++) {
		if (group->leaders[i] == old) {
			group->leaders[i] = leader;
			return;
		}
	}
}

void limit_group_started(struct limit_group *group, pid_t leader)
{
	swap_leader(group, 0, leader);
	if (group->limits->pace_cpu || group->limits->watch_memory)
		begin_turns(group->limits);
}

void limit_group_ended(struct limit_group *group, pid_t leader)
{
	swap_leader(group, leader, 0);
}

void limit_group_signal(struct limit_group *group, int signal)
{
	struct processes now;

	for (size_t i = 0; i < LIMIT_GROUPS_MAX; i++) {
		if (group->leaders[i])
			kill(-group->leaders[i], signal);
	}
	if (group->cgroup) {
		cgroup_signal(group->cgroup, signal);
		return;
	}
	/* What began a session of its own, as long as its parents live. */
	find_processes(group, &now);
	for (size_t i = 0; i < now.count; i++)
		kill(now.pids[i], signal);
}

bool limit_group_out_of_memory(struct limit_group *group)
{
	bool out = group->out_of_memory;
	int64_t kills = group->cgroup ? cgroup_oom_kills(group->cgroup) : 0;

	out = out || kills > group->oom_kills;
	group->oom_kills = kills;
	group->out_of_memory = false;
	return out;
}

void limit_group_usage(struct limit_group *group, struct limit_usage *ret_usage)
{
	const struct limits *limits = group->limits;
	bool counted = cgroup_has(limits->cgroup, CGROUP_MEMORY);

	if (!limits->watch_memory && !counted)
		count_memory(group);
	if (counted) {
		group->memory = cgroup_memory(group->cgroup);
		if (group->memory > group->memory_max)
			group->memory_max = group->memory;
	}
	ret_usage->cpu_us = cgroup_has(limits->cgroup, CGROUP_CPUACCT)
				    ? cgroup_cpu_us(group->cgroup)
				    : group->cpu_us;
	ret_usage->memory = group->memory;
	ret_usage->memory_max = group->memory_max;
	ret_usage->memory_limit = group->memory_limit ? group->memory_limit : limits->memory;
}
