/*
 * conditions.c - what holds: the Conditions of a template, and the assertions of its Rules.
 *
 *   left out   Fn::RefAll, Fn::ValueOf, Fn::ValueOfAll
 */
#include "lab/services/cloudformation/intrinsics.h"

#include <string.h>

static bool wrong(struct scope *scope, const char *text)
{
	scope_fail(scope, "%s", text);
	return false;
}

static bool decide_equals(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	const char *one, *other;

	if (json_array_size(argument) != 2)
		return wrong(scope, "Template error: every Fn::Equals object requires a list of 2 "
				    "string parameters.");
	one = scope_text(scope, json_at(argument, 0), "every Fn::Equals value");
	other = one ? scope_text(scope, json_at(argument, 1), "every Fn::Equals value") : NULL;
	if (!other)
		return false;
	*ret_holds = strcmp(one, other) == 0;
	return true;
}

static bool decide_not(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	bool holds;

	if (json_array_size(argument) != 1)
		return wrong(scope, "Template error: Fn::Not requires a list argument with one "
				    "function token");
	if (!scope_decide(scope, json_at(argument, 0), &holds))
		return false;
	*ret_holds = !holds;
	return true;
}

/* Every element is decided, whatever the first ones said: a mistake in the last one shows. */
static bool decide_all(struct scope *scope, const json_t *argument, size_t *ret_holding)
{
	const json_t *element;
	size_t i, holding = 0;
	bool holds;

	json_each (argument, i, element) {
		if (!scope_decide(scope, element, &holds))
			return false;
		holding += holds;
	}
	*ret_holding = holding;
	return true;
}

static bool decide_and(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	size_t holding, of = json_array_size(argument);

	if (of < 2 || of > 10)
		return wrong(scope, "Template error: every Fn::And object requires a list of at "
				    "least 2 and at most 10 boolean parameters.");
	if (!decide_all(scope, argument, &holding))
		return false;
	*ret_holds = holding == of;
	return true;
}

static bool decide_or(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	size_t holding, of = json_array_size(argument);

	if (of < 2 || of > 10)
		return wrong(scope, "Template error: every Fn::Or object requires a list of at "
				    "least 2 and at most 10 boolean parameters.");
	if (!decide_all(scope, argument, &holding))
		return false;
	*ret_holds = holding > 0;
	return true;
}

static bool decide_condition(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	const char *name = json_string_value(argument);
	const json_t *condition =
		name ? json_get(json_get(scope->template, "Conditions"), name) : NULL;
	bool decided;

	if (!condition) {
		scope_fail(scope,
			   "Template format error: Unresolved condition dependency %s in the "
			   "Conditions block of the template",
			   name ? name : "");
		return false;
	}
	if (json_has(scope->deciding, name)) {
		scope_fail(scope, "Template format error: Circular dependency in conditions: [%s]",
			   name);
		return false;
	}
	json_set_bool(scope->deciding, name, true);
	decided = scope_decide(scope, condition, ret_holds);
	json_drop(scope->deciding, name);
	return decided;
}

static bool resolve_list(struct scope *scope, const json_t *tree, json_t **ret_list)
{
	json_t *list = scope_resolve(scope, tree);

	if (list && !json_is_array(list)) {
		json_decref(list);
		return wrong(scope, "Template error: the function requires a list of strings.");
	}
	*ret_list = list;
	return list != NULL;
}

static bool decide_contains(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	AUTO_JSON json_t *list = NULL;
	const char *value;

	if (json_array_size(argument) != 2)
		return wrong(scope, "Template error: every Fn::Contains object requires a list of "
				    "strings and a string.");
	if (!resolve_list(scope, json_at(argument, 0), &list))
		return false;
	value = scope_text(scope, json_at(argument, 1), "the value of Fn::Contains");
	if (!value)
		return false;
	*ret_holds = json_list_has(list, value);
	return true;
}

