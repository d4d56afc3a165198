/*
 * metrics.c - the metrics that alarms and dashboards speak of, each made once.
 */
#include "infra/constructs/metrics.h"

#include "infra/cdk/cdk.h"
#include "infra/constructs/log_metrics.h"

enum whose {
	OF_LOAD_BALANCER,
	OF_BLUE,
	OF_GREEN,
	OF_SERVICE,
	OF_DATABASE,
	OF_WEB_ACL,
	OF_QUEUE,
	OF_NOBODY,
};

static const struct row {
	const char *space;
	const char *name;
	const char *statistic;
	enum whose whose;
} rows[NMETRICS] = {
	[METRIC_REQUESTS] = {"AWS/ApplicationELB", "RequestCount", "Sum", OF_LOAD_BALANCER},
	[METRIC_TARGET_4XX] = {"AWS/ApplicationELB", "HTTPCode_Target_4XX_Count", "Sum",
			       OF_LOAD_BALANCER},
	[METRIC_TARGET_5XX] = {"AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum",
			       OF_LOAD_BALANCER},
	[METRIC_ELB_4XX] = {"AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count", "Sum",
			    OF_LOAD_BALANCER},
	[METRIC_ELB_5XX] = {"AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum",
			    OF_LOAD_BALANCER},
	[METRIC_P95] = {"AWS/ApplicationELB", "TargetResponseTime", "p95", OF_LOAD_BALANCER},
	[METRIC_BLUE_PER_TARGET] = {"AWS/ApplicationELB", "RequestCountPerTarget", "Sum", OF_BLUE},
	[METRIC_GREEN_PER_TARGET] = {"AWS/ApplicationELB", "RequestCountPerTarget", "Sum",
				     OF_GREEN},
	[METRIC_TASK_CPU] = {"AWS/ECS", "CPUUtilization", "Average", OF_SERVICE},
	[METRIC_TASK_MEMORY] = {"AWS/ECS", "MemoryUtilization", "Average", OF_SERVICE},
	[METRIC_RUNNING_TASKS] = {"ECS/ContainerInsights", "RunningTaskCount", "Average",
				  OF_SERVICE},
	[METRIC_DESIRED_TASKS] = {"ECS/ContainerInsights", "DesiredTaskCount", "Average",
				  OF_SERVICE},
	[METRIC_DB_CPU] = {"AWS/RDS", "CPUUtilization", "Average", OF_DATABASE},
	[METRIC_DB_CONNECTIONS] = {"AWS/RDS", "DatabaseConnections", "Average", OF_DATABASE},
	[METRIC_DB_FREE_STORAGE] = {"AWS/RDS", "FreeStorageSpace", "Minimum", OF_DATABASE},
	[METRIC_DB_CAPACITY] = {"AWS/RDS", "ACUUtilization", "Average", OF_DATABASE},
	[METRIC_DB_VOLUME] = {"AWS/RDS", "VolumeBytesUsed", "Average", OF_DATABASE},
	[METRIC_WAF_BLOCKED] = {"AWS/WAFV2", "BlockedRequests", "Sum", OF_WEB_ACL},
	[METRIC_WAF_COUNTED] = {"AWS/WAFV2", "CountedRequests", "Sum", OF_WEB_ACL},
	[METRIC_WAF_ALLOWED] = {"AWS/WAFV2", "AllowedRequests", "Sum", OF_WEB_ACL},
	[METRIC_LOG_ERRORS] = {LOG_METRICS_NAMESPACE, LOG_METRICS_ERRORS, "Sum", OF_NOBODY},
	[METRIC_LOG_5XX] = {LOG_METRICS_NAMESPACE, LOG_METRICS_5XX, "Sum", OF_NOBODY},
	[METRIC_DLQ_DEPTH] = {"AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", OF_QUEUE},
};

static struct string_map dimensions(const struct metrics *metrics, enum whose whose)
{
	switch (whose) {
	case OF_LOAD_BALANCER:
		return KEEP_MAP(string, {"LoadBalancer", metrics->load_balancer});
	case OF_BLUE:
		return KEEP_MAP(string, {"LoadBalancer", metrics->load_balancer},
				{"TargetGroup", metrics->blue});
	case OF_GREEN:
		return KEEP_MAP(string, {"LoadBalancer", metrics->load_balancer},
				{"TargetGroup", metrics->green});
	case OF_SERVICE:
		return KEEP_MAP(string, {"ClusterName", metrics->cluster},
				{"ServiceName", metrics->service});
	case OF_DATABASE:
		return KEEP_MAP(string, {metrics->database_dimension, metrics->database});
	case OF_WEB_ACL:
		return KEEP_MAP(string, {"WebACL", metrics->web_acl}, {"Region", metrics->region},
				{"Rule", "ALL"});
	case OF_QUEUE:
		return KEEP_MAP(string, {"QueueName", metrics->queue});
	case OF_NOBODY:
		break;
	}
	return (struct string_map){0};
}

struct cloudwatch_imetric *metrics_get(struct metrics *metrics, enum metric id)
{
	const struct row *row = &rows[id];

	if (!metrics->made[id]) {
		struct cloudwatch_metric_props props = {
			.namespace = row->space,
			.metric_name = row->name,
			.statistic = row->statistic,
			.period = cdk_duration_minutes(1),
			.dimensions_map = dimensions(metrics, row->whose),
		};

		metrics->made[id] = cloudwatch_metric_new(&props);
	}
	return &metrics->made[id]->imetric;
}

/* A minute without requests has no data points: it counts as one of no errors. */
struct cloudwatch_imetric *metrics_5xx_rate(struct metrics *metrics)
{
	struct cloudwatch_math_expression_props props = {
		.expression = "100*(FILL(t5,0)+FILL(e5,0))/FILL(rc,1)",
		.using_metrics =
			MAP(cloudwatch_imetric, {"t5", metrics_get(metrics, METRIC_TARGET_5XX)},
			    {"e5", metrics_get(metrics, METRIC_ELB_5XX)},
			    {"rc", metrics_get(metrics, METRIC_REQUESTS)}),
		.period = cdk_duration_minutes(1),
		.label = "5xx rate %",
	};

	return &cloudwatch_math_expression_new(&props)->imetric;
}

struct cloudwatch_imetric *metrics_waf_hits(struct metrics *metrics)
{
	struct cloudwatch_math_expression_props props = {
		.expression = "FILL(b,0)+FILL(c,0)",
		.using_metrics =
			MAP(cloudwatch_imetric, {"b", metrics_get(metrics, METRIC_WAF_BLOCKED)},
			    {"c", metrics_get(metrics, METRIC_WAF_COUNTED)}),
		.period = cdk_duration_minutes(1),
		.label = "blocked or counted",
	};

	return &cloudwatch_math_expression_new(&props)->imetric;
}
