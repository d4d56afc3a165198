/*
 * gateway.c - internet gateways, NAT gateways, and the elastic addresses these have.
 *
 *   keeps      ec2/internet-gateway   by id   DescribeInternetGateways' shape
 *              ec2/nat-gateway        by id   DescribeNatGateways' shape
 *              ec2/address            by id   DescribeAddresses' shape
 *   left out   addresses for anything but NAT gateways; private NAT gateways
 *
 * No packet passes here: what the lab runs reaches the machine's own network.
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

#define NAT_SHOWN_DELETED HOUR /* so long a NAT gateway stays listed after its end */

static const struct ec2_filter internet_gateway_filters[] = {
	{"internet-gateway-id", "InternetGatewayId"},
	{"attachment.vpc-id", "Attachments.*.VpcId"},
	{"attachment.state", "Attachments.*.State"},
	{"owner-id", "OwnerId"},
	{NULL, NULL},
};

const struct ec2_noun ec2_internet_gateway = {
	.kind = "ec2/internet-gateway",
	.tag_type = "internet-gateway",
	.id = "InternetGatewayId",
	.ids_in = "InternetGatewayIds",
	.list_out = "InternetGateways",
	.missing_code = "InvalidInternetGatewayID.NotFound",
	.missing_front = "The internetGateway ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = internet_gateway_filters,
};

static const struct ec2_filter nat_gateway_filters[] = {
	{"nat-gateway-id", "NatGatewayId"},
	{"state", "State"},
	{"subnet-id", "SubnetId"},
	{"vpc-id", "VpcId"},
	{NULL, NULL},
};

static bool nat_shown(struct request *rq, json_t *nat)
{
	lab_ms gone = json_time_or(nat, "DeleteTime", rq->now);

	return rq->now.ms - gone.ms < NAT_SHOWN_DELETED;
}

const struct ec2_noun ec2_nat_gateway = {
	.kind = "ec2/nat-gateway",
	.tag_type = "natgateway",
	.id = "NatGatewayId",
	.ids_in = "NatGatewayIds",
	.list_out = "NatGateways",
	.missing_code = "NatGatewayNotFound",
	.missing_front = "The Nat Gateway ",
	.missing_back = " was not found",
	.tags = "Tags",
	.filters = nat_gateway_filters,
	.show = nat_shown,
};

static const struct ec2_filter address_filters[] = {
	{"allocation-id", "AllocationId"},
	{"association-id", "AssociationId"},
	{"domain", "Domain"},
	{"network-border-group", "NetworkBorderGroup"},
	{"network-interface-id", "NetworkInterfaceId"},
	{"network-interface-owner-id", "NetworkInterfaceOwnerId"},
	{"private-ip-address", "PrivateIpAddress"},
	{"public-ip", "PublicIp"},
	{NULL, NULL},
};

const struct ec2_noun ec2_address = {
	.kind = "ec2/address",
	.tag_type = "elastic-ip",
	.id = "AllocationId",
	.ids_in = "AllocationIds",
	.list_out = "Addresses",
	.missing_code = "InvalidAllocationID.NotFound",
	.missing_front = "The allocation ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = address_filters,
};

int ec2_create_internet_gateway(struct request *rq, const json_t *in, json_t *out)
{
	json_t *gateway = rq_object(rq);

	ec2_name_it(rq, &ec2_internet_gateway, "igw-", in, gateway);
	json_add_array(gateway, "Attachments");
	json_set_str(gateway, "OwnerId", rq->account);
	ec2_keep(rq, &ec2_internet_gateway, gateway);
	json_set(out, "InternetGateway", gateway);
	return 0;
}

int ec2_delete_internet_gateway(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "InternetGatewayId");
	const json_t *gateway = ec2_get(rq, &ec2_internet_gateway, id);

	if (!gateway)
		return ec2_missing(rq, &ec2_internet_gateway, id);
	if (json_array_size(json_get(gateway, "Attachments")) > 0)
		return fault_named(rq, "DependencyViolation",
				   "The internetGateway '%s' has dependencies and cannot be "
				   "deleted.",
				   id);

	store_delete(rq->tx, ec2_internet_gateway.kind, id);
	return 0;
}

int ec2_describe_internet_gateways(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_internet_gateway, in, out);
}

