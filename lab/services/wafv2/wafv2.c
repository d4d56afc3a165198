/*
 * wafv2.c - WAF: web ACLs and what they are associated with, kept.
 *
 *   keeps      wafv2/web_acl      by scope/id     as GetWebACL shows it, _LockToken, _Scope, _Tags
 *              wafv2/association  by resource ARN  WebACLArn
 *   publishes  nothing
 *   left out   rule groups, IP sets, logging, sampled requests: no rule looks at a request yet
 */
#include "lab/services/wafv2/wafv2.h"

#include "lab/aws/page.h"
#include "lab/models/wafv2.h"
#include "lab/services/wafv2/wafv2_cfn.h"

#include <string.h>

#define WEB_ACL "wafv2/web_acl"
#define ASSOCIATION "wafv2/association"
#define LOGGING "wafv2/logging"

#define PAGE 100

static int missing(struct request *rq)
{
	return fault(rq, WAFV2_WAFNonexistentItemException,
		     "AWS WAF couldn’t perform the operation because your resource doesn’t exist.");
}

static const char *key_of(struct request *rq, const char *scope, const char *id)
{
	return rq_fmt(rq, "%s/%s", scope, id);
}

static const char *web_acl_arn(struct request *rq, const char *scope, const char *name,
			       const char *id)
{
	const char *where = strcmp(scope, "CLOUDFRONT") == 0 ? "global" : "regional";

	return rq_arn(rq, "wafv2", rq_fmt(rq, "%s/webacl/%s/%s", where, name, id));
}

/* Web ACL capacity units: what AWS says its managed groups and statements cost. */
static const struct {
	const char *name;
	int64_t units;
} managed_groups[] = {
	{"AWSManagedRulesCommonRuleSet", 700},
	{"AWSManagedRulesAdminProtectionRuleSet", 100},
	{"AWSManagedRulesKnownBadInputsRuleSet", 200},
	{"AWSManagedRulesSQLiRuleSet", 200},
	{"AWSManagedRulesLinuxRuleSet", 200},
	{"AWSManagedRulesUnixRuleSet", 100},
	{"AWSManagedRulesWindowsRuleSet", 200},
	{"AWSManagedRulesPHPRuleSet", 100},
	{"AWSManagedRulesWordPressRuleSet", 100},
	{"AWSManagedRulesAmazonIpReputationList", 25},
	{"AWSManagedRulesAnonymousIpList", 50},
	{"AWSManagedRulesBotControlRuleSet", 50},
};

static int64_t capacity_of_rule(const json_t *rule)
{
	const json_t *statement = json_get(rule, "Statement");
	const char *group = json_path_str(statement, "ManagedRuleGroupStatement.Name");

	for (size_t i = 0; group && i < array_len(managed_groups); i++)
		if (strcmp(managed_groups[i].name, group) == 0)
			return managed_groups[i].units;
	return json_has(statement, "RateBasedStatement") ? 2 : 1;
}

static int64_t capacity_of(const json_t *rules)
{
	int64_t units = 0;
	const json_t *rule;
	size_t i;

	json_each (rules, i, rule)
		units += capacity_of_rule(rule);
	return units;
}

static int check_rules(struct request *rq, const json_t *rules)
{
	const json_t *rule, *other;
	size_t i, k;

	json_each (rules, i, rule) {
		if (json_has(rule, "Action") == json_has(rule, "OverrideAction"))
			return fault(rq, WAFV2_WAFInvalidParameterException,
				     "Error reason: You have used none or multiple values for a "
				     "field that requires exactly one value., field: RULE_ACTION, "
				     "parameter: %s",
				     json_str(rule, "Name"));
		for (k = 0; k < i; k++) {
			other = json_at(rules, k);
			if (json_int_or(other, "Priority", -1) ==
				    json_int_or(rule, "Priority", -2) ||
			    strcmp(json_str(other, "Name"), json_str(rule, "Name")) == 0)
				return fault(rq, WAFV2_WAFInvalidParameterException,
					     "Error reason: Two rules have the same priority or "
					     "name., field: RULE, parameter: %s",
					     json_str(rule, "Name"));
		}
	}
	return 0;
}

