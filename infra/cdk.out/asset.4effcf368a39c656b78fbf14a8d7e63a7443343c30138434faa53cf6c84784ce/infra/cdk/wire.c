/*
 * wire.c - C values to JSON and back, by their tables.
 */
#include "infra/cdk/wire.h"

#include "lib/base/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct wire_type wire_string = {.kind = WIRE_STRING};
const struct wire_type wire_date = {.kind = WIRE_DATE};
const struct wire_type wire_number = {.kind = WIRE_NUMBER};
const struct wire_type wire_optional_number = {.kind = WIRE_OPTIONAL_NUMBER};
const struct wire_type wire_bool = {.kind = WIRE_BOOL};
const struct wire_type wire_optional_bool = {.kind = WIRE_OPTIONAL_BOOL};
const struct wire_type wire_any = {.kind = WIRE_ANY};
const struct wire_type wire_any_map = {.kind = WIRE_ANY_MAP};
const struct wire_type wire_object = {.kind = WIRE_OBJECT};

#define COLLECTION(tag, a_kind, an_item)                   \
	const struct wire_type wire_##tag = {              \
		.kind = (a_kind),                          \
		.item = &(an_item),                        \
		.size = sizeof(*((struct tag *)0)->items), \
	}
#define MAP_OF(tag, an_item)                                 \
	const struct wire_type wire_##tag = {                \
		.kind = WIRE_MAP,                            \
		.item = &(an_item),                          \
		.size = sizeof(*((struct tag *)0)->items),   \
		.value = offsetof(struct tag##_item, value), \
	}
COLLECTION(string_list, WIRE_LIST, wire_string);
COLLECTION(number_list, WIRE_LIST, wire_number);
COLLECTION(bool_list, WIRE_LIST, wire_bool);
MAP_OF(string_map, wire_string);
MAP_OF(number_map, wire_number);
MAP_OF(bool_map, wire_bool);

/* Every …_list and …_map is one. */
struct collection {
	const void *items;
	size_t count;
};

/* Pointers of all types are stored alike. */
static const void *pointer_at(const void *value)
{
	const void *pointer;

	memcpy(&pointer, value, sizeof(pointer));
	return pointer;
}

/* ---- to JavaScript ---- */

typedef json_t *to_json_fn(const struct wire_type *type, const void *value);

static json_t *string_to(const struct wire_type *type, const void *value)
{
	const char *text = pointer_at(value);

	return text ? json_string(text) : NULL;
}

static json_t *date_to(const struct wire_type *type, const void *value)
{
	const char *iso = pointer_at(value);

	return iso ? jsii_from_date(iso) : NULL;
}

static json_t *number_to(const struct wire_type *type, const void *value)
{
	return jsii_from_number(*(const double *)value);
}

static json_t *optional_number_to(const struct wire_type *type, const void *value)
{
	const cdk_number *number = value;

	return number->given ? jsii_from_number(number->value) : NULL;
}

static json_t *bool_to(const struct wire_type *type, const void *value)
{
	return json_boolean(*(const bool *)value);
}

static json_t *optional_bool_to(const struct wire_type *type, const void *value)
{
	const cdk_bool *answer = value;

	return answer->answer ? json_boolean(answer->answer == YES.answer) : NULL;
}

static json_t *any_to(const struct wire_type *type, const void *value)
{
	return json_deep_copy(pointer_at(value));
}

static json_t *any_map_to(const struct wire_type *type, const void *value)
{
	json_t *members = json_deep_copy(pointer_at(value));

	return members ? jsii_from_map(members) : NULL;
}

static json_t *enum_to(const struct wire_type *type, const void *value)
{
	unsigned member;

	memcpy(&member, value, sizeof(member));
	return member ? jsii_from_enum(type->fqn, type->names[member]) : NULL;
}

static json_t *object_to(const struct wire_type *type, const void *value)
{
	const struct jsii_object *object = pointer_at(value);

	return object ? jsii_from_object(object) : NULL;
}

static const json_t *unwrap_map(const json_t *json)
{
	const json_t *members = json_get(json, "$jsii.map");

	return members ? members : json;
}

