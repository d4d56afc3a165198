/*
 * ssm.c - AWS Systems Manager: Parameter Store.
 *
 *   keeps      ssm/parameter  by name            Parameter and ParameterMetadata; _Tags, _Sealed
 *              ssm/history    by name:version    the same, and Labels
 *   publishes  ssm.parameter.changed {Name}      also when it is deleted
 *   left out   everything but parameters; parameter policies; public parameters (/aws/service/…)
 */
#include "lab/services/ssm/ssm.h"
#include "lab/services/ssm/parameter.h"

#include <string.h>

static int get_parameter(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *parameter = NULL;
	int result = parameter_get(rq, json_str(in, "Name"), &parameter);

	if (result != 0)
		return result;
	json_set(out, "Parameter", parameter);
	return parameter_reveal(rq, json_object_get(out, "Parameter"),
				json_bool_or(in, "WithDecryption", false));
}

static int get_parameters(struct request *rq, const json_t *in, json_t *out)
{
	json_t *found = json_add_array(out, "Parameters");
	json_t *missing = json_add_array(out, "InvalidParameters");
	bool decrypt = json_bool_or(in, "WithDecryption", false);
	const json_t *text;
	size_t i;

	json_each (json_get(in, "Names"), i, text) {
		const char *name = parameter_name(rq, json_string_value(text), NULL);
		const json_t *parameter = NULL;
		int result = permit(rq, "ssm:GetParameters", parameter_arn(rq, name));

		if (result != 0)
			return result;
		if (parameter_get(rq, json_string_value(text), &parameter) != 0) {
			json_push(missing, text);
			continue;
		}
		json_push(found, parameter);
		result = parameter_reveal(rq, json_array_get(found, json_array_size(found) - 1),
					  decrypt);
		if (result != 0)
			return result;
	}
	return 0;
}

/* A page: names after NextToken, at most MaxResults. */
struct page {
	const char *after;
	size_t room;
	json_t *list;
	const char *last;
};

static struct page page_of(const json_t *in, json_t *list, int64_t most)
{
	return (struct page){
		.after = json_str_or(in, "NextToken", ""),
		.room = (size_t)json_int_or(in, "MaxResults", most),
		.list = list,
	};
}

/* False: the page is full, and NextToken says where to go on. */
static bool page_takes(struct page *page, const char *name, json_t *out)
{
	if (json_array_size(page->list) == page->room) {
		json_set_str(out, "NextToken", page->last);
		return false;
	}
	page->last = name;
	return true;
}

/* Directly below "/a": "/a/b", not "/a/b/c". */
static bool is_child(const char *name, const char *prefix)
{
	return strchr(name + strlen(prefix), '/') == NULL;
}

static int get_parameters_by_path(struct request *rq, const json_t *in, json_t *out)
{
	const char *path = json_str(in, "Path");
	size_t len = strlen(path);
	struct page page = page_of(in, json_add_array(out, "Parameters"), 10);
	const char *prefix = rq_fmt(rq, "%s%s", path, len && path[len - 1] == '/' ? "" : "/");
	const json_t *all = store_list_prefix(rq->tx, PARAMETER, prefix), *parameter;
	size_t i;

	if (path[0] != '/')
		return fault_named(rq, "ValidationException",
				   "The parameter doesn't meet the parameter name requirements. "
				   "The parameter name must begin with a forward slash \"/\". It "
				   "can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). "
				   "It must use only letters, numbers, or the following symbols: . "
				   "(period), - (hyphen), _ (underscore). Special characters are "
				   "not allowed. All sub-paths, if specified, must use the forward "
				   "slash symbol \"/\". Valid example: "
				   "/get/parameters2-/by1./path0_.");
	json_each (all, i, parameter) {
		const char *name = json_str(parameter, "Name");
		bool match = false;
		int result = filters_match(rq, json_get(in, "ParameterFilters"), parameter, &match);

		if (result != 0)
			return result;
		if (!match || strcmp(name, page.after) <= 0)
			continue;
		if (!json_bool_or(in, "Recursive", false) && !is_child(name, prefix))
			continue;
		if (!page_takes(&page, name, out))
			break;
		json_push(page.list, parameter);
		result = parameter_reveal(rq,
					  json_array_get(page.list, json_array_size(page.list) - 1),
					  json_bool_or(in, "WithDecryption", false));
		if (result != 0)
			return result;
	}
	return 0;
}

/* The older Filters: Name begins with, the others are equal. */
static json_t *all_filters(struct request *rq, const json_t *in)
{
	json_t *filters = rq_array(rq);
	const json_t *filter;
	size_t i;

	json_each (json_get(in, "ParameterFilters"), i, filter)
		json_push(filters, filter);
	json_each (json_get(in, "Filters"), i, filter) {
		json_t *one = json_push_object(filters);

		json_set(one, "Key", json_get(filter, "Key"));
		json_set(one, "Values", json_get(filter, "Values"));
		if (strcmp(json_str_or(filter, "Key", ""), "Name") == 0)
			json_set_str(one, "Option", "BeginsWith");
	}
	return filters;
}

