/*
 * plane_lock.c - what is written in run/<role>-<id>.lock: who holds it.
 */
#include "lab/wire/plane_lock.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_FIELD 22 /* proc(5), /proc/<pid>/stat */

static bool read_text(int dir, const char *path, char *text, size_t size)
{
	AUTO_FD int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	text[len < 0 ? 0 : len] = '\0';
	return len > 0;
}

/* In clock ticks since the machine's start; 0 when the process is gone or a zombie. */
static unsigned long long start_time_of(pid_t pid)
{
	AUTO_FREE char *path = mem_fmt("/proc/%d/stat", (int)pid);
	char text[1024];
	const char *at;

	/* The second field is the program's name in parentheses, and may hold anything. */
	if (!read_text(AT_FDCWD, path, text, sizeof(text)) || !(at = strrchr(text, ')')))
		return 0;
	if (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0)
		return 0;
	for (int field = 2; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

int plane_lock_write(int fd)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%d %llu\n", (int)getpid(), start_time_of(getpid()));

	if (ftruncate(fd, 0) < 0)
		return -errno;
	return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -EIO;
}

int plane_lock_holder(int dir, const char *path, pid_t *ret_pid)
{
	unsigned long long start;
	char text[64];
	char *rest;
	long pid;

	if (!read_text(dir, path, text, sizeof(text)))
		return -ESRCH;
	pid = strtol(text, &rest, 10);
	start = strtoull(rest, NULL, 10);
	if (pid <= 1 || start == 0 || start_time_of((pid_t)pid) != start)
		return -ESRCH;
	*ret_pid = (pid_t)pid;
	return 0;
}