static bool decide_each_equals(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	AUTO_JSON json_t *list = NULL;
	const json_t *element;
	const char *value;
	bool holds = true;
	size_t i;

	if (json_array_size(argument) != 2 || !resolve_list(scope, json_at(argument, 0), &list))
		return wrong(scope, "Template error: every Fn::EachMemberEquals object requires a "
				    "list of strings and a string.");
	value = scope_text(scope, json_at(argument, 1), "the value of Fn::EachMemberEquals");
	if (!value)
		return false;
	json_each (list, i, element)
		holds &= json_is_string(element) && strcmp(json_string_value(element), value) == 0;
	*ret_holds = holds;
	return true;
}

static bool decide_each_in(struct scope *scope, const json_t *argument, bool *ret_holds)
{
	AUTO_JSON json_t *list = NULL;
	AUTO_JSON json_t *allowed = NULL;
	const json_t *element;
	bool holds = true;
	size_t i;

	if (json_array_size(argument) != 2 || !resolve_list(scope, json_at(argument, 0), &list) ||
	    !resolve_list(scope, json_at(argument, 1), &allowed))
		return wrong(scope, "Template error: every Fn::EachMemberIn object requires two "
				    "lists of strings.");
	json_each (list, i, element)
		holds &= json_is_string(element) &&
			 json_list_has(allowed, json_string_value(element));
	*ret_holds = holds;
	return true;
}

static const struct {
	const char *name;
	bool (*decide)(struct scope *scope, const json_t *argument, bool *ret_holds);
} functions[] = {
	{"Condition", decide_condition},
	{"Fn::And", decide_and},
	{"Fn::Contains", decide_contains},
	{"Fn::EachMemberEquals", decide_each_equals},
	{"Fn::EachMemberIn", decide_each_in},
	{"Fn::Equals", decide_equals},
	{"Fn::Not", decide_not},
	{"Fn::Or", decide_or},
};

bool scope_decide(struct scope *scope, const json_t *tree, bool *ret_holds)
{
	const json_t *argument;
	const char *name;

	if (json_object_size(tree) == 1) {
		json_each_member (tree, name, argument) {
			for (size_t i = 0; i < array_len(functions); i++)
				if (strcmp(functions[i].name, name) == 0)
					return functions[i].decide(scope, argument, ret_holds);
		}
	}
	return wrong(scope, "Template format error: Every Conditions member must be a condition "
			    "function (Fn::And, Fn::Equals, Fn::Not, Fn::Or) or name one.");
}

const char *scope_conditions(struct scope *scope, const json_t **ret_conditions)
{
	json_t *conditions = template_keep(scope->arena, json_object());
	const json_t *condition;
	const char *name;
	bool holds;

	scope->deciding = template_keep(scope->arena, json_object());
	json_each_member (json_get(scope->template, "Conditions"), name, condition) {
		AUTO_JSON json_t *itself = json_string(name);

		if (!decide_condition(scope, itself, &holds))
			return scope->error;
		json_set_bool(conditions, name, holds);
	}
	*ret_conditions = conditions;
	return NULL;
}

static const char *check_assertions(struct scope *scope, const char *rule, const json_t *assertions)
{
	const json_t *assertion;
	size_t i;
	bool holds;

	json_each (assertions, i, assertion) {
		if (!scope_decide(scope, json_get(assertion, "Assert"), &holds))
			return scope->error;
		if (!holds)
			return arena_fmt(scope->arena, "Template error: rule %s failed: %s", rule,
					 json_str_or(assertion, "AssertDescription",
						     "an assertion does not hold."));
	}
	return NULL;
}

const char *scope_rules(struct scope *scope)
{
	const char *name, *error = NULL;
	const json_t *rule;
	bool holds;

	scope->deciding = template_keep(scope->arena, json_object());
	json_each_member (json_get(scope->template, "Rules"), name, rule) {
		holds = true;
		if (json_has(rule, "RuleCondition") &&
		    !scope_decide(scope, json_get(rule, "RuleCondition"), &holds))
			return scope->error;
		if (holds && !error)
			error = check_assertions(scope, name, json_get(rule, "Assertions"));
	}
	return error;
}
