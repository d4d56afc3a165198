/*
 * runtime.h - a custom runtime for AWS Lambda: asks for the next invocation, hands it to the handler,
 * says what came of it.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
#ifndef FUNCTIONS_RUNTIME_H
#define FUNCTIONS_RUNTIME_H

#include "lib/base/clock.h"
#include "lib/base/json.h"

struct invocation {
	const char *request_id;
	const char *trace_id; /* for X-Amzn-Trace-Id; NULL: it is not traced */
	const char *function_arn;
	real_ms deadline; /* Lambda kills us then */
	const json_t *event;
	const char *error_type; /* what a handler that fails sets, with its message */
	char error_message[512];
};

/* 0: done, and out is its answer. -1: invocation_fail() was called. */
typedef int handler_fn(struct invocation *invocation, json_t *out);

struct handler {
	const char *name; /* as the function's Handler setting has it; NULL ends the list */
	handler_fn *handle;
};

/* Always -1: "return invocation_fail(…)". */
int invocation_fail(struct invocation *invocation, const char *type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Real time that is left. */
msec invocation_left(const struct invocation *invocation);

/* By AWS_LAMBDA_RUNTIME_API and _HANDLER, until the Runtime API is gone. An exit status. */
int runtime_run(const struct handler *handlers);

#endif
