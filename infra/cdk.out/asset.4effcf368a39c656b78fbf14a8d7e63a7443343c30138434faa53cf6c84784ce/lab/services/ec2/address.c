/*
 * address.c - elastic addresses.
 *
 *   keeps      ec2/address   by id   DescribeAddresses' shape
 *   left out   AssociateAddress: NAT gateways alone have addresses
 */
#include "lab/services/ec2/nouns.h"

static const struct ec2_filter filters[] = {
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
	.filters = filters,
};

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
	const char *public = NULL;
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
