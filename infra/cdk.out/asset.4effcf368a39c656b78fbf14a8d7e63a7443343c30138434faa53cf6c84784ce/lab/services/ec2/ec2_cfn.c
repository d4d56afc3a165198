/*
 * ec2_cfn.c - the CloudFormation types of the network.
 *
 *   left out   properties of what the lab does not keep
 */
#include "lab/services/ec2/ec2_cfn.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

void ec2_cfn_tags(struct request *rq, const struct cfn_resource *r, const struct ec2_noun *noun,
		  json_t *in)
{
	json_t *specification = json_push_object(json_add_array(in, "TagSpecifications"));

	json_set_str(specification, "ResourceType", noun->tag_type);
	json_set(specification, "Tags", cfn_tags(rq, r));
}

int ec2_cfn_call(struct request *rq, int op, const json_t *in, json_t *out)
{
	return cfn_call(rq, &ec2_model, op, in, out);
}

int ec2_cfn_delete_with(struct request *rq, int op, const json_t *in)
{
	return cfn_call_unless(rq, &ec2_model, op, in, "NotFound");
}

int ec2_cfn_delete(struct request *rq, int op, const char *id_name, const char *id)
{
	json_t *in = rq_object(rq);

	json_set_str(in, id_name, id);
	return ec2_cfn_delete_with(rq, op, in);
}

json_t *ec2_cfn_member(struct request *rq, const struct ec2_noun *noun, const char *id,
		       const char *member)
{
	const json_t *value = json_get(ec2_get(rq, noun, id), member);

	return value ? json_deep_copy(value) : NULL;
}

/* Calls `op` and takes the id that is at `path` in its answer. */
static int create_by(struct request *rq, int op, const json_t *in, const char *path,
		     const char **ret_id)
{
	json_t *out = rq_object(rq);
	int err = ec2_cfn_call(rq, op, in, out);

	if (err == 0)
		*ret_id = json_path_str(out, path);
	return err;
}

static bool one_of(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

int ec2_cfn_take(struct request *rq, const struct cfn_resource *r, const char *const *copied,
		 const char *const *handled, json_t *in)
{
	const json_t *value;
	const char *name;

	json_each_member (r->props, name, value) {
		if (one_of(name, copied))
			json_set(in, name, value);
		else if (!one_of(name, handled))
			return fault_named(rq, "InvalidRequest",
					   "The property %s of %s is not in the lab", name,
					   r->logical_id);
	}
	return 0;
}

static const char *const tags_only[] = {"Tags", NULL};

bool ec2_cfn_changed(const struct cfn_resource *r, const json_t *old, const char *prop)
{
	const json_t *is = json_get(r->props, prop), *was = json_get(old, prop);

	return is != was && !(is && was && json_equal(is, was));
}

static int retag(struct request *rq, const struct cfn_resource *r, const json_t *old,
		 const char *id)
{
	static const struct cfn_tagging tagging = {
		.model = &ec2_model,
		.tag_op = EC2_CreateTags,
		.untag_op = EC2_DeleteTags,
		.id = "Resources",
		.id_is_list = true,
		.tags = "Tags",
		.key = "Key",
		.value = "Value",
	};

	return cfn_retag(rq, r, old, &tagging, id);
}

int ec2_cfn_retag(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return retag(rq, r, old, r->physical_id);
}

int ec2_cfn_read(struct request *rq, const struct cfn_resource *r, const struct ec2_noun *noun,
		 const struct cfn_alias *aliases, json_t *ret_props, int *ret_there)
{
	const json_t *document = ec2_get(rq, noun, r->physical_id);

	*ret_there = document != NULL;
	cfn_show(r, document, aliases, ret_props);
	return 0;
}

/* VPC */

static int vpc_attribute(struct request *rq, const struct cfn_resource *r, const char *id,
			 const char *name)
{
	json_t *in = rq_object(rq);

	if (!json_has(r->props, name))
		return 0;
	json_set_str(in, "VpcId", id);
	json_set(json_add_object(in, name), "Value", json_get(r->props, name));
	return ec2_cfn_call(rq, EC2_ModifyVpcAttribute, in, NULL);
}

static int vpc_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"CidrBlock", "InstanceTenancy", NULL};
	static const char *const later[] = {"EnableDnsSupport", "EnableDnsHostnames", "Tags", NULL};
	json_t *in = rq_object(rq);
	int err;

	err = ec2_cfn_take(rq, r, members, later, in);
	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_vpc, in);
	err = create_by(rq, EC2_CreateVpc, in, "Vpc.VpcId", ret_id);
	if (!err)
		err = vpc_attribute(rq, r, *ret_id, "EnableDnsSupport");
	if (!err)
		err = vpc_attribute(rq, r, *ret_id, "EnableDnsHostnames");
	return err;
}

