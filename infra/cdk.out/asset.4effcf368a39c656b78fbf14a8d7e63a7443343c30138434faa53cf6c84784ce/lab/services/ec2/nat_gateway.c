/*
 * nat_gateway.c - NAT gateways: an elastic address on a network interface of their own.
 *
 *   keeps      ec2/nat-gateway   by id   DescribeNatGateways' shape
 *   left out   private NAT gateways
 *
 * No packet passes here: what the lab runs reaches the machine's own network.
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

#define SHOWN_DELETED HOUR /* so long a NAT gateway stays listed after its end */

static const struct ec2_filter filters[] = {
	{"nat-gateway-id", "NatGatewayId"},
	{"state", "State"},
	{"subnet-id", "SubnetId"},
	{"vpc-id", "VpcId"},
	{NULL, NULL},
};

static bool nat_shown(struct request *rq, json_t *nat)
{
	lab_ms gone = json_time_or(nat, "DeleteTime", rq->now);

	return rq->now.ms - gone.ms < SHOWN_DELETED;
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
	.filters = filters,
	.show = nat_shown,
};

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
	json_t *nat = rq_object(rq), *address, *interface = NULL, *shown;
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
	if (!ec2_internet_gateway_of(rq, vpc_id)) {
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
