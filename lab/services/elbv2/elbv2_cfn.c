/*
 * elbv2_cfn.c - the CloudFormation types of this service.
 *
 *   left out   changes that would replace: names, schemes, subnets, ports of target groups
 */
#include "lab/services/elbv2/nouns.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARS 32

/* Templates write 80, "80", true or "true"; the model knows one of them. */
static json_t *as_number(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? json_integer(strtoll(text, NULL, 10)) : json_deep_copy(value);
}

static json_t *as_text(const json_t *value)
{
	if (json_is_integer(value))
		return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "true" : "false");
	return json_deep_copy(value);
}

static json_t *as_bool(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? json_boolean(strcmp(text, "true") == 0) : json_deep_copy(value);
}

static json_t *as_it_is(const json_t *value)
{
	return json_deep_copy(value);
}

static json_t *as_actions(const json_t *value)
{
	json_t *actions = json_deep_copy(value);
	json_t *action;
	json_t *group;
	size_t i;
	size_t j;

	json_array_foreach (actions, i, action) {
		json_t *groups =
			json_object_get(json_object_get(action, "ForwardConfig"), "TargetGroups");

		if (json_has(action, "Order"))
			json_give(action, "Order", as_number(json_get(action, "Order")));
		json_array_foreach (groups, j, group) {
			if (json_has(group, "Weight"))
				json_give(group, "Weight", as_number(json_get(group, "Weight")));
		}
	}
	return actions;
}

/* [{Key, Value}], values as texts. */
static json_t *as_attributes(const json_t *value)
{
	json_t *list = json_deep_copy(value);
	json_t *pair;
	size_t i;

	json_array_foreach (list, i, pair)
		json_give(pair, "Value", as_text(json_get(pair, "Value")));
	return list;
}

struct property {
	const char *name;
	json_t *(*as)(const json_t *value);
};

static void copy_props(json_t *in, const json_t *props, const struct property *properties)
{
	for (; properties->name; properties++) {
		if (json_has(props, properties->name))
			json_give(in, properties->name,
				  properties->as(json_get(props, properties->name)));
	}
}

/* The resource's own, and the stack's that it has not itself. */
static void add_tags(json_t *in, const struct cfn_resource *r)
{
	json_t *tags = json_add_array(in, "Tags");
	const json_t *tag;
	const json_t *own;
	size_t i;
	size_t j;

	json_each (json_get(r->props, "Tags"), i, tag)
		json_push(tags, tag);
	json_each (r->tags, i, tag) {
		bool known = false;

		json_each (json_get(r->props, "Tags"), j, own)
			known |= strcmp(json_str_or(own, "Key", ""), json_str_or(tag, "Key", "")) ==
				 0;
		if (!known)
			json_push(tags, tag);
	}
	if (!json_array_size(tags))
		json_drop(in, "Tags");
}

static int call(struct request *rq, int op, const json_t *in, json_t *out)
{
	int err = aws_call(rq, rq->caller, &elbv2_model, op, in, out);

	return err > 0 ? fault_pass(rq) : err;
}

/* Calls `op` and takes the id that is at `path` in its answer. */
static int create_by(struct request *rq, int op, const json_t *in, const char *path,
		     const char **ret_id)
{
	json_t *out = rq_object(rq);
	int err = call(rq, op, in, out);

	if (err == 0)
		*ret_id = json_path_str(out, path);
	return err;
}

static int delete_by(struct request *rq, int op, const char *member, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);
	int err;

	json_set_str(in, member, r->physical_id);
	err = aws_call(rq, rq->caller, &elbv2_model, op, in, NULL);
	if (err > 0 && strstr(rq->called.code, "NotFound"))
		return 0;
	return err > 0 ? fault_pass(rq) : err;
}

static int set_attributes(struct request *rq, int op, const char *member, const char *arn,
			  const json_t *list)
{
	json_t *in = rq_object(rq);

	if (!json_array_size(list))
		return 0;
	json_set_str(in, member, arn);
	json_give(in, "Attributes", as_attributes(list));
	return call(rq, op, in, NULL);
}

static const char *name_of(struct request *rq, const struct cfn_resource *r)
{
	const char *given = json_str(r->props, "Name");

	return given ? given : cfn_name(rq, r, NAME_MAX_CHARS, false);
}

/* What cannot change in place. */
static int refuse_changes(struct request *rq, const struct cfn_resource *r, const json_t *old,
			  const char *const *names)
{
	for (; *names; names++) {
		const json_t *before = json_get(old, *names);
		const json_t *after = json_get(r->props, *names);

		if (before != after && !(before && after && json_equal(before, after)))
			return fault(rq, ELBV2_InvalidConfigurationRequestException,
				     "A change of %s would replace %s: not in the lab", *names,
				     r->logical_id);
	}
	return 0;
}

/* AWS::ElasticLoadBalancingV2::LoadBalancer */

static int load_balancer_create(struct request *rq, const struct cfn_resource *r,
				const char **ret_id)
{
	static const struct property properties[] = {
		{"Subnets", as_it_is}, {"SubnetMappings", as_it_is}, {"SecurityGroups", as_it_is},
		{"Scheme", as_it_is},  {"Type", as_it_is},	     {"IpAddressType", as_it_is},
		{NULL, NULL},
	};
	json_t *in = rq_object(rq);
	int err;

	json_set_str(in, "Name", name_of(rq, r));
	copy_props(in, r->props, properties);
	add_tags(in, r);
	err = create_by(rq, ELBV2_CreateLoadBalancer, in, "LoadBalancers.0.LoadBalancerArn",
			ret_id);
	if (err)
		return err;
	return set_attributes(rq, ELBV2_ModifyLoadBalancerAttributes, "LoadBalancerArn", *ret_id,
			      json_get(r->props, "LoadBalancerAttributes"));
}

