/*
 * segment.c - reading a stream's file in the order of time.
 *
 * Nearly all files are in order, since a task stamps its lines as they come: those are read from a
 * block near the first event that is asked for. PutLogEvents may bring older events later; such a
 * file is gone through whole, and what is asked for is sorted.
 */
#include "lab/services/logs/segment.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_BYTES 65536
#define SEGMENTS_MAX 4096 /* known at a time; past that all are forgotten */
#define BUCKETS 1024

struct block {
	int64_t offset;
	int64_t earliest, latest;
	int64_t events;
};

struct segment {
	struct segment *next; /* in its bucket */
	char *path;
	ino_t inode;
	int64_t size; /* looked at up to here: the end of the last whole event */
	bool ordered;
	struct segment_summary summary;
	struct block *blocks;
	size_t nblocks;
};

static struct segment *buckets[BUCKETS];
static size_t known;

static void forget(struct segment *segment)
{
	free(segment->blocks);
	segment->blocks = NULL;
	segment->nblocks = 0;
	segment->size = 0;
	segment->ordered = true;
	memset(&segment->summary, 0, sizeof(segment->summary));
}

static void forget_all(void)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (buckets[i]) {
			struct segment *segment = buckets[i];

			buckets[i] = segment->next;
			forget(segment);
			free(segment->path);
			free(segment);
		}
	}
	known = 0;
}

static size_t bucket_of(const char *path)
{
	uint64_t hash = 14695981039346656037ULL;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 1099511628211ULL;
	return hash % BUCKETS;
}

static struct segment *find(const char *path)
{
	struct segment **bucket = &buckets[bucket_of(path)];
	struct segment *segment;

	for (segment = *bucket; segment; segment = segment->next) {
		if (strcmp(segment->path, path) == 0)
			return segment;
	}
	if (known == SEGMENTS_MAX)
		forget_all();
	segment = mem_new(struct segment);
	segment->path = mem_strdup(path);
	segment->ordered = true;
	segment->next = *bucket;
	*bucket = segment;
	known++;
	return segment;
}

static struct block *block_for(struct segment *segment, const struct log_event *event)
{
	struct block *last = segment->nblocks ? &segment->blocks[segment->nblocks - 1] : NULL;

	if (last && event->offset - last->offset < BLOCK_BYTES)
		return last;
	/* The room doubles: at each power of two. */
	if ((segment->nblocks & (segment->nblocks - 1)) == 0)
		segment->blocks = mem_resize(segment->blocks,
					     (segment->nblocks * 2 + 1) * sizeof(*segment->blocks));
	last = &segment->blocks[segment->nblocks++];
	*last = (struct block){
		.offset = event->offset,
		.earliest = event->timestamp.ms,
		.latest = event->timestamp.ms,
	};
	return last;
}

static void note(struct segment *segment, const struct log_event *event)
{
	struct block *block = block_for(segment, event);
	struct segment_summary *summary = &segment->summary;

	if (event->timestamp.ms < block->earliest)
		block->earliest = event->timestamp.ms;
	if (event->timestamp.ms > block->latest)
		block->latest = event->timestamp.ms;
	block->events++;

	if (summary->events == 0 || event->timestamp.ms < summary->first.ms)
		summary->first = event->timestamp;
	if (summary->events > 0 && event->timestamp.ms < summary->last.ms)
		segment->ordered = false;
	else
		summary->last = event->timestamp;
	if (event->ingested.ms > summary->ingested.ms)
		summary->ingested = event->ingested;
	summary->bytes += (int64_t)event->len;
	summary->events++;
}

const struct segment *segment_of(const char *path)
{
	struct segment *segment = find(path);
	struct log_reader *reader;
	struct log_event event;
	struct stat st;

	if (stat(path, &st) < 0) {
		forget(segment);
		return NULL;
	}
	if (st.st_ino != segment->inode || st.st_size < segment->size)
		forget(segment);
	segment->inode = st.st_ino;
	if (st.st_size > segment->size && log_reader_open(path, segment->size, &reader) == 0) {
		while (log_reader_next(reader, &event) == 1)
			note(segment, &event);
		segment->size = log_reader_offset(reader);
		log_reader_close(reader);
	}
	return segment->summary.events > 0 ? segment : NULL;
}

void segment_forget(const char *path)
{
	forget(find(path));
}

void segment_summary(const struct segment *segment, struct segment_summary *ret_summary)
{
	*ret_summary = segment->summary;
}

int segment_place_compare(struct segment_place a, struct segment_place b)
{
	if (a.timestamp != b.timestamp)
		return a.timestamp < b.timestamp ? -1 : 1;
	return (a.offset > b.offset) - (a.offset < b.offset);
}

static struct segment_place place_of(const struct log_event *event)
{
	return (struct segment_place){event->timestamp.ms, event->offset};
}

static struct segment_place place_of_block(const struct block *block)
{
	return (struct segment_place){block->earliest, block->offset};
}

static bool in_range(const struct segment_range *range, const struct log_event *event)
{
	return segment_place_compare(place_of(event), range->from) >= 0 &&
	       segment_place_compare(place_of(event), range->to) < 0;
}

