/*
 * logs_test.c - groups, streams, events in and out, by the clock of the lab.
 */
#include "lab/services/logs/logs.h"
#include "lab/aws/lab.h"
#include "lab/services/logs/nouns.h"
#include "lab/wire/log_segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GROUP "\"logGroupName\":\"/golden/app\""
#define STREAM GROUP ",\"logStreamName\":\"app/app/1\""

static const struct service *const services[] = {&logs_service, NULL};
static char folder[] = "/tmp/golden-logs-XXXXXX";
static char fault_code[128], fault_message[512];

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	*state = lab;
	return 0;
}

static int closed(void **state)
{
	lab_close(*state);
	return 0;
}

static void keep(const struct lab_reply *reply, void *user)
{
	json_t **kept = user;

	assert_true(reply->result >= 0);
	fault_code[0] = fault_message[0] = '\0';
	if (reply->result == 0) {
		*kept = json_deep_copy(reply->out);
		return;
	}
	snprintf(fault_code, sizeof(fault_code), "%s", reply->fault->code);
	snprintf(fault_message, sizeof(fault_message), "%s", reply->fault->message);
}

/* The answer, owned by the caller; NULL on a fault. */
static json_t *call(struct lab *lab, int op, const char *text)
{
	AUTO_JSON json_t *in = json_read(text, strlen(text));
	json_t *kept = NULL;
	struct lab_call call = {
		.model = &logs_model,
		.op = op,
		.in = in,
		.caller = lab_operator(lab),
		.done = keep,
		.user = &kept,
	};

	assert_non_null(in);
	lab_run(lab, &call);
	lab_turn(lab);
	return kept;
}

static void works(struct lab *lab, int op, const char *text)
{
	AUTO_JSON json_t *out = call(lab, op, text);

	if (!out)
		fail_msg("%s: %s", fault_code, fault_message);
}

static void refused(struct lab *lab, int op, const char *text, const char *code)
{
	AUTO_JSON json_t *out = call(lab, op, text);

	assert_null(out);
	assert_string_equal(fault_code, code);
}

static int64_t lab_time(struct lab *lab)
{
	return lab_clock_now(lab_clock(lab)).ms;
}

static void make_stream(struct lab *lab)
{
	works(lab, LOGS_CreateLogGroup, "{" GROUP "}");
	works(lab, LOGS_CreateLogStream, "{" STREAM "}");
}

static void drop_group(struct lab *lab)
{
	works(lab, LOGS_DeleteLogGroup, "{" GROUP "}");
}

/* `count` events "event 0" …, a second apart, the first at `from`. */
static void put(struct lab *lab, int64_t from, int count)
{
	AUTO_JSON json_t *in = json_read("{" STREAM "}", strlen("{" STREAM "}"));
	json_t *events = json_add_array(in, "logEvents");
	AUTO_FREE char *text = NULL;

	for (int i = 0; i < count; i++) {
		json_t *event = json_push_object(events);
		AUTO_FREE char *message = mem_fmt("event %d", i);

		json_set_int(event, "timestamp", from + i * 1000);
		json_set_str(event, "message", message);
	}
	text = json_text(in);
	works(lab, LOGS_PutLogEvents, text);
}

static const char *message_at(const json_t *out, size_t i)
{
	return json_str(json_at(json_get(out, "events"), i), "message");
}

static size_t count_events(const json_t *out)
{
	return json_array_size(json_get(out, "events"));
}

static void groups_and_streams_come_and_go(void **state)
{
	struct lab *lab = *state;
	AUTO_JSON json_t *groups = NULL;
	AUTO_JSON json_t *streams = NULL;

	make_stream(lab);
	refused(lab, LOGS_CreateLogGroup, "{" GROUP "}", "ResourceAlreadyExistsException");
	refused(lab, LOGS_CreateLogStream, "{" STREAM "}", "ResourceAlreadyExistsException");
	refused(lab, LOGS_CreateLogStream, "{\"logGroupName\":\"no\",\"logStreamName\":\"x\"}",
		"ResourceNotFoundException");
	refused(lab, LOGS_PutRetentionPolicy, "{" GROUP ",\"retentionInDays\":2}",
		"InvalidParameterException");
	works(lab, LOGS_PutRetentionPolicy, "{" GROUP ",\"retentionInDays\":30}");

	groups = call(lab, LOGS_DescribeLogGroups, "{\"logGroupNamePrefix\":\"/golden\"}");
	assert_string_equal(json_path_str(groups, "logGroups.0.arn"),
			    "arn:aws:logs:us-east-1:123456789012:log-group:/golden/app:*");
	assert_int_equal(json_integer_value(json_path(groups, "logGroups.0.retentionInDays")), 30);
	streams = call(lab, LOGS_DescribeLogStreams, "{" GROUP "}");
	assert_string_equal(json_path_str(streams, "logStreams.0.logStreamName"), "app/app/1");
	assert_null(json_path(streams, "logStreams.0.lastEventTimestamp"));
	drop_group(lab);
	refused(lab, LOGS_DescribeLogStreams, "{" GROUP "}", "ResourceNotFoundException");
}

