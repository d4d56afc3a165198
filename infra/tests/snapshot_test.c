/*
 * snapshot_test.c - the templates as they were last looked at: what changes in them is seen, and meant.
 *
 *   snapshot_test FOLDER    GOLDEN_UPDATE=1 writes them anew
 *
 * Assets' hashes are left out: they change with every line of the service.
 */
#include "infra/tests/synthesis.h"

#include "infra/stacks/options.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH 64

static const char *snapshots;

static size_t hex_digits(const char *text)
{
	size_t n = 0;

	while (isdigit((unsigned char)text[n]) || (text[n] >= 'a' && text[n] <= 'f'))
		n++;
	return n;
}

/* Owned by the caller. */
static char *normal_text(const json_t *template)
{
	AUTO_FREE char *text = json_dumps(template, JSON_INDENT(1) | JSON_SORT_KEYS);
	AUTO_BUF struct buf out = {0};

	for (const char *at = text; *at;) {
		size_t n = hex_digits(at);

		if (n == HASH)
			buf_str(&out, "HASH");
		else
			buf_add(&out, at, n > 0 ? n : 1);
		at += n > 0 ? n : 1;
	}
	buf_byte(&out, '\n');
	return mem_strdup(buf_text(&out));
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return mem_strdup("");
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = mem_strdup("");
	}
	fclose(file);
	return text;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		fail_msg("%s: %s", path, strerror(errno));
}

/* Answers the line; 0: they are the same. */
static int first_difference(const char *a, const char *b, const char **ret_a, const char **ret_b)
{
	int line = 1;

	*ret_a = a;
	*ret_b = b;
	for (; *a && *a == *b; a++, b++) {
		if (*a == '\n') {
			line++;
			*ret_a = a + 1;
			*ret_b = b + 1;
		}
	}
	return *a == *b ? 0 : line;
}

static void compare(const struct synthesis *it, const char *stack)
{
	AUTO_FREE char *path = mem_fmt("%s/%s.json", snapshots, stack);
	AUTO_FREE char *now = normal_text(template_of(it, stack));
	AUTO_FREE char *then = read_text(path);
	const char *is, *was;
	int line = first_difference(now, then, &is, &was);

	if (line == 0)
		return;
	if (getenv("GOLDEN_UPDATE")) {
		write_text(path, now);
		return;
	}
	fail_msg("%s:%d was\n  %.*s\nand is\n  %.*s\nIf that is meant: GOLDEN_UPDATE=1", path, line,
		 (int)strcspn(was, "\n"), was, (int)strcspn(is, "\n"), is);
}

static void each_stack_is_as_it_was(void **state)
{
	struct synthesis *it = synthesise(NULL);

	compare(it, "GoldenNetwork");
	compare(it, "GoldenData");
	compare(it, "GoldenCompute");
	compare(it, "GoldenObservability");
	compare(it, "GoldenDeployment");
}

static void the_same_is_synthesised_again(void **state)
{
	struct synthesis *one = synthesise(NULL);
	struct synthesis *other = synthesise(NULL);

	assert_true(json_equal((json_t *)(uintptr_t)template_of(one, "GoldenCompute"),
			       (json_t *)(uintptr_t)template_of(other, "GoldenCompute")));
}

/* infra/README.md ends with the table that golden-infra --context prints. */
static void the_table_of_the_readme_is_the_options(void **state)
{
	AUTO_FREE char *path = mem_fmt("%s/../../README.md", snapshots);
	AUTO_FREE char *readme = read_text(path);
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	options_print_table(out);
	fclose(out);
	assert_non_null(strstr(readme, table));
	free(table);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_is_as_it_was),
		cmocka_unit_test(the_same_is_synthesised_again),
		cmocka_unit_test(the_table_of_the_readme_is_the_options),
	};

	snapshots = argv[1];
	return cmocka_run_group_tests(tests, synthesis_open, synthesis_close);
}
