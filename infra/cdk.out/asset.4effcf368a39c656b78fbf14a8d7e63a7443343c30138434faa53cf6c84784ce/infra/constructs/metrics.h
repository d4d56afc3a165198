/*
 * metrics.h - the metrics that alarms and dashboards speak of, each made once.
 */
#ifndef CONSTRUCTS_METRICS_H
#define CONSTRUCTS_METRICS_H

#include "infra/constructs/rds_cluster.h"

#include "infra/cdk/cloudwatch.h"

enum metric {
	METRIC_REQUESTS,
	METRIC_TARGET_4XX,
	METRIC_TARGET_5XX,
	METRIC_ELB_4XX,
	METRIC_ELB_5XX,
	METRIC_P95,
	METRIC_BLUE_PER_TARGET,
	METRIC_GREEN_PER_TARGET,
	METRIC_TASK_CPU,
	METRIC_TASK_MEMORY,
	METRIC_RUNNING_TASKS,
	METRIC_DESIRED_TASKS,
	METRIC_DB_CPU,
	METRIC_DB_CONNECTIONS,
	METRIC_DB_FREE_STORAGE, /* RDS; Aurora's volume grows by itself: */
	METRIC_DB_CAPACITY,	/* Aurora: percent of max_acu */
	METRIC_DB_VOLUME,	/* Aurora: bytes used */
	METRIC_WAF_BLOCKED,
	METRIC_WAF_COUNTED,
	METRIC_WAF_ALLOWED,
	METRIC_LOG_ERRORS, /* log_metrics.h makes these two */
	METRIC_LOG_5XX,
	METRIC_DLQ_DEPTH,
	NMETRICS,
};

/* Whose metrics: names as CloudWatch's dimensions have them. NULL: nobody asks for its metrics. */
struct metrics {
	const char *load_balancer; /* "app/…/…" */
	const char *blue;	   /* "targetgroup/…/…" */
	const char *green;
	const char *cluster;
	const char *service;
	const char *database_dimension;
	const char *database;
	const char *web_acl;
	const char *region;
	const char *queue;
	struct cloudwatch_metric *made[NMETRICS];
};

struct cloudwatch_imetric *metrics_get(struct metrics *metrics, enum metric id);

/* Percent of requests that were answered 5xx, by a target or by the load balancer. */
struct cloudwatch_imetric *metrics_5xx_rate(struct metrics *metrics);

/* Requests that the web ACL blocked, or would have in COUNT. */
struct cloudwatch_imetric *metrics_waf_hits(struct metrics *metrics);

#endif