static void events_are_read_from_either_end(void **state)
{
	struct lab *lab = *state;
	int64_t from = lab_time(lab) - HOUR;
	AUTO_JSON json_t *head = NULL;
	AUTO_JSON json_t *next = NULL;
	AUTO_JSON json_t *tail = NULL;
	AUTO_JSON json_t *before = NULL;
	AUTO_JSON json_t *end = NULL;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *back = NULL;
	AUTO_FREE char *last = NULL;

	make_stream(lab);
	put(lab, from, 100);
	head = call(lab, LOGS_GetLogEvents, "{" STREAM ",\"startFromHead\":true,\"limit\":60}");
	assert_int_equal(count_events(head), 60);
	assert_string_equal(message_at(head, 0), "event 0");
	text = mem_fmt("{" STREAM ",\"nextToken\":\"%s\"}", json_str(head, "nextForwardToken"));
	next = call(lab, LOGS_GetLogEvents, text);
	assert_int_equal(count_events(next), 40);
	assert_string_equal(message_at(next, 0), "event 60");

	/* At the end the same token comes back, until there is more. */
	last = mem_fmt("{" STREAM ",\"nextToken\":\"%s\"}", json_str(next, "nextForwardToken"));
	end = call(lab, LOGS_GetLogEvents, last);
	assert_int_equal(count_events(end), 0);
	assert_string_equal(json_str(end, "nextForwardToken"), json_str(next, "nextForwardToken"));

	tail = call(lab, LOGS_GetLogEvents, "{" STREAM ",\"limit\":10}");
	assert_int_equal(count_events(tail), 10);
	assert_string_equal(message_at(tail, 0), "event 90");
	assert_string_equal(message_at(tail, 9), "event 99");
	back = mem_fmt("{" STREAM ",\"limit\":10,\"nextToken\":\"%s\"}",
		       json_str(tail, "nextBackwardToken"));
	before = call(lab, LOGS_GetLogEvents, back);
	assert_string_equal(message_at(before, 0), "event 80");
	assert_string_equal(message_at(before, 9), "event 89");
	drop_group(lab);
}

static void a_window_of_time_is_half_open(void **state)
{
	struct lab *lab = *state;
	int64_t from = lab_time(lab) - HOUR;
	AUTO_JSON json_t *out = NULL;
	AUTO_JSON json_t *found = NULL;
	AUTO_FREE char *get = mem_fmt("{" STREAM ",\"startFromHead\":true,\"startTime\":%lld,"
				      "\"endTime\":%lld}",
				      (long long)from + 1000, (long long)from + 3000);
	AUTO_FREE char *filter = mem_fmt("{" GROUP ",\"startTime\":%lld,\"endTime\":%lld}",
					 (long long)from + 1000, (long long)from + 3000);

	make_stream(lab);
	put(lab, from, 10);
	out = call(lab, LOGS_GetLogEvents, get);
	assert_int_equal(count_events(out), 2);
	found = call(lab, LOGS_FilterLogEvents, filter);
	assert_int_equal(count_events(found), 3); /* here its end is in it */
	drop_group(lab);
}

