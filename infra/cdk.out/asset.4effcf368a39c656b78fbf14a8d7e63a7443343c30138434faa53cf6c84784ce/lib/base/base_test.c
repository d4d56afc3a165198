/*
 * base_test.c - buf, arena, clock and the JSON verbs.
 */
#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_full_buf_stays_as_it_was(void **state)
{
	AUTO_BUF struct buf buf = {.limit = 8};

	buf_str(&buf, "12345");
	buf_str(&buf, "6789");
	assert_true(buf_failed(&buf));
	assert_string_equal(buf_text(&buf), "12345");
	buf_str(&buf, "6");
	assert_string_equal(buf_text(&buf), "12345");

	buf_clear(&buf);
	buf_fmt(&buf, "%d", 12345678);
	assert_false(buf_failed(&buf));
	assert_string_equal(buf_text(&buf), "12345678");
}

static void dropping_the_front_keeps_the_rest(void **state)
{
	AUTO_BUF struct buf buf = {0};

	buf_str(&buf, "headbody");
	buf_drop(&buf, 4);
	assert_string_equal(buf_text(&buf), "body");
	buf_drop(&buf, 4);
	assert_string_equal(buf_text(&buf), "");
}

static void count(void *object)
{
	++*(int *)object;
}

static void an_arena_gives_everything_back_at_once(void **state)
{
	struct arena *arena = arena_open();
	int released = 0;
	char *big;

	arena_defer(arena, count, &released);
	big = arena_alloc(arena, 100000);
	memset(big, 'x', 100000);
	assert_string_equal(arena_fmt(arena, "%s-%d", "a", 1), "a-1");
	arena_clear(arena);
	assert_int_equal(released, 1);

	assert_string_equal(arena_strdup(arena, "again"), "again");
	assert_int_equal(((char *)arena_alloc(arena, 64))[63], 0);
	arena_close(arena);
	assert_int_equal(released, 1);
}

static void the_lab_clock_runs_fast_stands_still_and_never_goes_back(void **state)
{
	struct lab_clock clock = {.real = {1000}, .lab = {5000}, .speed = 60000};

	assert_int_equal(lab_clock_at(&clock, (real_ms){2000}).ms, 65000);
	assert_int_equal(lab_clock_at(&clock, (real_ms){0}).ms, 5000);

	clock.speed = 0;
	assert_int_equal(lab_clock_at(&clock, (real_ms){99000}).ms, 5000);
	assert_int_equal(lab_clock_real_until(&clock, (lab_ms){5001}), -1);
	lab_clock_step(&clock, 3 * MINUTE);
	lab_clock_step(&clock, -MINUTE);
	assert_int_equal(lab_clock_now(&clock).ms, 185000);
	assert_int_equal(lab_clock_real_until(&clock, (lab_ms){185000}), 0);
}

static void times_are_written_and_read_as_aws_has_them(void **state)
{
	char text[CLOCK_TEXT];
	int64_t ms = 0;
	real_ms when = {0};

	assert_string_equal(clock_iso(1767323045678, text), "2026-01-02T03:04:05.678Z");
	assert_string_equal(clock_iso_seconds(1767323045678, text), "2026-01-02T03:04:05Z");
	assert_string_equal(clock_http((real_ms){1767323045678}, text),
			    "Fri, 02 Jan 2026 03:04:05 GMT");
	assert_string_equal(clock_amz((real_ms){1767323045678}, text), "20260102T030405Z");

	assert_true(clock_parse_iso("2026-01-02T03:04:05.678Z", &ms));
	assert_int_equal(ms, 1767323045678);
	assert_true(clock_parse_iso("2026-01-02T04:04:05+01:00", &ms));
	assert_int_equal(ms, 1767323045000);
	assert_false(clock_parse_iso("2026-13-02T03:04:05Z", &ms));
	assert_false(clock_parse_iso("2026-01-02T03:04:05Zjunk", &ms));
	assert_true(clock_parse_amz("20260102T030405Z", &when));
	assert_int_equal(when.ms, 1767323045000);
	assert_false(clock_parse_amz("20260102T030405", &when));
	assert_false(clock_parse_amz("20260102T03040xZ", &when));
	assert_false(clock_parse_amz("2026-102T030405Z", &when));
	assert_false(clock_parse_amz("20261302T030405Z", &when));
	assert_int_equal(when.ms, 1767323045000);
}

static void json_is_read_with_limits(void **state)
{
	AUTO_BUF struct buf deep = {0};

	for (int i = 0; i < 65; i++)
		buf_byte(&deep, '[');
	for (int i = 0; i < 65; i++)
		buf_byte(&deep, ']');
	assert_null(json_read(deep.data, deep.len));

	AUTO_JSON json_t *flat = json_read(deep.data + 1, deep.len - 2);
	assert_non_null(flat);
	assert_null(json_read("{\"a\":1,\"a\":2}", 13));
	assert_null(json_read("{\"a\":1", 6));
}

static void json_paths_go_through_objects_and_lists(void **state)
{
	AUTO_JSON json_t *tree = json_pack("{s:[{s:s}]}", "list", "name", "x");
	AUTO_JSON json_t *copy = json_object();

	assert_string_equal(json_path_str(tree, "list.0.name"), "x");
	assert_null(json_path(tree, "list.1.name"));
	assert_null(json_path(tree, "list.name"));

	json_set(copy, "it", tree);
	json_set_str(copy, "none", NULL);
	assert_false(json_has(copy, "none"));
	assert_ptr_not_equal(json_get(copy, "it"), tree);
	assert_int_equal(json_int_or(copy, "it", 7), 7);
}

static void bytes_come_back_from_base64(void **state)
{
	AUTO_BUF struct buf text = {0};
	AUTO_BUF struct buf bytes = {0};

	base64_encode(&text, "\0ab\377", 4);
	assert_string_equal(buf_text(&text), "AGFi/w==");
	assert_true(base64_decode(&bytes, text.data, text.len));
	assert_int_equal(bytes.len, 4);
	assert_memory_equal(bytes.data, "\0ab\377", 4);

	assert_false(base64_decode(&bytes, "AGFi/w=", 7));
	assert_false(base64_decode(&bytes, "AG=i/w==", 8));
	assert_false(base64_decode(&bytes, "AGFi\n/w=", 8));
	assert_int_equal(bytes.len, 4);
	assert_true(base64_decode(&bytes, "", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_buf_stays_as_it_was),
		cmocka_unit_test(dropping_the_front_keeps_the_rest),
		cmocka_unit_test(an_arena_gives_everything_back_at_once),
		cmocka_unit_test(the_lab_clock_runs_fast_stands_still_and_never_goes_back),
		cmocka_unit_test(times_are_written_and_read_as_aws_has_them),
		cmocka_unit_test(bytes_come_back_from_base64),
		cmocka_unit_test(json_is_read_with_limits),
		cmocka_unit_test(json_paths_go_through_objects_and_lists),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
