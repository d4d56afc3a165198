/*
 * events_cfn_test.c - a schedule and what it would call, as a stack has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial_resource.h"
#include "lab/models/events.h"
#include "lab/services/events/events.h"

static const struct service *const services[] = {&events_service, NULL};

#define TYPE "AWS::Events::Rule"
#define PROPS(targets) "{'ScheduleExpression': 'rate(1 hour)', 'Targets': [" targets "]}"
#define TARGET(id) "{'Id': '" id "', 'Arn': 'arn:aws:lambda:us-east-1:123456789012:function:f'}"

static void a_rule_comes_and_goes_with_its_targets(void **state)
{
	static const char one[] = PROPS(TARGET("a"));
	static const char two[] = PROPS(TARGET("b") ", " TARGET("c"));
	AUTO_FREE char *arn = NULL;
	struct trial t;
	const json_t *out;
	const char *id;

	trial_open(&t, services);
	assert_null(trial_make(&t, &events_service, TYPE, "{'ScheduleExpression': 'hourly'}"));
	assert_string_equal(t.code, "ValidationException");
	id = trial_make(&t, &events_service, TYPE, one);
	assert_non_null(id);
	out = trial_ask(&t, &events_model, EVENTS_DescribeRule, "{'Name': '%s'}", id);
	assert_string_equal(json_str(out, "State"), "ENABLED");
	arn = mem_strdup(json_str(out, "Arn"));
	assert_string_equal(trial_att(&t, &events_service, TYPE, id, one, "Arn"), arn);
	assert_null(trial_ask(&t, &events_model, EVENTS_DeleteRule, "{'Name': '%s'}", id));
	assert_true(trial_change(&t, &events_service, TYPE, id, one, two));
	out = trial_ask(&t, &events_model, EVENTS_ListTargetsByRule, "{'Rule': '%s'}", id);
	assert_int_equal(json_array_size(json_get(out, "Targets")), 2);
	assert_string_equal(json_path_str(out, "Targets.0.Id"), "b");
	out = trial_read(&t, &events_service, TYPE, id, two);
	assert_string_equal(json_path_str(out, "Targets.1.Id"), "c");
	assert_true(trial_unmake(&t, &events_service, TYPE, id, two));
	assert_null(trial_read(&t, &events_service, TYPE, id, two));
	trial_close(&t);
}

static void a_pattern_is_an_object(void **state)
{
	struct trial t;
	const json_t *out;
	const char *id;

	trial_open(&t, services);
	assert_null(
		trial_ask(&t, &events_model, EVENTS_PutRule, "{'Name': 'r', 'EventPattern': 'x'}"));
	assert_string_equal(t.code, "InvalidEventPatternException");
	id = trial_make(&t, &events_service, TYPE, "{'EventPattern': {'source': ['aws.ecs']}}");
	out = trial_ask(&t, &events_model, EVENTS_DescribeRule, "{'Name': '%s'}", id);
	assert_string_equal(json_str(out, "EventPattern"), "{\"source\":[\"aws.ecs\"]}");
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_comes_and_goes_with_its_targets),
		cmocka_unit_test(a_pattern_is_an_object),
	};

	return cmocka_run_group_tests_name("events_cfn", tests, NULL, NULL);
}
