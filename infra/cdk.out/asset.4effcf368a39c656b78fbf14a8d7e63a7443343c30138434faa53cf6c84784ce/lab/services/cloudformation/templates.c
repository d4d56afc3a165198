/*
 * templates.c - operations on templates: given back, summed up, checked.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

int cloudformation_get_template(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "StackName"), *id = name ? stack_find(rq, name) : NULL;
	const json_t *body;
	json_t *stages;
	int err;

	if (json_has(in, "ChangeSetName")) {
		err = change_set_template(rq, in, &body);
		if (err)
			return err;
	} else {
		if (!name)
			return fault_named(rq, "ValidationError", "StackName is required");
		if (!id)
			return stack_missing(rq, name);
		body = json_get(store_get(rq->tx, STACK_TEMPLATE, id), "Body");
	}
	if (body)
		json_set(out, "TemplateBody", body);
	stages = json_add_array(out, "StagesAvailable");
	json_push_str(stages, "Original");
	json_push_str(stages, "Processed");
	return 0;
}

/* Of a call that gives a template, or a stack that has one. */
static int find_template(struct request *rq, const json_t *in, const json_t **ret_template)
{
	const char *name = json_str(in, "StackName"), *id, *text, *error;
	size_t len;
	int err;

	if (name) {
		id = stack_find(rq, name);
		if (!id)
			return stack_missing(rq, name);
		text = json_str_or(store_get(rq->tx, STACK_TEMPLATE, id), "Body", "");
		len = strlen(text);
	} else {
		err = template_of_call(rq, in, &text, &len);
		if (err)
			return err;
	}
	error = template_read(rq->arena, text, len, ret_template);
	return error ? fault_named(rq, "ValidationError", "%s", error) : 0;
}

static void default_text(struct request *rq, json_t *shown, const json_t *declaration)
{
	const json_t *value = json_get(declaration, "Default");

	if (json_is_string(value))
		json_set_str(shown, "DefaultValue", json_string_value(value));
	else if (json_is_number(value))
		json_set_str(shown, "DefaultValue", rq_fmt(rq, "%.15g", json_number_value(value)));
}

static void add_parameters(struct request *rq, const json_t *template, json_t *out)
{
	json_t *list = json_add_array(out, "Parameters");
	const json_t *declaration;
	const char *name;

	json_each_member (json_get(template, "Parameters"), name, declaration) {
		json_t *shown = json_push_object(list), *constraints;

		json_set_str(shown, "ParameterKey", name);
		default_text(rq, shown, declaration);
		json_set_str(shown, "ParameterType", json_str(declaration, "Type"));
		json_set_bool(shown, "NoEcho", parameter_is_secret(declaration));
		json_set_str(shown, "Description", json_str(declaration, "Description"));
		constraints = json_add_object(shown, "ParameterConstraints");
		if (json_has(declaration, "AllowedValues"))
			json_set(constraints, "AllowedValues",
				 json_get(declaration, "AllowedValues"));
	}
}

static const char *type_list(struct request *rq, const json_t *types)
{
	AUTO_BUF struct buf text = {0};
	const json_t *type;
	size_t i;

	json_each (types, i, type)
		buf_fmt(&text, "%s%s", i > 0 ? ", " : "", json_string_value(type));
	return rq_strdup(rq, buf_text(&text));
}

static void sum_up(struct request *rq, const json_t *template, json_t *out)
{
	json_t *capabilities = json_array(), *types = rq_array(rq);

	add_parameters(rq, template, out);
	json_set_str(out, "Description", json_str(template, "Description"));
	template_capabilities(template, capabilities, types);
	if (json_array_size(types) > 0)
		json_set_str(out, "CapabilitiesReason",
			     rq_fmt(rq, "The following resource(s) require capabilities: [%s]",
				    type_list(rq, types)));
	json_give(out, "Capabilities", capabilities);
	json_add_array(out, "DeclaredTransforms");
}

/* Less of each parameter than a summary has. */
int cloudformation_validate_template(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *template;
	json_t *parameter;
	size_t i;
	int err = find_template(rq, in, &template);

	if (err)
		return err;
	sum_up(rq, template, out);
	json_array_foreach (json_object_get(out, "Parameters"), i, parameter) {
		json_drop(parameter, "ParameterType");
		json_drop(parameter, "ParameterConstraints");
	}
	return 0;
}

static json_t *summary_of(json_t *summaries, const char *type)
{
	json_t *summary;
	size_t i;

	json_array_foreach (summaries, i, summary)
		if (strcmp(json_str_or(summary, "ResourceType", ""), type) == 0)
			return summary;
	summary = json_push_object(summaries);
	json_set_str(summary, "ResourceType", type);
	json_add_array(summary, "LogicalResourceIds");
	json_add_array(summary, "ResourceIdentifiers");
	return summary;
}

int cloudformation_get_template_summary(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *template, *resource;
	json_t *types, *summaries;
	const char *id;
	int err = find_template(rq, in, &template);

	if (err)
		return err;
	sum_up(rq, template, out);
	json_set_str(out, "Version", json_str(template, "AWSTemplateFormatVersion"));
	if (json_has(template, "Metadata")) {
		AUTO_FREE char *text = json_text(json_get(template, "Metadata"));

		json_set_str(out, "Metadata", text);
	}
	types = json_add_array(out, "ResourceTypes");
	summaries = json_add_array(out, "ResourceIdentifierSummaries");
	json_each_member (json_get(template, "Resources"), id, resource) {
		const char *type = json_str_or(resource, "Type", "");

		if (!json_list_has(types, type))
			json_push_str(types, type);
		json_push_str(json_object_get(summary_of(summaries, type), "LogicalResourceIds"),
			      id);
	}
	return 0;
}
