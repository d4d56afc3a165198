/*
 * clock.c - golden clock: shows the lab clock, sets its speed, pauses, steps.
 */
#include "cli/account.h"
#include "cli/duration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show(struct account *account)
{
	char text[CLOCK_TEXT];
	double speed;
	lab_ms now = account_now(account, &speed);

	printf("%s", clock_iso(now.ms, text));
	if (speed > 0)
		printf("  speed %g\n", speed);
	else
		puts("  paused");
	return EXIT_DONE;
}

static int change(struct account *account, const char *what, double value)
{
	AUTO_JSON json_t *input = json_object();

	if (!account->endpoint)
		return cli_fail("an AWS account's clock can't be set");
	json_set_num(input, what, value);
	if (!account_ask(account, &golden, "SetClock", input))
		return EXIT_FAILED;
	return show(account);
}

static int show_at(struct account *account, const char *text)
{
	char iso[CLOCK_TEXT];
	msec offset;

	if (!duration_read(text, &offset))
		return cli_usage("'%s' is no duration such as -5min", text);
	puts(clock_iso(account_now(account, NULL).ms + offset, iso));
	return EXIT_DONE;
}

static int set_speed(struct account *account, const char *text)
{
	char *end;
	double speed = strtod(text, &end);

	if (end == text || *end || !isfinite(speed) || speed < 0 || speed > 3600)
		return cli_usage("a speed is a number from 0 to 3600, not '%s'", text);
	return change(account, "Speed", speed);
}

static int step(struct account *account, const char *text)
{
	msec by;

	if (!duration_read(text, &by) || by <= 0)
		return cli_usage("'%s' is no duration to step, such as 5min", text);
	return change(account, "StepSeconds", (double)by / 1000);
}

static int act(struct account *account, int argc, char **argv)
{
	if (argc == 1)
		return show(account);
	if (argc == 2 && strcmp(argv[1], "pause") == 0)
		return change(account, "Speed", 0);
	if (argc == 3 && strcmp(argv[1], "speed") == 0)
		return set_speed(account, argv[2]);
	if (argc == 3 && strcmp(argv[1], "step") == 0)
		return step(account, argv[2]);
	if (argc == 3 && strcmp(argv[1], "--at") == 0)
		return show_at(account, argv[2]);
	return cli_usage("clock takes: speed N, pause, step T, --at T, or nothing");
}

int clock_run(const struct place *place, int argc, char **argv)
{
	struct account account;
	int status = account_open(place, &account);

	if (status != EXIT_DONE)
		return status;
	status = act(&account, argc, argv);
	account_close(&account);
	return status;
}
