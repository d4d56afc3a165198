/*
 * types_test.c - what is said of properties that a type does not have, and which change replaces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/services/cloudformation/types.h"

#include <string.h>

/* In the text ' stands for ". NULL: nothing is wrong. */
static void check(const char *type, const char *props, const char *expected)
{
	struct arena *arena = arena_open();
	char *text = arena_strdup(arena, props);
	AUTO_JSON json_t *tree = NULL;
	const char *said;

	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	tree = json_read(text, strlen(text));
	assert_non_null(tree);
	said = cfn_type_check(arena, type, "It", tree);
	if (expected)
		assert_string_equal(said ? said : "nothing is wrong", expected);
	else
		assert_string_equal(said ? said : "", "");
	arena_close(arena);
}

#define FAILED "Properties validation failed for resource It with message:\n"

static void a_misspelt_property_is_named(void **state)
{
	check("AWS::S3::Bucket", "{'BucketNam': 'a'}",
	      FAILED "[#: extraneous key [BucketNam] is not permitted]");
	check("AWS::ECS::TaskDefinition",
	      "{'ContainerDefinitions': [{'Name': 'a', 'Image': 'b', 'Entrypoint': ['c']}]}",
	      FAILED "[#/ContainerDefinitions/0: extraneous key [Entrypoint] is not permitted]");
	check("AWS::WAFv2::WebACL",
	      "{'Scope': 'REGIONAL', 'DefaultAction': {'Alow': {}}, 'VisibilityConfig': "
	      "{'MetricName': 'a', 'CloudWatchMetricsEnabled': true, 'SampledRequestsEnabled': "
	      "'false'}}",
	      FAILED "[#/DefaultAction: extraneous key [Alow] is not permitted]");
}

static void a_missing_property_is_named(void **state)
{
	check("AWS::S3::BucketPolicy", "{'Bucket': 'a'}",
	      FAILED "[#: required key [PolicyDocument] not found]");
	check("AWS::SNS::Topic", "{'Tags': [{'Key': 'a'}]}",
	      FAILED "[#/Tags/0: required key [Value] not found]");
}

static void a_value_of_another_type_is_refused(void **state)
{
	check("AWS::S3::Bucket", "{'Tags': 'a', 'BucketName': ['a']}",
	      FAILED "[#/Tags: expected type: JSONArray, found: String, "
		     "#/BucketName: expected type: String, found: JSONArray]");
	check("AWS::Logs::LogGroup", "{'RetentionInDays': 'soon'}",
	      FAILED "[#/RetentionInDays: expected type: Integer, found: String]");
	check("AWS::ECR::Repository", "{'ImageTagMutability': 'SOMETIMES'}",
	      FAILED "[#/ImageTagMutability: SOMETIMES is not a valid enum value]");
	check("AWS::Logs::LogGroup", "{'RetentionInDays': 29}",
	      FAILED "[#/RetentionInDays: 29 is not a valid enum value]");
	check("AWS::Lambda::Function",
	      "{'Role': 'r', 'Code': {}, 'Environment': {'Variables': {'A': ['b']}}}",
	      FAILED "[#/Environment/Variables/A: expected type: String, found: JSONArray]");
}

/* Numbers and booleans may be text and the other way round; a function may become anything. */
static void what_cloudformation_converts_is_fine(void **state)
{
	check("AWS::Logs::LogGroup", "{'RetentionInDays': '30', 'LogGroupName': 7}", NULL);
	check("AWS::KMS::Key", "{'EnableKeyRotation': 'true', 'KeyPolicy': {'any': ['thing']}}",
	      NULL);
	check("AWS::S3::Bucket", "{'Tags': {'Fn::If': ['a', [], []]}, 'BucketName': {'Ref': 'b'}}",
	      NULL);
	check("AWS::SSM::Parameter", "{'Type': 'String', 'Value': 'a', 'Tags': {'a': 'b'}}", NULL);
	check("Custom::Anything", "{'Whatever': 1}", NULL);
}

