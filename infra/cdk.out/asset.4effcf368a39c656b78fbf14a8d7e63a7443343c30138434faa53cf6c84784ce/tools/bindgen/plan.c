/*
 * plan.c - which types an app reaches from the classes it names.
 *
 * A bound class brings its base classes, the types of its arguments, properties and results. What it brings is
 * declared (a struct with all members, an enum, a handle with its ancestors); only bound classes have
 * functions. So a class that is merely the type of an argument costs a handle.
 */
#include "tools/bindgen/bindgen.h"
#include "tools/bindgen/names.h"

#include <stdlib.h>
#include <string.h>

struct plan *plan_open(void)
{
	struct plan *plan = mem_new(struct plan);

	plan->arena = arena_open();
	plan->assembly = assembly_open();
	plan->numbers = json_object();
	plan->tags = json_object();
	plan->shape_tags = json_object();
	return plan;
}

void plan_close(struct plan *plan)
{
	assembly_close(plan->assembly);
	json_decref(plan->numbers);
	json_decref(plan->tags);
	json_decref(plan->shape_tags);
	free(plan->types);
	free(plan->shapes);
	arena_close(plan->arena);
	free(plan);
}

/* The short name is dropped for both of two types that would share it. */
void plan_name(struct plan *plan)
{
	const json_t *number;
	const char *fqn;

	json_each_member (assembly_names(plan->assembly), fqn, number) {
		const char *tag = name_tag(plan->arena, fqn, false);

		json_set_str(plan->tags, tag, json_has(plan->tags, tag) ? "" : fqn);
	}
}

static const char *tag_of(struct plan *plan, const char *fqn)
{
	const char *tag = name_tag(plan->arena, fqn, false);
	const char *owner = json_str_or(plan->tags, tag, "");

	return strcmp(owner, fqn) == 0 ? tag : name_tag(plan->arena, fqn, true);
}

static enum type_kind kind_of(const json_t *meta)
{
	const char *kind = json_str_or(meta, "kind", "");

	if (strcmp(kind, "enum") == 0)
		return TYPE_ENUM;
	if (strcmp(kind, "class") == 0)
		return TYPE_CLASS;
	return json_bool_or(meta, "datatype", false) ? TYPE_STRUCT : TYPE_INTERFACE;
}

struct type *plan_type(struct plan *plan, const char *fqn)
{
	int64_t number = json_int_or(plan->numbers, fqn, -1);
	const json_t *meta = number < 0 ? assembly_type(plan->assembly, fqn) : NULL;
	struct type *type;

	if (number >= 0)
		return plan->types[number];
	if (!meta)
		return NULL;
	type = arena_alloc(plan->arena, sizeof(*type));
	type->fqn = arena_strdup(plan->arena, fqn);
	type->tag = tag_of(plan, fqn);
	type->module = name_module(plan->arena, fqn);
	type->member = name_type(plan->arena, fqn, false);
	type->kind = kind_of(meta);
	type->meta = meta;
	if (plan->ntypes == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 1024;
		plan->types = mem_resize(plan->types, plan->room * sizeof(struct type *));
	}
	json_set_int(plan->numbers, fqn, (int64_t)plan->ntypes);
	plan->types[plan->ntypes++] = type;
	return type;
}

bool is_deprecated(const json_t *meta)
{
	return json_has(json_get(meta, "docs"), "deprecated");
}

/* ---- what a type inherits ---- */

static void inherit(struct plan *plan, const char *fqn, json_t *seen)
{
	const json_t *meta = fqn ? assembly_type(plan->assembly, fqn) : NULL;
	const json_t *name;
	size_t i;

	if (!fqn || json_has(seen, fqn))
		return;
	if (!meta)
		bindgen_die("no package has %s", fqn);
	json_set_bool(seen, fqn, true);
	inherit(plan, json_str(meta, "base"), seen);
	json_each (json_get(meta, "interfaces"), i, name)
		inherit(plan, json_string_value(name), seen);
}

struct type **plan_ancestors(struct plan *plan, const struct type *type)
{
	AUTO_JSON json_t *seen = json_object();
	const json_t *one;
	const char *fqn;
	struct type **ancestors;
	size_t n = 0;

	inherit(plan, type->fqn, seen);
	ancestors = arena_alloc(plan->arena, (json_object_size(seen) + 1) * sizeof(struct type *));
	json_each_member (seen, fqn, one)
		if (strcmp(fqn, type->fqn) != 0)
			ancestors[n++] = plan_type(plan, fqn);
	return ancestors;
}

static int by_need_and_name(const void *a, const void *b)
{
	const json_t *left = *(const json_t *const *)a;
	const json_t *right = *(const json_t *const *)b;
	int need = (int)json_bool_or(left, "optional", false) -
		   (int)json_bool_or(right, "optional", false);

	return need ? need : strcmp(json_str(left, "name"), json_str(right, "name"));
}

