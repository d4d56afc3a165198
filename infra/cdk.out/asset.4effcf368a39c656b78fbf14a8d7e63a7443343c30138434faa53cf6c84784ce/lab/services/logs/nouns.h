/*
 * nouns.h - what the files of services/logs share.
 *
 *   logs/group          by name                   DescribeLogGroups' shape, _Tags
 *   logs/stream         by group:stream           DescribeLogStreams' shape, without event times
 *   logs/metric-filter  by group:filter           DescribeMetricFilters' shape
 *   logs/query-definition by id                   DescribeQueryDefinitions' shape
 *
 * Times are integers in milliseconds here, unlike everywhere else.
 */
#ifndef LOGS_NOUNS_H
#define LOGS_NOUNS_H

#include "lab/aws/service.h"
#include "lab/models/logs.h"

#define LOG_GROUP "logs/group"
#define LOG_STREAM "logs/stream"
#define METRIC_FILTER "logs/metric-filter"
#define QUERY_DEFINITION "logs/query-definition"

/* group.c */
const json_t *logs_group(struct request *rq, const json_t *in); /* by logGroupName or …Identifier */
const char *logs_group_name(struct request *rq, const json_t *in);
int logs_no_group(struct request *rq);
const char *logs_key(struct request *rq, const char *group, const char *name); /* group:name */
/* Shows `all` from nextToken on, `limit` of them (50 at most), under `list`. */
int logs_show_page(struct request *rq, const json_t *in, const json_t *all, const char *list,
		   json_t *out);
op_fn logs_create_log_group, logs_delete_log_group, logs_describe_log_groups,
	logs_put_retention_policy, logs_delete_retention_policy, logs_tag_log_group,
	logs_untag_log_group, logs_list_tags_log_group, logs_tag_resource, logs_untag_resource,
	logs_list_tags_for_resource, logs_associate_kms_key, logs_disassociate_kms_key;

/* stream.c */
const char *logs_stream_path(struct request *rq, const char *group, const char *stream);
int logs_no_stream(struct request *rq);
void logs_remove_streams(struct request *rq, const char *group);
op_fn logs_create_log_stream, logs_delete_log_stream, logs_describe_log_streams;

/* put.c */
void logs_forget_writer(const char *path); /* before its file is removed */
op_fn logs_put_log_events;

/* read.c */
op_fn logs_get_log_events, logs_filter_log_events;

/* metric_filter.c */
void logs_remove_metric_filters(struct request *rq, const char *group);
op_fn logs_put_metric_filter, logs_delete_metric_filter, logs_describe_metric_filters,
	logs_test_metric_filter;

/* query_definition.c */
op_fn logs_put_query_definition, logs_delete_query_definition, logs_describe_query_definitions;

/* logs_cfn.c */
extern const struct resource logs_resources[];

#endif
