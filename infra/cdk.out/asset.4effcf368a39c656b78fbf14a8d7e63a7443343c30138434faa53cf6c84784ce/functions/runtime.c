/*
 * runtime.c - a custom runtime for AWS Lambda.
 *
 *   hears      GET /2018-06-01/runtime/invocation/next, which answers when there is one
 *   says       POST …/invocation/<id>/response or /error; POST …/init/error
 *   left out   streamed responses, more than one invocation at a time (Lambda starts more of us)
 */
#include "functions/runtime.h"
#include "functions/http.h"

#include "lib/base/log.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "2018-06-01"

int invocation_fail(struct invocation *invocation, const char *type, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(invocation->error_message, sizeof(invocation->error_message), fmt, args);
	va_end(args);
	invocation->error_type = type;
	return -1;
}

msec invocation_left(const struct invocation *invocation)
{
	return invocation->deadline.ms - clock_real().ms;
}

static int say(const char *api, const char *path, const json_t *body, const char *header)
{
	AUTO_FREE char *url = mem_fmt("http://%s/" VERSION "/runtime/%s", api, path);
	AUTO_FREE char *text = json_text(body);
	const struct http_call call = {.url = url, .body = text, .header = header};
	struct http_answer answer;
	int status;

	http_ask(&call, &answer);
	status = answer.status;
	http_clear(&answer);
	if (status == 202)
		return 0;
	log_event(LOG_ERROR, "runtime.refused", F_STR("path", path), F_INT("status", status));
	return -1;
}

static int say_error(const char *api, const char *path, const char *type, const char *message)
{
	AUTO_FREE char *header = mem_fmt("Lambda-Runtime-Function-Error-Type: %s", type);
	AUTO_JSON json_t *body = json_object();

	json_set_str(body, "errorType", type);
	json_set_str(body, "errorMessage", message);
	return say(api, path, body, header);
}

static int run_one(const char *api, handler_fn *handle, struct invocation *invocation)
{
	AUTO_FREE char *path = NULL;
	AUTO_JSON json_t *out = json_object();

	if (!invocation->event)
		invocation_fail(invocation, "Runtime.MalformedEvent", "The event is no JSON.");
	else if (handle(invocation, out) == 0)
		invocation->error_type = NULL;
	if (invocation->error_type) {
		log_event(LOG_ERROR, "function.failed", F_STR("type", invocation->error_type),
			  F_STR("message", invocation->error_message));
		path = mem_fmt("invocation/%s/error", invocation->request_id);
		return say_error(api, path, invocation->error_type, invocation->error_message);
	}
	path = mem_fmt("invocation/%s/response", invocation->request_id);
	return say(api, path, out, NULL);
}

/* 0: done, and the next may come. -1: the Runtime API is gone or makes no sense. */
static int next(const char *api, handler_fn *handle)
{
	AUTO_FREE char *url = mem_fmt("http://%s/" VERSION "/runtime/invocation/next", api);
	const struct http_call call = {.url = url};
	struct invocation invocation = {0};
	struct http_answer answer;
	int err = -1;

	http_ask(&call, &answer);
	AUTO_FREE char *id = http_header_of(&answer, "Lambda-Runtime-Aws-Request-Id");
	AUTO_FREE char *deadline = http_header_of(&answer, "Lambda-Runtime-Deadline-Ms");
	AUTO_FREE char *trace = http_header_of(&answer, "Lambda-Runtime-Trace-Id");
	AUTO_FREE char *arn = http_header_of(&answer, "Lambda-Runtime-Invoked-Function-Arn");
	AUTO_JSON json_t *event = json_read(buf_text(&answer.body), answer.body.len);

	if (answer.status == 200 && id && deadline) {
		invocation.request_id = id;
		invocation.deadline.ms = strtoll(deadline, NULL, 10);
		invocation.trace_id = trace;
		invocation.function_arn = arn;
		invocation.event = event;
		/* Where the SDKs look for it, of any language. */
		if (trace)
			setenv("_X_AMZN_TRACE_ID", trace, 1);
		err = run_one(api, handle, &invocation);
	} else {
		log_event(LOG_ERROR, "runtime.gone", F_INT("status", answer.status),
			  F_STR("why", answer.why));
	}
	http_clear(&answer);
	return err;
}

static handler_fn *find(const struct handler *handlers, const char *name)
{
	for (; name && handlers->name; handlers++) {
		if (strcmp(handlers->name, name) == 0)
			return handlers->handle;
	}
	return NULL;
}

int runtime_run(const struct handler *handlers)
{
	const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
	const char *name = getenv("_HANDLER");
	handler_fn *handle = find(handlers, name);

	if (!api) {
		fputs("golden-function runs in AWS Lambda: there is no AWS_LAMBDA_RUNTIME_API\n",
		      stderr);
		return EXIT_FAILURE;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!handle) {
		AUTO_FREE char *why = mem_fmt("There is no handler '%s'.", name ? name : "");

		say_error(api, "init/error", "Runtime.NoSuchHandler", why);
		return EXIT_FAILURE;
	}
	while (next(api, handle) == 0)
		;
	return EXIT_FAILURE;
}
