/*
 * up.c - golden up: start the lab, publish the service, bring the stacks up, say what to try.
 */
#include "cli/dockerfile.h"
#include "cli/function.h"
#include "cli/image.h"
#include "cli/interrupt.h"
#include "cli/picture.h"
#include "cli/process.h"
#include "cli/stack.h"
#include "cli/synth.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEALTHY_PATIENCE (90 * SECOND)
#define STOP_PATIENCE (40 * SECOND)
#define POSTGRES "/usr/lib/postgresql/15/bin/postgres"
/* MiB: what a lab takes at least, and what the golden path takes, its database above all. */
#define ROOM_TO_START 4
#define ROOM_TO_BUILD 96
#define REPOSITORY "cdk-hnb659fds-container-assets-123456789012-us-east-1"
/* What stands before the tag in a template: Fn::Sub's pseudo parameters are still in it. */
#define ASSETS "cdk-hnb659fds-assets-123456789012-us-east-1"
#define TAG_MARKER "cdk-hnb659fds-container-assets-${AWS::AccountId}-us-east-1:"

struct wishes {
	struct lab_start start;
	const char *templates; /* NULL: what infra/ says */
	bool detach;
	bool empty;
};

static int check_number(const char *text, double least, double most, const char *what)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !isfinite(number) || number < least || number > most)
		return cli_usage("%s is a number from %g to %g, not '%s'", what, least, most, text);
	return EXIT_DONE;
}

static int read_wishes(int argc, char **argv, struct wishes *wishes)
{
	int status = EXIT_DONE;

	for (int i = 1; i < argc && status == EXIT_DONE; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--detach") == 0) {
			wishes->detach = true;
		} else if (strcmp(argv[i], "--empty") == 0) {
			wishes->empty = true;
		} else if (strcmp(argv[i], "--speed") == 0 && value) {
			wishes->start.speed = argv[++i];
			status = check_number(value, 0, 3600, "--speed");
		} else if (strcmp(argv[i], "--port") == 0 && value) {
			wishes->start.port = argv[++i];
			status = check_number(value, 1, 65535, "--port");
		} else if (strcmp(argv[i], "--templates") == 0 && value) {
			wishes->templates = argv[++i];
		} else if (strcmp(argv[i], "--leash") == 0 && value) {
			/* For tests: the lab ends when this descriptor is closed everywhere. */
			wishes->start.leash = (int)strtol(argv[++i], NULL, 10);
		} else {
			status = cli_usage(
				"up does not take '%s'%s", argv[i],
				strncmp(argv[i], "--", 2) == 0 && !value ? " without a value" : "");
		}
	}
	return status;
}

/* What is missing is said before anything is started. */
static int check_machine(const struct place *place)
{
	static const char *const programs[] = {"goldend", "golden-app"};

	if (access(POSTGRES, X_OK) < 0)
		return cli_fail(
			"PostgreSQL 15 is missing; install it: apt-get install postgresql-15");
	for (size_t i = 0; i < array_len(programs); i++) {
		AUTO_FREE char *path = mem_fmt("%s/%s", place->bin, programs[i]);

		if (access(path, X_OK) < 0)
			return cli_fail("%s is missing; build it: make", path);
	}
	return EXIT_DONE;
}

/* A full disk could not even take down what the lab has to say about it. */
static int check_room(const struct place *place, const struct wishes *wishes)
{
	AUTO_FREE char *state = mem_fmt("%s/state.db", place->dir);
	bool builds = !wishes->empty && access(state, F_OK) < 0;
	uint64_t needs = builds ? ROOM_TO_BUILD : ROOM_TO_START;
	struct statvfs disk;
	uint64_t left;

	if (statvfs(place->dir, &disk) < 0)
		return cli_fail("can't look at %s: %s", place->dir, strerror(errno));
	left = (uint64_t)disk.f_bavail * disk.f_frsize >> 20;
	if (left < needs)
		return cli_fail(
			"the disk of %s has %llu MiB left and the lab needs %llu; make room, or "
			"choose another folder with --dir",
			place->dir, (unsigned long long)left, (unsigned long long)needs);
	return EXIT_DONE;
}

