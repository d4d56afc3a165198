/*
 * golden_path_test.c - what the golden path promises of its templates, with no option given.
 */
#include "infra/tests/synthesis.h"

#include "infra/cdk/constructs.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct synthesis *path;

static const json_t *like(const json_t *json)
{
	return cdk_any(&assertions_match_object_like(json)->object);
}

static const json_t *with(const json_t *array)
{
	return cdk_any(&assertions_match_array_with(array)->object);
}

static int open_path(void **state)
{
	if (synthesis_open(state) != 0)
		return -1;
	path = synthesise(NULL);
	return 0;
}

/* ---- the six of the seed ---- */

static void the_service_runs_on_fargate_only(void **state)
{
	has(path, "GoldenCompute", "AWS::ECS::Service",
	    CDK_JSON("{s:s, s:i}", "LaunchType", "FARGATE", "DesiredCount", 2));
	has(path, "GoldenCompute", "AWS::ECS::TaskDefinition",
	    CDK_JSON("{s:[s], s:s}", "RequiresCompatibilities", "FARGATE", "NetworkMode",
		     "awsvpc"));
	count_is(path, "GoldenCompute", "AWS::ECS::CapacityProvider", 0);
	count_is(path, "GoldenCompute", "AWS::AutoScaling::AutoScalingGroup", 0);
}

static void the_load_balancer_logs_to_the_logging_bucket(void **state)
{
	struct assertions_capture *bucket = assertions_capture_new();
	const json_t *attribute = CDK_JSON("{s:s, s:{s:O}}", "Key", "access_logs.s3.bucket",
					   "Value", "Ref", cdk_any(&bucket->object));
	const json_t *found;

	has(path, "GoldenCompute", "AWS::ElasticLoadBalancingV2::LoadBalancer",
	    CDK_JSON("{s:O}", "LoadBalancerAttributes",
		     with(CDK_JSON("[{s:s, s:s}, O]", "Key", "access_logs.s3.enabled", "Value",
				   "true", attribute))));
	found = json_path(template_of(path, "GoldenCompute"),
			  cdk_fmt("Resources.%s.Type", assertions_capture_as_string(bucket)));
	assert_string_equal(json_string_value(found), "AWS::S3::Bucket");
}

/* Each statement of the task role that reads a secret or a parameter names one thing. */
static void the_task_role_reaches_one_secret_and_one_parameter(void **state)
{
	const json_t *resources = json_get(template_of(path, "GoldenCompute"), "Resources");
	const json_t *statements =
		json_path(json_get(resources, "TaskTaskRoleDefaultPolicyC02AED32"),
			  "Properties.PolicyDocument.Statement");
	const json_t *statement;
	int secrets = 0, parameters = 0;
	size_t i;

	assert_non_null(statements);
	json_each (statements, i, statement) {
		AUTO_FREE char *text = json_dumps(statement, 0);

		if (strstr(text, "secretsmanager:")) {
			secrets++;
			assert_non_null(strstr(text, "GoldenData:ExportsOutputRefDbSecret"));
		}
		if (strstr(text, "\"ssm:")) {
			parameters++;
			assert_non_null(strstr(text, "{\"Ref\": \"FailureModeB573EC79\"}"));
		}
		if (strstr(text, "secretsmanager:") || strstr(text, "\"ssm:"))
			assert_null(strchr(text, '*'));
	}
	assert_int_equal(secrets, 1);
	assert_int_equal(parameters, 1);
}

static void the_web_acl_is_on_the_load_balancer_with_its_four_rules(void **state)
{
	static const char *const names[] = {
		"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet",
		"AWSManagedRulesAmazonIpReputationList", "RateLimitPerIp"};
	const json_t *acl = only(path, "GoldenCompute", "AWS::WAFv2::WebACL");
	AUTO_FREE char *text = json_dumps(acl, 0);
	size_t empty = 0;

	has(path, "GoldenCompute", "AWS::WAFv2::WebACLAssociation",
	    CDK_JSON("{s:{s:s}, s:{s:[s, s]}}", "ResourceArn", "Ref", "Alb16C2F182", "WebACLArn",
		     "Fn::GetAtt", "WebAcl", "Arn"));
	assert_int_equal(json_array_size(json_get(acl, "Rules")), array_len(names));
	for (size_t i = 0; i < array_len(names); i++)
		assert_string_equal(json_str(json_at(json_get(acl, "Rules"), i), "Name"), names[i]);
	/* Allow, and a Count of each rule: what jsii drops when it is sent as a bare {}. */
	for (const char *at = text; (at = strstr(at, "{}")); at++)
		empty++;
	assert_int_equal(empty, 1 + array_len(names));
}

