/*
 * jsii.c - classes of the CDK, used from C: the kernel's requests, one function each.
 */
#include "infra/jsii/state.h"
#include "lib/base/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A deploy-sized app is one answer of some seconds; a loaded machine is slow. */
#define PATIENCE (10 * MINUTE)
/* Indexing takes ten seconds, less what the load took. Without, all works, seconds slower. */
#define INDEX_PATIENCE (60 * SECOND)
#define INDEX_LOOK ((msec)50)

struct jsii_state jsii_state = {.packages = {.lock = -1}};

/* ---- the kernel ---- */

static json_t *request_new(const char *api)
{
	json_t *request = json_object();

	json_set_str(request, "api", api);
	if (jsii_state.file) {
		/* The kernel drops the first: in other languages it is the runtime's own frame. */
		json_give(request, "$jsii.stacktrace",
			  json_pack("[[s,i,i,s], [s,i,i,s]]", "infra/jsii/jsii.c", 1, 1, "jsii",
				    jsii_source_file(), jsii_state.line, 1, jsii_state.function));
	}
	return request;
}

static json_t *answer_of(json_t *message, json_t **ret_error)
{
	json_t *ok = json_object_get(message, "ok");

	if (ok) {
		json_incref(ok);
		json_decref(message);
		return ok;
	}
	*ret_error = message;
	return NULL;
}

json_t *jsii_exchange(json_t *request, json_t **ret_error)
{
	struct kernel *kernel = jsii_state.kernel;
	bool going = kernel_write(kernel, request);

	json_decref(request);
	while (going) {
		json_t *message = kernel_read(kernel);
		const json_t *callback = json_get(message, "callback");

		if (!message)
			break;
		if (!callback)
			return answer_of(message, ret_error);
		request = json_object();
		json_give(request, "complete", jsii_run_callback(callback));
		json_decref(message);
		going = kernel_write(kernel, request);
		json_decref(request);
	}
	*ret_error = json_pack("{s:s}", "error", kernel_why(kernel));
	return NULL;
}

/* Takes the request; NULL after a failure was told. */
static json_t *call(json_t *request)
{
	json_t *error = NULL;
	json_t *answer;

	jsii_open(NULL);
	if (!jsii_state.kernel) {
		json_decref(request);
		return NULL;
	}
	json_incref(request);
	answer = jsii_exchange(request, &error);
	if (!answer)
		jsii_fail(request, error);
	json_decref(error);
	json_decref(request);
	return answer;
}

/* Takes the answer. */
static json_t *member(json_t *answer, const char *name)
{
	json_t *value = json_object_get(answer, name);

	value = json_is_null(value) ? NULL : json_incref(value);
	json_decref(answer);
	return value;
}

static void fail_taking(char *why)
{
	jsii_fail_text(why);
	free(why);
}

void jsii_load(const char *package)
{
	json_t *request;
	char *version, *tar, *why;

	jsii_open(NULL);
	if (!jsii_state.kernel)
		return;
	why = packages_pack(&jsii_state.packages, package, &version, &tar);
	if (why) {
		fail_taking(why);
		return;
	}
	request = request_new("load");
	json_set_str(request, "name", package);
	json_set_str(request, "version", version);
	json_set_str(request, "tarball", tar);
	json_decref(call(request));
	free(version);
	free(tar);
}

/* The kernel makes its index on a thread of its own, and only if it lives long enough. */
static void wait_for_index(void)
{
	msec until = clock_monotonic() + INDEX_PATIENCE;

	while (jsii_state.packages.cache && clock_monotonic() < until &&
	       !packages_indexed(&jsii_state.packages, "aws-cdk-lib"))
		if (kernel_ended(jsii_state.kernel, INDEX_LOOK))
			break;
}

static bool start(void)
{
	struct packages *packages = &jsii_state.packages;
	struct kernel_command command = {
		.node = packages->node,
		.program = packages->program,
		.scratch = packages->scratch,
		.cache = packages->cache,
	};
	json_t *hello;

	if (packages->lock >= 0)
		fputs("First use of aws-cdk-lib: indexing it takes about ten seconds, once.\n",
		      stderr);
	jsii_state.kernel = kernel_start(&command);
	kernel_set_patience(jsii_state.kernel, PATIENCE);
	hello = kernel_read(jsii_state.kernel);
	if (!json_has(hello, "hello") && !kernel_why(jsii_state.kernel))
		jsii_fail_text("the jsii kernel does not say hello");
	else if (!hello)
		jsii_fail_text(kernel_why(jsii_state.kernel));
	json_decref(hello);
	return hello != NULL;
}

