/*
 * intrinsics.c - the functions of the template language that make values.
 *
 *   left out   Fn::Transform; Fn::ForEach, Fn::Length, Fn::ToJsonString (a Transform brings them)
 */
#include "lab/services/cloudformation/intrinsics.h"
#include "lib/base/base64.h"
#include "lib/base/cidr.h"

#include <stdlib.h>
#include <string.h>

#define CIDR_COUNT_MAX 256

json_t *scope_fail(struct scope *scope, const char *fmt, ...)
{
	va_list args;

	if (!scope->error) {
		va_start(args, fmt);
		scope->error = arena_vfmt(scope->arena, fmt, args);
		va_end(args);
	}
	return NULL;
}

/* Text that a function made: counted, so that Fn::Sub in Fn::Sub cannot grow without end. */
static json_t *made(struct scope *scope, const char *text, size_t len)
{
	scope->made += len;
	if (scope->made > SCOPE_BUDGET)
		return scope_fail(scope, "Template error: the template's functions make more than "
					 "16 MiB of text.");
	return json_stringn_nocheck(text, len);
}

/* Scalars as text; NULL: it is none. */
static const char *scalar_text(struct scope *scope, const json_t *value)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_integer(value))
		return arena_fmt(scope->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return arena_fmt(scope->arena, "%.15g", json_real_value(value));
	return NULL;
}

char *scope_text(struct scope *scope, const json_t *tree, const char *what)
{
	AUTO_JSON json_t *value = scope_resolve(scope, tree);
	const char *text = value ? scalar_text(scope, value) : NULL;

	if (!value)
		return NULL;
	if (!text) {
		scope_fail(scope, "Template error: %s must be a string.", what);
		return NULL;
	}
	return arena_strdup(scope->arena, text);
}

static json_t *pseudo_value(struct scope *scope, const char *name)
{
	const json_t *value = json_get(scope->pseudo, name);

	if (strcmp(name, "AWS::NoValue") == 0)
		return json_null();
	return value ? json_deep_copy(value) : NULL;
}

static json_t *ref_value(struct scope *scope, const char *name)
{
	const json_t *value = json_get(scope->parameters, name);

	if (strncmp(name, "AWS::", 5) == 0) {
		json_t *pseudo = pseudo_value(scope, name);

		return pseudo ? pseudo
			      : scope_fail(
					scope,
					"Template format error: Unresolved resource "
					"dependencies [%s] in the Resources block of the template",
					name);
	}
	if (value)
		return json_deep_copy(value);
	if (!scope->ref)
		return scope_fail(scope,
				  "Template format error: Unresolved dependencies [%s]. Cannot "
				  "reference resources in the Conditions block of the template",
				  name);
	return scope->ref(scope, name);
}

static json_t *get_att_value(struct scope *scope, const char *logical_id, const char *name)
{
	if (!scope->get_att)
		return scope_fail(scope,
				  "Template format error: Unresolved dependencies [%s]. Cannot "
				  "reference resources in the Conditions block of the template",
				  logical_id);
	return scope->get_att(scope, logical_id, name);
}

static json_t *fn_ref(struct scope *scope, const json_t *argument)
{
	const char *name = json_string_value(argument);

	if (!name)
		return scope_fail(scope, "Template format error: Every Ref object must have a "
					 "single String value.");
	return ref_value(scope, name);
}

static json_t *fn_get_att(struct scope *scope, const json_t *argument)
{
	const char *text = json_string_value(argument);
	const char *dot = text ? strchr(text, '.') : NULL;
	const char *id = json_string_value(json_at(argument, 0)), *name;

	if (dot)
		return get_att_value(scope, arena_strndup(scope->arena, text, (size_t)(dot - text)),
				     dot + 1);
	if (!id || json_array_size(argument) != 2)
		return scope_fail(scope, "Template error: every Fn::GetAtt object requires two "
					 "non-empty parameters, the resource name and the resource "
					 "attribute");
	name = scope_text(scope, json_at(argument, 1), "the attribute of Fn::GetAtt");
	return name ? get_att_value(scope, id, name) : NULL;
}

static json_t *join(struct scope *scope, const char *delimiter, const json_t *list)
{
	AUTO_BUF struct buf text = {.limit = SCOPE_BUDGET};
	const json_t *element;
	size_t i;

	json_each (list, i, element) {
		const char *piece = scalar_text(scope, element);

		if (!piece)
			return scope_fail(scope,
					  "Template error: every Fn::Join object requires "
					  "two parameters, (1) a string delimiter and (2) a "
					  "list of strings to be joined or a function that "
					  "returns a list of strings (such as Fn::GetAZs) to "
					  "be joined.");
		if (i > 0)
			buf_str(&text, delimiter);
		buf_str(&text, piece);
	}
	if (buf_failed(&text))
		scope->made = SCOPE_BUDGET;
	return made(scope, buf_text(&text), text.len);
}