static int vpc_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = 0;

	if (ec2_cfn_changed(r, old, "EnableDnsSupport"))
		err = vpc_attribute(rq, r, r->physical_id, "EnableDnsSupport");
	if (!err && ec2_cfn_changed(r, old, "EnableDnsHostnames"))
		err = vpc_attribute(rq, r, r->physical_id, "EnableDnsHostnames");
	return err ? err : ec2_cfn_retag(rq, r, old);
}

static int vpc_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		    int *ret_there)
{
	static const struct cfn_alias aliases[] = {
		{"EnableDnsSupport", "_Attributes.EnableDnsSupport"},
		{"EnableDnsHostnames", "_Attributes.EnableDnsHostnames"},
		{NULL, NULL},
	};

	return ec2_cfn_read(rq, r, &ec2_vpc, aliases, ret_props, ret_there);
}

static int vpc_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteVpc, "VpcId", r->physical_id);
}

static json_t *vpc_blocks(struct request *rq, const char *id)
{
	json_t *blocks = json_array();
	const json_t *association;
	size_t i;

	json_each (json_get(ec2_get(rq, &ec2_vpc, id), "CidrBlockAssociationSet"), i, association)
		json_push_str(blocks, json_str(association, "AssociationId"));
	return blocks;
}

static json_t *vpc_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const char *id = r->physical_id;
	const json_t *acl;

	if (strcmp(name, "VpcId") == 0 || strcmp(name, "CidrBlock") == 0)
		return ec2_cfn_member(rq, &ec2_vpc, id, name);
	if (strcmp(name, "CidrBlockAssociations") == 0)
		return vpc_blocks(rq, id);
	if (strcmp(name, "Ipv6CidrBlocks") == 0)
		return json_array();
	if (strcmp(name, "DefaultSecurityGroup") == 0)
		return json_string(ec2_security_group_of(rq, id));
	if (strcmp(name, "DefaultNetworkAcl") != 0)
		return NULL;
	acl = json_at(ec2_where(rq, &ec2_network_acl, "VpcId", id), 0);
	return json_string(json_str(acl, "NetworkAclId"));
}

/* Subnet */

static int subnet_map_public(struct request *rq, const char *id, const json_t *value)
{
	json_t *in = rq_object(rq), *flag;

	json_set_str(in, "SubnetId", id);
	flag = json_add_object(in, "MapPublicIpOnLaunch");
	json_set_bool(flag, "Value", false);
	json_set(flag, "Value", value);
	return ec2_cfn_call(rq, EC2_ModifySubnetAttribute, in, NULL);
}

static int subnet_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = 0;

	if (ec2_cfn_changed(r, old, "MapPublicIpOnLaunch"))
		err = subnet_map_public(rq, r->physical_id,
					json_get(r->props, "MapPublicIpOnLaunch"));
	return err ? err : ec2_cfn_retag(rq, r, old);
}

static int subnet_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		       int *ret_there)
{
	return ec2_cfn_read(rq, r, &ec2_subnet, NULL, ret_props, ret_there);
}

