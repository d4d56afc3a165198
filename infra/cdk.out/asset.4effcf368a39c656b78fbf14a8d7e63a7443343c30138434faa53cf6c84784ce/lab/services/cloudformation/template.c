/*
 * template.c - a template's text becomes a tree whose form is right.
 *
 *   left out   Transform, Hooks; the values of Metadata
 */
#include "lab/services/cloudformation/template.h"
#include "lab/services/cloudformation/intrinsics.h"
#include "lab/services/cloudformation/template_yaml.h"

#include <ctype.h>
#include <string.h>

static void release_tree(void *tree)
{
	json_decref(tree);
}

json_t *template_keep(struct arena *arena, json_t *tree)
{
	arena_defer(arena, release_tree, tree);
	return tree;
}

static const char *read_text(struct arena *arena, const char *text, size_t len,
			     const json_t **ret_tree)
{
	const char *start = text, *wrong;
	json_error_t error;
	json_t *tree;

	while (start < text + len && isspace((unsigned char)*start))
		start++;
	if (start == text + len)
		return "Template format error: unsupported structure.";
	if (*start != '{' && *start != '[') {
		wrong = template_read_yaml(arena, text, len, &tree);
		if (!wrong)
			*ret_tree = template_keep(arena, tree);
		return wrong;
	}
	tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!tree)
		return arena_fmt(
			arena, "Template format error: JSON not well-formed. (line %d, column %d)",
			error.line, error.column);
	*ret_tree = template_keep(arena, tree);
	return NULL;
}

/* No deeper than we walk, and no null: AWS takes none. */
static const char *check_values(const json_t *tree, int depth)
{
	const char *name, *error = NULL;
	const json_t *member;
	size_t i;

	if (depth > TEMPLATE_DEPTH_MAX)
		return "Template format error: the template is nested too deeply.";
	if (json_is_null(tree))
		return "Template format error: Null values are not allowed in templates.";
	if (json_is_object(tree)) {
		json_each_member (tree, name, member)
			if (!error)
				error = check_values(member, depth + 1);
	} else {
		json_each (tree, i, member)
			if (!error)
				error = check_values(member, depth + 1);
	}
	return error;
}

static const char *check_functions(struct arena *arena, const json_t *tree)
{
	const json_t *argument, *member;
	const char *name = function_of(tree, &argument), *error = NULL;
	size_t i;

	if (name && !function_is_known(name))
		return arena_fmt(arena, "Template error: Encountered unsupported function: %s",
				 name);
	if (json_is_object(tree)) {
		json_each_member (tree, name, member)
			if (!error)
				error = check_functions(arena, member);
	} else {
		json_each (tree, i, member)
			if (!error)
				error = check_functions(arena, member);
	}
	return error;
}

static bool one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool is_alphanumeric(const char *name)
{
	const char *at = name;

	while (isalnum((unsigned char)*at))
		at++;
	return at > name && *at == '\0';
}

struct section {
	const char *name;
	size_t most;
	const char *(*check)(struct arena *arena, const char *name, const json_t *member);
};

static const char *check_parameter(struct arena *arena, const char *name, const json_t *member)
{
	static const char *const members[] = {"Type",
					      "Default",
					      "Description",
					      "NoEcho",
					      "AllowedValues",
					      "MinLength",
					      "MaxLength",
					      "AllowedPattern",
					      "MinValue",
					      "MaxValue",
					      "ConstraintDescription",
					      NULL};
	const json_t *value;
	const char *other;

	if (!json_str(member, "Type"))
		return arena_fmt(arena,
				 "Template format error: Every Parameters object must contain a "
				 "Type member. [/Parameters/%s]",
				 name);
	json_each_member (member, other, value)
		if (!one_of(other, members))
			return arena_fmt(arena, "Invalid template parameter property '%s'", other);
	return NULL;
}