static json_t *fn_join(struct scope *scope, const json_t *argument)
{
	const char *delimiter = json_string_value(json_at(argument, 0));
	AUTO_JSON json_t *list = NULL;

	if (delimiter && json_array_size(argument) == 2) {
		list = scope_resolve(scope, json_at(argument, 1));
		if (!list)
			return NULL;
	}
	if (!json_is_array(list))
		return scope_fail(
			scope, "Template error: every Fn::Join object requires two parameters, "
			       "(1) a string delimiter and (2) a list of strings to be joined or "
			       "a function that returns a list of strings (such as Fn::GetAZs) "
			       "to be joined.");
	return join(scope, delimiter, list);
}

static json_t *split(struct scope *scope, const char *delimiter, const char *text)
{
	AUTO_JSON json_t *list = json_array();

	for (;;) {
		const char *end = strstr(text, delimiter);
		size_t len = end ? (size_t)(end - text) : strlen(text);
		json_t *piece = made(scope, text, len);

		if (!piece)
			return NULL;
		json_push_give(list, piece);
		if (!end)
			return json_incref(list);
		text = end + strlen(delimiter);
	}
}

static json_t *fn_split(struct scope *scope, const json_t *argument)
{
	const char *delimiter = json_string_value(json_at(argument, 0));
	const char *text;

	if (!delimiter || !*delimiter || json_array_size(argument) != 2)
		return scope_fail(scope,
				  "Template error: every Fn::Split object requires two parameters, "
				  "(1) a string delimiter and (2) a string to be split or a "
				  "function that returns a string to be split.");
	text = scope_text(scope, json_at(argument, 1), "the source of Fn::Split");
	return text ? split(scope, delimiter, text) : NULL;
}

/* A number, also when it is written as text. False: it is none. */
static bool whole_number(struct scope *scope, const json_t *tree, long *ret_number)
{
	const char *text = scope_text(scope, tree, "a number"), *end;

	if (!text || !*text)
		return false;
	*ret_number = strtol(text, (char **)(uintptr_t)&end, 10);
	return *end == '\0';
}

static json_t *fn_select(struct scope *scope, const json_t *argument)
{
	AUTO_JSON json_t *list = NULL;
	const json_t *chosen;
	long index;

	if (json_array_size(argument) != 2 || !whole_number(scope, json_at(argument, 0), &index))
		return scope_fail(scope, "Template error: Fn::Select requires a list argument with "
					 "two elements: an integer index and a list");
	list = scope_resolve(scope, json_at(argument, 1));
	if (!list)
		return NULL;
	if (!json_is_array(list))
		return scope_fail(scope, "Template error: Fn::Select requires a list argument with "
					 "two elements: an integer index and a list");
	chosen = index < 0 ? NULL : json_at(list, (size_t)index);
	if (!chosen)
		return scope_fail(scope,
				  "Template error: Fn::Select  cannot select nonexistent value at "
				  "index %ld",
				  index);
	return json_deep_copy(chosen);
}

static json_t *fn_find_in_map(struct scope *scope, const json_t *argument)
{
	const char *keys[3];
	const json_t *value;

	if (json_array_size(argument) != 3)
		return scope_fail(scope,
				  "Template error: every Fn::FindInMap object requires three "
				  "parameters, the map name, map key and the attribute for "
				  "return value");
	for (size_t i = 0; i < 3; i++) {
		keys[i] = scope_text(scope, json_at(argument, i), "a key of Fn::FindInMap");
		if (!keys[i])
			return NULL;
	}
	value = json_get(json_get(scope->template, "Mappings"), keys[0]);
	if (!value)
		return scope_fail(scope,
				  "Template error: Mapping named '%s' is not present in the "
				  "'Mappings' section of template.",
				  keys[0]);
	value = json_get(json_get(value, keys[1]), keys[2]);
	if (!value)
		return scope_fail(scope, "Template error: Unable to get mapping for %s::%s::%s",
				  keys[0], keys[1], keys[2]);
	return json_deep_copy(value);
}

static json_t *fn_base64(struct scope *scope, const json_t *argument)
{
	AUTO_BUF struct buf out = {0};
	const char *text = scope_text(scope, argument, "the value of every Fn::Base64 object");

	if (!text)
		return NULL;
	base64_encode(&out, text, strlen(text));
	return made(scope, buf_text(&out), out.len);
}

