/*
 * emit_header.c - a module's header: its props, then each class's functions.
 *
 * A function is called through a macro of its name, which adds where the call is made and gathers optional arguments
 * into a struct: they can be left out, or be named.
 */
#include "tools/bindgen/emit.h"
#include "tools/bindgen/fields.h"
#include "tools/bindgen/names.h"

#include <string.h>

static void emit_map_items(struct plan *plan, const struct type *type, struct buf *out)
{
	for (size_t i = 0; i < plan->nshapes; i++) {
		const struct shape *shape = plan->shapes[i];

		if (shape->kind == SHAPE_MAP && shape->item->type == type)
			emit_map_item(plan, shape, out);
	}
}

static void emit_struct(struct plan *plan, const struct type *type, struct buf *out)
{
	struct fields fields = fields_of_struct(plan, type);

	emit_docs(out, "", json_get(type->meta, "docs"), NULL);
	buf_fmt(out, "struct %s {\n", type->tag);
	emit_fields(plan, out, fields);
	if (fields.count == 0)
		buf_str(out, "\tchar nothing; /* an empty struct is an option in JavaScript */\n");
	buf_str(out, "};\n\n");
	emit_map_items(plan, type, out);
}

/* ---- functions ---- */

/* Breaks after a comma where the line would be too long. */
static void emit_wrapped(struct buf *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, ",");

		len += text[len] == ',';
		if (column > 0 && column + len > 98) {
			buf_str(out, "\n\t");
			text += *text == ' ';
			len -= text[-1] == ' ';
			column = 8;
		}
		buf_add(out, text, len);
		column += len;
		text += len;
	}
}

static void write_prototype(struct plan *plan, const struct type *type, const struct call *call,
			    struct buf *out)
{
	const char *result =
		call->result ? shape_c(plan, call->result, call->optional_result) : "void ";

	if (call->kind == CALL_CREATE)
		result = arena_fmt(plan->arena, "struct %s *", type->tag);
	buf_fmt(out, "%s%s(const struct cdk_site *at", result, call->name);
	if (!call_is_static(call))
		buf_fmt(out, ", struct %s *self", type->tag);
	for (size_t i = 0; i < call->count; i++) {
		const struct parameter *parameter = &call->parameters[i];

		if (!parameter->optional)
			buf_fmt(out, ", %s%s",
				shape_c(plan, parameter->all.rows[0].shape, parameter->nullable),
				parameter->name);
	}
	if (call_optional_count(call) > 0)
		buf_fmt(out, ", struct %s_optional optional", call->name);
	buf_byte(out, ')');
}

void emit_prototype(struct plan *plan, const struct type *type, const struct call *call,
		    struct buf *out)
{
	AUTO_BUF struct buf text = {0};

	write_prototype(plan, type, call, &text);
	emit_wrapped(out, buf_text(&text));
}

/* "self, id": what a macro with a variable tail must name. */
static const char *positional(struct plan *plan, const struct call *call)
{
	const char *list = call_is_static(call) ? "" : "self, ";

	for (size_t i = 0; i < call->count; i++)
		if (!call->parameters[i].optional && !call->parameters[i].variadic)
			list = arena_fmt(plan->arena, "%s%s, ", list, call->parameters[i].name);
	return list;
}

static void emit_macro(struct plan *plan, const struct call *call, struct buf *out)
{
	const struct parameter *tail = call_variadic(call);
	const char *named = positional(plan, call);
	bool bare = call->count == 0 && call_is_static(call);

	if (call_optional_count(call) > 0) {
		buf_fmt(out, "#define %s(%s...) \\\n\t(%s)(CDK_HERE, %s", call->name, named,
			call->name, named);
		buf_fmt(out, "(struct %s_optional){__VA_ARGS__})\n", call->name);
	} else if (tail && tail->all.rows[0].shape->kind == SHAPE_LIST) {
		buf_fmt(out, "#define %s(%s...) \\\n\t(%s)(CDK_HERE, %sLIST(%s, __VA_ARGS__))\n",
			call->name, named, call->name, named, tail->all.rows[0].shape->item->tag);
		buf_fmt(out, "#define %s_list(...) (%s)(CDK_HERE, __VA_ARGS__)\n", call->name,
			call->name);
	} else {
		buf_fmt(out, "#define %s(%s) (%s)(CDK_HERE%s)\n", call->name, bare ? "" : "...",
			call->name, bare ? "" : ", __VA_ARGS__");
	}
}

