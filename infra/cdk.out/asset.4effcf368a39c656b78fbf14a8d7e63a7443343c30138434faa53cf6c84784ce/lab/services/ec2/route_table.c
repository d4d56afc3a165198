/*
 * route_table.c - route tables, their routes, and the subnets that use them.
 *
 *   keeps      ec2/route-table   by id   DescribeRouteTables' shape; states of routes are looked up
 *   left out   gateways other than internet gateways, NAT gateways and network interfaces;
 *              associations with gateways; prefix lists; IPv6
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter filters[] = {
	{"route-table-id", "RouteTableId"},
	{"vpc-id", "VpcId"},
	{"owner-id", "OwnerId"},
	{"association.main", "Associations.*.Main"},
	{"association.subnet-id", "Associations.*.SubnetId"},
	{"association.route-table-id", "Associations.*.RouteTableId"},
	{"association.route-table-association-id", "Associations.*.RouteTableAssociationId"},
	{"association.gateway-id", "Associations.*.GatewayId"},
	{"route.destination-cidr-block", "Routes.*.DestinationCidrBlock"},
	{"route.gateway-id", "Routes.*.GatewayId"},
	{"route.nat-gateway-id", "Routes.*.NatGatewayId"},
	{"route.origin", "Routes.*.Origin"},
	{"route.state", "Routes.*.State"},
	{NULL, NULL},
};

static bool gateway_attached(struct request *rq, const char *gateway_id, const char *vpc_id)
{
	const json_t *gateway = ec2_get(rq, &ec2_internet_gateway, gateway_id);
	const char *attached = json_path_str(gateway, "Attachments.0.VpcId");

	return attached && strcmp(attached, vpc_id) == 0;
}

/* A route whose target is gone stays, as a black hole. */
static bool route_leads(struct request *rq, const json_t *route, const char *vpc_id)
{
	const char *gateway_id = json_str(route, "GatewayId");
	const json_t *nat;

	if (gateway_id)
		return strcmp(gateway_id, "local") == 0 || gateway_attached(rq, gateway_id, vpc_id);
	if (json_has(route, "NetworkInterfaceId"))
		return ec2_get(rq, &ec2_network_interface, json_str(route, "NetworkInterfaceId"));
	nat = ec2_get(rq, &ec2_nat_gateway, json_str(route, "NatGatewayId"));
	return strcmp(json_str_or(nat, "State", "deleted"), "available") == 0;
}

static bool show_states(struct request *rq, json_t *table)
{
	json_t *routes = json_object_get(table, "Routes"), *route;
	size_t i;

	json_array_foreach (routes, i, route)
		json_set_str(route, "State",
			     route_leads(rq, route, json_str(table, "VpcId")) ? "active"
									      : "blackhole");
	return true;
}

const struct ec2_noun ec2_route_table = {
	.kind = "ec2/route-table",
	.tag_type = "route-table",
	.id = "RouteTableId",
	.ids_in = "RouteTableIds",
	.list_out = "RouteTables",
	.missing_code = "InvalidRouteTableID.NotFound",
	.missing_front = "The routeTable ID '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
	.show = show_states,
};

static json_t *new_table(struct request *rq, const json_t *in, const char *vpc_id)
{
	const json_t *vpc = ec2_get(rq, &ec2_vpc, vpc_id);
	json_t *table = rq_object(rq), *local;

	ec2_name_it(rq, &ec2_route_table, "rtb-", in, table);
	json_set_str(table, "VpcId", vpc_id);
	json_set_str(table, "OwnerId", rq->account);
	json_add_array(table, "Associations");
	json_add_array(table, "PropagatingVgws");
	local = json_push_object(json_add_array(table, "Routes"));
	json_set_str(local, "DestinationCidrBlock", json_str(vpc, "CidrBlock"));
	json_set_str(local, "GatewayId", "local");
	json_set_str(local, "Origin", "CreateRouteTable");
	json_set_str(local, "State", "active");
	return table;
}

