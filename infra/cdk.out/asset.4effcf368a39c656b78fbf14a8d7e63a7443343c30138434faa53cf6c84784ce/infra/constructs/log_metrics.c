/*
 * log_metrics.c - how the service's log lines are counted, and the questions asked of them.
 *
 * A line has requestId, traceId, path, status, errorType, latencyMs and taskId.
 */
#include "infra/constructs/log_metrics.h"

#include "infra/cdk/cdk.h"

static const struct query {
	const char *id;
	const char *name;
	const char *text;
} queries[] = {
	{"QueryErrors", "golden/errors-by-type",
	 "fields @timestamp, errorType, path\n"
	 "| filter ispresent(errorType) and errorType != \"\"\n"
	 "| stats count(*) as errors by errorType, path\n"
	 "| sort errors desc"},
	{"QueryFailed", "golden/failed-requests",
	 "fields @timestamp, status, path, errorType, requestId, traceId\n"
	 "| filter status >= 500\n"
	 "| sort @timestamp desc\n"
	 "| limit 100"},
	{"QueryRate", "golden/5xx-per-minute",
	 "filter status >= 500\n"
	 "| stats count(*) as failed by bin(1m)"},
	{"QuerySlow", "golden/slowest-requests",
	 "fields @timestamp, latencyMs, path, status, requestId, traceId\n"
	 "| sort latencyMs desc\n"
	 "| limit 50"},
	{"QueryLatency", "golden/latency-by-path",
	 "filter ispresent(latencyMs)\n"
	 "| stats count(*) as requests, avg(latencyMs) as mean, pct(latencyMs, 95) as p95, "
	 "max(latencyMs) as slowest by path\n"
	 "| sort p95 desc"},
	{"QueryTasks", "golden/requests-by-task",
	 "filter ispresent(status)\n"
	 "| stats count(*) as requests, pct(latencyMs, 95) as p95 by taskId"},
};

static void filter(struct constructs_construct *scope, const char *id, struct logs_log_group *group,
		   struct logs_ifilter_pattern *pattern, const char *metric)
{
	struct logs_metric_filter_props props = {
		.log_group = &group->ilog_group_ref,
		.filter_pattern = pattern,
		.metric_namespace = LOG_METRICS_NAMESPACE,
		.metric_name = metric,
		.metric_value = "1",
		.default_value = NUM(0),
	};

	logs_metric_filter_new(scope, id, &props);
}

static void save(struct constructs_construct *scope, const struct query *query,
		 struct logs_log_group *group)
{
	struct logs_cfn_query_definition_props props = {
		.name = query->name,
		.query_string = query->text,
		.log_group_names_refs = LIST(logs_ilog_group_ref, &group->ilog_group_ref),
	};

	logs_cfn_query_definition_new(scope, query->id, &props);
}

void log_metrics_new(struct constructs_construct *scope, struct logs_log_group *group)
{
	filter(scope, "ErrorTypeFilter", group,
	       &logs_filter_pattern_string_value("$.errorType", "=", "*")->ifilter_pattern,
	       LOG_METRICS_ERRORS);
	filter(scope, "Status5xxFilter", group,
	       &logs_filter_pattern_number_value("$.status", ">=", 500)->ifilter_pattern,
	       LOG_METRICS_5XX);
	for (size_t i = 0; i < array_len(queries); i++)
		save(scope, &queries[i], group);
}
