/*
 * application_autoscaling.c - Application Auto Scaling: targets and policies, kept.
 *
 *   keeps      application-autoscaling/target  by namespace|resource|dimension
 *              application-autoscaling/policy  by namespace|resource|dimension|name
 *   publishes  nothing
 *   left out   scheduled actions; nothing is scaled, so a target-tracking policy makes no alarms
 */
#include "lab/services/application-autoscaling/application_autoscaling.h"

#include "lab/aws/page.h"
#include "lab/models/application-autoscaling.h"
#include "lab/services/application-autoscaling/application_autoscaling_cfn.h"

#include <string.h>

#define TARGET "application-autoscaling/target"
#define POLICY "application-autoscaling/policy"

#define PAGE 50

static const char *target_key(struct request *rq, const json_t *in)
{
	return rq_fmt(rq, "%s|%s|%s", json_str(in, "ServiceNamespace"), json_str(in, "ResourceId"),
		      json_str(in, "ScalableDimension"));
}

static const char *policy_key(struct request *rq, const json_t *in)
{
	return rq_fmt(rq, "%s|%s", target_key(rq, in), json_str(in, "PolicyName"));
}

static int no_target(struct request *rq, const json_t *in)
{
	return fault(rq, APPLICATION_AUTOSCALING_ObjectNotFoundException,
		     "No scalable target found for service namespace: %s, resource ID: %s, "
		     "scalable dimension: %s",
		     json_str(in, "ServiceNamespace"), json_str(in, "ResourceId"),
		     json_str(in, "ScalableDimension"));
}

/* For ECS, whatever role is asked for, the service-linked one is used. */
static const char *role_arn(struct request *rq, const json_t *in)
{
	if (strcmp(json_str(in, "ServiceNamespace"), "ecs") != 0 && json_has(in, "RoleARN"))
		return json_str(in, "RoleARN");
	return rq_fmt(rq,
		      "arn:%s:iam::%s:role/aws-service-role/ecs.application-autoscaling.amazonaws."
		      "com/AWSServiceRoleForApplicationAutoScaling_ECSService",
		      rq->partition, rq->account);
}

static json_t *new_target(struct request *rq, const json_t *in)
{
	static const char *const members[] = {"ServiceNamespace", "ResourceId",
					      "ScalableDimension"};
	json_t *target = rq_object(rq);
	json_t *suspended;

	for (size_t i = 0; i < array_len(members); i++)
		json_set(target, members[i], json_get(in, members[i]));
	json_set_str(target, "RoleARN", role_arn(rq, in));
	json_set_time(target, "CreationTime", rq->now);
	json_set_str(target, "ScalableTargetARN",
		     rq_arn(rq, "application-autoscaling",
			    rq_fmt(rq, "scalable-target/%s", id_new(rq, "", 28))));
	suspended = json_add_object(target, "SuspendedState");
	json_set_bool(suspended, "DynamicScalingInSuspended", false);
	json_set_bool(suspended, "DynamicScalingOutSuspended", false);
	json_set_bool(suspended, "ScheduledScalingSuspended", false);
	return target;
}

static int register_scalable_target(struct request *rq, const json_t *in, json_t *out)
{
	const char *key = target_key(rq, in);
	json_t *target = store_edit(rq->tx, TARGET, key);
	json_t *suspended;

	if (!target && (!json_has(in, "MinCapacity") || !json_has(in, "MaxCapacity")))
		return fault(rq, APPLICATION_AUTOSCALING_ValidationException,
			     "MinCapacity and MaxCapacity are required when a scalable target is "
			     "registered for the first time");
	if (!target)
		target = new_target(rq, in);
	json_set(target, "MinCapacity", json_get(in, "MinCapacity"));
	json_set(target, "MaxCapacity", json_get(in, "MaxCapacity"));
	suspended = json_object_get(target, "SuspendedState");
	if (json_has(in, "SuspendedState"))
		json_object_update(suspended, rq_copy(rq, json_get(in, "SuspendedState")));
	if (json_int_or(target, "MinCapacity", 0) > json_int_or(target, "MaxCapacity", 0))
		return fault(rq, APPLICATION_AUTOSCALING_ValidationException,
			     "Maximum capacity cannot be less than minimum capacity");
	store_put(rq->tx, TARGET, key, target);
	json_set(out, "ScalableTargetARN", json_get(target, "ScalableTargetARN"));
	return 0;
}

/* A filter that is not given matches; one list of names may be asked for too. */
static bool matches(const json_t *document, const json_t *in, const char *list, const char *member)
{
	static const char *const filters[] = {"ServiceNamespace", "ResourceId",
					      "ScalableDimension"};
	const json_t *names = json_get(in, list);

	for (size_t i = 0; i < array_len(filters); i++) {
		const char *wanted = json_str(in, filters[i]);

		if (wanted && strcmp(wanted, json_str(document, filters[i])) != 0)
			return false;
	}
	return json_array_size(names) == 0 || json_list_has(names, json_str(document, member));
}

