/*
 * log_metrics.h - how the service's log lines are counted, and the questions asked of them.
 */
#ifndef CONSTRUCTS_LOG_METRICS_H
#define CONSTRUCTS_LOG_METRICS_H

#include "infra/cdk/logs.h"

#define LOG_METRICS_NAMESPACE "Golden/App"
#define LOG_METRICS_ERRORS "ErrorTypeCount"
#define LOG_METRICS_5XX "Status5xxCount"

/* Metric filters, and saved queries of Logs Insights under "golden/". */
void log_metrics_new(struct constructs_construct *scope, struct logs_log_group *group);

#endif
