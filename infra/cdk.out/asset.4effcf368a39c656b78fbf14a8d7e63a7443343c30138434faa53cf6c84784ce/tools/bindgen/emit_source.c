/*
 * emit_source.c - a module's source: the tables of its props, the bodies of its functions.
 */
#include "tools/bindgen/emit.h"
#include "tools/bindgen/fields.h"

#include <string.h>

void emit_tables(struct plan *plan, struct buf *out)
{
	struct type **types = plan_reached(plan);

	buf_str(out, "/*\n * tables.h - the tables of all modules. Written by tools/bindgen.\n */\n"
		     "#ifndef CDK_TABLES_H\n#define CDK_TABLES_H\n\n"
		     "#include \"infra/cdk/wire.h\"\n\n");
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind == TYPE_ENUM || types[i]->kind == TYPE_STRUCT)
			buf_fmt(out, "extern const struct wire_type wire_%s;\n", types[i]->tag);
	for (size_t i = 0; i < plan->nshapes; i++)
		if (collection_is_emitted(plan->shapes[i]))
			buf_fmt(out, "extern const struct wire_type wire_%s;\n",
				plan->shapes[i]->tag);
	buf_str(out, "\n#endif\n");
}

/* ---- props ---- */

static void emit_struct_table(struct plan *plan, const struct type *type, struct buf *out)
{
	struct fields fields = fields_of_struct(plan, type);

	buf_fmt(out, "static const struct wire_member %s_members[] = {\n", type->tag);
	for (size_t i = 0; i < fields.count; i++) {
		const struct field *field = &fields.rows[i];

		buf_fmt(out, "\t{\"%s\", &%s, offsetof(struct %s, %s)},\n", field->js,
			shape_wire(plan, field->shape, true), type->tag, field->name);
	}
	buf_str(out, "\t{0},\n};\n");
	buf_fmt(out, "const struct wire_type wire_%s = {\n\t.kind = WIRE_STRUCT,\n", type->tag);
	buf_fmt(out, "\t.fqn = \"%s\",\n\t.members = %s_members,\n", type->fqn, type->tag);
	buf_fmt(out, "\t.size = sizeof(struct %s),\n};\n\n", type->tag);

	for (size_t i = 0; i < plan->nshapes; i++)
		if (plan->shapes[i]->item->type == type &&
		    plan->shapes[i]->item->kind == SHAPE_STRUCT)
			emit_collection_table(plan, plan->shapes[i], out);
}

/* ---- functions ---- */

static void emit_row(struct buf *out, const char *wire, const char *value, const char *more)
{
	buf_fmt(out, "\t\t{&%s, &%s%s},\n", wire, value, more);
}

/* The rows in JavaScript's order. Answers how many. */
static size_t emit_arguments(struct plan *plan, const struct call *call, struct buf *out)
{
	struct fields optional = fields_of_optional(plan, call);

	if (call->count == 0)
		return 0;
	buf_str(out, "\tconst struct wire_value args[] = {\n");
	for (size_t i = 0; i < call->count; i++) {
		const struct parameter *parameter = &call->parameters[i];

		if (!parameter->optional)
			emit_row(
				out,
				shape_wire(plan, parameter->all.rows[0].shape, parameter->nullable),
				parameter->name, parameter->variadic ? ", .spread = true" : "");
	}
	for (size_t i = 0; i < optional.count; i++)
		emit_row(out, shape_wire(plan, optional.rows[i].shape, true),
			 arena_fmt(plan->arena, "optional.%s", optional.rows[i].name),
			 optional.rows[i].instead ? ", .instead = true" : "");
	buf_str(out, "\t};\n");
	return call->count;
}

static const char *zero(const struct call *call)
{
	switch (call->result->kind) {
	case SHAPE_NUMBER:
		return call->optional_result ? "{0}" : "0";
	case SHAPE_BOOL:
		return call->optional_result ? "{0}" : "false";
	case SHAPE_ENUM:
		return "0";
	case SHAPE_LIST:
	case SHAPE_MAP:
		return "{0}";
	default:
		return "NULL";
	}
}