static int start_lab(const struct place *place, const struct wishes *wishes)
{
	if (account_lab_answers(place)) {
		printf("The lab is running already in %s.\n", place->dir);
		if (wishes->start.port || wishes->start.speed)
			puts("  (--port and --speed are for a lab that starts; see golden clock)");
		return EXIT_DONE;
	}
	printf("Starting the lab in %s …\n", place->dir);
	fflush(stdout);
	return process_start_lab(place, &wishes->start);
}

static int deploy_toolkit(const struct place *place, struct account *account, double speed)
{
	AUTO_FREE char *folder = mem_fmt("%s/lab/templates", place->root);
	struct stacks toolkit = {0};
	int status = stacks_read(folder, &toolkit);

	for (size_t i = 0; status == EXIT_DONE && i < toolkit.count; i++)
		status = stack_deploy(account, &toolkit.list[i], speed);
	stacks_free(&toolkit);
	return status;
}

static int publish(const struct place *place, struct account *account, const struct stacks *stacks)
{
	AUTO_FREE char *program = mem_fmt("%s/golden-app", place->bin);
	AUTO_FREE char *dockerfile = mem_fmt("%s/app/Dockerfile", place->root);
	AUTO_FREE char *tag = stacks_find_suffix(stacks, TAG_MARKER);
	AUTO_FREE char *why = NULL;
	AUTO_JSON json_t *config = NULL;
	bool pushed;
	int status, err;

	if (!tag)
		return EXIT_DONE; /* no stack runs the service */
	err = dockerfile_read(dockerfile, &config, &why);
	if (err < 0)
		return cli_fail("%s: %s", dockerfile, why ? why : strerror(-err));
	status = image_publish(account, REPOSITORY, tag, &(struct image_source){program, config},
			       &pushed);
	if (status == EXIT_DONE)
		printf("  %-22s %.12s… %s\n", "golden-app image", tag,
		       pushed ? "published" : "published already");
	return status;
}

static int wait_until_healthy(struct account *account)
{
	msec give_up = clock_monotonic() + HEALTHY_PATIENCE;
	int64_t began = clock_monotonic_us();
	int64_t healthy;

	for (;;) {
		AUTO_JSON json_t *picture = picture_take(account);

		if (!picture)
			return EXIT_FAILED;
		if (picture_is_healthy(picture, &healthy)) {
			printf("  %-22s %lld healthy, %.1f s\n", "targets", (long long)healthy,
			       (double)(clock_monotonic_us() - began) / 1e6);
			return EXIT_DONE;
		}
		if (clock_monotonic() > give_up)
			return cli_fail("the targets are not healthy after %d s; see golden status "
					"and golden logs",
					(int)(HEALTHY_PATIENCE / SECOND));
		if (account_disk_is_full(account))
			return cli_fail("the disk of %s is full; make room and say golden up again",
					account->dir);
		if (interrupt_nap(20))
			return cli_fail("told to end before the targets were healthy");
	}
}

/* What to type to call this program for this lab from here; owned by the caller. */
static char *own_command(const struct place *place)
{
	AUTO_FREE char *here = getcwd(NULL, 0);
	size_t root = strlen(place->root);
	const char *bin = place->bin;

	if (here && strcmp(here, place->root) == 0 && strncmp(bin, place->root, root) == 0 &&
	    bin[root] == '/')
		bin += root + 1;
	if (place->dir_was_given && !getenv("GOLDEN_DIR"))
		return mem_fmt("%s/golden --dir %s", bin, place->dir);
	return mem_fmt("%s/golden", bin);
}

