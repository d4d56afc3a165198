/*
 * golden_function.c - one of our Lambda functions (functions/), with role and log of its own.
 */
#include "infra/constructs/golden_function.h"

#include "infra/constructs/findings.h"
#include "infra/constructs/log_group.h"

#include "infra/cdk/iam.h"

static struct iam_role *role_of(struct constructs_construct *scope, const char *id,
				struct logs_log_group *log)
{
	struct iam_service_principal *lambda = iam_service_principal_new("lambda.amazonaws.com");
	struct iam_role_props role_props = {.assumed_by = &lambda->iprincipal};
	struct iam_role *role = iam_role_new(scope, cdk_fmt("%sServiceRole", id), &role_props);

	logs_log_group_grant_write(log, &role->igrantable);
	findings_accept_inline_policies(&role->construct);
	return role;
}

static void accept_findings(struct lambda_function *function)
{
	cdk_validations_acknowledge(
		cdk_validations_of(&function->iconstruct),
		{.id = "NIST.800.53.R5-LambdaConcurrency",
		 .reason = "A deployment or a person calls it, one at a time."},
		{.id = "NIST.800.53.R5-LambdaDLQ",
		 .reason = "Who calls it waits for its answer; there is no event to lose."},
		{.id = "NIST.800.53.R5-LambdaInsideVPC",
		 .reason = "It speaks to AWS's APIs and the public load balancer only."});
}

struct lambda_function *golden_function_new(struct constructs_construct *scope, const char *id,
					    const struct golden_function_props *props)
{
	struct golden_log_group_props log_props = {
		.name = cdk_fmt("/aws/lambda/%s", props->name),
		.key = props->log_key,
		.days = props->log_days,
		.keep = props->keep_log,
	};
	struct logs_log_group *log = golden_log_group_new(scope, cdk_fmt("%sLogs", id), &log_props);
	struct iam_role *role = role_of(scope, id, log);
	struct lambda_function_props function_props = {
		.function_name = props->name,
		.description = props->description,
		.runtime = lambda_runtime_PROVIDED_AL2023(),
		.architecture = lambda_architecture_X86_64(),
		.handler = props->handler,
		.code = &lambda_code_from_asset(props->package)->code,
		.timeout = cdk_duration_minutes(1),
		.memory_size = NUM(128),
		.environment = props->environment,
		.log_group = &log->ilog_group_ref,
		.role = &role->irole,
	};
	struct lambda_function *function = lambda_function_new(scope, id, &function_props);

	accept_findings(function);
	return function;
}