static int describe(struct request *rq, const json_t *in, json_t *out, const char *kind,
		    const char *list, const char *member, const char *result)
{
	json_t *found = rq_array(rq);
	const char *next = NULL;
	const json_t *document;
	json_t *page;
	size_t i;

	json_each (store_list(rq->tx, kind), i, document)
		if (matches(document, in, list, member))
			json_push(found, document);
	page = page_of(rq, found, json_int_or(in, "MaxResults", PAGE), json_str(in, "NextToken"),
		       &next);
	if (!page)
		return fault(rq, APPLICATION_AUTOSCALING_InvalidNextTokenException,
			     "The token is not valid.");
	json_set(out, result, page);
	json_set_str(out, "NextToken", next);
	return 0;
}

static int describe_scalable_targets(struct request *rq, const json_t *in, json_t *out)
{
	return describe(rq, in, out, TARGET, "ResourceIds", "ResourceId", "ScalableTargets");
}

static int describe_scaling_policies(struct request *rq, const json_t *in, json_t *out)
{
	return describe(rq, in, out, POLICY, "PolicyNames", "PolicyName", "ScalingPolicies");
}

/* Nothing was ever scaled, which is what the empty list says. */
static int describe_scaling_activities(struct request *rq, const json_t *in, json_t *out)
{
	json_add_array(out, "ScalingActivities");
	return 0;
}

/* Its policies go with it. */
static int deregister_scalable_target(struct request *rq, const json_t *in, json_t *out)
{
	const char *key = target_key(rq, in);
	const json_t *name;
	size_t i;

	if (!store_delete(rq->tx, TARGET, key))
		return no_target(rq, in);
	json_each (store_keys(rq->tx, POLICY, rq_fmt(rq, "%s|", key)), i, name)
		store_delete(rq->tx, POLICY, json_string_value(name));
	return 0;
}

static const char *policy_arn(struct request *rq, const json_t *in)
{
	return rq_arn(rq, "autoscaling",
		      rq_fmt(rq, "scalingPolicy:%s:resource/%s/%s:policyName/%s", id_uuid(rq),
			     json_str(in, "ServiceNamespace"), json_str(in, "ResourceId"),
			     json_str(in, "PolicyName")));
}

static int put_scaling_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *key = policy_key(rq, in);
	const json_t *old = store_get(rq->tx, POLICY, key);
	json_t *policy = rq_copy(rq, in);

	if (!store_has(rq->tx, TARGET, target_key(rq, in)))
		return no_target(rq, in);
	if (!json_has(policy, "PolicyType"))
		json_set_str(policy, "PolicyType",
			     old ? json_str(old, "PolicyType") : "StepScaling");
	json_set_str(policy, "PolicyARN", old ? json_str(old, "PolicyARN") : policy_arn(rq, in));
	json_add_array(policy, "Alarms");
	if (old)
		json_set(policy, "CreationTime", json_get(old, "CreationTime"));
	else
		json_set_time(policy, "CreationTime", rq->now);
	store_put(rq->tx, POLICY, key, policy);
	json_set(out, "PolicyARN", json_get(policy, "PolicyARN"));
	json_add_array(out, "Alarms");
	return 0;
}

static int delete_scaling_policy(struct request *rq, const json_t *in, json_t *out)
{
	if (store_delete(rq->tx, POLICY, policy_key(rq, in)))
		return 0;
	return fault(rq, APPLICATION_AUTOSCALING_ObjectNotFoundException,
		     "No scaling policy found for service namespace: %s, resource ID: %s, scalable "
		     "dimension: %s, policy name: %s",
		     json_str(in, "ServiceNamespace"), json_str(in, "ResourceId"),
		     json_str(in, "ScalableDimension"), json_str(in, "PolicyName"));
}

static op_fn *const ops[APPLICATION_AUTOSCALING_NOPS] = {
	[APPLICATION_AUTOSCALING_DeleteScalingPolicy] = delete_scaling_policy,
	[APPLICATION_AUTOSCALING_DeregisterScalableTarget] = deregister_scalable_target,
	[APPLICATION_AUTOSCALING_DescribeScalableTargets] = describe_scalable_targets,
	[APPLICATION_AUTOSCALING_DescribeScalingActivities] = describe_scaling_activities,
	[APPLICATION_AUTOSCALING_DescribeScalingPolicies] = describe_scaling_policies,
	[APPLICATION_AUTOSCALING_PutScalingPolicy] = put_scaling_policy,
	[APPLICATION_AUTOSCALING_RegisterScalableTarget] = register_scalable_target,
};

const struct service application_autoscaling_service = {
	.model = &application_autoscaling_model,
	.ops = ops,
	.resources = application_autoscaling_resources,
	.note = "kept, does not act yet",
};