/* The gateway that a VPC is attached to, or NULL. */
static const json_t *gateway_of(struct request *rq, const char *vpc_id)
{
	const json_t *gateway;
	size_t i;

	json_each (store_list(rq->tx, ec2_internet_gateway.kind), i, gateway) {
		const char *attached = json_path_str(gateway, "Attachments.0.VpcId");

		if (attached && strcmp(attached, vpc_id) == 0)
			return gateway;
	}
	return NULL;
}

int ec2_attach_internet_gateway(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "InternetGatewayId"), *vpc_id = json_str(in, "VpcId");
	json_t *gateway = ec2_edit(rq, &ec2_internet_gateway, id), *attachment;
	const char *attached = json_path_str(gateway, "Attachments.0.VpcId");

	if (!gateway)
		return ec2_missing(rq, &ec2_internet_gateway, id);
	if (!ec2_get(rq, &ec2_vpc, vpc_id))
		return ec2_missing(rq, &ec2_vpc, vpc_id);
	if (attached)
		return fault_named(rq, "Resource.AlreadyAssociated",
				   "resource %s is already attached to network %s", id, attached);
	if (gateway_of(rq, vpc_id))
		return fault_named(rq, "InvalidParameterValue",
				   "Network %s already has an internet gateway attached", vpc_id);

	attachment = json_push_object(json_object_get(gateway, "Attachments"));
	json_set_str(attachment, "State", "available");
	json_set_str(attachment, "VpcId", vpc_id);
	ec2_keep(rq, &ec2_internet_gateway, gateway);
	return 0;
}

/* Addresses of the VPC that the internet sees go through its gateway. */
static bool has_public_address(struct request *rq, const char *vpc_id)
{
	const json_t *interface;
	size_t i;

	json_each (ec2_where(rq, &ec2_network_interface, "VpcId", vpc_id), i, interface)
		if (json_has(interface, "Association"))
			return true;
	return false;
}

int ec2_detach_internet_gateway(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "InternetGatewayId"), *vpc_id = json_str(in, "VpcId");
	json_t *gateway = ec2_edit(rq, &ec2_internet_gateway, id);
	const char *attached = json_path_str(gateway, "Attachments.0.VpcId");

	if (!gateway)
		return ec2_missing(rq, &ec2_internet_gateway, id);
	if (!attached || strcmp(attached, vpc_id) != 0)
		return fault_named(rq, "Gateway.NotAttached",
				   "resource %s is not attached to network %s", id, vpc_id);
	if (has_public_address(rq, vpc_id))
		return fault_named(rq, "DependencyViolation",
				   "Network %s has some mapped public address(es). Please unmap "
				   "those public address(es) before detaching the gateway.",
				   vpc_id);

	json_array_clear(json_object_get(gateway, "Attachments"));
	ec2_keep(rq, &ec2_internet_gateway, gateway);
	return 0;
}

/* From the block that RFC 5737 keeps for examples: no such address is anybody's. */
static int choose_public(struct request *rq, const char **ret_address)
{
	for (int host = 1; host < 255; host++) {
		const char *address = rq_fmt(rq, "203.0.113.%d", host);

		if (!ec2_any(rq, &ec2_address, "PublicIp", address)) {
			*ret_address = address;
			return 0;
		}
	}
	return fault_named(rq, "AddressLimitExceeded",
			   "The maximum number of addresses has been reached.");
}

int ec2_allocate_address(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const shown[] = {"PublicIp", "AllocationId", "PublicIpv4Pool",
					    "NetworkBorderGroup", "Domain"};
	json_t *address = rq_object(rq);
	const char *public;
	int err;

	err = choose_public(rq, &public);
	if (err)
		return err;

	ec2_name_it(rq, &ec2_address, "eipalloc-", in, address);
	json_set_str(address, "PublicIp", public);
	json_set_str(address, "Domain", "vpc");
	json_set_str(address, "PublicIpv4Pool", "amazon");
	json_set_str(address, "NetworkBorderGroup", rq->region);
	ec2_keep(rq, &ec2_address, address);
	for (size_t i = 0; i < array_len(shown); i++)
		json_set(out, shown[i], json_get(address, shown[i]));
	return 0;
}

