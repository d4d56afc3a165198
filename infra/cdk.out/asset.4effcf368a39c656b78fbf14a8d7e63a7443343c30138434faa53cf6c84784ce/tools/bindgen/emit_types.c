/*
 * emit_types.c - what all modules share: enums, collections, handles.
 *
 * CDK's modules use each other in circles. So what must be complete before it can be used stands in one
 * header, and props, which are only pointed at, in their module's.
 */
#include "tools/bindgen/emit.h"
#include "tools/bindgen/names.h"

#include <string.h>

static const char *const base_collections[] = {
	"string_list", "number_list", "bool_list", "string_map", "number_map", "bool_map",
};

/* values.h has these. */
static bool is_base(const struct shape *shape)
{
	for (size_t i = 0; i < array_len(base_collections); i++)
		if (strcmp(base_collections[i], shape->tag) == 0)
			return true;
	return false;
}

static bool is_declared(const struct shape *shape)
{
	while (shape->item)
		shape = shape->item;
	return !shape->type || shape->type->reached;
}

const char *ancestor_member(struct type *const *ancestors, size_t i)
{
	const char *name = ancestors[i]->member;

	if (strcmp(name, "object") == 0)
		return ancestors[i]->tag;
	for (size_t k = 0; ancestors[k]; k++)
		if (k != i && strcmp(ancestors[k]->member, name) == 0)
			return ancestors[i]->tag;
	return name;
}

bool collection_is_emitted(const struct shape *shape)
{
	return !is_base(shape) && is_declared(shape);
}

/* ---- enums ---- */

/* Deprecated members stay out, unless that is all there are. */
static bool all_deprecated(const json_t *members)
{
	const json_t *member;
	size_t i;

	json_each (members, i, member)
		if (!is_deprecated(member))
			return false;
	return true;
}

static void emit_enum(struct plan *plan, const struct type *type, struct buf *out)
{
	const json_t *members = json_get(type->meta, "members");
	const char *prefix = name_upper(plan->arena, type->tag);
	bool all = all_deprecated(members);
	const json_t *member;
	bool first = true;
	size_t i;

	emit_docs(out, "", json_get(type->meta, "docs"), NULL);
	buf_fmt(out, "enum %s {\n", type->tag);
	json_each (members, i, member) {
		if (is_deprecated(member) && !all)
			continue;
		emit_docs(out, "\t", json_get(member, "docs"), NULL);
		buf_fmt(out, "\t%s_%s%s,\n", prefix,
			name_upper(plan->arena, json_str(member, "name")), first ? " = 1" : "");
		first = false;
	}
	buf_str(out, "};\n\n");
}

static void emit_enum_table(const struct type *type, struct buf *out)
{
	const json_t *members = json_get(type->meta, "members");
	bool all = all_deprecated(members);
	const json_t *member;
	size_t i;

	buf_fmt(out, "static const char *const %s_names[] = {\n\t\"\",\n", type->tag);
	json_each (members, i, member)
		if (!is_deprecated(member) || all)
			buf_fmt(out, "\t\"%s\",\n", json_str(member, "name"));
	buf_fmt(out, "\tNULL,\n};\n");
	buf_fmt(out, "const struct wire_type wire_%s = {\n\t.kind = WIRE_ENUM,\n", type->tag);
	buf_fmt(out, "\t.fqn = \"%s\",\n\t.names = %s_names,\n};\n\n", type->fqn, type->tag);
}

/* ---- collections ---- */

/* A list's struct items stand in it, not pointers to them. */
static const char *item_c(struct plan *plan, const struct shape *item)
{
	if (item->kind == SHAPE_STRUCT)
		return arena_fmt(plan->arena, "struct %s ", item->tag);
	return shape_c(plan, item, false);
}

/* A const-qualified item: "const struct x *" of structs, "struct x *const *" of handles. */
static void emit_list(struct plan *plan, const struct shape *shape, struct buf *out)
{
	const char *item = item_c(plan, shape->item);
	bool pointer = item[strlen(item) - 1] == '*';

	buf_fmt(out, "struct %s {\n\t%s%s%s*items;\n\tsize_t count;\n};\n\n", shape->tag,
		pointer ? "" : "const ", item, pointer ? "const " : "");
}

