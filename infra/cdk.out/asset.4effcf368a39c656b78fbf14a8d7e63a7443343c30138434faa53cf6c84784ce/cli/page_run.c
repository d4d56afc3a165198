/*
 * page_run.c - runs the blocks of a page and compares what they print.
 */
#include "cli/page_run.h"
#include "cli/account.h"
#include "cli/page_child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_PATIENCE (120 * SECOND) /* real; a command that hangs is ended */
#define RETRY_PAUSE (300 * 1000)      /* microseconds between two tries of a `within` block */
#define REAL_PATIENCE (3 * MINUTE)    /* of a `within`, however slow the lab clock runs */

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
	struct buf output;
	int status; /* of the last block */
};

static void run_block(struct run *run, const struct page_block *block)
{
	AUTO_FREE char *text = mem_fmt("%s%s%s", prologue, block->script, epilogue);
	const char *argv[] = {"/bin/bash", "-c", text, NULL};

	buf_clear(&run->output);
	run->status = page_child_run(argv, BLOCK_PATIENCE, &run->output);
}

static bool is_as_expected(const struct run *run, const struct page_block *block)
{
	return run->status == 0 &&
	       (!block->expect || page_matches(block->expect, buf_text(&run->output)));
}

static bool read_lab_clock(const struct run *run, lab_ms *ret_now)
{
	struct account account;

	if (!account_lab_answers(run->place) || account_open(run->place, &account) != EXIT_DONE)
		return false;
	*ret_now = account_now(&account, NULL);
	account_close(&account);
	return true;
}

/* By the lab's clock as long as it tells; a lab that is away does not make the time shorter. */
static bool run_until_expected(struct run *run, const struct page_block *block)
{
	msec give_up = clock_monotonic() + REAL_PATIENCE;
	lab_ms began = {0}, now = {0};
	bool by_lab = block->within && read_lab_clock(run, &began);

	if (!by_lab && block->within < REAL_PATIENCE)
		give_up = clock_monotonic() + block->within;
	for (;;) {
		run_block(run, block);
		if (is_as_expected(run, block))
			return true;
		if (!block->within || page_was_told_to_end() || clock_monotonic() > give_up ||
		    (by_lab && read_lab_clock(run, &now) && now.ms > began.ms + block->within))
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

int page_run_blocks(const struct place *place, const struct page *page, const char *folder)
{
	AUTO_FREE char *state = mem_fmt("%s/variables", folder);
	AUTO_FD int fd = open(state, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* keys too */
	struct run run = {.place = place};
	const char *section = "";
	bool ok = true;

	if (fd < 0)
		return cli_fail("can't write %s: %s", state, strerror(errno));
	setenv("GOLDEN_PAGE_STATE", state, 1);

	for (size_t i = 0; i < page->count; i++) {
		const struct page_block *block = &page->blocks[i];

		if (!ok && !is_cleanup(block))
			continue;
		if (strcmp(section, block->section) != 0)
			printf(" %s\n", block->section);
		section = block->section;
		ok = run_and_say(&run, block) && ok;
	}
	buf_free(&run.output);
	return ok ? EXIT_DONE : EXIT_FAILED;
}
