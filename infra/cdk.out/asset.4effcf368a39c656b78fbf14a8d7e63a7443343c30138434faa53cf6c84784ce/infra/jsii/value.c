/*
 * value.c - values as they travel: references, enums, structs, maps, dates; and handles.
 */
#include "infra/jsii/state.h"
#include "lib/base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The kernel numbers its objects from here. */
#define FIRST_OBJECT 10000
#define OBJECTS_MAX 10000000
#define EXACT 9007199254740992.0 /* whole numbers past it are not all doubles */

static json_t *tagged(const char *tag, json_t *value)
{
	json_t *wrapped = json_object();

	json_give(wrapped, tag, value);
	return wrapped;
}

json_t *jsii_from_object(const struct jsii_object *object)
{
	return object ? tagged("$jsii.byref", json_string(object->ref)) : json_null();
}

json_t *jsii_from_number(double number)
{
	if (floor(number) == number && fabs(number) <= EXACT)
		return json_integer((json_int_t)number);
	return isfinite(number) ? json_real(number) : json_null();
}

json_t *jsii_from_string(const char *text)
{
	json_t *string = text ? json_string(text) : json_null();

	if (!string) {
		jsii_fail_text("a string is no UTF-8");
		string = json_null();
	}
	return string;
}

json_t *jsii_from_enum(const char *fqn, const char *member)
{
	AUTO_FREE char *name = mem_fmt("%s/%s", fqn, member);

	return tagged("$jsii.enum", json_string(name));
}

/* By name, because of a plain {} where it expects a struct the kernel makes undefined. */
json_t *jsii_from_struct(const char *fqn, json_t *members)
{
	json_t *body = json_object();

	json_set_str(body, "fqn", fqn);
	json_give(body, "data", members);
	return tagged("$jsii.struct", body);
}

json_t *jsii_from_map(json_t *members)
{
	return tagged("$jsii.map", members);
}

json_t *jsii_from_date(const char *iso)
{
	return tagged("$jsii.date", json_string(iso));
}

struct jsii_object *jsii_to_object(const json_t *value)
{
	const char *ref = json_str(value, "$jsii.byref");
	const char *at = ref ? strrchr(ref, '@') : NULL;
	long number = at ? strtol(at + 1, NULL, 10) : -1;
	size_t index = (size_t)(number - FIRST_OBJECT);
	struct jsii_object *object;

	if (number < FIRST_OBJECT || index >= OBJECTS_MAX)
		return NULL;
	if (index >= jsii_state.objects_size) {
		size_t size = index * 2 + 1024;
		struct jsii_object **objects = mem_array(struct jsii_object *, size);

		if (jsii_state.objects_size)
			memcpy(objects, jsii_state.objects,
			       jsii_state.objects_size * sizeof(*objects));
		free(jsii_state.objects);
		jsii_state.objects = objects;
		jsii_state.objects_size = size;
	}
	object = jsii_state.objects[index];
	if (!object) {
		object = arena_alloc(jsii_state.memory, sizeof(*object));
		object->ref = arena_strdup(jsii_state.memory, ref);
		jsii_state.objects[index] = object;
	}
	return object;
}

const char *jsii_to_string(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? arena_strdup(jsii_state.memory, text) : NULL;
}

double jsii_to_number(const json_t *value)
{
	return json_number_value(value);
}

bool jsii_to_bool(const json_t *value)
{
	return json_is_true(value);
}

const char *jsii_to_enum(const json_t *value)
{
	const char *name = json_str(value, "$jsii.enum");
	const char *slash = name ? strrchr(name, '/') : NULL;

	return slash ? arena_strdup(jsii_state.memory, slash + 1) : NULL;
}

const json_t *jsii_to_map(const json_t *value)
{
	const json_t *members = json_get(value, "$jsii.map");

	return json_is_object(members) ? members : NULL;
}

const char *jsii_to_date(const json_t *value)
{
	return jsii_to_string(json_get(value, "$jsii.date"));
}
