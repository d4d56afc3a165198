/*
 * application_autoscaling_cfn.c - AWS::ApplicationAutoScaling::ScalableTarget and ::ScalingPolicy.
 *
 * A target's physical id is resource|dimension|namespace; a policy's is its ARN.
 *
 *   left out   scheduled actions of a target
 */
#include "lab/services/application-autoscaling/application_autoscaling_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/application-autoscaling.h"

#include <string.h>

#define MODEL (&application_autoscaling_model)

static int register_target(struct request *rq, const struct cfn_resource *r, json_t **ret_in)
{
	int err = cfn_input(rq, MODEL, APPLICATION_AUTOSCALING_RegisterScalableTarget, r->props,
			    ret_in);

	if (err)
		return err;
	return cfn_call(rq, MODEL, APPLICATION_AUTOSCALING_RegisterScalableTarget, *ret_in, NULL);
}

static int create_target(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = NULL;
	int err = register_target(rq, r, &in);

	if (err)
		return err;
	*ret_id = rq_fmt(rq, "%s|%s|%s", json_str(in, "ResourceId"),
			 json_str(in, "ScalableDimension"), json_str(in, "ServiceNamespace"));
	return 0;
}

static int update_target(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *in = NULL;

	return register_target(rq, r, &in);
}

/* Splits resource|dimension|namespace into the three members. */
static void set_target(struct request *rq, json_t *in, const char *id)
{
	char *rest = rq_strdup(rq, id);

	json_set_str(in, "ResourceId", strsep(&rest, "|"));
	json_set_str(in, "ScalableDimension", rest ? strsep(&rest, "|") : "");
	json_set_str(in, "ServiceNamespace", rest ? rest : "");
}

static int delete_target(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	set_target(rq, in, r->physical_id);
	return cfn_call_unless(rq, MODEL, APPLICATION_AUTOSCALING_DeregisterScalableTarget, in,
			       "ObjectNotFoundException");
}

static json_t *get_target_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

static int put_policy(struct request *rq, const struct cfn_resource *r, json_t *out)
{
	json_t *props = rq_copy(rq, r->props);
	const char *target = json_str(r->props, "ScalingTargetId");
	json_t *in = NULL;
	int err;

	if (target)
		set_target(rq, props, target);
	json_drop(props, "ScalingTargetId");
	err = cfn_input(rq, MODEL, APPLICATION_AUTOSCALING_PutScalingPolicy, props, &in);
	if (err)
		return err;
	return cfn_call(rq, MODEL, APPLICATION_AUTOSCALING_PutScalingPolicy, in, out);
}

static int create_policy(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *out = rq_object(rq);
	int err = put_policy(rq, r, out);

	if (err == 0)
		*ret_id = json_str(out, "PolicyARN");
	return err;
}

static int update_policy(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return put_policy(rq, r, rq_object(rq));
}

/* …:scalingPolicy:<id>:resource/<namespace>/<resource>:policyName/<name> */
static const json_t *find_policy(struct request *rq, const char *arn)
{
	const char *resource = strstr(arn, ":resource/");
	const char *name = strstr(arn, ":policyName/");
	json_t *in = rq_object(rq);
	json_t *out = rq_object(rq);
	const json_t *policy;
	size_t i;

	if (!resource || !name)
		return NULL;
	json_push_str(json_add_array(in, "PolicyNames"), name + strlen(":policyName/"));
	resource += strlen(":resource/");
	json_set_str(in, "ServiceNamespace",
		     rq_fmt(rq, "%.*s", (int)strcspn(resource, "/"), resource));
	if (aws_call(rq, rq->caller, MODEL, APPLICATION_AUTOSCALING_DescribeScalingPolicies, in,
		     out) != 0)
		return NULL;
	json_each (json_get(out, "ScalingPolicies"), i, policy)
		if (strcmp(json_str(policy, "PolicyARN"), arn) == 0)
			return policy;
	return NULL;
}

static int delete_policy(struct request *rq, const struct cfn_resource *r)
{
	static const char *const members[] = {"PolicyName", "ServiceNamespace", "ResourceId",
					      "ScalableDimension"};
	const json_t *policy = find_policy(rq, r->physical_id);
	json_t *in = rq_object(rq);

	if (!policy)
		return 0;
	for (size_t i = 0; i < array_len(members); i++)
		json_set(in, members[i], json_get(policy, members[i]));
	return cfn_call_unless(rq, MODEL, APPLICATION_AUTOSCALING_DeleteScalingPolicy, in,
			       "ObjectNotFoundException");
}

static json_t *get_policy_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Arn") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource application_autoscaling_resources[] = {
	{
		.type = "AWS::ApplicationAutoScaling::ScalableTarget",
		.create = create_target,
		.update = update_target,
		.delete = delete_target,
		.get_att = get_target_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::ApplicationAutoScaling::ScalingPolicy",
		.create = create_policy,
		.update = update_policy,
		.delete = delete_policy,
		.get_att = get_policy_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