static void codedeploy_goes_from_blue_to_green_and_back_by_alarm(void **state)
{
	const json_t *group = only(path, "GoldenDeployment", "AWS::CodeDeploy::DeploymentGroup");

	has(path, "GoldenDeployment", "AWS::CodeDeploy::Application",
	    CDK_JSON("{s:s}", "ComputePlatform", "ECS"));
	has(path, "GoldenDeployment", "AWS::CodeDeploy::DeploymentGroup",
	    CDK_JSON("{s:{s:s, s:s}, s:{s:b, s:[s, s, s]}, s:{s:b}}", "DeploymentStyle",
		     "DeploymentType", "BLUE_GREEN", "DeploymentOption", "WITH_TRAFFIC_CONTROL",
		     "AutoRollbackConfiguration", "Enabled", 1, "Events", "DEPLOYMENT_FAILURE",
		     "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM", "AlarmConfiguration",
		     "Enabled", 1));
	assert_int_equal(json_array_size(json_path(group, "AlarmConfiguration.Alarms")), 2);
	assert_int_equal(json_array_size(json_path(
				 group, "LoadBalancerInfo.TargetGroupPairInfoList.0.TargetGroups")),
			 2);
	has(path, "GoldenCompute", "AWS::ECS::Service",
	    CDK_JSON("{s:{s:s}}", "DeploymentController", "Type", "CODE_DEPLOY"));
}

static void the_database_lets_only_tasks_in(void **state)
{
	const json_t *group = only(path, "GoldenData", "AWS::EC2::SecurityGroup");
	const json_t *rule = only(path, "GoldenData", "AWS::EC2::SecurityGroupIngress");

	assert_null(json_get(group, "SecurityGroupIngress"));
	assert_null(json_get(rule, "CidrIp"));
	assert_string_equal(json_path_str(rule, "SourceSecurityGroupId.Fn::ImportValue"),
			    "GoldenNetwork:ExportsOutputFnGetAttAppSg898BCA4EGroupId325D937C");
	assert_int_equal(json_int_or(rule, "FromPort", 0), 5432);
	assert_int_equal(json_int_or(rule, "ToPort", 0), 5432);
}

/* ---- and the rest ---- */

static void nobody_reads_logs_in_the_clear_or_for_ever(void **state)
{
	static const char *const stacks[] = {"GoldenNetwork", "GoldenCompute", "GoldenDeployment"};

	for (size_t i = 0; i < array_len(stacks); i++) {
		const json_t *resources = json_get(template_of(path, stacks[i]), "Resources");
		const json_t *resource;
		const char *id;

		json_each_member (resources, id, resource) {
			if (strcmp(json_str(resource, "Type"), "AWS::Logs::LogGroup") != 0)
				continue;
			assert_non_null(json_path(resource, "Properties.KmsKeyId"));
			assert_non_null(json_path(resource, "Properties.RetentionInDays"));
		}
	}
}

static void the_bucket_is_private_encrypted_and_forgets(void **state)
{
	has(path, "GoldenCompute", "AWS::S3::Bucket",
	    CDK_JSON("{s:{s:b, s:b, s:b, s:b}, s:{s:[{s:i}]}}", "PublicAccessBlockConfiguration",
		     "BlockPublicAcls", 1, "BlockPublicPolicy", 1, "IgnorePublicAcls", 1,
		     "RestrictPublicBuckets", 1, "LifecycleConfiguration", "Rules",
		     "ExpirationInDays", 90));
	has(path, "GoldenCompute", "AWS::S3::BucketPolicy",
	    CDK_JSON("{s:{s:O}}", "PolicyDocument", "Statement",
		     with(CDK_JSON("[O]", like(CDK_JSON("{s:s, s:{s:{s:s}}}", "Effect", "Deny",
							"Condition", "Bool", "aws:SecureTransport",
							"false"))))));
}

static void secrets_come_from_secrets_manager_and_the_program_is_nobody(void **state)
{
	const json_t *task = only(path, "GoldenCompute", "AWS::ECS::TaskDefinition");
	const json_t *app = json_path(task, "ContainerDefinitions.0");
	const json_t *variable;
	size_t i;

	assert_string_equal(json_str(app, "User"), "65534:65534");
	assert_int_equal(json_array_size(json_get(app, "Secrets")), 4);
	json_each (json_get(app, "Environment"), i, variable)
		assert_null(strstr(json_str(variable, "Name"), "PASSWORD"));
	assert_int_equal(json_array_size(json_get(task, "ContainerDefinitions")), 2);
}

static void each_alarm_says_what_missing_data_means(void **state)
{
	const json_t *resources = json_get(template_of(path, "GoldenObservability"), "Resources");
	const json_t *resource;
	const char *id;
	int alarms = 0;

	json_each_member (resources, id, resource) {
		if (strcmp(json_str(resource, "Type"), "AWS::CloudWatch::Alarm") != 0)
			continue;
		alarms++;
		assert_non_null(json_path_str(resource, "Properties.TreatMissingData"));
		assert_non_null(json_path_str(resource, "Properties.AlarmDescription"));
		assert_int_equal(json_array_size(json_path(resource, "Properties.AlarmActions")),
				 1);
	}
	assert_int_equal(alarms, 8);
}

