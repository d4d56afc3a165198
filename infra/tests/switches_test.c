/*
 * switches_test.c - what each context value changes.
 */
#include "infra/tests/synthesis.h"

#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N "GoldenNetwork"
#define D "GoldenData"
#define C "GoldenCompute"
#define O "GoldenObservability"
#define P "GoldenDeployment"
#define IMAGE                             \
	{                                 \
		"image_repository", "app" \
	} /* nothing has to be hashed */

/* One thing to find (or, with `absent`, not to find) in a stack, `properties` being JSON with ' for ". */
struct promise {
	const char *stack;
	const char *type;
	int count; /* -1: any */
	const char *properties;
	bool absent;
};

static const struct row {
	struct context_value context[5];
	struct promise promises[6];
} rows[] = {
	{{IMAGE, {"nat", "per-az"}}, {{N, "AWS::EC2::NatGateway", 2}, {N, "AWS::EC2::EIP", 2}}},
	{{IMAGE, {"nat", "one"}}, {{N, "AWS::EC2::NatGateway", 1}}},
	{{IMAGE, {"vpc_endpoints", "true"}},
	 {{N, "AWS::EC2::VPCEndpoint", 9},
	  {N, "AWS::EC2::VPCEndpoint", -1, "{'VpcEndpointType': 'Gateway'}"},
	  {N, "AWS::EC2::SecurityGroup", 3}}},
	{{IMAGE, {"flow_logs", "false"}},
	 {{N, "AWS::EC2::FlowLog", 0}, {N, "AWS::Logs::LogGroup", 0}}},

	{{IMAGE, {"db_engine", "aurora-postgresql"}, {"db_min_acu", "1"}, {"db_max_acu", "8"}},
	 {{D, "AWS::RDS::DBCluster", 1,
	   "{'Engine': 'aurora-postgresql', 'EngineVersion': '15.10', "
	   "'DBClusterParameterGroupName': "
	   "'default.aurora-postgresql15', 'ServerlessV2ScalingConfiguration': {'MinCapacity': 1, "
	   "'MaxCapacity': 8}}"},
	  {D, "AWS::RDS::DBInstance", 1, "{'DBInstanceClass': 'db.serverless'}"},
	  {O, "AWS::CloudWatch::Alarm", -1, "{'MetricName': 'ACUUtilization'}"},
	  {O, "AWS::CloudWatch::Alarm", -1, "{'MetricName': 'VolumeBytesUsed'}"}}},
	{{IMAGE,
	  {"db_engine", "postgres"},
	  {"db_storage_gib", "50"},
	  {"db_instance_type", "m7g.large"}},
	 {{D, "AWS::RDS::DBInstance", 1,
	   "{'Engine': 'postgres', 'EngineVersion': '15.14', 'AllocatedStorage': '50', "
	   "'DBInstanceClass': 'db.m7g.large', 'StorageEncrypted': true}"},
	  {D, "AWS::RDS::DBCluster", 0},
	  {O, "AWS::CloudWatch::Alarm", -1,
	   "{'MetricName': 'FreeStorageSpace', 'ComparisonOperator': 'LessThanThreshold', "
	   "'Threshold': "
	   "5368709120}"},
	  {O, "AWS::CloudWatch::Alarm", -1, "{'MetricName': 'ACUUtilization'}", true}}},
	{{IMAGE, {"db_engine", "mysql"}},
	 {{D, "AWS::RDS::DBInstance", 1, "{'Engine': 'mysql', 'EngineVersion': '8.0.42'}"},
	  {D, "AWS::EC2::SecurityGroupIngress", 1, "{'FromPort': 3306}"},
	  {C, "AWS::ECS::TaskDefinition", 1}}},
	{{IMAGE, {"db_multi_az", "true"}}, {{D, "AWS::RDS::DBInstance", 2}}},
	{{IMAGE, {"db_engine", "postgres"}, {"db_multi_az", "true"}},
	 {{D, "AWS::RDS::DBInstance", 1, "{'MultiAZ': true}"}}},
	{{IMAGE, {"db_sslmode", "require"}},
	 {{D, "AWS::RDS::DBClusterParameterGroup", 1, "{'Parameters': {'rds.force_ssl': '1'}}"}}},
	{{IMAGE, {"db_sslmode", "require"}, {"db_engine", "mysql"}},
	 {{D, "AWS::RDS::DBParameterGroup", 1,
	   "{'Parameters': {'require_secure_transport': '1'}}"}}},
	{{IMAGE, {"db_backup_days", "14"}},
	 {{D, "AWS::RDS::DBCluster", 1, "{'BackupRetentionPeriod': 14}"}}},
	{{IMAGE, {"rotation_days", "30"}},
	 {{D, "AWS::SecretsManager::RotationSchedule", 1}, {D, "AWS::Serverless::Application", 1}}},
	{{IMAGE, {"deletion_protection", "true"}},
	 {{D, "AWS::RDS::DBCluster", 1, "{'DeletionProtection': true}"}}},

	{{IMAGE, {"task_cpu", "1024"}, {"task_memory", "2048"}},
	 {{C, "AWS::ECS::TaskDefinition", 1, "{'Cpu': '1024', 'Memory': '2048'}"}}},
	{{IMAGE, {"desired_count", "3"}, {"max_count", "9"}},
	 {{C, "AWS::ECS::Service", 1, "{'DesiredCount': 3}"},
	  {C, "AWS::ApplicationAutoScaling::ScalableTarget", 1,
	   "{'MinCapacity': 3, 'MaxCapacity': 9}"},
	  {O, "AWS::CloudWatch::Alarm", -1, "{'MetricName': 'RunningTaskCount', 'Threshold': 3}"}}},
	{{IMAGE, {"cpu_target", "40"}, {"requests_per_target", "900"}},
	 {{C, "AWS::ApplicationAutoScaling::ScalingPolicy", 2,
	   "{'TargetTrackingScalingPolicyConfiguration': {'TargetValue': 40}}"},
	  {C, "AWS::ApplicationAutoScaling::ScalingPolicy", 2,
	   "{'TargetTrackingScalingPolicyConfiguration': {'TargetValue': 900}}"}}},
	{{IMAGE, {"exec", "false"}},
	 {{C, "AWS::ECS::Service", 1, "{'EnableExecuteCommand': false}"},
	  {C, "AWS::ECS::Cluster", 1, "{'Configuration': {}}", true}}},
	{{IMAGE, {"certificate_arn", "arn:aws:acm:us-east-1:123456789012:certificate/a"}},
	 {{C, "AWS::ElasticLoadBalancingV2::Listener", 3, "{'Port': 443, 'Protocol': 'HTTPS'}"},
	  {C, "AWS::ElasticLoadBalancingV2::Listener", 3,
	   "{'Port': 80, 'DefaultActions': [{'Type': 'redirect', 'RedirectConfig': {'Protocol': "
	   "'HTTPS', "
	   "'Port': '443', 'StatusCode': 'HTTP_301'}}]}"}}},
	{{IMAGE, {"waf_logs", "true"}},
	 {{C, "AWS::WAFv2::LoggingConfiguration", 1},
	  {C, "AWS::Logs::LogGroup", 2, "{'LogGroupName': 'aws-waf-logs-golden'}"}}},
	{{IMAGE, {"log_days", "7"}, {"access_log_days", "10"}},
	 {{C, "AWS::Logs::LogGroup", 1, "{'RetentionInDays': 7}"},
	  {N, "AWS::Logs::LogGroup", 1, "{'RetentionInDays': 7}"},
	  {C, "AWS::S3::Bucket", 1,
	   "{'LifecycleConfiguration': {'Rules': [{'ExpirationInDays': 10}]}}"}}},

	{{IMAGE, {"alarm_email", "ops@example.com"}},
	 {{O, "AWS::SNS::Subscription", 1,
	   "{'Protocol': 'email', 'Endpoint': 'ops@example.com'}"}}},
	{{IMAGE, {"alarm_p95_ms", "250"}},
	 {{O, "AWS::CloudWatch::Alarm", -1,
	   "{'MetricName': 'TargetResponseTime', 'ExtendedStatistic': 'p95', 'Threshold': 0.25}"}}},
	{{IMAGE, {"alarm_db_connections", "10"}},
	 {{O, "AWS::CloudWatch::Alarm", -1,
	   "{'MetricName': 'DatabaseConnections', 'Threshold': 10}"}}},
	{{IMAGE, {"alarm_waf_hits", "7"}}, {{O, "AWS::CloudWatch::Alarm", -1, "{'Threshold': 7}"}}},
	{{IMAGE, {"dlq", "true"}},
	 {{O, "AWS::SQS::Queue", 1},
	  {O, "AWS::CloudWatch::Alarm", 9,
	   "{'MetricName': 'ApproximateNumberOfMessagesVisible', 'Threshold': 0}"}}},

	{{IMAGE, {"deployment", "rolling"}},
	 {{P, "AWS::CodeDeploy::DeploymentGroup", 0},
	  {P, "AWS::Lambda::Function", 1, "{'FunctionName': 'golden-reset'}"},
	  {C, "AWS::CloudWatch::Alarm", 2, "{'AlarmName': 'golden-rollback-5xx-rate'}"},
	  {C, "AWS::ECS::Service", 1,
	   "{'DeploymentConfiguration': {'DeploymentCircuitBreaker': {'Enable': true, 'Rollback': "
	   "true}, "
	   "'Alarms': {'AlarmNames': ['golden-rollback-5xx-rate', 'golden-rollback-p95'], "
	   "'Enable': true, "
	   "'Rollback': true}}}"}}},
	{{IMAGE, {"traffic_shift", "linear"}},
	 {{P, "AWS::CodeDeploy::DeploymentGroup", 1,
	   "{'DeploymentConfigName': 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes'}"}}},
	{{IMAGE, {"traffic_shift", "all-at-once"}},
	 {{P, "AWS::CodeDeploy::DeploymentGroup", 1,
	   "{'DeploymentConfigName': 'CodeDeployDefault.ECSAllAtOnce'}"}}},
	{{IMAGE, {"reset_schedule", "rate(1 day)"}},
	 {{P, "AWS::Events::Rule", 1, "{'ScheduleExpression': 'rate(1 day)'}"},
	  {P, "AWS::Lambda::Permission", 1}}},
};