/* What two alternatives of a union make together. */
static json_t *join(json_t *first, json_t *second)
{
	if (!first || !second)
		return first ? first : second;
	if (json_is_array(first) && json_is_array(second)) {
		json_array_extend(first, second);
	} else {
		json_t *members = json_object_get(first, "$jsii.map");

		assert(members &&
		       json_has(second, "$jsii.map")); /* else one alternative too many */
		json_object_update(members, json_object_get(second, "$jsii.map"));
	}
	json_decref(second);
	return first;
}

static json_t *struct_data(const struct wire_type *type, const void *value)
{
	json_t *data = json_object();

	for (const struct wire_member *member = type->members; member->name; member++) {
		json_t *json = wire_to_json(member->type, (const char *)value + member->offset);
		json_t *before = json_object_get(data, member->name);

		if (json)
			json_give(data, member->name, join(json_incref(before), json));
	}
	return jsii_from_struct(type->fqn, data);
}

static json_t *struct_to(const struct wire_type *type, const void *value)
{
	const void *members = pointer_at(value);

	return members ? struct_data(type, members) : NULL;
}

/* A struct is its list's item itself, as a member it is pointed at. An absent item is null. */
static json_t *item_to(const struct wire_type *item, const void *value)
{
	json_t *json =
		item->kind == WIRE_STRUCT ? struct_data(item, value) : wire_to_json(item, value);

	return json ? json : json_null();
}

static json_t *list_to(const struct wire_type *type, const void *value)
{
	const struct collection *list = value;
	json_t *array = list->items ? json_array() : NULL;

	for (size_t i = 0; i < list->count; i++)
		json_push_give(array,
			       item_to(type->item, (const char *)list->items + i * type->size));
	return array;
}

static json_t *map_to(const struct wire_type *type, const void *value)
{
	const struct collection *map = value;
	json_t *members = map->items ? json_object() : NULL;

	for (size_t i = 0; i < map->count; i++) {
		const char *item = (const char *)map->items + i * type->size;

		json_give(members, pointer_at(item), item_to(type->item, item + type->value));
	}
	return members ? jsii_from_map(members) : NULL;
}

json_t *wire_to_json(const struct wire_type *type, const void *value)
{
	static to_json_fn *const writers[] = {
		[WIRE_STRING] = string_to, [WIRE_DATE] = date_to,
		[WIRE_NUMBER] = number_to, [WIRE_OPTIONAL_NUMBER] = optional_number_to,
		[WIRE_BOOL] = bool_to,	   [WIRE_OPTIONAL_BOOL] = optional_bool_to,
		[WIRE_ANY] = any_to,	   [WIRE_ANY_MAP] = any_map_to,
		[WIRE_ENUM] = enum_to,	   [WIRE_STRUCT] = struct_to,
		[WIRE_OBJECT] = object_to, [WIRE_LIST] = list_to,
		[WIRE_MAP] = map_to,
	};

	return writers[type->kind](type, value);
}

/* ---- from JavaScript ---- */

typedef void from_json_fn(const struct wire_type *type, const json_t *json, void *ret_value);

static void store_pointer(const void *pointer, void *ret_value)
{
	memcpy(ret_value, &pointer, sizeof(pointer));
}

static void string_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	store_pointer(jsii_to_string(json), ret_value);
}

static void date_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	store_pointer(jsii_to_date(json), ret_value);
}

static void number_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	*(double *)ret_value = jsii_to_number(json);
}

static void optional_number_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	*(cdk_number *)ret_value = (cdk_number){jsii_to_number(json), json_is_number(json)};
}

static void bool_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	*(bool *)ret_value = jsii_to_bool(json);
}

static void optional_bool_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	*(cdk_bool *)ret_value = json_is_boolean(json) ? BOOL(jsii_to_bool(json)) : (cdk_bool){0};
}

/* $jsii.map is unwrapped, at whatever depth: the program wants a template, not its travelling dress. */
static json_t *plain(const json_t *json)
{
	const json_t *members = unwrap_map(json);
	const json_t *value;
	const char *name;
	json_t *copy;
	size_t i;

	if (json_is_array(members)) {
		copy = json_array();
		json_each (members, i, value)
			json_push_give(copy, plain(value));
		return copy;
	}
	if (!json_is_object(members))
		return json_deep_copy(members);
	copy = json_object();
	json_each_member (members, name, value)
		json_give(copy, name, plain(value));
	return copy;
}

