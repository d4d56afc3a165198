/*
 * security_group_rule.c - the rules of security groups, in and out: kept, they do not act yet.
 *
 *   keeps      ec2/security-group-rule   by id   DescribeSecurityGroupRules' shape
 *   left out   groups of other accounts; checks of IPv6 blocks and prefix lists
 */
#include "lab/services/ec2/security_group_rule.h"

#include <ctype.h>
#include <string.h>

static const struct ec2_filter filters[] = {
	{"group-id", "GroupId"},
	{"security-group-rule-id", "SecurityGroupRuleId"},
	{NULL, NULL},
};

const struct ec2_noun ec2_security_group_rule = {
	.kind = "ec2/security-group-rule",
	.tag_type = "security-group-rule",
	.id = "SecurityGroupRuleId",
	.ids_in = "SecurityGroupRuleIds",
	.list_out = "SecurityGroupRules",
	.missing_code = "InvalidSecurityGroupRuleId.NotFound",
	.missing_front = "The security group rule ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
};

static bool has_ports(const struct ec2_rule *rule)
{
	return strcmp(rule->protocol, "-1") != 0;
}

static void rule_write(struct request *rq, const struct ec2_rule *rule, json_t *document)
{
	static const char *const peers[] = {"CidrIpv4", "CidrIpv6", "PrefixListId",
					    "ReferencedGroupInfo", "Description"};
	json_t *source;

	for (size_t i = 0; i < array_len(peers); i++)
		json_drop(document, peers[i]);
	json_set_str(document, "GroupId", rule->group_id);
	json_set_str(document, "GroupOwnerId", rq->account);
	json_set_bool(document, "IsEgress", rule->egress);
	json_set_str(document, "IpProtocol", rule->protocol);
	json_set_int(document, "FromPort", has_ports(rule) ? rule->from : -1);
	json_set_int(document, "ToPort", has_ports(rule) ? rule->to : -1);
	json_set_str(document, "CidrIpv4", rule->cidr);
	json_set_str(document, "CidrIpv6", rule->cidr6);
	json_set_str(document, "PrefixListId", rule->prefixes);
	json_set_str(document, "Description", rule->description);
	if (rule->source_id) {
		source = json_add_object(document, "ReferencedGroupInfo");
		json_set_str(source, "GroupId", rule->source_id);
		json_set_str(source, "UserId", rq->account);
	}
}