static const char *associate(struct request *rq, json_t *table, const char *subnet_id)
{
	json_t *association = json_push_object(json_object_get(table, "Associations"));
	const char *id = id_new(rq, "rtbassoc-", 17);

	json_set_bool(association, "Main", subnet_id == NULL);
	json_set_str(association, "RouteTableAssociationId", id);
	json_set_str(association, "RouteTableId", json_str(table, "RouteTableId"));
	json_set_str(association, "SubnetId", subnet_id);
	json_set_str(json_add_object(association, "AssociationState"), "State", "associated");
	return id;
}

void ec2_route_table_main(struct request *rq, const char *vpc_id)
{
	json_t *table = new_table(rq, NULL, vpc_id);

	associate(rq, table, NULL);
	ec2_keep(rq, &ec2_route_table, table);
}

int ec2_create_route_table(struct request *rq, const json_t *in, json_t *out)
{
	const char *vpc_id = json_str(in, "VpcId");
	json_t *table;

	if (!ec2_get(rq, &ec2_vpc, vpc_id))
		return ec2_missing(rq, &ec2_vpc, vpc_id);

	table = new_table(rq, in, vpc_id);
	ec2_keep(rq, &ec2_route_table, table);
	json_set(out, "RouteTable", table);
	return 0;
}

int ec2_delete_route_table(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "RouteTableId");
	const json_t *table = ec2_get(rq, &ec2_route_table, id);

	if (!table)
		return ec2_missing(rq, &ec2_route_table, id);
	if (json_array_size(json_get(table, "Associations")) > 0)
		return fault_named(rq, "DependencyViolation",
				   "The routeTable '%s' has dependencies and cannot be deleted.",
				   id);

	store_delete(rq->tx, ec2_route_table.kind, id);
	return 0;
}

int ec2_describe_route_tables(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_route_table, in, out);
}

/* The table that has an association of this id or, if it is NULL, of this subnet. */
static json_t *find_association(struct request *rq, const char *id, const char *subnet_id,
				size_t *ret_index)
{
	const char *member = id ? "RouteTableAssociationId" : "SubnetId";
	const json_t *table, *association;
	size_t i, j;

	json_each (store_list(rq->tx, ec2_route_table.kind), i, table)
		json_each (json_get(table, "Associations"), j, association)
			if (strcmp(json_str_or(association, member, ""), id ? id : subnet_id) ==
			    0) {
				*ret_index = j;
				return ec2_edit(rq, &ec2_route_table,
						json_str(table, "RouteTableId"));
			}
	return NULL;
}

int ec2_associate_route_table(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "RouteTableId"), *subnet_id = json_str(in, "SubnetId");
	const json_t *subnet = ec2_get(rq, &ec2_subnet, subnet_id);
	json_t *table = ec2_edit(rq, &ec2_route_table, id);
	size_t index;

	if (!table)
		return ec2_missing(rq, &ec2_route_table, id);
	if (!subnet)
		return ec2_missing(rq, &ec2_subnet, subnet_id);
	if (strcmp(json_str(table, "VpcId"), json_str(subnet, "VpcId")) != 0)
		return fault_named(rq, "InvalidParameterValue",
				   "Route table %s and subnet %s belong to different networks", id,
				   subnet_id);
	if (find_association(rq, NULL, subnet_id, &index))
		return fault_named(rq, "Resource.AlreadyAssociated",
				   "the specified association for route table %s conflicts with an "
				   "existing association",
				   id);

	json_set_str(out, "AssociationId", associate(rq, table, subnet_id));
	json_set_str(json_add_object(out, "AssociationState"), "State", "associated");
	ec2_keep(rq, &ec2_route_table, table);
	return 0;
}

int ec2_disassociate_route_table(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "AssociationId");
	size_t index;
	json_t *table = find_association(rq, id, NULL, &index);
	json_t *associations = json_object_get(table, "Associations");

	if (!table)
		return fault_named(rq, "InvalidAssociationID.NotFound",
				   "The association ID '%s' does not exist", id);
	if (json_bool_or(json_at(associations, index), "Main", false))
		return fault_named(rq, "InvalidParameterValue",
				   "cannot disassociate the main route table association %s", id);

	json_array_remove(associations, index);
	ec2_keep(rq, &ec2_route_table, table);
	return 0;
}

