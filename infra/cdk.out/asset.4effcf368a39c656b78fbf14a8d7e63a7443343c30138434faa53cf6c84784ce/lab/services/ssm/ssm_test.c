/*
 * ssm_test.c - parameters: names, versions, labels, filters, pages. SecureStrings need KMS: they are
 * in tests/secrets_test.c.
 */
#include "lab/services/ssm/ssm.h"
#include "lab/aws/trial.h"
#include "lab/models/ssm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&ssm_service, NULL};
static struct trial t;

static const json_t *ask(int op, const char *text)
{
	return trial_ask(&t, &ssm_model, op, "%s", text);
}

static const json_t *put(const char *name, const char *value)
{
	return trial_ask(&t, &ssm_model, SSM_PutParameter,
			 "{'Name': '%s', 'Value': '%s', 'Type': 'String', 'Overwrite': true}", name,
			 value);
}

static int opened(void **state)
{
	trial_open(&t, services);
	assert_non_null(ask(SSM_PutParameter, "{'Name': '/golden/failure_mode', 'Type': 'String',"
					      " 'Value': 'none', 'Description': 'switch'}"));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

static void a_parameter_is_read_by_name_and_arn(void **state)
{
	const json_t *out = ask(SSM_GetParameter, "{'Name': '/golden/failure_mode'}");

	assert_string_equal(json_path_str(out, "Parameter.Value"), "none");
	assert_string_equal(json_path_str(out, "Parameter.DataType"), "text");
	assert_int_equal(json_int_or(json_path(out, "Parameter"), "Version", 0), 1);
	out = ask(SSM_GetParameter, "{'Name': 'arn:aws:ssm:us-east-1:123456789012:parameter/golden/"
				    "failure_mode'}");
	assert_string_equal(json_path_str(out, "Parameter.Value"), "none");
	put("plain", "1");
	out = ask(SSM_GetParameter,
		  "{'Name': 'arn:aws:ssm:us-east-1:123456789012:parameter/plain'}");
	assert_string_equal(json_path_str(out, "Parameter.ARN"),
			    "arn:aws:ssm:us-east-1:123456789012:parameter/plain");
	assert_null(ask(SSM_GetParameter, "{'Name': '/golden/other'}"));
	assert_string_equal(t.code, "ParameterNotFound");
	assert_int_equal(t.status, 400);
}

static void overwriting_has_to_be_said(void **state)
{
	assert_null(ask(SSM_PutParameter, "{'Name': '/golden/failure_mode', 'Type': 'String',"
					  " 'Value': 'x'}"));
	assert_string_equal(t.code, "ParameterAlreadyExists");
	assert_string_equal(t.message, "The parameter already exists. To overwrite this value, set "
				       "the overwrite option in the request to true.");
	/* As the golden path's break does it: without a type. */
	const json_t *out = ask(SSM_PutParameter, "{'Name': '/golden/failure_mode', 'Value': "
						  "'return_500', 'Overwrite': true}");

	assert_int_equal(json_int_or(out, "Version", 0), 2);
	assert_string_equal(json_str(out, "Tier"), "Standard");
	out = ask(SSM_DescribeParameters, "{}");
	assert_string_equal(json_path_str(out, "Parameters.0.Description"), "switch");
	assert_string_equal(json_path_str(out, "Parameters.0.LastModifiedUser"),
			    "arn:aws:iam::123456789012:root");
	assert_null(ask(SSM_PutParameter, "{'Name': 'new', 'Value': 'x'}"));
	assert_string_equal(t.message, "A parameter type is required when you create a parameter.");
}

static void names_have_rules(void **state)
{
	static const struct {
		const char *name;
		const char *code;
	} rows[] = {
		{"/aws/x", "AccessDeniedException"},
		{"awsome", "AccessDeniedException"},
		{"ssm-x", "ValidationException"},
		{"a b", "ValidationException"},
		{"a/b", "ValidationException"},
		{"/a//b", "ValidationException"},
		{"/a/b/", "ValidationException"},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "HierarchyLevelLimitExceededException"},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", ""},
		{"/a_b.c-d", ""},
	};
	size_t i;

	for (i = 0; i < array_len(rows); i++) {
		put(rows[i].name, "x");
		if (strcmp(t.code, rows[i].code) != 0)
			fail_msg("%s: %s %s", rows[i].name, t.code, t.message);
	}
}