static const json_t *read_properties(const char *text)
{
	AUTO_FREE char *json = mem_strdup(text);

	for (char *at = json; (at = strchr(at, '\'')); at++)
		*at = '"';
	return cdk_keep_json(json_loads(json, 0, NULL));
}

/* A list inside of properties has to be given whole, its objects not. */
static void keep(struct synthesis *it, const struct promise *promise)
{
	const json_t *properties;

	if (promise->count >= 0 && !promise->absent)
		count_is(it, promise->stack, promise->type, promise->count);
	if (!promise->properties)
		return;
	properties = read_properties(promise->properties);
	assert_non_null(properties);
	if (promise->absent)
		has_not(it, promise->stack, promise->type, properties);
	else
		has(it, promise->stack, promise->type, properties);
}

static void each_switch_does_what_it_says(void **state)
{
	for (size_t i = 0; i < array_len(rows); i++) {
		struct synthesis *it = synthesise(rows[i].context);

		print_message("  %s=%s\n", rows[i].context[1].name, rows[i].context[1].value);
		for (const struct promise *promise = rows[i].promises; promise->stack; promise++)
			keep(it, promise);
	}
}

/* ---- what takes more than a pattern ---- */

static const json_t *container(const struct synthesis *it, size_t i)
{
	return json_at(json_get(only(it, C, "AWS::ECS::TaskDefinition"), "ContainerDefinitions"),
		       i);
}

