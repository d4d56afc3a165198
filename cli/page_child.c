/*
 * page_child.c - a page's commands run as children that end when the page does.
 */
#include "cli/page_child.h"
#include "cli/process.h"
#include "lib/base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 20)
#define LAB_PATIENCE (20 * SECOND)
#define REST_PATIENCE (10 * SECOND) /* between SIGTERM and SIGKILL for what a page left behind */

static volatile sig_atomic_t told; /* how often */

static void on_told(int signal)
{
	told++;
}

bool page_was_told_to_end(void)
{
	return told > 0;
}

/* --- commands --------------------------------------------------------------------------------- */

static pid_t start(const char *const *argv, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setpgid(0, 0);
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Waits for a little while; what is too much is read and forgotten, so that nobody blocks. */
static bool read_some(int fd, struct buf *output, int patience_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t len = 0;

	if (poll(&wait, 1, patience_ms) > 0) {
		len = read(fd, buf_room(output, 65536), 65536);
		if (len > 0 && output->len < OUTPUT_MAX)
			buf_wrote(output, (size_t)len);
	}
	return len > 0;
}

int page_child_run(const char *const *argv, msec patience, struct buf *out)
{
	msec give_up = clock_monotonic() + patience;
	sig_atomic_t told_before = told;
	int pipes[2], status = 0;
	bool ended = false;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return 127;
	pid = start(argv, pipes[1]);
	close(pipes[1]);

	/* Until it ended itself: what it leaves in the background may hold the pipe for ever. */
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		read_some(pipes[0], out, 20);
		if (ended || (clock_monotonic() < give_up && told == told_before))
			continue;
		ended = true;
		kill(-pid, SIGKILL);
		buf_fmt(out, "(ended %s)\n",
			told != told_before ? "with the page" : "for its time was over");
	}
	while (read_some(pipes[0], out, 0) && out->len < OUTPUT_MAX)
		continue;
	close(pipes[0]);
	if (pid < 0)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- what is left behind ---------------------------------------------------------------------- */

static pid_t parent_of(pid_t pid)
{
	AUTO_FREE char *path = mem_fmt("/proc/%d/stat", (int)pid);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512] = "";
	const char *name_end;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	/* "12 (any name) S 1 …": the name may hold anything. */
	name_end = strrchr(text, ')');
	return name_end && strlen(name_end) > 4 ? (pid_t)strtol(name_end + 4, NULL, 10) : 0;
}

/* Signals our children, adopted ones too; how many there are. */
static int signal_children(pid_t session, bool all, int signal)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 1 || parent_of(pid) != getpid() || (!all && getsid(pid) != session))
			continue;
		kill(pid, signal);
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

/* The children of those that end become ours, and are next. */
static void end_children(pid_t session, bool all)
{
	msec kill_them = clock_monotonic() + REST_PATIENCE;
	msec give_up = kill_them + REST_PATIENCE;
	int patience = 0;

	do {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		usleep((useconds_t)patience);
		patience = 20 * 1000;
	} while (signal_children(session, all, clock_monotonic() < kill_them ? SIGTERM : SIGKILL) >
			 0 &&
		 clock_monotonic() < give_up);
}

static void clean_up(const struct page_nest *nest, pid_t session)
{
	struct place lab = {.dir = nest->lab};
	int ended;

	if (lab.dir && access(lab.dir, F_OK) == 0)
		process_stop_lab(&lab, LAB_PATIENCE, NULL, &ended);
	end_children(session, nest->owns_all);
	folder_remove(nest->folder);
}

/* --- the two processes ------------------------------------------------------------------------ */

static _Noreturn void run_inner(const struct page_nest *nest, pid_t outer)
{
	const struct sigaction tell = {.sa_handler = on_told};
	int status;

	setsid();
	sigaction(SIGTERM, &tell, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != outer)
		told = 1; /* it died before we asked to be told */
	status = told ? EXIT_FAILED : nest->run(nest->user);
	fflush(stdout);
	clean_up(nest, getpid());
	exit(status);
}

/* Passes on what it is told; the second time it insists. */
static int wait_for_inner(pid_t inner, const sigset_t *signals)
{
	int status, signal, ended = 0;

	while (waitpid(inner, &status, WNOHANG) == 0) {
		signal = sigwaitinfo(signals, NULL);
		if (signal == SIGTERM || signal == SIGINT || signal == SIGHUP)
			kill(inner, ended++ ? SIGKILL : SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

int page_nest_run(struct page_nest *nest)
{
	pid_t outer = getpid(), inner;
	sigset_t signals, before;
	int status = EXIT_FAILED;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(stdout);

	inner = fork();
	if (inner == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		run_inner(nest, outer);
	}
	if (inner > 0)
		status = wait_for_inner(inner, &signals);
	clean_up(nest, inner);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
