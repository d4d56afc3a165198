/*
 * xray_test.c - segments become traces, found by id and by time.
 */
#include "lab/services/xray/xray.h"
#include "lab/aws/trial.h"
#include "lab/models/xray.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ID "1-581cf771-a006649127e371903a2de979"

static const struct service *const services[] = {&xray_service, NULL};

/* The lab clock stands still: a time that it shows. */
static const json_t *put(struct trial *t, const char *document)
{
	AUTO_JSON json_t *in = json_object();

	json_push_str(json_add_array(in, "TraceSegmentDocuments"), document);
	return trial_ask_tree(t, &xray_model, XRAY_PutTraceSegments, in);
}

static void segments_of_one_trace_come_together(void **state)
{
	struct trial t;

	trial_open(&t, services);
	put(&t, "{\"trace_id\":\"" ID "\",\"id\":\"70de5b6f19ff9a0a\",\"name\":\"app\","
		"\"start_time\":1000.0,\"end_time\":1000.5,\"fault\":true,"
		"\"http\":{\"request\":{\"method\":\"GET\"},\"response\":{\"status\":500}}}");
	assert_int_equal(json_array_size(json_get(t.out, "UnprocessedTraceSegments")), 0);
	put(&t, "{\"trace_id\":\"" ID "\",\"id\":\"70de5b6f19ff9a0b\",\"name\":\"db\","
		"\"parent_id\":\"70de5b6f19ff9a0a\",\"start_time\":1000.1,\"end_time\":1001.0}");

	assert_non_null(
		trial_ask(&t, &xray_model, XRAY_BatchGetTraces, "{'TraceIds': ['%s', '1-0']}", ID));
	assert_int_equal(json_array_size(json_path(t.out, "Traces.0.Segments")), 2);
	assert_int_equal(llround(json_num_or(json_path(t.out, "Traces.0"), "Duration", 0) * 10),
			 10);
	assert_string_equal(json_path_str(t.out, "UnprocessedTraceIds.0"), "1-0");

	assert_non_null(trial_ask(&t, &xray_model, XRAY_GetTraceSummaries,
				  "{'StartTime': 900, 'EndTime': 1100}"));
	assert_true(json_bool_or(json_path(t.out, "TraceSummaries.0"), "HasFault", false));
	assert_int_equal(json_int_or(json_path(t.out, "TraceSummaries.0.Http"), "HttpStatus", 0),
			 500);
	assert_non_null(trial_ask(&t, &xray_model, XRAY_GetTraceSummaries,
				  "{'StartTime': 1001, 'EndTime': 1100}"));
	assert_int_equal(json_array_size(json_get(t.out, "TraceSummaries")), 0);
	trial_close(&t);
}

static void bad_segments_are_named_and_the_rest_is_kept(void **state)
{
	static const struct {
		const char *document, *code;
	} cases[] = {
		{"{", "ParseError"},
		{"{}", "MissingId"},
		{"{\"id\":\"x\"}", "InvalidId"},
		{"{\"id\":\"70de5b6f19ff9a0a\"}", "MissingTraceId"},
		{"{\"id\":\"70de5b6f19ff9a0a\",\"trace_id\":\"1\"}", "InvalidTraceId"},
		{"{\"id\":\"70de5b6f19ff9a0a\",\"trace_id\":\"" ID "\"}", "MissingName"},
		{"{\"id\":\"70de5b6f19ff9a0a\",\"trace_id\":\"" ID "\",\"name\":\"a\"}",
		 "MissingStartTime"},
	};
	struct trial t;

	trial_open(&t, services);
	for (size_t i = 0; i < array_len(cases); i++) {
		put(&t, cases[i].document);
		assert_string_equal(json_path_str(t.out, "UnprocessedTraceSegments.0.ErrorCode"),
				    cases[i].code);
	}
	trial_close(&t);
}

static void what_is_not_there_is_refused_by_name(void **state)
{
	struct trial t;

	trial_open(&t, services);
	assert_null(trial_ask(&t, &xray_model, XRAY_GetTraceSummaries,
			      "{'StartTime': 1, 'EndTime': 2, 'FilterExpression': 'fault'}"));
	assert_non_null(strstr(t.message, "not in the lab"));
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_of_one_trace_come_together),
		cmocka_unit_test(bad_segments_are_named_and_the_rest_is_kept),
		cmocka_unit_test(what_is_not_there_is_refused_by_name),
	};

	return cmocka_run_group_tests_name("xray", tests, NULL, NULL);
}
