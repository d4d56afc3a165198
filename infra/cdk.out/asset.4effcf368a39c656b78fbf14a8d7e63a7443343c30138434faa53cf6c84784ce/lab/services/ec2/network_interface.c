/*
 * network_interface.c - network interfaces: an address in a subnet, and the groups it is in.
 *
 *   keeps      ec2/network-interface   by id                   DescribeNetworkInterfaces' shape
 *              ec2/private-address     by subnet/a.b.c.d       {NetworkInterfaceId}
 *   left out   IPv6, secondary addresses, attaching to instances
 *
 * Load balancers, tasks and databases have one each. What a service makes on its own behalf is
 * requester-managed and in use from the start; nobody but a service can delete it.
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

#define PRIVATE_ADDRESS "ec2/private-address"
#define FIRST_HOST 4 /* .0 network, .1 router, .2 DNS, .3 reserved */

static const struct ec2_filter filters[] = {
	{"network-interface-id", "NetworkInterfaceId"},
	{"vpc-id", "VpcId"},
	{"subnet-id", "SubnetId"},
	{"availability-zone", "AvailabilityZone"},
	{"description", "Description"},
	{"group-id", "Groups.*.GroupId"},
	{"group-name", "Groups.*.GroupName"},
	{"private-ip-address", "PrivateIpAddress"},
	{"addresses.private-ip-address", "PrivateIpAddresses.*.PrivateIpAddress"},
	{"addresses.primary", "PrivateIpAddresses.*.Primary"},
	{"addresses.association.public-ip", "PrivateIpAddresses.*.Association.PublicIp"},
	{"association.public-ip", "Association.PublicIp"},
	{"association.allocation-id", "Association.AllocationId"},
	{"attachment.status", "Attachment.Status"},
	{"attachment.attachment-id", "Attachment.AttachmentId"},
	{"attachment.instance-owner-id", "Attachment.InstanceOwnerId"},
	{"interface-type", "InterfaceType"},
	{"mac-address", "MacAddress"},
	{"owner-id", "OwnerId"},
	{"requester-id", "RequesterId"},
	{"requester-managed", "RequesterManaged"},
	{"status", "Status"},
	{"private-dns-name", "PrivateDnsName"},
	{NULL, NULL},
};

const struct ec2_noun ec2_network_interface = {
	.kind = "ec2/network-interface",
	.tag_type = "network-interface",
	.id = "NetworkInterfaceId",
	.ids_in = "NetworkInterfaceIds",
	.list_out = "NetworkInterfaces",
	.missing_code = "InvalidNetworkInterfaceID.NotFound",
	.missing_front = "The networkInterface ID '",
	.missing_back = "' does not exist",
	.tags = "TagSet",
	.filters = filters,
};

static const char *address_key(struct request *rq, const char *subnet_id, const char *address)
{
	return rq_fmt(rq, "%s/%s", subnet_id, address);
}

int64_t ec2_network_interface_count(struct request *rq, const char *subnet_id)
{
	return (int64_t)json_array_size(
		store_keys(rq->tx, PRIVATE_ADDRESS, rq_fmt(rq, "%s/", subnet_id)));
}

/* The first host that is free, from .4 up; the last one is the broadcast address. */
static int choose_address(struct request *rq, const json_t *subnet, char address[CIDR_TEXT])
{
	const char *subnet_id = json_str(subnet, "SubnetId");
	struct cidr cidr = {0};
	uint32_t hosts;

	cidr_parse(json_str(subnet, "CidrBlock"), &cidr);
	hosts = (uint32_t)cidr_size(cidr) - 1;
	for (uint32_t host = FIRST_HOST; host < hosts; host++) {
		ipv4_text(cidr.address + host, address);
		if (!store_has(rq->tx, PRIVATE_ADDRESS, address_key(rq, subnet_id, address)))
			return 0;
	}
	return fault_named(
		rq, "InsufficientFreeAddressesInSubnet",
		"The specified subnet does not have enough free addresses to satisfy the "
		"request.");
}

static int check_address(struct request *rq, const json_t *subnet, const char *wanted,
			 char address[CIDR_TEXT])
{
	struct cidr cidr = {0};
	uint32_t number;

	cidr_parse(json_str(subnet, "CidrBlock"), &cidr);
	if (!ipv4_parse(wanted, &number))
		return fault_named(rq, "InvalidParameterValue", "invalid value for %s: %s",
				   "parameter address", wanted);
	if (!cidr_holds(cidr, (struct cidr){number, 32}) || number - cidr.address < FIRST_HOST ||
	    number - cidr.address == cidr_size(cidr) - 1)
		return fault_named(rq, "InvalidParameterValue",
				   "Address does not fall within the subnet's address range");
	ipv4_text(number, address);
	if (store_has(rq->tx, PRIVATE_ADDRESS,
		      address_key(rq, json_str(subnet, "SubnetId"), address)))
		return fault_named(rq, "InvalidIPAddress.InUse",
				   "The specified address is in use.");
	return 0;
}

static int add_groups(struct request *rq, const json_t *asked, const json_t *subnet,
		      json_t *interface)
{
	const char *vpc_id = json_str(subnet, "VpcId");
	json_t *groups = json_add_array(interface, "Groups"), *by_default = rq_array(rq);
	const json_t *element;
	size_t i;

	if (json_array_size(asked) == 0) {
		json_push_str(by_default, ec2_security_group_of(rq, vpc_id));
		asked = by_default;
	}
	json_each (asked, i, element) {
		const char *id = json_string_value(element);
		const json_t *group = ec2_get(rq, &ec2_security_group, id);
		json_t *shown;

		if (!group || strcmp(json_str(group, "VpcId"), vpc_id) != 0)
			return ec2_missing(rq, &ec2_security_group, id);
		shown = json_push_object(groups);
		json_set_str(shown, "GroupId", id);
		json_set_str(shown, "GroupName", json_str(group, "GroupName"));
	}
	return 0;
}