static void the_old_kind_of_type_says_one_thing_in_its_own_words(void **state)
{
	check("AWS::IAM::Policy", "{'PolicyName': 'a', 'PolicyDocument': {}, 'Rols': [], 'X': 1}",
	      "Encountered unsupported property Rols");
	check("AWS::IAM::Policy", "{'PolicyDocument': {}}", "Property PolicyName cannot be empty.");
	check("AWS::IAM::Policy", "{'PolicyName': 'a', 'PolicyDocument': {}, 'Roles': 'b'}",
	      "Value of property Roles must be of type List of String");
}

static void a_change_of_some_properties_replaces(void **state)
{
	assert_int_equal(cfn_type_replaces("AWS::S3::Bucket", "BucketName"), CFN_REPLACES_ALWAYS);
	assert_int_equal(cfn_type_replaces("AWS::S3::Bucket", "Tags"), CFN_REPLACES_NEVER);
	assert_int_equal(
		cfn_type_replaces("AWS::ECS::TaskDefinition", "ContainerDefinitions.Image"),
		CFN_REPLACES_ALWAYS);
	assert_int_equal(cfn_type_replaces("AWS::RDS::DBInstance", "MultiAZ"), CFN_REPLACES_MAYBE);
	assert_int_equal(cfn_type_replaces("AWS::ECS::Service", "DesiredCount"),
			 CFN_REPLACES_NEVER);
	assert_int_equal(cfn_type_replaces("Custom::Anything", "X"), CFN_REPLACES_NEVER);
}

static void names_and_attributes_are_known(void **state)
{
	assert_string_equal(cfn_type_name_property("AWS::IAM::Role"), "RoleName");
	assert_string_equal(cfn_type_name_property("AWS::SecretsManager::Secret"), "Name");
	assert_string_equal(cfn_type_name_property("AWS::RDS::DBCluster"), "DBClusterIdentifier");
	assert_null(cfn_type_name_property("AWS::EC2::VPC"));
	assert_true(cfn_type_has_attribute("AWS::RDS::DBCluster", "Endpoint.Address"));
	assert_false(cfn_type_has_attribute("AWS::RDS::DBCluster", "Endpoint.Addres"));
	assert_false(cfn_type_has_attribute("AWS::CloudWatch::Dashboard", ""));
	assert_true(cfn_type_exists("AWS::Neptune::DBCluster"));
	assert_true(cfn_type_exists("AWS::CDK::Metadata"));
	assert_false(cfn_type_exists("AWS::S3::Buckt"));
}

/* Templates that AWS takes: the paths come from meson. */
static void nothing_is_wrong_with_what_aws_takes(void **state)
{
	const char *const *paths = *state;

	for (; *paths; paths++) {
		AUTO_JSON json_t *template = json_load_file(*paths, 0, NULL);
		const json_t *resource;
		const char *name;

		assert_non_null(template);
		json_each_member (json_get(template, "Resources"), name, resource) {
			const char *type = json_str(resource, "Type");
			struct arena *arena = arena_open();
			const char *said =
				cfn_type_check(arena, type, name, json_get(resource, "Properties"));

			assert_true(cfn_type_exists(type));
			if (said)
				fail_msg("%s: %s", *paths, said);
			arena_close(arena);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_misspelt_property_is_named),
		cmocka_unit_test(a_missing_property_is_named),
		cmocka_unit_test(a_value_of_another_type_is_refused),
		cmocka_unit_test(what_cloudformation_converts_is_fine),
		cmocka_unit_test(the_old_kind_of_type_says_one_thing_in_its_own_words),
		cmocka_unit_test(a_change_of_some_properties_replaces),
		cmocka_unit_test(names_and_attributes_are_known),
		cmocka_unit_test_prestate(nothing_is_wrong_with_what_aws_takes, argv + 1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
