/*
 * elbv2_cfn.c - the CloudFormation types of this service.
 *
 *   left out   other subnets of a load balancer, other targets of a group
 */
#include "lab/services/elbv2/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

#define NAME_MAX_CHARS 32

static int call(struct request *rq, int op, const json_t *in, json_t *out)
{
	return cfn_call(rq, &elbv2_model, op, in, out);
}

/* The properties, of which the operation reads its own, for what has this ARN. */
static json_t *input(struct request *rq, const struct cfn_resource *r, const char *member,
		     const char *arn)
{
	json_t *in = rq_copy(rq, r->props);

	json_set_str(in, member, arn);
	return in;
}

/* Calls `op` with all tags and takes the id that is at `path` in its answer. */
static int create_by(struct request *rq, int op, const struct cfn_resource *r, json_t *in,
		     const char *path, const char **ret_id)
{
	json_t *out = rq_object(rq);
	int err;

	json_drop(in, "Tags"); /* an empty list is too short for the API */
	json_set(in, "Tags", cfn_tags(rq, r));
	err = call(rq, op, in, out);
	if (err == 0)
		*ret_id = json_path_str(out, path);
	return err;
}

static int delete_by(struct request *rq, int op, const char *member, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, member, r->physical_id);
	return cfn_call_unless(rq, &elbv2_model, op, in, "NotFound");
}

static int set_attributes(struct request *rq, int op, const char *member, const char *arn,
			  const json_t *list)
{
	json_t *in = rq_object(rq);

	if (!json_array_size(list))
		return 0;
	json_set_str(in, member, arn);
	json_set(in, "Attributes", list);
	return call(rq, op, in, NULL);
}

/* The input of a type that gets a name if it has none. */
static json_t *named_input(struct request *rq, const struct cfn_resource *r)
{
	return input(rq, r, "Name", cfn_name_prop(rq, r, "Name", NAME_MAX_CHARS, false));
}

static const struct cfn_tagging tagging = {
	.model = &elbv2_model,
	.tag_op = ELBV2_AddTags,
	.untag_op = ELBV2_RemoveTags,
	.id = "ResourceArns",
	.id_is_list = true,
	.tags = "Tags",
	.keys = "TagKeys",
	.key = "Key",
	.value = "Value",
};

static int retag(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return cfn_retag(rq, r, old, &tagging, r->physical_id);
}

/* What AWS changes in place and the lab does not. */
static int refuse_changes(struct request *rq, const struct cfn_resource *r, const json_t *old,
			  const char *const *names)
{
	for (; *names; names++) {
		const json_t *before = json_get(old, *names);
		const json_t *after = json_get(r->props, *names);

		if (before != after && !(before && after && json_equal(before, after)))
			return fault(rq, ELBV2_InvalidConfigurationRequestException,
				     "A change of %s of %s is not in the lab", *names,
				     r->logical_id);
	}
	return 0;
}

/* AWS::ElasticLoadBalancingV2::LoadBalancer */

static int load_balancer_create(struct request *rq, const struct cfn_resource *r,
				const char **ret_id)
{
	int err = create_by(rq, ELBV2_CreateLoadBalancer, r, named_input(rq, r),
			    "LoadBalancers.0.LoadBalancerArn", ret_id);

	if (err)
		return err;
	return set_attributes(rq, ELBV2_ModifyLoadBalancerAttributes, "LoadBalancerArn", *ret_id,
			      json_get(r->props, "LoadBalancerAttributes"));
}

static int load_balancer_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"Subnets", "SubnetMappings", "IpAddressType", NULL};
	int err = refuse_changes(rq, r, old, fixed);

	if (!err && json_has(r->props, "SecurityGroups"))
		err = call(rq, ELBV2_SetSecurityGroups,
			   input(rq, r, "LoadBalancerArn", r->physical_id), NULL);
	if (!err)
		err = set_attributes(rq, ELBV2_ModifyLoadBalancerAttributes, "LoadBalancerArn",
				     r->physical_id, json_get(r->props, "LoadBalancerAttributes"));
	return err ? err : retag(rq, r, old);
}

