/*
 * logs.c - golden logs: what the service logged, as it comes with -f.
 */
#include "cli/account.h"
#include "cli/duration.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define POLL (500 * 1000) /* microseconds */
#define LATE (5 * SECOND) /* real: a stream's events may come in so long after another's */

struct following {
	const char *group;
	int64_t from; /* lab ms: a new event may be this old */
	json_t *seen; /* printed events since `from`: id to timestamp */
	bool follow;
	msec since;
};

static bool is_new(struct following *f, const json_t *event)
{
	const char *id = json_str_or(event, "eventId", "");

	if (json_has(f->seen, id))
		return false;
	json_set_int(f->seen, id, json_int_or(event, "timestamp", 0));
	return true;
}

/* What is older than the latest latecomer needs not be asked for, nor remembered. */
static void move_on(struct following *f, lab_ms now, double speed)
{
	int64_t from = now.ms - (int64_t)((double)LATE * (speed > 1 ? speed : 1));
	const char *id;
	json_t *when;
	void *next;

	if (from <= f->from)
		return;
	f->from = from;
	json_object_foreach_safe(f->seen, next, id, when)
	{
		if (json_integer_value(when) < from)
			json_drop(f->seen, id);
	}
}

/* One page of events; the token for the next in ret_token, owned by the caller. */
static int print_page(struct account *account, struct following *f, char **ret_token)
{
	AUTO_JSON json_t *input = json_object();
	const json_t *answer, *event;
	size_t i;

	json_set_str(input, "logGroupName", f->group);
	json_set_int(input, "startTime", f->from);
	json_set_str(input, "nextToken", *ret_token);
	mem_auto_free(ret_token);
	*ret_token = NULL;

	answer = account_ask(account, &logs, "FilterLogEvents", input);
	if (!answer)
		return EXIT_FAILED;
	json_each (json_get(answer, "events"), i, event) {
		if (is_new(f, event))
			puts(json_str_or(event, "message", ""));
	}
	*ret_token = mem_strdup(json_str(answer, "nextToken"));
	return EXIT_DONE;
}

static int print_all(struct account *account, struct following *f)
{
	double speed;
	lab_ms now = account_now(account, &speed);
	char *token = NULL;
	int status;

	f->from = now.ms - f->since;
	for (;;) {
		do {
			status = print_page(account, f, &token);
		} while (status == EXIT_DONE && token);
		if (status != EXIT_DONE || !f->follow || fflush(stdout) == EOF)
			break;
		move_on(f, now, speed);
		usleep(POLL);
		now = account_now(account, &speed);
	}
	mem_auto_free(&token);
	return status;
}

static int read_arguments(int argc, char **argv, struct following *f)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "-f") == 0) {
			f->follow = true;
		} else if (strcmp(argv[i], "--group") == 0 && value) {
			f->group = argv[++i];
		} else if (strcmp(argv[i], "--since") == 0 && value) {
			if (!duration_read(argv[++i], &f->since) || f->since < 0)
				return cli_usage("'%s' is no duration such as 10min", value);
		} else {
			return cli_usage("logs does not take '%s'", argv[i]);
		}
	}
	return EXIT_DONE;
}

int logs_run(const struct place *place, int argc, char **argv)
{
	struct following f = {.group = "/golden/app", .since = 10 * MINUTE};
	struct account account;
	int status = read_arguments(argc, argv, &f);

	if (status == EXIT_DONE)
		status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;

	f.seen = json_object();
	status = print_all(&account, &f);
	json_decref(f.seen);
	account_close(&account);
	return status;
}
