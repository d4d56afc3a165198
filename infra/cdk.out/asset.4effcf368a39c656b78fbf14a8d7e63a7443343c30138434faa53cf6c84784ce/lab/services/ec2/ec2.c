/*
 * ec2.c - the network a service lives in: VPCs, subnets, routes, gateways, security groups,
 * network interfaces. Machines are not in the lab.
 *
 *   keeps      one kind a noun, in the files of the nouns
 *   left out   what no packet of ours meets: instances, volumes, IPv6, peering
 */
#include "lab/services/ec2/ec2.h"
#include "lab/services/ec2/nouns.h"

static op_fn *const ops[EC2_NOPS] = {
	[EC2_AllocateAddress] = ec2_allocate_address,
	[EC2_AssociateRouteTable] = ec2_associate_route_table,
	[EC2_AttachInternetGateway] = ec2_attach_internet_gateway,
	[EC2_AuthorizeSecurityGroupEgress] = ec2_authorize_security_group_egress,
	[EC2_AuthorizeSecurityGroupIngress] = ec2_authorize_security_group_ingress,
	[EC2_CreateFlowLogs] = ec2_create_flow_logs,
	[EC2_CreateInternetGateway] = ec2_create_internet_gateway,
	[EC2_CreateNatGateway] = ec2_create_nat_gateway,
	[EC2_CreateNetworkInterface] = ec2_create_network_interface,
	[EC2_CreateRoute] = ec2_create_route,
	[EC2_CreateRouteTable] = ec2_create_route_table,
	[EC2_CreateSecurityGroup] = ec2_create_security_group,
	[EC2_CreateSubnet] = ec2_create_subnet,
	[EC2_CreateTags] = ec2_create_tags,
	[EC2_CreateVpc] = ec2_create_vpc,
	[EC2_CreateVpcEndpoint] = ec2_create_vpc_endpoint,
	[EC2_DeleteFlowLogs] = ec2_delete_flow_logs,
	[EC2_DeleteInternetGateway] = ec2_delete_internet_gateway,
	[EC2_DeleteNatGateway] = ec2_delete_nat_gateway,
	[EC2_DeleteNetworkInterface] = ec2_delete_network_interface,
	[EC2_DeleteRoute] = ec2_delete_route,
	[EC2_DeleteRouteTable] = ec2_delete_route_table,
	[EC2_DeleteSecurityGroup] = ec2_delete_security_group,
	[EC2_DeleteSubnet] = ec2_delete_subnet,
	[EC2_DeleteTags] = ec2_delete_tags,
	[EC2_DeleteVpc] = ec2_delete_vpc,
	[EC2_DeleteVpcEndpoints] = ec2_delete_vpc_endpoints,
	[EC2_DescribeAddresses] = ec2_describe_addresses,
	[EC2_DescribeAvailabilityZones] = ec2_describe_availability_zones,
	[EC2_DescribeFlowLogs] = ec2_describe_flow_logs,
	[EC2_DescribeInternetGateways] = ec2_describe_internet_gateways,
	[EC2_DescribeNatGateways] = ec2_describe_nat_gateways,
	[EC2_DescribeNetworkAcls] = ec2_describe_network_acls,
	[EC2_DescribeNetworkInterfaces] = ec2_describe_network_interfaces,
	[EC2_DescribeRegions] = ec2_describe_regions,
	[EC2_DescribeRouteTables] = ec2_describe_route_tables,
	[EC2_DescribeSecurityGroupRules] = ec2_describe_security_group_rules,
	[EC2_DescribeSecurityGroups] = ec2_describe_security_groups,
	[EC2_DescribeSubnets] = ec2_describe_subnets,
	[EC2_DescribeTags] = ec2_describe_tags,
	[EC2_DescribeVpcAttribute] = ec2_describe_vpc_attribute,
	[EC2_DescribeVpcEndpoints] = ec2_describe_vpc_endpoints,
	[EC2_DescribeVpcs] = ec2_describe_vpcs,
	[EC2_DescribeVpnGateways] = ec2_describe_vpn_gateways,
	[EC2_DetachInternetGateway] = ec2_detach_internet_gateway,
	[EC2_DisassociateRouteTable] = ec2_disassociate_route_table,
	[EC2_ModifySecurityGroupRules] = ec2_modify_security_group_rules,
	[EC2_ModifySubnetAttribute] = ec2_modify_subnet_attribute,
	[EC2_ModifyVpcAttribute] = ec2_modify_vpc_attribute,
	[EC2_ModifyVpcEndpoint] = ec2_modify_vpc_endpoint,
	[EC2_ReleaseAddress] = ec2_release_address,
	[EC2_RevokeSecurityGroupEgress] = ec2_revoke_security_group_egress,
	[EC2_RevokeSecurityGroupIngress] = ec2_revoke_security_group_ingress,
};

const struct service ec2_service = {
	.model = &ec2_model,
	.ops = ops,
	.resources = ec2_resources,
};