/* What Create and Update both set. */
static void set_definition(struct request *rq, json_t *acl, const json_t *in)
{
	static const char *const members[] = {
		"DefaultAction",    "Description",	    "Rules",
		"VisibilityConfig", "CustomResponseBodies", "CaptchaConfig"};

	for (size_t i = 0; i < array_len(members); i++) {
		json_drop(acl, members[i]);
		json_set(acl, members[i], json_get(in, members[i]));
	}
	if (!json_has(acl, "Rules"))
		json_add_array(acl, "Rules");
	json_set_int(acl, "Capacity", capacity_of(json_get(in, "Rules")));
	json_set_str(acl, "_LockToken", id_uuid(rq));
}

static void add_summary(json_t *summary, const json_t *acl)
{
	json_set(summary, "Name", json_get(acl, "Name"));
	json_set(summary, "Id", json_get(acl, "Id"));
	json_set_str(summary, "Description", json_str_or(acl, "Description", ""));
	json_set(summary, "LockToken", json_get(acl, "_LockToken"));
	json_set(summary, "ARN", json_get(acl, "ARN"));
}

static bool name_is_taken(struct request *rq, const char *scope, const char *name)
{
	const json_t *acl;
	size_t i;

	json_each (store_list_prefix(rq->tx, WEB_ACL, rq_fmt(rq, "%s/", scope)), i, acl)
		if (strcmp(json_str(acl, "Name"), name) == 0)
			return true;
	return false;
}

static int create_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Name");
	const char *scope = json_str(in, "Scope");
	const char *id = id_uuid(rq);
	json_t *acl = rq_object(rq);
	int err = check_rules(rq, json_get(in, "Rules"));

	if (err)
		return err;
	if (name_is_taken(rq, scope, name))
		return fault(rq, WAFV2_WAFDuplicateItemException,
			     "AWS WAF couldn’t perform the operation because some resource in your "
			     "request is a duplicate of an existing one.");
	json_set_str(acl, "Name", name);
	json_set_str(acl, "Id", id);
	json_set_str(acl, "ARN", web_acl_arn(rq, scope, name, id));
	set_definition(rq, acl, in);
	json_set_bool(acl, "ManagedByFirewallManager", false);
	json_set_str(acl, "LabelNamespace", rq_fmt(rq, "awswaf:%s:webacl:%s:", rq->account, name));
	json_set_str(acl, "_Scope", scope);
	json_set(acl, "_Tags", json_get(in, "Tags"));
	store_put(rq->tx, WEB_ACL, key_of(rq, scope, id), acl);
	add_summary(json_add_object(out, "Summary"), acl);
	return 0;
}

/* By scope, id and name: all three must be right. */
static const json_t *find_web_acl(struct request *rq, const json_t *in)
{
	const json_t *acl =
		store_get(rq->tx, WEB_ACL, key_of(rq, json_str(in, "Scope"), json_str(in, "Id")));

	return acl && strcmp(json_str(acl, "Name"), json_str(in, "Name")) == 0 ? acl : NULL;
}

static const json_t *find_by_arn(struct request *rq, const char *arn)
{
	const json_t *acl;
	size_t i;

	json_each (store_list(rq->tx, WEB_ACL), i, acl)
		if (strcmp(json_str(acl, "ARN"), arn) == 0)
			return acl;
	return NULL;
}

static int get_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *acl = find_web_acl(rq, in);

	if (!acl)
		return missing(rq);
	json_set(out, "WebACL", acl);
	json_set(out, "LockToken", json_get(acl, "_LockToken"));
	return 0;
}

