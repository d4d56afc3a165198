/*
 * lambda_cfn_test.c - functions of a stack, and who may call them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial_resource.h"
#include "lab/models/lambda.h"
#include "lab/services/lambda/lambda.h"

#include <string.h>

#define FUNCTION_TYPE "AWS::Lambda::Function"
#define PERMISSION_TYPE "AWS::Lambda::Permission"

static const struct service *const services[] = {&lambda_service, NULL};

#define FIXED "'Runtime': 'provided.al2023', 'Role': 'arn:aws:iam::123456789012:role/r'"
#define OLD                                                                       \
	"{" FIXED ", 'Handler': 'a', 'Code': {'ImageUri': 'one'}, 'Timeout': 30," \
	" 'Environment': {'Variables': {'MODE': '1'}}}"
#define CHANGED "{" FIXED ", 'Handler': 'b', 'Code': {'ImageUri': 'two'}}"

static void a_function_takes_new_code_and_forgets_what_is_no_longer_said(void **state)
{
	struct trial t;
	const char *name;
	const json_t *out;

	trial_open(&t, services);
	name = trial_make(&t, &lambda_service, FUNCTION_TYPE, OLD);
	assert_non_null(name);
	assert_true(trial_change(&t, &lambda_service, FUNCTION_TYPE, name, OLD, CHANGED));
	out = trial_ask(&t, &lambda_model, LAMBDA_GetFunction, "{'FunctionName': '%s'}", name);
	assert_string_equal(json_path_str(out, "Code.ImageUri"), "two");
	assert_string_equal(json_path_str(out, "Configuration.Handler"), "b");
	assert_int_equal(json_int_or(json_get(out, "Configuration"), "Timeout", 0), 3);
	assert_int_equal(json_object_size(json_path(out, "Configuration.Environment.Variables")),
			 0);
	assert_string_equal(json_path_str(out, "Tags.stage"), "two");
	out = trial_read(&t, &lambda_service, FUNCTION_TYPE, name, "{'Handler': 'x'}");
	assert_string_equal(json_str(out, "Handler"), "b");
	trial_close(&t);
}

static void a_permission_is_a_statement_of_the_functions_policy(void **state)
{
	static const char form[] = "{'FunctionName': '%s', 'Action': 'lambda:InvokeFunction', "
				   "'Principal': 'events.amazonaws.com', 'SourceArn': "
				   "'arn:aws:events:us-east-1:123456789012:rule/r'}";
	struct trial t;
	AUTO_FREE char *props = NULL;
	const char *name, *id, *policy;
	const json_t *out;

	trial_open(&t, services);
	name = trial_make(&t, &lambda_service, FUNCTION_TYPE, OLD);
	props = mem_fmt(form, name);
	id = trial_make(&t, &lambda_service, PERMISSION_TYPE, props);
	assert_non_null(id);
	out = trial_ask(&t, &lambda_model, LAMBDA_GetPolicy, "{'FunctionName': '%s'}", name);
	policy = json_str(out, "Policy");
	assert_non_null(strstr(policy, "{\"Service\":\"events.amazonaws.com\"}"));
	assert_non_null(strstr(policy, "{\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:events:"));
	assert_true(trial_unmake(&t, &lambda_service, PERMISSION_TYPE, id, props));
	assert_null(trial_ask(&t, &lambda_model, LAMBDA_GetPolicy, "{'FunctionName': '%s'}", name));
	assert_true(trial_unmake(&t, &lambda_service, PERMISSION_TYPE, id, props));
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_takes_new_code_and_forgets_what_is_no_longer_said),
		cmocka_unit_test(a_permission_is_a_statement_of_the_functions_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
