/*
 * generated.c - files that are compiled again only when they change, in an order that stays.
 */
#include "tools/generated.h"
#include "lib/base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool says_the_same(const char *path, const struct buf *text)
{
	AUTO_FREE char *old = mem_alloc(text->len + 1);
	FILE *file = fopen(path, "re");
	bool same;

	if (!file)
		return false;
	same = fread(old, 1, text->len + 1, file) == text->len &&
	       memcmp(old, text->data, text->len) == 0;
	fclose(file);
	return same;
}

int generated_write(const char *path, const struct buf *text)
{
	FILE *file;

	if (says_the_same(path, text))
		return 0;
	file = fopen(path, "we");
	if (!file || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
		return -errno;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **generated_order(const json_t *object)
{
	const char **names = mem_array(const char *, json_object_size(object) + 1);
	const json_t *value;
	const char *name;
	size_t n = 0;

	json_each_member (object, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(*names), by_name);
	return names;
}
