/*
 * security_group.c - security groups: kept, they do not act yet.
 *
 *   keeps      ec2/security-group   by id   DescribeSecurityGroups' shape without its permissions,
 *                                           which are put together from the rules
 *   left out   groups by name only (as before VPCs were)
 */
#include "lab/services/ec2/security_group_rule.h"

#include <string.h>

static const struct ec2_filter filters[] = {
	{"group-id", "GroupId"},
	{"group-name", "GroupName"},
	{"vpc-id", "VpcId"},
	{"description", "Description"},
	{"owner-id", "OwnerId"},
	{"ip-permission.protocol", "IpPermissions.*.IpProtocol"},
	{"ip-permission.from-port", "IpPermissions.*.FromPort"},
	{"ip-permission.to-port", "IpPermissions.*.ToPort"},
	{"ip-permission.cidr", "IpPermissions.*.IpRanges.*.CidrIp"},
	{"ip-permission.group-id", "IpPermissions.*.UserIdGroupPairs.*.GroupId"},
	{"egress.ip-permission.protocol", "IpPermissionsEgress.*.IpProtocol"},
	{"egress.ip-permission.cidr", "IpPermissionsEgress.*.IpRanges.*.CidrIp"},
	{"egress.ip-permission.group-id", "IpPermissionsEgress.*.UserIdGroupPairs.*.GroupId"},
	{NULL, NULL},
};

static bool show_permissions(struct request *rq, json_t *group)
{
	const char *id = json_str(group, "GroupId");

	json_give(group, "IpPermissions", ec2_rule_permissions(rq, id, false));
	json_give(group, "IpPermissionsEgress", ec2_rule_permissions(rq, id, true));
	return true;
}

const struct ec2_noun ec2_security_group = {
	.kind = "ec2/security-group",
	.tag_type = "security-group",
	.id = "GroupId",
	.ids_in = "GroupIds",
	.list_out = "SecurityGroups",
	.missing_code = "InvalidGroup.NotFound",
	.missing_front = "The security group '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
	.show = show_permissions,
};

static const char *find_by_name(struct request *rq, const char *vpc_id, const char *name)
{
	const json_t *group;
	size_t i;

	json_each (ec2_where(rq, &ec2_security_group, "VpcId", vpc_id), i, group)
		if (strcmp(json_str_or(group, "GroupName", ""), name) == 0)
			return rq_strdup(rq, json_str(group, "GroupId"));
	return NULL;
}

const char *ec2_security_group_of(struct request *rq, const char *vpc_id)
{
	return find_by_name(rq, vpc_id, "default");
}

/* A new group lets everything out. */
static const char *make_group(struct request *rq, const char *vpc_id, const char *name,
			      const char *description, const json_t *in)
{
	json_t *group = rq_object(rq);
	const char *id = ec2_name_it(rq, &ec2_security_group, "sg-", in, group);
	struct ec2_rule out = {
		.group_id = id, .egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"};

	json_set_str(group, "GroupName", name);
	json_set_str(group, "Description", description);
	json_set_str(group, "VpcId", vpc_id);
	json_set_str(group, "OwnerId", rq->account);
	ec2_keep(rq, &ec2_security_group, group);
	ec2_rule_put(rq, &out, NULL);
	return id;
}

void ec2_security_group_default(struct request *rq, const char *vpc_id)
{
	const char *id = make_group(rq, vpc_id, "default", "default VPC security group", NULL);
	struct ec2_rule among = {.group_id = id, .protocol = "-1", .source_id = id};

	ec2_rule_put(rq, &among, NULL);
}

int ec2_create_security_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *vpc_id = json_str(in, "VpcId"), *name = json_str_or(in, "GroupName", ""), *id;

	if (!vpc_id)
		return fault_named(rq, "VPCIdNotSpecified", "No default VPC for this user");
	if (!ec2_get(rq, &ec2_vpc, vpc_id))
		return ec2_missing(rq, &ec2_vpc, vpc_id);
	if (strncmp(name, "sg-", 3) == 0)
		return fault_named(rq, "InvalidParameterValue",
				   "Value (%s) for parameter groupName is invalid. Group names may "
				   "not be in the format sg-*.",
				   name);
	if (find_by_name(rq, vpc_id, name))
		return fault_named(rq, "InvalidGroup.Duplicate",
				   "The security group '%s' already exists for VPC '%s'", name,
				   vpc_id);

	id = make_group(rq, vpc_id, name, json_str_or(in, "Description", ""), in);
	json_set_str(out, "GroupId", id);
	json_set(out, "Tags", json_get(ec2_get(rq, &ec2_security_group, id), "Tags"));
	return 0;
}

static bool in_use(struct request *rq, const char *id)
{
	const json_t *element, *group;
	size_t i, j;

	json_each (store_list(rq->tx, ec2_network_interface.kind), i, element)
		json_each (json_get(element, "Groups"), j, group)
			if (strcmp(json_str_or(group, "GroupId", ""), id) == 0)
				return true;
	json_each (store_list(rq->tx, ec2_security_group_rule.kind), i, element) {
		const char *source = json_path_str(element, "ReferencedGroupInfo.GroupId");

		/* A group that names itself does not stand in its own way. */
		if (source && strcmp(source, id) == 0 &&
		    strcmp(json_str_or(element, "GroupId", ""), id) != 0)
			return true;
	}
	return false;
}

void ec2_security_group_drop(struct request *rq, const char *group_id)
{
	const json_t *rule;
	size_t i;

	json_each (ec2_where(rq, &ec2_security_group_rule, "GroupId", group_id), i, rule)
		store_delete(rq->tx, ec2_security_group_rule.kind,
			     json_str(rule, "SecurityGroupRuleId"));
	store_delete(rq->tx, ec2_security_group.kind, group_id);
}

int ec2_delete_security_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "GroupId");
	const json_t *group = ec2_get(rq, &ec2_security_group, id);

	if (!id)
		return fault_named(rq, "MissingParameter",
				   "The request must contain the parameter groupName or groupId");
	if (!group)
		return ec2_missing(rq, &ec2_security_group, id);
	if (strcmp(json_str_or(group, "GroupName", ""), "default") == 0)
		return fault_named(
			rq, "CannotDelete",
			"the specified group: \"%s\" name: \"default\" cannot be deleted "
			"by a user",
			id);
	if (in_use(rq, id))
		return fault_named(rq, "DependencyViolation", "resource %s has a dependent object",
				   id);

	ec2_security_group_drop(rq, id);
	return 0;
}

/* GroupNames is asked for by what was written before VPCs: as a filter on the name. */
int ec2_describe_security_groups(struct request *rq, const json_t *in, json_t *out)
{
	json_t *asked = rq_copy(rq, in), *filter;
	const json_t *name;
	size_t i;

	json_each (json_get(in, "GroupNames"), i, name)
		if (!ec2_any(rq, &ec2_security_group, "GroupName", json_string_value(name)))
			return ec2_missing(rq, &ec2_security_group, json_string_value(name));
	if (json_array_size(json_get(in, "GroupNames")) > 0) {
		if (!json_has(asked, "Filters"))
			json_add_array(asked, "Filters");
		filter = json_push_object(json_object_get(asked, "Filters"));
		json_set_str(filter, "Name", "group-name");
		json_set(filter, "Values", json_get(in, "GroupNames"));
	}
	return ec2_describe(rq, &ec2_security_group, asked, out);
}
