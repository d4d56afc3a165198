/*
 * fields.c - a property becomes a C member, or one an alternative when it is a union.
 */
#include "tools/bindgen/fields.h"

#include "tools/bindgen/emit.h"
#include "tools/bindgen/names.h"

#include <string.h>

static void push(struct plan *plan, struct fields *fields, struct field field)
{
	if ((fields->count & (fields->count - 1)) == 0) { /* full at powers of two */
		size_t room = fields->count ? fields->count * 2 : 1;
		struct field *rows = arena_alloc(plan->arena, room * sizeof(*rows));

		if (fields->count > 0)
			memcpy(rows, fields->rows, fields->count * sizeof(*rows));
		fields->rows = rows;
	}
	fields->rows[fields->count++] = field;
}

/* An access_token may stand beside a union named access. */
static const char *free_name(struct plan *plan, json_t *names, const char *name)
{
	while (json_has(names, name))
		name = arena_fmt(plan->arena, "%s_", name);
	json_set_bool(names, name, true);
	return name;
}

static void push_one(struct plan *plan, struct fields *fields, json_t *names, struct field field,
		     const struct alternative *alternative)
{
	if (*alternative->suffix)
		field.name = arena_fmt(plan->arena, "%s_%s", field.name, alternative->suffix);
	field.name = free_name(plan, names, field.name);
	field.shape = alternative->shape;
	push(plan, fields, field);
}

/* The principal alternative first. */
static void push_all(struct plan *plan, struct fields *fields, json_t *names, struct field field,
		     struct alternatives all)
{
	for (int suffixed = 0; suffixed < 2; suffixed++)
		for (size_t i = 0; i < all.count; i++) {
			if ((*all.rows[i].suffix != '\0') != suffixed)
				continue;
			push_one(plan, fields, names, field, &all.rows[i]);
			field.docs = NULL;
			field.instead = true;
		}
}

struct fields fields_of_struct(struct plan *plan, const struct type *type)
{
	const json_t **members = plan_members(plan, type, "properties");
	AUTO_JSON json_t *names = json_object();
	struct fields fields = {0};

	for (size_t i = 0; members[i]; i++)
		json_set_bool(names, name_member(plan->arena, json_str(members[i], "name")), true);
	for (size_t i = 0; members[i]; i++) {
		struct field field = {
			.name = name_member(plan->arena, json_str(members[i], "name")),
			.js = json_str(members[i], "name"),
			.docs = json_get(members[i], "docs"),
			.required = !json_bool_or(members[i], "optional", false),
		};

		json_drop(names, field.name);
		push_all(plan, &fields, names, field,
			 shape_alternatives(plan, json_get(members[i], "type")));
	}
	return fields;
}

struct fields fields_of_optional(struct plan *plan, const struct call *call)
{
	AUTO_JSON json_t *names = json_object();
	struct fields fields = {0};

	for (size_t i = 0; i < call->count; i++) {
		const struct parameter *parameter = &call->parameters[i];

		if (parameter->optional)
			push_all(plan, &fields, names,
				 (struct field){.name = parameter->name,
						.js = parameter->name,
						.docs = parameter->docs},
				 parameter->all);
	}
	return fields;
}

void emit_fields(struct plan *plan, struct buf *out, struct fields fields)
{
	for (size_t i = 0; i < fields.count; i++) {
		const struct field *field = &fields.rows[i];

		emit_docs(out, "\t", field->docs, field->required ? "Required." : NULL);
		buf_fmt(out, "\t%s%s;\n", shape_c(plan, field->shape, true), field->name);
	}
}