static int load_balancer_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			      int *ret_there)
{
	static const struct cfn_alias aliases[] = {{"Name", "LoadBalancerName"}, {NULL, NULL}};
	static const struct cfn_reading reading = {
		.model = &elbv2_model,
		.op = ELBV2_DescribeLoadBalancers,
		.id = "LoadBalancerArns",
		.id_is_list = true,
		.path = "LoadBalancers.0",
		.gone = "NotFound",
		.aliases = aliases,
	};

	return cfn_read(rq, r, &reading, NULL, ret_props, ret_there);
}

static int load_balancer_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_by(rq, ELBV2_DeleteLoadBalancer, "LoadBalancerArn", r);
}

static int load_balancer_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const json_t *document = load_balancer_get(rq, r->physical_id);
	const char *code = json_path_str(document, "State.Code");

	if (!document)
		return ELBV2_LoadBalancerNotFoundException;
	if (strcmp(code, "active_impaired") == 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException, "%s",
			     json_path_str(document, "State.Reason"));
	*ret_there = strcmp(code, "active") == 0;
	return 0;
}

/* "…:loadbalancer/app/n/id" → "app/n/id" */
static json_t *behind(const char *arn, const char *mark)
{
	const char *at = strstr(arn, mark);

	return at ? json_string(at + strlen(mark)) : NULL;
}

static json_t *member(const json_t *document, const char *name)
{
	const json_t *value = json_get(document, name);

	return value ? json_deep_copy(value) : NULL;
}

static json_t *load_balancer_get_att(struct request *rq, const struct cfn_resource *r,
				     const char *name)
{
	const json_t *document = store_get(rq->tx, LOAD_BALANCER, r->physical_id);

	if (strcmp(name, "LoadBalancerFullName") == 0)
		return behind(r->physical_id, ":loadbalancer/");
	if (strcmp(name, "CanonicalHostedZoneID") == 0)
		return member(document, "CanonicalHostedZoneId");
	return name[0] == '_' ? NULL : member(document, name);
}

/* AWS::ElasticLoadBalancingV2::TargetGroup */

static int target_group_create(struct request *rq, const struct cfn_resource *r,
			       const char **ret_id)
{
	int err = create_by(rq, ELBV2_CreateTargetGroup, r, named_input(rq, r),
			    "TargetGroups.0.TargetGroupArn", ret_id);

	if (err == 0)
		err = set_attributes(rq, ELBV2_ModifyTargetGroupAttributes, "TargetGroupArn",
				     *ret_id, json_get(r->props, "TargetGroupAttributes"));
	if (err || !json_array_size(json_get(r->props, "Targets")))
		return err;
	return call(rq, ELBV2_RegisterTargets, input(rq, r, "TargetGroupArn", *ret_id), NULL);
}

static int target_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"Targets", NULL};
	int err = refuse_changes(rq, r, old, fixed);

	if (!err)
		err = call(rq, ELBV2_ModifyTargetGroup,
			   input(rq, r, "TargetGroupArn", r->physical_id), NULL);
	if (!err)
		err = set_attributes(rq, ELBV2_ModifyTargetGroupAttributes, "TargetGroupArn",
				     r->physical_id, json_get(r->props, "TargetGroupAttributes"));
	return err ? err : retag(rq, r, old);
}

static int target_group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			     int *ret_there)
{
	static const struct cfn_alias aliases[] = {{"Name", "TargetGroupName"}, {NULL, NULL}};
	static const struct cfn_reading reading = {
		.model = &elbv2_model,
		.op = ELBV2_DescribeTargetGroups,
		.id = "TargetGroupArns",
		.id_is_list = true,
		.path = "TargetGroups.0",
		.gone = "NotFound",
		.aliases = aliases,
	};

	return cfn_read(rq, r, &reading, NULL, ret_props, ret_there);
}

static int target_group_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_by(rq, ELBV2_DeleteTargetGroup, "TargetGroupArn", r);
}