static void emit_function(struct plan *plan, const struct type *type, const struct call *call,
			  struct buf *out)
{
	if (call_optional_count(call) > 0) {
		buf_fmt(out, "struct %s_optional {\n", call->name);
		emit_fields(plan, out, fields_of_optional(plan, call));
		buf_str(out, "};\n");
	}
	emit_docs(out, "", call->docs, NULL);
	emit_prototype(plan, type, call, out);
	buf_str(out, ";\n");
	emit_macro(plan, call, out);
	buf_byte(out, '\n');
}

/* ---- what is inherited ---- */

static void emit_alias(const struct type *type, const struct call *call, const char *member,
		       const char *suffix, struct buf *out)
{
	buf_fmt(out, "#define %s_%s%s(self, ...) %s%s(&(self)->%s, ##__VA_ARGS__)\n", type->tag,
		call->short_name, suffix, call->name, suffix, member);
}

static void emit_aliases_of(struct plan *plan, const struct type *type, struct type *const *all,
			    size_t i, json_t *taken, struct buf *out)
{
	struct calls calls = calls_of(plan, all[i]);
	const char *member = ancestor_member(all, i);

	for (size_t k = 0; k < calls.count; k++) {
		const struct call *call = &calls.rows[k];

		if (call_is_static(call) || json_has(taken, call->short_name))
			continue;
		json_set_bool(taken, call->short_name, true);
		emit_alias(type, call, member, "", out);
		if (call_variadic(call) && call_variadic(call)->all.rows[0].shape->item)
			emit_alias(type, call, member, "_list", out);
	}
}

static void emit_aliases(struct plan *plan, const struct type *type, const struct calls *own,
			 struct buf *out)
{
	AUTO_JSON json_t *taken = json_object();
	struct type **ancestors = plan_ancestors(plan, type);

	for (size_t i = 0; i < own->count; i++)
		json_set_bool(taken, own->rows[i].short_name, true);
	for (size_t i = 0; ancestors[i]; i++)
		if (ancestors[i]->bound && ancestors[i]->kind == type->kind)
			emit_aliases_of(plan, type, ancestors, i, taken, out);
}

static void emit_class(struct plan *plan, const struct type *type, struct buf *out)
{
	struct calls calls = calls_of(plan, type);

	buf_fmt(out, "/* ---- %s ---- */\n\n", type->fqn);
	emit_docs(out, "", json_get(type->meta, "docs"), NULL);
	buf_fmt(out,
		"static inline struct %s *%s_from(struct jsii_object *object)\n{\n"
		"\treturn (void *)object;\n}\n\n",
		type->tag, type->tag);
	for (size_t i = 0; i < calls.count; i++)
		emit_function(plan, type, &calls.rows[i], out);
	emit_aliases(plan, type, &calls, out);
	if (type->kind == TYPE_INTERFACE)
		emit_methods_struct(plan, type, out);
	buf_byte(out, '\n');
}

void emit_module_header(struct plan *plan, const char *name, belongs_fn *belongs,
			const void *context, struct buf *out)
{
	struct type **types = plan_reached(plan);
	const char *guard = name_upper(plan->arena, name);

	buf_fmt(out, "/*\n * %s.h - written by tools/bindgen.\n */\n", name);
	buf_fmt(out, "#ifndef CDK_%s_H\n#define CDK_%s_H\n\n", guard, guard);
	buf_str(out, "#include \"infra/cdk/types.h\"\n\n");
	for (size_t i = 0; types[i]; i++)
		if (types[i]->kind == TYPE_STRUCT && belongs(context, types[i]))
			emit_struct(plan, types[i], out);
	for (size_t i = 0; types[i]; i++)
		if (types[i]->bound && belongs(context, types[i]))
			emit_class(plan, types[i], out);
	buf_str(out, "#endif\n");
}