static void late_events_are_put_in_order(void **state)
{
	struct lab *lab = *state;
	int64_t from = lab_time(lab) - HOUR;
	AUTO_JSON json_t *out = NULL;
	AUTO_JSON json_t *tail = NULL;

	make_stream(lab);
	put(lab, from + 10000, 3);
	put(lab, from, 3);
	out = call(lab, LOGS_GetLogEvents, "{" STREAM ",\"startFromHead\":true}");
	assert_int_equal(count_events(out), 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(json_int_or(json_at(json_get(out, "events"), i), "timestamp", 0),
				 from + (int64_t)(i < 3 ? i : i + 7) * 1000);
	tail = call(lab, LOGS_GetLogEvents, "{" STREAM ",\"limit\":4}");
	assert_int_equal(count_events(tail), 4);
	assert_string_equal(message_at(tail, 0), "event 2");
	drop_group(lab);
}

static void a_batch_follows_the_rules(void **state)
{
	struct lab *lab = *state;
	long long now = lab_time(lab);
	AUTO_JSON json_t *out = NULL;
	AUTO_JSON json_t *kept = NULL;
	AUTO_FREE char *unordered =
		mem_fmt("{" STREAM ",\"logEvents\":[{\"timestamp\":%lld,\"message\":\"a\"},"
			"{\"timestamp\":%lld,\"message\":\"b\"}]}",
			now, now - 1);
	AUTO_FREE char *wide =
		mem_fmt("{" STREAM ",\"logEvents\":[{\"timestamp\":%lld,\"message\":\"a\"},"
			"{\"timestamp\":%lld,\"message\":\"b\"}]}",
			now - 25 * (long long)HOUR, now);
	AUTO_FREE char *old =
		mem_fmt("{" STREAM ",\"logEvents\":[{\"timestamp\":%lld,\"message\":\"a\"},"
			"{\"timestamp\":%lld,\"message\":\"b\"}]}",
			now - 14 * (long long)DAY - 1, now - 14 * (long long)DAY + 1);
	AUTO_FREE char *new =
		mem_fmt("{" STREAM ",\"logEvents\":[{\"timestamp\":%lld,\"message\":\"a\"},"
			"{\"timestamp\":%lld,\"message\":\"b\"}]}",
			now, now + 2 * (long long)HOUR + 60000);

	make_stream(lab);
	refused(lab, LOGS_PutLogEvents, unordered, "InvalidParameterException");
	refused(lab, LOGS_PutLogEvents, wide, "InvalidParameterException");
	out = call(lab, LOGS_PutLogEvents, old);
	assert_int_equal(json_integer_value(json_path(out, "rejectedLogEventsInfo."
							   "tooOldLogEventEndIndex")),
			 1);
	json_decref(out);
	out = call(lab, LOGS_PutLogEvents, new);
	assert_int_equal(json_integer_value(json_path(out, "rejectedLogEventsInfo."
							   "tooNewLogEventStartIndex")),
			 1);
	kept = call(lab, LOGS_GetLogEvents, "{" STREAM "}");
	assert_int_equal(count_events(kept), 2);
	drop_group(lab);
}

/* As a task plane does it, while the control plane looks on or does not. */
static void what_a_task_wrote_is_found(void **state)
{
	struct lab *lab = *state;
	AUTO_FREE char *path = log_segment_path("/golden/app", "app/app/1");
	AUTO_JSON json_t *streams = NULL;
	AUTO_JSON json_t *found = NULL;
	AUTO_JSON json_t *more = NULL;
	struct log_writer *writer;
	lab_ms now = {lab_time(lab)};

	make_stream(lab);
	assert_int_equal(log_writer_open(path, &writer), 0);
	log_writer_add(writer, now, now, "{\"status\":200}", 14);
	log_writer_add(writer, now, now, "{\"status\":503}", 14);
	log_writer_flush(writer);
	streams = call(lab, LOGS_DescribeLogStreams, "{" GROUP "}");
	assert_int_equal(json_integer_value(json_path(streams, "logStreams.0.lastEventTimestamp")),
			 now.ms);
	found = call(lab, LOGS_FilterLogEvents,
		     "{" GROUP ",\"filterPattern\":\"{ $.status >= 500 }\"}");
	assert_int_equal(count_events(found), 1);
	assert_string_equal(json_path_str(found, "events.0.logStreamName"), "app/app/1");
	assert_int_equal(strlen(json_path_str(found, "events.0.eventId")), 56);

	log_writer_add(writer, now, now, "{\"status\":500}", 14);
	log_writer_flush(writer);
	more = call(lab, LOGS_FilterLogEvents,
		    "{" GROUP ",\"filterPattern\":\"{ $.status >= 500 }\"}");
	assert_int_equal(count_events(more), 2);
	refused(lab, LOGS_PutLogEvents,
		"{" STREAM ",\"logEvents\":[{\"timestamp\":1,\"message\":\"a\"}]}",
		"ServiceUnavailableException");
	log_writer_close(writer);
	drop_group(lab);
	assert_int_equal(access("logs/%2Fgolden%2Fapp", F_OK), -1);
}

static void streams_are_merged_by_time_and_paged(void **state)
{
	struct lab *lab = *state;
	lab_ms now = {lab_time(lab)};
	size_t seen = 0;
	char token[256] = "";
	int64_t last = 0;

	works(lab, LOGS_CreateLogGroup, "{" GROUP "}");
	for (int s = 0; s < 3; s++) {
		AUTO_FREE char *name = mem_fmt("s%d", s);
		AUTO_FREE char *path = log_segment_path("/golden/app", name);
		AUTO_FREE char *text = mem_fmt("{" GROUP ",\"logStreamName\":\"%s\"}", name);
		struct log_writer *writer;

		works(lab, LOGS_CreateLogStream, text);
		assert_int_equal(log_writer_open(path, &writer), 0);
		for (int i = 0; i < 50; i++)
			log_writer_add(writer, (lab_ms){now.ms + i / 2}, now, "line", 4);
		log_writer_close(writer);
	}
	for (int page = 0; page < 100; page++) {
		AUTO_FREE char *text =
			mem_fmt("{" GROUP ",\"limit\":7%s%s%s}", *token ? ",\"nextToken\":\"" : "",
				token, *token ? "\"" : "");
		AUTO_JSON json_t *out = call(lab, LOGS_FilterLogEvents, text);
		const json_t *event;
		size_t i;

		json_each (json_get(out, "events"), i, event) {
			assert_true(json_int_or(event, "timestamp", 0) >= last);
			last = json_int_or(event, "timestamp", 0);
		}
		seen += count_events(out);
		if (!json_str(out, "nextToken"))
			break;
		snprintf(token, sizeof(token), "%s", json_str(out, "nextToken"));
	}
	assert_int_equal(seen, 150);
	drop_group(lab);
}

static void metric_filters_are_kept_and_checked(void **state)
{
	static const char good[] = "{" GROUP ",\"filterName\":\"f\",\"filterPattern\":"
				   "\"{ $.errorType = \\\"*\\\" }\",\"metricTransformations\":"
				   "[{\"metricName\":\"M\",\"metricNamespace\":\"N\","
				   "\"metricValue\":\"1\",\"defaultValue\":0}]}";
	struct lab *lab = *state;
	AUTO_JSON json_t *filters = NULL;
	AUTO_JSON json_t *groups = NULL;

	make_stream(lab);
	works(lab, LOGS_PutMetricFilter, good);
	filters = call(lab, LOGS_DescribeMetricFilters, "{" GROUP "}");
	assert_string_equal(json_path_str(filters, "metricFilters.0.filterName"), "f");
	groups = call(lab, LOGS_DescribeLogGroups, "{}");
	assert_int_equal(json_integer_value(json_path(groups, "logGroups.0.metricFilterCount")), 1);
	refused(lab, LOGS_PutMetricFilter,
		"{" GROUP ",\"filterName\":\"g\",\"filterPattern\":\"[a, b]\","
		"\"metricTransformations\":[{\"metricName\":\"M\",\"metricNamespace\":\"N\","
		"\"metricValue\":\"1\"}]}",
		"InvalidParameterException");
	works(lab, LOGS_DeleteMetricFilter, "{" GROUP ",\"filterName\":\"f\"}");
	drop_group(lab);
}

static int in_a_folder(void **state)
{
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int and_out(void **state)
{
	rmdir("logs");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(groups_and_streams_come_and_go, opened, closed),
		cmocka_unit_test_setup_teardown(events_are_read_from_either_end, opened, closed),
		cmocka_unit_test_setup_teardown(a_window_of_time_is_half_open, opened, closed),
		cmocka_unit_test_setup_teardown(late_events_are_put_in_order, opened, closed),
		cmocka_unit_test_setup_teardown(a_batch_follows_the_rules, opened, closed),
		cmocka_unit_test_setup_teardown(what_a_task_wrote_is_found, opened, closed),
		cmocka_unit_test_setup_teardown(streams_are_merged_by_time_and_paged, opened,
						closed),
		cmocka_unit_test_setup_teardown(metric_filters_are_kept_and_checked, opened,
						closed),
	};

	return cmocka_run_group_tests(tests, in_a_folder, and_out);
}