/* Adds to `rows` what `seen` does not have; answers how many there are then. */
static size_t collect(const struct type *type, const char *list, json_t *seen, const json_t **rows,
		      size_t n)
{
	const json_t *member;
	size_t i;

	json_each (json_get(type->meta, list), i, member) {
		const char *name = json_str(member, "name");
		bool optional =
			json_bool_or(member, "optional", false) || strcmp(list, "methods") == 0;

		if (json_has(seen, name) || (optional && is_deprecated(member)))
			continue;
		json_set_bool(seen, name, true);
		rows[n++] = member;
	}
	return n;
}

const json_t **plan_members(struct plan *plan, const struct type *type, const char *list)
{
	AUTO_JSON json_t *seen = json_object();
	struct type **ancestors = plan_ancestors(plan, type);
	size_t room = json_array_size(json_get(type->meta, list)) + 1;
	const json_t **rows;
	size_t n;

	for (size_t i = 0; ancestors[i]; i++)
		room += json_array_size(json_get(ancestors[i]->meta, list));
	rows = arena_alloc(plan->arena, room * sizeof(*rows));
	n = collect(type, list, seen, rows, 0);
	for (size_t i = 0; ancestors[i]; i++)
		n = collect(ancestors[i], list, seen, rows, n);
	qsort(rows, n, sizeof(*rows), by_need_and_name);
	return rows;
}

/* ---- reaching ---- */

static void reach_ref(struct plan *plan, const json_t *ref)
{
	struct alternatives all = shape_alternatives(plan, ref);

	for (size_t i = 0; i < all.count; i++)
		shape_reach(plan, all.rows[i].shape);
}

static void reach(struct plan *plan, struct type *type)
{
	struct type **ancestors;

	if (type->reached)
		return;
	type->reached = true;
	if (type->kind == TYPE_STRUCT) {
		const json_t **members = plan_members(plan, type, "properties");

		for (size_t i = 0; members[i]; i++)
			reach_ref(plan, json_get(members[i], "type"));
	} else if (type->kind != TYPE_ENUM) {
		ancestors = plan_ancestors(plan, type);
		for (size_t i = 0; ancestors[i]; i++)
			reach(plan, ancestors[i]);
	}
}

void shape_reach(struct plan *plan, const struct shape *shape)
{
	for (; shape; shape = shape->item)
		if (shape->type)
			reach(plan, shape->type);
}

static void reach_method(struct plan *plan, const json_t *method)
{
	const json_t *parameter;
	size_t i;

	json_each (json_get(method, "parameters"), i, parameter) {
		struct alternatives all = parameter_alternatives(plan, parameter);

		for (size_t k = 0; k < all.count; k++)
			shape_reach(plan, all.rows[k].shape);
	}
	if (json_has(method, "returns"))
		shape_reach(plan, shape_of(plan, json_path(method, "returns.type")));
}

bool is_bindable(const json_t *member)
{
	return !json_bool_or(member, "protected", false) && !is_deprecated(member);
}

static void bind(struct plan *plan, struct type *type)
{
	struct type **ancestors;
	const json_t *member;
	size_t i;

	reach(plan, type);
	if (type->bound || type->kind == TYPE_STRUCT || type->kind == TYPE_ENUM)
		return;
	type->bound = true;
	ancestors = plan_ancestors(plan, type);
	for (i = 0; ancestors[i]; i++)
		if (ancestors[i]->kind == type->kind)
			bind(plan, ancestors[i]);

	reach_method(plan, json_get(type->meta, "initializer"));
	json_each (json_get(type->meta, "methods"), i, member)
		if (is_bindable(member))
			reach_method(plan, member);
	json_each (json_get(type->meta, "properties"), i, member)
		if (is_bindable(member))
			reach_ref(plan, json_get(member, "type"));
}

/* ---- bindings.txt ---- */

/* "aws-cdk-lib.aws_ec2.*" */
static void bind_module(struct plan *plan, const char *pattern)
{
	size_t len = strlen(pattern) - 1;
	const json_t *number;
	const char *fqn;
	size_t found = 0;

	json_each_member (assembly_names(plan->assembly), fqn, number) {
		if (strncmp(fqn, pattern, len) != 0 || fqn[len] < 'A' || fqn[len] > 'Z')
			continue;
		bind(plan, plan_type(plan, fqn));
		found++;
	}
	if (found == 0)
		bindgen_die("no package has a type in %s", pattern);
}

void plan_bind(struct plan *plan, const char *fqn)
{
	size_t len = strlen(fqn);
	struct type *type;

	if (len > 2 && strcmp(fqn + len - 2, ".*") == 0) {
		bind_module(plan, fqn);
		return;
	}
	type = plan_type(plan, fqn);
	if (!type)
		bindgen_die("no package has %s", fqn);
	bind(plan, type);
}

static int by_tag(const void *a, const void *b)
{
	const struct type *left = *(struct type *const *)a;
	const struct type *right = *(struct type *const *)b;

	return strcmp(left->tag, right->tag);
}

struct type **plan_reached(const struct plan *plan)
{
	struct type **types = arena_alloc(plan->arena, (plan->ntypes + 1) * sizeof(struct type *));
	size_t n = 0;

	for (size_t i = 0; i < plan->ntypes; i++)
		if (plan->types[i]->reached)
			types[n++] = plan->types[i];
	qsort(types, n, sizeof(*types), by_tag);
	return types;
}
