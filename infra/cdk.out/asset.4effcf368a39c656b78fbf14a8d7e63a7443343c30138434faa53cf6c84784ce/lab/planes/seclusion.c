/*
 * seclusion.c - user and mount namespaces for what a plane starts.
 *
 *   left out   a root file system of its own, a network and process ids of its own
 *
 * A user namespace that maps nothing but ourselves changes no right of the process to files; but to
 * read another's /proc/PID/environ the kernel wants, besides the same user, the same namespace or power
 * over it (ptrace(2), "Ptrace access mode checking"), which only its parent has: control, the planes.
 */
#include "lab/planes/seclusion.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* We are in the new namespace who we were outside. */
static int map_ourselves(uid_t uid, gid_t gid)
{
	char users[64], groups[64];
	int err;

	snprintf(users, sizeof(users), "%u %u 1", uid, uid);
	snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
	err = write_proc("/proc/self/setgroups", "deny");
	if (err == 0)
		err = write_proc("/proc/self/uid_map", users);
	return err < 0 ? err : write_proc("/proc/self/gid_map", groups);
}

/* As a container's: https://docs.docker.com/reference/cli/docker/container/run/#read-only */
static int freeze_files(void)
{
	struct mount_attr frozen = {.attr_set = MOUNT_ATTR_RDONLY};

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount_setattr(-1, "/", AT_RECURSIVE, &frozen, sizeof(frozen)) < 0)
		return -errno;
	if (mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=1777,size=64m") < 0 &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

int seclude(unsigned what)
{
	bool root = geteuid() == 0;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int flags = (root ? 0 : CLONE_NEWUSER) | (what & SECLUDE_FILES ? CLONE_NEWNS : 0);
	int err = 0;

	if (!what)
		return 0;
	if (unshare(flags) < 0)
		return -errno;
	if (!root)
		err = map_ourselves(uid, gid);
	if (err == 0 && (what & SECLUDE_FILES))
		err = freeze_files();
	return err;
}

static bool is_granted(unsigned what)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(seclude(what) == 0 ? 0 : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

unsigned seclusion_granted(void)
{
	static bool known;
	static unsigned granted;

	if (!known && is_granted(SECLUDE_MEMORY))
		granted |= SECLUDE_MEMORY;
	if (!known && is_granted(SECLUDE_FILES))
		granted |= SECLUDE_FILES;
	known = true;
	return granted;
}