static const char *check_policy(struct arena *arena, const char *name, const json_t *member,
				const char *which, const char *const *policies)
{
	const char *policy = json_str(member, which);

	if (!json_has(member, which) || (policy && one_of(policy, policies)))
		return NULL;
	return arena_fmt(arena, "Template error: Unrecognized %s %s for resource %s", which,
			 policy ? policy : "", name);
}

static const char *check_resource(struct arena *arena, const char *name, const json_t *member)
{
	static const char *const members[] = {"Type",		"Properties",
					      "DependsOn",	"Condition",
					      "Metadata",	"DeletionPolicy",
					      "CreationPolicy", "UpdateReplacePolicy",
					      "UpdatePolicy",	NULL};
	static const char *const deletion[] = {"Delete", "Retain", "RetainExceptOnCreate",
					       "Snapshot", NULL};
	static const char *const replacement[] = {"Delete", "Retain", "Snapshot", NULL};
	const char *other, *error;
	const json_t *value;

	if (!is_alphanumeric(name))
		return arena_fmt(arena,
				 "Template format error: Resource name %s is non alphanumeric.",
				 name);
	if (!json_str(member, "Type"))
		return arena_fmt(
			arena,
			"Template format error: [/Resources/%s] Every Resources object must "
			"contain a Type member.",
			name);
	json_each_member (member, other, value)
		if (!one_of(other, members))
			return arena_fmt(arena, "Invalid template resource property '%s'", other);
	value = json_get(member, "Properties");
	if (value && !json_is_object(value))
		return arena_fmt(arena,
				 "Template format error: [/Resources/%s/Properties] must be an "
				 "object.",
				 name);
	error = check_policy(arena, name, member, "DeletionPolicy", deletion);
	if (!error)
		error = check_policy(arena, name, member, "UpdateReplacePolicy", replacement);
	if (error)
		return error;
	if (json_has(member, "CreationPolicy"))
		return arena_fmt(arena, "Template error: CreationPolicy (of %s) is not in the lab.",
				 name);
	if (json_has(member, "UpdatePolicy"))
		return arena_fmt(arena, "Template error: UpdatePolicy (of %s) is not in the lab.",
				 name);
	return NULL;
}

static const char *check_output(struct arena *arena, const char *name, const json_t *member)
{
	if (!json_has(member, "Value"))
		return arena_fmt(arena,
				 "Template format error: Output %s is malformed. Every Outputs "
				 "member must contain a Value object",
				 name);
	if (json_has(member, "Export") && !json_has(json_get(member, "Export"), "Name"))
		return arena_fmt(arena,
				 "Template format error: Output %s is malformed. The Export member "
				 "must contain a Name",
				 name);
	return NULL;
}

static const char *check_mapping(struct arena *arena, const char *name, const json_t *member)
{
	const json_t *second;
	const char *key;

	json_each_member (member, key, second)
		if (!json_is_object(second))
			return arena_fmt(
				arena,
				"Template format error: Every Mappings member %s must be a "
				"map",
				name);
	return NULL;
}

static const char *check_rule(struct arena *arena, const char *name, const json_t *member)
{
	if (!json_is_array(json_get(member, "Assertions")))
		return arena_fmt(arena,
				 "Template format error: Rule %s must contain an Assertions list",
				 name);
	return NULL;
}

static const struct section sections[] = {
	{"Parameters", TEMPLATE_PARAMETERS_MAX, check_parameter},
	{"Mappings", TEMPLATE_MAPPINGS_MAX, check_mapping},
	{"Conditions", TEMPLATE_RESOURCES_MAX, NULL},
	{"Rules", TEMPLATE_RESOURCES_MAX, check_rule},
	{"Resources", TEMPLATE_RESOURCES_MAX, check_resource},
	{"Outputs", TEMPLATE_OUTPUTS_MAX, check_output},
};

