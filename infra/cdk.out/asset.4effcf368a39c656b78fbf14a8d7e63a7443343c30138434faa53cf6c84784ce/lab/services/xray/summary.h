/*
 * summary.h - what a trace's segments say together. Knows nothing of the store.
 */
#ifndef SERVICES_XRAY_SUMMARY_H
#define SERVICES_XRAY_SUMMARY_H

#include "lib/base/json.h"

/* NULL if it is a segment that X-Ray takes, else the error code that PutTraceSegments answers. */
const char *segment_check(const json_t *segment);

/* A TraceSummary (Id, Duration, ResponseTime, Has…, Http, IsPartial) of segments as they were sent,
 * put into `out`. */
void summary_write(const char *trace_id, const json_t *segments, json_t *out);

/* When the first begins, in seconds; 0: there are none. */
double segments_start(const json_t *segments);

#endif