/* Fn::Cidr: the first `count` blocks with `host` bits for hosts in a block. */
static json_t *blocks_of(struct scope *scope, const char *block, long count, long host)
{
	AUTO_JSON json_t *list = json_array();
	char text[CIDR_TEXT];
	struct cidr outer, inner;

	if (!cidr_parse(block, &outer))
		return scope_fail(scope, "Template error: Fn::Cidr requires a valid CIDR block.");
	if (count < 1 || count > CIDR_COUNT_MAX || host < 1 || host > 32 - outer.bits ||
	    (uint64_t)count << host > cidr_size(outer))
		return scope_fail(scope,
				  "Template error: Fn::Cidr cannot make %ld blocks with %ld host "
				  "bits of %s",
				  count, host, block);
	inner = (struct cidr){outer.address, 32 - (int)host};
	for (long i = 0; i < count; i++) {
		json_push_str(list, cidr_text(inner, text));
		inner.address += (uint32_t)1 << host;
	}
	return json_incref(list);
}

static json_t *fn_cidr(struct scope *scope, const json_t *argument)
{
	const char *block;
	long count, host = 8;

	if (json_array_size(argument) < 2 || json_array_size(argument) > 3)
		return scope_fail(scope,
				  "Template error: every Fn::Cidr object requires two or "
				  "three parameters, (1) a CIDR block, (2) a count and (3) a "
				  "number of host bits");
	block = scope_text(scope, json_at(argument, 0), "the block of Fn::Cidr");
	if (!block || !whole_number(scope, json_at(argument, 1), &count) ||
	    (json_at(argument, 2) && !whole_number(scope, json_at(argument, 2), &host)))
		return scope_fail(scope, "Template error: Fn::Cidr requires numbers for its count "
					 "and host bits.");
	return blocks_of(scope, block, count, host);
}

static json_t *fn_get_azs(struct scope *scope, const json_t *argument)
{
	const char *region = scope_text(scope, argument, "the region of Fn::GetAZs");

	if (!region)
		return NULL;
	if (*region && strcmp(region, json_str_or(scope->pseudo, "AWS::Region", "")) != 0)
		return scope_fail(scope, "Template error: region %s is not in the lab.", region);
	if (!scope->zones)
		return scope_fail(scope, "Template error: Fn::GetAZs cannot be used here.");
	return json_deep_copy(scope->zones);
}

static json_t *fn_import_value(struct scope *scope, const json_t *argument)
{
	const char *name = scope_text(scope, argument, "the name of Fn::ImportValue");

	if (!name)
		return NULL;
	if (!scope->import_value)
		return scope_fail(scope, "Template error: Fn::ImportValue cannot be used here.");
	return scope->import_value(scope, name);
}

static json_t *fn_if(struct scope *scope, const json_t *argument)
{
	const char *name = json_string_value(json_at(argument, 0));

	if (!name || json_array_size(argument) != 3)
		return scope_fail(scope, "Template error: Fn::If requires a list argument with "
					 "three elements: the condition's name and two values");
	if (!json_has(scope->conditions, name))
		return scope_fail(
			scope,
			"Template format error: Unresolved condition dependency %s in the "
			"Resources block of the template",
			name);
	return scope_resolve(
		scope, json_at(argument, json_bool_or(scope->conditions, name, false) ? 1 : 2));
}

/* What stands for ${name} in a Fn::Sub: its own map, a parameter, a resource, an attribute. */
static json_t *sub_value(struct scope *scope, const json_t *own, const char *name)
{
	const char *dot = strchr(name, '.');

	if (json_has(own, name))
		return scope_resolve(scope, json_get(own, name));
	if (dot)
		return get_att_value(scope, arena_strndup(scope->arena, name, (size_t)(dot - name)),
				     dot + 1);
	return ref_value(scope, name);
}

static bool sub_add(struct scope *scope, const json_t *own, const struct sub_piece *piece,
		    struct buf *text)
{
	const char *name, *value_text;
	AUTO_JSON json_t *value = NULL;

	if (!piece->variable) {
		buf_add(text, piece->text, piece->len);
		return true;
	}
	name = arena_strndup(scope->arena, piece->text, piece->len);
	value = sub_value(scope, own, name);
	if (!value)
		return false;
	value_text = scalar_text(scope, value);
	if (!value_text) {
		scope_fail(scope, "Template error: ${%s} in Fn::Sub does not stand for a string.",
			   name);
		return false;
	}
	buf_str(text, value_text);
	return true;
}

