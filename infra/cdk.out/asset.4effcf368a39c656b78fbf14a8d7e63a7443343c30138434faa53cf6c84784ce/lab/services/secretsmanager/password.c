/*
 * password.c - passwords with what must be in them and what must not.
 */
#include "lab/services/secretsmanager/secret.h"
#include "lib/base/buf.h"
#include "lib/base/rand.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH 32
#define LENGTH_MAX 4096

static const struct {
	const char *characters;
	const char *excluded_by;
} classes[] = {
	{"abcdefghijklmnopqrstuvwxyz", "ExcludeLowercase"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ExcludeUppercase"},
	{"0123456789", "ExcludeNumbers"},
	{"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "ExcludePunctuation"},
};

#define NCLASSES array_len(classes)

static bool is_true(const json_t *wishes, const char *name, bool otherwise)
{
	const char *text = json_str(wishes, name);

	return text ? strcmp(text, "true") == 0 : json_bool_or(wishes, name, otherwise);
}

/* Of a template it may come as a text. */
static int64_t whole(const json_t *wishes, const char *name, int64_t otherwise)
{
	const char *text = json_str(wishes, name);

	return text ? strtoll(text, NULL, 10) : json_int_or(wishes, name, otherwise);
}

static void add_allowed(struct buf *out, const char *characters, const char *excluded)
{
	for (; *characters; characters++)
		if (!strchr(excluded, *characters))
			buf_byte(out, *characters);
}

static char one_of(const char *alphabet)
{
	char text[2];

	rand_text(text, 1, alphabet);
	return text[0];
}

/* A place below `count`, each equally likely. */
static size_t place_below(size_t count)
{
	uint64_t number, limit = UINT64_MAX - UINT64_MAX % count;

	do
		number = rand_u64();
	while (number >= limit);
	return (size_t)(number % count);
}

static void shuffle(char *text, size_t len)
{
	size_t i;

	for (i = len; i > 1; i--) {
		size_t j = place_below(i);
		char byte = text[i - 1];

		text[i - 1] = text[j];
		text[j] = byte;
	}
}

/* From all of them, and of each class one if that is wished. */
static void fill(char *text, size_t len, const struct buf *all, const struct buf each[NCLASSES],
		 bool of_each)
{
	size_t i, at = 0;

	for (i = 0; i < NCLASSES && of_each; i++)
		if (each[i].len > 0)
			text[at++] = one_of(buf_text(&each[i]));
	while (at < len)
		text[at++] = one_of(buf_text(all));
	shuffle(text, len);
}

static const char *make(struct request *rq, const json_t *wishes, struct buf *all,
			struct buf each[NCLASSES], const char **ret_wrong)
{
	const char *excluded = json_str_or(wishes, "ExcludeCharacters", "");
	bool of_each = is_true(wishes, "RequireEachIncludedType", true);
	int64_t len = whole(wishes, "PasswordLength", LENGTH);
	size_t i, types = 0;
	char *text;

	for (i = 0; i < NCLASSES; i++) {
		if (is_true(wishes, classes[i].excluded_by, false))
			continue;
		add_allowed(&each[i], classes[i].characters, excluded);
		buf_str(all, buf_text(&each[i]));
		types += each[i].len > 0;
	}
	if (is_true(wishes, "IncludeSpace", false))
		add_allowed(all, " ", excluded);
	if (all->len == 0) {
		*ret_wrong = "The password can't be made: all characters are excluded.";
		return NULL;
	}
	if (len < 1 || len > LENGTH_MAX || (of_each && (size_t)len < types)) {
		*ret_wrong = "Password length must be at least the number of required character "
			     "types, and at most 4096.";
		return NULL;
	}
	text = arena_alloc(rq->arena, (size_t)len + 1);
	fill(text, (size_t)len, all, each, of_each);
	return text;
}

const char *password_make(struct request *rq, const json_t *wishes, const char **ret_wrong)
{
	struct buf all = {0}, each[NCLASSES] = {{0}};
	const char *text = make(rq, wishes, &all, each, ret_wrong);
	size_t i;

	buf_free(&all);
	for (i = 0; i < NCLASSES; i++)
		buf_free(&each[i]);
	return text;
}

int secretsmanager_get_random_password(struct request *rq, const json_t *in, json_t *out)
{
	const char *wrong = NULL;
	const char *text = password_make(rq, in, &wrong);

	if (!text)
		return fault(rq, SECRETSMANAGER_InvalidParameterException, "%s", wrong);
	json_set_str(out, "RandomPassword", text);
	return 0;
}
