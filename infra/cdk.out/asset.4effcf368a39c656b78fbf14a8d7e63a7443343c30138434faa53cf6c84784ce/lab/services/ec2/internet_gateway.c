/*
 * internet_gateway.c - internet gateways.
 *
 *   keeps      ec2/internet-gateway   by id   DescribeInternetGateways' shape
 *
 * No packet passes here: what the lab runs reaches the machine's own network.
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter filters[] = {
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
	.filters = filters,
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

const json_t *ec2_internet_gateway_of(struct request *rq, const char *vpc_id)
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
	if (ec2_internet_gateway_of(rq, vpc_id))
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