int ec2_release_address(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "AllocationId");
	const json_t *address = ec2_get(rq, &ec2_address, id);

	if (!address)
		return ec2_missing(rq, &ec2_address, id);
	if (json_has(address, "AssociationId"))
		return fault_named(rq, "InvalidIPAddress.InUse", "Address %s is in use.",
				   json_str(address, "PublicIp"));

	store_delete(rq->tx, ec2_address.kind, id);
	return 0;
}

/* Old scripts ask by PublicIps. */
int ec2_describe_addresses(struct request *rq, const json_t *in, json_t *out)
{
	json_t *asked = rq_copy(rq, in), *filter;
	const json_t *element;
	size_t i;

	json_each (json_get(in, "PublicIps"), i, element)
		if (!ec2_any(rq, &ec2_address, "PublicIp", json_string_value(element)))
			return fault_named(rq, "InvalidAddress.NotFound", "Address '%s' not found.",
					   json_string_value(element));
	if (json_array_size(json_get(in, "PublicIps")) > 0) {
		if (!json_has(asked, "Filters"))
			json_add_array(asked, "Filters");
		filter = json_push_object(json_object_get(asked, "Filters"));
		json_set_str(filter, "Name", "public-ip");
		json_set(filter, "Values", json_get(in, "PublicIps"));
	}
	return ec2_describe(rq, &ec2_address, asked, out);
}

/* The NAT gateway's own network interface, with the elastic address on it. */
static int nat_interface(struct request *rq, const char *nat_id, const char *subnet_id,
			 json_t *address, json_t **ret_interface)
{
	json_t *in = rq_object(rq), *out = rq_object(rq), *interface, *association;
	int err;

	json_set_str(in, "SubnetId", subnet_id);
	json_set_str(in, "Description", rq_fmt(rq, "Interface for NAT Gateway %s", nat_id));
	json_set_str(in, "InterfaceType", "nat_gateway");
	err = aws_call(rq, principal_service(rq, "nat-gateway.ec2.amazonaws.com"), &ec2_model,
		       EC2_CreateNetworkInterface, in, out);
	if (err)
		return fault_pass(rq);

	interface = json_object_get(out, "NetworkInterface");
	json_set_bool(interface, "SourceDestCheck", false);
	json_add_array(interface, "Groups"); /* a NAT gateway is in no security group */
	json_set_str(address, "AssociationId", id_new(rq, "eipassoc-", 17));
	json_set_str(address, "NetworkInterfaceId", json_str(interface, "NetworkInterfaceId"));
	json_set_str(address, "NetworkInterfaceOwnerId", rq->account);
	json_set_str(address, "PrivateIpAddress", json_str(interface, "PrivateIpAddress"));
	association = json_add_object(interface, "Association");
	json_set_str(association, "AllocationId", json_str(address, "AllocationId"));
	json_set_str(association, "AssociationId", json_str(address, "AssociationId"));
	json_set_str(association, "IpOwnerId", rq->account);
	json_set_str(association, "PublicDnsName", "");
	json_set_str(association, "PublicIp", json_str(address, "PublicIp"));
	json_set(json_array_get(json_object_get(interface, "PrivateIpAddresses"), 0), "Association",
		 association);
	ec2_keep(rq, &ec2_network_interface, interface);
	ec2_keep(rq, &ec2_address, address);
	*ret_interface = interface;
	return 0;
}

static int check_nat(struct request *rq, const json_t *in)
{
	const char *subnet_id = json_str(in, "SubnetId"), *id = json_str(in, "AllocationId");
	const json_t *subnet = ec2_get(rq, &ec2_subnet, subnet_id);
	const json_t *address = ec2_get(rq, &ec2_address, id);

	if (strcmp(json_str_or(in, "ConnectivityType", "public"), "public") != 0)
		return fault_named(rq, "InvalidParameterValue",
				   "private NAT gateways are not in the lab");
	if (!subnet)
		return ec2_missing(rq, &ec2_subnet, subnet_id);
	if (!id)
		return fault_named(rq, "MissingParameter",
				   "The request must include the AllocationId parameter. Add the "
				   "required parameter and retry the request.");
	if (!address)
		return ec2_missing(rq, &ec2_address, id);
	if (json_has(address, "AssociationId"))
		return fault_named(rq, "Resource.AlreadyAssociated",
				   "Elastic IP address [%s] is already associated", id);
	return 0;
}