static void a_value_has_a_size_and_maybe_a_pattern(void **state)
{
	char big[4098] = "";

	memset(big, 'x', 4097);
	assert_null(put("big", big));
	assert_string_equal(t.code, "ValidationException");
	assert_non_null(trial_ask(&t, &ssm_model, SSM_PutParameter,
				  "{'Name': 'big', 'Value': '%s', 'Type': 'String',"
				  " 'Tier': 'Intelligent-Tiering'}",
				  big));
	assert_string_equal(json_str(t.out, "Tier"), "Advanced");
	assert_null(trial_ask(&t, &ssm_model, SSM_PutParameter,
			      "{'Name': 'big', 'Value': 'x', 'Tier': 'Standard',"
			      " 'Overwrite': true}"));

	assert_null(ask(SSM_PutParameter, "{'Name': 'n', 'Value': '12a', 'Type': 'String',"
					  " 'AllowedPattern': '[0-9]+'}"));
	assert_string_equal(t.code, "ParameterPatternMismatchException");
	assert_non_null(ask(SSM_PutParameter, "{'Name': 'n', 'Value': '12', 'Type': 'String',"
					      " 'AllowedPattern': '[0-9]+'}"));
	assert_null(put("n", "x"));
	assert_string_equal(t.code, "ParameterPatternMismatchException");
	assert_null(ask(SSM_PutParameter, "{'Name': 'm', 'Value': '12', 'Type': 'String',"
					  " 'AllowedPattern': '['}"));
	assert_string_equal(t.code, "InvalidAllowedPatternException");
}

