/*
 * kept_test.c - the services that keep their documents: by their APIs, and as CloudFormation makes
 * them from properties such as our templates have.
 */
#include "lab/aws/lab.h"
#include "lab/models/application-autoscaling.h"
#include "lab/models/cloudwatch.h"
#include "lab/models/codedeploy.h"
#include "lab/models/lambda.h"
#include "lab/models/sns.h"
#include "lab/models/wafv2.h"
#include "lab/services/application-autoscaling/application_autoscaling.h"
#include "lab/services/cloudwatch/cloudwatch.h"
#include "lab/services/codedeploy/codedeploy.h"
#include "lab/services/lambda/lambda.h"
#include "lab/services/sns/sns.h"
#include "lab/services/wafv2/wafv2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Does what CloudFormation does to one resource: {Type, Props, Att?} makes, {Type, Props, Id} deletes. */
enum { STACK_Make, STACK_Delete, STACK_NOPS };

static const struct operation stack_operations[STACK_NOPS] = {
	[STACK_Make] = {.name = "Make", .input = MODEL_NONE, .output = MODEL_NONE},
	[STACK_Delete] = {.name = "Delete", .input = MODEL_NONE, .output = MODEL_NONE},
};
static const struct model stack_model = {
	.name = "stack",
	.iam_prefix = "stack",
	.ops = stack_operations,
	.nops = STACK_NOPS,
	.nfaults = 1,
};

static struct cfn_resource resource_of(const json_t *in)
{
	return (struct cfn_resource){
		.stack_name = "Golden",
		.stack_id = "arn:aws:cloudformation:us-east-1:123456789012:stack/Golden/1",
		.logical_id = "Thing",
		.physical_id = json_str(in, "Id"),
		.props = json_get(in, "Props"),
	};
}

static int make(struct request *rq, const json_t *in, json_t *out)
{
	const struct resource *type = lab_resource(rq->lab, json_str(in, "Type"));
	struct cfn_resource r = resource_of(in);
	const char *att = json_str(in, "Att");
	const char *id = NULL;
	int err;

	assert_non_null(type);
	err = type->create(rq, &r, &id);
	if (err)
		return err;
	json_set_str(out, "Id", id);
	r.physical_id = id;
	if (att)
		json_give(out, "Att", type->get_att(rq, &r, att));
	return 0;
}

static int delete (struct request *rq, const json_t *in, json_t *out)
{
	const struct resource *type = lab_resource(rq->lab, json_str(in, "Type"));
	struct cfn_resource r = resource_of(in);

	return type->delete (rq, &r);
}

static op_fn *const stack_ops[STACK_NOPS] = {make, delete};
static const struct service stack_service = {.model = &stack_model, .ops = stack_ops};
static const struct service *const services[] = {
	&application_autoscaling_service,
	&cloudwatch_service,
	&codedeploy_service,
	&lambda_service,
	&sns_service,
	&stack_service,
	&wafv2_service,
	NULL,
};

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	*state = lab;
	return 0;
}

/* The last answer, kept until the next call. */
static json_t *answer;

static int closed(void **state)
{
	json_decref(answer);
	answer = NULL;
	lab_close(*state);
	return 0;
}

static void keep(const struct lab_reply *reply, void *user)
{
	assert_true(reply->result >= 0);
	json_decref(answer);
	answer = reply->result ? json_pack("{s:s, s:s}", "Code", reply->fault->code, "Message",
					   reply->fault->message)
			       : json_deep_copy(reply->out);
}

static const json_t *call(struct lab *lab, const struct model *model, int op, const char *text)
{
	AUTO_JSON json_t *in = json_read(text, strlen(text));

	assert_non_null(in);
	lab_run(lab, &(struct lab_call){
			     .model = model,
			     .op = op,
			     .in = in,
			     .caller = lab_operator(lab),
			     .done = keep,
		     });
	lab_turn(lab);
	return answer;
}

/* The physical id; owned by the caller. */
static char *made(struct lab *lab, const char *type, const char *props, const char *att)
{
	AUTO_FREE char *text =
		att ? mem_fmt("{\"Type\":\"%s\",\"Props\":%s,\"Att\":\"%s\"}", type, props, att)
		    : mem_fmt("{\"Type\":\"%s\",\"Props\":%s}", type, props);
	const json_t *out = call(lab, &stack_model, STACK_Make, text);

	if (!json_has(out, "Id"))
		fail_msg("%s: %s", json_str(out, "Code"), json_str(out, "Message"));
	return mem_strdup(json_str(out, "Id"));
}

