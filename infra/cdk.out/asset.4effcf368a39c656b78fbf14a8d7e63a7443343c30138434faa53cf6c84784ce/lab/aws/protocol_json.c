/*
 * protocol_json.c - JSON bodies: json 1.0 and 1.1, and what is in the body of rest-json.
 *
 * Names on the wire are locationName where there is one (rest-json), else the member's. Unknown
 * members and nulls are dropped; a value of the wrong kind is a SerializationException.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/base/base64.h"

#include <math.h>
#include <string.h>

static json_t *read_value(struct reading *reading, const struct member *member,
			  const json_t *value);

static const char *wire_name(const struct member *member)
{
	return member->wire ? member->wire : member->name;
}

/* What the value is, as AWS's own parser names its tokens. */
static const char *token(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "START_OBJECT";
	case JSON_ARRAY:
		return "START_ARRAY";
	case JSON_STRING:
		return "STRING_VALUE";
	case JSON_TRUE:
		return "TRUE_VALUE";
	case JSON_FALSE:
		return "FALSE_VALUE";
	default:
		return "NUMBER_VALUE";
	}
}

static const char *const kind_names[] = {
	[SHAPE_STRUCTURE] = "a structure",
	[SHAPE_LIST] = "a list",
	[SHAPE_MAP] = "a map",
	[SHAPE_STRING] = "a String",
	[SHAPE_INTEGER] = "an Integer",
	[SHAPE_DOUBLE] = "a Double",
	[SHAPE_BOOLEAN] = "a Boolean",
	[SHAPE_TIMESTAMP] = "milliseconds since epoch",
	[SHAPE_BLOB] = "a Blob",
};

static json_t *wrong_kind(struct reading *reading, const struct shape *shape, const json_t *value)
{
	reading_fail(reading, "%s can not be converted to %s", token(value),
		     kind_names[shape->kind]);
	return NULL;
}

static json_t *read_structure(struct reading *reading, const struct shape *shape,
			      const json_t *value)
{
	json_t *structure = json_object();
	size_t i;

	for (i = 0; i < shape->nmembers && !reading->wrong; i++) {
		const struct member *member = &shape->members[i];

		if (member->location == AT_BODY)
			json_give(structure, member->name,
				  read_value(reading, member, json_get(value, wire_name(member))));
	}
	return structure;
}

static json_t *read_list(struct reading *reading, const struct shape *shape, const json_t *value)
{
	json_t *list = json_array();
	const json_t *element;
	size_t i;

	json_each (value, i, element)
		json_push_give(list, read_value(reading, &shape->members[0], element));
	return list;
}

static json_t *read_map(struct reading *reading, const struct shape *shape, const json_t *value)
{
	json_t *map = json_object();
	const json_t *element;
	const char *key;

	json_each_member (value, key, element)
		json_give(map, key, read_value(reading, &shape->members[1], element));
	return map;
}

static json_t *read_scalar(struct reading *reading, const struct shape *shape, const json_t *value)
{
	json_t *read = NULL;

	if (shape->kind == SHAPE_STRING && json_is_string(value))
		return json_deep_copy(value);
	if (shape->kind == SHAPE_BOOLEAN && json_is_boolean(value))
		return json_deep_copy(value);
	if (shape->kind == SHAPE_INTEGER && json_is_integer(value))
		return json_deep_copy(value);
	if (shape->kind == SHAPE_INTEGER && json_is_real(value) &&
	    fabs(json_real_value(value)) < 9e15)
		return json_integer((json_int_t)json_real_value(value));
	if ((shape->kind == SHAPE_DOUBLE || shape->kind == SHAPE_TIMESTAMP) &&
	    json_is_number(value))
		return json_real(json_number_value(value));
	if ((shape->kind == SHAPE_BLOB || shape->kind == SHAPE_TIMESTAMP) && json_is_string(value))
		read = value_from_text(shape, TIMESTAMP_DEFAULT, json_string_value(value),
				       json_string_length(value));
	return read ? read : wrong_kind(reading, shape, value);
}

static json_t *read_value(struct reading *reading, const struct member *member, const json_t *value)
{
	const struct shape *shape = shape_at(reading->model, member->shape);

	if (!value || json_is_null(value) || reading->wrong)
		return NULL;
	if (shape->kind == SHAPE_STRUCTURE && json_is_object(value))
		return read_structure(reading, shape, value);
	if (shape->kind == SHAPE_LIST && json_is_array(value))
		return read_list(reading, shape, value);
	if (shape->kind == SHAPE_MAP && json_is_object(value))
		return read_map(reading, shape, value);
	return read_scalar(reading, shape, value);
}

json_t *json_body_read(struct reading *reading, const struct shape *shape, struct span body)
{
	AUTO_JSON json_t *tree = NULL;

	if (body.len == 0)
		return json_object();
	tree = json_read(body.at, body.len);
	if (!json_is_object(tree)) {
		reading_fail(reading, tree ? "Unexpected field type" : "Unable to parse the body");
		return NULL;
	}
	return read_structure(reading, shape, tree);
}