static void plain_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	store_pointer(cdk_keep_json(json_is_null(json) ? NULL : plain(json)), ret_value);
}

static void enum_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	const char *name = jsii_to_enum(json);
	unsigned member = 0;

	for (unsigned i = 1; name && type->names[i]; i++)
		if (strcmp(type->names[i], name) == 0)
			member = i;
	memcpy(ret_value, &member, sizeof(member));
}

static void object_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	store_pointer(jsii_to_object(json), ret_value);
}

/* Of a union's alternatives the one that a value of this JSON is. */
static bool is_alternative(const struct wire_type *type, const json_t *json)
{
	switch (type->kind) {
	case WIRE_STRING:
	case WIRE_DATE:
		return json_is_string(json);
	case WIRE_NUMBER:
	case WIRE_OPTIONAL_NUMBER:
		return json_is_number(json);
	case WIRE_BOOL:
	case WIRE_OPTIONAL_BOOL:
		return json_is_boolean(json);
	case WIRE_LIST:
		return json_is_array(json);
	default:
		return json_is_object(json);
	}
}

/* The kernel hands out structs by reference: their members are asked for one by one. */
static void struct_read(const struct wire_type *type, const json_t *json, void *ret_struct)
{
	const json_t *data = json_path(json, "$jsii.struct");
	const struct jsii_object *object = jsii_to_object(json);
	const char *read = NULL;

	data = data ? json_get(data, "data") : unwrap_map(json);
	for (const struct wire_member *member = type->members; member->name; member++) {
		json_t *value = NULL;

		if (read && strcmp(read, member->name) == 0)
			continue;
		value = object ? jsii_get(object, member->name)
			       : json_incref(json_object_get(data, member->name));
		if (value && !json_is_null(value) && is_alternative(member->type, value)) {
			wire_from_json(member->type, value, (char *)ret_struct + member->offset);
			read = member->name;
		}
		json_decref(value);
	}
}

static void struct_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	AUTO_FREE void *members = json_is_object(json) ? mem_alloc(type->size) : NULL;

	if (members)
		struct_read(type, json, members);
	store_pointer(members ? cdk_keep(members, type->size) : NULL, ret_value);
}

static void item_from(const struct wire_type *item, const json_t *json, void *ret_value)
{
	if (item->kind == WIRE_STRUCT)
		struct_read(item, json, ret_value);
	else
		wire_from_json(item, json, ret_value);
}

static void list_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	struct collection *list = ret_value;
	size_t count = json_array_size(json);
	AUTO_FREE char *items = mem_alloc((count + 1) * type->size);

	*list = (struct collection){0};
	if (!json_is_array(json))
		return;
	for (size_t i = 0; i < count; i++)
		item_from(type->item, json_at(json, i), items + i * type->size);
	list->items = cdk_keep(items, (count + 1) * type->size);
	list->count = count;
}

static void map_from(const struct wire_type *type, const json_t *json, void *ret_value)
{
	struct collection *map = ret_value;
	const json_t *members = unwrap_map(json);
	AUTO_FREE char *items = mem_alloc((json_object_size(members) + 1) * type->size);
	const json_t *member;
	const char *name;
	char *item = items;

	*map = (struct collection){0};
	if (!json_is_object(members))
		return;
	json_each_member (members, name, member) {
		store_pointer(cdk_fmt("%s", name), item);
		item_from(type->item, member, item + type->value);
		item += type->size;
	}
	map->count = json_object_size(members);
	map->items = cdk_keep(items, (map->count + 1) * type->size);
}

void wire_from_json(const struct wire_type *type, const json_t *json, void *ret_value)
{
	static from_json_fn *const readers[] = {
		[WIRE_STRING] = string_from, [WIRE_DATE] = date_from,
		[WIRE_NUMBER] = number_from, [WIRE_OPTIONAL_NUMBER] = optional_number_from,
		[WIRE_BOOL] = bool_from,     [WIRE_OPTIONAL_BOOL] = optional_bool_from,
		[WIRE_ANY] = plain_from,     [WIRE_ANY_MAP] = plain_from,
		[WIRE_ENUM] = enum_from,     [WIRE_STRUCT] = struct_from,
		[WIRE_OBJECT] = object_from, [WIRE_LIST] = list_from,
		[WIRE_MAP] = map_from,
	};

	readers[type->kind](type, json, ret_value);
}
