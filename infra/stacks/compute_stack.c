/*
 * compute_stack.c - ECS, load balancer, web ACL.
 */
#include "infra/stacks/compute_stack.h"

#include "infra/constructs/ecs_task.h"
#include "infra/constructs/log_group.h"
#include "infra/constructs/logging_bucket.h"
#include "infra/stacks/golden_stack.h"

#include "infra/cdk/constructs.h"
#include "infra/cdk/ecr.h"
#include "infra/cdk/ecr_assets.h"

#define SERVICE "golden"
#define WEB_ACL "golden"
#define LOG_ID "AppLogsC5DF83A6" /* which the CDK makes of "AppLogs" */

static struct logs_log_group *log_of(struct cdk_stack *stack, const char *id, const char *name,
				     const struct options *options,
				     const struct network_stack *network)
{
	struct golden_log_group_props props = {
		.name = name,
		.key = network->log_key,
		.days = (int)options->log_days,
		.keep = options->deletion_protection,
	};

	return golden_log_group_new(&stack->construct, id, &props);
}

static struct ssm_string_parameter *failure_mode_of(struct cdk_stack *stack)
{
	struct ssm_string_parameter_props props = {
		.parameter_name = "/golden/failure_mode",
		.string_value = "none",
		.description = "break/fix switch",
	};

	return ssm_string_parameter_new(&stack->construct, "FailureMode", &props);
}

/* ---- the task ---- */

/* The Dockerfile builds with the whole repository: what it does not need is left out, so that the
 * image's name does not change with it. */
static struct ecs_container_image *built_image(void)
{
	struct ecs_asset_image_props props = {
		.file = "app/Dockerfile",
		.platform = ecr_assets_platform_LINUX_AMD64(),
		.exclude = LIST(string, "build*", ".git*", ".golden", "infra/node_modules",
				"infra/cdk.out", "docs", "ops", "*.md", "tests/pages", "tests/fuzz",
				"tests/goldens"),
	};

	return &ecs_container_image_from_asset(GOLDEN_SOURCE, &props)->container_image;
}

static struct ecs_container_image *image_of(struct cdk_stack *stack, const struct options *options)
{
	struct ecr_irepository *repository;

	if (!options->image_repository)
		return built_image();
	repository = ecr_repository_from_repository_name(&stack->construct, "Repository",
							 options->image_repository);
	return &ecs_container_image_from_ecr_repository(repository, options->image_tag)
			->container_image;
}

static void say_task_definition(struct cdk_stack *stack, struct ecs_fargate_task_definition *task)
{
	struct ssm_string_parameter_props props = {
		.parameter_name = TASK_DEFINITION_PARAMETER,
		.string_value = ecs_fargate_task_definition_task_definition_arn(task),
		.description = "the newest task definition",
	};

	ssm_string_parameter_new(&stack->construct, "TaskDefinitionArn", &props);
}

static struct ecs_fargate_task_definition *task_of(struct cdk_stack *stack,
						   const struct options *options,
						   const struct data_stack *data,
						   const struct compute_stack *it)
{
	struct ecs_task_props props = {
		.image = image_of(stack, options),
		.cpu = (int)options->task_cpu,
		.memory = (int)options->task_memory,
		.log = it->log,
		/* By its ARN: with its key known, a grant would change the key's policy, in a
		 * stack that must not depend on this one. */
		.secret = secretsmanager_secret_from_secret_complete_arn(
			&stack->construct, "DbSecret", data->database.secret_arn),
		.secret_key = data->key,
		.database = data->database.name,
		.ssl_mode = options->db_sslmode,
		.credentials = options->db_credentials,
		.mysql = options->db_engine == MYSQL,
		.failure_mode = it->failure_mode,
		.xray = options->xray,
		.read_only_root = options->read_only_root,
	};
	struct ecs_fargate_task_definition *task = ecs_task_new(&stack->construct, "Task", &props);

	say_task_definition(stack, task);
	cdk_validations_acknowledge(
		cdk_validations_of(&task->iconstruct),
		{.id = cdk_fmt("AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:%s:"
			       "<AWS::AccountId>:log-group:<" LOG_ID ">:*]",
			       options->region),
		 .reason = "ECS Exec writes streams into this one log group."});
	return task;
}

/* ---- the service ---- */

static struct ecs_service_alb service_of(struct cdk_stack *stack, const struct options *options,
					 const struct network_stack *network,
					 const struct compute_stack *it)
{
	struct logging_bucket_props bucket = {.days = (int)options->access_log_days};
	struct ecs_service_alb_props props = {
		.name = SERVICE,
		.vpc = network->vpc,
		.alb_group = network->alb_group,
		.task_group = network->task_group,
		.task = it->task,
		.deployment = options->deployment,
		.desired_tasks = (int)options->desired_count,
		.max_tasks = (int)options->max_count,
		.cpu_target = (int)options->cpu_target,
		.requests_per_target = (int)options->requests_per_target,
		.certificate_arn = options->certificate_arn,
		.access_logs = logging_bucket_new(&stack->construct, "AlbLogs", &bucket),
		.log = it->log,
		.log_key = network->log_key,
		.exec = options->exec,
		.rollback_p95 = options->alarm_p95_ms / 1000,
		.deletion_protection = options->deletion_protection,
	};

	/* "Default" does not show in the names of what is inside: they are Alb, Service, … */
	return ecs_service_alb_new(&stack->construct, "Default", &props);
}

static void add_web_acl(struct cdk_stack *stack, const struct options *options,
			const struct network_stack *network, struct compute_stack *it)
{
	struct waf_web_acl_props props = {
		.name = WEB_ACL,
		.mode = options->waf_mode,
		.rate_mode = options->waf_rate_mode,
		.rate_limit = (int)options->waf_rate_limit,
		.load_balancer = elbv2_application_load_balancer_load_balancer_arn(
			it->service.load_balancer),
	};
	struct wafv2_cfn_web_acl *acl;

	if (options->waf_logs)
		props.log = log_of(stack, "WafLogs", "aws-waf-logs-" WEB_ACL, options, network);
	acl = waf_web_acl_new(&stack->construct, "WebAcl", &props);
	it->web_acl_name = WEB_ACL;
	it->web_acl_arn = wafv2_cfn_web_acl_attr_arn(acl);
}

static void say_url(struct cdk_stack *stack, const struct compute_stack *it)
{
	const char *host =
		elbv2_application_load_balancer_load_balancer_dns_name(it->service.load_balancer);
	struct cdk_cfn_output_props props = {
		.value = host,
		.description = "the load balancer's address",
	};

	cdk_cfn_output_new(&stack->construct, "Url", &props);
}

struct compute_stack compute_stack_new(struct constructs_construct *scope,
				       const struct options *options,
				       const struct network_stack *network,
				       const struct data_stack *data)
{
	struct cdk_stack *stack =
		golden_stack_new(scope, "GoldenCompute", "ECS, ALB, WAF", options);
	struct compute_stack it = {
		.log = log_of(stack, "AppLogs", "/golden/app", options, network),
		.failure_mode = failure_mode_of(stack),
	};

	it.task = task_of(stack, options, data, &it);
	it.service = service_of(stack, options, network, &it);
	add_web_acl(stack, options, network, &it);
	say_url(stack, &it);
	return it;
}