static int subnet_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"VpcId", "CidrBlock", "AvailabilityZone",
					      "AvailabilityZoneId", NULL};
	static const char *const later[] = {"MapPublicIpOnLaunch", "Tags", NULL};
	json_t *in = rq_object(rq);
	int err;

	err = ec2_cfn_take(rq, r, members, later, in);
	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_subnet, in);
	err = create_by(rq, EC2_CreateSubnet, in, "Subnet.SubnetId", ret_id);
	if (err || !json_has(r->props, "MapPublicIpOnLaunch"))
		return err;
	return subnet_map_public(rq, *ret_id, json_get(r->props, "MapPublicIpOnLaunch"));
}

static int subnet_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteSubnet, "SubnetId", r->physical_id);
}

static json_t *subnet_acl_association(struct request *rq, const char *subnet_id)
{
	const json_t *acl, *association;
	size_t i, j;

	json_each (store_list(rq->tx, ec2_network_acl.kind), i, acl)
		json_each (json_get(acl, "Associations"), j, association)
			if (strcmp(json_str_or(association, "SubnetId", ""), subnet_id) == 0)
				return json_string(
					json_str(association, "NetworkAclAssociationId"));
	return NULL;
}

static json_t *subnet_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	static const char *const members[] = {"SubnetId", "VpcId", "CidrBlock", "AvailabilityZone",
					      "AvailabilityZoneId"};

	for (size_t i = 0; i < array_len(members); i++)
		if (strcmp(members[i], name) == 0)
			return ec2_cfn_member(rq, &ec2_subnet, r->physical_id, name);
	if (strcmp(name, "Ipv6CidrBlocks") == 0)
		return json_array();
	if (strcmp(name, "NetworkAclAssociationId") == 0)
		return subnet_acl_association(rq, r->physical_id);
	return NULL;
}

/* RouteTable, SubnetRouteTableAssociation, Route */

static int route_table_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"VpcId", NULL};
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, tags_only, in);

	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_route_table, in);
	return create_by(rq, EC2_CreateRouteTable, in, "RouteTable.RouteTableId", ret_id);
}

static int route_table_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteRouteTable, "RouteTableId", r->physical_id);
}

static int association_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"RouteTableId", "SubnetId", NULL};
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, NULL, in);

	if (err)
		return err;
	return create_by(rq, EC2_AssociateRouteTable, in, "AssociationId", ret_id);
}

static int association_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DisassociateRouteTable, "AssociationId", r->physical_id);
}

static json_t *association_get_att(struct request *rq, const struct cfn_resource *r,
				   const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

static int route_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"RouteTableId", "DestinationCidrBlock", "GatewayId",
					      "NatGatewayId", "NetworkInterfaceId",   NULL};
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, NULL, in);

	if (!err)
		err = ec2_cfn_call(rq, EC2_CreateRoute, in, NULL);
	if (err == 0)
		*ret_id = rq_fmt(rq, "%s|%s", json_str_or(in, "RouteTableId", ""),
				 json_str_or(in, "DestinationCidrBlock", ""));
	return err;
}

static int route_delete(struct request *rq, const struct cfn_resource *r)
{
	const char *bar = strchr(r->physical_id, '|');
	json_t *in = rq_object(rq);

	if (!bar)
		return 0;
	json_set_str(in, "RouteTableId",
		     rq_fmt(rq, "%.*s", (int)(bar - r->physical_id), r->physical_id));
	json_set_str(in, "DestinationCidrBlock", bar + 1);
	return ec2_cfn_delete_with(rq, EC2_DeleteRoute, in);
}

/* Another gateway for the same destination. */
static int route_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *id;
	int err = route_delete(rq, r);

	return err ? err : route_create(rq, r, &id);
}

static json_t *route_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const char *bar = strchr(r->physical_id, '|');

	return strcmp(name, "CidrBlock") == 0 && bar ? json_string(bar + 1) : NULL;
}

