/*
 * protocol_query.c - forms: the query and ec2 protocols' requests.
 *
 * "Filters.Filter.1.Values.Value.2=x" becomes a tree of names first, then the model says what each
 * is. Numbers may have gaps and come in any order; an empty list is "L=". ec2 flattens every list
 * and takes queryName, else the capitalised locationName.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/aws/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 20000
#define NAME_MAX_LEN 1024

/* The text of a name in the tree of names; its other members are the names below it. */
#define OWN ""

bool form_next(struct span *form, struct span *ret_name, struct span *ret_value)
{
	const char *end, *equals;

	while (form->len && *form->at == '&') {
		form->at++;
		form->len--;
	}
	if (!form->len)
		return false;
	end = memchr(form->at, '&', form->len);
	if (!end)
		end = form->at + form->len;
	equals = memchr(form->at, '=', (size_t)(end - form->at));

	*ret_name = (struct span){form->at, (size_t)((equals ? equals : end) - form->at)};
	*ret_value = (struct span){equals ? equals + 1 : end, 0};
	ret_value->len = (size_t)(end - ret_value->at);
	form->len -= (size_t)(end - form->at);
	form->at = end;
	return true;
}

char *form_decode(struct arena *arena, struct span text, size_t *ret_len)
{
	AUTO_BUF struct buf plain = {0};
	AUTO_BUF struct buf decoded = {0};
	char *copy;

	buf_add(&plain, text.at, text.len);
	for (size_t i = 0; i < plain.len; i++)
		if (plain.data[i] == '+')
			plain.data[i] = ' ';
	sigv4_uri_decode(&decoded, buf_text(&plain), plain.len);

	copy = arena_strndup(arena, buf_text(&decoded), decoded.len);
	if (ret_len)
		*ret_len = decoded.len;
	return copy;
}

char *protocol_form_field(struct arena *arena, struct span form, const char *name)
{
	struct span field, value;

	while (form_next(&form, &field, &value))
		if (span_is(field, name))
			return form_decode(arena, value, NULL);
	return NULL;
}

char *query_field(struct arena *arena, struct span query, const char *name)
{
	return protocol_form_field(arena, query, name);
}

bool query_has(struct span query, const char *name, size_t len)
{
	struct span field, value;

	while (form_next(&query, &field, &value))
		if (field.len == len && memcmp(field.at, name, len) == 0)
			return true;
	return false;
}

/* Puts a.b.c = text into the tree of names. */
static void plant(struct reading *reading, json_t *tree, char *name, const char *text, size_t len)
{
	json_t *node = tree;
	int depth = 0;

	while (name) {
		char *part = strsep(&name, ".");
		json_t *below;

		if (!*part || ++depth > WIRE_DEPTH_MAX) {
			reading_fail(reading, "Parameter names must not be empty or nest so deep");
			return;
		}
		below = json_object_get(node, part);
		node = below ? below : json_add_object(node, part);
	}
	json_give(node, OWN, json_stringn_nocheck(text, len));
}

static json_t *read_form(struct reading *reading, struct span form)
{
	struct arena *arena = reading->call->arena;
	json_t *tree = json_object();
	struct span field, value;
	int fields = 0;

	while (!reading->wrong && form_next(&form, &field, &value)) {
		size_t len;
		char *name, *text;

		if (++fields > FIELDS_MAX || field.len > NAME_MAX_LEN) {
			reading_fail(reading, "There are too many parameters");
			break;
		}
		name = form_decode(arena, field, NULL);
		text = form_decode(arena, value, &len);
		plant(reading, tree, name, text, len);
	}
	return tree;
}

/* Reading the tree of names by the model. */

static json_t *read_value(struct reading *reading, const struct member *member, const json_t *node);

static bool is_ec2(const struct reading *reading)
{
	return reading->call->protocol == PROTOCOL_EC2;
}

/* The name of a structure's member in a request. */
static const char *member_name(struct reading *reading, const struct member *member)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	char *name;

	if (is_ec2(reading)) {
		if (member->query_name)
			return member->query_name;
		if (!member->wire)
			return member->name;
		name = arena_strdup(reading->call->arena, member->wire);
		*name = (char)toupper((unsigned char)*name);
		return name;
	}
	/* A flattened list goes by the name of its elements. */
	if (shape->kind == SHAPE_LIST && list_flattens(reading->model, member) &&
	    shape->members[0].wire)
		return shape->members[0].wire;
	return member->wire ? member->wire : member->name;
}

