/*
 * page.c - golden page: runs pages and checks what they promise.
 */
#include "cli/account.h"
#include "cli/page_child.h"
#include "cli/page_run.h"
#include "cli/process.h"
#include "lib/base/rand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT_FIRST 10000
#define PORTS 20000
#define UP_PATIENCE (150 * SECOND) /* longer than golden up's own */

struct wishes {
	const char *speed;
	bool own_lab;
};

/* A page that is running. */
struct running {
	const struct place *place;
	const struct page *page;
	const char *speed;
	struct page_nest nest;
	char lab_dir[48];
};

/* golden, and the node and cdk that npm brought: Debian's node is older than they need. */
static void path_has_our_programs(const struct place *place)
{
	const char *path = getenv("PATH");
	AUTO_FREE char *longer = mem_fmt("%s:%s/infra/node_modules/.bin:%s", place->bin,
					 place->root, path ? path : "/usr/bin:/bin");

	setenv("PATH", longer, 1);
}

/* The lab's own last words are of use only where it did not come up, or is gone. */
static void show_log(const char *dir)
{
	AUTO_FREE char *path = mem_fmt("%s/goldend.log", dir);
	const char *argv[] = {"tail", "-n", "20", path, NULL};

	printf("  the end of the lab's log:\n");
	fflush(stdout);
	process_run(argv);
}

static bool is_free(int port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

/*
 * Pages run side by side, and some kill their control plane: no other lab may take its port before it
 * is back. So each has one of its own, far from 4566 and below those that the kernel gives out.
 */
static int choose_port(void)
{
	int port;

	do {
		port = PORT_FIRST + (int)(rand_u64() % PORTS);
	} while (!is_free(port));
	return port;
}

/*
 * A lab that cannot outlive the page: its processes hold the read end of a pipe whose write end is ours
 * alone, and end when it closes. What golden up says is of interest only if it fails.
 */
static int open_lab(const struct running *it)
{
	const char *argv[40] = {NULL};
	AUTO_FREE char *words = mem_strdup(it->page->lab ? it->page->lab : "");
	AUTO_FREE char *program = mem_fmt("%s/golden", it->place->bin);
	AUTO_BUF struct buf said = {0};
	int64_t began = clock_monotonic_us();
	char fd[16], port[16], *rest, *word;
	int argc = 0, leash[2];

	if (pipe2(leash, O_CLOEXEC) < 0)
		return cli_fail("can't make a lab: %s", strerror(errno));
	fcntl(leash[0], F_SETFD, 0);
	snprintf(fd, sizeof(fd), "%d", leash[0]);
	snprintf(port, sizeof(port), "%d", choose_port());

	argv[argc++] = program;
	argv[argc++] = "up";
	argv[argc++] = "--detach";
	argv[argc++] = "--leash";
	argv[argc++] = fd;
	argv[argc++] = "--port";
	argv[argc++] = port;
	for (word = strtok_r(words, " ", &rest); word && argc < 32;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	if (it->speed) {
		argv[argc++] = "--speed";
		argv[argc++] = it->speed;
	}
	if (page_child_run(argv, UP_PATIENCE, &said) != 0) {
		fputs(buf_text(&said), stdout);
		return cli_fail("the page's lab did not come up");
	}
	close(leash[0]); /* the lab has it; the other end stays open as long as we live */
	printf("  lab  %5.1f s\n", (double)(clock_monotonic_us() - began) / 1e6);
	fflush(stdout);
	return EXIT_DONE;
}

static int run_in_own_lab(const struct running *it)
{
	int status = open_lab(it);
	bool is_up = status == EXIT_DONE;
	struct place there = *it->place;

	there.dir = it->lab_dir;
	there.dir_was_given = true;
	if (is_up)
		status = page_run_blocks(&there, it->page, it->nest.folder);
	if (!is_up || (status != EXIT_DONE && !account_lab_answers(&there)))
		show_log(it->lab_dir);
	return status;
}

static int run_inside(void *user)
{
	const struct running *it = user;

	setenv("TMPDIR", it->nest.folder, 1);
	if (!it->nest.lab)
		return page_run_blocks(it->place, it->page, it->nest.folder);
	setenv("GOLDEN_DIR", it->lab_dir, 1);
	return run_in_own_lab(it);
}

static int run_page(const struct place *place, const char *path, const struct wishes *wishes)
{
	struct running it = {.place = place, .speed = wishes->speed};
	AUTO_FREE char *why = NULL;
	struct page page;
	int err = page_read(path, &page, &why);
	int status;

	if (err < 0)
		return cli_fail("%s: %s", path, why ? why : strerror(-err));

	it.page = &page;
	it.nest = (struct page_nest){
		.folder = "/tmp/golden-page-XXXXXX",
		.owns_all = wishes->own_lab,
		.run = run_inside,
		.user = &it,
	};
	printf("%s\n", page.title ? page.title : path);
	/* Passable: the lab's tasks and database are other users. */
	if (!mkdtemp(it.nest.folder) || chmod(it.nest.folder, 0711) < 0) {
		status = cli_fail("can't make a folder in /tmp: %s", strerror(errno));
	} else {
		snprintf(it.lab_dir, sizeof(it.lab_dir), "%s/lab", it.nest.folder);
		if (wishes->own_lab && !(page.lab && strcmp(page.lab, "none") == 0))
			it.nest.lab = it.lab_dir;
		status = page_nest_run(&it.nest);
	}
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
