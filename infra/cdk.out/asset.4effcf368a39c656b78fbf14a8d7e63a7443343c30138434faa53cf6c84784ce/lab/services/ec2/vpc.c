/*
 * vpc.c - VPCs.
 *
 *   keeps      ec2/vpc   by id   DescribeVpcs' shape; _Attributes: the DNS flags
 *   left out   IPv6, secondary blocks; a default VPC
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter vpc_filters[] = {
	{"vpc-id", "VpcId"},
	{"state", "State"},
	{"cidr", "CidrBlock"},
	{"cidr-block", "CidrBlock"},
	{"cidrBlock", "CidrBlock"},
	{"cidr-block-association.cidr-block", "CidrBlockAssociationSet.*.CidrBlock"},
	{"cidr-block-association.association-id", "CidrBlockAssociationSet.*.AssociationId"},
	{"dhcp-options-id", "DhcpOptionsId"},
	{"is-default", "IsDefault"},
	{"isDefault", "IsDefault"},
	{"owner-id", "OwnerId"},
	{NULL, NULL},
};

const struct ec2_noun ec2_vpc = {
	.kind = "ec2/vpc",
	.tag_type = "vpc",
	.id = "VpcId",
	.ids_in = "VpcIds",
	.list_out = "Vpcs",
	.missing_code = "InvalidVpcID.NotFound",
	.missing_front = "The vpc ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = vpc_filters,
};

static void add_block(struct request *rq, json_t *vpc, const char *block)
{
	json_t *association = json_push_object(json_add_array(vpc, "CidrBlockAssociationSet"));

	json_set_str(vpc, "CidrBlock", block);
	json_set_str(association, "AssociationId", id_new(rq, "vpc-cidr-assoc-", 17));
	json_set_str(association, "CidrBlock", block);
	json_set_str(json_add_object(association, "CidrBlockState"), "State", "associated");
}

int ec2_create_vpc(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const refused[] = {"AmazonProvidedIpv6CidrBlock",
					      "Ipv6CidrBlock",
					      "Ipv6Pool",
					      "Ipv4IpamPoolId",
					      "Ipv6IpamPoolId",
					      NULL};
	const char *block = json_str(in, "CidrBlock"), *id;
	json_t *vpc = rq_object(rq), *attributes;
	char text[CIDR_TEXT];
	struct cidr cidr;
	int err;

	err = ec2_refuse(rq, in, refused);
	if (err)
		return err;
	if (!block)
		return fault_named(rq, "MissingParameter",
				   "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
	if (!cidr_parse(block, &cidr))
		return fault_named(rq, "InvalidParameterValue",
				   "Value (%s) for parameter cidrBlock is invalid. This is not a "
				   "valid CIDR block.",
				   block);
	if (cidr.bits < 16 || cidr.bits > 28)
		return fault_named(rq, "InvalidVpc.Range", "The CIDR '%s' is invalid.", block);

	id = ec2_name_it(rq, &ec2_vpc, "vpc-", in, vpc);
	add_block(rq, vpc, cidr_text(cidr, text));
	json_set_str(vpc, "DhcpOptionsId", "dopt-0a1b2c3d4e5f60718");
	json_set_str(vpc, "InstanceTenancy", json_str_or(in, "InstanceTenancy", "default"));
	json_set_bool(vpc, "IsDefault", false);
	json_add_array(vpc, "Ipv6CidrBlockAssociationSet");
	json_set_str(vpc, "OwnerId", rq->account);
	json_set_str(vpc, "State", "available");
	attributes = json_add_object(vpc, "_Attributes");
	json_set_bool(attributes, "EnableDnsSupport", true);
	json_set_bool(attributes, "EnableDnsHostnames", false);
	ec2_keep(rq, &ec2_vpc, vpc);
	ec2_route_table_main(rq, id);
	ec2_security_group_default(rq, id);
	ec2_network_acl_default(rq, id);

	json_set(out, "Vpc", vpc);
	json_set_str(json_object_get(out, "Vpc"), "State", "pending");
	return 0;
}

static bool in_use(struct request *rq, const char *vpc_id)
{
	const json_t *element;
	size_t i;

	if (ec2_any(rq, &ec2_subnet, "VpcId", vpc_id) ||
	    ec2_any(rq, &ec2_network_interface, "VpcId", vpc_id))
		return true;
	json_each (store_list(rq->tx, ec2_internet_gateway.kind), i, element)
		if (strcmp(json_path_str(element, "Attachments.0.VpcId") ?: "", vpc_id) == 0)
			return true;
	json_each (ec2_where(rq, &ec2_security_group, "VpcId", vpc_id), i, element)
		if (strcmp(json_str_or(element, "GroupName", ""), "default") != 0)
			return true;
	json_each (ec2_where(rq, &ec2_route_table, "VpcId", vpc_id), i, element)
		if (!json_is_true(json_path(element, "Associations.0.Main")))
			return true;
	return false;
}

int ec2_delete_vpc(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "VpcId");
	const json_t *element;
	size_t i;

	if (!ec2_get(rq, &ec2_vpc, id))
		return ec2_missing(rq, &ec2_vpc, id);
	if (in_use(rq, id))
		return fault_named(rq, "DependencyViolation",
				   "The vpc '%s' has dependencies and cannot be deleted.", id);

	json_each (ec2_where(rq, &ec2_security_group, "VpcId", id), i, element)
		ec2_security_group_drop(rq, json_str(element, "GroupId"));
	json_each (ec2_where(rq, &ec2_route_table, "VpcId", id), i, element)
		store_delete(rq->tx, ec2_route_table.kind, json_str(element, "RouteTableId"));
	json_each (ec2_where(rq, &ec2_network_acl, "VpcId", id), i, element)
		store_delete(rq->tx, ec2_network_acl.kind, json_str(element, "NetworkAclId"));
	store_delete(rq->tx, ec2_vpc.kind, id);
	return 0;
}

int ec2_describe_vpcs(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_vpc, in, out);
}

static const char *const attribute_names[][2] = {
	/* in the input of Modify and the output of Describe; as Describe asks for it */
	{"EnableDnsSupport", "enableDnsSupport"},
	{"EnableDnsHostnames", "enableDnsHostnames"},
	{"EnableNetworkAddressUsageMetrics", "enableNetworkAddressUsageMetrics"},
};

int ec2_modify_vpc_attribute(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "VpcId");
	json_t *vpc = ec2_edit(rq, &ec2_vpc, id), *attributes;

	if (!vpc)
		return ec2_missing(rq, &ec2_vpc, id);

	attributes = json_object_get(vpc, "_Attributes");
	for (size_t i = 0; i < array_len(attribute_names); i++) {
		const char *name = attribute_names[i][0];

		if (json_has(in, name))
			json_set_bool(attributes, name,
				      json_bool_or(json_get(in, name), "Value", false));
	}
	ec2_keep(rq, &ec2_vpc, vpc);
	return 0;
}

int ec2_describe_vpc_attribute(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "VpcId"), *asked = json_str_or(in, "Attribute", "");
	const json_t *vpc = ec2_get(rq, &ec2_vpc, id);

	if (!vpc)
		return ec2_missing(rq, &ec2_vpc, id);

	json_set_str(out, "VpcId", id);
	for (size_t i = 0; i < array_len(attribute_names); i++) {
		const char *name = attribute_names[i][0];

		if (strcmp(attribute_names[i][1], asked) == 0)
			json_set_bool(json_add_object(out, name), "Value",
				      json_bool_or(json_get(vpc, "_Attributes"), name, false));
	}
	return 0;
}
