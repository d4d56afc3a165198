/*
 * read.c - GetLogEvents and FilterLogEvents.
 *
 * Both show a page: at most 1 MiB of messages, and FilterLogEvents looks at no more than SCAN_MAX
 * before it answers with a token, so that nobody's search holds up the others.
 *
 *   left out   interleaved: false (AWS ignores it, too), unmask
 */
#include "lab/services/logs/filter_pattern.h"
#include "lab/services/logs/nouns.h"
#include "lab/services/logs/segment.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_EVENTS 10000
#define PAGE_BYTES ((size_t)1 << 20)
#define SCAN_MAX ((size_t)4 << 20)
#define STREAMS_NAMED_MAX 100

/* What a group still shows: nothing older than its retention. */
static int64_t kept_since(const struct request *rq, const json_t *group)
{
	int64_t days = json_int_or(group, "retentionInDays", 0);

	return days > 0 ? rq->now.ms - days * DAY : 0;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void show_event(json_t *shown, const struct log_event *event)
{
	json_set_int(shown, "timestamp", event->timestamp.ms);
	json_give(shown, "message", json_stringn(event->message, event->len));
	json_set_int(shown, "ingestionTime", event->ingested.ms);
}

/* GetLogEvents. A token is a place between events: f/… is what comes from there, b/… what is before. */

static const char *token_of(struct request *rq, char kind, struct segment_place place)
{
	return rq_fmt(rq, "%c/%020lld%020lld/s", kind, (long long)place.timestamp,
		      (long long)place.offset);
}

static bool read_token(const char *token, char *ret_kind, struct segment_place *ret_place)
{
	char timestamp[21] = "";
	char offset[21] = "";

	if (strlen(token) != 44 || (token[0] != 'f' && token[0] != 'b') || token[1] != '/' ||
	    strcmp(token + 42, "/s") != 0 || strspn(token + 2, "0123456789") != 40)
		return false;
	memcpy(timestamp, token + 2, 20);
	memcpy(offset, token + 22, 20);
	*ret_kind = token[0];
	ret_place->timestamp = strtoll(timestamp, NULL, 10);
	ret_place->offset = strtoll(offset, NULL, 10);
	return true;
}

/* The begin of the last events of a range that fit a page. */
static struct segment_place page_before_end(const struct segment *segment,
					    const struct segment_range *range, size_t limit)
{
	struct segment_range tail = *range;
	struct segment_cursor *cursor;
	struct log_event event;
	size_t *lens;
	struct segment_place *places;
	size_t count = 0, bytes = 0, first;

	if (!segment_tail(segment, range, limit, &tail.from) ||
	    segment_cursor_open(segment, &tail, &cursor) < 0)
		return range->to;
	lens = mem_array(size_t, limit);
	places = mem_array(struct segment_place, limit);
	while (count < limit && segment_cursor_next(cursor, &event) == 1) {
		lens[count] = event.len;
		places[count++] = (struct segment_place){event.timestamp.ms, event.offset};
	}
	segment_cursor_close(cursor);
	for (first = count; first > 0 && bytes + lens[first - 1] <= PAGE_BYTES; first--)
		bytes += lens[first - 1];
	tail.from = first < count ? places[first] : range->to;
	free(lens);
	free(places);
	return tail.from;
}

/* Events of a range, oldest first; ret_first and ret_next are left alone when there is none. */
static int show_range(const struct segment *segment, const struct segment_range *range,
		      size_t limit, json_t *events, struct segment_place *ret_first,
		      struct segment_place *ret_next)
{
	struct segment_cursor *cursor;
	struct log_event event;
	size_t bytes = 0;
	int got = segment_cursor_open(segment, range, &cursor);

	if (got < 0)
		return got;
	while (json_array_size(events) < limit &&
	       (got = segment_cursor_next(cursor, &event)) == 1) {
		bytes += event.len;
		if (bytes > PAGE_BYTES)
			break;
		if (json_array_size(events) == 0)
			*ret_first = (struct segment_place){event.timestamp.ms, event.offset};
		*ret_next = (struct segment_place){event.timestamp.ms, event.offset + 1};
		show_event(json_push_object(events), &event);
	}
	segment_cursor_close(cursor);
	return got < 0 ? got : 0;
}

int logs_get_log_events(struct request *rq, const json_t *in, json_t *out)
{
	const char *stream = json_str(in, "logStreamName");
	const char *token = json_str(in, "nextToken");
	const json_t *group = logs_group(rq, in);
	const char *name = logs_group_name(rq, in);
	size_t limit = (size_t)json_int_or(in, "limit", PAGE_EVENTS);
	bool forward = json_bool_or(in, "startFromHead", false);
	struct segment_range range = {
		.from = {max64(json_int_or(in, "startTime", 0), kept_since(rq, group)), 0},
		.to = {json_int_or(in, "endTime", INT64_MAX), 0},
	};
	struct segment_place place = range.from, first, next;
	const struct segment *segment;
	char kind;
	int err = 0;

	if (!group)
		return logs_no_group(rq);
	if (!store_has(rq->tx, LOG_STREAM, logs_key(rq, name, stream)))
		return logs_no_stream(rq);
	if (token) {
		if (!read_token(token, &kind, &place))
			return fault(rq, LOGS_InvalidParameterException,
				     "The specified nextToken is invalid.");
		forward = kind == 'f';
		if (forward && segment_place_compare(place, range.from) > 0)
			range.from = place;
		if (!forward && segment_place_compare(place, range.to) < 0)
			range.to = place;
	}
	first = next = place;
	segment = segment_of(logs_stream_path(rq, name, stream));
	if (segment && !forward)
		range.from = page_before_end(segment, &range, limit);
	if (segment)
		err = show_range(segment, &range, limit, json_add_array(out, "events"), &first,
				 &next);
	else
		json_add_array(out, "events");
	if (err < 0)
		return err;
	json_set_str(out, "nextForwardToken", token_of(rq, 'f', next));
	json_set_str(out, "nextBackwardToken", token_of(rq, 'b', first));
	return 0;
}

/* FilterLogEvents: all streams at once, in the order of time, then of their names. */

struct source {
	const char *stream;
	struct segment_cursor *cursor;
	struct log_event event; /* the next one */
	bool has;
};

struct search {
	struct request *rq;
	const char *group;
	struct source *sources;
	size_t nsources;
	struct segment_range range;
	/* From a token: behind which event of which stream to go on; stream NULL: from the begin. */
	struct segment_place after;
	const char *after_stream;
	int err;
};

static void advance(struct search *search, struct source *source)
{
	int got = segment_cursor_next(source->cursor, &source->event);

	source->has = got == 1;
	if (got < 0)
		search->err = got;
}

/* Where this stream goes on after a token. */
static struct segment_place begin_of(const struct search *search, const char *stream)
{
	struct segment_place begin = {search->after.timestamp, 0};
	int order = search->after_stream ? strcmp(stream, search->after_stream) : 0;

	if (!search->after_stream)
		return search->range.from;
	if (order < 0)
		begin.timestamp++;
	if (order == 0)
		begin.offset = search->after.offset + 1;
	return segment_place_compare(begin, search->range.from) > 0 ? begin : search->range.from;
}

static void add_source(struct search *search, const char *stream)
{
	const struct segment *segment =
		segment_of(logs_stream_path(search->rq, search->group, stream));
	struct segment_range range = {begin_of(search, stream), search->range.to};
	struct source *source = &search->sources[search->nsources];
	struct segment_summary summary;

	if (!segment)
		return;
	segment_summary(segment, &summary);
	if (summary.last.ms < range.from.timestamp || summary.first.ms >= range.to.timestamp)
		return;
	*source = (struct source){.stream = stream};
	if (segment_cursor_open(segment, &range, &source->cursor) < 0)
		return;
	search->nsources++;
	advance(search, source);
}

static int add_sources(struct search *search, const json_t *in)
{
	struct request *rq = search->rq;
	const json_t *named = json_get(in, "logStreamNames");
	const char *prefix = json_str(in, "logStreamNamePrefix");
	const char *front = logs_key(rq, search->group, named ? "" : (prefix ? prefix : ""));
	const json_t *keys = store_keys(rq->tx, LOG_STREAM, front);
	const json_t *element;
	size_t i;

	if (named && prefix)
		return fault(rq, LOGS_InvalidParameterException,
			     "The parameters logStreamNames and logStreamNamePrefix are mutually "
			     "exclusive.");
	json_each (named, i, element) {
		if (!store_has(rq->tx, LOG_STREAM,
			       logs_key(rq, search->group, json_string_value(element))))
			return logs_no_stream(rq);
	}
	search->sources =
		arena_alloc(rq->arena, (json_array_size(keys) + 1) * sizeof(*search->sources));
	json_each (keys, i, element) {
		const char *stream = json_string_value(element) + strlen(search->group) + 1;

		if (!named || json_list_has(named, stream))
			add_source(search, stream);
	}
	return 0;
}

static struct source *earliest(const struct search *search)
{
	struct source *best = NULL;

	/* They stand in the order of their names: of equals the first one stays. */
	for (size_t i = 0; i < search->nsources; i++) {
		struct source *source = &search->sources[i];

		if (source->has && (!best || source->event.timestamp.ms < best->event.timestamp.ms))
			best = source;
	}
	return best;
}

/* 56 digits, as AWS's: when, which stream, where in it. */
static const char *event_id(struct request *rq, const struct source *source)
{
	uint64_t hash = 14695981039346656037ULL;

	for (const char *c = source->stream; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
	return rq_fmt(rq, "%020lld%020llu%016lld", (long long)source->event.timestamp.ms,
		      (unsigned long long)hash, (long long)source->event.offset);
}

/* False when the page is full and this event is the next page's. */
static bool take_event(struct search *search, const struct source *source, json_t *events,
		       size_t *bytes)
{
	json_t *shown;

	if (*bytes + source->event.len > PAGE_BYTES)
		return false;
	*bytes += source->event.len;
	shown = json_push_object(events);
	json_set_str(shown, "logStreamName", source->stream);
	show_event(shown, &source->event);
	json_set_str(shown, "eventId", event_id(search->rq, source));
	return true;
}

static void run_search(struct search *search, const struct filter_pattern *pattern, size_t limit,
		       json_t *out)
{
	json_t *events = json_add_array(out, "events");
	const char *token = NULL;
	size_t bytes = 0, scanned = 0;
	struct source *source;

	while ((source = earliest(search)) && search->err == 0) {
		const struct log_event *event = &source->event;

		if (json_array_size(events) == limit || scanned > SCAN_MAX)
			break;
		scanned += event->len;
		if (filter_pattern_match(pattern, event->message, event->len) &&
		    !take_event(search, source, events, &bytes))
			break;
		token = rq_fmt(search->rq, "%lld/%lld/%s", (long long)event->timestamp.ms,
			       (long long)event->offset, source->stream);
		advance(search, source);
	}
	if (source)
		json_set_str(out, "nextToken", token);
	json_add_array(out, "searchedLogStreams"); /* AWS: always empty */
}

static bool read_search_token(struct search *search, const char *token)
{
	char *end;

	search->after.timestamp = strtoll(token, &end, 10);
	if (end == token || *end != '/')
		return false;
	token = end + 1;
	search->after.offset = strtoll(token, &end, 10);
	if (end == token || *end != '/')
		return false;
	search->after_stream = end + 1;
	return true;
}

int logs_filter_log_events(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *group = logs_group(rq, in);
	const char *token = json_str(in, "nextToken");
	int64_t until = json_int_or(in, "endTime", INT64_MAX);
	const struct filter_pattern *pattern;
	struct search search = {
		.rq = rq,
		.group = logs_group_name(rq, in),
		.range.from = {max64(json_int_or(in, "startTime", 0), kept_since(rq, group)), 0},
		.range.to = {until < INT64_MAX ? until + 1 : until, 0},
	};
	const char *why = NULL;
	int err;

	if (!group)
		return logs_no_group(rq);
	pattern = filter_pattern_read(rq->arena, json_str_or(in, "filterPattern", ""), &why);
	if (!pattern)
		return fault(rq, LOGS_InvalidParameterException, "%s", why);
	if (token && !read_search_token(&search, token))
		return fault(rq, LOGS_InvalidParameterException,
			     "The specified nextToken is invalid.");
	if (json_array_size(json_get(in, "logStreamNames")) > STREAMS_NAMED_MAX)
		return fault(rq, LOGS_InvalidParameterException,
			     "At most 100 log streams can be named.");
	err = add_sources(&search, in);
	if (err == 0)
		run_search(&search, pattern, (size_t)json_int_or(in, "limit", PAGE_EVENTS), out);
	for (size_t i = 0; i < search.nsources; i++)
		segment_cursor_close(search.sources[i].cursor);
	return err ? err : search.err;
}
