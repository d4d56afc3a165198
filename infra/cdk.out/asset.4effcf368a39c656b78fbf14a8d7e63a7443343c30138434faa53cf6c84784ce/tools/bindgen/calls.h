/*
 * calls.h - a class, as C functions.
 */
#ifndef BINDGEN_CALLS_H
#define BINDGEN_CALLS_H

#include "tools/bindgen/bindgen.h"

enum call_kind {
	CALL_CREATE,
	CALL_INVOKE,
	CALL_AWAIT,
	CALL_GET,
	CALL_SET,
	CALL_STATIC_INVOKE,
	CALL_STATIC_GET,
	CALL_STATIC_SET,
};

struct parameter {
	const char *name; /* in C */
	struct alternatives all;
	bool optional; /* by leaving it out: it stands in the …_optional struct */
	bool nullable; /* may be absent though it is positional */
	bool variadic; /* the last */
	const json_t *docs;
};

struct call {
	enum call_kind kind;
	const char *name;	/* "ec2_vpc_add_flow_log" */
	const char *short_name; /* "add_flow_log" */
	const char *js;		/* "addFlowLog" */
	struct parameter *parameters;
	size_t count;
	const struct shape *result; /* NULL: void */
	bool optional_result;
	const json_t *docs;
};

struct calls {
	struct call *rows;
	size_t count;
};

/* Constructor, static ones, methods, properties. Of a bound type. */
struct calls calls_of(struct plan *plan, const struct type *type);

/* In C: "default_", and "context_" since a function may have a context of its own. */
const char *parameter_name(struct plan *plan, const char *js);

bool call_is_static(const struct call *call);
size_t call_optional_count(const struct call *call);
const struct parameter *call_variadic(const struct call *call); /* or NULL */

#endif