static void rule_read(const json_t *document, struct ec2_rule *ret_rule)
{
	*ret_rule = (struct ec2_rule){
		.group_id = json_str(document, "GroupId"),
		.egress = json_bool_or(document, "IsEgress", false),
		.protocol = json_str_or(document, "IpProtocol", "-1"),
		.from = json_int_or(document, "FromPort", -1),
		.to = json_int_or(document, "ToPort", -1),
		.cidr = json_str(document, "CidrIpv4"),
		.cidr6 = json_str(document, "CidrIpv6"),
		.prefixes = json_str(document, "PrefixListId"),
		.source_id = json_path_str(document, "ReferencedGroupInfo.GroupId"),
		.description = json_str(document, "Description"),
	};
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

/* Descriptions do not count. */
static bool rule_same(const struct ec2_rule *one, const struct ec2_rule *other)
{
	return strcmp(one->group_id, other->group_id) == 0 && one->egress == other->egress &&
	       strcmp(one->protocol, other->protocol) == 0 &&
	       (!has_ports(one) || (one->from == other->from && one->to == other->to)) &&
	       same_text(one->cidr, other->cidr) && same_text(one->cidr6, other->cidr6) &&
	       same_text(one->prefixes, other->prefixes) &&
	       same_text(one->source_id, other->source_id);
}

/* The id of a rule like this one, or NULL. */
static const char *rule_find(struct request *rq, const struct ec2_rule *rule)
{
	const json_t *document;
	struct ec2_rule kept;
	size_t i;

	json_each (store_list(rq->tx, ec2_security_group_rule.kind), i, document) {
		rule_read(document, &kept);
		if (rule_same(&kept, rule))
			return json_str(document, "SecurityGroupRuleId");
	}
	return NULL;
}

const char *ec2_rule_put(struct request *rq, const struct ec2_rule *rule, const json_t *in)
{
	json_t *document = rq_object(rq);
	const char *id = ec2_name_it(rq, &ec2_security_group_rule, "sgr-", in, document);

	rule_write(rq, rule, document);
	ec2_keep(rq, &ec2_security_group_rule, document);
	return id;
}

/* The permission of the list that has this protocol and these ports; a new one if none has. */
static json_t *permission_of(json_t *permissions, const struct ec2_rule *rule)
{
	json_t *permission;
	size_t i;

	json_array_foreach (permissions, i, permission) {
		if (strcmp(json_str_or(permission, "IpProtocol", ""), rule->protocol) == 0 &&
		    (!has_ports(rule) || (json_int_or(permission, "FromPort", -1) == rule->from &&
					  json_int_or(permission, "ToPort", -1) == rule->to)))
			return permission;
	}
	permission = json_push_object(permissions);
	json_set_str(permission, "IpProtocol", rule->protocol);
	if (has_ports(rule)) {
		json_set_int(permission, "FromPort", rule->from);
		json_set_int(permission, "ToPort", rule->to);
	}
	json_add_array(permission, "IpRanges");
	json_add_array(permission, "Ipv6Ranges");
	json_add_array(permission, "PrefixListIds");
	json_add_array(permission, "UserIdGroupPairs");
	return permission;
}

static void add_peer(json_t *permission, const char *list, const char *member, const char *value,
		     const char *description)
{
	json_t *peer;

	if (!value)
		return;
	peer = json_push_object(json_object_get(permission, list));
	json_set_str(peer, member, value);
	json_set_str(peer, "Description", description);
}

json_t *ec2_rule_permissions(struct request *rq, const char *group_id, bool egress)
{
	json_t *permissions = json_array(), *permission, *pairs;
	const json_t *document;
	struct ec2_rule rule;
	size_t i;

	json_each (store_list(rq->tx, ec2_security_group_rule.kind), i, document) {
		rule_read(document, &rule);
		if (strcmp(rule.group_id, group_id) != 0 || rule.egress != egress)
			continue;
		permission = permission_of(permissions, &rule);
		add_peer(permission, "IpRanges", "CidrIp", rule.cidr, rule.description);
		add_peer(permission, "Ipv6Ranges", "CidrIpv6", rule.cidr6, rule.description);
		add_peer(permission, "PrefixListIds", "PrefixListId", rule.prefixes,
			 rule.description);
		add_peer(permission, "UserIdGroupPairs", "GroupId", rule.source_id,
			 rule.description);
		pairs = json_object_get(permission, "UserIdGroupPairs");
		if (rule.source_id)
			json_set_str(json_array_get(pairs, json_array_size(pairs) - 1), "UserId",
				     rq->account);
	}
	return permissions;
}

/* Numbers and upper case become the names that Describe shows. */
static const char *protocol_name(struct request *rq, const char *given)
{
	static const char *const names[][2] = {
		{"6", "tcp"}, {"17", "udp"}, {"1", "icmp"}, {"58", "icmpv6"}, {"all", "-1"},
	};
	char *name = rq_strdup(rq, given);

	for (char *at = name; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	for (size_t i = 0; i < array_len(names); i++)
		if (strcmp(names[i][0], name) == 0)
			return names[i][1];
	return name;
}

static int check_ports(struct request *rq, const struct ec2_rule *rule, const json_t *given)
{
	bool ports = strcmp(rule->protocol, "tcp") == 0 || strcmp(rule->protocol, "udp") == 0;

	if (!ports)
		return 0;
	if (!json_has(given, "FromPort") || !json_has(given, "ToPort"))
		return fault_named(rq, "InvalidParameterValue",
				   "Invalid value 'Must specify both from and to ports with "
				   "TCP/UDP.' for portRange.");
	if (rule->from < 0 || rule->to > 65535 || rule->from > rule->to)
		return fault_named(rq, "InvalidParameterValue",
				   "Invalid value '%lld-%lld' for portRange.",
				   (long long)rule->from, (long long)rule->to);
	return 0;
}

/* What the peers of a permission share. */
static int read_permission(struct request *rq, const json_t *given, const char *group_id,
			   bool egress, struct ec2_rule *ret_rule)
{
	const char *protocol = json_str(given, "IpProtocol");
	struct ec2_rule rule = {.group_id = group_id, .egress = egress, .from = -1, .to = -1};

	if (!protocol)
		return fault_named(rq, "MissingParameter",
				   "The request must contain the parameter ipProtocol");
	rule.protocol = protocol_name(rq, protocol);
	if (has_ports(&rule)) {
		rule.from = json_int_or(given, "FromPort", -1);
		rule.to = json_int_or(given, "ToPort", -1);
	}
	*ret_rule = rule;
	return check_ports(rq, &rule, given);
}

/* The four lists of peers in a permission, and the member that names the peer. */
static const struct peer_list {
	const char *list, *member;
	size_t field; /* of struct ec2_rule */
} peer_lists[] = {
	{"IpRanges", "CidrIp", offsetof(struct ec2_rule, cidr)},
	{"Ipv6Ranges", "CidrIpv6", offsetof(struct ec2_rule, cidr6)},
	{"PrefixListIds", "PrefixListId", offsetof(struct ec2_rule, prefixes)},
	{"UserIdGroupPairs", "GroupId", offsetof(struct ec2_rule, source_id)},
};

static int read_peer(struct request *rq, const struct peer_list *from, const json_t *peer,
		     struct ec2_rule *rule)
{
	const char *value = json_str_or(peer, from->member, "");
	char text[CIDR_TEXT];
	struct cidr cidr;

	memcpy((char *)rule + from->field, &value, sizeof(value));
	rule->description = json_str(peer, "Description");
	if (rule->cidr) {
		if (!cidr_parse(rule->cidr, &cidr))
			return fault_named(rq, "InvalidParameterValue",
					   "CIDR block %s is malformed", rule->cidr);
		rule->cidr = rq_strdup(rq, cidr_text(cidr, text));
	}
	if (rule->source_id && !ec2_get(rq, &ec2_security_group, rule->source_id))
		return ec2_missing(rq, &ec2_security_group, rule->source_id);
	return 0;
}

/* What is to be done with each rule that a call names. */
typedef int rule_deed(struct request *rq, const struct ec2_rule *rule, const json_t *in,
		      json_t *out);

static int each_rule(struct request *rq, const json_t *in, bool egress, rule_deed *deed,
		     json_t *out)
{
	const json_t *permission, *peer;
	struct ec2_rule shared;
	size_t i, j, k;
	int err;

	json_each (json_get(in, "IpPermissions"), i, permission) {
		err = read_permission(rq, permission, json_str(in, "GroupId"), egress, &shared);
		if (err)
			return err;
		for (j = 0; j < array_len(peer_lists); j++) {
			json_each (json_get(permission, peer_lists[j].list), k, peer) {
				struct ec2_rule rule = shared;

				err = read_peer(rq, &peer_lists[j], peer, &rule);
				if (!err)
					err = deed(rq, &rule, in, out);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

/* The old form has one permission in the call itself: moved to where the new one has it. */
static const json_t *with_permissions(struct request *rq, const json_t *in)
{
	static const char *const members[] = {"IpProtocol", "FromPort", "ToPort"};
	json_t *asked, *permission;

	if (json_has(in, "IpPermissions") || !json_has(in, "IpProtocol"))
		return in;
	asked = rq_copy(rq, in);
	permission = json_push_object(json_add_array(asked, "IpPermissions"));
	for (size_t i = 0; i < array_len(members); i++)
		if (json_has(in, members[i]))
			json_set(permission, members[i], json_get(in, members[i]));
	json_set_str(json_push_object(json_add_array(permission, "IpRanges")), "CidrIp",
		     json_str_or(in, "CidrIp", ""));
	return asked;
}

static int authorize_one(struct request *rq, const struct ec2_rule *rule, const json_t *in,
			 json_t *out)
{
	const char *peer = rule->cidr ? rule->cidr : rule->cidr6 ? rule->cidr6 : rule->source_id;
	const char *id;

	if (rule_find(rq, rule))
		return fault_named(rq, "InvalidPermission.Duplicate",
				   "the specified rule \"peer: %s, %s, from port: %lld, to port: "
				   "%lld, ALLOW\" already exists",
				   peer ? peer : rule->prefixes, rule->protocol,
				   (long long)rule->from, (long long)rule->to);

	id = ec2_rule_put(rq, rule, in);
	json_push(json_object_get(out, "SecurityGroupRules"),
		  ec2_get(rq, &ec2_security_group_rule, id));
	return 0;
}

static int authorize(struct request *rq, const json_t *in, bool egress, json_t *out)
{
	const char *id = json_str(in, "GroupId");
	const json_t *asked = with_permissions(rq, in);

	if (!ec2_get(rq, &ec2_security_group, id))
		return ec2_missing(rq, &ec2_security_group, id);
	if (json_array_size(json_get(asked, "IpPermissions")) == 0)
		return fault_named(rq, "MissingParameter",
				   "The request must contain the parameter ipPermissions");

	json_add_array(out, "SecurityGroupRules");
	json_set_bool(out, "Return", true);
	return each_rule(rq, asked, egress, authorize_one, out);
}

int ec2_authorize_security_group_ingress(struct request *rq, const json_t *in, json_t *out)
{
	return authorize(rq, in, false, out);
}

int ec2_authorize_security_group_egress(struct request *rq, const json_t *in, json_t *out)
{
	return authorize(rq, in, true, out);
}

static int revoke_one(struct request *rq, const struct ec2_rule *rule, const json_t *in,
		      json_t *out)
{
	const char *id = rule_find(rq, rule);

	if (!id)
		return fault_named(rq, "InvalidPermission.NotFound",
				   "The specified rule does not exist in this security group.");
	store_delete(rq->tx, ec2_security_group_rule.kind, id);
	return 0;
}

static int withdraw(struct request *rq, const json_t *in, bool egress, json_t *out)
{
	const char *group_id = json_str(in, "GroupId");
	const json_t *element;
	size_t i;

	if (!ec2_get(rq, &ec2_security_group, group_id))
		return ec2_missing(rq, &ec2_security_group, group_id);

	json_set_bool(out, "Return", true);
	json_each (json_get(in, "SecurityGroupRuleIds"), i, element) {
		const char *id = json_string_value(element);
		const json_t *rule = ec2_get(rq, &ec2_security_group_rule, id);

		if (!rule || json_bool_or(rule, "IsEgress", false) != egress ||
		    strcmp(json_str_or(rule, "GroupId", ""), group_id) != 0)
			return ec2_missing(rq, &ec2_security_group_rule, id);
		store_delete(rq->tx, ec2_security_group_rule.kind, id);
	}
	return each_rule(rq, with_permissions(rq, in), egress, revoke_one, out);
}

int ec2_revoke_security_group_ingress(struct request *rq, const json_t *in, json_t *out)
{
	return withdraw(rq, in, false, out);
}

int ec2_revoke_security_group_egress(struct request *rq, const json_t *in, json_t *out)
{
	return withdraw(rq, in, true, out);
}

static int modify_one(struct request *rq, const char *group_id, const json_t *change)
{
	const char *id = json_str(change, "SecurityGroupRuleId");
	const json_t *given = json_get(change, "SecurityGroupRule");
	json_t *document = ec2_edit(rq, &ec2_security_group_rule, id);
	struct ec2_rule rule;
	int err;

	if (!document || strcmp(json_str_or(document, "GroupId", ""), group_id) != 0)
		return ec2_missing(rq, &ec2_security_group_rule, id);
	err = read_permission(rq, given, group_id, json_bool_or(document, "IsEgress", false),
			      &rule);
	if (err)
		return err;
	rule.cidr = json_str(given, "CidrIpv4");
	rule.cidr6 = json_str(given, "CidrIpv6");
	rule.prefixes = json_str(given, "PrefixListId");
	rule.source_id = json_str(given, "ReferencedGroupId");
	rule.description = json_str(given, "Description");
	if (rule.source_id && !ec2_get(rq, &ec2_security_group, rule.source_id))
		return ec2_missing(rq, &ec2_security_group, rule.source_id);
	rule_write(rq, &rule, document);
	ec2_keep(rq, &ec2_security_group_rule, document);
	return 0;
}

int ec2_modify_security_group_rules(struct request *rq, const json_t *in, json_t *out)
{
	const char *group_id = json_str(in, "GroupId");
	const json_t *change;
	size_t i;
	int err;

	if (!ec2_get(rq, &ec2_security_group, group_id))
		return ec2_missing(rq, &ec2_security_group, group_id);
	json_each (json_get(in, "SecurityGroupRules"), i, change) {
		err = modify_one(rq, group_id, change);
		if (err)
			return err;
	}
	json_set_bool(out, "Return", true);
	return 0;
}

int ec2_describe_security_group_rules(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_security_group_rule, in, out);
}
