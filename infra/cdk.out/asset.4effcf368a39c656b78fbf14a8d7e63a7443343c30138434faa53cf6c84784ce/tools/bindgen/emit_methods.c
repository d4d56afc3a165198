/*
 * emit_methods.c - interfaces implemented in C: a struct of functions, and the code that calls them when
 * JavaScript does.
 */
#include "tools/bindgen/emit.h"
#include "tools/bindgen/names.h"

#include <string.h>

struct slot {
	const char *name; /* in C */
	const char *js;
	const char *key; /* "method" or "property" */
	const json_t *parameters;
	const struct shape *result;
	bool optional_result;
	bool optional;
	const json_t *docs;
};

typedef void slot_fn(struct plan *plan, const struct type *type, const struct slot *slot,
		     struct buf *out);

static struct slot method_slot(struct plan *plan, const json_t *method)
{
	const json_t *returns = json_get(method, "returns");

	return (struct slot){
		.name = name_member(plan->arena, json_str(method, "name")),
		.js = json_str(method, "name"),
		.key = "method",
		.parameters = json_get(method, "parameters"),
		.result = returns ? shape_of(plan, json_get(returns, "type")) : NULL,
		.optional_result = json_bool_or(returns, "optional", false),
		.docs = json_get(method, "docs"),
	};
}

static struct slot property_slot(struct plan *plan, const json_t *property)
{
	bool optional = json_bool_or(property, "optional", false);

	return (struct slot){
		.name = name_member(plan->arena, json_str(property, "name")),
		.js = json_str(property, "name"),
		.key = "property",
		.result = shape_of(plan, json_get(property, "type")),
		.optional_result = optional,
		.optional = optional,
		.docs = json_get(property, "docs"),
	};
}

static void each_slot(struct plan *plan, const struct type *type, slot_fn *visit, struct buf *out)
{
	const json_t **methods = plan_members(plan, type, "methods");
	const json_t **properties = plan_members(plan, type, "properties");

	for (size_t i = 0; methods[i]; i++) {
		struct slot slot = method_slot(plan, methods[i]);

		visit(plan, type, &slot, out);
	}
	for (size_t i = 0; properties[i]; i++) {
		struct slot slot = property_slot(plan, properties[i]);

		visit(plan, type, &slot, out);
	}
}

static const struct shape *parameter_shape(struct plan *plan, const json_t *parameter)
{
	struct alternatives all = parameter_alternatives(plan, parameter);

	if (all.count == 1)
		return all.rows[0].shape;
	return shape_of(plan, json_get(parameter, "type"));
}

static const char *result_c(struct plan *plan, const struct slot *slot)
{
	return slot->result ? shape_c(plan, slot->result, slot->optional_result) : "void ";
}

/* A tag before a '(' could be the name of a function's macro: there is an enum lambda_runtime_family and a getter
 * of that name. */
static const char *guarded(struct plan *plan, const char *result)
{
	size_t len = strlen(result);

	if (strncmp(result, "enum ", 5) != 0 && strncmp(result, "struct ", 7) != 0)
		return result;
	if (result[len - 1] == '*')
		return result;
	return arena_fmt(plan->arena, "__typeof__(%.*s) ", (int)len - 1, result);
}

static void emit_slot(struct plan *plan, const struct type *type, const struct slot *slot,
		      struct buf *out)
{
	const json_t *parameter;
	size_t i;

	emit_docs(out, "\t", slot->docs, slot->optional ? "May be NULL." : NULL);
	buf_fmt(out, "\t%s(*%s)(void *context", guarded(plan, result_c(plan, slot)), slot->name);
	json_each (slot->parameters, i, parameter)
		buf_fmt(out, ", %s%s",
			shape_c(plan, parameter_shape(plan, parameter),
				json_bool_or(parameter, "optional", false)),
			parameter_name(plan, json_str(parameter, "name")));
	buf_str(out, ");\n");
}

