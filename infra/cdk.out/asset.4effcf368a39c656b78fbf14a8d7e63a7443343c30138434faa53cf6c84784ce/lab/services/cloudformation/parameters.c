/*
 * parameters.c - the parameters of a template: types, defaults, constraints.
 *
 *   left out   looking AWS-specific types up (AWS::EC2::VPC::Id is any text)
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lab/services/cloudformation/template.h"

#include <math.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 4096
#define PATTERN_MATCH_LIMIT 100000 /* a stranger's pattern must not run for ever */
#define SSM_VALUE "AWS::SSM::Parameter::Value<"

bool parameter_is_ssm(const json_t *declaration)
{
	return strncmp(json_str_or(declaration, "Type", ""), SSM_VALUE, strlen(SSM_VALUE)) == 0;
}

bool parameter_is_secret(const json_t *declaration)
{
	return strcmp(json_str_or(declaration, "NoEcho", "false"), "true") == 0 ||
	       json_bool_or(declaration, "NoEcho", false);
}

static bool is_list_type(const char *type)
{
	if (strncmp(type, SSM_VALUE, strlen(SSM_VALUE)) == 0)
		type += strlen(SSM_VALUE);
	return strncmp(type, "List<", 5) == 0 || strncmp(type, "CommaDelimitedList", 18) == 0;
}

/* AWS's own text, or the one that the template gives for its constraint. */
static const char *unfit(struct arena *arena, const char *name, const json_t *declaration,
			 const char *why)
{
	const char *description = json_str(declaration, "ConstraintDescription");

	return description ? arena_fmt(arena, "Parameter '%s' failed to satisfy constraint: %s",
				       name, description)
			   : why;
}

/* The whole value must match, as AWS has it. */
static bool pattern_fits(const char *pattern, const char *value)
{
	AUTO_FREE char *whole = mem_fmt("^(?:%s)$", pattern);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *match = NULL;
	pcre2_code *code;
	PCRE2_SIZE offset;
	int error, found = -1;

	code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, PCRE2_DOLLAR_ENDONLY, &error,
			     &offset, NULL);
	if (code) {
		match = pcre2_match_data_create_from_pattern(code, NULL);
		pcre2_set_match_limit(context, PATTERN_MATCH_LIMIT);
		found = pcre2_match(code, (PCRE2_SPTR)value, strlen(value), 0, 0, match, context);
	}
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	pcre2_match_context_free(context);
	return found >= 0;
}

/* A constraint's number, which may be written as text. */
static double bound(const json_t *declaration, const char *name, double otherwise)
{
	const char *text = json_str(declaration, name);

	return text ? strtod(text, NULL) : json_num_or(declaration, name, otherwise);
}

static const char *check_allowed(struct arena *arena, const char *name, const json_t *declaration,
				 const char *value)
{
	const json_t *allowed = json_get(declaration, "AllowedValues"), *element;
	size_t i;

	if (!allowed)
		return NULL;
	json_each (allowed, i, element) {
		AUTO_FREE char *text = json_is_string(element)
					       ? mem_strdup(json_string_value(element))
					       : json_dumps(element, JSON_ENCODE_ANY);

		if (text && strcmp(text, value) == 0)
			return NULL;
	}
	return unfit(arena, name, declaration,
		     arena_fmt(arena, "Parameter '%s' must be one of AllowedValues", name));
}

static const char *check_number(struct arena *arena, const char *name, const json_t *declaration,
				const char *value)
{
	double least = bound(declaration, "MinValue", -INFINITY);
	double most = bound(declaration, "MaxValue", INFINITY);
	char *end;
	double number = strtod(value, &end);

	if (!*value || *end)
		return arena_fmt(arena, "Parameter '%s' must be a number", name);
	if (number < least)
		return unfit(arena, name, declaration,
			     arena_fmt(arena, "Parameter '%s' must be a number not less than %g",
				       name, least));
	if (number > most)
		return unfit(arena, name, declaration,
			     arena_fmt(arena, "Parameter '%s' must be a number not greater than %g",
				       name, most));
	return NULL;
}

static const char *check_length(struct arena *arena, const char *name, const json_t *declaration,
				const char *value)
{
	double len = (double)strlen(value);

	if (len > VALUE_MAX)
		return arena_fmt(arena, "Parameter '%s' must contain at most %d characters", name,
				 VALUE_MAX);
	if (len < bound(declaration, "MinLength", 0))
		return unfit(arena, name, declaration,
			     arena_fmt(arena, "Parameter '%s' must contain at least %g characters",
				       name, bound(declaration, "MinLength", 0)));
	if (len > bound(declaration, "MaxLength", VALUE_MAX))
		return unfit(arena, name, declaration,
			     arena_fmt(arena, "Parameter '%s' must contain at most %g characters",
				       name, bound(declaration, "MaxLength", VALUE_MAX)));
	return NULL;
}

