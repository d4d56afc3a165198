/*
 * failure_mode.c - what is to be broken: an SSM parameter, asked for by every request.
 */
#include "app/failure_mode.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define WARNING_EVERY (1 * SECOND)

static const struct aws_service ssm = {
	.endpoint_prefix = "ssm",
	.signing_name = "ssm",
	.protocol = AWS_JSON_1_1,
	.target_prefix = "AmazonSSM",
};

static const char *const names[] = {
	[MODE_NONE] = "none",
	[MODE_RETURN_500] = "return_500",
	[MODE_CONNECTION_LEAK] = "connection_leak",
};

/* A call to SSM under way, and who waits for it. */
struct reading {
	struct failure_modes *modes;
	struct failure_mode_asker *first, **end;
	int64_t started_us;
	struct reading *next;
};

struct failure_modes {
	struct aws_client *aws;
	const char *parameter;
	msec max_age;
	enum failure_mode last;
	msec last_read;		 /* monotonic */
	int64_t last_started_us; /* of the read that `last` came from */
	bool ever_read;
	bool failing;
	msec last_warning;
	char *unknown;		 /* the value last complained about */
	struct reading *current; /* others may join; NULL: none */
	struct reading *all;	 /* under way */
};

const char *failure_mode_name(enum failure_mode mode)
{
	return names[mode];
}

static void take_value(struct failure_modes *modes, const char *value)
{
	for (size_t i = 0; i < array_len(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			modes->last = (enum failure_mode)i;
			return;
		}
	}
	modes->last = MODE_NONE;
	if (modes->unknown && strcmp(modes->unknown, value) == 0)
		return;
	log_event(LOG_WARNING, "app.failure_mode.unknown", F_STR("value", value));
	free(modes->unknown);
	modes->unknown = mem_strdup(value);
}

static void warn(struct failure_modes *modes, const struct aws_answer *answer)
{
	msec now = clock_monotonic();

	if (modes->last_warning && now - modes->last_warning < WARNING_EVERY)
		return;
	modes->last_warning = now;
	log_event(LOG_WARNING, "app.failure_mode.unread", F_STR("kept", names[modes->last]),
		  F_STR("error", answer->err ? log_strerror(answer->err) : answer->error),
		  F_STR("message", answer->message));
}

static void forget(struct reading *reading)
{
	struct failure_modes *modes = reading->modes;
	struct reading **link = &modes->all;

	while (*link != reading)
		link = &(*link)->next;
	*link = reading->next;
	if (modes->current == reading)
		modes->current = NULL;
}

static void on_answer(const struct aws_answer *answer, void *user)
{
	struct reading *reading = user;
	struct failure_modes *modes = reading->modes;
	struct failure_mode_asker *asker = reading->first;
	const char *value = json_path_str(answer->body, "Parameter.Value");

	modes->failing = answer->err || answer->error || !value;
	if (modes->failing) {
		warn(modes, answer);
	} else if (reading->started_us >= modes->last_started_us) {
		take_value(modes, value); /* it is not the answer to an older question */
		modes->last_started_us = reading->started_us;
	}
	modes->ever_read = true;
	modes->last_read = clock_monotonic();
	if (asker && asker->trace)
		trace_add_aws(asker->trace, "SSM", "GetParameter", reading->started_us, answer);

	forget(reading);
	while (asker) {
		struct failure_mode_asker *next = asker->next;

		asker->told(modes->last, asker->user);
		asker = next;
	}
	free(reading);
}

static struct reading *start_reading(struct failure_modes *modes, const struct trace *trace)
{
	struct reading *reading = mem_new(struct reading);
	AUTO_JSON json_t *input = json_object();
	char header[TRACE_HEADER_MAX];

	reading->modes = modes;
	reading->end = &reading->first;
	reading->started_us = clock_monotonic_us();
	reading->next = modes->all;
	modes->all = reading;
	modes->current = reading;
	json_set_str(input, "Name", modes->parameter);
	aws_send(modes->aws, &ssm, "GetParameter", input,
		 trace ? trace_header(trace, header) : NULL, on_answer, reading);
	return reading;
}

static void join(struct reading *reading, struct failure_mode_asker *asker)
{
	asker->next = NULL;
	*reading->end = asker;
	reading->end = &asker->next;
}

void failure_modes_ask(struct failure_modes *modes, struct failure_mode_asker *asker)
{
	bool fresh = modes->ever_read && modes->max_age > 0 &&
		     clock_monotonic() - modes->last_read < modes->max_age;
	bool joinable = modes->current && modes->max_age > 0;

	if (!modes->parameter || fresh) {
		asker->told(modes->last, asker->user);
		return;
	}
	if (modes->failing) {
		if (!modes->current)
			start_reading(modes, NULL);
		asker->told(modes->last, asker->user);
		return;
	}
	join(joinable ? modes->current : start_reading(modes, asker->trace), asker);
}

struct failure_modes *failure_modes_open(struct aws_client *aws, const char *parameter,
					 msec max_age)
{
	struct failure_modes *modes = mem_new(struct failure_modes);

	modes->aws = aws;
	modes->parameter = parameter;
	modes->max_age = max_age;
	return modes;
}

void failure_modes_close(struct failure_modes *modes)
{
	if (!modes)
		return;
	while (modes->all) {
		struct reading *reading = modes->all;

		forget(reading);
		free(reading);
	}
	free(modes->unknown);
	free(modes);
}
