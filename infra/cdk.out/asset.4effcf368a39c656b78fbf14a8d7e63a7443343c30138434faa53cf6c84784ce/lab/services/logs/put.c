/*
 * put.c - PutLogEvents: events that come by the API.
 *
 * They are in their file before the transaction is committed: an event may be there twice after a
 * failure, as AWS says of its own retries, but none that was accepted is lost.
 */
#include "lab/services/logs/nouns.h"
#include "lab/services/logs/segment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX ((int64_t)1 << 20)
#define EVENT_OVERHEAD 26 /* bytes that each event counts beyond its message */
#define EVENTS_MAX 10000
#define SPAN_MAX (24 * HOUR)
#define FUTURE_MAX (2 * HOUR)
#define PAST_MAX (14 * DAY)
#define WRITERS 16

/* Opening a writer reads the whole file: those in use stay open, the oldest makes room. */
static struct {
	char *path;
	struct log_writer *writer;
	int64_t used;
} writers[WRITERS];
static int64_t uses;

void logs_forget_writer(const char *path)
{
	for (size_t i = 0; i < WRITERS; i++) {
		if (writers[i].path && strcmp(writers[i].path, path) == 0) {
			log_writer_close(writers[i].writer);
			free(writers[i].path);
			writers[i].path = NULL;
		}
	}
}

static int writer_of(const char *path, struct log_writer **ret_writer)
{
	size_t slot = 0;
	int err;

	for (size_t i = 0; i < WRITERS; i++) {
		if (writers[i].path && strcmp(writers[i].path, path) == 0) {
			writers[i].used = ++uses;
			*ret_writer = writers[i].writer;
			return 0;
		}
		if (!writers[i].path ||
		    (writers[slot].path && writers[i].used < writers[slot].used))
			slot = i;
	}
	if (writers[slot].path)
		logs_forget_writer(writers[slot].path);
	err = log_writer_open(path, &writers[slot].writer);
	if (err < 0)
		return err;
	writers[slot].path = mem_strdup(path);
	writers[slot].used = ++uses;
	*ret_writer = writers[slot].writer;
	return 0;
}

static int check_batch(struct request *rq, const json_t *events)
{
	int64_t first = json_int_or(json_at(events, 0), "timestamp", 0);
	int64_t last = first;
	int64_t bytes = 0;
	const json_t *event;
	size_t i;

	if (json_array_size(events) > EVENTS_MAX)
		return fault(rq, LOGS_InvalidParameterException,
			     "Log event count exceeds the limit of 10000.");
	json_each (events, i, event) {
		int64_t timestamp = json_int_or(event, "timestamp", 0);
		size_t len = json_string_length(json_get(event, "message"));

		if (timestamp < last)
			return fault(rq, LOGS_InvalidParameterException,
				     "Log events in a single PutLogEvents request must be in "
				     "chronological order.");
		if (len > LOG_MESSAGE_MAX - EVENT_OVERHEAD)
			return fault(rq, LOGS_InvalidParameterException,
				     "Log event too large: %zu bytes exceeds limit of %zu",
				     len + EVENT_OVERHEAD, LOG_MESSAGE_MAX);
		last = timestamp;
		bytes += (int64_t)len + EVENT_OVERHEAD;
	}
	if (bytes > BATCH_MAX)
		return fault(rq, LOGS_InvalidParameterException,
			     "Upload too large: %lld bytes exceeds limit of %lld", (long long)bytes,
			     (long long)BATCH_MAX);
	if (last - first > SPAN_MAX)
		return fault(rq, LOGS_InvalidParameterException,
			     "The batch of log events in a single PutLogEvents request cannot span "
			     "more than 24 hours.");
	return 0;
}

/* Which events [*ret_first, *ret_end) are taken; the others are told, not failed. */
static void choose(struct request *rq, const json_t *group, const json_t *events, json_t *out,
		   size_t *ret_first, size_t *ret_end)
{
	int64_t days = json_int_or(group, "retentionInDays", 0);
	size_t old = 0, expired = 0, count = json_array_size(events), end = count;
	const json_t *event;
	json_t *rejected;
	size_t i;

	json_each (events, i, event) {
		int64_t timestamp = json_int_or(event, "timestamp", 0);

		if (timestamp < rq->now.ms - PAST_MAX)
			old = i + 1;
		if (days > 0 && timestamp < rq->now.ms - days * DAY)
			expired = i + 1;
		if (timestamp > rq->now.ms + FUTURE_MAX && end == count)
			end = i;
	}
	*ret_first = old > expired ? old : expired;
	*ret_end = end;
	if (*ret_first == 0 && end == count)
		return;
	rejected = json_add_object(out, "rejectedLogEventsInfo");
	if (end < count)
		json_set_int(rejected, "tooNewLogEventStartIndex", (int64_t)end);
	if (old > 0)
		json_set_int(rejected, "tooOldLogEventEndIndex", (int64_t)old);
	if (expired > 0)
		json_set_int(rejected, "expiredLogEventEndIndex", (int64_t)expired);
}

int logs_put_log_events(struct request *rq, const json_t *in, json_t *out)
{
	const char *group_name = json_str(in, "logGroupName");
	const char *stream = json_str(in, "logStreamName");
	const json_t *events = json_get(in, "logEvents");
	const json_t *group = store_get(rq->tx, LOG_GROUP, group_name);
	struct log_writer *writer = NULL;
	size_t first, end;
	int err;

	if (!group)
		return logs_no_group(rq);
	if (!store_has(rq->tx, LOG_STREAM, logs_key(rq, group_name, stream)))
		return logs_no_stream(rq);
	err = check_batch(rq, events);
	if (err)
		return err;
	choose(rq, group, events, out, &first, &end);

	err = writer_of(logs_stream_path(rq, group_name, stream), &writer);
	if (err == -EBUSY)
		return fault(rq, LOGS_ServiceUnavailableException,
			     "The lab: a task writes this stream; only one can.");
	for (size_t i = first; err == 0 && i < end; i++) {
		const json_t *event = json_at(events, i);
		const json_t *message = json_get(event, "message");
		int wrote = log_writer_add(writer, (lab_ms){json_int_or(event, "timestamp", 0)},
					   rq->now, json_string_value(message),
					   json_string_length(message));

		err = wrote < 0 ? wrote : 0;
	}
	if (err == 0)
		err = log_writer_flush(writer);
	if (err < 0)
		return err;
	/* Sequence tokens are no longer looked at, but still given. */
	json_set_str(out, "nextSequenceToken", rq_fmt(rq, "%056lld", (long long)rq->now.ms));
	return 0;
}
