/*
 * callback.c - methods and properties that C implements, called by JavaScript.
 */
#include "infra/jsii/state.h"
#include "lib/base/json.h"

#include <stdlib.h>
#include <string.h>

/* Gives the "overrides" of a create; each is kept, and its cookie is where. */
json_t *jsii_add_overrides(const struct jsii_override *overrides)
{
	json_t *list = json_array();

	for (; overrides && overrides->call; overrides++) {
		size_t index = jsii_state.overrides_len++;
		AUTO_FREE char *cookie = mem_fmt("%zu", index);
		json_t *entry = json_push_object(list);

		jsii_state.overrides = mem_resize(jsii_state.overrides,
						  (index + 1) * sizeof(*jsii_state.overrides));
		jsii_state.overrides[index] = *overrides;
		json_set_str(entry, "method", overrides->method);
		json_set_str(entry, "property", overrides->property);
		json_set_str(entry, "cookie", cookie);
	}
	return list;
}

json_t *jsii_throw(const char *fmt, ...)
{
	va_list args;

	free(jsii_state.thrown);
	va_start(args, fmt);
	jsii_state.thrown = mem_vfmt(fmt, args);
	va_end(args);
	return NULL;
}

static const struct jsii_override *find_override(const json_t *callback)
{
	const char *cookie = json_str_or(callback, "cookie", "");
	size_t index = strtoul(cookie, NULL, 10);

	return *cookie && index < jsii_state.overrides_len ? &jsii_state.overrides[index] : NULL;
}

/* {"invoke": {objref, method, args}}, {"get": {objref, property}} or {"set": {…, value}}. */
static json_t *run(const struct jsii_override *override, const json_t *callback)
{
	const json_t *call = json_get(callback, "invoke");
	AUTO_JSON json_t *args = json_array();
	const json_t *arg;
	size_t i;

	json_each (json_get(call, "args"), i, arg)
		json_push(args, arg);
	if (!call)
		call = json_get(callback, "get");
	if (!call) {
		call = json_get(callback, "set");
		json_push_give(args, json_has(call, "value")
					     ? json_deep_copy(json_get(call, "value"))
					     : json_null());
	}
	return override->call(override->context, jsii_to_object(json_get(call, "objref")), args);
}

json_t *jsii_run_callback(const json_t *callback)
{
	const struct jsii_override *found = find_override(callback);
	json_t *complete = json_object();
	json_t *result = NULL;
	/* Its own calls say where they are; what called it stays where it was. */
	const char *file = jsii_state.file, *function = jsii_state.function;
	int line = jsii_state.line;

	if (found) {
		const struct jsii_override override = *found; /* more may be added while it runs */

		result = run(&override, callback);
	} else {
		jsii_throw("a callback nobody gave");
	}
	jsii_state.file = file;
	jsii_state.line = line;
	jsii_state.function = function;

	json_set_str(complete, "cbid", json_str(callback, "cbid"));
	if (jsii_state.thrown) {
		json_set_str(complete, "err", jsii_state.thrown);
		json_decref(result);
		free(jsii_state.thrown);
		jsii_state.thrown = NULL;
	} else if (result) {
		json_give(complete, "result", result);
	}
	return complete;
}
