/*
 * observability_stack.c - dashboard, alarms, log metrics.
 */
#include "infra/stacks/observability_stack.h"

#include "infra/constructs/dashboards.h"
#include "infra/constructs/kms_key.h"
#include "infra/constructs/log_metrics.h"
#include "infra/stacks/golden_stack.h"

#include "infra/cdk/sqs.h"

static struct metrics metrics_of(const struct options *options, const struct data_stack *data,
				 const struct compute_stack *compute)
{
	const struct ecs_service_alb *service = &compute->service;

	return (struct metrics){
		.load_balancer = elbv2_application_load_balancer_load_balancer_full_name(
			service->load_balancer),
		.blue = elbv2_application_target_group_target_group_full_name(service->blue),
		.green = elbv2_application_target_group_target_group_full_name(service->green),
		.cluster = ecs_cluster_cluster_name(service->cluster),
		.service = ecs_fargate_service_service_name(service->service),
		.database_dimension = data->database.dimension,
		.database = data->database.identifier,
		.web_acl = compute->web_acl_name,
		.region = options->region,
	};
}

/* For what the app may come to do by queue: today nothing sends to it. */
static const char *dead_letter_queue(struct cdk_stack *stack)
{
	struct sqs_queue_props props = {
		.enforce_ssl = YES,
		.encryption = SQS_QUEUE_ENCRYPTION_SQS_MANAGED,
		.retention_period = cdk_duration_days(14),
	};
	struct sqs_queue *queue = sqs_queue_new(&stack->construct, "Dlq", &props);

	cdk_validations_acknowledge(
		cdk_validations_of(&queue->iconstruct),
		{.id = "AwsSolutions-SQS3", .reason = "It is the dead-letter queue."});
	return sqs_queue_queue_name(queue);
}

static struct alarms alarms_of(struct cdk_stack *stack, const struct options *options,
			       struct metrics *metrics)
{
	static const char *const writers[] = {"cloudwatch.amazonaws.com", NULL};
	struct golden_kms_key_props key_props = {
		.description = "alarms' topic",
		.writers = writers,
		.keep = options->deletion_protection,
	};
	struct alarms_props props = {
		.metrics = metrics,
		.engine = options->db_engine,
		.p95_seconds = options->alarm_p95_ms / 1000,
		.desired_tasks = (int)options->desired_count,
		.db_connections = (int)options->alarm_db_connections,
		.db_storage_gib = (int)options->db_storage_gib,
		.waf_hits = (int)options->alarm_waf_hits,
		.key = golden_kms_key_new(&stack->construct, "TopicKey", &key_props),
		.email = options->alarm_email,
	};

	/* "Default" does not show in the alarms' names. */
	return alarms_new(&stack->construct, "Default", &props);
}

struct observability_stack observability_stack_new(struct constructs_construct *scope,
						   const struct options *options,
						   const struct data_stack *data,
						   const struct compute_stack *compute)
{
	struct cdk_stack *stack = golden_stack_new(scope, "GoldenObservability",
						   "dashboard, alarms, log metrics", options);
	struct metrics metrics = metrics_of(options, data, compute);
	struct observability_stack it;
	struct dashboards_props dashboard = {
		.name = "golden",
		.metrics = &metrics,
		.alarms = &it.alarms,
		.engine = options->db_engine,
	};

	if (options->dlq)
		metrics.queue = dead_letter_queue(stack);
	log_metrics_new(&stack->construct, compute->log);
	it.alarms = alarms_of(stack, options, &metrics);
	dashboards_new(&stack->construct, "Dashboard", &dashboard);
	return it;
}
