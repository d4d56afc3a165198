/*
 * cgroup.c - control groups, version 1 and 2.
 *
 * Version 1 has a tree a controller and lets us nest anywhere; version 2 has one tree, and only a
 * folder whose ancestors hand the controller down (cgroup.subtree_control) and hold no process may
 * limit. Whatever is not writable is left to the caller (pace.h).
 *
 *   left out   cpuset, pids, io
 */
#include "lab/planes/task/cgroup.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERIOD_US 100000 /* of the CPU quota: the kernel's own default, and Fargate's */
#define SHARES_MIN 2
#define WORST 8192 /* of a file we read */

static const char *const part_names[CGROUP_PARTS] = {
	[CGROUP_CPU] = "cpu",
	[CGROUP_MEMORY] = "memory",
	[CGROUP_CPUACCT] = "cpuacct",
};

struct cgroup {
	char *folders[CGROUP_PARTS]; /* NULL: not ours to use; v2: all the same text */
	bool unified;		     /* version 2 */
	struct keeper *keeper;
};

struct cgroup_child {
	const struct cgroup *parent;
	char *folders[CGROUP_PARTS];
	char *entries[CGROUP_PARTS + 1];
	size_t nentries;
};

static bool write_file(const char *folder, const char *name, const char *text)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", folder, name);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool write_number(const char *folder, const char *name, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	return write_file(folder, name, text);
}

/* "" when it cannot be read. */
static void read_file(const char *folder, const char *name, char text[WORST])
{
	AUTO_FREE char *path = mem_fmt("%s/%s", folder, name);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, WORST - 1);

	text[got < 0 ? 0 : got] = '\0';
}

/* The number behind "word " at the beginning of a line; 0 if there is none. */
static int64_t number_of(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, len) == 0 && line[len] == ' ')
			return strtoll(line + len, NULL, 10);
	}
	return 0;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, ", \n"), at += strspn(at, ", \n")) {
		if (strncmp(at, word, len) == 0 && strchr(", \n", at[len]))
			return true;
	}
	return false;
}

/* Where a controller (v2: "") is mounted, and which part of its tree that shows. */
static bool find_mount(const char *controller, char ret_point[PATH_MAX], char ret_root[PATH_MAX])
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[PATH_MAX * 2 + 256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *rest = strstr(line, " - ");
		char type[32], options[512];

		if (!rest || sscanf(rest, " - %31s %*s %511s", type, options) != 2)
			continue;
		if (*controller ? strcmp(type, "cgroup") != 0 || !has_word(options, controller)
				: strcmp(type, "cgroup2") != 0)
			continue;
		found = sscanf(line, "%*s %*s %*s %4095s %4095s", ret_root, ret_point) == 2;
	}
	if (file)
		fclose(file);
	return found;
}

/* The path that /proc/self/cgroup has for a controller (v2: ""). */
static bool find_own(const char *controller, char ret_path[PATH_MAX])
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		names++;
		path[strcspn(path, "\n")] = '\0';
		if (*controller ? !has_word(names, controller) : *names != '\0')
			continue;
		snprintf(ret_path, PATH_MAX, "%s", path);
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

/* Our own group's folder, owned by the caller; the mount's top when a container hides the rest. */
static char *own_folder(const char *controller, size_t *ret_top)
{
	char point[PATH_MAX], root[PATH_MAX], own[PATH_MAX];
	const char *below;
	char *folder;

	if (!find_mount(controller, point, root) || !find_own(controller, own))
		return NULL;
	below = own;
	if (strcmp(root, "/") != 0 && strncmp(own, root, strlen(root)) == 0)
		below += strlen(root);
	*ret_top = strlen(point);
	folder = mem_fmt("%s%s", point, strcmp(below, "/") == 0 ? "" : below);
	if (access(folder, F_OK) < 0)
		folder[*ret_top] = '\0';
	return folder;
}

