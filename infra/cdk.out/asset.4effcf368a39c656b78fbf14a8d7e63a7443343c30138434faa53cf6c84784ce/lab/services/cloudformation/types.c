/*
 * types.c - what CloudFormation knows of its resource types: looks into the table, checks against it.
 *
 *   left out   patterns, lengths and ranges (the services have theirs); which alternative a value of
 *              several kinds is
 */
#include "lab/services/cloudformation/types.h"

#include "lib/base/buf.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 32

/* The form: "s" string, "i" integer, "n" number, "b" boolean, "*" anything, "S" a structure; "[" a
 * list and "{" a map of what follows. */
struct property {
	const char *name;
	const char *form;
	uint16_t structure; /* what S is */
	uint8_t replaces;   /* enum cfn_replaces */
	uint8_t required;
	const char *allowed; /* "|A|B|"; NULL: any */
};

struct structure {
	uint16_t first, count; /* in properties[] */
};

struct type {
	const char *name;
	uint16_t structure;
	const char *name_property; /* or NULL */
	const char *attributes;	   /* "|Arn|Id|" */
};

#include "lab/services/cloudformation/type_table.inc"

/*
 * Types that CloudFormation still handles itself, as it did before there were schemas
 * (ProvisioningType NON_PROVISIONABLE in DescribeType): they complain in other words, one at a time.
 */
static const char *const legacy[] = {
	"AWS::CloudFormation::WaitCondition",
	"AWS::CloudFormation::WaitConditionHandle",
	"AWS::CodeDeploy::DeploymentGroup",
	"AWS::IAM::Policy",
	"AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy",
};

struct check {
	struct arena *arena;
	struct buf found; /* what is wrong so far */
	bool legacy;
};

static int compare_type(const void *name, const void *type)
{
	return strcmp(name, ((const struct type *)type)->name);
}

static int compare_name(const void *name, const void *one)
{
	return strcmp(name, *(const char *const *)one);
}

static const struct type *find_type(const char *name)
{
	return bsearch(name, types, array_len(types), sizeof(types[0]), compare_type);
}

static const struct property *find_property(uint16_t structure, const char *name, size_t len)
{
	const struct structure *in = &structures[structure];

	for (uint16_t i = 0; i < in->count; i++) {
		const struct property *property = &properties[in->first + i];

		if (strncmp(property->name, name, len) == 0 && property->name[len] == '\0')
			return property;
	}
	return NULL;
}

static bool in_list(const char *list, const char *text)
{
	size_t len = strlen(text);

	for (const char *at = list; (at = strchr(at, '|')) && at[1]; at++)
		if (strncmp(at + 1, text, len) == 0 && at[1 + len] == '|')
			return true;
	return false;
}

/* Of the old kind of type only the first thing is said. */
static void __attribute__((format(printf, 3, 4)))
complain(struct check *check, const char *path, const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = arena_vfmt(check->arena, fmt, args);
	va_end(args);
	if (check->legacy) {
		if (check->found.len == 0)
			buf_str(&check->found, text);
		return;
	}
	buf_fmt(&check->found, "%s#%s: %s", check->found.len ? ", " : "", path, text);
}

/* {"Ref": …}, {"Fn::…": …}: nobody knows yet what it will be. */
static bool is_function(const json_t *value)
{
	const char *name;

	if (json_object_size(value) != 1)
		return false;
	name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)value));
	return strcmp(name, "Ref") == 0 || strncmp(name, "Fn::", 4) == 0;
}

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "JSONObject";
	case JSON_ARRAY:
		return "JSONArray";
	case JSON_STRING:
		return "String";
	case JSON_INTEGER:
		return "Integer";
	case JSON_REAL:
		return "BigDecimal";
	case JSON_TRUE:
	case JSON_FALSE:
		return "Boolean";
	case JSON_NULL:
		break;
	}
	return "Null";
}

static bool is_number(const json_t *value, bool whole)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	double number;

	if (!text)
		return json_is_integer(value) ||
		       (json_is_real(value) &&
			(!whole ||
			 json_real_value(value) == (double)(int64_t)json_real_value(value)));
	number = strtod(text, &end);
	return end != text && !*end && number > -9e15 && number < 9e15 &&
	       (!whole || number == (double)(int64_t)number);
}

static bool is_boolean(const json_t *value)
{
	const char *text = json_string_value(value);

	return json_is_boolean(value) ||
	       (text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0));
}

/* Numbers and booleans may be text and the other way round: templates write both. */
static bool has_form(const json_t *value, char form)
{
	switch (form) {
	case '[':
		return json_is_array(value);
	case '{':
	case 'S':
		return json_is_object(value);
	case 's':
		return !json_is_object(value) && !json_is_array(value);
	case 'i':
		return is_number(value, true);
	case 'n':
		return is_number(value, false);
	case 'b':
		return is_boolean(value);
	default:
		return true;
	}
}

static const char *name_of_form(char form)
{
	static const struct {
		char form;
		const char *name;
	} names_of[] = {
		{'[', "JSONArray"}, {'{', "JSONObject"}, {'S', "JSONObject"},
		{'s', "String"},    {'i', "Integer"},	 {'n', "Number"},
	};

	for (size_t i = 0; i < array_len(names_of); i++)
		if (names_of[i].form == form)
			return names_of[i].name;
	return "Boolean";
}

