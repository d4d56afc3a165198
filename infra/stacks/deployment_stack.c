/*
 * deployment_stack.c - blue/green by CodeDeploy, its hook, and the reset job.
 */
#include "infra/stacks/deployment_stack.h"

#include "infra/constructs/ecs_task.h"
#include "infra/constructs/findings.h"
#include "infra/constructs/golden_function.h"
#include "infra/constructs/waf_web_acl.h"
#include "infra/stacks/golden_stack.h"

#include "infra/cdk/codedeploy.h"
#include "infra/cdk/events.h"
#include "infra/cdk/events_targets.h"
#include "infra/cdk/iam.h"

#include <stdlib.h>
#include <unistd.h>

/* AWS's managed policy for CodeDeploy on ECS may only invoke functions whose names begin so. */
#define HOOK_NAME "CodeDeployHook_golden"
#define RESET_NAME "golden-reset"

/* ---- functions ---- */

static const char *package_of(const struct options *options, const char *name)
{
	const char *folder = options->functions ? options->functions : GOLDEN_BUILD "/functions";
	const char *path = cdk_fmt("%s/%s.zip", folder, name);

	if (access(path, R_OK) < 0) {
		fprintf(stderr, "golden-infra: %s is missing; build it: make\n", path);
		exit(1);
	}
	return path;
}

static struct lambda_function *function_of(struct cdk_stack *stack, const char *id,
					   const struct options *options,
					   const struct network_stack *network,
					   struct golden_function_props props)
{
	props.package = package_of(options, props.handler);
	props.log_key = network->log_key;
	props.log_days = (int)options->log_days;
	props.keep_log = options->deletion_protection;
	return golden_function_new(&stack->construct, id, &props);
}

static void allow(struct lambda_function *function, const char *action, const char *resource)
{
	struct iam_policy_statement_props props = {
		.actions = LIST(string, action),
		.resources = LIST(string, resource),
	};

	lambda_function_add_to_role_policy(function, iam_policy_statement_new(&props));
}

static struct lambda_function *hook_of(struct cdk_stack *stack, const struct options *options,
				       const struct network_stack *network,
				       const struct compute_stack *compute)
{
	const char *host = elbv2_application_load_balancer_load_balancer_dns_name(
		compute->service.load_balancer);

	return function_of(
		stack, "Hook", options, network,
		(struct golden_function_props){
			.name = HOOK_NAME,
			.handler = "deploy_hook",
			.description = "looks at a new version behind the test listener",
			.environment = MAP(string, {"TEST_URL", cdk_fmt("http://%s:%d", host,
									TEST_LISTENER_PORT)}),
		});
}

static void run_by_schedule(struct cdk_stack *stack, struct lambda_function *reset,
			    const char *schedule)
{
	struct events_targets_lambda_function *target =
		events_targets_lambda_function_new(&reset->ifunction);
	struct events_rule_props props = {
		.schedule = events_schedule_expression(schedule),
		.targets = LIST(events_irule_target, &target->irule_target),
	};

	events_rule_new(&stack->construct, "ResetSchedule", &props);
}

static void add_reset(struct cdk_stack *stack, const struct options *options,
		      const struct network_stack *network, const struct compute_stack *compute)
{
	struct lambda_function *reset = function_of(
		stack, "Reset", options, network,
		(struct golden_function_props){
			.name = RESET_NAME,
			.handler = "reset",
			.description = "puts back what was broken on purpose",
			.environment = MAP(
				string,
				{"PARAM_FAILURE_MODE",
				 ssm_string_parameter_parameter_name(compute->failure_mode)},
				{"WEB_ACL_ARN", compute->web_acl_arn}, {"RATE_RULE", WAF_RATE_RULE},
				{"RATE_LIMIT", cdk_fmt("%.0f", options->waf_rate_limit)}),
		});

	allow(reset, "ssm:PutParameter", ssm_string_parameter_parameter_arn(compute->failure_mode));
	allow(reset, "wafv2:GetWebACL", compute->web_acl_arn);
	allow(reset, "wafv2:UpdateWebACL", compute->web_acl_arn);
	if (options->reset_schedule)
		run_by_schedule(stack, reset, options->reset_schedule);
}

/* ---- CodeDeploy ---- */