static int describe_parameters(struct request *rq, const json_t *in, json_t *out)
{
	struct page page = page_of(in, json_add_array(out, "Parameters"), 50);
	const json_t *all = store_list(rq->tx, PARAMETER), *parameter;
	json_t *filters = all_filters(rq, in);
	size_t i;

	json_each (all, i, parameter) {
		const char *name = json_str(parameter, "Name");
		bool match = false;
		int result = filters_match(rq, filters, parameter, &match);

		if (result != 0)
			return result;
		if (!match || strcmp(name, page.after) <= 0)
			continue;
		if (!page_takes(&page, name, out))
			break;
		json_push(page.list, parameter);
		json_add_array(json_array_get(page.list, json_array_size(page.list) - 1),
			       "Policies");
	}
	return 0;
}

static int get_parameter_history(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = parameter_name(rq, json_str(in, "Name"), NULL);
	struct page page = page_of(in, json_add_array(out, "Parameters"), 50);
	const json_t *all = store_list_prefix(rq->tx, HISTORY, rq_fmt(rq, "%s:", name)), *version;
	size_t i;

	if (!store_has(rq->tx, PARAMETER, name))
		return fault(rq, SSM_ParameterNotFound, "Parameter %s not found.", name);
	json_each (all, i, version) {
		const char *key = history_key(rq, "", json_int_or(version, "Version", 0));
		json_t *entry;
		int result;

		if (strcmp(key, page.after) <= 0)
			continue;
		if (!page_takes(&page, key, out))
			break;
		json_push(page.list, version);
		entry = json_array_get(page.list, json_array_size(page.list) - 1);
		if (!json_has(entry, "Labels"))
			json_add_array(entry, "Labels");
		json_add_array(entry, "Policies");
		result = parameter_reveal(rq, entry, json_bool_or(in, "WithDecryption", false));
		if (result != 0)
			return result;
	}
	return 0;
}

static int edit_tagged(struct request *rq, const json_t *in, json_t **ret_parameter)
{
	const char *name = parameter_name(rq, json_str(in, "ResourceId"), NULL);
	json_t *parameter;

	if (strcmp(json_str(in, "ResourceType"), "Parameter") != 0)
		return fault(rq, SSM_InvalidResourceType,
			     "The lab has parameters only, no resources of type %s.",
			     json_str(in, "ResourceType"));
	parameter = store_edit(rq->tx, PARAMETER, name);
	if (!parameter)
		return fault(rq, SSM_InvalidResourceId, "The resource ID %s is not valid.", name);
	if (!json_has(parameter, "_Tags"))
		json_add_array(parameter, "_Tags");
	*ret_parameter = parameter;
	return 0;
}

static void drop_tag(json_t *tags, const char *key)
{
	size_t i;

	for (i = json_array_size(tags); i > 0; i--)
		if (strcmp(json_str(json_at(tags, i - 1), "Key"), key) == 0)
			json_array_remove(tags, i - 1);
}

static int add_tags_to_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *parameter = NULL, *tags;
	int result = edit_tagged(rq, in, &parameter);
	const json_t *tag;
	size_t i;

	if (result != 0)
		return result;
	tags = json_object_get(parameter, "_Tags");
	json_each (json_get(in, "Tags"), i, tag) {
		drop_tag(tags, json_str(tag, "Key"));
		json_push(tags, tag);
	}
	store_put(rq->tx, PARAMETER, json_str(parameter, "Name"), parameter);
	return 0;
}

static int remove_tags_from_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *parameter = NULL;
	int result = edit_tagged(rq, in, &parameter);
	const json_t *key;
	size_t i;

	if (result != 0)
		return result;
	json_each (json_get(in, "TagKeys"), i, key)
		drop_tag(json_object_get(parameter, "_Tags"), json_string_value(key));
	store_put(rq->tx, PARAMETER, json_str(parameter, "Name"), parameter);
	return 0;
}

static int list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *parameter = NULL;
	int result = edit_tagged(rq, in, &parameter);

	if (result == 0)
		json_set(out, "TagList", json_get(parameter, "_Tags"));
	return result;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str(in, "Name");

	if (!name)
		name = json_string_value(json_at(json_get(in, "Names"), 0));
	if (!name)
		name = json_str(in, "ResourceId");
	if (!name)
		name = json_str(in, "Path");
	if (!name)
		return rq_arn(rq, "ssm", "*");
	return parameter_arn(rq, parameter_name(rq, name, NULL));
}

static op_fn *const ops[SSM_NOPS] = {
	[SSM_AddTagsToResource] = add_tags_to_resource,
	[SSM_DeleteParameter] = ssm_delete_parameter,
	[SSM_DeleteParameters] = ssm_delete_parameters,
	[SSM_DescribeParameters] = describe_parameters,
	[SSM_GetParameter] = get_parameter,
	[SSM_GetParameterHistory] = get_parameter_history,
	[SSM_GetParameters] = get_parameters,
	[SSM_GetParametersByPath] = get_parameters_by_path,
	[SSM_LabelParameterVersion] = ssm_label_parameter_version,
	[SSM_ListTagsForResource] = list_tags_for_resource,
	[SSM_PutParameter] = ssm_put_parameter,
	[SSM_RemoveTagsFromResource] = remove_tags_from_resource,
};

const struct service ssm_service = {
	.model = &ssm_model,
	.ops = ops,
	.resources = ssm_resources,
	.arn_of = arn_of,
};
