/*
 * request_log_test.c - lines leave together, and a reader that sleeps holds nobody up.
 */
#include "app/request_log.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct request_line line = {
	.request_id = "0123",
	.trace_id = "1-2-3",
	.method = {"GET", 3},
	.path = {"/db", 3},
	.status = 503,
	.error_type = "db_timeout",
	.started_us = 1000000,
	.ended_us = 1001500,
};

static void lines_are_written_when_the_turn_is_over(void **state)
{
	struct request_log *log;
	uv_loop_t loop;
	char text[4096] = "";
	AUTO_JSON json_t *tree = NULL;
	int64_t since_boot_ms = clock_real().ms - clock_monotonic();
	int64_t when_ms = 0;
	char *end;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	uv_loop_init(&loop);
	log = request_log_open(&loop, fds[1]);
	request_log_add(log, &line);
	request_log_add(log, &line);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(read(fds[0], text, sizeof(text)), -1);
	request_log_close(log);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);

	end = strchr(text, '\n');
	assert_non_null(end);
	tree = json_read(text, (size_t)(end - text));
	assert_true(clock_parse_iso(json_str(tree, "time"), &when_ms));
	assert_in_range(when_ms - since_boot_ms, 1000, 1003); /* when the answer left, not now */
	assert_string_equal(json_str(tree, "level"), "ERROR");
	assert_string_equal(json_str(tree, "errorType"), "db_timeout");
	assert_int_equal(json_num_or(tree, "latencyMs", 0) * 10, 15);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(fds[0]);
	close(fds[1]);
}

static void nobody_waits_for_a_reader_that_sleeps(void **state)
{
	struct request_log *log;
	uv_loop_t loop;
	msec began = clock_monotonic();
	int fds[2];

	log_set_level(LOG_ERROR); /* it says how many lines were lost, by and by */
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	uv_loop_init(&loop);
	log = request_log_open(&loop, fds[1]);
	for (int i = 0; i < 20000; i++)
		request_log_add(log, &line);
	request_log_close(log);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(clock_monotonic() - began < 5 * SECOND);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_written_when_the_turn_is_over),
		cmocka_unit_test(nobody_waits_for_a_reader_that_sleeps),
	};

	return cmocka_run_group_tests_name("request_log", tests, NULL, NULL);
}