static int load_balancer_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"Name",    "Scheme",	 "Type",
					    "Subnets", "SubnetMappings", NULL};
	json_t *in = rq_object(rq);
	int err = refuse_changes(rq, r, old, fixed);

	if (err)
		return err;
	if (json_has(r->props, "SecurityGroups")) {
		json_set_str(in, "LoadBalancerArn", r->physical_id);
		json_set(in, "SecurityGroups", json_get(r->props, "SecurityGroups"));
		err = call(rq, ELBV2_SetSecurityGroups, in, NULL);
	}
	if (err)
		return err;
	return set_attributes(rq, ELBV2_ModifyLoadBalancerAttributes, "LoadBalancerArn",
			      r->physical_id, json_get(r->props, "LoadBalancerAttributes"));
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

static const struct property health_properties[] = {
	{"HealthCheckEnabled", as_bool},	{"HealthCheckIntervalSeconds", as_number},
	{"HealthCheckPath", as_it_is},		{"HealthCheckPort", as_text},
	{"HealthCheckProtocol", as_it_is},	{"HealthCheckTimeoutSeconds", as_number},
	{"HealthyThresholdCount", as_number},	{"Matcher", as_it_is},
	{"UnhealthyThresholdCount", as_number}, {NULL, NULL},
};

static int target_group_create(struct request *rq, const struct cfn_resource *r,
			       const char **ret_id)
{
	static const struct property properties[] = {
		{"IpAddressType", as_it_is},
		{"Port", as_number},
		{"Protocol", as_it_is},
		{"ProtocolVersion", as_it_is},
		{"TargetType", as_it_is},
		{"VpcId", as_it_is},
		{NULL, NULL},
	};
	json_t *in = rq_object(rq);
	json_t *targets = rq_object(rq);
	int err;

	json_set_str(in, "Name", name_of(rq, r));
	copy_props(in, r->props, properties);
	copy_props(in, r->props, health_properties);
	add_tags(in, r);
	err = create_by(rq, ELBV2_CreateTargetGroup, in, "TargetGroups.0.TargetGroupArn", ret_id);
	if (err == 0)
		err = set_attributes(rq, ELBV2_ModifyTargetGroupAttributes, "TargetGroupArn",
				     *ret_id, json_get(r->props, "TargetGroupAttributes"));
	if (err || !json_array_size(json_get(r->props, "Targets")))
		return err;
	json_set_str(targets, "TargetGroupArn", *ret_id);
	json_set(targets, "Targets", json_get(r->props, "Targets"));
	return call(rq, ELBV2_RegisterTargets, targets, NULL);
}

static int target_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"Name",	  "Port",  "Protocol", "ProtocolVersion",
					    "TargetType", "VpcId", NULL};
	json_t *in = rq_object(rq);
	int err = refuse_changes(rq, r, old, fixed);

	if (err)
		return err;
	json_set_str(in, "TargetGroupArn", r->physical_id);
	copy_props(in, r->props, health_properties);
	err = call(rq, ELBV2_ModifyTargetGroup, in, NULL);
	if (err)
		return err;
	return set_attributes(rq, ELBV2_ModifyTargetGroupAttributes, "TargetGroupArn",
			      r->physical_id, json_get(r->props, "TargetGroupAttributes"));
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

static const struct property listener_properties[] = {
	{"Certificates", as_it_is}, {"DefaultActions", as_actions}, {"Port", as_number},
	{"Protocol", as_it_is},	    {"SslPolicy", as_it_is},	    {NULL, NULL},
};

static int listener_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_object(rq);

	json_set(in, "LoadBalancerArn", json_get(r->props, "LoadBalancerArn"));
	copy_props(in, r->props, listener_properties);
	add_tags(in, r);
	return create_by(rq, ELBV2_CreateListener, in, "Listeners.0.ListenerArn", ret_id);
}

static int listener_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"LoadBalancerArn", NULL};
	json_t *in = rq_object(rq);
	int err = refuse_changes(rq, r, old, fixed);

	if (err)
		return err;
	json_set_str(in, "ListenerArn", r->physical_id);
	copy_props(in, r->props, listener_properties);
	return call(rq, ELBV2_ModifyListener, in, NULL);
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

static const struct property rule_properties[] = {
	{"Actions", as_actions},
	{"Conditions", as_it_is},
	{NULL, NULL},
};

static int rule_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_object(rq);

	json_set(in, "ListenerArn", json_get(r->props, "ListenerArn"));
	if (json_has(r->props, "Priority"))
		json_give(in, "Priority", as_number(json_get(r->props, "Priority")));
	copy_props(in, r->props, rule_properties);
	add_tags(in, r);
	return create_by(rq, ELBV2_CreateRule, in, "Rules.0.RuleArn", ret_id);
}

static int rule_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const fixed[] = {"ListenerArn", NULL};
	json_t *in = rq_object(rq);
	json_t *priorities = rq_object(rq);
	json_t *pair;
	int err = refuse_changes(rq, r, old, fixed);

	if (err)
		return err;
	json_set_str(in, "RuleArn", r->physical_id);
	copy_props(in, r->props, rule_properties);
	err = call(rq, ELBV2_ModifyRule, in, NULL);
	if (err || !json_has(r->props, "Priority"))
		return err;
	pair = json_push_object(json_add_array(priorities, "RulePriorities"));
	json_set_str(pair, "RuleArn", r->physical_id);
	json_give(pair, "Priority", as_number(json_get(r->props, "Priority")));
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
		.delete = load_balancer_delete,
		.settled = load_balancer_settled,
		.get_att = load_balancer_get_att,
	},
	{
		.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
		.create = target_group_create,
		.update = target_group_update,
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
