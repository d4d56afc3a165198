/*
 * emit.h - the generated files.
 *
 *   types.h          enums, collections and handles of all modules: what they need of each other
 *   types.c          the tables of enums and collections
 *   tables.h         the tables' names, for the generated sources
 *   <module>.h       props and functions of one module; includes types.h only
 *   <module>.c       their tables and bodies
 */
#ifndef BINDGEN_EMIT_H
#define BINDGEN_EMIT_H

#include "tools/bindgen/calls.h"

/* True for the types that a file is about. */
typedef bool belongs_fn(const void *context, const struct type *type);

void emit_types_header(struct plan *plan, struct buf *out);
void emit_types_source(struct plan *plan, struct buf *out);
void emit_tables(struct plan *plan, struct buf *out);
void emit_module_header(struct plan *plan, const char *name, belongs_fn *belongs,
			const void *context, struct buf *out);
void emit_module_source(struct plan *plan, const char *name, belongs_fn *belongs,
			const void *context, struct buf *out);

/* "struct ec2_vpc *ec2_vpc_new(const struct cdk_site *at, …)" */
void emit_prototype(struct plan *plan, const struct type *type, const struct call *call,
		    struct buf *out);

/* The struct of functions that implements an interface, and the code behind it. */
void emit_methods_struct(struct plan *plan, const struct type *type, struct buf *out);
void emit_methods_table(struct plan *plan, const struct type *type, struct buf *out);

/* What a handle of `type` calls its i-th ancestor: its name, or where two are called the same its tag. */
const char *ancestor_member(struct type *const *ancestors, size_t i);

/* Collections of structs are described beside their struct, which must be complete. */
bool collection_is_emitted(const struct shape *shape);
void emit_map_item(struct plan *plan, const struct shape *shape, struct buf *out);
void emit_collection_table(struct plan *plan, const struct shape *shape, struct buf *out);

/* The summary and default value of metadata's "docs" as a comment; `note` comes first. Nothing if there is
 * nothing to say. */
void emit_docs(struct buf *out, const char *indent, const json_t *docs, const char *note);
void emit_comment(struct buf *out, const char *indent, const char *text);

#endif