static void versions_and_labels_can_be_asked_for(void **state)
{
	const json_t *out;

	put("v", "one");
	put("v", "two");
	out = ask(SSM_GetParameter, "{'Name': 'v:1'}");
	assert_string_equal(json_path_str(out, "Parameter.Value"), "one");
	assert_null(ask(SSM_GetParameter, "{'Name': 'v:3'}"));
	assert_string_equal(t.code, "ParameterVersionNotFound");

	out = ask(SSM_LabelParameterVersion,
		  "{'Name': 'v', 'ParameterVersion': 1, 'Labels': ['good', '1bad', 'awsx']}");
	assert_int_equal(json_array_size(json_get(out, "InvalidLabels")), 2);
	out = ask(SSM_GetParameter, "{'Name': 'v:good'}");
	assert_string_equal(json_path_str(out, "Parameter.Value"), "one");
	assert_non_null(ask(SSM_LabelParameterVersion, "{'Name': 'v', 'Labels': ['good']}"));
	out = ask(SSM_GetParameter, "{'Name': 'v:good'}");
	assert_string_equal(json_path_str(out, "Parameter.Value"), "two");

	out = ask(SSM_GetParameterHistory, "{'Name': 'v'}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	assert_string_equal(json_path_str(out, "Parameters.1.Labels.0"), "good");
	out = ask(SSM_GetParameterHistory, "{'Name': 'v', 'MaxResults': 1}");
	out = trial_ask(&t, &ssm_model, SSM_GetParameterHistory, "{'Name': 'v', 'NextToken': '%s'}",
			json_str(out, "NextToken"));
	assert_string_equal(json_path_str(out, "Parameters.0.Value"), "two");
}

static void the_hundred_and_first_version_pushes_out_the_first(void **state)
{
	int i;

	for (i = 0; i < 101; i++)
		assert_non_null(put("many", "x"));
	assert_null(ask(SSM_GetParameter, "{'Name': 'many:1'}"));
	assert_non_null(ask(SSM_GetParameter, "{'Name': 'many:2'}"));
	ask(SSM_LabelParameterVersion, "{'Name': 'many', 'ParameterVersion': 2, 'Labels': ['k']}");
	assert_null(put("many", "x"));
	assert_string_equal(t.code, "ParameterMaxVersionLimitExceeded");
}

static void several_are_read_at_once(void **state)
{
	const json_t *out;

	put("a", "1");
	out = ask(SSM_GetParameters, "{'Names': ['a', 'none', '/golden/failure_mode:1']}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	assert_string_equal(json_path_str(out, "InvalidParameters.0"), "none");
	out = ask(SSM_DeleteParameters, "{'Names': ['a', 'none']}");
	assert_string_equal(json_path_str(out, "DeletedParameters.0"), "a");
	assert_null(ask(SSM_DeleteParameter, "{'Name': 'a'}"));
	assert_null(ask(SSM_GetParameterHistory, "{'Name': 'a'}"));
}

static void paths_are_walked(void **state)
{
	const json_t *out;

	put("/app/a", "1");
	put("/app/b", "2");
	put("/app/deep/c", "3");
	put("/apple/d", "4");
	out = ask(SSM_GetParametersByPath, "{'Path': '/app'}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	out = ask(SSM_GetParametersByPath, "{'Path': '/app/', 'Recursive': true}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 3);
	out = ask(SSM_GetParametersByPath, "{'Path': '/', 'Recursive': true, 'MaxResults': 4}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 4);
	out = trial_ask(&t, &ssm_model, SSM_GetParametersByPath,
			"{'Path': '/', 'Recursive': true, 'NextToken': '%s'}",
			json_str(out, "NextToken"));
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 1);
	assert_string_equal(json_path_str(out, "Parameters.0.Name"), "/golden/failure_mode");
	assert_null(ask(SSM_GetParametersByPath, "{'Path': 'app'}"));
}

static void descriptions_are_filtered(void **state)
{
	const json_t *out;

	put("/app/a", "1");
	put("/app/deep/c", "3");
	ask(SSM_AddTagsToResource, "{'ResourceType': 'Parameter', 'ResourceId': '/app/a',"
				   " 'Tags': [{'Key': 'team', 'Value': 'x'}]}");
	out = ask(SSM_DescribeParameters,
		  "{'ParameterFilters': [{'Key': 'Path', 'Values': ['/app']}]}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 1);
	out = ask(SSM_DescribeParameters, "{'ParameterFilters': [{'Key': 'Name', 'Option': "
					  "'Contains', 'Values': ['deep', 'golden']}]}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	out = ask(SSM_DescribeParameters, "{'ParameterFilters': [{'Key': 'tag:team'}]}");
	assert_string_equal(json_path_str(out, "Parameters.0.Name"), "/app/a");
	out = ask(SSM_DescribeParameters, "{'Filters': [{'Key': 'Name', 'Values': ['/app']}]}");
	assert_int_equal(json_array_size(json_get(out, "Parameters")), 2);
	assert_null(ask(SSM_DescribeParameters,
			"{'ParameterFilters': [{'Key': 'Colour', 'Values': ['red']}]}"));
	assert_true(*t.code);
	out = ask(SSM_ListTagsForResource, "{'ResourceType': 'Parameter', 'ResourceId': '/app/a'}");
	assert_string_equal(json_path_str(out, "TagList.0.Value"), "x");
}

static void make_and_change(struct request *rq, void *user)
{
	const struct resource *type = lab_resource(rq->lab, "AWS::SSM::Parameter");
	AUTO_JSON json_t *props = trial_tree("{'Name': '/t', 'Type': 'String', 'Value': 'a',"
					     " 'Tags': {'k': 'v'}}");
	AUTO_JSON json_t *changed =
		trial_tree("{'Name': '/t', 'Type': 'String', 'Value': 7, 'Tags': {'k': 'v'}}");
	struct cfn_resource r = {.stack_name = "S", .logical_id = "P", .props = props};

	assert_int_equal(type->create(rq, &r, &r.physical_id), 0);
	assert_string_equal(r.physical_id, "/t");
	r.props = changed;
	assert_int_equal(type->update(rq, &r, props), 0);
	AUTO_JSON json_t *value = type->get_att(rq, &r, "Value");

	assert_string_equal(json_string_value(value), "7");
	assert_int_equal(type->delete (rq, &r), 0);
	assert_int_equal(type->delete (rq, &r), 0);
}

static void a_template_makes_a_parameter(void **state)
{
	trial_within(&t, &ssm_model, make_and_change, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_parameter_is_read_by_name_and_arn),
		TEST(overwriting_has_to_be_said),
		TEST(names_have_rules),
		TEST(a_value_has_a_size_and_maybe_a_pattern),
		TEST(versions_and_labels_can_be_asked_for),
		TEST(the_hundred_and_first_version_pushes_out_the_first),
		TEST(several_are_read_at_once),
		TEST(paths_are_walked),
		TEST(descriptions_are_filtered),
		TEST(a_template_makes_a_parameter),
	};

	return cmocka_run_group_tests_name("ssm", tests, NULL, NULL);
}