static int list_web_acls(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all =
		store_list_prefix(rq->tx, WEB_ACL, rq_fmt(rq, "%s/", json_str(in, "Scope")));
	json_t *summaries = rq_array(rq);
	const char *next = NULL;
	const json_t *acl;
	json_t *page;
	size_t i;

	json_each (all, i, acl)
		add_summary(json_push_object(summaries), acl);
	page = page_of(rq, summaries, json_int_or(in, "Limit", PAGE), json_str(in, "NextMarker"),
		       &next);
	if (!page)
		return fault(rq, WAFV2_WAFInvalidParameterException,
			     "Error reason: The marker is not valid., field: NEXT_MARKER, "
			     "parameter: %s",
			     json_str(in, "NextMarker"));
	json_set(out, "WebACLs", page);
	json_set_str(out, "NextMarker", next);
	return 0;
}

static int check_lock(struct request *rq, const json_t *acl, const json_t *in)
{
	if (strcmp(json_str(acl, "_LockToken"), json_str(in, "LockToken")) == 0)
		return 0;
	return fault(rq, WAFV2_WAFOptimisticLockException,
		     "AWS WAF couldn’t save your changes because someone changed the resource "
		     "after you started to edit it. Reapply your changes.");
}

static int update_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *old = find_web_acl(rq, in);
	json_t *acl;
	int err;

	if (!old)
		return missing(rq);
	err = check_lock(rq, old, in);
	if (!err)
		err = check_rules(rq, json_get(in, "Rules"));
	if (err)
		return err;
	acl = rq_copy(rq, old);
	set_definition(rq, acl, in);
	store_put(rq->tx, WEB_ACL, key_of(rq, json_str(in, "Scope"), json_str(in, "Id")), acl);
	json_set(out, "NextLockToken", json_get(acl, "_LockToken"));
	return 0;
}

static int delete_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *acl = find_web_acl(rq, in);
	const json_t *association;
	size_t i;
	int err;

	if (!acl)
		return missing(rq);
	err = check_lock(rq, acl, in);
	if (err)
		return err;
	json_each (store_list(rq->tx, ASSOCIATION), i, association)
		if (strcmp(json_str(association, "WebACLArn"), json_str(acl, "ARN")) == 0)
			return fault(rq, WAFV2_WAFAssociatedItemException,
				     "AWS WAF couldn’t perform the operation because your resource "
				     "is being used by another resource or it’s associated with "
				     "another resource.");
	store_delete(rq->tx, LOGGING, json_str(acl, "ARN"));
	store_delete(rq->tx, WEB_ACL, key_of(rq, json_str(in, "Scope"), json_str(in, "Id")));
	return 0;
}

static int associate_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	json_t *association = rq_object(rq);

	if (!find_by_arn(rq, json_str(in, "WebACLArn")))
		return missing(rq);
	json_set(association, "WebACLArn", json_get(in, "WebACLArn"));
	json_set(association, "ResourceArn", json_get(in, "ResourceArn"));
	store_put(rq->tx, ASSOCIATION, json_str(in, "ResourceArn"), association);
	return 0;
}

static int disassociate_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	store_delete(rq->tx, ASSOCIATION, json_str(in, "ResourceArn"));
	return 0;
}

static int get_web_acl_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *association = store_get(rq->tx, ASSOCIATION, json_str(in, "ResourceArn"));

	if (association)
		json_set(out, "WebACL", find_by_arn(rq, json_str(association, "WebACLArn")));
	return 0;
}

static int list_resources_for_web_acl(struct request *rq, const json_t *in, json_t *out)
{
	json_t *arns = json_add_array(out, "ResourceArns");
	const json_t *association;
	size_t i;

	if (!find_by_arn(rq, json_str(in, "WebACLArn")))
		return missing(rq);
	json_each (store_list(rq->tx, ASSOCIATION), i, association)
		if (strcmp(json_str(association, "WebACLArn"), json_str(in, "WebACLArn")) == 0)
			json_push(arns, json_get(association, "ResourceArn"));
	return 0;
}