void jsii_open(const struct jsii_options *options)
{
	static const char *const loaded[] = {"constructs", "@aws-cdk/cloud-assembly-schema",
					     "aws-cdk-lib"};
	static bool ends_with_us;
	char *why;

	if (jsii_state.kernel)
		return;
	if (!ends_with_us)
		atexit(jsii_close);
	ends_with_us = true;
	jsii_state.memory = arena_open();
	why = packages_open(options && options->home ? options->home : GOLDEN_INFRA,
			    &jsii_state.packages);
	if (why) {
		fail_taking(why);
		jsii_close();
		return;
	}
	if (!start()) {
		jsii_close();
		return;
	}
	for (size_t i = 0; i < array_len(loaded); i++)
		jsii_load(loaded[i]);
	wait_for_index();
	packages_unlock(&jsii_state.packages);
}

void jsii_close(void)
{
	kernel_end(jsii_state.kernel);
	packages_close(&jsii_state.packages);
	arena_close(jsii_state.memory);
	free(jsii_state.objects);
	free(jsii_state.overrides);
	free(jsii_state.thrown);
	jsii_state = (struct jsii_state){
		.packages = {.lock = -1},
		.on_error = jsii_state.on_error,
		.on_error_context = jsii_state.on_error_context,
	};
}

void jsii_at(const char *file, int line, const char *function)
{
	jsii_state.file = file;
	jsii_state.line = line;
	jsii_state.function = function;
}

/* ---- calls ---- */

struct jsii_object *jsii_create(const char *fqn, json_t *args, const char *const *interfaces,
				const struct jsii_override *overrides)
{
	json_t *request = request_new("create");
	AUTO_JSON json_t *answer = NULL;

	json_set_str(request, "fqn", fqn);
	json_give(request, "args", args);
	if (interfaces) {
		json_t *list = json_add_array(request, "interfaces");

		for (; *interfaces; interfaces++)
			json_push_str(list, *interfaces);
	}
	if (overrides)
		json_give(request, "overrides", jsii_add_overrides(overrides));
	answer = call(request);
	return jsii_to_object(answer);
}

static json_t *of_object(const char *api, const struct jsii_object *object, const char *kind,
			 const char *name)
{
	json_t *request = request_new(api);

	if (object)
		json_give(request, "objref", jsii_from_object(object));
	json_set_str(request, kind, name);
	return request;
}

static json_t *of_class(const char *api, const char *fqn, const char *kind, const char *name)
{
	json_t *request = request_new(api);

	json_set_str(request, "fqn", fqn);
	json_set_str(request, kind, name);
	return request;
}

/* NULL is undefined, and undefined has no members: JavaScript would say it less clearly. */
static json_t *call_on(const struct jsii_object *object, json_t *request)
{
	AUTO_FREE char *why = NULL;
	const char *method = json_str(request, "method");

	if (object)
		return call(request);
	why = mem_fmt("%s of an object that is NULL",
		      method ? method : json_str_or(request, "property", "?"));
	json_decref(request);
	jsii_fail_text(why);
	return NULL;
}

json_t *jsii_invoke(const struct jsii_object *object, const char *method, json_t *args)
{
	json_t *request = of_object("invoke", object, "method", method);

	json_give(request, "args", args);
	return member(call_on(object, request), "result");
}

json_t *jsii_get(const struct jsii_object *object, const char *property)
{
	return member(call_on(object, of_object("get", object, "property", property)), "value");
}

void jsii_set(const struct jsii_object *object, const char *property, json_t *value)
{
	json_t *request = of_object("set", object, "property", property);

	json_give(request, "value", value);
	json_decref(call_on(object, request));
}

json_t *jsii_static_invoke(const char *fqn, const char *method, json_t *args)
{
	json_t *request = of_class("sinvoke", fqn, "method", method);

	json_give(request, "args", args);
	return member(call(request), "result");
}

json_t *jsii_static_get(const char *fqn, const char *property)
{
	return member(call(of_class("sget", fqn, "property", property)), "value");
}

void jsii_static_set(const char *fqn, const char *property, json_t *value)
{
	json_t *request = of_class("sset", fqn, "property", property);

	json_give(request, "value", value);
	json_decref(call(request));
}

/* Async methods of ours that the promise waits for: run now, answered by "complete". */
static bool run_pending(void)
{
	AUTO_JSON json_t *answer = call(request_new("callbacks"));
	const json_t *list = json_get(answer, "callbacks");
	const json_t *callback;
	size_t i;

	json_each (list, i, callback) {
		AUTO_JSON json_t *complete = jsii_run_callback(callback);
		json_t *request = request_new("complete");

		json_object_update(request, complete);
		json_decref(call(request));
	}
	return json_array_size(list) > 0;
}

json_t *jsii_await(const struct jsii_object *object, const char *method, json_t *args)
{
	json_t *request = of_object("begin", object, "method", method);
	AUTO_JSON json_t *promise = NULL;

	json_give(request, "args", args);
	promise = call_on(object, request);
	if (!promise)
		return NULL;
	while (run_pending())
		;
	request = request_new("end");
	json_set_str(request, "promiseid", json_str(promise, "promiseid"));
	return member(call(request), "result");
}