static json_t *read_structure(struct reading *reading, const struct shape *shape,
			      const json_t *node)
{
	json_t *structure = json_object();
	size_t i;

	for (i = 0; i < shape->nmembers && !reading->wrong; i++) {
		const struct member *member = &shape->members[i];
		const json_t *below = json_get(node, member_name(reading, member));

		if (below)
			json_give(structure, member->name, read_value(reading, member, below));
	}
	return structure;
}

struct numbered {
	unsigned long number;
	const json_t *node;
};

static int by_number(const void *a, const void *b)
{
	const struct numbered *one = a;
	const struct numbered *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

/* The members of `node` whose names are numbers, in their order. */
static struct numbered *sort_numbered(struct reading *reading, const json_t *node, size_t *ret_n)
{
	struct numbered *all =
		arena_alloc(reading->call->arena, (json_object_size(node) + 1) * sizeof(*all));
	const json_t *below;
	const char *name;
	size_t n = 0;

	json_each_member (node, name, below) {
		char *end;
		unsigned long number;

		if (!isdigit((unsigned char)*name))
			continue;
		number = strtoul(name, &end, 10);
		if (!*end)
			all[n++] = (struct numbered){number, below};
	}
	qsort(all, n, sizeof(*all), by_number);
	*ret_n = n;
	return all;
}

static json_t *read_list(struct reading *reading, const struct member *member, const json_t *node)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	const struct member *element = &shape->members[0];
	const struct numbered *all;
	json_t *list = json_array();
	size_t n;

	if (!is_ec2(reading) && !list_flattens(reading->model, member))
		node = json_get(node, element->wire ? element->wire : "member");
	all = sort_numbered(reading, node, &n);
	for (size_t i = 0; i < n && !reading->wrong; i++)
		json_push_give(list, read_value(reading, element, all[i].node));
	return list;
}

static json_t *read_scalar(struct reading *reading, const struct member *member, const json_t *node)
{
	const json_t *own = json_get(node, OWN);
	json_t *value;

	if (!own)
		return NULL;
	value = value_from_text(shape_at(reading->model, member->shape), TIMESTAMP_ISO,
				json_string_value(own), json_string_length(own));
	if (!value)
		reading_fail(reading, "Value '%s' of %s is malformed", json_string_value(own),
			     member->name);
	return value;
}

static json_t *read_map(struct reading *reading, const struct member *member, const json_t *node)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	const char *key_name = shape->members[0].wire ? shape->members[0].wire : "key";
	const char *value_name = shape->members[1].wire ? shape->members[1].wire : "value";
	const struct numbered *all;
	json_t *map = json_object();
	size_t n;

	if (!list_flattens(reading->model, member))
		node = json_get(node, "entry");
	all = sort_numbered(reading, node, &n);
	for (size_t i = 0; i < n && !reading->wrong; i++) {
		const json_t *name = json_get(all[i].node, key_name);
		const json_t *value = json_get(all[i].node, value_name);
		AUTO_JSON json_t *key = NULL;

		if (name && value)
			key = read_scalar(reading, &shape->members[0], name);
		if (key)
			json_give(map, json_string_value(key),
				  read_value(reading, &shape->members[1], value));
	}
	return map;
}

static json_t *read_value(struct reading *reading, const struct member *member, const json_t *node)
{
	switch (shape_at(reading->model, member->shape)->kind) {
	case SHAPE_STRUCTURE:
		return read_structure(reading, shape_at(reading->model, member->shape), node);
	case SHAPE_LIST:
		return read_list(reading, member, node);
	case SHAPE_MAP:
		return read_map(reading, member, node);
	default:
		return read_scalar(reading, member, node);
	}
}

/* The form is the body; a GET has it in its query. */
json_t *query_read(struct reading *reading, const struct shape *shape)
{
	const struct wire_request *request = &reading->call->request;
	AUTO_JSON json_t *tree =
		read_form(reading, request->body.len ? request->body : request->query);

	return reading->wrong ? NULL : read_structure(reading, shape, tree);
}
