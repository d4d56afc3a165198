/*
 * input.c - the input of a call inside the lab, brought into the shape its model gives it.
 *
 * From outside protocol_read() does it. Inside, a template's properties may come as they are: "80"
 * where a number is meant, true where a text is, a policy as a tree where the API has its JSON text.
 */
#include "lab/aws/inside.h"
#include "lab/aws/protocol_wire.h"

#include <stdlib.h>
#include <string.h>

/* A new reference, or NULL: `value` cannot be meant. `shape` is never a null's. */
static json_t *shaped(const struct model *model, uint16_t shape, const json_t *value);

static json_t *shaped_structure(const struct model *model, const struct shape *shape,
				const json_t *value)
{
	json_t *object = json_object();
	const json_t *member;
	const char *name;
	size_t i;

	for (i = 0; i < shape->nmembers; i++) {
		const struct member *wanted = &shape->members[i];
		json_t *one;

		if (!json_has(value, wanted->name))
			continue;
		one = shaped(model, wanted->shape, json_get(value, wanted->name));
		if (!one) {
			json_decref(object);
			return NULL;
		}
		json_give(object, wanted->name, one);
	}
	/* Private ones pass between services of the lab. */
	json_each_member (value, name, member)
		if (name[0] == '_')
			json_set(object, name, member);
	return object;
}

static json_t *shaped_list(const struct model *model, const struct shape *shape,
			   const json_t *value)
{
	json_t *list = json_array();
	const json_t *element;
	size_t i;

	json_each (value, i, element) {
		json_t *one = shaped(model, shape->members[0].shape, element);

		if (!one) {
			json_decref(list);
			return NULL;
		}
		json_push_give(list, one);
	}
	return list;
}

static json_t *shaped_map(const struct model *model, const struct shape *shape, const json_t *value)
{
	json_t *map = json_object();
	const json_t *member;
	const char *name;

	json_each_member (value, name, member) {
		json_t *one = shaped(model, shape->members[1].shape, member);

		if (!one) {
			json_decref(map);
			return NULL;
		}
		json_give(map, name, one);
	}
	return map;
}

static json_t *shaped_text(const json_t *value)
{
	AUTO_FREE char *text = NULL;

	if (json_is_string(value))
		return json_deep_copy(value);
	if (json_is_real(value))
		text = mem_fmt("%.15g", json_real_value(value));
	else
		text = json_text(value);
	return json_string_nocheck(text);
}

static json_t *shaped_number(const json_t *value, bool whole)
{
	const char *text = json_string_value(value);
	double number = json_number_value(value);
	char *end;

	if (text) {
		number = strtod(text, &end);
		if (end == text || *end)
			return NULL;
	} else if (!json_is_number(value)) {
		return NULL;
	}
	if (!whole)
		return json_real(number);
	if (json_is_integer(value))
		return json_deep_copy(value);
	return number < -9e15 || number > 9e15 ? NULL : json_integer((json_int_t)number);
}

static json_t *shaped_boolean(const json_t *value)
{
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		return json_deep_copy(value);
	if (text && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return json_boolean(strcmp(text, "true") == 0);
	return NULL;
}

static json_t *shaped_time(const json_t *value)
{
	int64_t ms;

	if (json_is_string(value) && clock_parse_iso(json_string_value(value), &ms))
		return json_real((double)ms / 1000.0);
	return json_is_number(value) ? json_deep_copy(value) : NULL;
}

static json_t *shaped(const struct model *model, uint16_t index, const json_t *value)
{
	const struct shape *shape = shape_at(model, index);

	switch (shape->kind) {
	case SHAPE_STRUCTURE:
		return json_is_object(value) ? shaped_structure(model, shape, value) : NULL;
	case SHAPE_LIST:
		return json_is_array(value) ? shaped_list(model, shape, value) : NULL;
	case SHAPE_MAP:
		return json_is_object(value) ? shaped_map(model, shape, value) : NULL;
	case SHAPE_STRING:
		return shaped_text(value);
	case SHAPE_INTEGER:
		return shaped_number(value, true);
	case SHAPE_DOUBLE:
		return shaped_number(value, false);
	case SHAPE_BOOLEAN:
		return shaped_boolean(value);
	case SHAPE_TIMESTAMP:
		return shaped_time(value);
	default:
		return json_is_string(value) ? json_deep_copy(value) : NULL;
	}
}

const json_t *input_read(struct request *rq, const json_t *in)
{
	json_t *tree;

	if (rq->operation->input == MODEL_NONE)
		return in ? in : rq_object(rq);
	tree = in ? shaped(rq->model, rq->operation->input, in) : json_object();
	if (!tree) {
		fault_named(rq, "SerializationException",
			    "The input of %s does not have the types of its model.",
			    rq->operation->name);
		return NULL;
	}
	rq_keep(rq, tree);
	/* AWS services may say to each other what customers may not. */
	if (rq->caller->kind == PRINCIPAL_SERVICE)
		return tree;
	return protocol_validate(rq->arena, rq->model, rq->operation, tree, &rq->fault) ? tree
											: NULL;
}
