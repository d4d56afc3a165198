/*
 * segment_test.c - datagrams, lab time, and a queue that stays small.
 */
#include "lab/planes/xray_daemon/xray_daemon.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "{\"format\":\"json\",\"version\":1}\n"

static json_t *read_text(const char *text)
{
	return segment_read(text, strlen(text));
}

static void a_datagram_is_a_header_and_a_segment(void **state)
{
	AUTO_JSON json_t *segment = read_text(HEADER "{\"id\":\"70de5b6f19ff9a0a\"}");

	assert_string_equal(json_str(segment, "id"), "70de5b6f19ff9a0a");
	assert_null(read_text("{\"id\":\"70de5b6f19ff9a0a\"}"));
	assert_null(read_text("{\"format\":\"json\",\"version\":2}\n{}"));
	assert_null(read_text("{\"format\":\"xml\",\"version\":1}\n{}"));
	assert_null(read_text(HEADER));
	assert_null(read_text(HEADER "[1]"));
	assert_null(read_text(HEADER "{\"id\":"));
}

static void times_move_to_the_lab_and_durations_stay(void **state)
{
	const struct lab_clock clock = {.real = {1000}, .lab = {500000}, .speed = 60000};
	AUTO_JSON json_t *segment =
		json_pack("{s:f,s:f,s:[{s:f,s:f}]}", "start_time", 2.0, "end_time", 2.25,
			  "subsegments", "start_time", 2.1, "end_time", 2.2);
	const json_t *inner;

	segment_to_lab(segment, &clock);
	inner = json_path(segment, "subsegments.0");
	assert_int_equal(llround(json_num_or(segment, "start_time", 0) * 1000), 560000);
	assert_int_equal(llround(json_num_or(segment, "end_time", 0) * 1000), 560250);
	assert_int_equal(llround(json_num_or(inner, "start_time", 0) * 1000), 560100);
	assert_int_equal(llround(json_num_or(inner, "end_time", 0) * 1000), 560200);
}

static void a_segment_without_a_time_stays_as_it_is(void **state)
{
	const struct lab_clock clock = {.speed = 1000};
	AUTO_JSON json_t *segment = json_pack("{s:s}", "start_time", "soon");

	segment_to_lab(segment, &clock);
	assert_string_equal(json_str(segment, "start_time"), "soon");
}

static void a_full_queue_loses_the_oldest(void **state)
{
	struct queue queue;
	AUTO_JSON json_t *first = NULL;

	queue_open(&queue);
	for (int i = 0; i < QUEUE_MAX + 3; i++) {
		AUTO_JSON json_t *segment = json_pack("{s:i}", "n", i);

		queue_add(&queue, segment);
	}
	assert_int_equal(queue_length(&queue), QUEUE_MAX);
	assert_int_equal(queue.dropped, 3);
	first = queue_take(&queue);
	assert_int_equal(json_array_size(json_get(first, "TraceSegmentDocuments")), BATCH_MAX);
	assert_string_equal(json_path_str(first, "TraceSegmentDocuments.0"), "{\"n\":3}");
	queue_close(&queue);
}

static void a_batch_is_bounded_in_bytes(void **state)
{
	struct queue queue;
	char text[SEGMENT_MAX - 100];
	AUTO_JSON json_t *batch = NULL;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	queue_open(&queue);
	for (int i = 0; i < 20; i++) {
		AUTO_JSON json_t *segment = json_pack("{s:s}", "text", text);

		queue_add(&queue, segment);
	}
	batch = queue_take(&queue);
	assert_in_range(json_array_size(json_get(batch, "TraceSegmentDocuments")), 8, 9);
	queue_close(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_a_header_and_a_segment),
		cmocka_unit_test(times_move_to_the_lab_and_durations_stay),
		cmocka_unit_test(a_segment_without_a_time_stays_as_it_is),
		cmocka_unit_test(a_full_queue_loses_the_oldest),
		cmocka_unit_test(a_batch_is_bounded_in_bytes),
	};

	return cmocka_run_group_tests_name("xray_daemon", tests, NULL, NULL);
}