static void complain_of_form(struct check *check, const char *path, const struct property *property,
			     const char *form, const json_t *value)
{
	if (!check->legacy)
		complain(check, path, "expected type: %s, found: %s", name_of_form(*form),
			 kind_of(value));
	else if (*form == 'S' || *form == '{')
		complain(check, path, "Value of property %s must be an object", property->name);
	else if (*form == '[')
		complain(check, path, "Value of property %s must be of type List%s", property->name,
			 form[1] == 's' ? " of String" : "");
	else
		complain(check, path, "Value of property %s must be of type %s", property->name,
			 name_of_form(*form));
}

static void check_allowed(struct check *check, const struct property *property, const json_t *value,
			  const char *path)
{
	AUTO_FREE char *text =
		json_is_string(value) ? mem_strdup(json_string_value(value)) : json_text(value);

	if (!in_list(property->allowed, text))
		complain(check, path, "%s is not a valid enum value", text);
}

static void check_structure(struct check *check, uint16_t structure, const json_t *value,
			    const char *path, int depth);

static void check_value(struct check *check, const struct property *property, const char *form,
			const json_t *value, const char *path, int depth)
{
	const json_t *element;
	const char *name;
	size_t i;

	if (depth > DEPTH_MAX || is_function(value))
		return;
	if (!has_form(value, *form)) {
		complain_of_form(check, path, property, form, value);
		return;
	}
	if (*form == '[') {
		json_each (value, i, element)
			check_value(check, property, form + 1, element,
				    arena_fmt(check->arena, "%s/%zu", path, i), depth + 1);
	} else if (*form == '{') {
		json_each_member (value, name, element)
			check_value(check, property, form + 1, element,
				    arena_fmt(check->arena, "%s/%s", path, name), depth + 1);
	} else if (*form == 'S' && structures[property->structure].count > 0) {
		check_structure(check, property->structure, value, path, depth + 1);
	} else if (property->allowed) {
		check_allowed(check, property, value, path);
	}
}

static void check_names(struct check *check, uint16_t structure, const json_t *value,
			const char *path)
{
	const struct structure *in = &structures[structure];
	const json_t *member;
	const char *name;

	for (uint16_t i = 0; i < in->count; i++) {
		const struct property *property = &properties[in->first + i];

		if (property->required && !json_get(value, property->name))
			complain(check, path,
				 check->legacy ? "Property %s cannot be empty."
					       : "required key [%s] not found",
				 property->name);
	}
	json_each_member (value, name, member)
		if (!find_property(structure, name, strlen(name)))
			complain(check, path,
				 check->legacy ? "Encountered unsupported property %s"
					       : "extraneous key [%s] is not permitted",
				 name);
}

static void check_structure(struct check *check, uint16_t structure, const json_t *value,
			    const char *path, int depth)
{
	const json_t *member;
	const char *name;

	check_names(check, structure, value, path);
	json_each_member (value, name, member) {
		const struct property *property = find_property(structure, name, strlen(name));

		if (property)
			check_value(check, property, property->form, member,
				    arena_fmt(check->arena, "%s/%s", path, name), depth);
	}
}

const char *cfn_type_check(struct arena *arena, const char *type, const char *logical_id,
			   const json_t *props)
{
	const struct type *known = find_type(type);
	struct check check = {.arena = arena};
	const char *text = NULL;
	AUTO_JSON json_t *none = json_object();

	if (!known)
		return NULL;
	for (size_t i = 0; i < array_len(legacy); i++)
		check.legacy = check.legacy || strcmp(legacy[i], type) == 0;
	check_structure(&check, known->structure, props ? props : none, "", 0);
	if (check.found.len > 0 && check.legacy)
		text = arena_strdup(arena, buf_text(&check.found));
	else if (check.found.len > 0)
		text = arena_fmt(arena,
				 "Properties validation failed for resource %s with message:\n[%s]",
				 logical_id, buf_text(&check.found));
	buf_free(&check.found);
	return text;
}

enum cfn_replaces cfn_type_replaces(const char *type, const char *path)
{
	const struct type *known = find_type(type);
	uint16_t structure = known ? known->structure : 0;

	while (known && path) {
		size_t len = strcspn(path, ".");
		const struct property *property = find_property(structure, path, len);

		if (!property)
			break;
		if (property->replaces != CFN_REPLACES_NEVER)
			return property->replaces;
		if (!strchr(property->form, 'S'))
			break;
		structure = property->structure;
		path = path[len] ? path + len + 1 : NULL;
	}
	return CFN_REPLACES_NEVER;
}

bool cfn_type_has_attribute(const char *type, const char *name)
{
	const struct type *known = find_type(type);

	return !known || in_list(known->attributes, name);
}

bool cfn_type_has_tags(const char *type)
{
	const struct type *known = find_type(type);

	return !known || find_property(known->structure, "Tags", strlen("Tags"));
}

const char *cfn_type_name_property(const char *type)
{
	const struct type *known = find_type(type);

	return known ? known->name_property : NULL;
}

bool cfn_type_exists(const char *type)
{
	/* The CDK's own: in no specification, and CloudFormation takes it. */
	if (strcmp(type, "AWS::CDK::Metadata") == 0 || strncmp(type, "Custom::", 8) == 0)
		return true;
	return bsearch(type, names, array_len(names), sizeof(names[0]), compare_name);
}
