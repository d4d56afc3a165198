/*
 * trace_test.c - trace headers as they come, and the lines written from strangers' text.
 */
#include "app/db_connection.h"
#include "app/json_line.h"
#include "app/trace.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "1-67891233-abcdef012345678912345678"

static bool reads(const char *value, struct trace *trace)
{
	*trace = (struct trace){0};
	return trace_read_header(value, strlen(value), trace);
}

static void headers_are_read_in_any_order(void **state)
{
	struct trace trace;

	assert_true(reads("Root=" ROOT, &trace));
	assert_string_equal(trace.root, ROOT);
	assert_string_equal(trace.parent, "");
	assert_int_equal(trace.decision, 0);

	assert_true(reads("Sampled=1;Parent=53995c3f42cd8ad8; Root=" ROOT ";Lineage=x", &trace));
	assert_string_equal(trace.parent, "53995c3f42cd8ad8");
	assert_true(trace.sampled);

	/* A load balancer puts its own part in front. */
	assert_true(
		reads("Self=1-67891234-12456789abcdef012345678;Root=" ROOT ";Sampled=0", &trace));
	assert_false(trace.sampled);
	assert_int_equal(trace.decision, '0');
	assert_true(reads("Root=" ROOT ";Sampled=?", &trace));
	assert_int_equal(trace.decision, '?');
}

static void headers_without_a_root_are_not_continued(void **state)
{
	struct trace trace;

	assert_false(reads("", &trace));
	assert_false(reads("Parent=53995c3f42cd8ad8;Sampled=1", &trace));
	assert_false(reads("Root=2-67891233-abcdef012345678912345678", &trace));
	assert_false(reads("Root=1-67891233-abcdef01234567891234567", &trace));
	assert_false(reads("Root=1-6789123g-abcdef012345678912345678", &trace));
	assert_false(reads(";;;=;Root=", &trace));
}

static void lines_stay_json_whatever_is_in_them(void **state)
{
	AUTO_BUF struct buf out = {0};

	json_line_text(&out, "{\"a\":", "x\"\\\n\xff\x80\0z", 8);
	json_line_int(&out, ",\"b\":", INT64_MIN);
	json_line_milli(&out, ",\"c\":", 1234567);
	json_line_milli(&out, ",\"d\":", 5);
	json_line_seconds(&out, ",\"e\":", 1767323045000012);
	buf_byte(&out, '}');
	assert_string_equal(buf_text(&out), "{\"a\":\"x\\\"\\\\\\u000a\\u00ff\\u0080\\u0000z\","
					    "\"b\":-9223372036854775808,\"c\":1234.567,\"d\":0.005,"
					    "\"e\":1767323045.000012}");
}

static void ids_are_hex_and_differ(void **state)
{
	char one[33], other[33];

	trace_random_hex(one, 32);
	trace_random_hex(other, 32);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	assert_string_not_equal(one, other);
}

static void sqlstates_have_a_stable_word(void **state)
{
	char sqlstate[6] = "";

	assert_true(database_find_sqlstate("connection to server at \"127.0.0.1\", port 5432 "
					   "failed: FATAL:  28P01: password authentication "
					   "failed for user \"x\"",
					   sqlstate));
	assert_string_equal(sqlstate, "28P01");
	assert_false(database_find_sqlstate("connection refused", sqlstate));
	assert_false(database_find_sqlstate("FATAL:  sorry, too many clients", sqlstate));

	assert_string_equal(database_error_type("28P01", false), "db_auth_failed");
	assert_string_equal(database_error_type("28000", false), "db_auth_failed");
	assert_string_equal(database_error_type("53300", false), "db_too_many_connections");
	assert_string_equal(database_error_type("57014", false), "db_timeout");
	assert_string_equal(database_error_type("57P01", false), "db_unreachable");
	assert_string_equal(database_error_type(NULL, false), "db_unreachable");
	assert_string_equal(database_error_type(NULL, true), "db_timeout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_read_in_any_order),
		cmocka_unit_test(headers_without_a_root_are_not_continued),
		cmocka_unit_test(lines_stay_json_whatever_is_in_them),
		cmocka_unit_test(ids_are_hex_and_differ),
		cmocka_unit_test(sqlstates_have_a_stable_word),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
