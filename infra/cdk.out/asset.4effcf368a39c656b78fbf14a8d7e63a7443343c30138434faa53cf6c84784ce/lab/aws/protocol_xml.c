/*
 * protocol_xml.c - XML: the answers of query, ec2 and rest-xml, and rest-xml's request bodies.
 *
 * Lists have one element around all of theirs unless they are flattened; a flattened list goes by
 * the name of its elements where they have one. An empty list is written: clients answer [] only if
 * its element is there.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/base/xml.h"

#include <string.h>

#define XSI "http://www.w3.org/2001/XMLSchema-instance"

static json_t *read_value(struct reading *reading, const struct member *member, const json_t *tree);

/* The name of the elements of a structure's member. */
static const char *member_name(const struct model *model, const struct member *member)
{
	const struct shape *shape = shape_at(model, member->shape);

	if (shape->kind == SHAPE_LIST && list_flattens(model, member) && shape->members[0].wire)
		return shape->members[0].wire;
	return member->wire ? member->wire : member->name;
}

static const char *name_or(const struct member *member, const char *otherwise)
{
	return member->wire ? member->wire : otherwise;
}

static json_t *read_structure(struct reading *reading, const struct shape *shape,
			      const json_t *tree)
{
	json_t *structure = json_object();
	size_t i;

	for (i = 0; i < shape->nmembers && !reading->wrong; i++) {
		const struct member *member = &shape->members[i];
		const json_t *below = json_get(tree, member_name(reading->model, member));

		if (below && member->location == AT_BODY)
			json_give(structure, member->name, read_value(reading, member, below));
	}
	return structure;
}

static json_t *read_list(struct reading *reading, const struct member *member, const json_t *tree)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	const struct member *element = &shape->members[0];
	AUTO_JSON json_t *elements = NULL;
	json_t *list = json_array();
	const json_t *below;
	size_t i;

	if (!list_flattens(reading->model, member)) {
		elements = xml_list(tree, name_or(element, "member"));
	} else if (json_is_array(tree)) {
		elements = json_deep_copy(tree);
	} else {
		elements = json_array();
		json_push(elements, tree);
	}
	json_each (elements, i, below)
		json_push_give(list, read_value(reading, element, below));
	return list;
}

static json_t *read_map(struct reading *reading, const struct member *member, const json_t *tree)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	AUTO_JSON json_t *entries = xml_list(tree, "entry");
	json_t *map = json_object();
	const json_t *entry;
	size_t i;

	json_each (entries, i, entry) {
		const char *key = json_str(entry, name_or(&shape->members[0], "key"));
		const json_t *value = json_get(entry, name_or(&shape->members[1], "value"));

		if (key && value)
			json_give(map, key, read_value(reading, &shape->members[1], value));
	}
	return map;
}

static json_t *read_scalar(struct reading *reading, const struct member *member, const json_t *tree)
{
	json_t *value = NULL;

	if (json_is_string(tree))
		value = value_from_text(shape_at(reading->model, member->shape), TIMESTAMP_ISO,
					json_string_value(tree), json_string_length(tree));
	if (!value)
		reading_fail(reading, "The element %s is malformed", member->name);
	return value;
}

static json_t *read_value(struct reading *reading, const struct member *member, const json_t *tree)
{
	const struct shape *shape = shape_at(reading->model, member->shape);

	switch (shape->kind) {
	case SHAPE_STRUCTURE:
		return read_structure(reading, shape, tree);
	case SHAPE_LIST:
		return read_list(reading, member, tree);
	case SHAPE_MAP:
		return read_map(reading, member, tree);
	default:
		return read_scalar(reading, member, tree);
	}
}

/* The root's name is not looked at: clients differ, S3 does not mind. */
json_t *xml_body_read(struct reading *reading, const struct shape *shape, struct span body)
{
	AUTO_JSON json_t *tree = NULL;
	void *root;

	if (body.len == 0)
		return NULL;
	tree = xml_read(body.at, body.len);
	root = json_object_iter(tree);
	if (!root) {
		reading_fail(reading, "The XML you provided was not well-formed");
		return NULL;
	}
	return read_structure(reading, shape, json_object_iter_value(root));
}

/* Writing. */

static void write_value(struct buf *out, const struct wire_call *call, const char *name,
			const struct member *member, const json_t *value);