void emit_methods_struct(struct plan *plan, const struct type *type, struct buf *out)
{
	AUTO_BUF struct buf slots = {0};

	each_slot(plan, type, emit_slot, &slots);
	if (slots.len == 0)
		return;
	buf_fmt(out,
		"\n/* An implementation in C. `methods` and `context` must live until "
		"cdk_close(). */\nstruct %s_methods {\n%s};\n",
		type->tag, buf_text(&slots));
	buf_fmt(out,
		"struct %s *%s_implement(const struct cdk_site *at,\n"
		"\tconst struct %s_methods *methods, void *context);\n",
		type->tag, type->tag, type->tag);
	buf_fmt(out, "#define %s_implement(...) (%s_implement)(CDK_HERE, __VA_ARGS__)\n", type->tag,
		type->tag);
}

/* ---- the code behind it ---- */

static void emit_argument(struct plan *plan, const json_t *parameter, size_t i, struct buf *out)
{
	const struct shape *shape = parameter_shape(plan, parameter);
	bool optional = json_bool_or(parameter, "optional", false);

	buf_fmt(out, "\t%sarg%zu;\n\n", shape_c(plan, shape, optional), i);
	buf_fmt(out, "\t%s(&%s, args, %zu, &arg%zu);\n",
		json_bool_or(parameter, "variadic", false) ? "wire_rest" : "wire_argument",
		shape_wire(plan, shape, optional), i, i);
}

static void emit_called(struct plan *plan, const struct type *type, const struct slot *slot,
			struct buf *out)
{
	const json_t *parameter;
	size_t i;

	buf_fmt(out,
		"static json_t *%s_%s_called(void *context, struct jsii_object *self, const json_t "
		"*args)\n{\n\tconst struct wire_implementation *it = context;\n"
		"\tconst struct %s_methods *methods = it->methods;\n",
		type->tag, slot->name, type->tag);
	json_each (slot->parameters, i, parameter)
		emit_argument(plan, parameter, i, out);
	buf_byte(out, '\n');
	if (slot->result)
		buf_fmt(out, "\t%sresult = ", result_c(plan, slot));
	else
		buf_byte(out, '\t');
	buf_fmt(out, "methods->%s(it->context", slot->name);
	json_each (slot->parameters, i, parameter)
		buf_fmt(out, ", arg%zu", i);
	buf_str(out, ");\n\n");
	if (slot->result)
		buf_fmt(out, "\treturn wire_to_json(&%s, &result);\n}\n\n",
			shape_wire(plan, slot->result, slot->optional_result));
	else
		buf_str(out, "\treturn NULL;\n}\n\n");
}

static void emit_slot_row(struct plan *plan, const struct type *type, const struct slot *slot,
			  struct buf *out)
{
	buf_fmt(out, "\t{.%s = \"%s\", .offset = offsetof(struct %s_methods, %s), ", slot->key,
		slot->js, type->tag, slot->name);
	buf_fmt(out, ".optional = %s, .call = %s_%s_called},\n", slot->optional ? "true" : "false",
		type->tag, slot->name);
}

void emit_methods_table(struct plan *plan, const struct type *type, struct buf *out)
{
	AUTO_BUF struct buf rows = {0};

	each_slot(plan, type, emit_slot_row, &rows);
	if (rows.len == 0)
		return;
	each_slot(plan, type, emit_called, out);
	buf_fmt(out, "static const struct wire_method %s_table[] = {\n%s\t{0},\n};\n\n", type->tag,
		buf_text(&rows));
	buf_fmt(out,
		"#undef %s_implement\nstruct %s *%s_implement(const struct cdk_site *at,\n"
		"\tconst struct %s_methods *methods, void *context)\n{\n"
		"\treturn wire_implement(at, \"%s\", methods, %s_table, context);\n}\n\n",
		type->tag, type->tag, type->tag, type->tag, type->fqn, type->tag);
}
