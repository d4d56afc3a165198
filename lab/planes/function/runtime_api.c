/*
 * runtime_api.c - the Runtime API, as a custom runtime asks it.
 *
 *   left out   extensions, streamed responses
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#include "lab/planes/function/function.h"

#include <string.h>

#define RUNTIME "/2018-06-01/runtime/"
#define PAYLOAD_MAX ((size_t)1 << 20) /* 6 MB at AWS; a fact is one line of the wire */

static void reply_text(struct http_exchange *x, int status, const char *text)
{
	http_reply(x, status, "application/json", text, strlen(text));
}

static void accept_it(struct http_exchange *x)
{
	reply_text(x, 202, "{\"status\":\"OK\"}\n");
}

static void refuse(struct http_exchange *x, int status, const char *type)
{
	AUTO_FREE char *text =
		mem_fmt("{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}\n", type, type);

	reply_text(x, status, text);
}

void runtime_api_give(struct function *function)
{
	const char *event = json_str_or(function->current, "event", "{}");
	struct http_exchange *x = function->next;
	AUTO_FREE char *deadline =
		mem_fmt("%lld", (long long)(clock_real().ms +
					    json_int_or(function->desired, "timeout_ms", 3000)));

	function->next = NULL;
	http_reply_header(x, "Lambda-Runtime-Aws-Request-Id", json_str(function->current, "id"));
	http_reply_header(x, "Lambda-Runtime-Deadline-Ms", deadline);
	http_reply_header(x, "Lambda-Runtime-Invoked-Function-Arn",
			  json_str_or(function->desired, "arn", ""));
	http_reply(x, 200, "application/json", event, strlen(event));
}

static void ask_next(struct function *function, struct http_exchange *x)
{
	if (function->next) {
		refuse(x, 403, "InvalidStateTransition");
		return;
	}
	function->next = x;
	if (function->init < 0 && function->launched)
		function->init = clock_monotonic() - function->launched;
	function_advance(function);
}

static void end_invocation(struct function *function, struct http_exchange *x, struct span rest)
{
	const char *id = json_str_or(function->current, "id", "");

	if (!*id || !span_skip(&rest, id)) {
		refuse(x, 400, "InvalidRequestID");
	} else if (span_is(rest, "/response")) {
		accept_it(x);
		function_finish(function, x->body.at, x->body.len, NULL);
	} else if (span_is(rest, "/error")) {
		accept_it(x);
		function_finish(function, x->body.at, x->body.len, "Unhandled");
	} else {
		refuse(x, 404, "NotFound");
	}
}

/* The exchange ends with the answer: what came in it is taken before. */
static void on_request(struct http_exchange *x, void *user)
{
	struct function *function = user;
	struct span path = x->path;

	if (!span_skip(&path, RUNTIME)) {
		refuse(x, 404, "NotFound");
	} else if (span_is(path, "invocation/next") && span_is(x->method, "GET")) {
		ask_next(function, x);
	} else if (span_is(path, "init/error") && span_is(x->method, "POST")) {
		AUTO_FREE char *body = mem_strndup(x->body.at ? x->body.at : "", x->body.len);

		accept_it(x);
		function_finish(function, body, strlen(body), "Unhandled");
	} else if (span_skip(&path, "invocation/") && span_is(x->method, "POST")) {
		end_invocation(function, x, path);
	} else {
		refuse(x, 404, "NotFound");
	}
}

static void on_gone(struct http_exchange *x, void *user)
{
	struct function *function = user;

	if (function->next == x)
		function->next = NULL;
}

int runtime_api_open(struct function *function)
{
	const struct http_server_options options = {
		.handle = on_request,
		.gone = on_gone,
		.user = function,
		.body_limit = PAYLOAD_MAX,
		.connections_limit = 16,
	};

	return http_server_open(function->loop, "127.0.0.1", 0, &options, &function->api);
}