static void say_what_to_try(const struct place *place, struct account *account)
{
	AUTO_FREE char *url = account_service_url(account);
	AUTO_FREE char *command = own_command(place);

	printf("\nThe AWS endpoint   %s\n", account->endpoint);
	if (url)
		printf("The service        %s\n", url);
	printf("\nTry:\n  eval \"$(%s env)\"\n"
	       "      stock AWS clients now work in this shell\n",
	       command);
	if (url)
		printf("  curl %s/db\n"
		       "  %s break return_500\n"
		       "      and curl again; look on with status, and with logs -f\n"
		       "  %s reset\n",
		       url, command, command);
	printf("  %s down\n", command);
}

static int bring_up(const struct place *place, const struct stacks *stacks, struct account *account)
{
	int64_t began = clock_monotonic_us();
	int status = EXIT_DONE;
	double speed;

	account_now(account, &speed);
	if (stacks->count > 0)
		status = deploy_toolkit(place, account, speed);
	if (status == EXIT_DONE)
		status = publish(place, account, stacks);
	if (status == EXIT_DONE)
		status = functions_publish(stacks, account, ASSETS);
	for (size_t i = 0; status == EXIT_DONE && i < stacks->count; i++)
		status = stack_deploy(account, &stacks->list[i], speed);
	if (status == EXIT_DONE && stacks->count > 0)
		status = wait_until_healthy(account);
	if (status == EXIT_DONE) {
		printf("Up in %.1f s.\n", (double)(clock_monotonic_us() - began) / 1e6);
		say_what_to_try(place, account);
		fflush(stdout);
	}
	return status;
}

/* Attached: until Ctrl-C, or until somebody else takes the lab down. */
static int stay(const struct place *place)
{
	int ended;

	puts("\nCtrl-C takes the lab down; its state stays.");
	fflush(stdout);
	while (!interrupt_nap(SECOND)) {
		if (!process_holder(place, "goldend.lock"))
			return cli_fail("the lab is gone; its log: %s/goldend.log", place->dir);
	}
	process_stop_lab(place, STOP_PATIENCE, NULL, &ended);
	puts("The lab is down.");
	return EXIT_DONE;
}

static int start_and_bring_up(const struct place *place, const struct wishes *wishes,
			      const struct stacks *stacks)
{
	struct account account;
	int status = start_lab(place, wishes);

	if (status == EXIT_DONE)
		status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;
	status = bring_up(place, stacks, &account);
	account_close(&account);
	return status;
}

/* What an attached one started ends with it, also where it failed. */
static int up_attached(const struct place *place, const struct wishes *wishes,
		       const struct stacks *stacks, int *turn)
{
	struct process_set before;
	int status, ended;

	process_survey(place, &before);
	interrupt_hold();
	status = start_and_bring_up(place, wishes, stacks);
	if (status == EXIT_DONE) {
		close(*turn);
		*turn = -1;
		return stay(place);
	}
	process_stop_lab(place, STOP_PATIENCE, &before, &ended);
	if (ended)
		puts("What was started is down again; its state stays.");
	return status;
}

static int up(const struct place *place, const struct wishes *wishes, const struct stacks *stacks)
{
	AUTO_FD int turn = -1;
	int status = process_take_turn(place, &turn);

	if (status == EXIT_DONE)
		status = check_room(place, wishes);
	if (status != EXIT_DONE)
		return status;
	return wishes->detach ? start_and_bring_up(place, wishes, stacks)
			      : up_attached(place, wishes, stacks, &turn);
}

int up_run(const struct place *place, int argc, char **argv)
{
	AUTO_FREE char *folder = NULL;
	struct wishes wishes = {.start.leash = -1};
	struct stacks stacks = {0};
	int status = read_wishes(argc, argv, &wishes);

	/* A broken template is said before anything is started. */
	if (status == EXIT_DONE && !wishes.empty && !wishes.templates)
		status = synth_stacks(place, &folder);
	if (status == EXIT_DONE && !wishes.empty)
		status = stacks_read(wishes.templates ? wishes.templates : folder, &stacks);
	if (status == EXIT_DONE)
		status = check_machine(place);
	if (status == EXIT_DONE)
		status = up(place, &wishes, &stacks);
	stacks_free(&stacks);
	return status;
}
