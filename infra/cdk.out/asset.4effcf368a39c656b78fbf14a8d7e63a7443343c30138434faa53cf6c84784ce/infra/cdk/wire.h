/*
 * wire.h - tables that say how C values lie in memory, and the calls that read them. Only generated code
 * includes this.
 *
 * A wire_type describes one C type and its form in jsii's protocol. Structs travel as $jsii.struct
 * and maps as $jsii.map: a bare {} at a struct's place would vanish in the kernel.
 */
#ifndef CDK_WIRE_H
#define CDK_WIRE_H

#include "infra/cdk/values.h"

enum wire_kind {
	WIRE_STRING,
	WIRE_DATE,	      /* const char *, ISO 8601 */
	WIRE_NUMBER,	      /* double */
	WIRE_OPTIONAL_NUMBER, /* cdk_number */
	WIRE_BOOL,	      /* bool */
	WIRE_OPTIONAL_BOOL,   /* cdk_bool */
	WIRE_ANY,	      /* const json_t * */
	WIRE_ANY_MAP,	      /* const json_t *, an object */
	WIRE_ENUM,	      /* an enum; 0: absent */
	WIRE_STRUCT,	      /* a pointer to it; inside a list or map the struct itself */
	WIRE_OBJECT,	      /* a pointer to a handle */
	WIRE_LIST,	      /* struct …_list */
	WIRE_MAP,	      /* struct …_map */
};

struct wire_type {
	enum wire_kind kind;
	const char *fqn;		   /* struct, enum */
	const char *const *names;	   /* enum: names by value; ended by NULL, [0] is "" */
	const struct wire_member *members; /* struct: ended by {0} */
	const struct wire_type *item;	   /* list, map */
	size_t size;			   /* of the struct, or of one item of the list or map */
	size_t value;			   /* map: where in its item the value is */
};

/* Rows of one name follow each other: alternatives of a union, of which one is given. Lists (and
 * maps) may all be given, and are joined. */
struct wire_member {
	const char *name;
	const struct wire_type *type;
	size_t offset;
};

struct wire_value {
	const struct wire_type *type;
	const void *value;
	bool instead; /* an alternative of the row before: the same argument */
	bool spread;  /* a list whose items are arguments */
};

extern const struct wire_type wire_string;
extern const struct wire_type wire_date;
extern const struct wire_type wire_number;
extern const struct wire_type wire_optional_number;
extern const struct wire_type wire_bool;
extern const struct wire_type wire_optional_bool;
extern const struct wire_type wire_any;
extern const struct wire_type wire_any_map;
extern const struct wire_type wire_object;
extern const struct wire_type wire_string_list;
extern const struct wire_type wire_number_list;
extern const struct wire_type wire_bool_list;
extern const struct wire_type wire_string_map;
extern const struct wire_type wire_number_map;
extern const struct wire_type wire_bool_map;

/* New JSON, owned by the caller; NULL when the value is absent. */
json_t *wire_to_json(const struct wire_type *type, const void *value);

/* What it makes lives until cdk_close(). Absent: zeros. */
void wire_from_json(const struct wire_type *type, const json_t *json, void *ret_value);

/* Arguments: `count` rows. A result of no interest: NULL, NULL. */
void *wire_create(const struct cdk_site *at, const char *fqn, const struct wire_value *args,
		  size_t count);
void wire_invoke(const struct cdk_site *at, const struct jsii_object *self, const char *method,
		 const struct wire_value *args, size_t count, const struct wire_type *type,
		 void *ret_value);
void wire_await(const struct cdk_site *at, const struct jsii_object *self, const char *method,
		const struct wire_value *args, size_t count, const struct wire_type *type,
		void *ret_value);
void wire_get(const struct cdk_site *at, const struct jsii_object *self, const char *property,
	      const struct wire_type *type, void *ret_value);
void wire_set(const struct cdk_site *at, const struct jsii_object *self, const char *property,
	      const struct wire_type *type, const void *value);
void wire_static_invoke(const struct cdk_site *at, const char *fqn, const char *method,
			const struct wire_value *args, size_t count, const struct wire_type *type,
			void *ret_value);
void wire_static_get(const struct cdk_site *at, const char *fqn, const char *property,
		     const struct wire_type *type, void *ret_value);
void wire_static_set(const struct cdk_site *at, const char *fqn, const char *property,
		     const struct wire_type *type, const void *value);

/* ---- interfaces implemented in C ---- */

/* What a generated callback is given as its context. */
struct wire_implementation {
	const void *methods; /* the interface's struct …_methods */
	void *context;	     /* the implementer's */
};

/* One function of a …_methods. */
struct wire_method {
	const char *method; /* one of the two */
	const char *property;
	size_t offset; /* of the function in …_methods */
	bool optional; /* may be NULL there: JavaScript sees undefined */
	jsii_callback_fn *call;
};

/* `table` is ended by {0}. A function that is missing ends the process. */
void *wire_implement(const struct cdk_site *at, const char *fqn, const void *methods,
		     const struct wire_method *table, void *context);

/* For callbacks: the i-th argument, and all from the i-th on. */
void wire_argument(const struct wire_type *type, const json_t *args, size_t i, void *ret_value);
void wire_rest(const struct wire_type *type, const json_t *args, size_t i, void *ret_value);

#endif
