/*
 * process.c - the lab's processes: goldend and its planes, started and ended.
 */
#include "cli/process.h"
#include "cli/account.h"
#include "cli/interrupt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_PATIENCE (30 * SECOND)
#define GOLDEND_LOCK "goldend.lock"
#define GOLDEND_LOG "goldend.log"

static void nap(msec how_long)
{
	usleep((useconds_t)(how_long * 1000));
}

/* mkdir -p */
static int make_folders(const char *path, mode_t mode)
{
	AUTO_FREE char *part = mem_strdup(path);

	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

pid_t process_holder(const struct place *place, const char *lock)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", place->dir, lock);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

/* What goldend said last before it gave up, without the JSON around it. */
static void complain_as_goldend_did(const char *log_path, off_t from)
{
	AUTO_FD int fd = open(log_path, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, from);
	char *line, *rest, *last = NULL;

	if (len < 0)
		len = 0;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (line[0] != '{')
			last = line;
	}
	if (last && strncmp(last, "goldend: ", 9) == 0)
		last += 9;
	cli_fail("%s", last ? last : "the lab did not start");
	if (!last)
		fprintf(stderr, "Its log: %s\n", log_path);
}

static void exec_goldend(const struct place *place, const struct lab_start *start, int log)
{
	AUTO_FREE char *program = mem_fmt("%s/goldend", place->bin);
	char leash[16];
	const char *argv[16] = {program, "--dir", place->dir};
	int argc = 3, null = open("/dev/null", O_RDWR);

	if (start->speed) {
		argv[argc++] = "--speed";
		argv[argc++] = start->speed;
	}
	if (start->port) {
		argv[argc++] = "--port";
		argv[argc++] = start->port;
	}
	if (start->leash >= 0) {
		snprintf(leash, sizeof(leash), "%d", start->leash);
		argv[argc++] = "--leash";
		argv[argc++] = leash;
		fcntl(start->leash, F_SETFD, 0);
	}
	setsid();
	interrupt_release();
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execv(program, (char *const *)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "goldend: %s: %s\n", program, strerror(errno));
	_exit(127);
}

static int wait_until_it_answers(const struct place *place, pid_t pid, const char *log_path,
				 off_t from)
{
	msec give_up = clock_monotonic() + START_PATIENCE;
	int status;

	while (clock_monotonic() < give_up) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			complain_as_goldend_did(log_path, from);
			return EXIT_FAILED;
		}
		if (account_lab_answers(place))
			return EXIT_DONE;
		if (interrupt_nap(10))
			return cli_fail("told to end before the lab answered");
	}
	return cli_fail("the lab does not answer after %d s; its log: %s",
			(int)(START_PATIENCE / SECOND), log_path);
}

int process_take_turn(const struct place *place, int *ret_turn)
{
	int err = make_folders(place->dir, 0700);
	AUTO_FD int turn = -1;

	if (err < 0)
		return cli_fail("can't make the state folder %s: %s", place->dir, strerror(-err));
	turn = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (turn < 0)
		return cli_fail("can't open the state folder %s: %s", place->dir, strerror(errno));
	if (flock(turn, LOCK_EX | LOCK_NB) < 0) {
		printf("Another golden up is at work in %s; waiting for it …\n", place->dir);
		fflush(stdout);
		if (flock(turn, LOCK_EX) < 0)
			return cli_fail("can't lock %s: %s", place->dir, strerror(errno));
	}
	*ret_turn = turn;
	turn = -1;
	return EXIT_DONE;
}

int process_start_lab(const struct place *place, const struct lab_start *start)
{
	AUTO_FREE char *log_path = mem_fmt("%s/" GOLDEND_LOG, place->dir);
	AUTO_FREE char *endpoint = mem_fmt("%s/endpoint", place->dir);
	AUTO_FD int log = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	off_t from;
	pid_t pid;

	if (log < 0)
		return cli_fail("can't write %s: %s", log_path, strerror(errno));
	from = lseek(log, 0, SEEK_END);
	unlink(endpoint); /* of a lab that was here before: it may be another's port by now */

	pid = fork();
	if (pid < 0)
		return cli_fail("can't start goldend: %s", strerror(errno));
	if (pid == 0)
		exec_goldend(place, start, log);
	return wait_until_it_answers(place, pid, log_path, from);
}

static void add_holder(const struct place *place, const char *lock, struct process_set *set)
{
	pid_t pid = process_holder(place, lock);

	if (pid > 1 && set->count < (int)array_len(set->pids))
		set->pids[set->count++] = pid;
}

static void add_planes(const struct place *place, struct process_set *set)
{
	AUTO_FREE char *path = mem_fmt("%s/run", place->dir);
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		AUTO_FREE char *lock = mem_fmt("run/%s", entry->d_name);

		if (len > 5 && strcmp(entry->d_name + len - 5, ".lock") == 0)
			add_holder(place, lock, set);
	}
	closedir(dir);
}

/* A zombie has ended, whenever its parent takes note of it. */
static bool is_alive(pid_t pid)
{
	AUTO_FREE char *path = mem_fmt("/proc/%d/stat", (int)pid);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512] = "";
	const char *state;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	/* The program's name, in parentheses, may hold anything. */
	state = strrchr(text, ')');
	return state && strncmp(state, ") Z", 3) != 0;
}

static bool has(const struct process_set *set, pid_t pid)
{
	for (int i = 0; set && i < set->count; i++) {
		if (set->pids[i] == pid)
			return true;
	}
	return false;
}

/* How many it ended. */
static int end_all(const struct process_set *set, const struct process_set *spared, msec patience)
{
	msec give_up = clock_monotonic() + patience;
	int ended = 0;

	for (int i = 0; i < set->count; i++) {
		if (!has(spared, set->pids[i]) && kill(set->pids[i], SIGTERM) == 0)
			ended++;
	}
	for (int i = 0; i < set->count; i++) {
		if (has(spared, set->pids[i]))
			continue;
		while (is_alive(set->pids[i]) && clock_monotonic() < give_up)
			nap(5);
		if (is_alive(set->pids[i]))
			kill(set->pids[i], SIGKILL);
	}
	return ended;
}

void process_survey(const struct place *place, struct process_set *ret_running)
{
	ret_running->count = 0;
	add_holder(place, GOLDEND_LOCK, ret_running);
	add_planes(place, ret_running);
}

int process_stop_lab(const struct place *place, msec patience, const struct process_set *spared,
		     int *ret_ended)
{
	struct process_set running = {.count = 0};

	/* Control first: it would start again what it still wants. */
	add_holder(place, GOLDEND_LOCK, &running);
	*ret_ended = end_all(&running, spared, patience);

	running.count = 0;
	add_planes(place, &running);
	*ret_ended += end_all(&running, spared, patience);
	return EXIT_DONE;
}

int process_run(const char *const *argv)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return 127;
	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		fprintf(stderr, "golden: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
