/*
 * segment.c - datagrams, segments and the queue of the X-Ray daemon.
 */
#include "lab/planes/xray_daemon/xray_daemon.h"
#include "lib/base/mem.h"

#include <math.h>
#include <string.h>

json_t *segment_read(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);
	AUTO_JSON json_t *header = end ? json_read(data, (size_t)(end - data)) : NULL;
	json_t *segment;

	if (strcmp(json_str_or(header, "format", ""), "json") != 0 ||
	    json_int_or(header, "version", 0) != 1)
		return NULL;
	end++;
	segment = json_read(end, len - (size_t)(end - data));
	if (!json_is_object(segment)) {
		json_decref(segment);
		return NULL;
	}
	return segment;
}

static void shift(json_t *segment, double seconds)
{
	static const char *const times[] = {"start_time", "end_time"};
	json_t *subsegment;
	size_t i;

	for (i = 0; i < array_len(times); i++) {
		double time = json_num_or(segment, times[i], NAN);

		if (isfinite(time))
			json_set_num(segment, times[i], time + seconds);
	}
	json_array_foreach (json_object_get(segment, "subsegments"), i, subsegment)
		shift(subsegment, seconds);
}

void segment_to_lab(json_t *segment, const struct lab_clock *clock)
{
	double start = json_num_or(segment, "start_time", NAN);
	real_ms real;

	if (!isfinite(start) || fabs(start) > 1e11)
		return;
	real.ms = llround(start * 1000);
	shift(segment, (double)(lab_clock_at(clock, real).ms - real.ms) / 1000);
}

void queue_open(struct queue *queue)
{
	*queue = (struct queue){.documents = json_array()};
}

void queue_close(struct queue *queue)
{
	json_decref(queue->documents);
	*queue = (struct queue){0};
}

void queue_add(struct queue *queue, const json_t *segment)
{
	AUTO_FREE char *text = json_text(segment);

	if (queue_length(queue) >= QUEUE_MAX) {
		json_array_remove(queue->documents, 0);
		queue->dropped++;
	}
	json_push_str(queue->documents, text);
}

size_t queue_length(const struct queue *queue)
{
	return json_array_size(queue->documents);
}

json_t *queue_take(struct queue *queue)
{
	json_t *input, *batch;
	size_t bytes = 0, taken = 0;

	if (queue_length(queue) == 0)
		return NULL;
	input = json_object();
	batch = json_add_array(input, "TraceSegmentDocuments");
	while (taken < queue_length(queue) && taken < BATCH_MAX && bytes < BATCH_BYTES) {
		const json_t *document = json_at(queue->documents, taken++);

		bytes += json_string_length(document);
		json_push(batch, document);
	}
	for (size_t i = 0; i < taken; i++)
		json_array_remove(queue->documents, 0);
	return input;
}
