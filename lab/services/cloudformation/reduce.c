/*
 * reduce.c - what a tree says before any resource is asked: two declarations are compared by it.
 */
#include "lab/services/cloudformation/intrinsics.h"

#include <string.h>

static bool is_pseudo(const char *name)
{
	return strncmp(name, "AWS::", 5) == 0;
}

static bool is_told(const struct scope *scope, const char *name)
{
	return is_pseudo(name) || json_has(scope->parameters, name);
}

/* The names in Fn::Sub that its own map does not give: all of them told? */
static bool is_sub_open(struct scope *scope, const json_t *argument)
{
	const char *format = sub_format(argument);
	const json_t *own = json_at(argument, 1);
	struct sub_piece piece;
	bool bad = false;

	while (format && sub_next(&format, &piece, &bad)) {
		const char *name = arena_strndup(scope->arena, piece.text, piece.len);

		if (piece.variable && !json_has(own, name) && !is_told(scope, name))
			return true;
	}
	return false;
}

/* Must a resource or another stack be asked for it? */
static bool is_open(struct scope *scope, const json_t *tree)
{
	const json_t *argument, *member;
	const char *name = function_of(tree, &argument);
	size_t i;

	if (name && (strcmp(name, "Fn::GetAtt") == 0 || strcmp(name, "Fn::ImportValue") == 0))
		return true;
	if (name && strcmp(name, "Ref") == 0)
		return json_is_string(argument) && !is_told(scope, json_string_value(argument));
	if (name && strcmp(name, "Fn::Sub") == 0 && is_sub_open(scope, argument))
		return true;
	json_each_member (tree, name, member)
		if (is_open(scope, member))
			return true;
	json_each (tree, i, member)
		if (is_open(scope, member))
			return true;
	return false;
}

/* Fn::Sub whose parameters are told: [format, {name: value}]. */
static json_t *reduce_sub(struct scope *scope, const json_t *argument)
{
	const char *text = sub_format(argument);
	const char *format = text;
	json_t *own =
		json_is_array(argument) ? scope_reduce(scope, json_at(argument, 1)) : json_object();
	struct sub_piece piece;
	bool bad = false;

	while (own && format && sub_next(&format, &piece, &bad)) {
		const char *name = arena_strndup(scope->arena, piece.text, piece.len);
		AUTO_JSON json_t *ref = json_pack("{s:s}", "Ref", name);

		if (piece.variable && !json_has(own, name) && is_told(scope, name))
			json_give(own, name, scope_resolve(scope, ref));
	}
	return own && text ? json_pack("{s:[s,o]}", "Fn::Sub", text, own) : own;
}

static json_t *reduce_if(struct scope *scope, const json_t *argument)
{
	const char *name = json_string_value(json_at(argument, 0));

	if (!name || json_array_size(argument) != 3)
		return scope_fail(scope, "Template error: Fn::If requires a list argument with "
					 "three elements: the condition's name and two values");
	return scope_reduce(
		scope, json_at(argument, json_bool_or(scope->conditions, name, false) ? 1 : 2));
}

static json_t *reduce_members(struct scope *scope, const json_t *tree)
{
	AUTO_JSON json_t *copy = json_is_object(tree) ? json_object() : json_array();
	const json_t *member;
	const char *name;
	size_t i;

	json_each_member (tree, name, member) {
		json_t *value = scope_reduce(scope, member);

		if (!value)
			return NULL;
		if (!json_is_null(value))
			json_give(copy, name, value);
	}
	json_each (tree, i, member) {
		json_t *value = scope_reduce(scope, member);

		if (!value)
			return NULL;
		if (!json_is_null(value))
			json_push_give(copy, value);
	}
	return json_incref(copy);
}

json_t *scope_reduce(struct scope *scope, const json_t *tree)
{
	const json_t *argument;
	const char *name = function_of(tree, &argument);

	if (!json_is_object(tree) && !json_is_array(tree))
		return json_deep_copy(tree);
	if (name && strcmp(name, "Fn::If") == 0)
		return reduce_if(scope, argument);
	if (!name)
		return reduce_members(scope, tree);
	if (!is_open(scope, tree))
		return scope_resolve(scope, tree);
	if (strcmp(name, "Fn::Sub") == 0)
		return reduce_sub(scope, argument);
	return reduce_members(scope, tree);
}
