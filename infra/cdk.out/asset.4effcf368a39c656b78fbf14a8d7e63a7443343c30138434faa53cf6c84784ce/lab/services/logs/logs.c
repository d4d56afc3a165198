/*
 * logs.c - CloudWatch Logs: what it does, and on what.
 *
 *   keeps      logs/group, logs/stream, logs/metric-filter, logs/query-definition (nouns.h); the events are files
 *              (lab/wire/log_segment.h) that tasks write, or PutLogEvents
 *   hears      nothing: what the files hold is looked up when somebody asks
 *   left out   Insights, live tail, subscriptions, exports; metric filters are kept, but do not act yet;
 *              expired events are not shown, but their disk space is not given back
 */
#include "lab/services/logs/logs.h"
#include "lab/services/logs/nouns.h"

static op_fn *const ops[LOGS_NOPS] = {
	[LOGS_AssociateKmsKey] = logs_associate_kms_key,
	[LOGS_CreateLogGroup] = logs_create_log_group,
	[LOGS_CreateLogStream] = logs_create_log_stream,
	[LOGS_DeleteLogGroup] = logs_delete_log_group,
	[LOGS_DeleteLogStream] = logs_delete_log_stream,
	[LOGS_DeleteMetricFilter] = logs_delete_metric_filter,
	[LOGS_DeleteQueryDefinition] = logs_delete_query_definition,
	[LOGS_DeleteRetentionPolicy] = logs_delete_retention_policy,
	[LOGS_DescribeLogGroups] = logs_describe_log_groups,
	[LOGS_DescribeLogStreams] = logs_describe_log_streams,
	[LOGS_DescribeMetricFilters] = logs_describe_metric_filters,
	[LOGS_DescribeQueryDefinitions] = logs_describe_query_definitions,
	[LOGS_DisassociateKmsKey] = logs_disassociate_kms_key,
	[LOGS_FilterLogEvents] = logs_filter_log_events,
	[LOGS_GetLogEvents] = logs_get_log_events,
	[LOGS_ListTagsForResource] = logs_list_tags_for_resource,
	[LOGS_ListTagsLogGroup] = logs_list_tags_log_group,
	[LOGS_PutLogEvents] = logs_put_log_events,
	[LOGS_PutMetricFilter] = logs_put_metric_filter,
	[LOGS_PutQueryDefinition] = logs_put_query_definition,
	[LOGS_PutRetentionPolicy] = logs_put_retention_policy,
	[LOGS_TagLogGroup] = logs_tag_log_group,
	[LOGS_TagResource] = logs_tag_resource,
	[LOGS_TestMetricFilter] = logs_test_metric_filter,
	[LOGS_UntagLogGroup] = logs_untag_log_group,
	[LOGS_UntagResource] = logs_untag_resource,
};

/* What AWS asks about, as its AccessDenied messages show: a group is "…:log-group:NAME:log-stream:". */
static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *stream = json_str_or(in, "logStreamName", "");

	if (json_has(in, "resourceArn"))
		return json_str(in, "resourceArn");
	if (op == LOGS_TestMetricFilter || op == LOGS_PutQueryDefinition ||
	    op == LOGS_DeleteQueryDefinition || op == LOGS_DescribeQueryDefinitions)
		return NULL;
	return rq_arn(rq, "logs",
		      rq_fmt(rq, "log-group:%s:log-stream:%s", logs_group_name(rq, in), stream));
}

const struct service logs_service = {
	.model = &logs_model,
	.ops = ops,
	.resources = logs_resources,
	.arn_of = arn_of,
};
