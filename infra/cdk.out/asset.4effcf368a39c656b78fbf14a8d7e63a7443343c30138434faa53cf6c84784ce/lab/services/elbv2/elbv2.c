/*
 * elbv2.c - Elastic Load Balancing v2: application load balancers, their listeners, rules, target
 * groups and targets.
 *
 *   keeps      a kind a noun (nouns.h)
 *   publishes  elbv2.target.changed          {TargetGroupArn, Target, TargetHealth}
 *              elbv2.load-balancer.changed   {LoadBalancerArn, State}
 *   hears      nothing; the data plane's facts come to orders.c
 *   left out   network and gateway load balancers, TLS, authentication, stickiness, slow start,
 *              targets that are instances, functions or load balancers
 */
#include "lab/services/elbv2/elbv2.h"
#include "lab/services/elbv2/nouns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *elb_arn(struct request *rq, const char *kind, const char *name)
{
	return rq_arn(rq, "elasticloadbalancing",
		      rq_fmt(rq, "%s/%s/%s", kind, name, id_new(rq, "", 16)));
}

int elb_check_name(struct request *rq, const char *noun, const char *name)
{
	size_t len = strlen(name);
	size_t i;

	if (len == 0 || len > 32)
		return fault_named(rq, "ValidationError",
				   "%s name '%s' cannot be longer than '32' characters", noun,
				   name);
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-')
			return fault_named(rq, "ValidationError",
					   "%s name '%s' can only contain characters that are "
					   "alphanumeric characters and hyphens(-)",
					   noun, name);
	}
	if (name[0] == '-' || name[len - 1] == '-')
		return fault_named(rq, "ValidationError",
				   "%s name '%s' cannot begin or end with a hyphen(-)", noun, name);
	return 0;
}

#define PAGE_MAX 400

static int page_of(struct request *rq, const char *list, const json_t *documents, const json_t *in,
		   json_t *out)
{
	size_t from = strtoul(json_str_or(in, "Marker", "0"), NULL, 10);
	size_t count = (size_t)json_int_or(in, "PageSize", PAGE_MAX);
	json_t *page = json_add_array(out, list);
	size_t i;

	for (i = from; i < json_array_size(documents) && i - from < count; i++)
		json_push(page, json_at(documents, i));
	if (i < json_array_size(documents))
		json_set_str(out, "NextMarker", rq_fmt(rq, "%zu", i));
	return 0;
}

static const json_t *find(const json_t *documents, const char *member, const char *value)
{
	const json_t *document;
	size_t i;

	json_each (documents, i, document) {
		if (strcmp(json_str_or(document, member, ""), value) == 0)
			return document;
	}
	return NULL;
}

static int pick(struct request *rq, const struct elb_listing *listing, const json_t *documents,
		const json_t *wanted, const char *member, json_t *picked)
{
	const json_t *element;
	size_t i;

	json_each (wanted, i, element) {
		const char *value = json_string_value(element);
		const json_t *document = find(documents, member, value);

		if (!document)
			return fault(rq, listing->missing, "%s '%s' not found",
				     listing->missing_text, value);
		json_push(picked, document);
	}
	return 0;
}

int elb_describe(struct request *rq, const struct elb_listing *listing, const json_t *documents,
		 const json_t *in, json_t *out)
{
	const json_t *arns = json_get(in, listing->arns);
	const json_t *names = listing->names ? json_get(in, listing->names) : NULL;
	json_t *picked;
	int err;

	if (!json_array_size(arns) && !json_array_size(names))
		return page_of(rq, listing->list, documents, in, out);
	picked = rq_array(rq);
	err = pick(rq, listing, documents, arns, listing->arn, picked);
	if (err == 0 && names)
		err = pick(rq, listing, documents, names, listing->name, picked);
	return err ? err : page_of(rq, listing->list, picked, in, out);
}

/* The resource an operation acts on is the input member that names it. */
static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	static const char *const members[] = {"RuleArn", "ListenerArn", "TargetGroupArn",
					      "LoadBalancerArn"};

	if (op == ELBV2_CreateTargetGroup)
		return rq_arn(rq, "elasticloadbalancing",
			      rq_fmt(rq, "targetgroup/%s/*", json_str_or(in, "Name", "*")));
	if (op == ELBV2_CreateLoadBalancer)
		return rq_arn(rq, "elasticloadbalancing",
			      rq_fmt(rq, "loadbalancer/app/%s/*", json_str_or(in, "Name", "*")));
	if (op == ELBV2_SetRulePriorities)
		return json_path_str(in, "RulePriorities.0.RuleArn");
	if (op == ELBV2_AddTags || op == ELBV2_RemoveTags)
		return json_string_value(json_at(json_get(in, "ResourceArns"), 0));

	/* The Describe calls know no resource-level permissions. */
	if (strncmp(elbv2_model.ops[op].name, "Describe", 8) == 0)
		return NULL;
	for (size_t i = 0; i < array_len(members); i++) {
		if (json_str(in, members[i]))
			return json_str(in, members[i]);
	}
	return NULL;
}

static op_fn *const ops[ELBV2_NOPS] = {
	[ELBV2_AddTags] = elb_add_tags,
	[ELBV2_CreateListener] = elb_create_listener,
	[ELBV2_CreateLoadBalancer] = elb_create_load_balancer,
	[ELBV2_CreateRule] = elb_create_rule,
	[ELBV2_CreateTargetGroup] = elb_create_target_group,
	[ELBV2_DeleteListener] = elb_delete_listener,
	[ELBV2_DeleteLoadBalancer] = elb_delete_load_balancer,
	[ELBV2_DeleteRule] = elb_delete_rule,
	[ELBV2_DeleteTargetGroup] = elb_delete_target_group,
	[ELBV2_DeregisterTargets] = elb_deregister_targets,
	[ELBV2_DescribeListeners] = elb_describe_listeners,
	[ELBV2_DescribeLoadBalancerAttributes] = elb_describe_load_balancer_attributes,
	[ELBV2_DescribeLoadBalancers] = elb_describe_load_balancers,
	[ELBV2_DescribeRules] = elb_describe_rules,
	[ELBV2_DescribeTags] = elb_describe_tags,
	[ELBV2_DescribeTargetGroupAttributes] = elb_describe_target_group_attributes,
	[ELBV2_DescribeTargetGroups] = elb_describe_target_groups,
	[ELBV2_DescribeTargetHealth] = elb_describe_target_health,
	[ELBV2_ModifyListener] = elb_modify_listener,
	[ELBV2_ModifyLoadBalancerAttributes] = elb_modify_load_balancer_attributes,
	[ELBV2_ModifyRule] = elb_modify_rule,
	[ELBV2_ModifyTargetGroup] = elb_modify_target_group,
	[ELBV2_ModifyTargetGroupAttributes] = elb_modify_target_group_attributes,
	[ELBV2_RegisterTargets] = elb_register_targets,
	[ELBV2_RemoveTags] = elb_remove_tags,
	[ELBV2_SetRulePriorities] = elb_set_rule_priorities,
	[ELBV2_SetSecurityGroups] = elb_set_security_groups,
};

const struct service elbv2_service = {
	.model = &elbv2_model,
	.ops = ops,
	.resources = elb_resources,
	.tick = elb_tick,
	.arn_of = arn_of,
	.plane = "alb",
	.fact = elb_fact,
	.plane_gone = elb_plane_gone,
};