/* Without a way to the internet AWS makes the gateway all the same, and it fails a little later. */
static void nat_fail(json_t *nat, const char *vpc_id)
{
	AUTO_FREE char *message = mem_fmt("Network %s has no Internet gateway attached", vpc_id);

	json_set_str(nat, "State", "failed");
	json_set_str(nat, "FailureCode", "Gateway.NotAttached");
	json_set_str(nat, "FailureMessage", message);
}

int ec2_create_nat_gateway(struct request *rq, const json_t *in, json_t *out)
{
	const char *subnet_id = json_str(in, "SubnetId"), *id, *vpc_id;
	json_t *nat = rq_object(rq), *address, *interface, *shown;
	int err;

	err = check_nat(rq, in);
	if (err)
		return err;

	id = ec2_name_it(rq, &ec2_nat_gateway, "nat-", in, nat);
	vpc_id = json_str(ec2_get(rq, &ec2_subnet, subnet_id), "VpcId");
	json_set_str(nat, "SubnetId", subnet_id);
	json_set_str(nat, "VpcId", vpc_id);
	json_set_str(nat, "ConnectivityType", "public");
	json_set_time(nat, "CreateTime", rq->now);
	shown = json_push_object(json_add_array(nat, "NatGatewayAddresses"));
	json_set_str(shown, "AllocationId", json_str(in, "AllocationId"));
	if (!gateway_of(rq, vpc_id)) {
		nat_fail(nat, vpc_id);
	} else {
		address = ec2_edit(rq, &ec2_address, json_str(in, "AllocationId"));
		err = nat_interface(rq, id, subnet_id, address, &interface);
		if (err)
			return err;
		json_set_str(shown, "NetworkInterfaceId",
			     json_str(interface, "NetworkInterfaceId"));
		json_set_str(shown, "PrivateIp", json_str(interface, "PrivateIpAddress"));
		json_set_str(shown, "PublicIp", json_str(address, "PublicIp"));
		json_set_str(shown, "AssociationId", json_str(address, "AssociationId"));
		json_set_bool(shown, "IsPrimary", true);
		json_set_str(shown, "Status", "succeeded");
		json_set_str(nat, "State", "available");
	}
	ec2_keep(rq, &ec2_nat_gateway, nat);

	json_set(out, "NatGateway", nat);
	json_set_str(json_object_get(out, "NatGateway"), "State", "pending");
	json_set_str(out, "ClientToken", json_str(in, "ClientToken"));
	return 0;
}

static int free_address(struct request *rq, const json_t *shown)
{
	static const char *const association[] = {"AssociationId", "NetworkInterfaceId",
						  "NetworkInterfaceOwnerId", "PrivateIpAddress"};
	json_t *address = ec2_edit(rq, &ec2_address, json_str(shown, "AllocationId"));
	json_t *in = rq_object(rq);
	int err;

	if (address) {
		for (size_t i = 0; i < array_len(association); i++)
			json_drop(address, association[i]);
		ec2_keep(rq, &ec2_address, address);
	}
	json_set_str(in, "NetworkInterfaceId", json_str(shown, "NetworkInterfaceId"));
	if (!json_has(shown, "NetworkInterfaceId"))
		return 0;
	err = aws_call(rq, principal_service(rq, "nat-gateway.ec2.amazonaws.com"), &ec2_model,
		       EC2_DeleteNetworkInterface, in, NULL);
	return err ? fault_pass(rq) : 0;
}

int ec2_delete_nat_gateway(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "NatGatewayId");
	json_t *nat = ec2_edit(rq, &ec2_nat_gateway, id);
	int err;

	if (!nat || !nat_shown(rq, nat))
		return ec2_missing(rq, &ec2_nat_gateway, id);

	if (strcmp(json_str_or(nat, "State", ""), "deleted") != 0) {
		err = free_address(rq, json_path(nat, "NatGatewayAddresses.0"));
		if (err)
			return err;
		json_set_str(nat, "State", "deleted");
		json_set_time(nat, "DeleteTime", rq->now);
		ec2_keep(rq, &ec2_nat_gateway, nat);
	}
	json_set_str(out, "NatGatewayId", id);
	return 0;
}

int ec2_describe_nat_gateways(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_nat_gateway, in, out);
}
