/*
 * values.c - what the bindings keep for their callers until cdk_close().
 */
#include "infra/cdk/values.h"

#include "lib/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One a process, as the kernel is. */
static struct arena *kept;

static struct arena *arena(void)
{
	if (!kept)
		kept = arena_open();
	return kept;
}

void cdk_open(const struct jsii_options *options)
{
	jsii_open(options);
}

void cdk_close(void)
{
	jsii_close();
	arena_close(kept);
	kept = NULL;
}

void *cdk_keep(const void *value, size_t size)
{
	return memcpy(arena_alloc(arena(), size), value, size);
}

const char *cdk_fmt(const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = arena_vfmt(arena(), fmt, args);
	va_end(args);
	return text;
}

static void forget(void *json)
{
	json_decref(json);
}

const json_t *cdk_keep_json(json_t *json)
{
	if (json)
		arena_defer(arena(), forget, json);
	return json;
}

const json_t *cdk_json(const struct cdk_site *at, const char *fmt, ...)
{
	json_error_t error;
	va_list args;
	json_t *json;

	va_start(args, fmt);
	json = json_vpack_ex(&error, 0, fmt, args);
	va_end(args);
	if (!json) {
		fprintf(stderr, "%s:%d: CDK_JSON(\"%s\"): %s\n", at->file, at->line, fmt,
			error.text);
		exit(1);
	}
	return cdk_keep_json(json);
}

const json_t *cdk_any(const struct jsii_object *object)
{
	return cdk_keep_json(jsii_from_object(object));
}
