/*
 * ec2_cfn_security_group.c - the CloudFormation types of security groups and their rules.
 */
#include "lab/services/ec2/ec2_cfn.h"

#include <string.h>

/* A rule as the template has it, in the shape of IpPermissions. */
static void add_permission(json_t *in, const json_t *rule)
{
	static const struct {
		const char *prop, *list, *member;
	} peers[] = {
		{"CidrIp", "IpRanges", "CidrIp"},
		{"CidrIpv6", "Ipv6Ranges", "CidrIpv6"},
		{"SourcePrefixListId", "PrefixListIds", "PrefixListId"},
		{"DestinationPrefixListId", "PrefixListIds", "PrefixListId"},
		{"SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"},
		{"DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"},
	};
	json_t *permissions = json_object_get(in, "IpPermissions"), *permission, *peer;

	if (!permissions)
		permissions = json_add_array(in, "IpPermissions");
	permission = json_push_object(permissions);
	json_set(permission, "IpProtocol", json_get(rule, "IpProtocol"));
	json_set(permission, "FromPort", json_get(rule, "FromPort"));
	json_set(permission, "ToPort", json_get(rule, "ToPort"));
	for (size_t i = 0; i < array_len(peers); i++) {
		if (!json_has(rule, peers[i].prop))
			continue;
		peer = json_push_object(json_add_array(permission, peers[i].list));
		json_set_str(peer, peers[i].member, json_str(rule, peers[i].prop));
		json_set_str(peer, "Description", json_str(rule, "Description"));
	}
}

static int add_rules(struct request *rq, int op, const char *group_id, const json_t *rules)
{
	json_t *in = rq_object(rq);
	const json_t *rule;
	size_t i;

	json_set_str(in, "GroupId", group_id);
	json_each (rules, i, rule)
		add_permission(in, rule);
	return json_array_size(rules) > 0 ? ec2_cfn_call(rq, op, in, NULL) : 0;
}

/* A template that says what goes out means that nothing else does. */
static int drop_default_egress(struct request *rq, const char *group_id)
{
	json_t *in = rq_object(rq), *permission;

	json_set_str(in, "GroupId", group_id);
	permission = json_push_object(json_add_array(in, "IpPermissions"));
	json_set_str(permission, "IpProtocol", "-1");
	json_set_str(json_push_object(json_add_array(permission, "IpRanges")), "CidrIp",
		     "0.0.0.0/0");
	return ec2_cfn_call(rq, EC2_RevokeSecurityGroupEgress, in, NULL);
}

int ec2_cfn_group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const json_t *egress = json_get(r->props, "SecurityGroupEgress");
	static const char *const members[] = {"GroupName", "VpcId", NULL};
	static const char *const later[] = {"GroupDescription", "SecurityGroupIngress",
					    "SecurityGroupEgress", "Tags", NULL};
	json_t *in = rq_object(rq), *out = rq_object(rq);
	int err;

	err = ec2_cfn_take(rq, r, members, later, in);
	if (err)
		return err;
	if (!json_has(in, "GroupName"))
		json_set_str(in, "GroupName", cfn_name(rq, r, 255, false));
	json_set_str(in, "Description", json_str(r->props, "GroupDescription"));
	ec2_cfn_tags(rq, r, &ec2_security_group, in);
	err = ec2_cfn_call(rq, EC2_CreateSecurityGroup, in, out);
	if (err)
		return err;

	*ret_id = json_str(out, "GroupId");
	if (json_array_size(egress) > 0)
		err = drop_default_egress(rq, *ret_id);
	if (!err)
		err = add_rules(rq, EC2_AuthorizeSecurityGroupEgress, *ret_id, egress);
	if (!err)
		err = add_rules(rq, EC2_AuthorizeSecurityGroupIngress, *ret_id,
				json_get(r->props, "SecurityGroupIngress"));
	return err;
}

static bool has_rule(const json_t *rules, const json_t *rule)
{
	const json_t *other;
	size_t i;

	json_each (rules, i, other)
		if (json_equal(other, rule))
			return true;
	return false;
}

/* The rules of one list that the other does not have. */
static json_t *without(struct request *rq, const json_t *rules, const json_t *others)
{
	json_t *left = rq_array(rq);
	const json_t *rule;
	size_t i;

	json_each (rules, i, rule)
		if (!has_rule(others, rule))
			json_push(left, rule);
	return left;
}

/* What goes goes first: a rule with another description is the same rule to EC2. */
static int change_rules(struct request *rq, const struct cfn_resource *r, const json_t *old,
			const char *prop, int revoke, int authorize)
{
	const json_t *is = json_get(r->props, prop), *was = json_get(old, prop);
	int err = add_rules(rq, revoke, r->physical_id, without(rq, was, is));

	return err ? err : add_rules(rq, authorize, r->physical_id, without(rq, is, was));
}