void ec2_route_table_forget(struct request *rq, const char *subnet_id)
{
	size_t index;
	json_t *table = find_association(rq, NULL, subnet_id, &index);

	if (!table)
		return;
	json_array_remove(json_object_get(table, "Associations"), index);
	ec2_keep(rq, &ec2_route_table, table);
}

/* Where the route goes, checked, put into `route`. */
static int route_target(struct request *rq, const json_t *in, const json_t *table, json_t *route)
{
	const char *gateway_id = json_str(in, "GatewayId");
	const char *nat_id = json_str(in, "NatGatewayId");
	const char *interface_id = json_str(in, "NetworkInterfaceId");

	if (!gateway_id && !nat_id && !interface_id)
		return fault_named(rq, "InvalidParameterCombination",
				   "routes to anything but GatewayId, NatGatewayId or "
				   "NetworkInterfaceId are not in the lab");
	if (gateway_id && !ec2_get(rq, &ec2_internet_gateway, gateway_id))
		return fault_named(rq, "InvalidGatewayID.NotFound",
				   "The gateway ID '%s' does not exist", gateway_id);
	if (gateway_id && !gateway_attached(rq, gateway_id, json_str(table, "VpcId")))
		return fault_named(rq, "InvalidParameterValue",
				   "route table %s and network gateway %s belong to different "
				   "networks",
				   json_str(table, "RouteTableId"), gateway_id);
	if (nat_id && !ec2_get(rq, &ec2_nat_gateway, nat_id))
		return fault_named(rq, "InvalidNatGatewayID.NotFound",
				   "The natGateway ID '%s' does not exist", nat_id);
	if (interface_id && !ec2_get(rq, &ec2_network_interface, interface_id))
		return ec2_missing(rq, &ec2_network_interface, interface_id);

	json_set_str(route, "GatewayId", gateway_id);
	json_set_str(route, "NatGatewayId", nat_id);
	json_set_str(route, "NetworkInterfaceId", interface_id);
	return 0;
}

static bool find_route(const json_t *table, const char *block, size_t *ret_index)
{
	const json_t *route;
	size_t i;

	json_each (json_get(table, "Routes"), i, route) {
		if (strcmp(json_str_or(route, "DestinationCidrBlock", ""), block) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

int ec2_create_route(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "RouteTableId");
	const char *block = json_str_or(in, "DestinationCidrBlock", "");
	json_t *table = ec2_edit(rq, &ec2_route_table, id), *route = rq_object(rq);
	char text[CIDR_TEXT];
	struct cidr cidr;
	size_t index;
	int err;

	if (!table)
		return ec2_missing(rq, &ec2_route_table, id);
	if (!cidr_parse(block, &cidr))
		return fault_named(rq, "InvalidParameterValue",
				   "Value (%s) for parameter destinationCidrBlock is invalid. This "
				   "is not a valid CIDR block.",
				   block);
	cidr_text(cidr, text);
	if (find_route(table, text, &index))
		return fault_named(rq, "RouteAlreadyExists",
				   "The route identified by %s already exists.", text);
	json_set_str(route, "DestinationCidrBlock", text);
	err = route_target(rq, in, table, route);
	if (err)
		return err;

	json_set_str(route, "Origin", "CreateRoute");
	json_set_str(route, "State", "active");
	json_push(json_object_get(table, "Routes"), route);
	ec2_keep(rq, &ec2_route_table, table);
	json_set_bool(out, "Return", true);
	return 0;
}

int ec2_delete_route(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = json_str(in, "RouteTableId");
	const char *block = json_str_or(in, "DestinationCidrBlock", "");
	json_t *table = ec2_edit(rq, &ec2_route_table, id), *routes;
	size_t index;

	if (!table)
		return ec2_missing(rq, &ec2_route_table, id);
	if (!find_route(table, block, &index))
		return fault_named(rq, "InvalidRoute.NotFound",
				   "no route with destination-cidr-block %s in route table %s",
				   block, id);
	routes = json_object_get(table, "Routes");
	if (strcmp(json_str_or(json_at(routes, index), "GatewayId", ""), "local") == 0)
		return fault_named(rq, "InvalidParameterValue",
				   "cannot remove local route %s in route table %s", block, id);

	json_array_remove(routes, index);
	ec2_keep(rq, &ec2_route_table, table);
	return 0;
}
