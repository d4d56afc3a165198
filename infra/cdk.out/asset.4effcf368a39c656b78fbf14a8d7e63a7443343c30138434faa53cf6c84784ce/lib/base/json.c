/*
 * json.c - a few verbs on jansson's trees.
 */
#include "lib/base/json.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const json_t *json_get(const json_t *object, const char *name)
{
	return object ? json_object_get(object, name) : NULL;
}

const json_t *json_at(const json_t *array, size_t index)
{
	return array ? json_array_get(array, index) : NULL;
}

bool json_has(const json_t *object, const char *name)
{
	const json_t *value = json_get(object, name);

	return value && !json_is_null(value);
}

const char *json_str(const json_t *object, const char *name)
{
	return json_string_value(json_get(object, name));
}

const char *json_str_or(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_str(object, name);

	return text ? text : otherwise;
}

int64_t json_int_or(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *value = json_get(object, name);

	return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

double json_num_or(const json_t *object, const char *name, double otherwise)
{
	const json_t *value = json_get(object, name);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

bool json_bool_or(const json_t *object, const char *name, bool otherwise)
{
	const json_t *value = json_get(object, name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

bool json_list_has(const json_t *array, const char *text)
{
	const json_t *element;
	size_t i;

	json_each (array, i, element) {
		const char *other = json_string_value(element);

		if (other && strcmp(other, text) == 0)
			return true;
	}
	return false;
}

const json_t *json_path(const json_t *tree, const char *path)
{
	while (tree && *path) {
		size_t len = strcspn(path, ".");

		if (json_is_array(tree)) {
			if (!isdigit((unsigned char)*path))
				return NULL;
			tree = json_at(tree, strtoul(path, NULL, 10));
		} else {
			AUTO_FREE char *name = mem_strndup(path, len);

			tree = json_get(tree, name);
		}
		path += len + (path[len] == '.');
	}
	return tree;
}

const char *json_path_str(const json_t *tree, const char *path)
{
	return json_string_value(json_path(tree, path));
}

void json_give(json_t *object, const char *name, json_t *value)
{
	if (value && json_object_set_new_nocheck(object, name, value) < 0)
		assert(false && "not an object");
}

/*
 * Objects and arrays anew; what is in them and can't be changed in place is shared. Nobody calls
 * json_string_set() and its like.
 */
static json_t *copy(const json_t *value)
{
	const char *name;
	const json_t *member;
	json_t *made;
	size_t i;

	if (json_is_object(value)) {
		made = json_object();
		json_each_member (value, name, member)
			json_object_set_new_nocheck(made, name, copy(member));
		return made;
	}
	if (json_is_array(value)) {
		made = json_array();
		json_each (value, i, member)
			json_array_append_new(made, copy(member));
		return made;
	}
	return json_incref((json_t *)(uintptr_t)value);
}

void json_set(json_t *object, const char *name, const json_t *value)
{
	if (value)
		json_give(object, name, copy(value));
}

void json_set_str(json_t *object, const char *name, const char *text)
{
	if (text)
		json_give(object, name, json_string_nocheck(text));
}

void json_set_int(json_t *object, const char *name, int64_t number)
{
	json_give(object, name, json_integer(number));
}

void json_set_num(json_t *object, const char *name, double number)
{
	json_give(object, name, json_real(number));
}

void json_set_bool(json_t *object, const char *name, bool value)
{
	json_give(object, name, json_boolean(value));
}

json_t *json_add_object(json_t *object, const char *name)
{
	json_t *value = json_object();

	json_give(object, name, value);
	return value;
}

json_t *json_add_array(json_t *object, const char *name)
{
	json_t *value = json_array();

	json_give(object, name, value);
	return value;
}

void json_drop(json_t *object, const char *name)
{
	json_object_del(object, name);
}

void json_push_give(json_t *array, json_t *value)
{
	if (value && json_array_append_new(array, value) < 0)
		assert(false && "not an array");
}

void json_push(json_t *array, const json_t *value)
{
	if (value)
		json_push_give(array, copy(value));
}

void json_push_str(json_t *array, const char *text)
{
	if (text)
		json_push_give(array, json_string_nocheck(text));
}

json_t *json_push_object(json_t *array)
{
	json_t *value = json_object();

	json_push_give(array, value);
	return value;
}

char *json_text(const json_t *tree)
{
	char *text = json_dumps(tree, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

	assert(text);
	return text;
}

/* jansson's own limit is 2048, and every level costs stack in whoever walks the tree. */
#define DEPTH_MAX 64

static bool too_deep(const char *text, size_t len)
{
	bool quoted = false;
	size_t i, depth = 0;

	for (i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

json_t *json_read(const char *text, size_t len)
{
	if (too_deep(text, len))
		return NULL;
	return json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

void json_auto_free(json_t **tree)
{
	json_decref(*tree);
}