static void write_open(struct buf *out, const char *name, const char *xmlns)
{
	if (xmlns)
		buf_fmt(out, "<%s xmlns=\"%s\">", name, xmlns);
	else
		buf_fmt(out, "<%s>", name);
}

/* S3's Grantee alone has one: xsi:type. */
static void write_attributes(struct buf *out, const struct shape *shape, const json_t *value)
{
	size_t i;

	for (i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];
		const char *text = json_str(value, member->name);

		if (!member->attribute || !text)
			continue;
		buf_fmt(out, " xmlns:xsi=\"" XSI "\" %s=\"", name_or(member, member->name));
		xml_escape(out, text, strlen(text));
		buf_byte(out, '"');
	}
}

static void write_structure(struct buf *out, const struct wire_call *call, const char *name,
			    const struct shape *shape, const json_t *value)
{
	buf_fmt(out, "<%s", name);
	write_attributes(out, shape, value);
	buf_byte(out, '>');
	xml_members_write(out, call, shape, value);
	buf_fmt(out, "</%s>", name);
}

static void write_list(struct buf *out, const struct wire_call *call, const char *name,
		       const struct member *member, const json_t *value)
{
	const struct shape *shape = shape_at(call->model, member->shape);
	bool flat = list_flattens(call->model, member);
	const json_t *element;
	size_t i;

	if (!flat)
		buf_fmt(out, "<%s>", name);
	json_each (value, i, element)
		write_value(out, call, flat ? name : name_or(&shape->members[0], "member"),
			    &shape->members[0], element);
	if (!flat)
		buf_fmt(out, "</%s>", name);
}

static void write_entry(struct buf *out, const struct wire_call *call, const char *name,
			const struct shape *shape, const char *key, const json_t *value)
{
	const char *key_name = name_or(&shape->members[0], "key");

	buf_fmt(out, "<%s><%s>", name, key_name);
	xml_escape(out, key, strlen(key));
	buf_fmt(out, "</%s>", key_name);
	write_value(out, call, name_or(&shape->members[1], "value"), &shape->members[1], value);
	buf_fmt(out, "</%s>", name);
}

static void write_map(struct buf *out, const struct wire_call *call, const char *name,
		      const struct member *member, const json_t *value)
{
	const struct shape *shape = shape_at(call->model, member->shape);
	bool flat = list_flattens(call->model, member);
	const json_t *element;
	const char *key;

	if (!flat)
		buf_fmt(out, "<%s>", name);
	json_each_member (value, key, element)
		write_entry(out, call, flat ? name : "entry", shape, key, element);
	if (!flat)
		buf_fmt(out, "</%s>", name);
}

static void write_scalar(struct buf *out, const struct wire_call *call, const char *name,
			 const struct member *member, const json_t *value)
{
	AUTO_BUF struct buf text = {0};

	if (!value_to_text(&text, shape_at(call->model, member->shape),
			   timestamp_form(call->model, member, TIMESTAMP_ISO), value))
		return;
	buf_fmt(out, "<%s>", name);
	xml_escape(out, buf_text(&text), text.len);
	buf_fmt(out, "</%s>", name);
}

static void write_value(struct buf *out, const struct wire_call *call, const char *name,
			const struct member *member, const json_t *value)
{
	const struct shape *shape = shape_at(call->model, member->shape);

	if (shape->kind == SHAPE_STRUCTURE && json_is_object(value))
		write_structure(out, call, name, shape, value);
	else if (shape->kind == SHAPE_LIST && json_is_array(value))
		write_list(out, call, name, member, value);
	else if (shape->kind == SHAPE_MAP && json_is_object(value))
		write_map(out, call, name, member, value);
	else if (shape->kind > SHAPE_MAP)
		write_scalar(out, call, name, member, value);
}

void xml_members_write(struct buf *out, const struct wire_call *call, const struct shape *shape,
		       const json_t *tree)
{
	size_t i;

	for (i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];
		const json_t *value = json_get(tree, member->name);

		if (value && member->location == AT_BODY && !member->attribute)
			write_value(out, call, member_name(call->model, member), member, value);
	}
}

void xml_element_write(struct buf *out, const struct wire_call *call, const char *name,
		       const char *xmlns, const struct shape *shape, const json_t *tree)
{
	write_open(out, name, xmlns);
	if (shape)
		xml_members_write(out, call, shape, tree);
	buf_fmt(out, "</%s>", name);
}
