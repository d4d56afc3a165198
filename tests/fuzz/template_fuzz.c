/*
 * template_fuzz.c - a template of anybody's is read, decided and resolved, within the limits.
 */
#include "lab/services/cloudformation/intrinsics.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *ref(struct scope *scope, const char *logical_id)
{
	return json_string(logical_id);
}

static json_t *get_att(struct scope *scope, const char *logical_id, const char *name)
{
	return json_sprintf("%s.%s", logical_id, name);
}

static json_t *import_value(struct scope *scope, const char *name)
{
	return json_string(name);
}

/* Every text may hold dynamic references: they are found in order, and end. */
static void look_for_references(struct arena *arena, const json_t *tree)
{
	struct dynamic_reference reference;
	const json_t *member;
	const char *name;
	bool found = true;
	size_t i, from = 0;

	if (json_is_string(tree)) {
		while (!dynamic_reference_find(arena, json_string_value(tree), from, &found,
					       &reference) &&
		       found) {
			assert(reference.start >= from && reference.end > reference.start);
			from = reference.end;
		}
	}
	json_each_member (tree, name, member)
		look_for_references(arena, member);
	json_each (tree, i, member)
		look_for_references(arena, member);
}

static void run(struct scope *scope)
{
	const json_t *texts, *conditions, *dependencies;
	json_t *resources;

	if (parameters_read(scope->arena, scope->template, NULL, &texts))
		return;
	scope->parameters = parameters_values(scope->arena, scope->template, texts);
	if (scope_conditions(scope, &conditions) || scope_rules(scope))
		return;
	scope->conditions = conditions;
	if (template_dependencies(scope->arena, scope->template, conditions, &dependencies))
		return;
	scope->ref = ref;
	scope->get_att = get_att;
	scope->import_value = import_value;
	resources = scope_resolve(scope, json_get(scope->template, "Resources"));
	assert(!resources == !!scope->error);
	look_for_references(scope->arena, resources);
	json_decref(resources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_open();
	AUTO_JSON json_t *pseudo = json_pack("{s:s}", "AWS::Region", "us-east-1");
	AUTO_JSON json_t *zones = json_pack("[s,s]", "us-east-1a", "us-east-1b");
	struct scope scope = {.arena = arena, .pseudo = pseudo, .zones = zones};

	if (size <= TEMPLATE_BODY_MAX &&
	    !template_read(arena, (const char *)data, size, &scope.template))
		run(&scope);
	arena_close(arena);
	return 0;
}
