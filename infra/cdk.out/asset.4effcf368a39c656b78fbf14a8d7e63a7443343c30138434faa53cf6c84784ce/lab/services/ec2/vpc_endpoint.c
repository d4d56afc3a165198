/*
 * vpc_endpoint.c - VPC endpoints: kept and shown, with a network interface in each subnet.
 *
 *   keeps      ec2/vpc-endpoint   by id   DescribeVpcEndpoints' shape
 *   left out   names: what runs in the lab is given the AWS endpoint's address
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter filters[] = {
	{"vpc-endpoint-id", "VpcEndpointId"}, {"vpc-id", "VpcId"},
	{"service-name", "ServiceName"},      {"vpc-endpoint-type", "VpcEndpointType"},
	{"vpc-endpoint-state", "State"},      {NULL, NULL},
};

const struct ec2_noun ec2_vpc_endpoint = {
	.kind = "ec2/vpc-endpoint",
	.tag_type = "vpc-endpoint",
	.id = "VpcEndpointId",
	.ids_in = "VpcEndpointIds",
	.list_out = "VpcEndpoints",
	.missing_code = "InvalidVpcEndpointId.NotFound",
	.missing_front = "The Vpc Endpoint Id '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
};

static const struct principal *endpoints(struct request *rq)
{
	return principal_service(rq, "vpce.ec2.amazonaws.com");
}

static int add_interface(struct request *rq, json_t *endpoint, const char *subnet,
			 const json_t *groups)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	int err;

	json_set_str(in, "SubnetId", subnet);
	json_set_str(in, "Description",
		     rq_fmt(rq, "VPC Endpoint Interface %s", json_str(endpoint, "VpcEndpointId")));
	json_set(in, "Groups", groups);
	err = aws_call(rq, endpoints(rq), &ec2_model, EC2_CreateNetworkInterface, in, out);
	if (err)
		return err > 0 ? fault_pass(rq) : err;
	json_push(json_object_get(endpoint, "NetworkInterfaceIds"),
		  json_path(out, "NetworkInterface.NetworkInterfaceId"));
	return 0;
}

static int drop_interface(struct request *rq, const char *id)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "NetworkInterfaceId", id);
	return aws_call(rq, endpoints(rq), &ec2_model, EC2_DeleteNetworkInterface, in, NULL);
}

static int check(struct request *rq, const json_t *in, bool gateway)
{
	const json_t *element;
	size_t i;

	if (!ec2_get(rq, &ec2_vpc, json_str(in, "VpcId")))
		return ec2_missing(rq, &ec2_vpc, json_str(in, "VpcId"));
	if (gateway && json_array_size(json_get(in, "SubnetIds")))
		return fault_named(rq, "InvalidParameter",
				   "Subnet IDs are only supported for Interface type VPC "
				   "Endpoints.");
	json_each (json_get(in, "RouteTableIds"), i, element)
		if (!ec2_get(rq, &ec2_route_table, json_string_value(element)))
			return ec2_missing(rq, &ec2_route_table, json_string_value(element));
	return 0;
}

static void copy_or_empty(json_t *to, const json_t *from, const char *member)
{
	if (json_has(from, member))
		json_set(to, member, json_get(from, member));
	else
		json_add_array(to, member);
}

static void add_groups(struct request *rq, json_t *endpoint, const json_t *ids)
{
	json_t *groups = json_add_array(endpoint, "Groups");
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		const json_t *group = ec2_get(rq, &ec2_security_group, json_string_value(id));
		json_t *one = json_push_object(groups);

		json_set(one, "GroupId", id);
		json_set(one, "GroupName", json_get(group, "GroupName"));
	}
}

int ec2_create_vpc_endpoint(struct request *rq, const json_t *in, json_t *out)
{
	const char *type = json_str_or(in, "VpcEndpointType", "Gateway");
	bool gateway = strcmp(type, "Gateway") == 0;
	json_t *endpoint = rq_object(rq);
	const json_t *subnet;
	int err = check(rq, in, gateway);
	size_t i;

	if (err)
		return err;
	ec2_name_it(rq, &ec2_vpc_endpoint, "vpce-", in, endpoint);
	json_set_str(endpoint, "VpcEndpointType", type);
	json_set(endpoint, "VpcId", json_get(in, "VpcId"));
	json_set(endpoint, "ServiceName", json_get(in, "ServiceName"));
	json_set_str(endpoint, "State", "available");
	json_set_str(endpoint, "PolicyDocument",
		     json_str_or(in, "PolicyDocument",
				 "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
				 "\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"));
	copy_or_empty(endpoint, in, "RouteTableIds");
	copy_or_empty(endpoint, in, "SubnetIds");
	add_groups(rq, endpoint, json_get(in, "SecurityGroupIds"));
	json_set_bool(endpoint, "PrivateDnsEnabled",
		      json_bool_or(in, "PrivateDnsEnabled", !gateway));
	json_set_bool(endpoint, "RequesterManaged", false);
	json_add_array(endpoint, "NetworkInterfaceIds");
	json_add_array(endpoint, "DnsEntries");
	json_set_time(endpoint, "CreationTimestamp", rq->now);
	json_set_str(endpoint, "OwnerId", rq->account);
	json_each (json_get(in, "SubnetIds"), i, subnet) {
		err = add_interface(rq, endpoint, json_string_value(subnet),
				    json_get(in, "SecurityGroupIds"));
		if (err)
			return err;
	}
	ec2_keep(rq, &ec2_vpc_endpoint, endpoint);
	json_set(out, "VpcEndpoint", endpoint);
	return 0;
}

static void change_list(json_t *list, const json_t *add, const json_t *remove)
{
	const json_t *element;
	size_t i;

	for (size_t at = json_array_size(list); at-- > 0;)
		if (json_list_has(remove, json_string_value(json_at(list, at))))
			json_array_remove(list, at);
	json_each (add, i, element)
		if (!json_list_has(list, json_string_value(element)))
			json_push(list, element);
}

static void change_groups(struct request *rq, json_t *endpoint, const json_t *in)
{
	json_t *ids = rq_array(rq);
	const json_t *group;
	size_t i;

	json_each (json_get(endpoint, "Groups"), i, group)
		json_push(ids, json_get(group, "GroupId"));
	change_list(ids, json_get(in, "AddSecurityGroupIds"),
		    json_get(in, "RemoveSecurityGroupIds"));
	add_groups(rq, endpoint, ids);
}

int ec2_modify_vpc_endpoint(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const refused[] = {"AddSubnetIds", "RemoveSubnetIds", "IpAddressType",
					      "DnsOptions", NULL};
	const char *id = json_str(in, "VpcEndpointId");
	json_t *endpoint = ec2_edit(rq, &ec2_vpc_endpoint, id);
	int err = ec2_refuse(rq, in, refused);

	if (!endpoint)
		return ec2_missing(rq, &ec2_vpc_endpoint, id);
	if (err)
		return err;
	json_set(endpoint, "PolicyDocument", json_get(in, "PolicyDocument"));
	json_set(endpoint, "PrivateDnsEnabled", json_get(in, "PrivateDnsEnabled"));
	change_list(json_object_get(endpoint, "RouteTableIds"), json_get(in, "AddRouteTableIds"),
		    json_get(in, "RemoveRouteTableIds"));
	change_groups(rq, endpoint, in);
	ec2_keep(rq, &ec2_vpc_endpoint, endpoint);
	json_set_bool(out, "Return", true);
	return 0;
}

int ec2_delete_vpc_endpoints(struct request *rq, const json_t *in, json_t *out)
{
	json_t *unsuccessful = json_add_array(out, "Unsuccessful");
	const json_t *element, *interface;
	size_t i, j;

	json_each (json_get(in, "VpcEndpointIds"), i, element) {
		const char *id = json_string_value(element);
		const json_t *endpoint = ec2_get(rq, &ec2_vpc_endpoint, id);

		if (!endpoint) {
			json_t *one = json_push_object(unsuccessful), *error;

			json_set_str(one, "ResourceId", id);
			error = json_add_object(one, "Error");
			json_set_str(error, "Code", ec2_vpc_endpoint.missing_code);
			json_set_str(error, "Message",
				     rq_fmt(rq, "The Vpc Endpoint Id '%s' does not exist", id));
			continue;
		}
		json_each (json_get(endpoint, "NetworkInterfaceIds"), j, interface)
			drop_interface(rq, json_string_value(interface));
		store_delete(rq->tx, ec2_vpc_endpoint.kind, id);
	}
	return 0;
}

int ec2_describe_vpc_endpoints(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_vpc_endpoint, in, out);
}