static char *make_folder(const struct cgroup *cgroup, const char *parent, const char *name)
{
	char *folder = mem_fmt("%s/%s", parent, name);

	if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
		free(folder);
		return NULL;
	}
	if (cgroup->keeper)
		keeper_folder(cgroup->keeper, folder);
	return folder;
}

static void open_v1(struct cgroup *cgroup, const char *name)
{
	for (int part = 0; part < CGROUP_PARTS; part++) {
		size_t top;
		AUTO_FREE char *own = own_folder(part_names[part], &top);

		if (own)
			cgroup->folders[part] = make_folder(cgroup, own, name);
	}
}

/* The nearest ancestor that hands both controllers down. */
static void open_v2(struct cgroup *cgroup, const char *name)
{
	size_t top = 0;
	AUTO_FREE char *own = own_folder("", &top);
	char *folder;

	while (own) {
		char given[WORST];
		char *slash;

		read_file(own, "cgroup.subtree_control", given);
		if (has_word(given, "cpu") && has_word(given, "memory"))
			break;
		slash = strlen(own) > top ? strrchr(own, '/') : NULL;
		if (!slash)
			return;
		*slash = '\0';
	}
	if (!own)
		return;
	/* An ordinary user may move processes only below a folder that is his. */
	if (geteuid() != 0) {
		AUTO_FREE char *procs = mem_fmt("%s/cgroup.procs", own);

		if (access(procs, W_OK) < 0)
			return;
	}
	folder = make_folder(cgroup, own, name);
	if (!folder || !write_file(folder, "cgroup.subtree_control", "+cpu +memory")) {
		if (folder)
			rmdir(folder);
		free(folder);
		return;
	}
	cgroup->unified = true;
	for (int part = 0; part < CGROUP_PARTS; part++)
		cgroup->folders[part] = mem_strdup(folder);
	free(folder);
}

struct cgroup *cgroup_open(const char *name, struct keeper *keeper)
{
	struct cgroup *cgroup = mem_new(struct cgroup);

	cgroup->keeper = keeper;
	open_v1(cgroup, name);
	if (!cgroup->folders[CGROUP_CPU] && !cgroup->folders[CGROUP_MEMORY])
		open_v2(cgroup, name);
	if (!cgroup->folders[CGROUP_CPU] && !cgroup->folders[CGROUP_MEMORY]) {
		cgroup_close(cgroup);
		return NULL;
	}
	return cgroup;
}

static void remove_folders(char *folders[CGROUP_PARTS])
{
	for (int part = 0; part < CGROUP_PARTS; part++) {
		if (folders[part])
			rmdir(folders[part]); /* what still has processes is the keeper's */
		free(folders[part]);
	}
}

void cgroup_close(struct cgroup *cgroup)
{
	if (!cgroup)
		return;
	remove_folders(cgroup->folders);
	free(cgroup);
}

bool cgroup_has(const struct cgroup *cgroup, enum cgroup_part part)
{
	return cgroup && cgroup->folders[part];
}

static bool limit_cpu(const struct cgroup *cgroup, const char *folder, int64_t units)
{
	int64_t quota = units * PERIOD_US / 1024;
	char text[64];

	if (units <= 0)
		return true;
	if (cgroup->unified) {
		snprintf(text, sizeof(text), "%lld %d", (long long)quota, PERIOD_US);
		return write_file(folder, "cpu.max", text);
	}
	return write_number(folder, "cpu.cfs_period_us", PERIOD_US) &&
	       write_number(folder, "cpu.cfs_quota_us", quota);
}

static bool limit_memory(const struct cgroup *cgroup, const char *folder, int64_t memory)
{
	if (memory <= 0)
		return true;
	if (cgroup->unified) {
		/* Fargate has no swap to escape to; a kernel may have no such file. */
		write_file(folder, "memory.swap.max", "0");
		return write_number(folder, "memory.max", memory);
	}
	if (!write_number(folder, "memory.limit_in_bytes", memory))
		return false;
	write_number(folder, "memory.memsw.limit_in_bytes", memory);
	return true;
}

