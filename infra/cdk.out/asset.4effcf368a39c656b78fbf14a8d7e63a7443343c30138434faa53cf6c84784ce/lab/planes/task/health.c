/*
 * health.c - a container's health check.
 *
 * An interval of lab time after each check's end, and a start period of lab time; a check's own timeout
 * is real time. AWS makes the first check an interval after the start; until then we look each second
 * and let only successes count, so that a task that is well is seen to be well at once.
 *
 *   left out   the check's output (ECS does not show it either)
 */
#include "lab/planes/task/health.h"
#include "lab/planes/task/environment.h"
#include "lab/planes/lab_timer.h"
#include "lib/base/log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Real time: the program that starts is real. */
#define LOOK_EARLY SECOND
#define LEAST_INTERVAL ((msec)50)

struct health {
	struct lab_timer timer; /* the next check, or the end of this one's time */
	struct health_options options;
	struct launch launch;
	msec interval, start_period; /* lab */
	msec timeout;		     /* real */
	int64_t retries;
	enum health_status status;
	int64_t failures; /* in a row, those that count */
	lab_ms began;
	pid_t pid; /* of the check in flight; 0: none */
	bool over;
};

static void on_timer(struct lab_timer *timer);

enum health_status health_status(const struct health *health)
{
	return health ? health->status : HEALTH_UNKNOWN;
}

const char *health_text(enum health_status status)
{
	static const char *const texts[] = {
		[HEALTH_UNKNOWN] = "UNKNOWN",
		[HEALTH_HEALTHY] = "HEALTHY",
		[HEALTH_UNHEALTHY] = "UNHEALTHY",
	};

	return texts[status];
}

/* The check's words without CMD, NULL-terminated; a shell's for CMD-SHELL. NULL: no check. */
static char **check_words(struct arena *arena, const json_t *command, const char *address)
{
	const char *kind = json_string_value(json_at(command, 0));
	bool shell = kind && strcmp(kind, "CMD-SHELL") == 0;
	size_t skip = kind && (shell || strcmp(kind, "CMD") == 0);
	const json_t *word;
	char **words;
	size_t i, n = 0;

	if (!kind || strcmp(kind, "NONE") == 0 || json_array_size(command) <= skip)
		return NULL;
	words = arena_alloc(arena, (json_array_size(command) + 3) * sizeof(*words));
	if (shell) {
		words[n++] = arena_strdup(arena, "/bin/sh");
		words[n++] = arena_strdup(arena, "-c");
	}
	json_each (command, i, word) {
		const char *text = json_string_value(word);

		if (i >= skip && text)
			words[n++] = arena_strdup(arena, loopback_rewrite(arena, text, address));
	}
	return words;
}

struct health *health_open(const struct health_options *options)
{
	struct arena *arena = options->arena;
	const json_t *check = options->check;
	char **words = check_words(arena, json_get(check, "command"), options->address);
	struct health *health;
	const char *why = "";

	if (!words)
		return NULL;
	health = mem_new(struct health);
	health->options = *options;
	health->interval = json_int_or(check, "interval_ms", 30000);
	health->timeout = json_int_or(check, "timeout_ms", 5000);
	health->start_period = json_int_or(check, "start_period_ms", 0);
	health->retries = json_int_or(check, "retries", 3);

	health->launch = *options->launch;
	health->launch.args = words;
	health->launch.output = -1;
	health->launch.extra = -1;
	health->launch.program = NULL;
	if (health->launch.rootfs) {
		const char *path = environment_get(health->launch.env, "PATH");

		health->launch.program =
			launch_find(arena, health->launch.rootfs, health->launch.folder, words[0],
				    path ? path : "", &why);
	}
	/* An image without a shell lends itself the machine's. */
	if (!health->launch.program && strcmp(words[0], "/bin/sh") == 0)
		health->launch.program = "/bin/sh";
	if (!health->launch.program)
		log_event(LOG_WARNING, "task.health.no_command", F_STR("reason", why));

	lab_timer_init(&health->timer, options->loop, options->clock, on_timer);
	health->timer.timer.data = health;
	return health;
}

static void become(struct health *health, enum health_status status)
{
	if (health->status == status)
		return;
	health->status = status;
	health->options.changed(health->options.user);
}

static void count(struct health *health, bool passed)
{
	lab_ms now = lab_clock_now(health->options.clock);
	msec age = now.ms - health->began.ms;
	bool fresh = health->status == HEALTH_UNKNOWN;
	lab_ms next = {now.ms + health->interval};
	msec latest = LAB_TIMER_EVER;

	if (passed) {
		health->failures = 0;
		become(health, HEALTH_HEALTHY);
	} else if (fresh && age < health->interval) {
		next.ms = health->began.ms + health->interval;
		latest = LOOK_EARLY;
	} else if (fresh && age < health->start_period) {
		health->failures = 0;
	} else if (++health->failures >= health->retries) {
		become(health, HEALTH_UNHEALTHY);
	}
	if (!health->over)
		lab_timer_start(&health->timer, next, LEAST_INTERVAL, latest);
}

static void check(struct health *health)
{
	if (!health->launch.program || launch_start(&health->launch, &health->pid) < 0) {
		health->pid = 0;
		count(health, false);
		return;
	}
	keeper_started(health->options.keeper, health->pid);
	limit_group_started(health->options.limits, health->pid);
	lab_timer_start_real(&health->timer, health->timeout);
}

static void on_timer(struct lab_timer *timer)
{
	struct health *health = timer->timer.data;

	/* One that takes too long is killed with all it started, and reaped in health_reap(). */
	if (health->pid)
		kill(-health->pid, SIGKILL);
	else
		check(health);
}

static void forget(struct health *health)
{
	limit_group_ended(health->options.limits, health->pid);
	keeper_ended(health->options.keeper, health->pid);
	health->pid = 0;
}

void health_reap(struct health *health)
{
	int code;

	if (!health || !health->pid || !launch_ended(health->pid, &code))
		return;
	forget(health);
	lab_timer_stop(&health->timer);
	if (!health->over)
		count(health, code == 0);
}

void health_begin(struct health *health)
{
	if (!health)
		return;
	health->began = lab_clock_now(health->options.clock);
	lab_timer_start_real(&health->timer, 0);
}

void health_look(struct health *health)
{
	if (health)
		lab_timer_look(&health->timer);
}

void health_end(struct health *health)
{
	if (!health)
		return;
	health->over = true;
	lab_timer_stop(&health->timer);
	if (health->pid)
		kill(-health->pid, SIGKILL); /* reaped later, or by whoever reaps us */
}