void emit_map_item(struct plan *plan, const struct shape *shape, struct buf *out)
{
	buf_fmt(out, "struct %s_item {\n\tconst char *key;\n\t%svalue;\n};\n\n", shape->tag,
		item_c(plan, shape->item));
}

/* An item of a map holds its value, so a struct must be complete there: its module's header defines that. */
static void emit_map(struct plan *plan, const struct shape *shape, struct buf *out)
{
	if (shape->item->kind != SHAPE_STRUCT)
		emit_map_item(plan, shape, out);
	buf_fmt(out, "struct %s {\n\tconst struct %s_item *items;\n\tsize_t count;\n};\n\n",
		shape->tag, shape->tag);
}

/* Collections of collections come after what they are made of: shapes are numbered so. */
static void emit_collections(struct plan *plan, struct buf *out)
{
	for (size_t i = 0; i < plan->nshapes; i++) {
		const struct shape *shape = plan->shapes[i];

		if (!collection_is_emitted(shape))
			continue;
		if (shape->kind == SHAPE_LIST)
			emit_list(plan, shape, out);
		else
			emit_map(plan, shape, out);
	}
}

void emit_collection_table(struct plan *plan, const struct shape *shape, struct buf *out)
{
	bool map = shape->kind == SHAPE_MAP;

	buf_fmt(out, "const struct wire_type wire_%s = {\n\t.kind = WIRE_%s,\n", shape->tag,
		map ? "MAP" : "LIST");
	buf_fmt(out, "\t.item = &%s,\n", shape_wire(plan, shape->item, false));
	buf_fmt(out, "\t.size = sizeof(*((struct %s *)0)->items),\n", shape->tag);
	if (map)
		buf_fmt(out, "\t.value = offsetof(struct %s_item, value),\n", shape->tag);
	buf_str(out, "};\n\n");
}

/* ---- handles ---- */

static void emit_handle(struct plan *plan, struct type *type, struct buf *out)
{
	struct type **ancestors = plan_ancestors(plan, type);

	if (type->emitted)
		return;
	type->emitted = true;
	for (size_t i = 0; ancestors[i]; i++)
		emit_handle(plan, ancestors[i], out);

	buf_fmt(out, "struct %s {\n\tunion {\n\t\tstruct jsii_object object;\n", type->tag);
	for (size_t i = 0; ancestors[i]; i++)
		buf_fmt(out, "\t\tstruct %s %s;\n", ancestors[i]->tag,
			ancestor_member(ancestors, i));
	buf_str(out, "\t};\n};\n\n");
}

static bool is_handle(const struct type *type)
{
	return type->kind == TYPE_CLASS || type->kind == TYPE_INTERFACE;
}

void emit_types_header(struct plan *plan, struct buf *out)
{
	struct type **types = plan_reached(plan);

	buf_str(out, "/*\n * types.h - enums, collections and handles of all modules. Written by "
		     "tools/bindgen.\n */\n#ifndef CDK_TYPES_H\n#define CDK_TYPES_H\n\n"
		     "#include \"infra/cdk/values.h\"\n\n");
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind == TYPE_ENUM)
			emit_enum(plan, types[i], out);
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind != TYPE_ENUM)
			buf_fmt(out, "struct %s;\n", types[i]->tag);
	buf_byte(out, '\n');
	emit_collections(plan, out);
	for (size_t i = 0; types[i]; i++)
		if (is_handle(types[i]))
			emit_handle(plan, types[i], out);
	buf_str(out, "#endif\n");
}

void emit_types_source(struct plan *plan, struct buf *out)
{
	struct type **types = plan_reached(plan);

	buf_str(out, "/*\n * types.c - tables of the enums. Written by tools/bindgen.\n */\n"
		     "#include \"infra/cdk/tables.h\"\n#include \"infra/cdk/types.h\"\n\n");
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind == TYPE_ENUM)
			emit_enum_table(types[i], out);
	for (size_t i = 0; i < plan->nshapes; i++) {
		const struct shape *shape = plan->shapes[i];

		if (collection_is_emitted(shape) && shape->item->kind != SHAPE_STRUCT)
			emit_collection_table(plan, shape, out);
	}
}