static void a_share_of_failures_is_alarming_after_five_minutes(void **state)
{
	has(path, "GoldenObservability", "AWS::CloudWatch::Alarm",
	    CDK_JSON("{s:i, s:i, s:s, s:O}", "Threshold", 1, "EvaluationPeriods", 5,
		     "ComparisonOperator", "GreaterThanThreshold", "Metrics",
		     with(CDK_JSON("[O]", like(CDK_JSON("{s:s}", "Expression",
							"100*(FILL(t5,0)+FILL(e5,0))/"
							"FILL(rc,1)"))))));
}

static void the_hook_has_the_name_that_codedeploy_may_call(void **state)
{
	has(path, "GoldenDeployment", "AWS::Lambda::Function",
	    CDK_JSON("{s:s, s:s, s:s}", "FunctionName", "CodeDeployHook_golden", "Handler",
		     "deploy_hook", "Runtime", "provided.al2023"));
	has(path, "GoldenDeployment", "AWS::SSM::Parameter",
	    CDK_JSON("{s:s}", "Name", "/golden/appspec"));
}

static void scaling_in_waits(void **state)
{
	has(path, "GoldenCompute", "AWS::ApplicationAutoScaling::ScalingPolicy",
	    CDK_JSON("{s:{s:{s:s}, s:i, s:i}}", "TargetTrackingScalingPolicyConfiguration",
		     "PredefinedMetricSpecification", "PredefinedMetricType",
		     "ALBRequestCountPerTarget", "TargetValue", 500, "ScaleInCooldown", 300));
	has(path, "GoldenCompute", "AWS::ApplicationAutoScaling::ScalingPolicy",
	    CDK_JSON("{s:{s:{s:s}, s:i}}", "TargetTrackingScalingPolicyConfiguration",
		     "PredefinedMetricSpecification", "PredefinedMetricType",
		     "ECSServiceAverageCPUUtilization", "TargetValue", 60));
}

/* ---- an Aspect written in C ---- */

struct census {
	int nodes;
	int security_groups;
};

static void count_node(void *context, struct constructs_iconstruct *node)
{
	struct census *census = context;
	struct cdk_cfn_resource *resource;

	census->nodes++;
	if (!cdk_cfn_resource_is_cfn_resource(cdk_any(&node->object)))
		return;
	resource = cdk_cfn_resource_from(&node->object);
	if (strcmp(cdk_cfn_resource_cfn_resource_type(resource), "AWS::EC2::SecurityGroup") != 0)
		return;
	census->security_groups++;
	cdk_cfn_resource_add_property_override(
		resource, "Tags", CDK_JSON("[{s:s, s:s}]", "Key", "census", "Value", "counted"));
}

static void an_aspect_in_c_visits_and_changes(void **state)
{
	static const struct cdk_iaspect_methods methods = {.visit = count_node};
	struct census census = {0};
	struct cdk_app *app = synthesis_app(CONTEXT({"image_repository", "app"}));
	struct synthesis *it;

	cdk_aspects_add(cdk_aspects_of(&app->iconstruct), cdk_iaspect_implement(&methods, &census));
	it = synthesis_of(app);
	assert_int_equal(census.security_groups, 3);
	assert_true(census.nodes > 100);
	has(it, "GoldenData", "AWS::EC2::SecurityGroup",
	    CDK_JSON("{s:[{s:s, s:s}]}", "Tags", "Key", "census", "Value", "counted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_service_runs_on_fargate_only),
		cmocka_unit_test(the_load_balancer_logs_to_the_logging_bucket),
		cmocka_unit_test(the_task_role_reaches_one_secret_and_one_parameter),
		cmocka_unit_test(the_web_acl_is_on_the_load_balancer_with_its_four_rules),
		cmocka_unit_test(codedeploy_goes_from_blue_to_green_and_back_by_alarm),
		cmocka_unit_test(the_database_lets_only_tasks_in),
		cmocka_unit_test(nobody_reads_logs_in_the_clear_or_for_ever),
		cmocka_unit_test(the_bucket_is_private_encrypted_and_forgets),
		cmocka_unit_test(secrets_come_from_secrets_manager_and_the_program_is_nobody),
		cmocka_unit_test(each_alarm_says_what_missing_data_means),
		cmocka_unit_test(a_share_of_failures_is_alarming_after_five_minutes),
		cmocka_unit_test(the_hook_has_the_name_that_codedeploy_may_call),
		cmocka_unit_test(scaling_in_waits),
		cmocka_unit_test(an_aspect_in_c_visits_and_changes),
	};

	return cmocka_run_group_tests(tests, open_path, synthesis_close);
}
