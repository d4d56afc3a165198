/*
 * xray.c - X-Ray: segments in, traces out.
 *
 *   keeps      xray/trace  by trace id             {Id, _Start (lab ms), _Segments: as they were sent}
 *              xray/start  by start and trace id   so that traces are found by time, oldest first
 *   publishes  nothing
 *   left out   filter expressions, service graph, sampling rules, groups: refused by name
 */
#include "lab/services/xray/xray.h"
#include "lab/aws/page.h"
#include "lab/models/xray.h"
#include "lab/services/xray/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRACE "xray/trace"
#define START "xray/start"

#define SEGMENTS_MAX 100 /* of one trace */
#define TRACES_MAX 5000	 /* the oldest go, some at a time */
#define TRACES_GONE 500
#define PAGE 100

/* Sixteen digits: keys are in the order of time. */
static const char *start_key(struct request *rq, int64_t ms, const char *trace_id)
{
	return rq_fmt(rq, "%016" PRId64 " %s", ms, trace_id);
}

static void forget_oldest(struct request *rq)
{
	const json_t *keys, *key;
	size_t i;

	if (store_count(rq->tx, TRACE) <= TRACES_MAX)
		return;
	keys = store_keys(rq->tx, START, "");
	json_each (keys, i, key) {
		if (i == TRACES_GONE)
			break;
		store_delete(rq->tx, TRACE, strchr(json_string_value(key), ' ') + 1);
		store_delete(rq->tx, START, json_string_value(key));
	}
}

static json_t *new_trace(struct request *rq, const char *trace_id)
{
	json_t *trace = store_new(rq->tx);

	json_set_str(trace, "Id", trace_id);
	json_add_array(trace, "_Segments");
	return trace;
}

/* A segment sent again, complete now, takes the place of the one in progress. */
static void put_segment(json_t *segments, const json_t *segment)
{
	json_t *other;
	size_t i;

	json_array_foreach (segments, i, other) {
		if (strcmp(json_str(other, "id"), json_str(segment, "id")) == 0) {
			json_array_set_new(segments, i, json_deep_copy(segment));
			return;
		}
	}
	if (i < SEGMENTS_MAX)
		json_push(segments, segment);
}

static void keep(struct request *rq, const json_t *segment)
{
	const char *trace_id = json_str(segment, "trace_id");
	json_t *trace = store_edit(rq->tx, TRACE, trace_id);
	AUTO_JSON json_t *nothing = json_object();
	json_t *segments;
	int64_t start;

	if (!trace)
		trace = new_trace(rq, trace_id);
	else
		store_delete(rq->tx, START,
			     start_key(rq, json_int_or(trace, "_Start", 0), trace_id));
	segments = json_object_get(trace, "_Segments");
	put_segment(segments, segment);
	start = llround(segments_start(segments) * 1000);
	json_set_int(trace, "_Start", start);
	store_put(rq->tx, TRACE, trace_id, trace);
	store_put(rq->tx, START, start_key(rq, start, trace_id), nothing);
}

static int put_trace_segments(struct request *rq, const json_t *in, json_t *out)
{
	json_t *unprocessed = json_add_array(out, "UnprocessedTraceSegments");
	const json_t *document;
	size_t i;

	json_each (json_get(in, "TraceSegmentDocuments"), i, document) {
		AUTO_JSON json_t *segment =
			json_read(json_string_value(document), json_string_length(document));
		const char *wrong = segment_check(segment);

		if (wrong) {
			json_t *it = json_push_object(unprocessed);

			json_set_str(it, "Id", json_str(segment, "id"));
			json_set_str(it, "ErrorCode", wrong);
		} else {
			keep(rq, segment);
		}
	}
	forget_oldest(rq);
	return 0;
}

static void write_trace(const json_t *trace, json_t *out)
{
	const json_t *segments = json_get(trace, "_Segments"), *segment;
	AUTO_JSON json_t *summary = json_object();
	json_t *list;
	size_t i;

	summary_write(json_str(trace, "Id"), segments, summary);
	json_set(out, "Id", json_get(trace, "Id"));
	json_set(out, "Duration", json_get(summary, "Duration"));
	json_set_bool(out, "LimitExceeded", false);
	list = json_add_array(out, "Segments");
	json_each (segments, i, segment) {
		json_t *it = json_push_object(list);
		char *text = json_text(segment);

		json_set_str(it, "Id", json_str(segment, "id"));
		json_set_str(it, "Document", text);
		free(text);
	}
}

static int batch_get_traces(struct request *rq, const json_t *in, json_t *out)
{
	json_t *traces = json_add_array(out, "Traces");
	json_t *unknown = json_add_array(out, "UnprocessedTraceIds");
	const json_t *id;
	size_t i;

	json_each (json_get(in, "TraceIds"), i, id) {
		const json_t *trace = store_get(rq->tx, TRACE, json_string_value(id));

		if (trace)
			write_trace(trace, json_push_object(traces));
		else
			json_push(unknown, id);
	}
	return 0;
}

/* The keys of traces that began in [from, to), in lab ms. */
static json_t *traces_between(struct request *rq, int64_t from, int64_t to)
{
	const json_t *keys = store_keys(rq->tx, START, ""), *key;
	json_t *found = rq_array(rq);
	size_t i;

	json_each (keys, i, key) {
		int64_t start = strtoll(json_string_value(key), NULL, 10);

		if (start >= from && start < to)
			json_push(found, key);
	}
	return found;
}

static int get_trace_summaries(struct request *rq, const json_t *in, json_t *out)
{
	lab_ms from = json_time_or(in, "StartTime", rq->now);
	lab_ms to = json_time_or(in, "EndTime", rq->now);
	const json_t *all, *page, *key;
	const char *next = NULL;
	json_t *list;
	size_t i;

	if (json_has(in, "FilterExpression"))
		return fault(rq, XRAY_InvalidRequestException,
			     "Filter expressions are not in the lab.");
	if (to.ms < from.ms || to.ms - from.ms > 6 * HOUR)
		return fault(rq, XRAY_InvalidRequestException,
			     "Time range must be at most 6 hours, and end after it starts.");

	all = traces_between(rq, from.ms, to.ms);
	page = page_of(rq, all, PAGE, json_str(in, "NextToken"), &next);
	if (!page)
		return fault(rq, XRAY_InvalidRequestException, "Invalid NextToken.");
	list = json_add_array(out, "TraceSummaries");
	json_each (page, i, key) {
		const char *id = strchr(json_string_value(key), ' ') + 1;
		const json_t *trace = store_get(rq->tx, TRACE, id);

		summary_write(id, json_get(trace, "_Segments"), json_push_object(list));
	}
	json_set_time(out, "ApproximateTime", rq->now);
	json_set_int(out, "TracesProcessedCount", (int64_t)json_array_size(all));
	json_set_str(out, "NextToken", next);
	return 0;
}

static op_fn *const ops[XRAY_NOPS] = {
	[XRAY_BatchGetTraces] = batch_get_traces,
	[XRAY_GetTraceSummaries] = get_trace_summaries,
	[XRAY_PutTraceSegments] = put_trace_segments,
};

const struct service xray_service = {
	.model = &xray_model,
	.ops = ops,
};
