/*
 * segment.h - reading a stream's file in the order of time, from anywhere in it.
 *
 * The files are the truth. What is kept here is only a sparse index of each, in memory, made as far as
 * the file has grown whenever somebody asks.
 */
#ifndef LOGS_SEGMENT_H
#define LOGS_SEGMENT_H

#include "lab/wire/log_segment.h"

#include <stdbool.h>
#include <stddef.h>

struct segment;

/* By path; belongs to the index, until the next segment_of(). NULL: no file, or nothing in it. */
const struct segment *segment_of(const char *path);
void segment_forget(const char *path); /* its file is removed: the next one may look the same */

struct segment_summary {
	lab_ms first, last, ingested;
	int64_t bytes; /* of messages */
	int64_t events;
};
void segment_summary(const struct segment *segment, struct segment_summary *ret_summary);

/* Events are ordered by time, then by where they stand in the file. */
struct segment_place {
	int64_t timestamp; /* lab ms */
	int64_t offset;
};
int segment_place_compare(struct segment_place a, struct segment_place b);

struct segment_range {
	struct segment_place from; /* inclusive */
	struct segment_place to;   /* exclusive */
};

/* The place of the `count`th event from the end of a range (the first if it has fewer). False: none. */
bool segment_tail(const struct segment *segment, const struct segment_range *range, size_t count,
		  struct segment_place *ret_place);

struct segment_cursor;
int segment_cursor_open(const struct segment *segment, const struct segment_range *range,
			struct segment_cursor **ret_cursor);
/* 1 and the next event (the cursor's own until the next call), 0 at the end, -errno. */
int segment_cursor_next(struct segment_cursor *cursor, struct log_event *ret_event);
void segment_cursor_close(struct segment_cursor *cursor); /* NULL is fine */

#endif
