/*
 * fields.h - the members of the C structs that props and optional arguments become.
 */
#ifndef BINDGEN_FIELDS_H
#define BINDGEN_FIELDS_H

#include "tools/bindgen/calls.h"

struct field {
	const char *name; /* "default_action_token" */
	const char *js;	  /* "defaultAction" */
	const struct shape *shape;
	const json_t *docs; /* NULL for all but the first alternative of a union */
	bool instead;	    /* an alternative of the field before */
	bool required;
};

struct fields {
	struct field *rows;
	size_t count;
};

struct fields fields_of_struct(struct plan *plan, const struct type *type);
struct fields fields_of_optional(struct plan *plan, const struct call *call);

/* As lines of a struct's definition, with their comments. */
void emit_fields(struct plan *plan, struct buf *out, struct fields fields);

#endif
