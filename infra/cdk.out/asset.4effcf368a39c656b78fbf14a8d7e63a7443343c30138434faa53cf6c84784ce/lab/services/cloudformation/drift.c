/*
 * drift.c - drift detection: what resources are now, against what their stack made them.
 *
 * Only properties that the template sets are compared, as at AWS; and only what a type can read.
 */
#include "lab/services/cloudformation/stack.h"

#include <string.h>

#define DETECTION "cloudformation/drift-detection" /* by id; its status as it is described */
#define DRIFT "cloudformation/drift" /* by stack id|logical id; StackResourceDrift's shape */

static const char *drift_key(struct stack *stack, const char *logical_id)
{
	return rq_fmt(stack->rq, "%s|%s", stack->id, logical_id);
}

static void add_difference(struct request *rq, json_t *list, const char *path,
			   const json_t *expected, const json_t *actual)
{
	json_t *difference = json_push_object(list);
	const json_t *values[] = {expected, actual};
	static const char *const names[] = {"ExpectedValue", "ActualValue"};

	json_set_str(difference, "PropertyPath", path);
	for (size_t i = 0; i < array_len(values); i++) {
		AUTO_FREE char *text =
			json_is_string(values[i]) ? mem_strdup(json_string_value(values[i]))
			: values[i] ? json_dumps(values[i], JSON_ENCODE_ANY | JSON_COMPACT)
				    : mem_strdup("null");

		json_set_str(difference, names[i], text);
	}
	json_set_str(difference, "DifferenceType",
		     !actual || json_is_null(actual)	   ? "REMOVE"
		     : !expected || json_is_null(expected) ? "ADD"
							   : "NOT_EQUAL");
}

/* Numbers and booleans of a template may be written as text. */
static bool same_scalar(const json_t *one, const json_t *other)
{
	AUTO_FREE char *first = json_is_string(one) ? mem_strdup(json_string_value(one))
						    : json_dumps(one, JSON_ENCODE_ANY);
	AUTO_FREE char *second = json_is_string(other) ? mem_strdup(json_string_value(other))
						       : json_dumps(other, JSON_ENCODE_ANY);

	return first && second && strcmp(first, second) == 0;
}

static void compare(struct request *rq, json_t *list, const char *path, const json_t *expected,
		    const json_t *actual)
{
	const json_t *member;
	const char *name;
	size_t i, count = json_array_size(expected);

	if (json_is_object(expected) && json_is_object(actual)) {
		json_each_member (expected, name, member)
			compare(rq, list, rq_fmt(rq, "%s/%s", path, name), member,
				json_get(actual, name));
		return;
	}
	if (json_is_array(expected) && json_is_array(actual)) {
		count = count > json_array_size(actual) ? count : json_array_size(actual);
		for (i = 0; i < count; i++)
			compare(rq, list, rq_fmt(rq, "%s/%zu", path, i), json_at(expected, i),
				json_at(actual, i));
		return;
	}
	if (expected && actual && !json_is_object(expected) && !json_is_array(expected) &&
	    same_scalar(expected, actual))
		return;
	if (!json_equal(expected, actual))
		add_difference(rq, list, path, expected, actual);
}

/* What both know: what the type cannot tell does not count. */
static const json_t *comparable(struct request *rq, const json_t *expected, const json_t *actual)
{
	json_t *common = rq_object(rq);
	const json_t *member;
	const char *name;

	json_each_member (expected, name, member)
		if (json_get(actual, name))
			json_set(common, name, member);
	return common;
}

static const json_t *with_members(struct request *rq, const json_t *tree, const json_t *names)
{
	json_t *some = rq_object(rq);
	const json_t *member;
	const char *name;

	json_each_member (names, name, member)
		if (json_has(tree, name))
			json_set(some, name, json_get(tree, name));
	return some;
}

static void set_tree(json_t *object, const char *name, const json_t *tree)
{
	AUTO_FREE char *text = json_text(tree);

	json_set_str(object, name, text);
}

/* Fills in what is different; answers the status, or NULL with the reason in the request. */
static const char *look_at(struct stack *stack, const json_t *resource, json_t *drift,
			   const char **ret_reason)
{
	struct request *rq = stack->rq;
	json_t *list = json_add_array(drift, "PropertyDifferences");
	const json_t *expected, *actual, *common;
	json_t *clear = stack_resolve_references(stack, json_get(resource, "_Props"), ret_reason);

	if (!clear)
		return NULL;
	expected = rq_keep(rq, clear);
	actual = provider_read(stack, resource, expected, ret_reason);
	if (*ret_reason)
		return NULL;
	if (!actual) {
		set_tree(drift, "ExpectedProperties", json_get(resource, "_Props"));
		return "DELETED";
	}
	common = comparable(rq, expected, actual);
	compare(rq, list, "", common, with_members(rq, actual, common));
	/* Secrets are shown as the template refers to them. */
	set_tree(drift, "ExpectedProperties",
		 with_members(rq, json_get(resource, "_Props"), common));
	set_tree(drift, "ActualProperties", with_members(rq, actual, common));
	return json_array_size(list) > 0 ? "MODIFIED" : "IN_SYNC";
}

