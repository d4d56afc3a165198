/*
 * subnet.c - subnets: a block of their VPC in one zone.
 *
 *   keeps      ec2/subnet   by id   DescribeSubnets' shape; free addresses are counted when asked
 *   left out   IPv6, outposts, reservations
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

/* AWS keeps five addresses of each subnet: network, router, DNS, one for later, broadcast. */
#define RESERVED 5

static const struct ec2_filter filters[] = {
	{"subnet-id", "SubnetId"},
	{"vpc-id", "VpcId"},
	{"availability-zone", "AvailabilityZone"},
	{"availabilityZone", "AvailabilityZone"},
	{"availability-zone-id", "AvailabilityZoneId"},
	{"cidr-block", "CidrBlock"},
	{"cidr", "CidrBlock"},
	{"cidrBlock", "CidrBlock"},
	{"available-ip-address-count", "AvailableIpAddressCount"},
	{"map-public-ip-on-launch", "MapPublicIpOnLaunch"},
	{"default-for-az", "DefaultForAz"},
	{"state", "State"},
	{"owner-id", "OwnerId"},
	{"subnet-arn", "SubnetArn"},
	{NULL, NULL},
};

static bool count_addresses(struct request *rq, json_t *subnet)
{
	struct cidr cidr;

	if (!cidr_parse(json_str(subnet, "CidrBlock"), &cidr))
		return false;
	json_set_int(subnet, "AvailableIpAddressCount",
		     (int64_t)cidr_size(cidr) - RESERVED -
			     ec2_network_interface_count(rq, json_str(subnet, "SubnetId")));
	return true;
}

const struct ec2_noun ec2_subnet = {
	.kind = "ec2/subnet",
	.tag_type = "subnet",
	.id = "SubnetId",
	.ids_in = "SubnetIds",
	.list_out = "Subnets",
	.missing_code = "InvalidSubnetID.NotFound",
	.missing_front = "The subnet ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
	.show = count_addresses,
};

/* The zone's letter ('a', 'b') by its name or id; the first zone when neither is given. */
static int choose_zone(struct request *rq, const json_t *in, char *ret_letter)
{
	const char *name = json_str(in, "AvailabilityZone");
	const char *id = json_str(in, "AvailabilityZoneId");

	for (char letter = 'a'; letter <= 'b'; letter++) {
		if ((name && strcmp(name, rq_fmt(rq, "%s%c", rq->region, letter)) != 0) ||
		    (id && strcmp(id, rq_fmt(rq, "use1-az%d", letter - 'a' + 1)) != 0))
			continue;
		*ret_letter = letter;
		return 0;
	}
	return fault_named(rq, "InvalidParameterValue",
			   "Value (%s) for parameter %s is invalid. Subnets can currently only be "
			   "created in the following availability zones: %sa, %sb.",
			   name ? name : id, name ? "availabilityZone" : "availabilityZoneId",
			   rq->region, rq->region);
}