/* "ip-10-0-4-17.ec2.internal" */
static const char *dns_name(struct request *rq, const char *address)
{
	char *name = rq_fmt(rq, "ip-%s.ec2.internal", address);

	for (char *at = name + 3; at < name + 3 + strlen(address); at++)
		if (*at == '.')
			*at = '-';
	return name;
}

static const char *mac_address(struct request *rq, const char *address)
{
	uint32_t number = 0;

	ipv4_parse(address, &number);
	return rq_fmt(rq, "0a:ff:%02x:%02x:%02x:%02x", number >> 24, number >> 16 & 255,
		      number >> 8 & 255, number & 255);
}

static void set_address(struct request *rq, json_t *interface, const char *address)
{
	json_t *primary = json_push_object(json_add_array(interface, "PrivateIpAddresses"));

	json_set_str(interface, "MacAddress", mac_address(rq, address));
	json_set_str(interface, "PrivateDnsName", dns_name(rq, address));
	json_set_str(interface, "PrivateIpAddress", address);
	json_set_bool(primary, "Primary", true);
	json_set_str(primary, "PrivateDnsName", dns_name(rq, address));
	json_set_str(primary, "PrivateIpAddress", address);
}

/* "elasticloadbalancing.amazonaws.com" shows itself as "amazon-elb"; the others by their name. */
static const char *requester(struct request *rq)
{
	const char *service = rq->caller->service ? rq->caller->service : "";

	if (strncmp(service, "elasticloadbalancing.", 21) == 0)
		return "amazon-elb";
	return rq_fmt(rq, "amazon-%.*s", (int)strcspn(service, "."), service);
}

static void set_owner(struct request *rq, json_t *interface)
{
	bool managed = rq->caller->kind == PRINCIPAL_SERVICE;
	json_t *attachment;

	json_set_str(interface, "OwnerId", rq->account);
	json_set_bool(interface, "RequesterManaged", managed);
	json_set_str(interface, "Status", managed ? "in-use" : "available");
	if (!managed)
		return;
	json_set_str(interface, "RequesterId", requester(rq));
	attachment = json_add_object(interface, "Attachment");
	json_set_str(attachment, "AttachmentId", id_new(rq, "ela-attach-", 17));
	json_set_bool(attachment, "DeleteOnTermination", false);
	json_set_int(attachment, "DeviceIndex", 1);
	json_set_str(attachment, "InstanceOwnerId", requester(rq));
	json_set_str(attachment, "Status", "attached");
}

int ec2_create_network_interface(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const refused[] = {"Ipv6AddressCount",
					      "Ipv6Addresses",
					      "PrivateIpAddresses",
					      "SecondaryPrivateIpAddressCount",
					      "Ipv4Prefixes",
					      "Ipv4PrefixCount",
					      "Ipv6Prefixes",
					      "Ipv6PrefixCount",
					      NULL};
	const char *subnet_id = json_str(in, "SubnetId"), *id;
	const char *wanted = json_str(in, "PrivateIpAddress");
	const json_t *subnet = ec2_get(rq, &ec2_subnet, subnet_id);
	json_t *interface = rq_object(rq), *taken = rq_object(rq);
	char address[CIDR_TEXT];
	int err;

	err = ec2_refuse(rq, in, refused);
	if (err)
		return err;
	if (!subnet)
		return ec2_missing(rq, &ec2_subnet, subnet_id);
	err = add_groups(rq, json_get(in, "Groups"), subnet, interface);
	if (!err)
		err = wanted ? check_address(rq, subnet, wanted, address)
			     : choose_address(rq, subnet, address);
	if (err)
		return err;

	id = ec2_name_it(rq, &ec2_network_interface, "eni-", in, interface);
	set_address(rq, interface, address);
	set_owner(rq, interface);
	json_set_str(interface, "SubnetId", subnet_id);
	json_set_str(interface, "VpcId", json_str(subnet, "VpcId"));
	json_set_str(interface, "AvailabilityZone", json_str(subnet, "AvailabilityZone"));
	json_set_str(interface, "Description", json_str_or(in, "Description", ""));
	json_set_str(interface, "InterfaceType", json_str_or(in, "InterfaceType", "interface"));
	json_add_array(interface, "Ipv6Addresses");
	json_set_bool(interface, "SourceDestCheck", true);
	ec2_keep(rq, &ec2_network_interface, interface);
	json_set_str(taken, "NetworkInterfaceId", id);
	store_put(rq->tx, PRIVATE_ADDRESS, address_key(rq, subnet_id, address), taken);

	json_set(out, "NetworkInterface", interface);
	return 0;
}

int ec2_delete_network_interface(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "NetworkInterfaceId");
	const json_t *interface = ec2_get(rq, &ec2_network_interface, id);

	if (!interface)
		return ec2_missing(rq, &ec2_network_interface, id);
	if (json_bool_or(interface, "RequesterManaged", false) &&
	    rq->caller->kind != PRINCIPAL_SERVICE)
		return fault_named(rq, "InvalidParameterValue",
				   "Network interface '%s' is currently in use.", id);

	store_delete(rq->tx, PRIVATE_ADDRESS,
		     address_key(rq, json_str(interface, "SubnetId"),
				 json_str(interface, "PrivateIpAddress")));
	store_delete(rq->tx, ec2_network_interface.kind, id);
	return 0;
}

int ec2_describe_network_interfaces(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_network_interface, in, out);
}