/* InternetGateway, VPCGatewayAttachment */

static int internet_gateway_create(struct request *rq, const struct cfn_resource *r,
				   const char **ret_id)
{
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, NULL, tags_only, in);

	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_internet_gateway, in);
	return create_by(rq, EC2_CreateInternetGateway, in, "InternetGateway.InternetGatewayId",
			 ret_id);
}

static int internet_gateway_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteInternetGateway, "InternetGatewayId", r->physical_id);
}

static const char *const attachment_members[] = {"InternetGatewayId", "VpcId", NULL};

static int attachment_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, attachment_members, NULL, in);

	if (err)
		return err;
	*ret_id = rq_fmt(rq, "IGW|%s", json_str_or(in, "VpcId", ""));
	return ec2_cfn_call(rq, EC2_AttachInternetGateway, in, NULL);
}

static int attachment_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, attachment_members, NULL, in);

	if (!err)
		err = aws_call(rq, rq->caller, &ec2_model, EC2_DetachInternetGateway, in, NULL);
	if (err > 0 && (strcmp(rq->called.code, "Gateway.NotAttached") == 0 ||
			strstr(rq->called.code, "NotFound")))
		return 0;
	return err > 0 ? fault_pass(rq) : err;
}

/* Another gateway for the same VPC: only one can be attached. */
static int attachment_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	struct cfn_resource before = *r;
	const char *id;
	int err;

	before.props = old;
	err = attachment_delete(rq, &before);
	return err ? err : attachment_create(rq, r, &id);
}

static json_t *attachment_get_att(struct request *rq, const struct cfn_resource *r,
				  const char *name)
{
	return strcmp(name, "AttachmentType") == 0 ? json_string("IGW") : NULL;
}

/* EIP: Ref is the address, not the id of its allocation. */

static int address_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"Domain", NULL};
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, tags_only, in);

	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_address, in);
	return create_by(rq, EC2_AllocateAddress, in, "PublicIp", ret_id);
}

static const char *allocation_of(struct request *rq, const struct cfn_resource *r)
{
	const json_t *found = ec2_where(rq, &ec2_address, "PublicIp", r->physical_id);

	return json_str(json_at(found, 0), "AllocationId");
}

static int address_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return retag(rq, r, old, allocation_of(rq, r));
}

static int address_delete(struct request *rq, const struct cfn_resource *r)
{
	const char *id = allocation_of(rq, r);

	return id ? ec2_cfn_delete(rq, EC2_ReleaseAddress, "AllocationId", id) : 0;
}

static json_t *address_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "PublicIp") == 0)
		return json_string(r->physical_id);
	return strcmp(name, "AllocationId") == 0 ? json_string(allocation_of(rq, r)) : NULL;
}

/* NatGateway */

static int nat_gateway_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"AllocationId", "SubnetId", "ConnectivityType", NULL};
	json_t *in = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, tags_only, in);

	if (err)
		return err;
	ec2_cfn_tags(rq, r, &ec2_nat_gateway, in);
	return create_by(rq, EC2_CreateNatGateway, in, "NatGateway.NatGatewayId", ret_id);
}

static int nat_gateway_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const json_t *nat = ec2_get(rq, &ec2_nat_gateway, r->physical_id);
	const char *state = json_str_or(nat, "State", "deleted");

	if (strcmp(state, "failed") == 0)
		return fault_named(
			rq, json_str_or(nat, "FailureCode", "InternalError"),
			"NatGateway %s is in state failed and hence failed to stabilize. "
			"Detailed failure message: %s",
			r->physical_id, json_str_or(nat, "FailureMessage", ""));
	*ret_there = strcmp(state, "available") == 0;
	return 0;
}

static int nat_gateway_delete(struct request *rq, const struct cfn_resource *r)
{
	return ec2_cfn_delete(rq, EC2_DeleteNatGateway, "NatGatewayId", r->physical_id);
}

