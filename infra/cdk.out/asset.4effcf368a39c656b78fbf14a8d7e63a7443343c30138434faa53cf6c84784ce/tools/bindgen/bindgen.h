/*
 * bindgen.h - the types that are bound, what C makes of them, and the generator's stages.
 *
 *   assembly.c   reads the packages' metadata
 *   names.c      JavaScript's names into C's
 *   shape.c      a type as metadata writes it → how C writes it
 *   plan.c       bindings.txt → every type that is reached
 *   calls.c      a class → its C functions
 *   emit_*.c     the files
 *
 * Everything hangs on one arena and is given back with it.
 */
#ifndef BINDGEN_H
#define BINDGEN_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "tools/bindgen/assembly.h"

void bindgen_die(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

/* ---- types ---- */

enum type_kind { TYPE_CLASS, TYPE_INTERFACE, TYPE_STRUCT, TYPE_ENUM };

struct type {
	const char *fqn;    /* "aws-cdk-lib.aws_ec2.Vpc" */
	const char *tag;    /* "ec2_vpc" */
	const char *module; /* "ec2" */
	const char *member; /* "vpc": how a handle calls its ancestor */
	enum type_kind kind;
	const json_t *meta;
	bool reached; /* its C type is declared */
	bool bound;   /* and its functions are */
	bool emitted; /* for what must stand in an order */
};

/* ---- shapes: how C writes a value ---- */

enum shape_kind {
	SHAPE_STRING,
	SHAPE_DATE,
	SHAPE_NUMBER,
	SHAPE_BOOL,
	SHAPE_ANY,
	SHAPE_ANY_MAP,
	SHAPE_ENUM,
	SHAPE_STRUCT,
	SHAPE_OBJECT,
	SHAPE_LIST,
	SHAPE_MAP,
};

struct shape {
	enum shape_kind kind;
	struct type *type;	  /* enum, struct, object */
	const struct shape *item; /* list, map */
	const char *tag;	  /* "string", "ec2_isubnet_list" */
};

/* A union is spread over several C members or functions, one an alternative. */
struct alternative {
	const struct shape *shape;
	const char *suffix; /* "" for the principal one, else "token", "ref", "list", … */
};

struct alternatives {
	struct alternative *rows;
	size_t count;
};

/* ---- the plan ---- */

struct plan {
	struct arena *arena;
	struct assembly *assembly;
	json_t *numbers; /* fqn → number */
	struct type **types;
	size_t ntypes;
	size_t room;
	json_t *tags;	    /* a type's tag → fqn, of everything the packages have */
	json_t *shape_tags; /* collections: tag → number */
	struct shape **shapes;
	size_t nshapes;
};

struct plan *plan_open(void);
void plan_close(struct plan *plan);

/* After packages were added to plan->assembly: gives every type its tag. */
void plan_name(struct plan *plan);

/* NULL if no package has it. */
struct type *plan_type(struct plan *plan, const char *fqn);

/* Binds a type, or all of a module ("aws-cdk-lib.aws_ec2.*"). Ends the program if there is no such. */
void plan_bind(struct plan *plan, const char *fqn);

/* Reached and sorted by tag; NULL-terminated. */
struct type **plan_reached(const struct plan *plan);

/* What a type inherits, itself not: base class and interfaces, theirs too; each once, NULL-terminated.
 * The chain of base classes first. */
struct type **plan_ancestors(struct plan *plan, const struct type *type);

/* A struct's members, or an interface's methods or properties, inherited ones too, each once;
 * NULL-terminated. `list` is "properties" or "methods". Required ones first, then by name. */
const json_t **plan_members(struct plan *plan, const struct type *type, const char *list);

/* Old ways that have a new one. Not bound, except where they are required. */
bool is_deprecated(const json_t *meta);
bool is_bindable(const json_t *member); /* public, and of today */

/* ---- shape.c ---- */

/* `ref` is metadata's "type". Marks nothing as reached. */
struct alternatives shape_alternatives(struct plan *plan, const json_t *ref);

/* Of a method's parameter: a variadic one is a list of its type. */
struct alternatives parameter_alternatives(struct plan *plan, const json_t *parameter);

/* The one shape of a value that JavaScript answers: of a union, any. */
const struct shape *shape_of(struct plan *plan, const json_t *ref);

/* Types a shape needs declared. */
void shape_reach(struct plan *plan, const struct shape *shape);

/* "const char *", "struct ec2_ivpc *", with what may be put a name behind. `optional` numbers and booleans know
 * absence. */
const char *shape_c(struct plan *plan, const struct shape *shape, bool optional);

/* "wire_string", "wire_ec2_vpc_props". */
const char *shape_wire(struct plan *plan, const struct shape *shape, bool optional);

#endif