static const char *variable(const struct synthesis *it, const char *name)
{
	const json_t *one;
	size_t i;

	json_each (json_get(container(it, 0), "Environment"), i, one)
		if (strcmp(json_str(one, "Name"), name) == 0)
			return json_str(one, "Value");
	return NULL;
}

static void the_environment_says_how_to_reach_the_database(void **state)
{
	struct synthesis *it =
		synthesise(CONTEXT(IMAGE, {"db_sslmode", "require"}, {"db_credentials", "secret"},
				   {"db_engine", "mysql"}));

	assert_string_equal(variable(it, "DB_SSLMODE"), "require");
	assert_string_equal(variable(it, "DB_CREDENTIALS"), "secret");
	assert_string_equal(variable(it, "DB_ENGINE"), "mysql");
	assert_string_equal(variable(it, "DB_NAME"), "golden");

	it = synthesise(CONTEXT(IMAGE));
	assert_string_equal(variable(it, "DB_SSLMODE"), "prefer");
	assert_string_equal(variable(it, "DB_CREDENTIALS"), "env");
	assert_null(variable(it, "DB_ENGINE"));
	assert_string_equal(variable(it, "AWS_XRAY_DAEMON_ADDRESS"), "127.0.0.1:2000");
}

static void without_xray_there_is_one_container(void **state)
{
	struct synthesis *it = synthesise(CONTEXT(IMAGE, {"xray", "false"}));

	assert_null(container(it, 1));
	assert_null(variable(it, "AWS_XRAY_DAEMON_ADDRESS"));
}

static void a_read_only_root_is_every_containers(void **state)
{
	struct synthesis *it =
		synthesise(CONTEXT(IMAGE, {"exec", "false"}, {"read_only_root", "true"}));

	for (size_t i = 0; i < 2; i++)
		assert_true(json_is_true(json_get(container(it, i), "ReadonlyRootFilesystem")));
}

static void the_image_is_an_asset_or_a_repositorys(void **state)
{
	struct synthesis *it =
		synthesise(CONTEXT({"image_repository", "shop"}, {"image_tag", "v7"}));
	AUTO_FREE char *shop = json_dumps(json_get(container(it, 0), "Image"), 0);
	AUTO_FREE char *asset = NULL;

	assert_non_null(strstr(shop, "/shop:v7"));
	it = synthesise(NULL);
	asset = json_dumps(json_get(container(it, 0), "Image"), 0);
	assert_non_null(strstr(asset, "cdk-hnb659fds-container-assets-"));
}