static json_t *target_group_get_att(struct request *rq, const struct cfn_resource *r,
				    const char *name)
{
	const json_t *document = store_get(rq->tx, TARGET_GROUP, r->physical_id);

	if (!document)
		return NULL;
	if (strcmp(name, "TargetGroupFullName") == 0)
		return json_string(strrchr(r->physical_id, ':') + 1);
	if (strcmp(name, "LoadBalancerArns") == 0)
		return json_deep_copy(target_group_users(rq, r->physical_id));
	return name[0] == '_' ? NULL : member(document, name);
}

/* AWS::ElasticLoadBalancingV2::Listener */

static int listener_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	return create_by(rq, ELBV2_CreateListener, r, rq_copy(rq, r->props),
			 "Listeners.0.ListenerArn", ret_id);
}

static int listener_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = call(rq, ELBV2_ModifyListener, input(rq, r, "ListenerArn", r->physical_id), NULL);

	return err ? err : retag(rq, r, old);
}

static int listener_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_by(rq, ELBV2_DeleteListener, "ListenerArn", r);
}

/* There when clients can connect, on every node. */
static int listener_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const json_t *listener = listener_get(rq, r->physical_id);
	const json_t *load_balancer =
		store_get(rq->tx, LOAD_BALANCER, json_str_or(listener, "LoadBalancerArn", ""));
	const json_t *one;
	size_t open = 0;
	size_t i;

	if (!listener)
		return ELBV2_ListenerNotFoundException;
	json_each (json_get(load_balancer, "_listening"), i, one) {
		if (json_int_or(one, "port", 0) != json_int_or(listener, "Port", -1))
			continue;
		if (json_has(one, "error"))
			return fault(rq, ELBV2_InvalidConfigurationRequestException, "%s",
				     json_path_str(load_balancer, "State.Reason"));
		open++;
	}
	*ret_there = open > 0 && open == json_array_size(json_get(load_balancer, "_nodes"));
	return 0;
}

static json_t *listener_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "ListenerArn") == 0 ? json_string(r->physical_id) : NULL;
}

/* AWS::ElasticLoadBalancingV2::ListenerRule */

static int rule_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	return create_by(rq, ELBV2_CreateRule, r, rq_copy(rq, r->props), "Rules.0.RuleArn", ret_id);
}

static int rule_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *priorities = rq_object(rq);
	json_t *pair;
	int err = call(rq, ELBV2_ModifyRule, input(rq, r, "RuleArn", r->physical_id), NULL);

	if (!err)
		err = retag(rq, r, old);
	if (err || !json_has(r->props, "Priority"))
		return err;
	pair = json_push_object(json_add_array(priorities, "RulePriorities"));
	json_set_str(pair, "RuleArn", r->physical_id);
	json_set(pair, "Priority", json_get(r->props, "Priority"));
	return call(rq, ELBV2_SetRulePriorities, priorities, NULL);
}

static int rule_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_by(rq, ELBV2_DeleteRule, "RuleArn", r);
}

static json_t *rule_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "IsDefault") == 0)
		return json_false();
	return strcmp(name, "RuleArn") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource elb_resources[] = {
	{
		.type = "AWS::ElasticLoadBalancingV2::LoadBalancer",
		.create = load_balancer_create,
		.update = load_balancer_update,
		.read = load_balancer_read,
		.delete = load_balancer_delete,
		.settled = load_balancer_settled,
		.get_att = load_balancer_get_att,
	},
	{
		.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
		.create = target_group_create,
		.update = target_group_update,
		.read = target_group_read,
		.delete = target_group_delete,
		.get_att = target_group_get_att,
	},
	{
		.type = "AWS::ElasticLoadBalancingV2::Listener",
		.create = listener_create,
		.update = listener_update,
		.delete = listener_delete,
		.settled = listener_settled,
		.get_att = listener_get_att,
	},
	{
		.type = "AWS::ElasticLoadBalancingV2::ListenerRule",
		.create = rule_create,
		.update = rule_update,
		.delete = rule_delete,
		.get_att = rule_get_att,
	},
	{.type = NULL},
};