static const char *verb(enum call_kind kind)
{
	static const char *const verbs[] = {
		[CALL_CREATE] = "create",
		[CALL_INVOKE] = "invoke",
		[CALL_AWAIT] = "await",
		[CALL_GET] = "get",
		[CALL_SET] = "set",
		[CALL_STATIC_INVOKE] = "static_invoke",
		[CALL_STATIC_GET] = "static_get",
		[CALL_STATIC_SET] = "static_set",
	};

	return verbs[kind];
}

static bool has_arguments(enum call_kind kind)
{
	return kind == CALL_INVOKE || kind == CALL_AWAIT || kind == CALL_STATIC_INVOKE;
}

static const char *set_value(struct plan *plan, const struct call *call)
{
	const struct parameter *value = &call->parameters[0];

	return arena_fmt(plan->arena, "&%s, &value",
			 shape_wire(plan, value->all.rows[0].shape, value->nullable));
}

static void emit_call(struct plan *plan, const struct type *type, const struct call *call,
		      size_t args, struct buf *out)
{
	bool is_static = call_is_static(call);

	buf_fmt(out, "\twire_%s(at, ", verb(call->kind));
	if (is_static)
		buf_fmt(out, "\"%s\", ", type->fqn);
	else
		buf_str(out, "&self->object, ");
	buf_fmt(out, "\"%s\", ", call->js);
	if (has_arguments(call->kind))
		buf_str(out, args ? "args, array_len(args), " : "NULL, 0, ");
	if (call->kind == CALL_SET || call->kind == CALL_STATIC_SET)
		buf_str(out, set_value(plan, call));
	else if (call->result)
		buf_fmt(out, "&%s, &result", shape_wire(plan, call->result, call->optional_result));
	else
		buf_str(out, "NULL, NULL");
	buf_str(out, ");\n");
}

static void emit_body(struct plan *plan, const struct type *type, const struct call *call,
		      struct buf *out)
{
	bool set = call->kind == CALL_SET || call->kind == CALL_STATIC_SET;
	size_t args = set ? 0 : emit_arguments(plan, call, out);

	if (call->kind == CALL_CREATE) {
		buf_fmt(out, "\n\treturn wire_create(at, \"%s\", %s);\n", type->fqn,
			args ? "args, array_len(args)" : "NULL, 0");
		return;
	}
	if (call->result)
		buf_fmt(out, "\t%sresult = %s;\n",
			shape_c(plan, call->result, call->optional_result), zero(call));
	if (args || call->result)
		buf_byte(out, '\n');
	emit_call(plan, type, call, args, out);
	if (call->result)
		buf_str(out, "\treturn result;\n");
}

static void emit_function(struct plan *plan, const struct type *type, const struct call *call,
			  struct buf *out)
{
	buf_fmt(out, "#undef %s\n", call->name);
	emit_prototype(plan, type, call, out);
	buf_str(out, "\n{\n");
	emit_body(plan, type, call, out);
	buf_str(out, "}\n\n");
}

static void emit_class(struct plan *plan, const struct type *type, struct buf *out)
{
	struct calls calls = calls_of(plan, type);

	for (size_t i = 0; i < calls.count; i++)
		emit_function(plan, type, &calls.rows[i], out);
	if (type->kind == TYPE_INTERFACE)
		emit_methods_table(plan, type, out);
}

void emit_module_source(struct plan *plan, const char *name, belongs_fn *belongs,
			const void *context, struct buf *out)
{
	struct type **types = plan_reached(plan);

	buf_fmt(out, "/*\n * %s.c - written by tools/bindgen.\n */\n", name);
	buf_fmt(out, "#include \"infra/cdk/%s.h\"\n\n#include \"infra/cdk/tables.h\"\n\n", name);
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind == TYPE_STRUCT && belongs(context, types[i]))
			emit_struct_table(plan, types[i], out);
	for (size_t i = 0; types[i]; i++)
		if (types[i]->bound && belongs(context, types[i]))
			emit_class(plan, types[i], out);
}
