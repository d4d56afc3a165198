/*
 * wire_call.c - the calls that generated functions make, and the ones that JavaScript makes of C.
 */
#include "infra/cdk/wire.h"

#include "lib/base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const struct cdk_site *at)
{
	jsii_at(at->file, at->line, at->function);
}

/* What is absent at the end is left out: the kernel counts. */
static void drop_tail(json_t *array)
{
	size_t n;

	while ((n = json_array_size(array)) > 0 && json_is_null(json_array_get(array, n - 1)))
		json_array_remove(array, n - 1);
}

/* The alternatives of one argument: the one that is given. */
static json_t *argument(const struct wire_value *args, size_t count, size_t *i)
{
	json_t *json = wire_to_json(args[*i].type, args[*i].value);

	while (*i + 1 < count && args[*i + 1].instead) {
		++*i;
		if (!json)
			json = wire_to_json(args[*i].type, args[*i].value);
	}
	return json ? json : json_null();
}

static json_t *arguments(const struct wire_value *args, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		bool spread = args[i].spread;
		json_t *json = argument(args, count, &i);

		if (spread && json_is_array(json)) {
			json_array_extend(array, json);
			json_decref(json);
		} else {
			json_push_give(array, json);
		}
	}
	drop_tail(array);
	return array;
}

static void answer(const struct wire_type *type, json_t *json, void *ret_value)
{
	if (type)
		wire_from_json(type, json, ret_value);
	json_decref(json);
}

static json_t *value_of(const struct wire_type *type, const void *value)
{
	json_t *json = wire_to_json(type, value);

	return json ? json : json_null();
}

void *wire_create(const struct cdk_site *at, const char *fqn, const struct wire_value *args,
		  size_t count)
{
	say(at);
	return jsii_create(fqn, arguments(args, count), NULL, NULL);
}

void wire_invoke(const struct cdk_site *at, const struct jsii_object *self, const char *method,
		 const struct wire_value *args, size_t count, const struct wire_type *type,
		 void *ret_value)
{
	say(at);
	answer(type, jsii_invoke(self, method, arguments(args, count)), ret_value);
}

void wire_await(const struct cdk_site *at, const struct jsii_object *self, const char *method,
		const struct wire_value *args, size_t count, const struct wire_type *type,
		void *ret_value)
{
	say(at);
	answer(type, jsii_await(self, method, arguments(args, count)), ret_value);
}

void wire_get(const struct cdk_site *at, const struct jsii_object *self, const char *property,
	      const struct wire_type *type, void *ret_value)
{
	say(at);
	answer(type, jsii_get(self, property), ret_value);
}

void wire_set(const struct cdk_site *at, const struct jsii_object *self, const char *property,
	      const struct wire_type *type, const void *value)
{
	say(at);
	jsii_set(self, property, value_of(type, value));
}

void wire_static_invoke(const struct cdk_site *at, const char *fqn, const char *method,
			const struct wire_value *args, size_t count, const struct wire_type *type,
			void *ret_value)
{
	say(at);
	answer(type, jsii_static_invoke(fqn, method, arguments(args, count)), ret_value);
}

void wire_static_get(const struct cdk_site *at, const char *fqn, const char *property,
		     const struct wire_type *type, void *ret_value)
{
	say(at);
	answer(type, jsii_static_get(fqn, property), ret_value);
}

void wire_static_set(const struct cdk_site *at, const char *fqn, const char *property,
		     const struct wire_type *type, const void *value)
{
	say(at);
	jsii_static_set(fqn, property, value_of(type, value));
}

/* ---- interfaces implemented in C ---- */

static bool is_given(const void *methods, const struct wire_method *row)
{
	void (*function)(void);

	memcpy(&function, (const char *)methods + row->offset, sizeof(function));
	return function;
}

static _Noreturn void lacks(const struct cdk_site *at, const char *fqn,
			    const struct wire_method *row)
{
	fprintf(stderr, "%s:%d: an implementation of %s needs %s\n", at->file, at->line, fqn,
		row->method ? row->method : row->property);
	exit(1);
}

void *wire_implement(const struct cdk_site *at, const char *fqn, const void *methods,
		     const struct wire_method *table, void *context)
{
	const char *const interfaces[] = {fqn, NULL};
	struct wire_implementation it = {methods, context};
	struct wire_implementation *kept = cdk_keep(&it, sizeof(it));
	AUTO_FREE struct jsii_override *overrides = NULL;
	size_t rows = 0;
	size_t n = 0;

	while (table[rows].call)
		rows++;
	overrides = mem_array(struct jsii_override, rows + 1);
	for (size_t i = 0; i < rows; i++) {
		const struct wire_method *row = &table[i];

		if (is_given(methods, row))
			overrides[n++] =
				(struct jsii_override){row->method, row->property, row->call, kept};
		else if (!row->optional)
			lacks(at, fqn, row);
	}
	say(at);
	return jsii_create("Object", NULL, interfaces, overrides);
}

void wire_argument(const struct wire_type *type, const json_t *args, size_t i, void *ret_value)
{
	wire_from_json(type, json_at(args, i), ret_value);
}

void wire_rest(const struct wire_type *type, const json_t *args, size_t i, void *ret_value)
{
	AUTO_JSON json_t *rest = json_array();

	for (; i < json_array_size(args); i++)
		json_push(rest, json_at(args, i));
	wire_from_json(type, rest, ret_value);
}
