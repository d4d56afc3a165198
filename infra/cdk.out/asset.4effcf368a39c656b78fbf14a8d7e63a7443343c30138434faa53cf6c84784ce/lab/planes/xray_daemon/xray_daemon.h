/*
 * xray_daemon.h - the parts of the X-Ray daemon that do no I/O: a datagram read, a segment moved to lab
 * time, a bounded queue.
 */
#ifndef PLANES_XRAY_DAEMON_H
#define PLANES_XRAY_DAEMON_H

#include "lib/base/clock.h"
#include "lib/base/json.h"

#define SEGMENT_MAX ((size_t)64 * 1024) /* X-Ray: a segment document, bytes */

/* The segment in a datagram: a header line {"format": "json", "version": 1}, then the document. A new
 * reference; NULL: it is none. */
json_t *segment_read(const char *data, size_t len);

/* Moves start_time and end_time, of subsegments too, from real to lab time. Durations stay. */
void segment_to_lab(json_t *segment, const struct lab_clock *clock);

/* Documents that wait to be sent. When it is full the oldest make room: what is new matters more. */
struct queue {
	json_t *documents; /* array of strings */
	int64_t dropped;   /* since somebody asked */
};

#define QUEUE_MAX 2000
#define BATCH_MAX 50			 /* documents a call, as the daemon does */
#define BATCH_BYTES ((size_t)512 * 1024) /* … and about as many bytes */

void queue_open(struct queue *queue);
void queue_close(struct queue *queue);
void queue_add(struct queue *queue, const json_t *segment);
size_t queue_length(const struct queue *queue);
/* The next batch as PutTraceSegments' input, a new reference; NULL: nothing waits. */
json_t *queue_take(struct queue *queue);

#endif
