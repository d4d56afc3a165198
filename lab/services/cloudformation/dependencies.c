/*
 * dependencies.c - which resources wait for which, and what a template names that is not there.
 */
#include "lab/services/cloudformation/intrinsics.h"

#include <string.h>

/* What is found on the way through one block of the template. */
struct walk {
	struct arena *arena;
	const json_t *template;
	const json_t *conditions; /* which branch of Fn::If is taken */
	json_t *found;		  /* logical ids of resources */
	json_t *unresolved;	  /* names of nothing */
	json_t *references;	  /* template_references(); NULL: not asked for */
	const char *error;
};

static const json_t *resource_of(const struct walk *walk, const char *name)
{
	const json_t *resource = json_get(json_get(walk->template, "Resources"), name);

	return template_included(resource, walk->conditions) ? resource : NULL;
}

static void name_once(json_t *list, const char *name)
{
	if (!json_list_has(list, name))
		json_push_str(list, name);
}

static void add_reference(struct walk *walk, const char *name, const char *attribute)
{
	const json_t *other;
	json_t *reference;
	size_t i;

	if (!walk->references)
		return;
	json_each (walk->references, i, other)
		if (strcmp(json_str(other, "Name"), name) == 0 &&
		    strcmp(json_str_or(other, "Attribute", ""), attribute ? attribute : "") == 0)
			return;
	reference = json_push_object(walk->references);
	json_set_str(reference, "Name", name);
	json_set_str(reference, "Attribute", attribute);
}

static void meet_ref(struct walk *walk, const char *name)
{
	static const char *const pseudo[] = {
		"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
		"AWS::Region",	  "AWS::StackId", "AWS::StackName",	   "AWS::URLSuffix"};

	for (size_t i = 0; i < array_len(pseudo); i++)
		if (strcmp(pseudo[i], name) == 0)
			return;
	add_reference(walk, name, NULL);
	if (json_has(json_get(walk->template, "Parameters"), name))
		return;
	name_once(resource_of(walk, name) ? walk->found : walk->unresolved, name);
}

static void meet_get_att(struct walk *walk, const char *name, const char *attribute)
{
	add_reference(walk, name, attribute);
	if (resource_of(walk, name))
		name_once(walk->found, name);
	else if (!walk->error)
		walk->error =
			arena_fmt(walk->arena,
				  "Template error: instance of Fn::GetAtt references undefined "
				  "resource %s",
				  name);
}

static void meet_sub(struct walk *walk, const json_t *argument)
{
	const char *format = sub_format(argument);
	const json_t *own = json_at(argument, 1);
	struct sub_piece piece;
	bool bad = false;

	while (format && sub_next(&format, &piece, &bad)) {
		char *name, *dot;

		if (!piece.variable)
			continue;
		name = arena_strndup(walk->arena, piece.text, piece.len);
		if (json_has(own, name))
			continue;
		dot = strchr(name, '.');
		if (!dot) {
			meet_ref(walk, name);
			continue;
		}
		*dot = '\0';
		add_reference(walk, name, dot + 1);
		name_once(resource_of(walk, name) ? walk->found : walk->unresolved, name);
	}
}

static void meet_function(struct walk *walk, const char *name, const json_t *argument)
{
	const char *text = json_string_value(argument);

	if (strcmp(name, "Ref") == 0 && text)
		meet_ref(walk, text);
	else if (strcmp(name, "Fn::Sub") == 0)
		meet_sub(walk, argument);
	else if (strcmp(name, "Fn::GetAtt") == 0 && text)
		meet_get_att(walk, arena_strndup(walk->arena, text, strcspn(text, ".")),
			     strchr(text, '.') ? strchr(text, '.') + 1 : "");
	else if (strcmp(name, "Fn::GetAtt") == 0 && json_is_string(json_at(argument, 0)))
		meet_get_att(walk, json_string_value(json_at(argument, 0)),
			     json_string_value(json_at(argument, 1)));
}

static void walk_tree(struct walk *walk, const json_t *tree)
{
	const json_t *argument, *member;
	const char *name = function_of(tree, &argument), *condition;
	size_t i;

	if (name && strcmp(name, "Fn::If") == 0 && json_array_size(argument) == 3) {
		condition = json_string_value(json_at(argument, 0));
		walk_tree(walk, json_at(argument, condition && json_bool_or(walk->conditions,
									    condition, false)
							  ? 1
							  : 2));
		return;
	}
	if (name)
		meet_function(walk, name, argument);
	if (json_is_object(tree)) {
		json_each_member (tree, name, member)
			walk_tree(walk, member);
	} else {
		json_each (tree, i, member)
			walk_tree(walk, member);
	}
}