/* Types whose only attribute is their id, under its member's name. */
static json_t *id_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const struct ec2_noun *const nouns[] = {&ec2_route_table, &ec2_internet_gateway,
						&ec2_nat_gateway};

	for (size_t i = 0; i < array_len(nouns); i++)
		if (strcmp(nouns[i]->id, name) == 0)
			return ec2_cfn_member(rq, nouns[i], r->physical_id, name);
	return NULL;
}

const struct resource ec2_resources[] = {
	{
		.type = "AWS::EC2::EIP",
		.create = address_create,
		.update = address_update,
		.delete = address_delete,
		.get_att = address_get_att,
	},
	{
		.type = "AWS::EC2::FlowLog",
		.create = ec2_cfn_flow_log_create,
		.update = ec2_cfn_retag,
		.delete = ec2_cfn_flow_log_delete,
		.read = ec2_cfn_flow_log_read,
		.get_att = ec2_cfn_flow_log_get_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::EC2::InternetGateway",
		.create = internet_gateway_create,
		.update = ec2_cfn_retag,
		.delete = internet_gateway_delete,
		.get_att = id_get_att,
		.note = "kept; no packet passes it",
	},
	{
		.type = "AWS::EC2::NatGateway",
		.create = nat_gateway_create,
		.update = ec2_cfn_retag,
		.delete = nat_gateway_delete,
		.settled = nat_gateway_settled,
		.get_att = id_get_att,
		.note = "kept; no packet passes it",
	},
	{
		.type = "AWS::EC2::Route",
		.create = route_create,
		.update = route_update,
		.delete = route_delete,
		.get_att = route_get_att,
		.note = "kept; no packet passes it",
	},
	{
		.type = "AWS::EC2::RouteTable",
		.create = route_table_create,
		.update = ec2_cfn_retag,
		.delete = route_table_delete,
		.get_att = id_get_att,
		.note = "kept; no packet passes it",
	},
	{
		.type = "AWS::EC2::SecurityGroup",
		.create = ec2_cfn_group_create,
		.update = ec2_cfn_group_update,
		.read = ec2_cfn_group_read,
		.delete = ec2_cfn_group_delete,
		.get_att = ec2_cfn_group_get_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::EC2::SecurityGroupEgress",
		.create = ec2_cfn_egress_create,
		.update = ec2_cfn_egress_update,
		.delete = ec2_cfn_egress_delete,
		.get_att = ec2_cfn_rule_get_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::EC2::SecurityGroupIngress",
		.create = ec2_cfn_ingress_create,
		.update = ec2_cfn_ingress_update,
		.delete = ec2_cfn_ingress_delete,
		.get_att = ec2_cfn_rule_get_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::EC2::Subnet",
		.create = subnet_create,
		.update = subnet_update,
		.read = subnet_read,
		.delete = subnet_delete,
		.get_att = subnet_get_att,
	},
	{
		.type = "AWS::EC2::SubnetRouteTableAssociation",
		.create = association_create,
		.delete = association_delete,
		.get_att = association_get_att,
	},
	{
		.type = "AWS::EC2::VPC",
		.create = vpc_create,
		.update = vpc_update,
		.read = vpc_read,
		.delete = vpc_delete,
		.get_att = vpc_get_att,
	},
	{
		.type = "AWS::EC2::VPCEndpoint",
		.create = ec2_cfn_endpoint_create,
		.update = ec2_cfn_endpoint_update,
		.delete = ec2_cfn_endpoint_delete,
		.read = ec2_cfn_endpoint_read,
		.get_att = ec2_cfn_endpoint_get_att,
		.note = "kept; no packet passes it",
	},
	{
		.type = "AWS::EC2::VPCGatewayAttachment",
		.create = attachment_create,
		.update = attachment_update,
		.delete = attachment_delete,
		.get_att = attachment_get_att,
	},
	{.type = NULL},
};
