/*
 * process.c - a plane's process: started with nothing of ours, watched by its pidfd.
 */
#include "lab/fleet/process.h"

#include "lab/wire/plane.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEASH_FD 3
#define HIGH_FD 10 /* what is handed over waits up here until its place is free */

struct handover {
	int null;
	int log;
	int leash;
	int report;  /* exec's errno; closed by exec */
	int program; /* the file, for who can't walk to it */
};

static int above(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
}

static void default_signals(void)
{
	const struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void hand_over(const struct handover *handover)
{
	dup2(handover->null, STDIN_FILENO);
	dup2(handover->log, STDOUT_FILENO);
	dup2(handover->log, STDERR_FILENO);
	if (handover->leash >= 0)
		dup2(handover->leash, LEASH_FD);
	else
		close(LEASH_FD);
	/* Some library may open a file without O_CLOEXEC. The report must live until exec. */
	close_range(LEASH_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* In the child: only calls that are safe after a fork beside other threads. */
static int become_plane(const struct process_start *start, const struct handover *handover,
			char *const *argv, char *const *environment)
{
	setsid();
	default_signals();
	if (fchdir(start->dir) < 0)
		return errno;
	hand_over(handover);
	if (start->as_user &&
	    (setgroups(0, NULL) < 0 || setresgid(start->gid, start->gid, start->gid) < 0 ||
	     setresuid(start->uid, start->uid, start->uid) < 0))
		return errno;
	/* The clone may lie in somebody's private home; root has opened the door to this one file. */
	if (start->as_user)
		execveat(handover->program, "", argv, environment, AT_EMPTY_PATH);
	else
		execve(start->program, argv, environment);
	return errno;
}

/* Ours, and where its leash is. The array is the caller's, its texts are not. */
static char **environment_of(const struct process_start *start, char *leash)
{
	char **environment;
	size_t count = 0;
	size_t kept = 0;

	while (environ[count])
		count++;
	environment = mem_array(char *, count + 2);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(environ[i], PLANE_LEASH "=", sizeof(PLANE_LEASH)) != 0)
			environment[kept++] = environ[i];
	}
	if (start->leash >= 0)
		environment[kept++] = leash;
	return environment;
}

/* Waits for exec or its failure: some 100 us. */
static int await_exec(int report, pid_t pid)
{
	int err = 0;
	ssize_t len;

	do {
		len = read(report, &err, sizeof(err));
	} while (len < 0 && errno == EINTR);
	if (len != sizeof(err))
		return 0;
	waitpid(pid, NULL, 0);
	return -err;
}

int process_spawn(const struct process_start *start, pid_t *ret_pid)
{
	AUTO_FREE char *program = mem_strdup(start->program);
	AUTO_FREE char *role = mem_strdup(start->role);
	AUTO_FREE char *id = mem_strdup(start->id);
	AUTO_FREE char *leash = mem_fmt(PLANE_LEASH "=%d", LEASH_FD);
	AUTO_FREE char **environment = environment_of(start, leash);
	char *const argv[] = {program, role, id, NULL};
	AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_FD int file = open(start->program, O_PATH | O_CLOEXEC);
	AUTO_FD int report = -1;
	struct handover handover;
	int pipe_fds[2];
	int err = 0;
	pid_t pid;

	if (null < 0 || file < 0 || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	report = pipe_fds[0];
	handover = (struct handover){above(null), above(start->log), above(start->leash),
				     above(pipe_fds[1]), above(file)};
	close(pipe_fds[1]);

	pid = fork();
	if (pid == 0) {
		err = become_plane(start, &handover, argv, environment);
		_exit(write(handover.report, &err, sizeof(err)) < 0 ? 126 : 127);
	}
	if (pid < 0)
		err = -errno;
	close(handover.null);
	close(handover.log);
	if (handover.leash >= 0)
		close(handover.leash);
	close(handover.report);
	close(handover.program);
	if (err == 0)
		err = await_exec(report, pid);
	if (err == 0)
		*ret_pid = pid;
	return err;
}

int process_watch(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int process_signal(int watch, int signal)
{
	return syscall(SYS_pidfd_send_signal, watch, signal, NULL, 0) < 0 ? -errno : 0;
}

void process_reap(pid_t pid, int *ret_status)
{
	if (waitpid(pid, ret_status, WNOHANG) != pid)
		*ret_status = -1;
}
