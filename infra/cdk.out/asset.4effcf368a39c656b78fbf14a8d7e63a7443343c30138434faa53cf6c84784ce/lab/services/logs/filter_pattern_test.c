/*
 * filter_pattern_test.c - AWS's own examples, and what is refused.
 */
#include "lab/services/logs/filter_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool matches(const char *text, const char *message)
{
	struct arena *arena = arena_open();
	const char *why = NULL;
	const struct filter_pattern *pattern = filter_pattern_read(arena, text, &why);
	bool found;

	if (!pattern)
		fail_msg("%s: %s", text, why);
	found = filter_pattern_match(pattern, message, strlen(message));
	arena_close(arena);
	return found;
}

static void terms_are_anded_optional_or_excluded(void **state)
{
	assert_true(matches("", "anything"));
	assert_true(matches("\" \"", "anything"));
	assert_true(matches("ERROR", "[ERROR 400] BAD REQUEST"));
	assert_false(matches("ERROR", "error"));
	assert_true(matches("ERROR ARGUMENTS", "[ERROR] INVALID ARGUMENTS"));
	assert_false(matches("ERROR ARGUMENTS", "[ERROR] 400"));
	assert_true(matches("\"INTERNAL SERVER ERROR\"", "500 INTERNAL SERVER ERROR"));
	assert_true(matches("?ERROR ?WARN", "a WARN b"));
	assert_false(matches("?ERROR ?WARN", "INFO"));
	assert_true(matches("ERROR -EXITING", "ERROR 1"));
	assert_false(matches("ERROR -EXITING", "ERROR EXITING"));
	assert_false(matches("?WARN ERROR", "WARN"));
	assert_true(matches("%5[0-9]{2}%", "status 503"));
	assert_false(matches("%5[0-9]{2}%", "status 404"));
}

static void json_is_selected_and_compared(void **state)
{
	static const char message[] = "{\"status\":503,\"errorType\":\"db_timeout\",\"ok\":false,"
				      "\"none\":null,\"user\":{\"ids\":[7,8]},\"ratio\":0.5}";

	assert_true(matches("{ $.status >= 500 }", message));
	assert_false(matches("{ $.status > 503 }", message));
	assert_true(matches("{ $.status = 5.03e2 }", message));
	assert_true(matches("{ $.errorType = \"*\" }", message));
	assert_true(matches("{ $.errorType = \"db_*\" }", message));
	assert_true(matches("{ $.errorType = db_timeout }", message));
	assert_false(matches("{ $.errorType != \"db_timeout\" }", message));
	assert_false(matches("{ $.missing = \"*\" }", message));
	assert_false(matches("{ $.missing != \"x\" }", message));
	assert_true(matches("{ $.missing NOT EXISTS }", message));
	assert_true(matches("{ $.none IS NULL }", message));
	assert_true(matches("{ $.ok IS FALSE }", message));
	assert_false(matches("{ $.ok IS TRUE }", message));
	assert_true(matches("{ $.user.ids[1] = 8 }", message));
	assert_false(matches("{ $.user = \"*\" }", message));
	assert_true(matches("{ $.errorType = %^db_% }", message));
	assert_true(matches("{ ($.status = 1 || $.status = 503) && $.ratio < 1 }", message));
	assert_true(matches("{ $.status = 503 || $.status = 1 && $.ratio > 1 }", message));
	assert_false(matches("{ $.status >= 500 }", "status 503"));
	assert_false(matches("{ $.status >= 500 }", "{\"status\":"));
}

static void what_is_not_understood_is_refused(void **state)
{
	static const char *const bad[] = {
		"[ip, user]",
		"/healthz",
		"a-b",
		"\"open",
		"{ $.a }",
		"{ $.a = 1",
		"{ a = 1 }",
		"{ $.a = 1 } x",
		"{ $.a >= \"x\" }",
		"{ $.a[x] = 1 }",
		"{ $. = 1 }",
		"{ $.a IS NOT NULL }",
		"{ ($.a = 1 }",
		"%(%",
		"%a% %b% %c%",
		"{ $.a EXISTS }",
		"{ $.a = }",
		"{}",
		"{ $.a = 1 && }",
		"?",
	};
	struct arena *arena = arena_open();

	for (size_t i = 0; i < array_len(bad); i++) {
		const char *why = NULL;

		if (filter_pattern_read(arena, bad[i], &why))
			fail_msg("taken: %s", bad[i]);
		assert_non_null(why);
	}
	arena_close(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_are_anded_optional_or_excluded),
		cmocka_unit_test(json_is_selected_and_compared),
		cmocka_unit_test(what_is_not_understood_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
