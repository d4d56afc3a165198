/*
 * synth.c - golden synth: the templates that golden up brings up, from the CDK app in infra/.
 */
#include "cli/synth.h"
#include "cli/process.h"
#include "lib/base/folder.h"
#include "lib/base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Whatever of infra/ or of an asset changes, one of these does: programs are linked from the rest. */
static const char *const built[] = {
	"golden-infra",
	"golden-app",
	"functions/deploy_hook.zip",
	"functions/reset.zip",
};
static const char *const sources[] = {
	"infra/cdk.json",
	"infra/package-lock.json",
	"app/Dockerfile",
};

static bool is_newer(const char *folder, const char *name, const struct timespec *than)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", folder, name);
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	return st.st_mtim.tv_sec != than->tv_sec ? st.st_mtim.tv_sec > than->tv_sec
						 : st.st_mtim.tv_nsec > than->tv_nsec;
}

/* The CDK writes the manifest last. */
static bool is_true_still(const struct place *place, const char *folder)
{
	AUTO_FREE char *manifest = mem_fmt("%s/manifest.json", folder);
	struct stat made;

	if (stat(manifest, &made) < 0)
		return false;
	for (size_t i = 0; i < array_len(built); i++) {
		if (is_newer(place->bin, built[i], &made.st_mtim))
			return false;
	}
	for (size_t i = 0; i < array_len(sources); i++) {
		if (is_newer(place->root, sources[i], &made.st_mtim))
			return false;
	}
	return true;
}

/* The context reaches an app as the cdk CLI hands it on. */
static int hand_on_context(const struct place *place)
{
	AUTO_FREE char *path = mem_fmt("%s/infra/cdk.json", place->root);
	json_error_t error;
	AUTO_JSON json_t *settings = json_load_file(path, 0, &error);
	AUTO_FREE char *context = NULL;

	if (!settings)
		return cli_fail("%s: line %d: %s", path, error.line, error.text);
	context = json_dumps(json_get(settings, "context"), JSON_COMPACT);
	if (context)
		setenv("CDK_CONTEXT_JSON", context, 1);
	return EXIT_DONE;
}

/* Made anew as a whole: a stack or asset that is no more must not stay behind. */
static int make_anew(const struct place *place, const char *folder)
{
	AUTO_FREE char *program = mem_fmt("%s/golden-infra", place->bin);
	const char *const command[] = {program, folder, NULL};
	msec began = clock_monotonic();
	int err;

	if (access(program, X_OK) < 0)
		return cli_fail("%s is missing; build it: make", program);
	if (hand_on_context(place) != EXIT_DONE)
		return EXIT_FAILED;
	err = folder_remove(folder);
	if (err < 0)
		return cli_fail("can't remove %s: %s", folder, strerror(-err));

	printf("Synthesising the stacks of infra/ …\n");
	fflush(stdout);
	if (process_run(command) != 0) {
		folder_remove(folder);
		return cli_fail("infra/ could not be synthesised");
	}
	printf("  %-22s %.1f s\n", "synthesised", (double)(clock_monotonic() - began) / 1e3);
	return EXIT_DONE;
}

int synth_stacks(const struct place *place, char **ret_folder)
{
	AUTO_FREE char *folder = mem_fmt("%s/cdk.out", place->bin);
	AUTO_FREE char *turn = mem_fmt("%s.lock", folder);
	AUTO_FD int lock = open(turn, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int status = EXIT_DONE;

	/* Who may not write here can still read what is true. */
	if (lock >= 0)
		flock(lock, LOCK_EX);
	if (!is_true_still(place, folder))
		status = make_anew(place, folder);
	if (status == EXIT_DONE) {
		*ret_folder = folder;
		folder = NULL;
	}
	return status;
}

int synth_run(const struct place *place, int argc, char **argv)
{
	AUTO_FREE char *folder = NULL;
	int status;

	if (argc > 1)
		return cli_usage("synth takes nothing");
	status = synth_stacks(place, &folder);
	if (status == EXIT_DONE)
		puts(folder);
	return status;
}
