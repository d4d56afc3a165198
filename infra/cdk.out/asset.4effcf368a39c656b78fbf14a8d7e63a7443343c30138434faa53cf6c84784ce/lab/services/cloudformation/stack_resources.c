/*
 * stack_resources.c - what a stack is made of, and what happened to it.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

#define PAGE ((size_t)100)

/* Stack ids sort by name, the events of one by number: newest first is backwards. */
int cloudformation_describe_stack_events(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	const char *before = json_str(in, "NextToken"), *prefix;
	json_t *list = json_add_array(out, "StackEvents");
	const json_t *keys;

	if (!id)
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", name);

	prefix = rq_fmt(rq, "%s|", id);
	keys = store_keys(rq->tx, STACK_EVENT, prefix);
	for (size_t i = json_array_size(keys); i-- > 0;) {
		const char *key = json_string_value(json_at(keys, i));

		if (before && strcmp(key + strlen(prefix), before) >= 0)
			continue;
		if (json_array_size(list) == PAGE) {
			key = json_string_value(json_at(keys, i + 1));
			json_set_str(out, "NextToken", key + strlen(prefix));
			break;
		}
		json_push(list, store_get(rq->tx, STACK_EVENT, key));
	}
	return 0;
}

/* Three operations show a resource, each in a shape of its own. */
static const char *const described[] = {
	"StackId",   "StackName",      "LogicalResourceId",    "PhysicalResourceId", "ResourceType",
	"Timestamp", "ResourceStatus", "ResourceStatusReason", "DriftInformation",   NULL};
static const char *const detailed[] = {"StackId",
				       "StackName",
				       "LogicalResourceId",
				       "PhysicalResourceId",
				       "ResourceType",
				       "LastUpdatedTimestamp",
				       "ResourceStatus",
				       "ResourceStatusReason",
				       "DriftInformation",
				       "Metadata",
				       NULL};
static const char *const summed_up[] = {
	"LogicalResourceId", "PhysicalResourceId",   "ResourceType",	 "LastUpdatedTimestamp",
	"ResourceStatus",    "ResourceStatusReason", "DriftInformation", NULL};

static const json_t *resources_of(struct request *rq, const char *id)
{
	return store_list_prefix(rq->tx, STACK_RESOURCE, rq_fmt(rq, "%s|", id));
}

/* The stack that has a resource with this physical id, or NULL. */
static const char *find_owner(struct request *rq, const char *physical_id)
{
	const json_t *resource;
	size_t i;

	json_each (store_list(rq->tx, STACK_RESOURCE), i, resource)
		if (strcmp(json_str_or(resource, "PhysicalResourceId", ""), physical_id) == 0)
			return json_str(resource, "StackId");
	return NULL;
}

int cloudformation_describe_stack_resources(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "StackName"), *logical = json_str(in, "LogicalResourceId");
	const char *physical = json_str(in, "PhysicalResourceId"), *id;
	json_t *list = json_add_array(out, "StackResources");
	const json_t *resource;
	size_t i;

	if (!name && !physical)
		return fault_named(rq, "ValidationError",
				   "Either StackName or PhysicalResourceId must be specified");
	id = name ? stack_find(rq, name) : find_owner(rq, physical);
	if (!id && name)
		return stack_missing(rq, name);
	if (!id)
		return fault_named(rq, "ValidationError", "Stack for %s does not exist", physical);

	json_each (resources_of(rq, id), i, resource)
		if (!logical ||
		    strcmp(json_str_or(resource, "LogicalResourceId", ""), logical) == 0)
			stack_push_view(list, resource, described);
	return 0;
}

int cloudformation_describe_stack_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	const char *logical = json_str_or(in, "LogicalResourceId", "");
	const json_t *resource;

	if (!id)
		return fault_named(rq, "ValidationError", "Stack '%s' does not exist", name);
	resource = store_get(rq->tx, STACK_RESOURCE, rq_fmt(rq, "%s|%s", id, logical));
	if (!resource)
		return fault_named(rq, "ValidationError", "Resource %s does not exist for stack %s",
				   logical, name);
	json_set(out, "StackResourceDetail", stack_push_view(rq_array(rq), resource, detailed));
	return 0;
}

int cloudformation_list_stack_resources(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	const char *after = json_str(in, "NextToken"), *last = NULL;
	json_t *list = json_add_array(out, "StackResourceSummaries");
	const json_t *resource;
	size_t i;

	if (!id)
		return stack_missing(rq, name);
	json_each (resources_of(rq, id), i, resource) {
		const char *logical = json_str_or(resource, "LogicalResourceId", "");

		if (after && strcmp(logical, after) <= 0)
			continue;
		if (json_array_size(list) == PAGE) {
			json_set_str(out, "NextToken", last);
			break;
		}
		stack_push_view(list, resource, summed_up);
		last = logical;
	}
	return 0;
}