static const char *check_section(struct arena *arena, const json_t *template,
				 const struct section *section)
{
	const json_t *content = json_get(template, section->name), *member;
	const char *name, *error;

	if (!content)
		return NULL;
	if (!json_is_object(content))
		return arena_fmt(arena, "Template format error: %s must be an object.",
				 section->name);
	if (json_object_size(content) > section->most)
		return arena_fmt(arena,
				 "Template format error: Number of %s, %zu, is greater than "
				 "maximum allowed, %zu",
				 section->name, json_object_size(content), section->most);
	json_each_member (content, name, member) {
		if (!json_is_object(member))
			return arena_fmt(arena,
					 "Template format error: [/%s/%s] Every %s member must be "
					 "an object.",
					 section->name, name, section->name);
		error = section->check ? section->check(arena, name, member) : NULL;
		if (error)
			return error;
	}
	return NULL;
}

static const char *check_top(struct arena *arena, const json_t *template)
{
	static const char *const members[] = {"AWSTemplateFormatVersion",
					      "Description",
					      "Metadata",
					      "Parameters",
					      "Mappings",
					      "Conditions",
					      "Rules",
					      "Resources",
					      "Outputs",
					      NULL};
	static const char *const refused[] = {"Transform", "Hooks", NULL};
	const json_t *member;
	const char *name;

	if (!json_is_object(template))
		return "Template format error: unsupported structure.";
	json_each_member (template, name, member) {
		if (one_of(name, refused))
			return arena_fmt(arena, "Template error: the section %s is not in the lab.",
					 name);
		if (!one_of(name, members))
			return arena_fmt(arena, "Invalid template property or properties [%s]",
					 name);
	}
	name = json_str(template, "AWSTemplateFormatVersion");
	if (name && strcmp(name, "2010-09-09") != 0)
		return "Template format error: unsupported value for AWSTemplateFormatVersion.";
	if (json_object_size(json_get(template, "Resources")) == 0)
		return "Template format error: At least one Resources member must be defined.";
	return NULL;
}

const char *template_read(struct arena *arena, const char *text, size_t len,
			  const json_t **ret_template)
{
	const json_t *template = NULL;
	const char *error = read_text(arena, text, len, &template);

	if (!error)
		error = check_values(template, 0);
	if (!error)
		error = check_top(arena, template);
	for (size_t i = 0; i < array_len(sections) && !error; i++) {
		error = check_section(arena, template, &sections[i]);
		if (!error)
			error = check_functions(arena, json_get(template, sections[i].name));
	}
	if (!error)
		*ret_template = template;
	return error;
}

bool template_included(const json_t *member, const json_t *conditions)
{
	const char *condition = json_str(member, "Condition");

	return !condition || json_bool_or(conditions, condition, false);
}

/* Types that make principals or give them rights, and the property that would name one. */
static const struct {
	const char *type, *name;
} iam_types[] = {
	{"AWS::IAM::AccessKey", NULL},
	{"AWS::IAM::Group", "GroupName"},
	{"AWS::IAM::InstanceProfile", "InstanceProfileName"},
	{"AWS::IAM::ManagedPolicy", "ManagedPolicyName"},
	{"AWS::IAM::Policy", NULL},
	{"AWS::IAM::Role", "RoleName"},
	{"AWS::IAM::User", "UserName"},
	{"AWS::IAM::UserToGroupAddition", NULL},
};

void template_capabilities(const json_t *template, json_t *ret_capabilities, json_t *ret_types)
{
	bool named = false;
	const json_t *resource;
	const char *id;

	json_each_member (json_get(template, "Resources"), id, resource) {
		const char *type = json_str_or(resource, "Type", "");

		for (size_t i = 0; i < array_len(iam_types); i++) {
			if (strcmp(iam_types[i].type, type) != 0)
				continue;
			if (!json_list_has(ret_types, type))
				json_push_str(ret_types, type);
			named |= iam_types[i].name &&
				 json_has(json_get(resource, "Properties"), iam_types[i].name);
		}
	}
	if (json_array_size(ret_types) > 0)
		json_push_str(ret_capabilities, named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
}
