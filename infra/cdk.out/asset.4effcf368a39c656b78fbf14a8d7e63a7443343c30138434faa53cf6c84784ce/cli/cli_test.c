/*
 * cli_test.c - durations, expectations and pages as they are read.
 */
#include "cli/duration.h"
#include "cli/page.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void durations_are_written_as_people_do(void **state)
{
	msec d = 0;

	assert_true(duration_read("90s", &d));
	assert_int_equal(d, 90 * SECOND);
	assert_true(duration_read("-5min", &d));
	assert_int_equal(d, -5 * MINUTE);
	assert_true(duration_read("1.5h", &d));
	assert_int_equal(d, 90 * MINUTE);
	assert_true(duration_read("7", &d));
	assert_int_equal(d, 7 * SECOND);
	assert_false(duration_read("5 apples", &d));
	assert_false(duration_read("", &d));
	assert_false(duration_read("nan", &d));
	assert_int_equal(d, 7 * SECOND);
}

static void what_is_expected_is_a_glob_a_line(void **state)
{
	assert_true(page_matches("a*c\n", "abc\n"));
	assert_true(page_matches("*\n", "\n"));
	assert_true(page_matches("[1, ?]", "[1, 2]\n"));
	assert_false(page_matches("a*c\n", "abcd\n"));
	assert_false(page_matches("a\n", "a\nb\n"));
	assert_false(page_matches("a\nb\n", "a\n"));
	assert_true(page_matches("*a*b*c*\n", "xaabbaabcx\n"));
}

static void three_dots_are_any_lines(void **state)
{
	assert_true(page_matches("...\nb\n...\n", "a\nb\nc\n"));
	assert_true(page_matches("...\n", ""));
	assert_true(page_matches("...\nb\nc\n", "b\nx\nb\nc\n"));
	assert_true(page_matches("a\n...\n", "a\n"));
	assert_false(page_matches("...\nd\n", "a\nb\n"));
}

static int read_text(const char *text, struct page *page, char **why)
{
	char path[] = "/tmp/golden-page-test-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	err = page_read(path, page, why);
	unlink(path);
	return err;
}

static void a_page_is_headings_commands_and_expectations(void **state)
{
	struct page page;
	char *why;

	assert_int_equal(read_text("# Title\n<!-- lab: --speed 10 -->\n\ntext\n\n## Check\n\n"
				   "```sh\necho a\n```\n\n```expect within 2min\na\n```\n\n"
				   "```json\n{}\n```\n\n## Cleanup\n\n```sh\ntrue\n```\n",
				   &page, &why),
			 0);
	assert_string_equal(page.title, "Title");
	assert_string_equal(page.lab, "--speed 10");
	assert_int_equal(page.count, 2);
	assert_string_equal(page.blocks[0].section, "Check");
	assert_string_equal(page.blocks[0].script, "echo a\n");
	assert_string_equal(page.blocks[0].expect, "a\n");
	assert_int_equal(page.blocks[0].within, 2 * MINUTE);
	assert_int_equal(page.blocks[0].line, 8);
	assert_null(page.blocks[1].expect);
	page_free(&page);
}

static void a_page_that_checks_nothing_is_refused(void **state)
{
	static const char *const pages[] = {
		"# Nothing to run\n",
		"```expect\na\n```\n",
		"```sh\ntrue\n```\n```expect\n```\n",
		"```sh\ntrue\n```\n```expect soon\na\n```\n",
		"```sh\ntrue\n```\n```expect within ages\na\n```\n",
	};

	for (size_t i = 0; i < array_len(pages); i++) {
		struct page page;
		char *why = NULL;

		assert_int_equal(read_text(pages[i], &page, &why), -EINVAL);
		assert_non_null(why);
		free(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_written_as_people_do),
		cmocka_unit_test(what_is_expected_is_a_glob_a_line),
		cmocka_unit_test(three_dots_are_any_lines),
		cmocka_unit_test(a_page_is_headings_commands_and_expectations),
		cmocka_unit_test(a_page_that_checks_nothing_is_refused),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