static const char *check_value(struct arena *arena, const char *name, const json_t *declaration,
			       const char *value)
{
	const char *pattern = json_str(declaration, "AllowedPattern"), *error;

	error = check_length(arena, name, declaration, value);
	if (!error && strcmp(json_str_or(declaration, "Type", ""), "Number") == 0)
		error = check_number(arena, name, declaration, value);
	if (!error)
		error = check_allowed(arena, name, declaration, value);
	if (!error && pattern && !pattern_fits(pattern, value))
		error = unfit(
			arena, name, declaration,
			arena_fmt(arena, "Parameter '%s' must match pattern %s", name, pattern));
	return error;
}

static const char *check_type(struct arena *arena, const char *name, const char *type)
{
	static const char *const plain[] = {"String", "Number", "CommaDelimitedList",
					    "List<Number>"};

	for (size_t i = 0; i < array_len(plain); i++)
		if (strcmp(plain[i], type) == 0)
			return NULL;
	if (strncmp(type, "AWS::", 5) == 0 || strncmp(type, "List<AWS::", 10) == 0)
		return NULL;
	return arena_fmt(arena, "Template format error: Unrecognized parameter type: %s", type);
}

static const char *given_value(const json_t *given, const char *name)
{
	const json_t *parameter;
	size_t i;

	json_each (given, i, parameter)
		if (strcmp(json_str_or(parameter, "ParameterKey", ""), name) == 0)
			return json_str_or(parameter, "ParameterValue", "");
	return NULL;
}

static const char *default_value(struct arena *arena, const json_t *declaration)
{
	const json_t *value = json_get(declaration, "Default");

	if (json_is_integer(value))
		return arena_fmt(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return arena_fmt(arena, "%.15g", json_real_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return json_string_value(value);
}

static const char *check_given(struct arena *arena, const json_t *template, const json_t *given)
{
	AUTO_BUF struct buf unknown = {0};
	const json_t *parameter;
	size_t i;

	json_each (given, i, parameter) {
		const char *name = json_str_or(parameter, "ParameterKey", "");

		if (json_bool_or(parameter, "UsePreviousValue", false))
			return arena_fmt(arena,
					 "Invalid input for parameter key %s. Cannot specify "
					 "usePreviousValue as true for a parameter key not in the "
					 "previous template",
					 name);
		if (!json_has(json_get(template, "Parameters"), name))
			buf_fmt(&unknown, "%s%s", unknown.len > 0 ? ", " : "", name);
	}
	return unknown.len > 0 ? arena_fmt(arena, "Parameters: [%s] do not exist in the template",
					   buf_text(&unknown))
			       : NULL;
}

const char *parameters_read(struct arena *arena, const json_t *template, const json_t *given,
			    const json_t **ret_texts)
{
	AUTO_BUF struct buf missing = {0};
	json_t *texts = template_keep(arena, json_object());
	const json_t *declaration;
	const char *name, *value, *error = check_given(arena, template, given);

	json_each_member (json_get(template, "Parameters"), name, declaration) {
		if (!error)
			error = check_type(arena, name, json_str_or(declaration, "Type", ""));
		if (error)
			return error;
		value = given_value(given, name);
		if (!value)
			value = default_value(arena, declaration);
		if (!value) {
			buf_fmt(&missing, "%s%s", missing.len > 0 ? ", " : "", name);
			continue;
		}
		error = check_value(arena, name, declaration, value);
		if (error)
			return error;
		json_set_str(texts, name, value);
	}
	if (!error && missing.len > 0)
		return arena_fmt(arena, "Parameters: [%s] must have values", buf_text(&missing));
	if (!error)
		*ret_texts = texts;
	return error;
}

/* "a, b,c" as a list; white space around the elements does not count. */
static json_t *comma_list(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t len = strcspn(text, ","), from = strspn(text, " \t"), to = len;

		while (to > from && (text[to - 1] == ' ' || text[to - 1] == '\t'))
			to--;
		if (from > to)
			from = to;
		json_push_give(list, json_stringn_nocheck(text + from, to - from));
		text += len + (text[len] == ',');
	}
	return list;
}

const json_t *parameters_values(struct arena *arena, const json_t *template, const json_t *texts)
{
	const json_t *declarations = json_get(template, "Parameters"), *text;
	json_t *values = template_keep(arena, json_object());
	const char *name;

	json_each_member (texts, name, text) {
		const char *type = json_str_or(json_get(declarations, name), "Type", "");

		if (is_list_type(type))
			json_give(values, name, comma_list(json_string_value(text)));
		else
			json_set(values, name, text);
	}
	return values;
}
