/*
 * page_run.c - runs the blocks of a page and compares what they print.
 */
#include "cli/page_run.h"
#include "cli/account.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 20)
#define BLOCK_PATIENCE (180 * SECOND) /* real; a command that hangs is ended */
#define RETRY_PAUSE (300 * 1000)      /* microseconds between two tries of a `within` block */
#define REAL_PATIENCE (8 * MINUTE)    /* of a `within`, however slow the lab clock runs */

/*
 * Blocks share their variables and functions through a file: everything is exported, and written out at the end.
 * aws is a function, since versions before 2.13 do not read AWS_ENDPOINT_URL.
 */
static const char prologue[] = "set -a\n"
			       ". \"$GOLDEN_PAGE_STATE\"\n"
			       "set -e\n"
			       "aws() { golden aws \"$@\"; }\n";
static const char epilogue[] = "\n{ export -p; declare -f; } >\"$GOLDEN_PAGE_STATE\"\n";

struct run {
	const struct place *place;
	char state[64]; /* the file of variables */
	struct buf output;
	int status; /* of the last block */
};

static pid_t start_block(const char *script, int out)
{
	AUTO_FREE char *text = mem_fmt("%s%s%s", prologue, script, epilogue);
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	setpgid(0, 0);
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execl("/bin/bash", "bash", "-c", text, (char *)NULL);
	_exit(127);
}

/*
 * Until the block itself ended: what it left running in the background may hold the pipe open for
 * ever.
 */
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

static void run_block(struct run *run, const struct page_block *block)
{
	msec give_up = clock_monotonic() + BLOCK_PATIENCE;
	int pipes[2], status = 0;
	pid_t pid;

	buf_clear(&run->output);
	run->status = 127;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return;
	pid = start_block(block->script, pipes[1]);
	close(pipes[1]);

	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
		read_some(pipes[0], &run->output, 20);
		if (clock_monotonic() > give_up) {
			kill(-pid, SIGKILL);
			buf_fmt(&run->output, "(ended after %d s)\n",
				(int)(BLOCK_PATIENCE / SECOND));
			give_up += BLOCK_PATIENCE;
		}
	}
	while (read_some(pipes[0], &run->output, 0))
		continue;
	close(pipes[0]);
	if (pid > 0)
		run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool is_as_expected(const struct run *run, const struct page_block *block)
{
	return run->status == 0 &&
	       (!block->expect || page_matches(block->expect, buf_text(&run->output)));
}

/* Lab time, or real time while there is no lab. */
static int64_t now(const struct run *run)
{
	struct account account;
	int64_t ms = clock_real().ms;

	if (!account_lab_answers(run->place))
		return ms;
	if (account_open(run->place, &account) == EXIT_DONE) {
		ms = account_now(&account, NULL).ms;
		account_close(&account);
	}
	return ms;
}

static bool run_until_expected(struct run *run, const struct page_block *block)
{
	msec give_up = clock_monotonic() + REAL_PATIENCE;
	int64_t deadline = block->within ? now(run) + block->within : 0;

	for (;;) {
		run_block(run, block);
		if (is_as_expected(run, block))
			return true;
		if (!block->within || now(run) > deadline || clock_monotonic() > give_up)
			return false;
		usleep(RETRY_PAUSE);
	}
}

static void print_indented(const char *title, const char *text)
{
	printf("    %s\n", title);
	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("      | %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void say_what_went_wrong(const struct run *run, const struct page_block *block)
{
	print_indented("command", block->script);
	if (block->expect)
		print_indented("expected", block->expect);
	print_indented("seen", buf_text(&run->output));
	if (run->status != 0)
		printf("    exit status %d\n", run->status);
}

static bool run_and_say(struct run *run, const struct page_block *block)
{
	int64_t began = clock_monotonic_us();
	bool ok = run_until_expected(run, block);
	size_t first_line = strcspn(block->script, "\n");

	printf("  %-4s %5.1f s  line %-4d %.*s%s\n", ok ? "ok" : "FAIL",
	       (double)(clock_monotonic_us() - began) / 1e6, block->line,
	       (int)(first_line < 60 ? first_line : 60), block->script,
	       block->script[first_line] && block->script[first_line + 1] ? " …" : "");
	if (!ok)
		say_what_went_wrong(run, block);
	fflush(stdout);
	return ok;
}

static bool is_cleanup(const struct page_block *block)
{
	return strcmp(block->section, "Cleanup") == 0;
}

int page_run_blocks(const struct place *place, const struct page *page)
{
	struct run run = {.place = place, .state = "/tmp/golden-page-XXXXXX"};
	const char *section = "";
	AUTO_FD int fd = mkstemp(run.state); /* mode 0600: keys are among the variables */
	bool ok = true;

	if (fd < 0)
		return cli_fail("can't make a file in /tmp: %s", strerror(errno));
	setenv("GOLDEN_PAGE_STATE", run.state, 1);

	for (size_t i = 0; i < page->count; i++) {
		const struct page_block *block = &page->blocks[i];

		if (!ok && !is_cleanup(block))
			continue;
		if (strcmp(section, block->section) != 0)
			printf(" %s\n", block->section);
		section = block->section;
		ok = run_and_say(&run, block) && ok;
	}
	unlink(run.state);
	buf_free(&run.output);
	return ok ? EXIT_DONE : EXIT_FAILED;
}
