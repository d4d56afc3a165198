/*
 * protocol_rest.c - what rest-json and rest-xml keep outside the body: path, query, headers.
 */
#include "lab/aws/protocol_wire.h"

#include <string.h>

static const char *wire_name(const struct member *member)
{
	return member->wire ? member->wire : member->name;
}

static json_t *text_value(struct reading *reading, const struct member *member, uint8_t form,
			  const char *text, size_t len)
{
	json_t *value = value_from_text(shape_at(reading->model, member->shape), form, text, len);

	if (!value)
		reading_fail(reading, "Value '%s' of %s is malformed", text, member->name);
	return value;
}

/* A list is its name again and again. */
static json_t *query_list(struct reading *reading, const struct member *member)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	struct span query = reading->call->request.query;
	struct span field, value;
	json_t *list = NULL;

	while (form_next(&query, &field, &value)) {
		size_t len;
		const char *text;

		if (!span_is(field, wire_name(member)))
			continue;
		text = form_decode(reading->call->arena, value, &len);
		if (!list)
			list = json_array();
		json_push_give(list,
			       text_value(reading, &shape->members[0], TIMESTAMP_ISO, text, len));
	}
	return list;
}

static json_t *read_query(struct reading *reading, const struct member *member)
{
	const char *text;

	if (shape_at(reading->model, member->shape)->kind == SHAPE_LIST)
		return query_list(reading, member);
	text = query_field(reading->call->arena, reading->call->request.query, wire_name(member));
	return text ? text_value(reading, member, TIMESTAMP_ISO, text, strlen(text)) : NULL;
}

/* Lists in headers are comma-separated strings (S3's OptionalObjectAttributes). */
static json_t *header_list(struct reading *reading, const struct member *member, char *text)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	json_t *list = json_array();

	while (text) {
		char *part = strsep(&text, ",");

		part += strspn(part, " \t");
		part[strcspn(part, " \t")] = '\0';
		json_push_give(list, text_value(reading, &shape->members[0], TIMESTAMP_HTTP, part,
						strlen(part)));
	}
	return list;
}

static json_t *read_header(struct reading *reading, const struct member *member)
{
	struct span value = wire_header(&reading->call->request, wire_name(member));
	const struct shape *shape = shape_at(reading->model, member->shape);
	char *text;

	if (!value.at)
		return NULL;
	text = span_dup(reading->call->arena, value);
	if (shape->kind == SHAPE_LIST)
		return header_list(reading, member, text);
	return text_value(reading, member, TIMESTAMP_HTTP, text, strlen(text));
}

/* All headers with a prefix, as a map: x-amz-meta-*. */
static json_t *read_headers(struct reading *reading, const struct member *member)
{
	const struct wire_request *request = &reading->call->request;
	size_t prefix = strlen(wire_name(member));
	json_t *map = NULL;
	size_t i;

	for (i = 0; i < request->nheaders; i++) {
		struct span name = request->headers[i].name;
		struct span value = request->headers[i].value;
		char *key;

		if (name.len <= prefix || strncasecmp(name.at, wire_name(member), prefix) != 0)
			continue;
		if (!map)
			map = json_object();
		key = arena_strndup(reading->call->arena, name.at + prefix, name.len - prefix);
		for (char *p = key; *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		json_give(map, key, json_stringn(value.at, value.len));
	}
	return map;
}

void rest_read(struct reading *reading, const struct shape *shape, json_t *in)
{
	size_t i;

	uri_read(reading, shape, in);
	for (i = 0; i < shape->nmembers && !reading->wrong; i++) {
		const struct member *member = &shape->members[i];

		if (member->location == AT_QUERY)
			json_give(in, member->name, read_query(reading, member));
		else if (member->location == AT_HEADER)
			json_give(in, member->name, read_header(reading, member));
		else if (member->location == AT_HEADERS)
			json_give(in, member->name, read_headers(reading, member));
	}
}

/* Writing. */

static const char *header_text(const struct wire_call *call, const struct member *member,
			       const json_t *value)
{
	struct buf *text = arena_buf(call->arena);

	if (!value_to_text(text, shape_at(call->model, member->shape),
			   timestamp_form(call->model, member, TIMESTAMP_HTTP), value))
		return NULL;
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->data[i] < 0x20) /* a header ends at a line's end */
			text->data[i] = ' ';
	return buf_text(text);
}

static void write_header(const struct wire_call *call, const struct member *member,
			 const json_t *value, struct wire_reply *reply)
{
	const char *name = wire_name(member);

	/* The server says these itself. */
	if (strcasecmp(name, "Content-Type") == 0)
		reply->content_type = header_text(call, member, value);
	else if (strcasecmp(name, "Content-Length") == 0)
		reply->content_length = json_integer_value(value);
	else
		reply_header(reply, name, header_text(call, member, value));
}

static void write_headers(const struct wire_call *call, const struct member *member,
			  const json_t *value, struct wire_reply *reply)
{
	const json_t *text;
	const char *key;

	json_each_member (value, key, text)
		reply_header(reply, arena_fmt(call->arena, "%s%s", wire_name(member), key),
			     arena_strdup(call->arena, json_string_value(text)));
}

void rest_write(const struct wire_call *call, const struct shape *shape, const json_t *tree,
		struct wire_reply *reply)
{
	size_t i;

	for (i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];
		const json_t *value = json_get(tree, member->name);

		if (!value)
			continue;
		if (member->location == AT_HEADER)
			write_header(call, member, value, reply);
		else if (member->location == AT_HEADERS)
			write_headers(call, member, value, reply);
		else if (member->location == AT_STATUS)
			reply->status = (int)json_integer_value(value);
	}
}