static json_t *fn_sub(struct scope *scope, const json_t *argument)
{
	const char *format = sub_format(argument);
	const json_t *own = json_is_array(argument) ? json_at(argument, 1) : NULL;
	AUTO_BUF struct buf text = {.limit = SCOPE_BUDGET};
	struct sub_piece piece;
	bool bad = false;

	if (!format ||
	    (json_is_array(argument) && (json_array_size(argument) != 2 || !json_is_object(own))))
		return scope_fail(scope,
				  "Template error: One or more Fn::Sub intrinsic functions don't "
				  "specify expected arguments. Specify a string as first argument, "
				  "and an optional second argument to specify a mapping of values "
				  "to replace in the string");
	while (sub_next(&format, &piece, &bad))
		if (!sub_add(scope, own, &piece, &text))
			return NULL;
	if (bad)
		return scope_fail(scope, "Template error: variable names in Fn::Sub syntax must "
					 "contain only alphanumeric characters, underscores, "
					 "periods, and colons");
	if (buf_failed(&text))
		scope->made = SCOPE_BUDGET;
	return made(scope, buf_text(&text), text.len);
}

static json_t *fn_boolean(struct scope *scope, const json_t *argument)
{
	return scope_fail(scope, "Template error: conditions can be used in the Conditions and "
				 "Rules blocks only; elsewhere Fn::If names one.");
}

static json_t *fn_transform(struct scope *scope, const json_t *argument)
{
	return scope_fail(scope, "Template error: Fn::Transform is not in the lab.");
}

static const struct function {
	const char *name;
	json_t *(*resolve)(struct scope *scope, const json_t *argument);
} functions[] = {
	{"Ref", fn_ref},
	{"Fn::Base64", fn_base64},
	{"Fn::Cidr", fn_cidr},
	{"Fn::FindInMap", fn_find_in_map},
	{"Fn::GetAtt", fn_get_att},
	{"Fn::GetAZs", fn_get_azs},
	{"Fn::If", fn_if},
	{"Fn::ImportValue", fn_import_value},
	{"Fn::Join", fn_join},
	{"Fn::Select", fn_select},
	{"Fn::Split", fn_split},
	{"Fn::Sub", fn_sub},
	{"Fn::Transform", fn_transform},
	/* These stand in conditions.c. */
	{"Fn::And", fn_boolean},
	{"Fn::Contains", fn_boolean},
	{"Fn::EachMemberEquals", fn_boolean},
	{"Fn::EachMemberIn", fn_boolean},
	{"Fn::Equals", fn_boolean},
	{"Fn::Not", fn_boolean},
	{"Fn::Or", fn_boolean},
};

static const struct function *find_function(const char *name)
{
	for (size_t i = 0; i < array_len(functions); i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

bool function_is_known(const char *name)
{
	return find_function(name) != NULL;
}

const char *function_of(const json_t *tree, const json_t **ret_argument)
{
	const json_t *argument;
	const char *name;

	if (json_object_size(tree) != 1)
		return NULL;
	json_each_member (tree, name, argument) {
		if (strcmp(name, "Ref") != 0 && strncmp(name, "Fn::", 4) != 0)
			return NULL;
		*ret_argument = argument;
		return name;
	}
	return NULL;
}

static json_t *resolve_object(struct scope *scope, const json_t *tree)
{
	AUTO_JSON json_t *object = json_object();
	const json_t *member;
	const char *name;

	json_each_member (tree, name, member) {
		json_t *value = scope_resolve(scope, member);

		if (!value)
			return NULL;
		if (!json_is_null(value))
			json_give(object, name, value);
	}
	return json_incref(object);
}

static json_t *resolve_array(struct scope *scope, const json_t *tree)
{
	AUTO_JSON json_t *array = json_array();
	const json_t *element;
	size_t i;

	json_each (tree, i, element) {
		json_t *value = scope_resolve(scope, element);

		if (!value)
			return NULL;
		if (!json_is_null(value))
			json_push_give(array, value);
	}
	return json_incref(array);
}

json_t *scope_resolve(struct scope *scope, const json_t *tree)
{
	const json_t *argument;
	const char *name = function_of(tree, &argument);
	const struct function *function = name ? find_function(name) : NULL;

	if (name && !function)
		return scope_fail(scope, "Template error: Encountered unsupported function: %s",
				  name);
	if (function)
		return function->resolve(scope, argument);
	if (json_is_object(tree))
		return resolve_object(scope, tree);
	if (json_is_array(tree))
		return resolve_array(scope, tree);
	return json_deep_copy(tree);
}
