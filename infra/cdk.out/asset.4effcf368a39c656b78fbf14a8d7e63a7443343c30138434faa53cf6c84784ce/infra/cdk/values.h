/*
 * values.h - how JavaScript's values are written in C: what all generated bindings share.
 *
 *   text       const char *; NULL is absent.
 *   number     .max_azs = NUM(2), so that 0 and absent differ; a required argument is a double.
 *   boolean    .enforce_ssl = YES, NO or BOOL(expression); a required argument is a bool.
 *   enum       .subnet_type = EC2_SUBNET_TYPE_PUBLIC; 0 is absent.
 *   list, map  .resources = LIST(string, "*"), .environment = MAP(string, {"DB_NAME", "golden"}).
 *              A list made at run time: {.items = array, .count = n}.
 *   struct     .vpc_subnets = &(struct ec2_subnet_selection){.subnet_type = …}; NULL is absent.
 *   object     .vpc = &vpc->ivpc: a handle names its class's ancestors and interfaces.
 *   any        const json_t *: CDK_JSON("{s:s}", …), cdk_any(&capture->object).
 *
 * What props point at must live until the call they are given to. Compound literals live as long as
 * the block they stand in: a function that returns props keeps what they point at by KEEP().
 */
#ifndef CDK_VALUES_H
#define CDK_VALUES_H

#include "infra/jsii/jsii.h"

#include <stdbool.h>
#include <stddef.h>

/* Structs, so that .max_azs = 2 or .enforce_ssl = false do not pass for values. */
typedef struct cdk_number {
	double value;
	bool given;
} cdk_number;

typedef struct cdk_bool {
	unsigned char answer; /* 0: absent */
} cdk_bool;

#define NUM(x) ((cdk_number){(x), true})
#define YES ((cdk_bool){1})
#define NO ((cdk_bool){2})
#define BOOL(x) ((x) ? YES : NO)

/* LIST(ec2_isecurity_group, &sg->isecurity_group): a struct ec2_isecurity_group_list. */
#define LIST(tag, ...)                                                                           \
	((struct tag##_list){                                                                    \
		.items = (__typeof__(*((struct tag##_list *)0)->items)[]){__VA_ARGS__},          \
		.count = sizeof((__typeof__(*((struct tag##_list *)0)->items)[]){__VA_ARGS__}) / \
			 sizeof(*((struct tag##_list *)0)->items),                               \
	})

/* MAP(cloudwatch_imetric, {"errors", &errors->imetric}): a struct cloudwatch_imetric_map. */
#define MAP(tag, ...)                                                                           \
	((struct tag##_map){                                                                    \
		.items = (__typeof__(*((struct tag##_map *)0)->items)[]){__VA_ARGS__},          \
		.count = sizeof((__typeof__(*((struct tag##_map *)0)->items)[]){__VA_ARGS__}) / \
			 sizeof(*((struct tag##_map *)0)->items),                               \
	})

/* KEEP(ec2_subnet_selection, .subnet_type = …): a pointer to such a struct that lives until
 * cdk_close(). KEEP_LIST and KEEP_MAP are LIST and MAP whose items do. */
#define KEEP(tag, ...) \
	((const struct tag *)cdk_keep(&(const struct tag){__VA_ARGS__}, sizeof(struct tag)))
#define KEEP_LIST(tag, ...) \
	((struct tag##_list){CDK_KEPT(tag##_list, __VA_ARGS__), LIST(tag, __VA_ARGS__).count})
#define KEEP_MAP(tag, ...) \
	((struct tag##_map){CDK_KEPT(tag##_map, __VA_ARGS__), MAP(tag, __VA_ARGS__).count})
#define CDK_KEPT(tag, ...)                                               \
	cdk_keep((__typeof__(*((struct tag *)0)->items)[]){__VA_ARGS__}, \
		 sizeof((__typeof__(*((struct tag *)0)->items)[]){__VA_ARGS__}))

struct string_list {
	const char *const *items;
	size_t count;
};

struct number_list {
	const double *items;
	size_t count;
};

struct bool_list {
	const bool *items;
	size_t count;
};

struct string_map {
	const struct string_map_item {
		const char *key;
		const char *value;
	} * items;
	size_t count;
};

struct number_map {
	const struct number_map_item {
		const char *key;
		double value;
	} * items;
	size_t count;
};

struct bool_map {
	const struct bool_map_item {
		const char *key;
		bool value;
	} * items;
	size_t count;
};

/* Where in C a call is made: the first argument of every generated function. Each has a macro of its
 * own name that gives it. */
struct cdk_site {
	const char *file;
	int line;
	const char *function;
};
#define CDK_HERE (&(const struct cdk_site){__FILE__, __LINE__, __func__})

/* jsii_open() and jsii_close(), and what the bindings keep for their callers besides. */
void cdk_open(const struct jsii_options *options);
void cdk_close(void);

/* A copy that lives until cdk_close(). Does not follow pointers. */
void *cdk_keep(const void *value, size_t size);
const char *cdk_fmt(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* For what is of type any. They live until cdk_close(). CDK_JSON's arguments are json_pack's; a mistake in
 * them ends the process. */
#define CDK_JSON(...) cdk_json(CDK_HERE, __VA_ARGS__)
const json_t *cdk_json(const struct cdk_site *at, const char *fmt, ...);
const json_t *cdk_any(const struct jsii_object *object);
const json_t *cdk_keep_json(json_t *json); /* takes the reference */

#endif
