/*
 * log_segment.h - log events on disk: one append-only file a stream, one writer a file.
 *
 * logs/<group>/<stream>, both percent-encoded; a name that is too long for one path element goes on in
 * a folder (its elements but the last end in '+'). An event is
 *   <timestamp> <ingested> <length>\n<message>\n        numbers in decimal; lab ms, lab ms, bytes
 * A torn last event (kill -9) is not read; its writer cuts it off when it opens the file again.
 */
#ifndef WIRE_LOG_SEGMENT_H
#define WIRE_LOG_SEGMENT_H

#include "lib/base/clock.h"

#include <stdint.h>

#define LOG_MESSAGE_MAX ((size_t)256 * 1024) /* CloudWatch Logs: an event, bytes */

struct log_event {
	lab_ms timestamp;
	lab_ms ingested;
	const char *message; /* NUL-terminated UTF-8; the reader's own until the next read */
	size_t len;
	int64_t offset; /* of this event in the file */
};

/* logs/<group>/<stream>, owned by the caller. */
char *log_segment_path(const char *group, const char *stream);

struct log_writer;

/* Makes its folder, cuts off what is torn. -EBUSY: another process writes this file. */
int log_writer_open(const char *path, struct log_writer **ret_writer);

/*
 * Queues an event. One longer than LOG_MESSAGE_MAX becomes several, cut between characters; an empty
 * one is left out, as CloudWatch Logs takes none; what is no UTF-8 becomes U+FFFD. The number of
 * events it became, or the writer's first -errno.
 */
int log_writer_add(struct log_writer *writer, lab_ms timestamp, lab_ms ingested,
		   const char *message, size_t len);
int log_writer_flush(struct log_writer *writer);
void log_writer_close(struct log_writer *writer); /* flushes; NULL is fine */

struct log_reader;

/* offset is 0 or that of an event; what was flushed later is read too. -ENOENT: no such file. */
int log_reader_open(const char *path, int64_t offset, struct log_reader **ret_reader);
int log_reader_next(struct log_reader *reader, struct log_event *ret_event); /* 1, 0 end, -errno */
int64_t log_reader_offset(const struct log_reader *reader); /* where the next event begins */
void log_reader_close(struct log_reader *reader);	    /* NULL is fine */

#endif
