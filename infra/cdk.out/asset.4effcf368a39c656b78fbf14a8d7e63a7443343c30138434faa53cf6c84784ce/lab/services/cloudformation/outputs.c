/*
 * outputs.c - what stacks give each other: outputs, exports, imports.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

static bool is_ours(const struct stack *stack, const json_t *export)
{
	return strcmp(json_str_or(export, "ExportingStackId", ""), stack->id) == 0;
}

/* The names of the stacks that import it; "": nobody does. */
static const char *importers_of(struct stack *stack, const char *name)
{
	AUTO_BUF struct buf names = {0};
	struct request *rq = stack->rq;
	const json_t *import;
	size_t i;

	json_each (store_list_prefix(rq->tx, STACK_IMPORT, rq_fmt(rq, "%s|", name)), i, import)
		buf_fmt(&names, "%s%s", i > 0 ? ", " : "", json_str(import, "StackName"));
	return rq_strdup(rq, buf_text(&names));
}

const char *stack_importers(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *export;
	size_t i;

	json_each (store_list(rq->tx, STACK_EXPORT), i, export) {
		const char *name = json_str(export, "Name"), *users;

		users = is_ours(stack, export) ? importers_of(stack, name) : "";
		if (*users)
			return rq_fmt(rq,
				      "Delete canceled. Cannot delete export %s as it is in use by "
				      "%s.",
				      name, users);
	}
	return NULL;
}

/* May an export get this value? */
static const char *check_export(struct stack *stack, const char *name, const char *value)
{
	struct request *rq = stack->rq;
	const json_t *now = store_get(rq->tx, STACK_EXPORT, name);
	const char *owner = json_str(now, "ExportingStackId"), *users;

	if (now && !is_ours(stack, now))
		return rq_fmt(rq, "Export with name %s is already exported by stack %s", name,
			      json_str_or(store_get(rq->tx, STACK, owner), "StackName", owner));
	users = now && strcmp(json_str_or(now, "Value", ""), value) != 0 ? importers_of(stack, name)
									 : "";
	return *users ? rq_fmt(rq, "Export %s cannot be updated as it is in use by %s", name, users)
		      : NULL;
}

/* An output's value and its export. NULL, or why it cannot be. */
static const char *add_output(struct stack *stack, struct scope *scope, const char *name,
			      const json_t *declared, json_t *outputs, json_t *exports)
{
	json_t *output = json_push_object(outputs);
	const char *value = scope_text(scope, json_get(declared, "Value"),
				       "the Value field of every Outputs member");
	const char *export_name;

	if (!value)
		return scope->error;
	json_set_str(output, "OutputKey", name);
	json_set_str(output, "OutputValue", value);
	json_set_str(output, "Description", json_str(declared, "Description"));
	if (!json_has(declared, "Export"))
		return NULL;
	export_name = scope_text(scope, json_get(json_get(declared, "Export"), "Name"),
				 "the Name of an Export");
	if (!export_name)
		return scope->error;
	if (json_has(exports, export_name))
		return rq_fmt(stack->rq, "Duplicate Export names. More than one Output exports %s",
			      export_name);
	json_set_str(output, "ExportName", export_name);
	json_set_str(exports, export_name, value);
	return check_export(stack, export_name, value);
}

/* Those that the template does not have any more must be free. */
static const char *check_dropped(struct stack *stack, const json_t *exports)
{
	struct request *rq = stack->rq;
	const json_t *export;
	size_t i;

	json_each (store_list(rq->tx, STACK_EXPORT), i, export) {
		const char *name = json_str(export, "Name"), *users;

		if (!is_ours(stack, export) || json_has(exports, name))
			continue;
		users = importers_of(stack, name);
		if (*users)
			return rq_fmt(rq, "Export %s cannot be deleted as it is in use by %s", name,
				      users);
	}
	return NULL;
}

void stack_drop_exports(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *export;
	size_t i;

	json_each (store_list(rq->tx, STACK_EXPORT), i, export)
		if (is_ours(stack, export))
			store_delete(rq->tx, STACK_EXPORT, json_str(export, "Name"));
}

static void put_exports(struct stack *stack, const json_t *exports)
{
	struct request *rq = stack->rq;
	const json_t *value;
	const char *name;

	stack_drop_exports(stack);
	json_each_member (exports, name, value) {
		json_t *export = rq_object(rq);

		json_set_str(export, "ExportingStackId", stack->id);
		json_set_str(export, "Name", name);
		json_set(export, "Value", value);
		store_put(rq->tx, STACK_EXPORT, name, export);
	}
}