static bool has_action(const json_t *rule, const char *which, const char *action)
{
	return json_is_object(json_path(rule, cdk_fmt("%s.%s", which, action)));
}

static void the_web_acl_counts_or_blocks(void **state)
{
	struct synthesis *it = synthesise(CONTEXT(IMAGE, {"waf_mode", "block"}));
	const json_t *rules = json_get(only(it, C, "AWS::WAFv2::WebACL"), "Rules");

	for (size_t i = 0; i < 3; i++)
		assert_true(has_action(json_at(rules, i), "OverrideAction", "None"));
	assert_true(has_action(json_at(rules, 3), "Action", "Count"));

	it = synthesise(CONTEXT(IMAGE, {"waf_rate_mode", "block"}, {"waf_rate_limit", "10"}));
	rules = json_get(only(it, C, "AWS::WAFv2::WebACL"), "Rules");
	for (size_t i = 0; i < 3; i++)
		assert_true(has_action(json_at(rules, i), "OverrideAction", "Count"));
	assert_true(has_action(json_at(rules, 3), "Action", "Block"));
	assert_int_equal(json_int_or(json_path(json_at(rules, 3), "Statement.RateBasedStatement"),
				     "Limit", 0),
			 10);
}

static void what_is_protected_stays(void **state)
{
	struct synthesis *it = synthesise(CONTEXT(IMAGE, {"deletion_protection", "true"}));
	const json_t *resources = json_get(template_of(it, D), "Resources");
	AUTO_FREE char *alb =
		json_dumps(only(it, C, "AWS::ElasticLoadBalancingV2::LoadBalancer"), 0);

	assert_string_equal(json_path_str(resources, "DataKey17AFBB84.DeletionPolicy"), "Retain");
	assert_string_equal(json_path_str(resources, "Db5D02A0A9.DeletionPolicy"), "Snapshot");
	assert_non_null(
		strstr(alb, "{\"Key\": \"deletion_protection.enabled\", \"Value\": \"true\"}"));
}

static void a_pipeline_deploys_the_stacks(void **state)
{
	struct synthesis *it = synthesise(CONTEXT(
		{"image_repository", "app"}, {"pipeline_source", "acme/golden@main"},
		{"pipeline_connection_arn", "arn:aws:codeconnections:us-east-1:1:connection/x"}));
	AUTO_FREE char *stages = json_dumps(
		json_get(only(it, "GoldenPipeline", "AWS::CodePipeline::Pipeline"), "Stages"), 0);

	assert_non_null(strstr(stages, "\"StackName\": \"GoldenNetwork\""));
	assert_non_null(strstr(stages, "\"StackName\": \"GoldenDeployment\""));
	assert_non_null(strstr(stages, "acme/golden"));
	assert_null(template_of(it, C));
}

static void what_cannot_be_is_said(void **state)
{
	assert_string_equal(refusal(CONTEXT({"waf_mod", "block"})),
			    "there is no context value 'waf_mod'; infra/README.md lists all");
	assert_string_equal(refusal(CONTEXT({"waf_mode", "stop"})),
			    "context waf_mode is one of count, block, not 'stop'");
	assert_string_equal(refusal(CONTEXT({"dlq", "yes"})),
			    "context dlq is one of false, true, not 'yes'");
	assert_string_equal(refusal(CONTEXT({"waf_rate_limit", "9"})),
			    "context waf_rate_limit is a number from 10 to 2000000000, not '9'");
	assert_non_null(refusal(CONTEXT({"log_days", "31"})));
	assert_non_null(refusal(CONTEXT({"desired_count", "7"})));
	assert_non_null(refusal(CONTEXT({"read_only_root", "true"})));
	assert_non_null(refusal(CONTEXT({"pipeline_source", "acme/golden@main"})));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_switch_does_what_it_says),
		cmocka_unit_test(the_environment_says_how_to_reach_the_database),
		cmocka_unit_test(without_xray_there_is_one_container),
		cmocka_unit_test(a_read_only_root_is_every_containers),
		cmocka_unit_test(the_image_is_an_asset_or_a_repositorys),
		cmocka_unit_test(the_web_acl_counts_or_blocks),
		cmocka_unit_test(what_is_protected_stays),
		cmocka_unit_test(a_pipeline_deploys_the_stacks),
		cmocka_unit_test(what_cannot_be_is_said),
	};

	return cmocka_run_group_tests(tests, synthesis_open, synthesis_close);
}
