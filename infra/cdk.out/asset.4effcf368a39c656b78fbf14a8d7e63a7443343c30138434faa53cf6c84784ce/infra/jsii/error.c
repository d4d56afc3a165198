/*
 * error.c - what went wrong, at which construct, called from which line of C.
 */
#include "infra/jsii/state.h"
#include "lib/base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void jsii_on_error(jsii_error_fn *handler, void *context)
{
	jsii_state.on_error = handler;
	jsii_state.on_error_context = context;
}

const char *jsii_source_file(void)
{
	const char *file = jsii_state.file;

	while (file && strncmp(file, "../", 3) == 0)
		file += 3;
	return file;
}

static json_t *get_quietly(const char *ref, const char *property)
{
	json_t *error = NULL;
	json_t *answer = jsii_exchange(json_pack("{s:s, s:{s:s}, s:s}", "api", "get", "objref",
						 "$jsii.byref", ref, "property", property),
				       &error);
	json_t *value = json_incref(json_object_get(answer, "value"));

	json_decref(answer);
	json_decref(error);
	return value;
}

/* NULL when the object is no construct. */
static char *construct_path(const char *ref)
{
	AUTO_JSON json_t *node = get_quietly(ref, "node");
	const char *node_ref = json_str(node, "$jsii.byref");
	AUTO_JSON json_t *path = node_ref ? get_quietly(node_ref, "path") : NULL;

	return mem_strdup(json_string_value(path));
}

/* Of what was asked, or of what was to be made: its scope is the first argument, its id the second. */
static char *find_path(const json_t *request)
{
	const json_t *args = json_get(request, "args");
	const char *object = json_str(json_get(request, "objref"), "$jsii.byref");
	const char *scope = json_str(json_at(args, 0), "$jsii.byref");
	const char *id = json_string_value(json_at(args, 1));
	char *path = NULL;

	if (kernel_why(jsii_state.kernel))
		return NULL;
	if (object)
		path = construct_path(object);
	if (!path && !object && scope && id) {
		AUTO_FREE char *parent = construct_path(scope);

		if (parent)
			path = mem_fmt("%s%s%s", parent, *parent ? "/" : "", id);
	}
	return path;
}

static void report(const struct jsii_error *error)
{
	if (jsii_state.on_error) {
		jsii_state.on_error(jsii_state.on_error_context, error);
		return;
	}
	fflush(stdout);
	if (error->file)
		fprintf(stderr, "%s:%d: in %s: ", error->file, error->line, error->function);
	fprintf(stderr, "error: %s\n", error->message);
	if (error->path && *error->path)
		fprintf(stderr, "  at construct %s\n", error->path);
	exit(EXIT_FAILURE);
}

void jsii_fail(const json_t *request, const json_t *error)
{
	AUTO_FREE char *path = request ? find_path(request) : NULL;
	struct jsii_error said = {
		.message = json_str_or(error, "error", "?"),
		.name = json_str(error, "name"),
		.path = path,
		.file = jsii_source_file(),
		.line = jsii_state.line,
		.function = jsii_state.function,
		.stack = json_str(error, "stack"),
	};

	report(&said);
}

void jsii_fail_text(const char *message)
{
	const struct jsii_error said = {
		.message = message,
		.file = jsii_source_file(),
		.line = jsii_state.line,
		.function = jsii_state.function,
	};

	report(&said);
}
