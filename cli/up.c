/*
 * up.c - golden up: start the lab, publish the service, bring the stacks up, say what to try.
 */
#include "cli/image.h"
#include "cli/picture.h"
#include "cli/process.h"
#include "cli/stack.h"

#include <glob.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEALTHY_PATIENCE (90 * SECOND)
#define REPOSITORY "cdk-hnb659fds-container-assets-123456789012-us-east-1"
/* What stands before the tag in a template: Fn::Sub's pseudo parameters are still in it. */
#define TAG_MARKER "cdk-hnb659fds-container-assets-${AWS::AccountId}-us-east-1:"

struct wishes {
	struct lab_start start;
	const char *templates; /* NULL: infra/templates of the clone */
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
	glob_t postgres;
	int found = glob("/usr/lib/postgresql/15/bin/postgres", 0, NULL, &postgres);

	globfree(&postgres);
	if (found != 0)
		return cli_fail(
			"PostgreSQL 15 is missing; install it: apt-get install postgresql-15");
	for (size_t i = 0; i < array_len(programs); i++) {
		AUTO_FREE char *path = mem_fmt("%s/%s", place->bin, programs[i]);

		if (access(path, X_OK) < 0)
			return cli_fail("%s is missing; build it: make", path);
	}
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
	struct stacks toolkit;
	int status = stacks_read(folder, &toolkit);

	for (size_t i = 0; status == EXIT_DONE && i < toolkit.count; i++)
		status = stack_deploy(account, &toolkit.list[i], speed);
	if (status == EXIT_DONE)
		stacks_free(&toolkit);
	return status;
}

static int publish(const struct place *place, struct account *account, const struct stacks *stacks)
{
	AUTO_FREE char *program = mem_fmt("%s/golden-app", place->bin);
	AUTO_FREE char *tag = stacks_find_suffix(stacks, TAG_MARKER);
	bool pushed;
	int status;

	if (!tag)
		return EXIT_DONE; /* no stack runs the service */
	status = image_publish(account, REPOSITORY, tag, program, &pushed);
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
		usleep(20 * 1000);
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
	const struct timespec second = {1, 0};
	sigset_t ends;
	int ended;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	puts("\nCtrl-C takes the lab down; its state stays.");
	fflush(stdout);
	while (sigtimedwait(&ends, NULL, &second) < 0) {
		if (!process_holder(place, "goldend.lock"))
			return cli_fail("the lab is gone; its log: %s/goldend.log", place->dir);
	}
	process_stop_lab(place, 40 * SECOND, &ended);
	puts("The lab is down.");
	return EXIT_DONE;
}

/* From here on Ctrl-C is for stay() to see, which ends the lab in order. */
static void hold_signals(void)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, NULL);
}

static int up(const struct place *place, const struct wishes *wishes, const struct stacks *stacks)
{
	struct account account;
	int status = start_lab(place, wishes);

	if (status == EXIT_DONE)
		status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;

	if (!wishes->detach)
		hold_signals();
	status = bring_up(place, stacks, &account);
	account_close(&account);
	return status == EXIT_DONE && !wishes->detach ? stay(place) : status;
}

int up_run(const struct place *place, int argc, char **argv)
{
	AUTO_FREE char *folder = mem_fmt("%s/infra/templates", place->root);
	struct wishes wishes = {.start.leash = -1};
	struct stacks stacks = {0};
	int status = read_wishes(argc, argv, &wishes);

	/* A broken template is said before anything is started. */
	if (status == EXIT_DONE && !wishes.empty)
		status = stacks_read(wishes.templates ? wishes.templates : folder, &stacks);
	if (status == EXIT_DONE)
		status = check_machine(place);
	if (status == EXIT_DONE)
		status = up(place, &wishes, &stacks);
	stacks_free(&stacks);
	return status;
}