/* The first block that can hold something of the range. */
static size_t first_block(const struct segment *segment, const struct segment_range *range)
{
	size_t low = 0;
	size_t high = segment->nblocks;

	if (!segment->ordered)
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (segment->blocks[middle].latest < range->from.timestamp)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* All places of a file that is out of order, sorted. */
struct places {
	struct segment_place *at;
	size_t count;
};

static int compare_places(const void *a, const void *b)
{
	return segment_place_compare(*(const struct segment_place *)a,
				     *(const struct segment_place *)b);
}

static int gather(const struct segment *segment, const struct segment_range *range,
		  struct places *ret_places)
{
	struct log_reader *reader;
	struct log_event event;
	int err = log_reader_open(segment->path, 0, &reader);

	if (err < 0)
		return err;
	ret_places->at = mem_array(struct segment_place, (size_t)segment->summary.events);
	ret_places->count = 0;
	while (ret_places->count < (size_t)segment->summary.events &&
	       (err = log_reader_next(reader, &event)) == 1) {
		if (in_range(range, &event))
			ret_places->at[ret_places->count++] = place_of(&event);
	}
	log_reader_close(reader);
	qsort(ret_places->at, ret_places->count, sizeof(*ret_places->at), compare_places);
	return err < 0 ? err : 0;
}

static bool tail_unordered(const struct segment *segment, const struct segment_range *range,
			   size_t count, struct segment_place *ret_place)
{
	struct places places = {0};
	bool found;

	if (gather(segment, range, &places) < 0)
		return false;
	found = places.count > 0;
	if (found)
		*ret_place = places.at[places.count > count ? places.count - count : 0];
	free(places.at);
	return found;
}

/* A block early enough that `count` events lie between its begin and the range's end. */
static int64_t begin_of_tail(const struct segment *segment, const struct segment_range *range,
			     size_t count)
{
	size_t first = first_block(segment, range);
	size_t i = segment->nblocks;
	int64_t events = 0;

	/* In a file that is in order a block's earliest event is its first. */
	while (i > first &&
	       segment_place_compare(place_of_block(&segment->blocks[i - 1]), range->to) >= 0)
		i--;
	/* The last one may lie partly behind the end, so that it does not count. */
	for (i -= i > first; i > first && events < (int64_t)count; i--)
		events += segment->blocks[i - 1].events;
	return i < segment->nblocks ? segment->blocks[i].offset : segment->size;
}

bool segment_tail(const struct segment *segment, const struct segment_range *range, size_t count,
		  struct segment_place *ret_place)
{
	struct segment_place *ring;
	struct log_reader *reader;
	struct log_event event;
	size_t found = 0;

	if (!segment->ordered)
		return tail_unordered(segment, range, count, ret_place);
	if (log_reader_open(segment->path, begin_of_tail(segment, range, count), &reader) < 0)
		return false;
	ring = mem_array(struct segment_place, count);
	while (log_reader_next(reader, &event) == 1) {
		if (segment_place_compare(place_of(&event), range->to) >= 0)
			break;
		if (in_range(range, &event))
			ring[found++ % count] = place_of(&event);
	}
	log_reader_close(reader);
	if (found > 0)
		*ret_place = ring[found > count ? found % count : 0];
	free(ring);
	return found > 0;
}

struct segment_cursor {
	struct log_reader *reader;
	struct segment_range range;
	bool ordered;
	char *path;
	struct places places; /* out of order: all of them */
	size_t next;
};

int segment_cursor_open(const struct segment *segment, const struct segment_range *range,
			struct segment_cursor **ret_cursor)
{
	struct segment_cursor *cursor = mem_new(struct segment_cursor);
	size_t block = first_block(segment, range);
	int64_t offset = block < segment->nblocks ? segment->blocks[block].offset : segment->size;
	int err;

	cursor->range = *range;
	cursor->ordered = segment->ordered;
	cursor->path = mem_strdup(segment->path);
	if (!segment->ordered)
		err = gather(segment, range, &cursor->places);
	else
		err = log_reader_open(segment->path, offset, &cursor->reader);
	if (err < 0) {
		segment_cursor_close(cursor);
		return err;
	}
	*ret_cursor = cursor;
	return 0;
}

static int next_unordered(struct segment_cursor *cursor, struct log_event *ret_event)
{
	int err;

	if (cursor->next == cursor->places.count)
		return 0;
	log_reader_close(cursor->reader);
	cursor->reader = NULL;
	err = log_reader_open(cursor->path, cursor->places.at[cursor->next++].offset,
			      &cursor->reader);
	return err < 0 ? err : log_reader_next(cursor->reader, ret_event);
}

int segment_cursor_next(struct segment_cursor *cursor, struct log_event *ret_event)
{
	int got;

	if (!cursor->ordered)
		return next_unordered(cursor, ret_event);
	while ((got = log_reader_next(cursor->reader, ret_event)) == 1) {
		if (segment_place_compare(place_of(ret_event), cursor->range.to) >= 0)
			return 0;
		if (in_range(&cursor->range, ret_event))
			break;
	}
	/* What is no event ends the file, as it does for the index. */
	return got == -EBADMSG ? 0 : got;
}

void segment_cursor_close(struct segment_cursor *cursor)
{
	if (!cursor)
		return;
	log_reader_close(cursor->reader);
	free(cursor->places.at);
	free(cursor->path);
	free(cursor);
}
