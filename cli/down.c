/*
 * down.c - golden down: stop the lab; its state stays unless --destroy.
 */
#include "cli/account.h"
#include "cli/process.h"
#include "lib/base/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than a container's longest stop timeout on Fargate (120 s) would be too long to wait for. */
#define PATIENCE (40 * SECOND)

/* A folder that is no lab's is not ours to remove. */
static bool is_a_lab(const char *dir)
{
	AUTO_FREE char *credentials = mem_fmt("%s/credentials", dir);
	AUTO_FREE char *log = mem_fmt("%s/goldend.log", dir);

	return access(credentials, F_OK) == 0 || access(log, F_OK) == 0;
}

static int destroy(const char *dir)
{
	struct stat st;
	int err;

	if (lstat(dir, &st) < 0 && errno == ENOENT)
		return EXIT_DONE;
	if (!is_a_lab(dir))
		return cli_fail("%s does not look like a lab's state folder; it stays", dir);
	err = folder_remove(dir);
	if (err < 0)
		return cli_fail("can't remove %s: %s", dir, strerror(-err));
	printf("Removed %s.\n", dir);
	return EXIT_DONE;
}

int down_run(const struct place *place, int argc, char **argv)
{
	bool remove_state = argc == 2 && strcmp(argv[1], "--destroy") == 0;
	int ended;

	if (argc > 2 || (argc == 2 && !remove_state))
		return cli_usage("down takes --destroy only");
	if (account_lab_is_anothers(place))
		return cli_fail("the lab in %s belongs to another user", place->dir);

	process_stop_lab(place, PATIENCE, NULL, &ended);
	if (ended)
		printf("The lab is down (%d processes ended).\n", ended);
	else
		printf("No lab was running in %s.\n", place->dir);
	return remove_state ? destroy(place->dir) : EXIT_DONE;
}