const char *stack_set_outputs(struct stack *stack)
{
	struct scope scope = stack_scope(stack, false);
	json_t *outputs = rq_array(stack->rq), *exports = rq_object(stack->rq);
	const json_t *declared;
	const char *name, *error = NULL;

	json_each_member (json_get(stack->template, "Outputs"), name, declared)
		if (!error && template_included(declared, scope.conditions))
			error = add_output(stack, &scope, name, declared, outputs, exports);
	if (!error)
		error = check_dropped(stack, exports);
	if (error)
		return error;
	put_exports(stack, exports);
	json_set(stack->document, "Outputs", outputs);
	return NULL;
}

/* All trees of the template that are there and may import. */
static const json_t *importing_trees(struct stack *stack)
{
	const json_t *conditions = json_get(stack->document, "_Conditions"), *member;
	json_t *trees = rq_array(stack->rq);
	const char *id;

	json_each_member (json_get(stack->template, "Resources"), id, member)
		if (template_included(member, conditions))
			json_push(trees, json_get(member, "Properties"));
	json_each_member (json_get(stack->template, "Outputs"), id, member)
		if (template_included(member, conditions))
			json_push(trees, member);
	return trees;
}

static void put_import(struct stack *stack, const char *name)
{
	json_t *import = rq_object(stack->rq);

	json_set_str(import, "StackName", stack->name);
	store_put(stack->rq->tx, STACK_IMPORT, rq_fmt(stack->rq, "%s|%s", name, stack->id), import);
}

/* Names of imports are known before any resource is. */
static const char *find_imports(struct stack *stack, json_t *names)
{
	struct scope scope = stack_scope(stack, false);
	const json_t *argument;
	size_t i;

	scope.ref = NULL;
	scope.get_att = NULL;
	json_each (template_imports(stack->rq->arena, importing_trees(stack)), i, argument) {
		const char *name = scope_text(&scope, argument, "the name of Fn::ImportValue");

		if (!name)
			return scope.error;
		json_push_str(names, name);
	}
	return NULL;
}

const char *stack_claim_imports(struct stack *stack)
{
	json_t *names = rq_array(stack->rq);
	const json_t *name;
	const char *error;
	size_t i;

	if (json_int_or(stack->document, "_Claimed", 0) == json_int_or(stack->document, "_Walk", 0))
		return NULL;
	error = find_imports(stack, names);
	if (error)
		return error;
	json_each (names, i, name) {
		const char *text = json_string_value(name);

		if (!store_has(stack->rq->tx, STACK_EXPORT, text))
			return rq_fmt(stack->rq, "No export named %s found", text);
		put_import(stack, text);
	}
	json_set(stack->document, "_Claimed", json_get(stack->document, "_Walk"));
	stack_save(stack);
	return NULL;
}

void stack_drop_imports(struct stack *stack)
{
	struct request *rq = stack->rq;
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, STACK_IMPORT, ""), i, key) {
		const char *bar = strrchr(json_string_value(key), '|');

		if (bar && strcmp(bar + 1, stack->id) == 0)
			store_delete(rq->tx, STACK_IMPORT, json_string_value(key));
	}
}

void stack_set_imports(struct stack *stack)
{
	json_t *names = rq_array(stack->rq);
	const json_t *name;
	size_t i;

	stack_drop_imports(stack);
	if (find_imports(stack, names))
		return;
	json_each (names, i, name)
		put_import(stack, json_string_value(name));
}

int cloudformation_list_exports(struct request *rq, const json_t *in, json_t *out)
{
	json_set(out, "Exports", store_list(rq->tx, STACK_EXPORT));
	return 0;
}

int cloudformation_list_imports(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "ExportName", "");
	json_t *list = json_add_array(out, "Imports");
	const json_t *import;
	size_t i;

	json_each (store_list_prefix(rq->tx, STACK_IMPORT, rq_fmt(rq, "%s|", name)), i, import)
		json_push_str(list, json_str(import, "StackName"));
	if (json_array_size(list) == 0)
		return fault_named(rq, "ValidationError",
				   "Export '%s' is not imported by any stack.", name);
	return 0;
}
