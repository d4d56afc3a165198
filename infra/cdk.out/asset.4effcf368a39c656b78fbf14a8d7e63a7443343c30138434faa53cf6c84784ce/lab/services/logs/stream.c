/*
 * stream.c - log streams: their documents, and what their files say of them.
 *
 *   keeps      logs/stream   by group:stream
 *
 * When events came first and last is read from the file each time: a task writes it, and goes on
 * writing while we are away.
 */
#include "lab/services/logs/nouns.h"
#include "lab/aws/lab.h"
#include "lab/services/logs/segment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int logs_no_stream(struct request *rq)
{
	return fault(rq, LOGS_ResourceNotFoundException,
		     "The specified log stream does not exist.");
}

const char *logs_stream_path(struct request *rq, const char *group, const char *stream)
{
	AUTO_FREE char *path = log_segment_path(group, stream);
	const char *dir = lab_dir(rq->lab);

	return dir ? rq_fmt(rq, "%s/%s", dir, path) : rq_strdup(rq, path);
}

int logs_create_log_stream(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = json_str(in, "logGroupName");
	const char *name = json_str(in, "logStreamName");
	const char *key = logs_key(rq, group, name);
	json_t *stream = rq_object(rq);

	if (!store_has(rq->tx, LOG_GROUP, group))
		return logs_no_group(rq);
	if (store_has(rq->tx, LOG_STREAM, key))
		return fault(rq, LOGS_ResourceAlreadyExistsException,
			     "The specified log stream already exists");

	json_set_str(stream, "logStreamName", name);
	json_set_int(stream, "creationTime", rq->now.ms);
	json_set_str(stream, "arn",
		     rq_arn(rq, "logs", rq_fmt(rq, "log-group:%s:log-stream:%s", group, name)));
	json_set_int(stream, "storedBytes", 0); /* AWS: always 0 since June 2019 */
	store_put(rq->tx, LOG_STREAM, key, stream);
	return 0;
}

/* The file and the folders that are empty without it, up to logs/. */
static void remove_file(struct request *rq, const char *group, const char *stream)
{
	char *path = rq_strdup(rq, logs_stream_path(rq, group, stream));
	char *slash;

	logs_forget_writer(path);
	segment_forget(path);
	unlink(path);
	for (int i = 0; i < 16 && (slash = strrchr(path, '/')); i++) {
		*slash = '\0';
		if ((slash = strrchr(path, '/')) && strcmp(slash, "/logs") == 0)
			break;
		if (rmdir(path) < 0)
			break;
	}
}

void logs_remove_streams(struct request *rq, const char *group)
{
	const char *prefix = logs_key(rq, group, "");
	const json_t *keys = store_keys(rq->tx, LOG_STREAM, prefix);
	const json_t *key;
	size_t i;

	json_each (keys, i, key) {
		const char *text = json_string_value(key);

		remove_file(rq, group, text + strlen(prefix));
		store_delete(rq->tx, LOG_STREAM, text);
	}
}

int logs_delete_log_stream(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = json_str(in, "logGroupName");
	const char *name = json_str(in, "logStreamName");

	if (!store_has(rq->tx, LOG_GROUP, group))
		return logs_no_group(rq);
	if (!store_delete(rq->tx, LOG_STREAM, logs_key(rq, group, name)))
		return logs_no_stream(rq);
	remove_file(rq, group, name);
	return 0;
}

static json_t *show_stream(struct request *rq, const char *group, const json_t *stream)
{
	const char *path = logs_stream_path(rq, group, json_str(stream, "logStreamName"));
	const struct segment *segment = segment_of(path);
	json_t *shown = rq_copy(rq, stream);
	struct segment_summary summary;

	if (!segment)
		return shown;
	segment_summary(segment, &summary);
	json_set_int(shown, "firstEventTimestamp", summary.first.ms);
	json_set_int(shown, "lastEventTimestamp", summary.last.ms);
	json_set_int(shown, "lastIngestionTime", summary.ingested.ms);
	json_set_str(shown, "uploadSequenceToken",
		     rq_fmt(rq, "%056lld", (long long)summary.events));
	return shown;
}

static int by_last_event(const void *a, const void *b)
{
	int64_t one = json_int_or(*(const json_t *const *)a, "lastEventTimestamp", 0);
	int64_t other = json_int_or(*(const json_t *const *)b, "lastEventTimestamp", 0);

	return (one > other) - (one < other);
}

static json_t *sorted(struct request *rq, const json_t *streams, bool by_time, bool descending)
{
	size_t count = json_array_size(streams);
	const json_t **row = arena_alloc(rq->arena, (count + 1) * sizeof(*row));
	json_t *out = rq_array(rq);

	for (size_t i = 0; i < count; i++)
		row[i] = json_at(streams, i);
	if (by_time)
		qsort(row, count, sizeof(const json_t *), by_last_event);
	for (size_t i = 0; i < count; i++)
		json_push(out, row[descending ? count - 1 - i : i]);
	return out;
}

int logs_describe_log_streams(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = logs_group_name(rq, in);
	const char *prefix = json_str_or(in, "logStreamNamePrefix", "");
	bool by_time = strcmp(json_str_or(in, "orderBy", ""), "LastEventTime") == 0;
	const json_t *all;
	json_t *shown = rq_array(rq);
	const json_t *stream;
	size_t i;

	if (!logs_group(rq, in))
		return logs_no_group(rq);
	if (by_time && *prefix)
		return fault(rq, LOGS_InvalidParameterException,
			     "Cannot order by LastEventTime with a logStreamNamePrefix.");
	all = store_list_prefix(rq->tx, LOG_STREAM, logs_key(rq, group, prefix));
	json_each (all, i, stream)
		json_push(shown, show_stream(rq, group, stream));
	shown = sorted(rq, shown, by_time, json_bool_or(in, "descending", false));
	return logs_show_page(rq, in, shown, "logStreams", out);
}
