/*
 * page.c - golden page: runs pages and checks what they promise.
 */
#include "cli/page_run.h"
#include "cli/process.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wishes {
	const char *speed;
	bool own_lab;
};

/*
 * A lab that cannot outlive us: its processes hold the read end of a pipe whose write end is ours alone, and end
 * when it closes.
 */
struct own_lab {
	char dir[64];
	int leash[2];
};

static void path_has_our_programs(const struct place *place)
{
	const char *path = getenv("PATH");
	AUTO_FREE char *longer = mem_fmt("%s:%s", place->bin, path ? path : "/usr/bin:/bin");

	setenv("PATH", longer, 1);
}

static int open_lab(const struct place *place, const char *options, const char *speed,
		    struct own_lab *lab)
{
	const char *argv[40] = {NULL};
	AUTO_FREE char *words = mem_strdup(options ? options : "");
	AUTO_FREE char *program = mem_fmt("%s/golden", place->bin);
	char fd[16], *rest, *word;
	int argc = 0;

	if (!mkdtemp(lab->dir) || pipe2(lab->leash, O_CLOEXEC) < 0)
		return cli_fail("can't make a lab: %s", strerror(errno));
	fcntl(lab->leash[0], F_SETFD, 0);
	snprintf(fd, sizeof(fd), "%d", lab->leash[0]);
	setenv("GOLDEN_DIR", lab->dir, 1);

	argv[argc++] = program;
	argv[argc++] = "up";
	argv[argc++] = "--detach";
	argv[argc++] = "--leash";
	argv[argc++] = fd;
	for (word = strtok_r(words, " ", &rest); word && argc < 32;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	if (speed) {
		argv[argc++] = "--speed";
		argv[argc++] = speed;
	}
	return process_run(argv) == 0 ? EXIT_DONE : cli_fail("the page's lab did not come up");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void close_lab(const struct place *place, struct own_lab *lab)
{
	struct place there = *place;
	int ended;

	there.dir = lab->dir;
	process_stop_lab(&there, 20 * SECOND, &ended);
	close(lab->leash[0]);
	close(lab->leash[1]);
	nftw(lab->dir, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* What the lab's own log says is of use to whoever reads why a page failed. */
static void show_log(const char *dir)
{
	AUTO_FREE char *path = mem_fmt("%s/goldend.log", dir);
	const char *argv[] = {"tail", "-n", "40", path, NULL};

	printf("  the end of the lab's log:\n");
	fflush(stdout);
	process_run(argv);
}

static int run_in_own_lab(const struct place *place, const struct page *page,
			  const struct wishes *wishes)
{
	struct own_lab lab = {.dir = "/tmp/golden-lab-XXXXXX"};
	int status = open_lab(place, page->lab, wishes->speed, &lab);
	struct place there = *place;

	there.dir = lab.dir;
	there.dir_was_given = true;
	if (status == EXIT_DONE)
		status = page_run_blocks(&there, page);
	if (status != EXIT_DONE)
		show_log(lab.dir);
	close_lab(place, &lab);
	return status;
}

static int run_page(const struct place *place, const char *path, const struct wishes *wishes)
{
	AUTO_FREE char *why = NULL;
	struct page page;
	int err = page_read(path, &page, &why);
	int status;

	if (err < 0)
		return cli_fail("%s: %s", path, why ? why : strerror(-err));

	printf("%s\n", page.title ? page.title : path);
	fflush(stdout);
	if (wishes->own_lab && !(page.lab && strcmp(page.lab, "none") == 0))
		status = run_in_own_lab(place, &page, wishes);
	else
		status = page_run_blocks(place, &page);
	printf("%s: %s\n", status == EXIT_DONE ? "passed" : "FAILED", path);
	page_free(&page);
	return status;
}

int page_run(const struct place *place, int argc, char **argv)
{
	struct wishes wishes = {0};
	int status = EXIT_DONE, i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--lab") == 0)
			wishes.own_lab = true;
		else if (strcmp(argv[i], "--speed") == 0 && i + 1 < argc)
			wishes.speed = argv[++i];
		else
			return cli_usage("page does not take '%s'", argv[i]);
	}
	if (i == argc)
		return cli_usage("page needs a file");

	path_has_our_programs(place);
	setenv("GOLDEN_DIR", place->dir, 1);
	for (; i < argc; i++) {
		int one = run_page(place, argv[i], &wishes);

		status = status == EXIT_DONE ? one : status;
	}
	return status;
}