/* Writing. */

static void write_value(struct buf *out, const struct model *model, const struct member *member,
			const json_t *value);

static void write_string(struct buf *out, const char *text, size_t len)
{
	size_t i, plain = 0;

	buf_byte(out, '"');
	for (i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		buf_add(out, text + plain, i - plain);
		plain = i + 1;
		if (byte == '\n')
			buf_str(out, "\\n");
		else if (byte < 0x20)
			buf_fmt(out, "\\u%04x", byte);
		else
			buf_fmt(out, "\\%c", byte);
	}
	buf_add(out, text + plain, len - plain);
	buf_byte(out, '"');
}

/* Numbers, booleans and times that are kept as text: CloudFormation's templates have many. */
static json_t *typed(const struct shape *shape, const json_t *value)
{
	return value_from_text(shape, TIMESTAMP_DEFAULT, json_string_value(value),
			       json_string_length(value));
}

/* Has it a form that this shape can have on the wire? What has not is left out. */
static bool fits(const struct shape *shape, const json_t *value)
{
	switch (shape->kind) {
	case SHAPE_STRUCTURE:
	case SHAPE_MAP:
		return json_is_object(value);
	case SHAPE_LIST:
		return json_is_array(value);
	case SHAPE_STRING:
	case SHAPE_BLOB:
		return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
	default:
		if (json_is_string(value)) {
			AUTO_JSON json_t *read = typed(shape, value);

			return read != NULL;
		}
		return json_is_number(value) || json_is_boolean(value);
	}
}

static void write_structure(struct buf *out, const struct model *model, const struct shape *shape,
			    const json_t *value)
{
	const char *comma = "";
	size_t i;

	buf_byte(out, '{');
	for (i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];
		const json_t *there = json_get(value, member->name);

		if (!there || member->location != AT_BODY ||
		    !fits(shape_at(model, member->shape), there))
			continue;
		buf_str(out, comma);
		buf_byte(out, '"');
		buf_str(out, wire_name(member));
		buf_add(out, "\":", 2);
		write_value(out, model, member, there);
		comma = ",";
	}
	buf_byte(out, '}');
}

static void write_list(struct buf *out, const struct model *model, const struct shape *shape,
		       const json_t *value)
{
	const char *comma = "";
	const json_t *element;
	size_t i;

	buf_byte(out, '[');
	json_each (value, i, element) {
		if (!fits(shape_at(model, shape->members[0].shape), element))
			continue;
		buf_str(out, comma);
		write_value(out, model, &shape->members[0], element);
		comma = ",";
	}
	buf_byte(out, ']');
}

static void write_map(struct buf *out, const struct model *model, const struct shape *shape,
		      const json_t *value)
{
	const char *comma = "";
	const json_t *element;
	const char *key;

	buf_byte(out, '{');
	json_each_member (value, key, element) {
		if (!fits(shape_at(model, shape->members[1].shape), element))
			continue;
		buf_str(out, comma);
		write_string(out, key, strlen(key));
		buf_byte(out, ':');
		write_value(out, model, &shape->members[1], element);
		comma = ",";
	}
	buf_byte(out, '}');
}

static void write_bare(struct buf *out, const struct shape *shape, uint8_t form,
		       const json_t *value)
{
	if (json_is_string(value)) {
		AUTO_JSON json_t *read = typed(shape, value);

		value_to_text(out, shape, form, read);
	} else {
		value_to_text(out, shape, form, value);
	}
}

static void write_scalar(struct buf *out, const struct shape *shape, uint8_t form,
			 const json_t *value)
{
	AUTO_BUF struct buf text = {0};

	if (shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_DOUBLE ||
	    shape->kind == SHAPE_BOOLEAN ||
	    (shape->kind == SHAPE_TIMESTAMP && form == TIMESTAMP_EPOCH)) {
		write_bare(out, shape, form, value);
		return;
	}
	if (shape->kind == SHAPE_STRING && json_is_string(value)) {
		write_string(out, json_string_value(value), json_string_length(value));
		return;
	}
	value_to_text(&text, shape, form, value);
	write_string(out, buf_text(&text), text.len);
}

static void write_value(struct buf *out, const struct model *model, const struct member *member,
			const json_t *value)
{
	const struct shape *shape = shape_at(model, member->shape);

	if (shape->kind == SHAPE_STRUCTURE)
		write_structure(out, model, shape, value);
	else if (shape->kind == SHAPE_LIST)
		write_list(out, model, shape, value);
	else if (shape->kind == SHAPE_MAP)
		write_map(out, model, shape, value);
	else
		write_scalar(out, shape, timestamp_form(model, member, TIMESTAMP_EPOCH), value);
}

void json_body_write(struct buf *out, const struct model *model, const struct shape *shape,
		     const json_t *tree)
{
	write_structure(out, model, shape, tree);
}
