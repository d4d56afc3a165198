/*
 * launch.c - how a plane starts what it runs.
 *
 *   left out   a root file system of its own (the tree is looked up, not changed to), a container's
 *              own user (it runs as its task's), capabilities (nobody has any)
 */
#include "lab/planes/launch.h"
#include "lab/planes/seclusion.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX 65535 /* Fargate's nofile, soft and hard */

/* A path inside rootfs, as a descriptor: absolute links in an image mean the image's root. */
static int open_inside(const char *rootfs, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	AUTO_FD int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (root < 0)
		return -errno;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS) { /* before Linux 5.6 */
		while (*path == '/')
			path++;
		fd = openat(root, path, O_PATH | O_CLOEXEC);
	}
	return fd < 0 ? -errno : (int)fd;
}

/* The absolute path of an executable inside rootfs, or NULL and -errno. */
static const char *find_file(struct arena *arena, const char *rootfs, const char *path,
			     int *ret_err)
{
	AUTO_FD int fd = open_inside(rootfs, path);
	char link[64];
	char real[PATH_MAX];
	struct stat st;
	ssize_t len;

	if (fd < 0) {
		*ret_err = fd;
		return NULL;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		*ret_err = -EACCES;
		return NULL;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, real, sizeof(real));
	if (len <= 0 || (size_t)len == sizeof(real)) {
		*ret_err = -ENAMETOOLONG;
		return NULL;
	}
	return arena_strndup(arena, real, (size_t)len);
}

static const char *find_by_path(struct arena *arena, const char *rootfs, const char *command,
				const char *path)
{
	while (*path) {
		size_t len = strcspn(path, ":");
		const char *file =
			arena_fmt(arena, "%.*s/%s", (int)(len < PATH_MAX ? len : 0), path, command);
		int err;

		file = find_file(arena, rootfs, file, &err);
		if (file)
			return file;
		path += len + (path[len] == ':');
	}
	return NULL;
}

const char *launch_find(struct arena *arena, const char *rootfs, const char *folder,
			const char *command, const char *path, const char **ret_why)
{
	const char *found;
	const char *file = command;
	int err = 0;

	if (!strchr(command, '/')) {
		found = find_by_path(arena, rootfs, command, path);
		if (!found)
			*ret_why = arena_fmt(
				arena, "exec: \"%s\": executable file not found in $PATH", command);
		return found;
	}
	if (*command != '/')
		file = arena_fmt(arena, "%s/%s", folder ? folder : "", command);
	found = find_file(arena, rootfs, file, &err);
	if (!found && err == -ENOENT)
		*ret_why = arena_fmt(arena, "exec: \"%s\": stat %s: no such file or directory",
				     command, command);
	else if (!found)
		*ret_why = arena_fmt(arena, "exec: \"%s\": permission denied", command);
	return found;
}

/* From here to execve: the child, which may call nothing that allocates. */

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int enter_cgroups(const char *const *cgroups)
{
	for (; cgroups && *cgroups; cgroups++) {
		int fd = open(*cgroups, O_WRONLY | O_CLOEXEC);
		bool entered = fd >= 0 && write(fd, "0", 1) == 1;

		if (!entered)
			return -errno;
		close(fd);
	}
	return 0;
}

static int enter_folder(const struct launch *launch)
{
	int fd;

	if (!launch->rootfs)
		return chdir(launch->folder ? launch->folder : "/") < 0 ? -errno : 0;
	fd = open_inside(launch->rootfs, launch->folder ? launch->folder : "/");
	if (fd < 0) /* Docker makes a WorkingDir that is missing; the tree is not ours to write */
		fd = open_inside(launch->rootfs, "/");
	if (fd < 0)
		return fd;
	if (fchdir(fd) < 0)
		return -errno;
	close(fd);
	return 0;
}

/* 0 /dev/null, 1 and 2 output, 3 extra; *report moves above them. Everything else is closed. */
static int arrange_descriptors(const struct launch *launch, int *report)
{
	int high = *report;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = launch->output < 0 ? null : launch->output;
	int extra = launch->extra;

	/* First out of the way of what is to be put in place. */
	high = fcntl(high, F_DUPFD_CLOEXEC, 16);
	output = fcntl(output, F_DUPFD_CLOEXEC, 16);
	if (extra >= 0)
		extra = fcntl(extra, F_DUPFD_CLOEXEC, 16);
	if (null < 0 || high < 0 || output < 0)
		return -errno;

	*report = high;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		return -errno;
	if (extra >= 0 && dup2(extra, LAUNCH_EXTRA) < 0)
		return -errno;
	close_range(extra >= 0 ? LAUNCH_EXTRA + 1 : LAUNCH_EXTRA, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0U, 0);
	return 0;
}

static void lower_limits(void)
{
	struct rlimit none = {0, 0};
	struct rlimit files;

	setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		if (files.rlim_max > FILES_MAX)
			files.rlim_max = FILES_MAX;
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int become(const struct launch *launch)
{
	if (launch->uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(launch->gid, launch->gid, launch->gid) < 0 ||
	    setresuid(launch->uid, launch->uid, launch->uid) < 0)
		return -errno;
	return 0;
}

/* Returns only what went wrong. */
static int exec_child(const struct launch *launch, pid_t parent, int *report)
{
	int signal = launch->death_signal ? launch->death_signal : SIGKILL;
	int err;

	setsid();
	reset_signals();
	err = enter_cgroups(launch->cgroups);
	if (err == 0)
		err = seclude(launch->seclusion);
	if (err == 0)
		err = enter_folder(launch);
	if (err == 0)
		err = arrange_descriptors(launch, report);
	if (err == 0) {
		lower_limits();
		err = become(launch);
	}
	if (err < 0)
		return err;

	umask(022);
	/* After the change of user, which clears it; the parent may have died before it counts. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, signal) < 0)
		return -errno;
	if (getppid() != parent)
		return -ESRCH;
	execve(launch->program, launch->args, launch->env);
	return -errno;
}

int launch_start(const struct launch *launch, pid_t *ret_pid)
{
	pid_t parent = getpid();
	int report[2];
	int err = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		err = exec_child(launch, parent, &report[1]);
		if (write(report[1], &err, sizeof(err)) < 0)
			_exit(126);
		_exit(127);
	}
	if (pid < 0)
		err = -errno;
	close(report[1]);

	/* The pipe closes with the exec; before that it can only say why there is none. */
	while (pid > 0) {
		got = read(report[0], &err, sizeof(err));
		if (got >= 0 || errno != EINTR)
			break;
	}
	close(report[0]);
	if (err == 0)
		*ret_pid = pid;
	else if (pid > 0)
		waitpid(pid, NULL, 0);
	return err;
}

bool launch_ended(pid_t pid, int *ret_code)
{
	siginfo_t info = {0};
	int status;

	/* Its pid, and so its group's, is nobody else's until it is reaped. */
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != pid)
		return false;
	kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	*ret_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}