static int list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *acl = find_by_arn(rq, json_str(in, "ResourceARN"));
	json_t *info;

	if (!acl)
		return missing(rq);
	info = json_add_object(out, "TagInfoForResource");
	json_set(info, "ResourceARN", json_get(acl, "ARN"));
	json_set(info, "TagList", json_get(acl, "_Tags"));
	if (!json_has(info, "TagList"))
		json_add_array(info, "TagList");
	return 0;
}

static int put_logging_configuration(struct request *rq, const json_t *in, json_t *out)
{
	json_t *logging = rq_copy(rq, json_get(in, "LoggingConfiguration"));
	const json_t *to = json_get(logging, "LogDestinationConfigs");
	const char *arn = json_str(logging, "ResourceArn");
	const char *destination = json_array_size(to) ? json_string_value(json_at(to, 0)) : "";

	if (!find_by_arn(rq, arn))
		return missing(rq);
	if (!strstr(destination, ":aws-waf-logs-") && !strstr(destination, "/aws-waf-logs-"))
		return fault(rq, WAFV2_WAFInvalidParameterException,
			     "Error reason: The ARN isn't valid. A valid ARN begins with arn: and "
			     "includes other information separated by colons or slashes., field: "
			     "LOG_DESTINATION, parameter: %s",
			     destination);
	json_set_bool(logging, "ManagedByFirewallManager", false);
	store_put(rq->tx, LOGGING, arn, logging);
	json_set(out, "LoggingConfiguration", logging);
	return 0;
}

static int get_logging_configuration(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *logging = store_get(rq->tx, LOGGING, json_str(in, "ResourceArn"));

	if (!logging)
		return missing(rq);
	json_set(out, "LoggingConfiguration", logging);
	return 0;
}

static int delete_logging_configuration(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ResourceArn");

	if (!store_has(rq->tx, LOGGING, arn))
		return missing(rq);
	store_delete(rq->tx, LOGGING, arn);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	switch (op) {
	case WAFV2_CreateWebACL:
		return web_acl_arn(rq, json_str(in, "Scope"), json_str(in, "Name"), "*");
	case WAFV2_GetWebACL:
	case WAFV2_UpdateWebACL:
	case WAFV2_DeleteWebACL:
		return web_acl_arn(rq, json_str(in, "Scope"), json_str(in, "Name"),
				   json_str(in, "Id"));
	case WAFV2_PutLoggingConfiguration:
		return json_path_str(in, "LoggingConfiguration.ResourceArn");
	case WAFV2_GetLoggingConfiguration:
	case WAFV2_DeleteLoggingConfiguration:
		return json_str(in, "ResourceArn");
	case WAFV2_AssociateWebACL:
	case WAFV2_ListResourcesForWebACL:
		return json_str(in, "WebACLArn");
	default:
		return NULL;
	}
}

static op_fn *const ops[WAFV2_NOPS] = {
	[WAFV2_AssociateWebACL] = associate_web_acl,
	[WAFV2_CreateWebACL] = create_web_acl,
	[WAFV2_DeleteLoggingConfiguration] = delete_logging_configuration,
	[WAFV2_DeleteWebACL] = delete_web_acl,
	[WAFV2_DisassociateWebACL] = disassociate_web_acl,
	[WAFV2_GetLoggingConfiguration] = get_logging_configuration,
	[WAFV2_GetWebACL] = get_web_acl,
	[WAFV2_GetWebACLForResource] = get_web_acl_for_resource,
	[WAFV2_ListResourcesForWebACL] = list_resources_for_web_acl,
	[WAFV2_ListTagsForResource] = list_tags_for_resource,
	[WAFV2_ListWebACLs] = list_web_acls,
	[WAFV2_PutLoggingConfiguration] = put_logging_configuration,
	[WAFV2_UpdateWebACL] = update_web_acl,
};

const struct service wafv2_service = {
	.model = &wafv2_model,
	.ops = ops,
	.resources = wafv2_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
