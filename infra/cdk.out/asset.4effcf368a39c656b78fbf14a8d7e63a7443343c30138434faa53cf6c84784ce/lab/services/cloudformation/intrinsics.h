/*
 * intrinsics.h - what a tree of a template means: functions resolved, conditions decided.
 */
#ifndef SERVICES_CLOUDFORMATION_INTRINSICS_H
#define SERVICES_CLOUDFORMATION_INTRINSICS_H

#include "lab/services/cloudformation/template.h"

/* Text that resolving one stack's template may make in all, bytes: Fn::Sub in Fn::Sub multiplies. */
#define SCOPE_BUDGET ((size_t)16 << 20)

/*
 * Where a tree is resolved. The callbacks answer a new reference, or NULL with scope->error set
 * (scope_fail); those that are NULL are not allowed where the tree stands.
 */
struct scope {
	struct arena *arena;
	const json_t *template;
	const json_t *parameters; /* parameters_values() */
	const json_t *pseudo;	  /* "AWS::Region" → text, "AWS::NotificationARNs" → [texts] */
	const json_t *conditions; /* scope_conditions(); NULL while they are decided */
	const json_t *zones;	  /* of the region: [names], sorted */
	json_t *(*ref)(struct scope *scope, const char *logical_id);
	json_t *(*get_att)(struct scope *scope, const char *logical_id, const char *name);
	json_t *(*import_value)(struct scope *scope, const char *name);
	void *user;

	const char *error; /* the first one; in the arena */
	size_t made;	   /* bytes so far */
	json_t *deciding;  /* conditions being decided: a circle comes back here */
};

/* Always "return scope_fail(scope, …)": NULL. */
json_t *scope_fail(struct scope *scope, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The tree with its functions resolved: a new reference. JSON null is AWS::NoValue; members and
 * elements that have no value are left out. NULL: see scope->error. */
json_t *scope_resolve(struct scope *scope, const json_t *tree);
/*
 * The tree as far as it can be told without asking a resource: parameters, mappings and conditions
 * are resolved; what names resources, attributes and imports stays a function. What reduces to the
 * same says the same. A new reference, or NULL: see scope->error.
 */
json_t *scope_reduce(struct scope *scope, const json_t *tree);
/* The same, where text must come out; numbers and booleans become text. `what` for the error. */
char *scope_text(struct scope *scope, const json_t *tree, const char *what);

/* Fn::Equals, Fn::And, …, {"Condition": name}. False and an error: could not be decided. */
bool scope_decide(struct scope *scope, const json_t *tree, bool *ret_holds);
/* Every condition of the template: name → true, false. NULL or an error. */
const char *scope_conditions(struct scope *scope, const json_t **ret_conditions);
/* Every rule's assertions hold: NULL; else what AWS says. */
const char *scope_rules(struct scope *scope);

/* A function of a template: {"Fn::Join": …}, {"Ref": …}. Its name, or NULL. */
const char *function_of(const json_t *tree, const json_t **ret_argument);
bool function_is_known(const char *name);

#endif
