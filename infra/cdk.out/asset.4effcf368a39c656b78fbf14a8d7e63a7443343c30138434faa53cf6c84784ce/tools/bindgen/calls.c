/*
 * calls.c - which C functions a class has, with what arguments.
 *
 * A positional argument that is a union makes a function an alternative (LambdaAction has one for a function, one
 * for a version); a property that is one has a setter an alternative and a getter that answers JSON.
 */
#include "tools/bindgen/calls.h"

#include "tools/bindgen/names.h"

#include <ctype.h>
#include <string.h>

struct list {
	struct plan *plan;
	const struct type *type;
	struct calls *calls;
	json_t *names; /* taken ones */
};

bool call_is_static(const struct call *call)
{
	return call->kind == CALL_CREATE || call->kind == CALL_STATIC_INVOKE ||
	       call->kind == CALL_STATIC_GET || call->kind == CALL_STATIC_SET;
}

size_t call_optional_count(const struct call *call)
{
	size_t n = 0;

	for (size_t i = 0; i < call->count; i++)
		n += call->parameters[i].optional;
	return n;
}

const struct parameter *call_variadic(const struct call *call)
{
	const struct parameter *last = call->count ? &call->parameters[call->count - 1] : NULL;

	return last && last->variadic ? last : NULL;
}

/* metricCPUUtilization and metricCpuUtilization of one class would meet. */
static const char *free_name(struct list *list, const char *name)
{
	while (json_has(list->names, name))
		name = arena_fmt(list->plan->arena, "%s_", name);
	json_set_bool(list->names, name, true);
	return name;
}

static void push(struct list *list, struct call call)
{
	struct calls *calls = list->calls;

	if ((calls->count & (calls->count - 1)) == 0) { /* full at powers of two */
		size_t room = calls->count ? calls->count * 2 : 1;
		struct call *rows = arena_alloc(list->plan->arena, room * sizeof(*rows));

		if (calls->count > 0)
			memcpy(rows, calls->rows, calls->count * sizeof(*rows));
		calls->rows = rows;
	}
	call.short_name = free_name(list, call.short_name);
	call.name = arena_fmt(list->plan->arena, "%s_%s", list->type->tag, call.short_name);
	calls->rows[calls->count++] = call;
}

/* One call an alternative of the first positional union. */
static void push_spread(struct list *list, struct call call)
{
	struct arena *arena = list->plan->arena;
	const char *name = call.short_name;
	size_t at = 0;

	while (at < call.count &&
	       (call.parameters[at].optional || call.parameters[at].all.count <= 1))
		at++;
	if (at == call.count) {
		push(list, call);
		return;
	}

	struct alternatives all = call.parameters[at].all;

	for (size_t i = 0; i < all.count; i++) {
		struct parameter *copy = arena_alloc(arena, call.count * sizeof(*copy));

		memcpy(copy, call.parameters, call.count * sizeof(*copy));
		copy[at].all = (struct alternatives){&all.rows[i], 1};
		call.parameters = copy;
		call.short_name = *all.rows[i].suffix
					  ? arena_fmt(arena, "%s_%s", name, all.rows[i].suffix)
					  : name;
		push_spread(list, call);
	}
}

/* "self" and the like are the functions' own. */
const char *parameter_name(struct plan *plan, const char *js)
{
	static const char *const taken[] = {"self",   "at",    "args",	 "optional",
					    "result", "value", "context"};
	const char *name = name_member(plan->arena, js);

	for (size_t i = 0; i < array_len(taken); i++)
		if (strcmp(taken[i], name) == 0)
			return arena_fmt(plan->arena, "%s_", name);
	return name;
}

static void read_parameters(struct list *list, const json_t *method, struct call *call)
{
	const json_t *rows = json_get(method, "parameters");
	bool variadic = json_bool_or(method, "variadic", false);
	const json_t *row;
	size_t i;

	call->count = json_array_size(rows);
	call->parameters =
		arena_alloc(list->plan->arena, (call->count + 1) * sizeof(*call->parameters));
	json_each (rows, i, row) {
		struct parameter *parameter = &call->parameters[i];
		bool optional = json_bool_or(row, "optional", false);

		*parameter = (struct parameter){
			.name = parameter_name(list->plan, json_str(row, "name")),
			.all = parameter_alternatives(list->plan, row),
			.optional = optional && !variadic,
			.nullable = optional && variadic,
			.variadic = json_bool_or(row, "variadic", false),
			.docs = json_get(row, "docs"),
		};
	}
}

static void add_method(struct list *list, const json_t *method)
{
	bool is_static = json_bool_or(method, "static", false);
	bool async = json_bool_or(method, "async", false);
	const json_t *returns = json_get(method, "returns");
	struct call call = {
		.kind = is_static ? CALL_STATIC_INVOKE
			: async	  ? CALL_AWAIT
				  : CALL_INVOKE,
		.js = json_str(method, "name"),
		.docs = json_get(method, "docs"),
	};

	call.short_name = name_snake(list->plan->arena, call.js);
	if (returns) {
		call.result = shape_of(list->plan, json_get(returns, "type"));
		call.optional_result = json_bool_or(returns, "optional", false);
	}
	read_parameters(list, method, &call);
	push_spread(list, call);
}

static void add_constructor(struct list *list)
{
	const json_t *meta = json_get(list->type->meta, "initializer");
	struct call call = {
		.kind = CALL_CREATE,
		.short_name = "new",
		.js = list->type->fqn,
		.docs = json_get(list->type->meta, "docs"),
	};

	if (!meta || json_bool_or(list->type->meta, "abstract", false) ||
	    json_bool_or(meta, "protected", false))
		return;
	read_parameters(list, meta, &call);
	push_spread(list, call);
}

static bool is_constant(const char *name)
{
	for (const char *p = name; *p; p++)
		if (islower((unsigned char)*p))
			return false;
	return true;
}

static void add_property(struct list *list, const json_t *property)
{
	struct arena *arena = list->plan->arena;
	const json_t *ref = json_get(property, "type");
	bool is_static = json_bool_or(property, "static", false);
	const char *js = json_str(property, "name");
	const char *name =
		is_static && is_constant(js) ? name_upper(arena, js) : name_snake(arena, js);
	bool optional = json_bool_or(property, "optional", false);
	struct parameter *value = arena_alloc(arena, sizeof(*value));

	push(list, (struct call){
			   .kind = is_static ? CALL_STATIC_GET : CALL_GET,
			   .short_name = name,
			   .js = js,
			   .docs = json_get(property, "docs"),
			   .result = shape_of(list->plan, ref),
			   .optional_result = optional,
		   });
	if (json_bool_or(property, "immutable", false))
		return;
	*value = (struct parameter){
		.name = "value",
		.all = shape_alternatives(list->plan, ref),
		.nullable = optional,
	};
	push_spread(list, (struct call){
				  .kind = is_static ? CALL_STATIC_SET : CALL_SET,
				  .short_name = arena_fmt(arena, "set_%s", name),
				  .js = js,
				  .parameters = value,
				  .count = 1,
			  });
}

struct calls calls_of(struct plan *plan, const struct type *type)
{
	AUTO_JSON json_t *names = json_object();
	struct calls calls = {0};
	struct list list = {plan, type, &calls, names};
	const json_t *member;
	size_t i;

	add_constructor(&list);
	json_each (json_get(type->meta, "methods"), i, member)
		if (is_bindable(member))
			add_method(&list, member);
	json_each (json_get(type->meta, "properties"), i, member)
		if (is_bindable(member))
			add_property(&list, member);
	return calls;
}