static void deleted(struct lab *lab, const char *type, const char *props, const char *id)
{
	AUTO_FREE char *text =
		mem_fmt("{\"Type\":\"%s\",\"Props\":%s,\"Id\":\"%s\"}", type, props, id);

	assert_false(json_has(call(lab, &stack_model, STACK_Delete, text), "Code"));
	/* What is gone already is no fault. */
	assert_false(json_has(call(lab, &stack_model, STACK_Delete, text), "Code"));
}

#define ALARM_PROPS                                                                              \
	"{\"ComparisonOperator\":\"GreaterThanThreshold\",\"EvaluationPeriods\":5,\"Metrics\":[" \
	"{\"Id\":\"e\",\"Expression\":\"FILL(b,0)\",\"ReturnData\":true},{\"Id\":\"b\","         \
	"\"MetricStat\":{\"Metric\":{\"MetricName\":\"BlockedRequests\",\"Namespace\":"          \
	"\"AWS/WAFV2\"},\"Period\":\"60\",\"Stat\":\"Sum\"},\"ReturnData\":false}],"             \
	"\"Threshold\":100,\"TreatMissingData\":\"notBreaching\"}"

static void an_alarm_is_kept_and_waits_for_data(void **state)
{
	AUTO_FREE char *name = made(*state, "AWS::CloudWatch::Alarm", ALARM_PROPS, "Arn");
	const json_t *out;

	assert_memory_equal(name, "Golden-Thing-", 13);
	assert_memory_equal(json_str(answer, "Att"),
			    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Golden-Thing-", 60);
	out = call(*state, &cloudwatch_model, CLOUDWATCH_DescribeAlarms, "{}");
	assert_string_equal(json_path_str(out, "MetricAlarms.0.StateValue"), "INSUFFICIENT_DATA");
	assert_string_equal(json_path_str(out, "MetricAlarms.0.StateReason"),
			    "Unchecked: Initial alarm creation");
	assert_int_equal(
		json_integer_value(json_path(out, "MetricAlarms.0.Metrics.1.MetricStat.Period")),
		60);
	deleted(*state, "AWS::CloudWatch::Alarm", ALARM_PROPS, name);
	out = call(*state, &cloudwatch_model, CLOUDWATCH_DescribeAlarms, "{}");
	assert_int_equal(json_array_size(json_get(out, "MetricAlarms")), 0);
}

#define PUT_ALARM                                                                               \
	"{\"AlarmName\":\"%s\",\"MetricName\":\"m\",\"Namespace\":\"n\",\"Statistic\":\"Sum\"," \
	"\"Period\":%d,\"EvaluationPeriods\":1,\"Threshold\":1,\"ComparisonOperator\":"         \
	"\"GreaterThanThreshold\"}"

static void put_alarm(struct lab *lab, const char *name, int period)
{
	AUTO_FREE char *text = mem_fmt(PUT_ALARM, name, period);

	call(lab, &cloudwatch_model, CLOUDWATCH_PutMetricAlarm, text);
}

static void alarms_come_in_pages(void **state)
{
	AUTO_FREE char *more = NULL;
	const json_t *out;

	put_alarm(*state, "a", 60);
	put_alarm(*state, "b", 60);
	put_alarm(*state, "c", 61);
	assert_string_equal(json_str(answer, "Code"), "ValidationError");
	out = call(*state, &cloudwatch_model, CLOUDWATCH_DescribeAlarms, "{\"MaxRecords\":1}");
	assert_string_equal(json_path_str(out, "MetricAlarms.0.AlarmName"), "a");
	more = mem_fmt("{\"MaxRecords\":1,\"NextToken\":\"%s\"}", json_str(out, "NextToken"));
	out = call(*state, &cloudwatch_model, CLOUDWATCH_DescribeAlarms, more);
	assert_string_equal(json_path_str(out, "MetricAlarms.0.AlarmName"), "b");
	assert_false(json_has(out, "NextToken"));
	out = call(*state, &cloudwatch_model, CLOUDWATCH_DescribeAlarms, "{\"NextToken\":\"2\"}");
	assert_string_equal(json_str(out, "Code"), "InvalidNextToken");
}

static void a_dashboard_comes_back_as_it_was_put(void **state)
{
	static const char props[] = "{\"DashboardBody\":\"{\\\"widgets\\\":[]}\"}";
	AUTO_FREE char *name = made(*state, "AWS::CloudWatch::Dashboard", props, NULL);
	AUTO_FREE char *get = mem_fmt("{\"DashboardName\":\"%s\"}", name);
	const json_t *out = call(*state, &cloudwatch_model, CLOUDWATCH_GetDashboard, get);

	assert_string_equal(json_str(out, "DashboardBody"), "{\"widgets\":[]}");
	deleted(*state, "AWS::CloudWatch::Dashboard", props, name);
	out = call(*state, &cloudwatch_model, CLOUDWATCH_GetDashboard, get);
	assert_string_equal(json_str(out, "Code"), "ResourceNotFound");
}

#define VISIBILITY \
	"{\"CloudWatchMetricsEnabled\":true,\"MetricName\":\"m\",\"SampledRequestsEnabled\":true}"
#define ACL_PROPS                                                                                \
	"{\"DefaultAction\":{\"Allow\":{}},\"Name\":\"golden\",\"Rules\":[{\"Name\":\"Common\"," \
	"\"OverrideAction\":{\"Count\":{}},\"Priority\":0,\"Statement\":{"                       \
	"\"ManagedRuleGroupStatement\":{\"Name\":\"AWSManagedRulesCommonRuleSet\","              \
	"\"VendorName\":\"AWS\"}},\"VisibilityConfig\":" VISIBILITY                              \
	"},{\"Action\":{\"Count\":{}},"                                                          \
	"\"Name\":\"Rate\",\"Priority\":3,\"Statement\":{\"RateBasedStatement\":{"               \
	"\"AggregateKeyType\":\"IP\",\"EvaluationWindowSec\":300,\"Limit\":2000}},"              \
	"\"VisibilityConfig\":" VISIBILITY                                                       \
	"}],\"Scope\":\"REGIONAL\",\"VisibilityConfig\":" VISIBILITY "}"

static void a_web_acl_is_kept_and_guards_a_load_balancer_on_paper(void **state)
{
	AUTO_FREE char *id = made(*state, "AWS::WAFv2::WebACL", ACL_PROPS, "Arn");
	AUTO_FREE char *arn = mem_strdup(json_str(answer, "Att"));
	AUTO_FREE char *props = mem_fmt("{\"ResourceArn\":\"arn:alb:loadbalancer/app/x\","
					"\"WebACLArn\":\"%s\"}",
					arn);
	AUTO_FREE char *link = made(*state, "AWS::WAFv2::WebACLAssociation", props, NULL);
	const json_t *out;

	assert_memory_equal(id, "golden|", 7);
	assert_string_equal(strrchr(id, '|'), "|REGIONAL");
	out = call(*state, &wafv2_model, WAFV2_GetWebACLForResource,
		   "{\"ResourceArn\":\"arn:alb:loadbalancer/app/x\"}");
	assert_string_equal(json_path_str(out, "WebACL.ARN"), arn);
	assert_int_equal(json_integer_value(json_path(out, "WebACL.Capacity")), 702);
	assert_int_equal(json_integer_value(json_path(
				 out, "WebACL.Rules.1.Statement.RateBasedStatement.Limit")),
			 2000);

	deleted(*state, "AWS::WAFv2::WebACLAssociation", props, link);
	deleted(*state, "AWS::WAFv2::WebACL", ACL_PROPS, id);
	out = call(*state, &wafv2_model, WAFV2_ListWebACLs, "{\"Scope\":\"REGIONAL\"}");
	assert_int_equal(json_array_size(json_get(out, "WebACLs")), 0);
}

#define TARGET_PROPS                                                                           \
	"{\"MaxCapacity\":6,\"MinCapacity\":\"2\",\"ResourceId\":\"service/c/s\",\"RoleARN\":" \
	"\"arn:aws:iam::123456789012:role/r\",\"ScalableDimension\":"                          \
	"\"ecs:service:DesiredCount\",\"ServiceNamespace\":\"ecs\"}"
#define POLICY_PROPS                                                                             \
	"{\"PolicyName\":\"cpu\",\"PolicyType\":\"TargetTrackingScaling\",\"ScalingTargetId\":"  \
	"\"service/c/s|ecs:service:DesiredCount|ecs\","                                          \
	"\"TargetTrackingScalingPolicyConfiguration\":{\"PredefinedMetricSpecification\":{"      \
	"\"PredefinedMetricType\":\"ECSServiceAverageCPUUtilization\"},\"ScaleInCooldown\":300," \
	"\"TargetValue\":60}}"

static void a_scalable_target_and_its_policy_are_kept(void **state)
{
	AUTO_FREE char *target =
		made(*state, "AWS::ApplicationAutoScaling::ScalableTarget", TARGET_PROPS, "Id");
	AUTO_FREE char *policy =
		made(*state, "AWS::ApplicationAutoScaling::ScalingPolicy", POLICY_PROPS, "Arn");
	const json_t *out;

	assert_string_equal(target, "service/c/s|ecs:service:DesiredCount|ecs");
	out = call(*state, &application_autoscaling_model,
		   APPLICATION_AUTOSCALING_DescribeScalableTargets,
		   "{\"ServiceNamespace\":\"ecs\"}");
	assert_int_equal(json_integer_value(json_path(out, "ScalableTargets.0.MinCapacity")), 2);
	out = call(*state, &application_autoscaling_model,
		   APPLICATION_AUTOSCALING_DescribeScalingPolicies,
		   "{\"ServiceNamespace\":\"ecs\",\"PolicyNames\":[\"cpu\"]}");
	assert_string_equal(json_path_str(out, "ScalingPolicies.0.PolicyARN"), policy);
	deleted(*state, "AWS::ApplicationAutoScaling::ScalingPolicy", POLICY_PROPS, policy);
	deleted(*state, "AWS::ApplicationAutoScaling::ScalableTarget", TARGET_PROPS, target);
}

#define GROUP_PROPS                                                                              \
	"{\"ApplicationName\":\"golden\",\"DeploymentGroupName\":\"golden\","                    \
	"\"DeploymentConfigName\":\"CodeDeployDefault.ECSCanary10Percent5Minutes\","             \
	"\"DeploymentStyle\":{\"DeploymentOption\":\"WITH_TRAFFIC_CONTROL\",\"DeploymentType\":" \
	"\"BLUE_GREEN\"},\"ECSServices\":[{\"ClusterName\":\"c\",\"ServiceName\":\"s\"}],"       \
	"\"LoadBalancerInfo\":{\"TargetGroupPairInfoList\":[{\"ProdTrafficRoute\":{"             \
	"\"ListenerArns\":[\"l\"]},\"TargetGroups\":[{\"Name\":\"b\"},{\"Name\":\"g\"}]}]},"     \
	"\"BlueGreenDeploymentConfiguration\":{\"TerminateBlueInstancesOnDeploymentSuccess\":{"  \
	"\"Action\":\"TERMINATE\",\"TerminationWaitTimeInMinutes\":5}},\"ServiceRoleArn\":"      \
	"\"arn:aws:iam::123456789012:role/r\"}"

static void a_deployment_group_is_kept_under_its_application(void **state)
{
	static const char app[] = "{\"ApplicationName\":\"golden\",\"ComputePlatform\":\"ECS\"}";
	static const char get[] =
		"{\"applicationName\":\"golden\",\"deploymentGroupName\":\"golden\"}";
	AUTO_FREE char *name = made(*state, "AWS::CodeDeploy::Application", app, NULL);
	AUTO_FREE char *group = made(*state, "AWS::CodeDeploy::DeploymentGroup", GROUP_PROPS, NULL);
	const json_t *out = call(*state, &codedeploy_model, CODEDEPLOY_GetDeploymentGroup, get);

	assert_string_equal(json_path_str(out, "deploymentGroupInfo.ecsServices.0.serviceName"),
			    "s");
	assert_string_equal(json_path_str(out, "deploymentGroupInfo.computePlatform"), "ECS");
	deleted(*state, "AWS::CodeDeploy::DeploymentGroup", GROUP_PROPS, group);
	out = call(*state, &codedeploy_model, CODEDEPLOY_GetDeploymentGroup, get);
	assert_string_equal(json_str(out, "Code"), "DeploymentGroupDoesNotExistException");
	deleted(*state, "AWS::CodeDeploy::Application", app, name);
	out = call(*state, &codedeploy_model, CODEDEPLOY_ListApplications, "{}");
	assert_int_equal(json_array_size(json_get(out, "applications")), 0);
}

#define FUNCTION_PROPS                                                                         \
	"{\"Code\":{\"S3Bucket\":\"bkt\",\"S3Key\":\"k.zip\"},\"Handler\":\"bootstrap\","      \
	"\"LoggingConfig\":{\"LogGroup\":\"lg\"},\"MemorySize\":128,\"Role\":"                 \
	"\"arn:aws:iam::123456789012:role/r\",\"Runtime\":\"provided.al2023\",\"Timeout\":60," \
	"\"FunctionName\":\"Hook\"}"

static void a_function_is_kept_and_says_that_it_does_not_run(void **state)
{
	AUTO_FREE char *name = made(*state, "AWS::Lambda::Function", FUNCTION_PROPS, "Arn");
	const json_t *out;

	assert_string_equal(json_str(answer, "Att"),
			    "arn:aws:lambda:us-east-1:123456789012:function:Hook");
	out = call(*state, &lambda_model, LAMBDA_GetFunction,
		   "{\"FunctionName\":\"arn:aws:lambda:us-east-1:123456789012:function:Hook\"}");
	assert_string_equal(json_path_str(out, "Configuration.State"), "Inactive");
	assert_string_equal(json_path_str(out, "Configuration.LoggingConfig.LogGroup"), "lg");
	deleted(*state, "AWS::Lambda::Function", FUNCTION_PROPS, name);
	out = call(*state, &lambda_model, LAMBDA_GetFunction, "{\"FunctionName\":\"Hook\"}");
	assert_string_equal(json_str(out, "Code"), "ResourceNotFoundException");
}

static void a_zip_file_is_measured(void **state)
{
	const json_t *out = call(*state, &lambda_model, LAMBDA_CreateFunction,
				 "{\"FunctionName\":\"f\",\"Runtime\":\"provided.al2023\","
				 "\"Handler\":\"h\",\"Role\":\"arn:aws:iam::123456789012:role/r\","
				 "\"Code\":{\"ZipFile\":\"abc\"}}");

	assert_int_equal(json_int_or(out, "CodeSize", 0), 3);
	assert_string_equal(json_str(out, "CodeSha256"),
			    "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

static void a_topic_is_kept_once(void **state)
{
	static const char props[] = "{\"DisplayName\":\"golden alarms\",\"TopicName\":\"t\"}";
	AUTO_FREE char *arn = made(*state, "AWS::SNS::Topic", props, "TopicName");
	const json_t *out;

	assert_string_equal(arn, "arn:aws:sns:us-east-1:123456789012:t");
	assert_string_equal(json_str(answer, "Att"), "t");
	out = call(*state, &sns_model, SNS_CreateTopic,
		   "{\"Name\":\"t\",\"Attributes\":{\"DisplayName\":\"golden alarms\"}}");
	assert_string_equal(json_str(out, "TopicArn"), arn);
	out = call(*state, &sns_model, SNS_CreateTopic,
		   "{\"Name\":\"t\",\"Attributes\":{\"DisplayName\":\"other\"}}");
	assert_string_equal(json_str(out, "Code"), "InvalidParameter");
	out = call(*state, &sns_model, SNS_GetTopicAttributes,
		   "{\"TopicArn\":\"arn:aws:sns:us-east-1:123456789012:t\"}");
	assert_string_equal(json_path_str(out, "Attributes.DisplayName"), "golden alarms");
	deleted(*state, "AWS::SNS::Topic", props, arn);
	out = call(*state, &sns_model, SNS_ListTopics, "{}");
	assert_int_equal(json_array_size(json_get(out, "Topics")), 0);
}

static void an_unknown_property_is_refused_by_name(void **state)
{
	const json_t *out = call(*state, &stack_model, STACK_Make,
				 "{\"Type\":\"AWS::WAFv2::WebACL\",\"Props\":{\"Colour\":1}}");

	assert_non_null(strstr(json_str(out, "Message"), "Colour"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(an_alarm_is_kept_and_waits_for_data),
		TEST(alarms_come_in_pages),
		TEST(a_dashboard_comes_back_as_it_was_put),
		TEST(a_web_acl_is_kept_and_guards_a_load_balancer_on_paper),
		TEST(a_scalable_target_and_its_policy_are_kept),
		TEST(a_deployment_group_is_kept_under_its_application),
		TEST(a_function_is_kept_and_says_that_it_does_not_run),
		TEST(a_zip_file_is_measured),
		TEST(a_topic_is_kept_once),
		TEST(an_unknown_property_is_refused_by_name),
	};

	return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