static const char *listed(struct arena *arena, const json_t *names)
{
	AUTO_BUF struct buf text = {0};
	const json_t *name;
	size_t i;

	json_each (names, i, name)
		buf_fmt(&text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
	return arena_strdup(arena, buf_text(&text));
}

/* A resource may wait by name for one that its Condition leaves out; that one does not count. */
static void add_depends_on(struct walk *walk, const json_t *resource)
{
	const json_t *names = json_get(resource, "DependsOn"), *name;
	size_t i;

	if (json_is_string(names)) {
		if (!json_has(json_get(walk->template, "Resources"), json_string_value(names)))
			name_once(walk->unresolved, json_string_value(names));
		else if (resource_of(walk, json_string_value(names)))
			name_once(walk->found, json_string_value(names));
		return;
	}
	json_each (names, i, name) {
		const char *id = json_string_value(name);

		if (!id || !json_has(json_get(walk->template, "Resources"), id))
			name_once(walk->unresolved, id ? id : "");
		else if (resource_of(walk, id))
			name_once(walk->found, id);
	}
}

static const char *check_condition(struct arena *arena, const json_t *template,
				   const json_t *member, const char *block)
{
	const char *condition = json_str(member, "Condition");

	if (condition && !json_has(json_get(template, "Conditions"), condition))
		return arena_fmt(arena,
				 "Template format error: Unresolved condition dependency %s in the "
				 "%s block of the template",
				 condition, block);
	return NULL;
}

/*
 * Takes away, again and again, what waits for nobody and what nobody waits for. Circles are left,
 * and what stands between two of them.
 */
static const char *find_circle(struct arena *arena, const json_t *dependencies)
{
	AUTO_JSON json_t *left = json_deep_copy(dependencies);
	AUTO_JSON json_t *circle = json_array();
	bool moved = true;
	const char *id;
	void *next;
	json_t *waits;

	while (moved) {
		AUTO_JSON json_t *waited = json_object();
		const json_t *other;
		size_t i;

		moved = false;
		json_object_foreach (left, id, waits)
			json_each (waits, i, other)
				json_set_bool(waited, json_string_value(other), true);
		json_object_foreach_safe(left, next, id, waits)
		{
			for (i = json_array_size(waits); i-- > 0;)
				if (!json_has(left, json_string_value(json_at(waits, i))))
					json_array_remove(waits, i);
			if (json_array_size(waits) > 0 && json_has(waited, id))
				continue;
			json_object_del(left, id);
			moved = true;
		}
	}
	json_object_foreach (left, id, waits)
		json_push_str(circle, id);
	if (json_array_size(circle) == 0)
		return NULL;
	return arena_fmt(arena, "Circular dependency between resources: [%s]",
			 listed(arena, circle));
}

static const char *walk_resources(struct walk *walk, json_t *dependencies)
{
	const json_t *resource;
	const char *id, *error;

	json_each_member (json_get(walk->template, "Resources"), id, resource) {
		error = check_condition(walk->arena, walk->template, resource, "Resources");
		if (error)
			return error;
		if (!template_included(resource, walk->conditions))
			continue;
		walk->found = json_add_array(dependencies, id);
		add_depends_on(walk, resource);
		walk_tree(walk, json_get(resource, "Properties"));
	}
	if (json_array_size(walk->unresolved) > 0)
		return arena_fmt(walk->arena,
				 "Template format error: Unresolved resource dependencies [%s] in "
				 "the Resources block of the template",
				 listed(walk->arena, walk->unresolved));
	return walk->error;
}

static const char *walk_outputs(struct walk *walk)
{
	const json_t *output;
	const char *name, *error;

	walk->found = template_keep(walk->arena, json_array());
	json_each_member (json_get(walk->template, "Outputs"), name, output) {
		error = check_condition(walk->arena, walk->template, output, "Outputs");
		if (error)
			return error;
		if (!template_included(output, walk->conditions))
			continue;
		walk_tree(walk, json_get(output, "Value"));
		walk_tree(walk, json_get(output, "Export"));
	}
	if (json_array_size(walk->unresolved) > 0)
		return arena_fmt(walk->arena,
				 "Template format error: Unresolved resource dependencies [%s] in "
				 "the Outputs block of the template",
				 listed(walk->arena, walk->unresolved));
	return walk->error;
}

const char *template_dependencies(struct arena *arena, const json_t *template,
				  const json_t *conditions, const json_t **ret_dependencies)
{
	json_t *dependencies = template_keep(arena, json_object());
	struct walk walk = {
		.arena = arena,
		.template = template,
		.conditions = conditions,
		.unresolved = template_keep(arena, json_array()),
	};
	const char *error = walk_resources(&walk, dependencies);

	if (!error)
		error = find_circle(arena, dependencies);
	if (!error)
		error = walk_outputs(&walk);
	if (!error)
		*ret_dependencies = dependencies;
	return error;
}

const json_t *template_references(struct arena *arena, const json_t *template,
				  const json_t *conditions, const json_t *tree)
{
	struct walk walk = {
		.arena = arena,
		.template = template,
		.conditions = conditions,
		.found = template_keep(arena, json_array()),
		.unresolved = template_keep(arena, json_array()),
		.references = template_keep(arena, json_array()),
	};
	const json_t *member;
	const char *id;

	if (tree) {
		walk_tree(&walk, tree);
		return walk.references;
	}
	json_each_member (json_get(template, "Resources"), id, member)
		if (template_included(member, conditions))
			walk_tree(&walk, json_get(member, "Properties"));
	json_each_member (json_get(template, "Outputs"), id, member)
		if (template_included(member, conditions))
			walk_tree(&walk, member);
	return walk.references;
}

static void walk_imports(const json_t *tree, json_t *found)
{
	const json_t *argument, *member;
	const char *name = function_of(tree, &argument);
	size_t i;

	if (name && strcmp(name, "Fn::ImportValue") == 0)
		json_push(found, argument);
	if (json_is_object(tree)) {
		json_each_member (tree, name, member)
			walk_imports(member, found);
	} else {
		json_each (tree, i, member)
			walk_imports(member, found);
	}
}

const json_t *template_imports(struct arena *arena, const json_t *tree)
{
	json_t *found = template_keep(arena, json_array());

	walk_imports(tree, found);
	return found;
}
