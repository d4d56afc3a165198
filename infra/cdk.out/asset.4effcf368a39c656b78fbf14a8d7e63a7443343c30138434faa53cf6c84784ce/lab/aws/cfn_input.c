/*
 * cfn_input.c - a template's properties as an operation's input, along the operation's shapes.
 */
#include "lab/aws/cfn_input.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct conversion {
	struct request *rq;
	const struct model *model;
};

static int convert(const struct conversion *to, uint16_t shape, const char *name,
		   const json_t *value, int depth, json_t **ret_value);

static bool is_named(const char *member, const char *prop)
{
	return tolower((unsigned char)*member) == tolower((unsigned char)*prop) &&
	       strcmp(member + 1, prop + 1) == 0;
}

static const struct member *find_member(const struct shape *shape, const char *prop)
{
	for (uint16_t i = 0; *prop && i < shape->nmembers; i++)
		if (is_named(shape->members[i].name, prop))
			return &shape->members[i];
	return NULL;
}

static int mistyped(const struct conversion *to, const char *name, const char *expected)
{
	return fault_named(to->rq, "ValidationError",
			   "Properties validation failed: #/%s: expected type: %s", name, expected);
}

static int convert_structure(const struct conversion *to, const struct shape *shape,
			     const char *name, const json_t *value, int depth, json_t **ret_value)
{
	json_t *object = rq_object(to->rq);
	const char *prop;
	const json_t *element;

	if (!json_is_object(value))
		return mistyped(to, name, "JSONObject");
	json_each_member (value, prop, element) {
		const struct member *member = find_member(shape, prop);
		json_t *converted;
		int err;

		if (!member)
			return fault_named(
				to->rq, "ValidationError",
				"Properties validation failed: extraneous key [%s] is not "
				"permitted (or not in the lab)",
				prop);
		err = convert(to, member->shape, prop, element, depth + 1, &converted);
		if (err)
			return err;
		json_set(object, member->name, converted);
	}
	*ret_value = object;
	return 0;
}

static int convert_list(const struct conversion *to, const struct shape *shape, const char *name,
			const json_t *value, int depth, json_t **ret_value)
{
	json_t *list = rq_array(to->rq);
	const json_t *element;
	size_t i;

	if (!json_is_array(value))
		return mistyped(to, name, "JSONArray");
	json_each (value, i, element) {
		json_t *converted;
		int err =
			convert(to, shape->members[0].shape, name, element, depth + 1, &converted);

		if (err)
			return err;
		json_push(list, converted);
	}
	*ret_value = list;
	return 0;
}

static int convert_map(const struct conversion *to, const struct shape *shape, const char *name,
		       const json_t *value, int depth, json_t **ret_value)
{
	json_t *map = rq_object(to->rq);
	const char *key;
	const json_t *element;

	if (!json_is_object(value))
		return mistyped(to, name, "JSONObject");
	json_each_member (value, key, element) {
		json_t *converted;
		int err = convert(to, shape->members[1].shape, key, element, depth + 1, &converted);

		if (err)
			return err;
		json_set(map, key, converted);
	}
	*ret_value = map;
	return 0;
}

static int convert_number(const struct conversion *to, const struct shape *shape, const char *name,
			  const json_t *value, json_t **ret_value)
{
	const char *text = json_string_value(value);
	bool whole = shape->kind == SHAPE_INTEGER;
	char *end = NULL;
	double number;

	if (json_is_number(value) && !(whole && json_is_real(value))) {
		*ret_value = rq_copy(to->rq, value);
		return 0;
	}
	if (!text && !json_is_real(value))
		return mistyped(to, name, whole ? "Integer" : "Number");
	number = text ? strtod(text, &end) : json_real_value(value);
	if (text && (end == text || *end))
		return mistyped(to, name, whole ? "Integer" : "Number");
	if (whole && (number < -9e15 || number > 9e15 || number != (double)(int64_t)number))
		return mistyped(to, name, "Integer");
	*ret_value = rq_keep(to->rq, whole ? json_integer((json_int_t)number) : json_real(number));
	return 0;
}

static int convert_boolean(const struct conversion *to, const char *name, const json_t *value,
			   json_t **ret_value)
{
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		*ret_value = rq_copy(to->rq, value);
	else if (text && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		*ret_value = rq_keep(to->rq, json_boolean(*text == 't'));
	else
		return mistyped(to, name, "Boolean");
	return 0;
}

static int convert_text(const struct conversion *to, const char *name, const json_t *value,
			json_t **ret_value)
{
	AUTO_FREE char *text = NULL;

	if (json_is_object(value) || json_is_array(value))
		return mistyped(to, name, "String");
	text = json_is_string(value) ? mem_strdup(json_string_value(value)) : json_text(value);
	*ret_value = rq_keep(to->rq, json_string(text));
	return 0;
}

static int convert(const struct conversion *to, uint16_t index, const char *name,
		   const json_t *value, int depth, json_t **ret_value)
{
	const struct shape *shape = &to->model->shapes[index];

	if (depth > DEPTH_MAX)
		return mistyped(to, name, "something less deep");
	switch ((enum shape_kind)shape->kind) {
	case SHAPE_STRUCTURE:
		return convert_structure(to, shape, name, value, depth, ret_value);
	case SHAPE_LIST:
		return convert_list(to, shape, name, value, depth, ret_value);
	case SHAPE_MAP:
		return convert_map(to, shape, name, value, depth, ret_value);
	case SHAPE_INTEGER:
	case SHAPE_DOUBLE:
		return convert_number(to, shape, name, value, ret_value);
	case SHAPE_BOOLEAN:
		return convert_boolean(to, name, value, ret_value);
	case SHAPE_STRING:
	case SHAPE_TIMESTAMP:
	case SHAPE_BLOB:
		break;
	}
	return convert_text(to, name, value, ret_value);
}

int cfn_input(struct request *rq, const struct model *model, int op, const json_t *props,
	      json_t **ret_in)
{
	const struct conversion to = {rq, model};
	json_t *none = rq_object(rq);

	return convert(&to, model->ops[op].input, "", props ? props : none, 0, ret_in);
}
