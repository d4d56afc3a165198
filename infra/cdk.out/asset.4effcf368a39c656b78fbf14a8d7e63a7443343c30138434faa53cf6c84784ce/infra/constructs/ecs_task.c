/*
 * ecs_task.c - the task: the service's container, and the X-Ray daemon beside it.
 *
 * Two roles: ECS starts the task with the execution role (image, secret, log stream), the program
 * acts with the task role.
 */
#include "infra/constructs/ecs_task.h"

#include "infra/constructs/findings.h"

#include "infra/cdk/iam.h"

#include <string.h>

#define FAMILY "golden-app"
#define PROGRAM "/usr/bin/golden-app"
#define XRAY_IMAGE "public.ecr.aws/xray/aws-xray-daemon:3.x"
#define XRAY_PORT 2000
#define NOBODY "65534:65534"

static struct ecs_log_driver *log_driver(const struct ecs_task_props *props, const char *prefix)
{
	struct ecs_aws_log_driver_props driver = {
		.log_group = &props->log->ilog_group_ref,
		.stream_prefix = prefix,
	};

	return ecs_log_drivers_aws_logs(&driver);
}

/* ---- the service's container ---- */

static struct ecs_secret *field(const struct ecs_task_props *props, const char *name)
{
	return ecs_secret_from_secrets_manager(props->secret, name);
}

#define ENVIRONMENT_MAX 8

static size_t environment(const struct ecs_task_props *props, struct string_map_item *ret_items)
{
	const struct string_map_item items[] = {
		{"DB_SECRET_ARN", secretsmanager_isecret_secret_arn(props->secret)},
		{"DB_CREDENTIALS", props->credentials},
		{"DB_NAME", props->database},
		{"DB_SSLMODE", props->ssl_mode},
		{"PARAM_FAILURE_MODE", ssm_string_parameter_parameter_name(props->failure_mode)},
	};
	size_t n = array_len(items);

	memcpy(ret_items, items, sizeof(items));
	if (props->xray)
		ret_items[n++] = (struct string_map_item){"AWS_XRAY_DAEMON_ADDRESS",
							  cdk_fmt("127.0.0.1:%d", XRAY_PORT)};
	if (props->mysql)
		ret_items[n++] = (struct string_map_item){"DB_ENGINE", "mysql"};
	return n;
}

static void add_app(struct ecs_fargate_task_definition *task, const struct ecs_task_props *props)
{
	struct ecs_health_check health_check = {
		.command = LIST(string, "CMD", PROGRAM, "--healthcheck"),
		.interval = cdk_duration_seconds(15),
		.timeout = cdk_duration_seconds(3),
		.retries = NUM(3),
	};
	struct ecs_port_mapping port = {
		.container_port = NUM(ECS_TASK_PORT),
		.protocol = ECS_PROTOCOL_TCP,
	};
	struct string_map_item variables[ENVIRONMENT_MAX];
	struct ecs_container_definition_options app = {
		.image = props->image,
		.essential = YES,
		.user = NOBODY,
		.readonly_root_filesystem = BOOL(props->read_only_root),
		.logging = log_driver(props, "app"),
		.environment = {.items = variables, .count = environment(props, variables)},
		.secrets = MAP(ecs_secret, {"DB_HOST", field(props, "host")},
			       {"DB_PORT", field(props, "port")},
			       {"DB_USERNAME", field(props, "username")},
			       {"DB_PASSWORD", field(props, "password")}),
		.port_mappings = LIST(ecs_port_mapping, port),
		.health_check = &health_check,
		/* The program ends 25 s after SIGTERM at the latest. */
		.stop_timeout = cdk_duration_seconds(30),
	};

	ecs_fargate_task_definition_add_container(task, ECS_TASK_CONTAINER, &app);
}

/* ---- X-Ray ---- */

static void add_xray(struct ecs_fargate_task_definition *task, const struct ecs_task_props *props)
{
	struct ecs_port_mapping port = {
		.container_port = NUM(XRAY_PORT),
		.protocol = ECS_PROTOCOL_UDP,
	};
	struct ecs_container_definition_options xray = {
		.image = &ecs_container_image_from_registry(XRAY_IMAGE)->container_image,
		.essential = NO,
		.cpu = NUM(32),
		.memory_reservation_mib = NUM(128),
		.readonly_root_filesystem = BOOL(props->read_only_root),
		.logging = log_driver(props, "xray"),
		.port_mappings = LIST(ecs_port_mapping, port),
	};
	struct iam_policy_statement_props send = {
		.actions = LIST(string, "xray:PutTraceSegments", "xray:PutTelemetryRecords",
				"xray:GetSamplingRules", "xray:GetSamplingTargets"),
		.resources = LIST(string, "*"), /* X-Ray has no resources to name */
	};

	ecs_fargate_task_definition_add_container(task, "xray", &xray);
	ecs_fargate_task_definition_add_to_task_role_policy(task, iam_policy_statement_new(&send));
}

/* ---- roles ---- */

/* The key's own policy is left alone: it stands in the database's stack, which must not depend on
 * this one. What a role may decrypt is in the role. */
static void grant(struct ecs_fargate_task_definition *task, const struct ecs_task_props *props)
{
	struct iam_irole *role = ecs_fargate_task_definition_task_role(task);
	struct iam_irole *execution = ecs_fargate_task_definition_obtain_execution_role(task);

	secretsmanager_isecret_grant_read(props->secret, &role->igrantable);
	kms_key_grant_decrypt(props->secret_key, &role->igrantable);
	kms_key_grant_decrypt(props->secret_key, &execution->igrantable);
	ssm_string_parameter_grant_read(props->failure_mode, &role->igrantable);
}

static void accept_findings(struct ecs_fargate_task_definition *task)
{
	findings_accept_inline_policies(&task->construct);
	findings_accept_star(
		&task->construct,
		"X-Ray, ECS Exec's channels and ECR's token have no resources to name.");
	cdk_validations_acknowledge(
		cdk_validations_of(&task->iconstruct),
		{.id = "AwsSolutions-ECS2",
		 .reason = "The variables are names and addresses; what is secret comes from "
			   "Secrets Manager."},
		{.id = "NIST.800.53.R5-ECSTaskDefinitionUserForHostMode",
		 .reason = "Network mode is awsvpc, and the program runs as nobody."});
}

struct ecs_fargate_task_definition *ecs_task_new(struct constructs_construct *scope, const char *id,
						 const struct ecs_task_props *props)
{
	struct ecs_fargate_task_definition_props task_props = {
		.family = FAMILY,
		.cpu = NUM(props->cpu),
		.memory_limit_mib = NUM(props->memory),
	};
	struct ecs_fargate_task_definition *task =
		ecs_fargate_task_definition_new(scope, id, &task_props);

	add_app(task, props);
	if (props->xray)
		add_xray(task, props);
	grant(task, props);
	accept_findings(task);
	return task;
}