bool cgroup_limit(struct cgroup *cgroup, int64_t cpu_units, int64_t memory)
{
	const char *cpu = cgroup->folders[CGROUP_CPU];
	const char *ram = cgroup->folders[CGROUP_MEMORY];

	return (!cpu || limit_cpu(cgroup, cpu, cpu_units)) &&
	       (!ram || limit_memory(cgroup, ram, memory));
}

static void weigh_cpu(const struct cgroup *cgroup, const char *folder, int64_t units)
{
	if (cgroup->unified) {
		/* As systemd maps shares 2 … 262144 to weights 1 … 10000. */
		int64_t weight = 1 + (units - SHARES_MIN) * 9999 / 262142;

		write_number(folder, "cpu.weight", units < SHARES_MIN ? 1 : weight);
	} else {
		write_number(folder, "cpu.shares", units < SHARES_MIN ? SHARES_MIN : units);
	}
}

struct cgroup_child *cgroup_add(struct cgroup *cgroup, int index, int64_t cpu_units, int64_t memory)
{
	struct cgroup_child *child = mem_new(struct cgroup_child);
	char name[16];

	child->parent = cgroup;
	snprintf(name, sizeof(name), "c%d", index);
	for (int part = 0; part < CGROUP_PARTS; part++) {
		char *folder;

		if (!cgroup->folders[part])
			continue;
		folder = make_folder(cgroup, cgroup->folders[part], name);
		child->folders[part] = folder;
		if (folder && (part == 0 || !cgroup->unified))
			child->entries[child->nentries++] = mem_fmt("%s/cgroup.procs", folder);
	}
	if (child->folders[CGROUP_CPU])
		weigh_cpu(cgroup, child->folders[CGROUP_CPU], cpu_units);
	if (child->folders[CGROUP_MEMORY])
		limit_memory(cgroup, child->folders[CGROUP_MEMORY], memory);
	return child;
}

void cgroup_child_close(struct cgroup_child *child)
{
	if (!child)
		return;
	remove_folders(child->folders);
	for (size_t i = 0; i < child->nentries; i++)
		free(child->entries[i]);
	free(child);
}

const char *const *cgroup_entries(const struct cgroup_child *child)
{
	return (const char *const *)child->entries;
}

void cgroup_signal(const struct cgroup_child *child, int signal)
{
	FILE *file = child->nentries ? fopen(child->entries[0], "re") : NULL;
	char line[32];

	while (file && fgets(line, sizeof(line), file)) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 1)
			kill(pid, signal);
	}
	if (file)
		fclose(file);
}

int64_t cgroup_oom_kills(const struct cgroup_child *child)
{
	char text[WORST];

	if (!child->folders[CGROUP_MEMORY])
		return 0;
	read_file(child->folders[CGROUP_MEMORY],
		  child->parent->unified ? "memory.events" : "memory.oom_control", text);
	return number_of(text, "oom_kill");
}

int64_t cgroup_cpu_us(const struct cgroup_child *child)
{
	char text[WORST];

	if (!child->folders[CGROUP_CPUACCT])
		return 0;
	read_file(child->folders[CGROUP_CPUACCT],
		  child->parent->unified ? "cpu.stat" : "cpuacct.usage", text);
	return child->parent->unified ? number_of(text, "usage_usec")
				      : strtoll(text, NULL, 10) / 1000;
}

int64_t cgroup_memory(const struct cgroup_child *child)
{
	char text[WORST];

	if (!child->folders[CGROUP_MEMORY])
		return 0;
	read_file(child->folders[CGROUP_MEMORY],
		  child->parent->unified ? "memory.current" : "memory.usage_in_bytes", text);
	return strtoll(text, NULL, 10);
}