/* The resource's drift, told to it and kept. NULL: its type does not say. */
static const json_t *detect(struct stack *stack, json_t *resource, const char **ret_reason)
{
	static const char *const shared[] = {"StackId", "LogicalResourceId", "PhysicalResourceId",
					     "ResourceType"};
	json_t *drift = rq_object(stack->rq), *information;
	const char *status;

	*ret_reason = NULL;
	if (!provider_reads(stack->rq, json_str_or(resource, "ResourceType", "")))
		return NULL;
	for (size_t i = 0; i < array_len(shared); i++)
		json_set_str(drift, shared[i], json_str(resource, shared[i]));
	status = look_at(stack, resource, drift, ret_reason);
	if (!status)
		return NULL;
	json_set_str(drift, "StackResourceDriftStatus", status);
	json_set_time(drift, "Timestamp", stack->rq->now);
	information = json_add_object(resource, "DriftInformation");
	json_set_str(information, "StackResourceDriftStatus", status);
	json_set_time(information, "LastCheckTimestamp", stack->rq->now);
	stack_keep_resource(stack, resource);
	store_put(stack->rq->tx, DRIFT, drift_key(stack, json_str(resource, "LogicalResourceId")),
		  drift);
	return drift;
}

static int open_settled(struct request *rq, const json_t *in, struct stack *ret_stack)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);

	if (!id || !stack_open(rq, id, ret_stack) || stack_status_is(ret_stack, "DELETE_COMPLETE"))
		return fault_named(rq, "ValidationError", "Stack [%s] does not exist", name);
	if (stack_status_ends(ret_stack, "_IN_PROGRESS"))
		return fault_named(rq, "ValidationError",
				   "Drift detection cannot be performed on stack [%s] while it is "
				   "in status %s",
				   ret_stack->id, stack_status(ret_stack));
	ret_stack->template = NULL;
	return 0;
}

/* All that are asked for; answers how many drifted, and why some could not be looked at. */
static int64_t detect_all(struct stack *stack, const json_t *wanted, struct buf *reasons)
{
	const json_t *element, *drift;
	const char *reason;
	int64_t drifted = 0;
	size_t i;

	json_each (stack_resources(stack), i, element) {
		const char *id = json_str(element, "LogicalResourceId");

		if ((json_array_size(wanted) > 0 && !json_list_has(wanted, id)) ||
		    !json_has(element, "PhysicalResourceId"))
			continue;
		drift = detect(stack, stack_resource(stack, id), &reason);
		drifted += drift &&
			   strcmp(json_str(drift, "StackResourceDriftStatus"), "IN_SYNC") != 0;
		if (reason)
			buf_fmt(reasons, "%s%s: %s", reasons->len > 0 ? " " : "", id, reason);
	}
	return drifted;
}

/* It is done when the call answers: what AWS takes for it costs no time here. */
int cloudformation_detect_stack_drift(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = id_uuid(rq), *status;
	AUTO_BUF struct buf reasons = {0};
	json_t *detection = rq_object(rq), *information;
	struct stack stack;
	int64_t drifted;
	int err = open_settled(rq, in, &stack);

	if (err)
		return err;
	drifted = detect_all(&stack, json_get(in, "LogicalResourceIds"), &reasons);
	status = drifted > 0 ? "DRIFTED" : "IN_SYNC";
	information = json_add_object(stack.document, "DriftInformation");
	json_set_str(information, "StackDriftStatus", status);
	json_set_time(information, "LastCheckTimestamp", rq->now);
	stack_save(&stack);

	json_set_str(detection, "StackId", stack.id);
	json_set_str(detection, "StackDriftDetectionId", id);
	json_set_str(detection, "StackDriftStatus", status);
	json_set_str(detection, "DetectionStatus",
		     reasons.len > 0 ? "DETECTION_FAILED" : "DETECTION_COMPLETE");
	if (reasons.len > 0)
		json_set_str(detection, "DetectionStatusReason", buf_text(&reasons));
	json_set_int(detection, "DriftedStackResourceCount", drifted);
	json_set_time(detection, "Timestamp", rq->now);
	store_put(rq->tx, DETECTION, id, detection);
	json_set_str(out, "StackDriftDetectionId", id);
	return 0;
}

int cloudformation_detect_stack_resource_drift(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str_or(in, "LogicalResourceId", ""), *reason;
	const json_t *drift;
	struct stack stack;
	json_t *resource;
	int err = open_settled(rq, in, &stack);

	if (err)
		return err;
	resource = stack_resource(&stack, id);
	if (!resource)
		return fault_named(rq, "ValidationError", "Resource %s does not exist for stack %s",
				   id, stack.name);
	drift = detect(&stack, resource, &reason);
	if (!drift)
		return fault_named(rq, "ValidationError", "%s",
				   reason ? reason
					  : rq_fmt(rq,
						   "Drift detection is not supported for resource "
						   "type %s in the lab",
						   json_str(resource, "ResourceType")));
	json_set(out, "StackResourceDrift", drift);
	return 0;
}

int cloudformation_describe_stack_drift_detection_status(struct request *rq, const json_t *in,
							 json_t *out)
{
	const char *id = json_str_or(in, "StackDriftDetectionId", ""), *name;
	const json_t *detection = store_get(rq->tx, DETECTION, id), *member;

	if (!detection)
		return fault_named(rq, "ValidationError",
				   "Drift detection operation with id [%s] does not exist", id);
	json_each_member (detection, name, member)
		json_set(out, name, member);
	return 0;
}

int cloudformation_describe_stack_resource_drifts(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "StackName", ""), *id = stack_find(rq, name);
	const json_t *wanted = json_get(in, "StackResourceDriftStatusFilters"), *drift;
	json_t *list = json_add_array(out, "StackResourceDrifts");
	size_t i;

	if (!id)
		return stack_missing(rq, name);
	json_each (store_list_prefix(rq->tx, DRIFT, rq_fmt(rq, "%s|", id)), i, drift) {
		const char *status = json_str_or(drift, "StackResourceDriftStatus", "");
		const char *logical = json_str(drift, "LogicalResourceId");

		if ((json_array_size(wanted) == 0 || json_list_has(wanted, status)) &&
		    store_has(rq->tx, STACK_RESOURCE, rq_fmt(rq, "%s|%s", id, logical)))
			json_push(list, drift);
	}
	return 0;
}