static struct codedeploy_iecs_deployment_config *shift_of(const struct options *options)
{
	switch (options->traffic_shift) {
	case SHIFT_CANARY:
		return codedeploy_ecs_deployment_config_CANARY_10PERCENT_5MINUTES();
	case SHIFT_LINEAR:
		return codedeploy_ecs_deployment_config_LINEAR_10PERCENT_EVERY_1MINUTES();
	case SHIFT_ALL_AT_ONCE:
		break;
	}
	return codedeploy_ecs_deployment_config_ALL_AT_ONCE();
}

static struct codedeploy_ecs_deployment_group *group_of(struct cdk_stack *stack,
							const struct options *options,
							const struct ecs_service_alb *service,
							const struct alarms *alarms)
{
	struct codedeploy_ecs_application_props application_props = {.application_name = "golden"};
	struct codedeploy_ecs_application *application =
		codedeploy_ecs_application_new(&stack->construct, "App", &application_props);
	struct codedeploy_ecs_blue_green_deployment_config blue_green = {
		.blue_target_group = &service->blue->itarget_group,
		.green_target_group = &service->green->itarget_group,
		.listener = &service->listener->ilistener_ref,
		.test_listener = &service->test_listener->ilistener_ref,
		.termination_wait_time = cdk_duration_minutes(5),
	};
	struct codedeploy_auto_rollback_config rollback = {
		.failed_deployment = YES,
		.stopped_deployment = YES,
		.deployment_in_alarm = YES,
	};
	struct codedeploy_ecs_deployment_group_props props = {
		.application = &application->iapplication_ref,
		.deployment_group_name = "golden",
		.service = &service->service->ibase_service,
		.blue_green_deployment_config = &blue_green,
		.deployment_config = &shift_of(options)->ideployment_config_ref,
		.alarms = LIST(cloudwatch_ialarm_ref, &alarms->rate_5xx->ialarm_ref,
			       &alarms->p95->ialarm_ref),
		.auto_rollback = &rollback,
	};

	return codedeploy_ecs_deployment_group_new(&stack->construct, "Group", &props);
}

static void store_app_spec(struct cdk_stack *stack, struct lambda_function *hook)
{
	const char *spec =
		cdk_fmt("{\"version\":0.0,\"Resources\":[{\"TargetService\":{\"Type\":\"AWS::ECS::"
			"Service\","
			"\"Properties\":{\"TaskDefinition\":\"%s\",\"LoadBalancerInfo\":{"
			"\"ContainerName\":\"%s\",\"ContainerPort\":%d}}}}],"
			"\"Hooks\":[{\"AfterAllowTestTraffic\":\"%s\"}]}",
			ssm_string_parameter_value_for_string_parameter(&stack->construct,
									TASK_DEFINITION_PARAMETER),
			ECS_TASK_CONTAINER, ECS_TASK_PORT, lambda_function_function_name(hook));
	struct ssm_string_parameter_props props = {
		.parameter_name = "/golden/appspec",
		.string_value = spec,
		.description =
			"what a CodeDeploy deployment of the current task definition is told",
	};

	ssm_string_parameter_new(&stack->construct, "AppSpec", &props);
}

static void add_blue_green(struct cdk_stack *stack, const struct options *options,
			   const struct network_stack *network, const struct compute_stack *compute,
			   const struct observability_stack *observability)
{
	struct lambda_function *hook = hook_of(stack, options, network, compute);
	struct codedeploy_ecs_deployment_group *group =
		group_of(stack, options, &compute->service, &observability->alarms);

	allow(hook, "codedeploy:PutLifecycleEventHookExecutionStatus",
	      codedeploy_ecs_deployment_group_deployment_group_arn(group));
	store_app_spec(stack, hook);
	cdk_validations_acknowledge(
		cdk_validations_of(&group->iconstruct),
		{.id = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
		       "AWSCodeDeployRoleForECS]",
		 .reason = "AWS keeps this policy in step with what CodeDeploy does on ECS."});
}

void deployment_stack_new(struct constructs_construct *scope, const struct options *options,
			  const struct network_stack *network, const struct compute_stack *compute,
			  const struct observability_stack *observability)
{
	struct cdk_stack *stack = golden_stack_new(scope, "GoldenDeployment",
						   "CodeDeploy blue/green, reset job", options);

	if (options->deployment == DEPLOYMENT_CODEDEPLOY)
		add_blue_green(stack, options, network, compute, observability);
	add_reset(stack, options, network, compute);
}