static bool says_egress(const json_t *props)
{
	return json_array_size(json_get(props, "SecurityGroupEgress")) > 0;
}

/* Without a word about what goes out, everything does. */
static int allow_all_egress(struct request *rq, const char *group_id)
{
	AUTO_JSON json_t *all =
		json_pack("[{s:s, s:s}]", "IpProtocol", "-1", "CidrIp", "0.0.0.0/0");

	return add_rules(rq, EC2_AuthorizeSecurityGroupEgress, group_id, all);
}

int ec2_cfn_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = 0;

	if (says_egress(r->props) && !says_egress(old))
		err = drop_default_egress(rq, r->physical_id);
	if (!err)
		err = change_rules(rq, r, old, "SecurityGroupEgress", EC2_RevokeSecurityGroupEgress,
				   EC2_AuthorizeSecurityGroupEgress);
	if (!err && !says_egress(r->props) && says_egress(old))
		err = allow_all_egress(rq, r->physical_id);
	if (!err)
		err = change_rules(rq, r, old, "SecurityGroupIngress",
				   EC2_RevokeSecurityGroupIngress,
				   EC2_AuthorizeSecurityGroupIngress);
	return err ? err : ec2_cfn_retag(rq, r, old);
}

int ec2_cfn_group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		       int *ret_there)
{
	static const struct cfn_alias aliases[] = {{"GroupDescription", "Description"},
						   {NULL, NULL}};

	return ec2_cfn_read(rq, r, &ec2_security_group, aliases, ret_props, ret_there);
}

int ec2_cfn_group_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteSecurityGroup, "GroupId", r->physical_id);
}

json_t *ec2_cfn_group_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "GroupId") == 0 || strcmp(name, "VpcId") == 0)
		return ec2_cfn_member(rq, &ec2_security_group, r->physical_id, name);
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

static int rule_create(struct request *rq, const struct cfn_resource *r, int op,
		       const char **ret_id)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	int err;

	json_set_str(in, "GroupId", json_str(r->props, "GroupId"));
	add_permission(in, r->props);
	err = ec2_cfn_call(rq, op, in, out);
	if (err == 0)
		*ret_id = json_path_str(out, "SecurityGroupRules.0.SecurityGroupRuleId");
	return err;
}

static int rule_delete(struct request *rq, const struct cfn_resource *r, int op)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "GroupId", json_str(r->props, "GroupId"));
	json_push_str(json_add_array(in, "SecurityGroupRuleIds"), r->physical_id);
	return ec2_cfn_delete_with(rq, op, in);
}

/* Only the description changes in place. */
static int rule_update(struct request *rq, const struct cfn_resource *r)
{
	static const char *const members[] = {"IpProtocol", "FromPort", "ToPort", "Description"};
	const json_t *kept = ec2_get(rq, &ec2_security_group_rule, r->physical_id);
	json_t *in = rq_object(rq), *change, *rule;
	const char *name;
	const json_t *value;

	json_set_str(in, "GroupId", json_str(r->props, "GroupId"));
	change = json_push_object(json_add_array(in, "SecurityGroupRules"));
	json_set_str(change, "SecurityGroupRuleId", r->physical_id);
	rule = json_add_object(change, "SecurityGroupRule");
	json_each_member (kept, name, value)
		if (strcmp(name, "CidrIpv4") == 0 || strcmp(name, "CidrIpv6") == 0 ||
		    strcmp(name, "PrefixListId") == 0)
			json_set(rule, name, value);
	json_set(rule, "ReferencedGroupId", json_path(kept, "ReferencedGroupInfo.GroupId"));
	for (size_t i = 0; i < array_len(members); i++)
		json_set(rule, members[i], json_get(i < 3 ? kept : r->props, members[i]));
	return ec2_cfn_call(rq, EC2_ModifySecurityGroupRules, in, NULL);
}

int ec2_cfn_ingress_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return rule_update(rq, r);
}

int ec2_cfn_egress_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return rule_update(rq, r);
}

int ec2_cfn_ingress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	return rule_create(rq, r, EC2_AuthorizeSecurityGroupIngress, ret_id);
}

int ec2_cfn_ingress_delete(struct request *rq, const struct cfn_resource *r)
{
	return rule_delete(rq, r, EC2_RevokeSecurityGroupIngress);
}

int ec2_cfn_egress_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	return rule_create(rq, r, EC2_AuthorizeSecurityGroupEgress, ret_id);
}

int ec2_cfn_egress_delete(struct request *rq, const struct cfn_resource *r)
{
	return rule_delete(rq, r, EC2_RevokeSecurityGroupEgress);
}

json_t *ec2_cfn_rule_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}