static int check_block(struct request *rq, const json_t *vpc, const char *block, struct cidr cidr)
{
	struct cidr other;
	const json_t *subnet;
	size_t i;

	if (!cidr_parse(json_str(vpc, "CidrBlock"), &other) || !cidr_holds(other, cidr) ||
	    cidr.bits < 16 || cidr.bits > 28)
		return fault_named(rq, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", block);
	json_each (ec2_where(rq, &ec2_subnet, "VpcId", json_str(vpc, "VpcId")), i, subnet)
		if (cidr_parse(json_str(subnet, "CidrBlock"), &other) && cidr_overlaps(other, cidr))
			return fault_named(rq, "InvalidSubnet.Conflict",
					   "The CIDR '%s' conflicts with another subnet", block);
	return 0;
}

int ec2_create_subnet(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const refused[] = {"Ipv6CidrBlock", "OutpostArn", "Ipv6Native", NULL};
	const char *vpc_id = json_str(in, "VpcId"), *block = json_str(in, "CidrBlock"), *id;
	const json_t *vpc = ec2_get(rq, &ec2_vpc, vpc_id);
	json_t *subnet = rq_object(rq), *names;
	char text[CIDR_TEXT], letter = 'a';
	struct cidr cidr;
	int err;

	err = ec2_refuse(rq, in, refused);
	if (err)
		return err;
	if (!vpc)
		return ec2_missing(rq, &ec2_vpc, vpc_id);
	if (!block)
		return fault_named(rq, "MissingParameter",
				   "Either 'ipv6CidrBlock' or 'cidrBlock' should be provided.");
	if (!cidr_parse(block, &cidr))
		return fault_named(rq, "InvalidParameterValue",
				   "Value (%s) for parameter cidrBlock is invalid. This is not a "
				   "valid CIDR block.",
				   block);
	err = check_block(rq, vpc, block, cidr);
	if (!err)
		err = choose_zone(rq, in, &letter);
	if (err)
		return err;

	id = ec2_name_it(rq, &ec2_subnet, "subnet-", in, subnet);
	json_set_str(subnet, "SubnetArn", rq_arn(rq, "ec2", rq_fmt(rq, "subnet/%s", id)));
	json_set_str(subnet, "VpcId", vpc_id);
	json_set_str(subnet, "CidrBlock", cidr_text(cidr, text));
	json_set_str(subnet, "AvailabilityZone", rq_fmt(rq, "%s%c", rq->region, letter));
	json_set_str(subnet, "AvailabilityZoneId", rq_fmt(rq, "use1-az%d", letter - 'a' + 1));
	json_set_bool(subnet, "DefaultForAz", false);
	json_set_bool(subnet, "MapPublicIpOnLaunch", false);
	json_set_bool(subnet, "MapCustomerOwnedIpOnLaunch", false);
	json_set_bool(subnet, "AssignIpv6AddressOnCreation", false);
	json_add_array(subnet, "Ipv6CidrBlockAssociationSet");
	json_set_bool(subnet, "EnableDns64", false);
	json_set_bool(subnet, "Ipv6Native", false);
	names = json_add_object(subnet, "PrivateDnsNameOptionsOnLaunch");
	json_set_str(names, "HostnameType", "ip-name");
	json_set_bool(names, "EnableResourceNameDnsARecord", false);
	json_set_bool(names, "EnableResourceNameDnsAAAARecord", false);
	json_set_str(subnet, "OwnerId", rq->account);
	json_set_str(subnet, "State", "available");
	ec2_keep(rq, &ec2_subnet, subnet);
	ec2_network_acl_join(rq, vpc_id, id);

	count_addresses(rq, subnet);
	json_set(out, "Subnet", subnet);
	return 0;
}

int ec2_delete_subnet(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "SubnetId");

	if (!ec2_get(rq, &ec2_subnet, id))
		return ec2_missing(rq, &ec2_subnet, id);
	if (ec2_any(rq, &ec2_network_interface, "SubnetId", id))
		return fault_named(rq, "DependencyViolation",
				   "The subnet '%s' has dependencies and cannot be deleted.", id);

	ec2_route_table_forget(rq, id);
	ec2_network_acl_leave(rq, id);
	store_delete(rq->tx, ec2_subnet.kind, id);
	return 0;
}

int ec2_describe_subnets(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_subnet, in, out);
}

int ec2_modify_subnet_attribute(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const flags[] = {"MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation",
					    "EnableDns64", "MapCustomerOwnedIpOnLaunch"};
	const char *id = json_str(in, "SubnetId");
	json_t *subnet = ec2_edit(rq, &ec2_subnet, id);

	if (!subnet)
		return ec2_missing(rq, &ec2_subnet, id);

	for (size_t i = 0; i < array_len(flags); i++)
		if (json_has(in, flags[i]))
			json_set_bool(subnet, flags[i],
				      json_bool_or(json_get(in, flags[i]), "Value", false));
	ec2_keep(rq, &ec2_subnet, subnet);
	return 0;
}
