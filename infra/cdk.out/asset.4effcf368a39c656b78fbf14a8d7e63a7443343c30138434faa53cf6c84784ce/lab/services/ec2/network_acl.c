/*
 * network_acl.c - the network ACL that every VPC has: all traffic passes.
 *
 *   keeps      ec2/network-acl   by id   DescribeNetworkAcls' shape
 *   left out   ACLs and entries of one's own
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter filters[] = {
	{"vpc-id", "VpcId"},
	{"network-acl-id", "NetworkAclId"},
	{"default", "IsDefault"},
	{"association.subnet-id", "Associations.*.SubnetId"},
	{"association.association-id", "Associations.*.NetworkAclAssociationId"},
	{"owner-id", "OwnerId"},
	{NULL, NULL},
};

const struct ec2_noun ec2_network_acl = {
	.kind = "ec2/network-acl",
	.tag_type = "network-acl",
	.id = "NetworkAclId",
	.ids_in = "NetworkAclIds",
	.list_out = "NetworkAcls",
	.missing_code = "InvalidNetworkAclID.NotFound",
	.missing_front = "The networkAcl ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
};

static void add_entry(json_t *acl, bool egress, int number, const char *action)
{
	json_t *entry = json_push_object(json_object_get(acl, "Entries"));

	json_set_str(entry, "CidrBlock", "0.0.0.0/0");
	json_set_bool(entry, "Egress", egress);
	json_set_str(entry, "Protocol", "-1");
	json_set_str(entry, "RuleAction", action);
	json_set_int(entry, "RuleNumber", number);
}

void ec2_network_acl_default(struct request *rq, const char *vpc_id)
{
	json_t *acl = rq_object(rq);

	ec2_name_it(rq, &ec2_network_acl, "acl-", NULL, acl);
	json_add_array(acl, "Associations");
	json_add_array(acl, "Entries");
	add_entry(acl, true, 100, "allow");
	add_entry(acl, true, 32767, "deny");
	add_entry(acl, false, 100, "allow");
	add_entry(acl, false, 32767, "deny");
	json_set_bool(acl, "IsDefault", true);
	json_set_str(acl, "VpcId", vpc_id);
	json_set_str(acl, "OwnerId", rq->account);
	ec2_keep(rq, &ec2_network_acl, acl);
}

void ec2_network_acl_join(struct request *rq, const char *vpc_id, const char *subnet_id)
{
	const json_t *found = json_at(ec2_where(rq, &ec2_network_acl, "VpcId", vpc_id), 0);
	const char *id = json_str(found, "NetworkAclId");
	json_t *acl = ec2_edit(rq, &ec2_network_acl, id);
	json_t *association = json_push_object(json_object_get(acl, "Associations"));

	json_set_str(association, "NetworkAclAssociationId", id_new(rq, "aclassoc-", 17));
	json_set_str(association, "NetworkAclId", id);
	json_set_str(association, "SubnetId", subnet_id);
	ec2_keep(rq, &ec2_network_acl, acl);
}

void ec2_network_acl_leave(struct request *rq, const char *subnet_id)
{
	const json_t *list = store_list(rq->tx, ec2_network_acl.kind), *element;
	size_t i;

	json_each (list, i, element) {
		json_t *acl = rq_copy(rq, element);
		json_t *associations = json_object_get(acl, "Associations");

		for (size_t j = json_array_size(associations); j-- > 0;)
			if (strcmp(json_str_or(json_at(associations, j), "SubnetId", ""),
				   subnet_id) == 0)
				json_array_remove(associations, j);
		if (json_array_size(associations) !=
		    json_array_size(json_get(element, "Associations")))
			ec2_keep(rq, &ec2_network_acl, acl);
	}
}

int ec2_describe_network_acls(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_network_acl, in, out);
}
