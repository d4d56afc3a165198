/*
 * jsii.h - classes of the CDK, used from C.
 *
 * aws-cdk-lib is JavaScript; the jsii kernel is the process that runs it for every other language,
 * spoken to in JSON, a line a message. There is one kernel a process: jsii_open() starts it, the
 * calls below go to it one after another, jsii_close() ends it. The generated bindings
 * (infra/cdk) are the typed face of this; only they and tests call it by name.
 *
 *   values   json_t. Arguments (`args`, `value`) are taken: the caller gives its reference away.
 *            Results are the caller's to json_decref(); NULL is JavaScript's undefined and null.
 *   text     that is handed out (refs, strings, members) lives until jsii_close().
 *   errors   end the process with status 1, after message, construct path and C source line were
 *            printed. jsii_on_error() is for tests that want to look at one; then the call that
 *            failed answers NULL, and NULL given to another call is undefined, as in JavaScript.
 *
 * Protocol: github.com/aws/jsii, packages/@jsii/kernel/src/api.ts.
 */
#ifndef JSII_JSII_H
#define JSII_JSII_H

#include "lib/base/mem.h"

#include <jansson.h>
#include <stdbool.h>

/* A JavaScript object. One struct an object: two handles are the same object when the pointers are.
 * A typed handle is a struct (or union) whose first member this is, and nothing more. */
struct jsii_object {
	const char *ref; /* "aws-cdk-lib.Stack@10001" */
};

/* ---- the kernel ---- */

struct jsii_options {
	const char
		*home; /* folder with package.json and node_modules; NULL: infra/ of the source */
};

/* Starts the kernel and loads constructs and aws-cdk-lib; the first call of all does it too. NULL is
 * all defaults. When it is open already, does nothing. */
void jsii_open(const struct jsii_options *options);

/* Loads another package of node_modules, at the version that is installed: "cdk-nag". */
void jsii_load(const char *package);

/* Ends the kernel; handles and text handed out are gone. jsii_open() may follow. */
void jsii_close(void);

/* ---- where in C a call is made ----
 *
 * Said before a call, by the macro that wraps each generated function; it holds for the calls until
 * the next. The construct remembers it: the CDK's own findings then name this file and line. */
void jsii_at(const char *file, int line, const char *function);
#define JSII_AT() jsii_at(__FILE__, __LINE__, __func__)

/* ---- calls ---- */

/*
 * What JavaScript calls back. For a method `args` are its arguments (an array; an absent one is
 * null). For a property `args` is empty when it is read and holds the new value when it is written.
 * The result is given away. It may make calls itself; to fail, say why by jsii_throw().
 * `context` must live until jsii_close().
 */
typedef json_t *jsii_callback_fn(void *context, struct jsii_object *self, const json_t *args);

struct jsii_override {
	const char *method; /* JavaScript's name: one of the two */
	const char *property;
	jsii_callback_fn *call;
	void *context;
};

/* For a callback: `return jsii_throw("…");` The call that led here fails with this message. */
json_t *jsii_throw(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * An object of class `fqn` ("aws-cdk-lib.aws_ec2.Vpc"); `args` is an array or NULL.
 * `interfaces`: NULL, or names ended by NULL that C implements; `overrides`: NULL, or the methods and
 * properties that C implements, ended by {0}. The class of what only implements is "Object".
 * Overrides take effect after the constructor has run.
 */
struct jsii_object *jsii_create(const char *fqn, json_t *args, const char *const *interfaces,
				const struct jsii_override *overrides);

json_t *jsii_invoke(const struct jsii_object *object, const char *method, json_t *args);
json_t *jsii_get(const struct jsii_object *object, const char *property);
void jsii_set(const struct jsii_object *object, const char *property, json_t *value);

json_t *jsii_static_invoke(const char *fqn, const char *method, json_t *args);
json_t *jsii_static_get(const char *fqn, const char *property);
void jsii_static_set(const char *fqn, const char *property, json_t *value);

/* The answer of an async method, once it has settled. (A static one the kernel cannot call.) */
json_t *jsii_await(const struct jsii_object *object, const char *method, json_t *args);

/* ---- values to JavaScript ---- (booleans, arrays, any: jansson's own) */

json_t *jsii_from_object(const struct jsii_object *object); /* NULL: null */
json_t *jsii_from_string(const char *text);		    /* NULL: null */
json_t *jsii_from_number(double number);		    /* 2 goes as 2, not as 2.0 */
json_t *jsii_from_enum(const char *fqn,
		       const char *member); /* "aws-cdk-lib.RemovalPolicy", "DESTROY" */
json_t *jsii_from_struct(const char *fqn, json_t *members);
json_t *jsii_from_map(json_t *members);
json_t *jsii_from_date(const char *iso); /* "2030-01-01T00:00:00.000Z" */

/* ---- values from JavaScript ---- They borrow `value`; of another type: NULL, 0, false. */

struct jsii_object *jsii_to_object(const json_t *value);
const char *jsii_to_string(const json_t *value); /* a copy that lives until jsii_close() */
double jsii_to_number(const json_t *value);
bool jsii_to_bool(const json_t *value);
const char *jsii_to_enum(const json_t *value);	/* the member's name: "DESTROY" */
const json_t *jsii_to_map(const json_t *value); /* an object; belongs to `value` */
const char *jsii_to_date(const json_t *value);

/* ---- errors ---- */

struct jsii_error {
	const char *message;
	const char *name; /* JavaScript's class of it; NULL when the kernel itself failed */
	const char *path; /* of the construct, "GoldenData/Database"; NULL when none is known */
	const char *file; /* in C; NULL when nobody said */
	int line;
	const char *function;
	const char *stack; /* JavaScript's; may be NULL */
};

/* NULL restores the default: print and exit(1). The struct lives as long as the call. */
typedef void jsii_error_fn(void *context, const struct jsii_error *error);
void jsii_on_error(jsii_error_fn *handler, void *context);

#endif
