/*
 * ec2_test.c - the network, call by call: ids, addresses, filters, and AWS's faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/services/ec2/ec2.h"
#include "lab/services/ec2/nouns.h"

#include <stdlib.h>
#include <string.h>

static const struct service *const services[] = {&ec2_service, NULL};

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct lab *lab = NULL;

	assert_int_equal(lab_open(NULL, &options, &lab), 0);
	*state = lab;
	return 0;
}

static int closed(void **state)
{
	lab_close(*state);
	return 0;
}

static char fault_code[128], fault_message[512];

struct kept {
	json_t *out;
	bool done;
};

static void keep(const struct lab_reply *reply, void *user)
{
	struct kept *kept = user;

	assert_true(reply->result >= 0);
	kept->done = true;
	fault_code[0] = fault_message[0] = '\0';
	if (reply->result == 0) {
		kept->out = json_deep_copy(reply->out);
		return;
	}
	snprintf(fault_code, sizeof(fault_code), "%s", reply->fault->code);
	snprintf(fault_message, sizeof(fault_message), "%s", reply->fault->message);
}

static json_t *call_as(struct lab *lab, enum principal_kind kind, int op, json_t *in)
{
	const struct principal caller = {
		.kind = kind,
		.arn = "arn:aws:iam::123456789012:root",
		.user_id = "123456789012",
		.service = kind == PRINCIPAL_SERVICE ? "elasticloadbalancing.amazonaws.com" : NULL,
	};
	struct kept kept = {0};
	const struct lab_call call = {.model = &ec2_model,
				      .op = op,
				      .in = in,
				      .caller = &caller,
				      .done = keep,
				      .user = &kept};

	assert_non_null(in);
	lab_run(lab, &call);
	lab_turn(lab);
	assert_true(kept.done);
	json_decref(in);
	return kept.out;
}

/* The answer, owned by the caller; NULL on a fault. Takes `in`. */
static json_t *call(struct lab *lab, int op, json_t *in)
{
	return call_as(lab, PRINCIPAL_OPERATOR, op, in);
}

/* What is at `path` of the answer, copied into text. */
static const char *call_for(struct lab *lab, int op, json_t *in, const char *path, char text[64])
{
	AUTO_JSON json_t *out = call(lab, op, in);
	const char *found = json_path_str(out, path);

	if (!found)
		fail_msg("no %s: %s %s", path, fault_code, fault_message);
	snprintf(text, 64, "%s", found);
	return text;
}

static void refused(struct lab *lab, int op, json_t *in, const char *code, const char *message)
{
	AUTO_JSON json_t *out = call(lab, op, in);

	assert_null(out);
	assert_string_equal(fault_code, code);
	if (message)
		assert_string_equal(fault_message, message);
}

static void done(struct lab *lab, int op, json_t *in)
{
	AUTO_JSON json_t *out = call(lab, op, in);

	if (!out)
		fail_msg("%s %s", fault_code, fault_message);
}

static const char *make_vpc(struct lab *lab, char id[64])
{
	return call_for(lab, EC2_CreateVpc, json_pack("{s:s}", "CidrBlock", "10.0.0.0/16"),
			"Vpc.VpcId", id);
}

static const char *make_subnet(struct lab *lab, const char *vpc, const char *block, char id[64])
{
	return call_for(lab, EC2_CreateSubnet,
			json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", block),
			"Subnet.SubnetId", id);
}

static void a_vpc_comes_with_table_group_and_acl(void **state)
{
	char vpc[64], text[64];

	make_vpc(*state, vpc);
	assert_memory_equal(vpc, "vpc-", 4);
	assert_int_equal(strlen(vpc), 21);
	call_for(*state, EC2_DescribeRouteTables,
		 json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "Filters", "Name", "vpc-id",
			   "Values", vpc, "Name", "association.main", "Values", "true"),
		 "RouteTables.0.Routes.0.GatewayId", text);
	assert_string_equal(text, "local");
	call_for(*state, EC2_DescribeSecurityGroups, json_object(), "SecurityGroups.0.GroupName",
		 text);
	assert_string_equal(text, "default");
	call_for(*state, EC2_DescribeNetworkAcls, json_object(), "NetworkAcls.0.VpcId", text);
	assert_string_equal(text, vpc);

	done(*state, EC2_DeleteVpc, json_pack("{s:s}", "VpcId", vpc));
	refused(*state, EC2_DescribeVpcs, json_pack("{s:[s]}", "VpcIds", vpc),
		"InvalidVpcID.NotFound", NULL);
	{
		AUTO_JSON json_t *out = call(*state, EC2_DescribeSecurityGroupRules, json_object());

		assert_int_equal(json_array_size(json_get(out, "SecurityGroupRules")), 0);
	}
}

static void a_block_must_fit(void **state)
{
	char vpc[64], subnet[64];

	refused(*state, EC2_CreateVpc, json_pack("{s:s}", "CidrBlock", "10.0.0.0/8"),
		"InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid.");
	refused(*state, EC2_CreateVpc, json_pack("{s:s}", "CidrBlock", "ten"),
		"InvalidParameterValue", NULL);
	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.4.0/22", subnet);
	refused(*state, EC2_CreateSubnet,
		json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.5.0/24"),
		"InvalidSubnet.Conflict", "The CIDR '10.0.5.0/24' conflicts with another subnet");
	refused(*state, EC2_CreateSubnet,
		json_pack("{s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.1.0.0/24"),
		"InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid.");
	refused(*state, EC2_CreateSubnet,
		json_pack("{s:s, s:s, s:s}", "VpcId", vpc, "CidrBlock", "10.0.0.0/24",
			  "AvailabilityZone", "us-east-1f"),
		"InvalidParameterValue", NULL);
	refused(*state, EC2_DeleteVpc, json_pack("{s:s}", "VpcId", vpc), "DependencyViolation",
		NULL);
}

static void addresses_are_given_out_from_the_fourth_on(void **state)
{
	char vpc[64], subnet[64], first[64], address[64];
	json_t *in;

	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.4.0/28", subnet);
	in = json_pack("{s:s}", "SubnetId", subnet);
	call_for(*state, EC2_CreateNetworkInterface, json_incref(in),
		 "NetworkInterface.PrivateIpAddress", address);
	assert_string_equal(address, "10.0.4.4");
	call_for(*state, EC2_CreateNetworkInterface, json_incref(in),
		 "NetworkInterface.NetworkInterfaceId", first);
	for (int i = 0; i < 9; i++)
		done(*state, EC2_CreateNetworkInterface, json_incref(in));
	refused(*state, EC2_CreateNetworkInterface, json_incref(in),
		"InsufficientFreeAddressesInSubnet", NULL);

	/* What is given back is the next to be had. */
	done(*state, EC2_DeleteNetworkInterface, json_pack("{s:s}", "NetworkInterfaceId", first));
	call_for(*state, EC2_CreateNetworkInterface, json_incref(in),
		 "NetworkInterface.PrivateIpAddress", address);
	assert_string_equal(address, "10.0.4.5");
	refused(*state, EC2_DeleteSubnet, json_pack("{s:s}", "SubnetId", subnet),
		"DependencyViolation", NULL);
	json_decref(in);
}

static void free_addresses_are_counted(void **state)
{
	char vpc[64], subnet[64];

	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.4.0/24", subnet);
	done(*state, EC2_CreateNetworkInterface, json_pack("{s:s}", "SubnetId", subnet));
	AUTO_JSON json_t *out = call(*state, EC2_DescribeSubnets, json_object());

	assert_int_equal(json_int_or(json_path(out, "Subnets.0"), "AvailableIpAddressCount", 0),
			 250);
}

static void only_a_service_deletes_what_a_service_made(void **state)
{
	char vpc[64], subnet[64], id[64];

	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.4.0/24", subnet);
	{
		AUTO_JSON json_t *out =
			call_as(*state, PRINCIPAL_SERVICE, EC2_CreateNetworkInterface,
				json_pack("{s:s}", "SubnetId", subnet));

		assert_string_equal(json_path_str(out, "NetworkInterface.RequesterId"),
				    "amazon-elb");
		assert_string_equal(json_path_str(out, "NetworkInterface.Status"), "in-use");
		snprintf(id, sizeof(id), "%s",
			 json_path_str(out, "NetworkInterface.NetworkInterfaceId"));
	}
	refused(*state, EC2_DeleteNetworkInterface, json_pack("{s:s}", "NetworkInterfaceId", id),
		"InvalidParameterValue", NULL);
	json_decref(call_as(*state, PRINCIPAL_SERVICE, EC2_DeleteNetworkInterface,
			    json_pack("{s:s}", "NetworkInterfaceId", id)));
	refused(*state, EC2_DescribeNetworkInterfaces,
		json_pack("{s:[s]}", "NetworkInterfaceIds", id),
		"InvalidNetworkInterfaceID.NotFound", NULL);
}

static void a_new_group_lets_everything_out(void **state)
{
	char vpc[64], group[64], text[64];

	make_vpc(*state, vpc);
	call_for(*state, EC2_CreateSecurityGroup,
		 json_pack("{s:s, s:s, s:s}", "GroupName", "app", "Description", "tasks", "VpcId",
			   vpc),
		 "GroupId", group);
	call_for(*state, EC2_DescribeSecurityGroups, json_pack("{s:[s]}", "GroupIds", group),
		 "SecurityGroups.0.IpPermissionsEgress.0.IpRanges.0.CidrIp", text);
	assert_string_equal(text, "0.0.0.0/0");
	refused(*state, EC2_CreateSecurityGroup,
		json_pack("{s:s, s:s, s:s}", "GroupName", "app", "Description", "x", "VpcId", vpc),
		"InvalidGroup.Duplicate", NULL);
}

static json_t *http_from_anywhere(const char *group)
{
	return json_pack("{s:s, s:[{s:s, s:i, s:i, s:[{s:s}]}]}", "GroupId", group, "IpPermissions",
			 "IpProtocol", "tcp", "FromPort", 80, "ToPort", 80, "IpRanges", "CidrIp",
			 "0.0.0.0/0");
}

static void a_rule_is_there_once_and_goes(void **state)
{
	char vpc[64], group[64], rule[64];

	make_vpc(*state, vpc);
	call_for(*state, EC2_CreateSecurityGroup,
		 json_pack("{s:s, s:s, s:s}", "GroupName", "app", "Description", "tasks", "VpcId",
			   vpc),
		 "GroupId", group);
	call_for(*state, EC2_AuthorizeSecurityGroupIngress, http_from_anywhere(group),
		 "SecurityGroupRules.0.SecurityGroupRuleId", rule);
	assert_memory_equal(rule, "sgr-", 4);
	refused(*state, EC2_AuthorizeSecurityGroupIngress, http_from_anywhere(group),
		"InvalidPermission.Duplicate",
		"the specified rule \"peer: 0.0.0.0/0, tcp, from port: 80, to port: 80, ALLOW\" "
		"already exists");
	done(*state, EC2_RevokeSecurityGroupIngress, http_from_anywhere(group));
	refused(*state, EC2_RevokeSecurityGroupIngress, http_from_anywhere(group),
		"InvalidPermission.NotFound", NULL);
}

static void a_group_that_others_name_stays(void **state)
{
	char vpc[64], alb[64], app[64];

	make_vpc(*state, vpc);
	call_for(*state, EC2_CreateSecurityGroup,
		 json_pack("{s:s, s:s, s:s}", "GroupName", "alb", "Description", "x", "VpcId", vpc),
		 "GroupId", alb);
	call_for(*state, EC2_CreateSecurityGroup,
		 json_pack("{s:s, s:s, s:s}", "GroupName", "app", "Description", "x", "VpcId", vpc),
		 "GroupId", app);
	done(*state, EC2_AuthorizeSecurityGroupIngress,
	     json_pack("{s:s, s:[{s:s, s:i, s:i, s:[{s:s}]}]}", "GroupId", app, "IpPermissions",
		       "IpProtocol", "tcp", "FromPort", 8000, "ToPort", 8000, "UserIdGroupPairs",
		       "GroupId", alb));
	refused(*state, EC2_DeleteSecurityGroup, json_pack("{s:s}", "GroupId", alb),
		"DependencyViolation", NULL);
	done(*state, EC2_DeleteSecurityGroup, json_pack("{s:s}", "GroupId", app));
	done(*state, EC2_DeleteSecurityGroup, json_pack("{s:s}", "GroupId", alb));
}

static void a_route_to_a_deleted_nat_gateway_is_a_black_hole(void **state)
{
	char vpc[64], subnet[64], igw[64], eip[64], nat[64], table[64], text[64];

	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.0.0/24", subnet);
	call_for(*state, EC2_CreateInternetGateway, json_object(),
		 "InternetGateway.InternetGatewayId", igw);
	done(*state, EC2_AttachInternetGateway,
	     json_pack("{s:s, s:s}", "InternetGatewayId", igw, "VpcId", vpc));
	call_for(*state, EC2_AllocateAddress, json_object(), "AllocationId", eip);
	call_for(*state, EC2_CreateNatGateway,
		 json_pack("{s:s, s:s}", "SubnetId", subnet, "AllocationId", eip),
		 "NatGateway.NatGatewayId", nat);
	call_for(*state, EC2_DescribeNatGateways,
		 json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "state", "Values", "available"),
		 "NatGateways.0.NatGatewayAddresses.0.PrivateIp", text);
	assert_string_equal(text, "10.0.0.4");
	refused(*state, EC2_ReleaseAddress, json_pack("{s:s}", "AllocationId", eip),
		"InvalidIPAddress.InUse", NULL);
	refused(*state, EC2_DetachInternetGateway,
		json_pack("{s:s, s:s}", "InternetGatewayId", igw, "VpcId", vpc),
		"DependencyViolation", NULL);

	call_for(*state, EC2_CreateRouteTable, json_pack("{s:s}", "VpcId", vpc),
		 "RouteTable.RouteTableId", table);
	done(*state, EC2_CreateRoute,
	     json_pack("{s:s, s:s, s:s}", "RouteTableId", table, "DestinationCidrBlock",
		       "0.0.0.0/0", "NatGatewayId", nat));
	done(*state, EC2_DeleteNatGateway, json_pack("{s:s}", "NatGatewayId", nat));
	call_for(*state, EC2_DescribeRouteTables, json_pack("{s:[s]}", "RouteTableIds", table),
		 "RouteTables.0.Routes.1.State", text);
	assert_string_equal(text, "blackhole");
	done(*state, EC2_ReleaseAddress, json_pack("{s:s}", "AllocationId", eip));
}

static void without_a_way_out_a_nat_gateway_fails(void **state)
{
	char vpc[64], subnet[64], eip[64], text[64];

	make_vpc(*state, vpc);
	make_subnet(*state, vpc, "10.0.0.0/24", subnet);
	call_for(*state, EC2_AllocateAddress, json_object(), "AllocationId", eip);
	done(*state, EC2_CreateNatGateway,
	     json_pack("{s:s, s:s}", "SubnetId", subnet, "AllocationId", eip));
	call_for(*state, EC2_DescribeNatGateways, json_object(), "NatGateways.0.FailureCode", text);
	assert_string_equal(text, "Gateway.NotAttached");
}

static void tags_are_found_and_filtered(void **state)
{
	char one[64], other[64], text[64];

	call_for(*state, EC2_CreateVpc,
		 json_pack("{s:s, s:[{s:s, s:[{s:s, s:s}]}]}", "CidrBlock", "10.0.0.0/16",
			   "TagSpecifications", "ResourceType", "vpc", "Tags", "Key", "Name",
			   "Value", "GoldenNetwork/Vpc"),
		 "Vpc.VpcId", one);
	make_vpc(*state, other);
	call_for(
		*state, EC2_DescribeVpcs,
		json_pack("{s:[{s:s, s:[s]}]}", "Filters", "Name", "tag:Name", "Values", "Golden*"),
		"Vpcs.0.VpcId", text);
	assert_string_equal(text, one);
	done(*state, EC2_CreateTags,
	     json_pack("{s:[s], s:[{s:s, s:s}]}", "Resources", other, "Tags", "Key", "team",
		       "Value", "a"));
	call_for(*state, EC2_DescribeTags,
		 json_pack("{s:[{s:s, s:[s]}]}", "Filters", "Name", "key", "Values", "team"),
		 "Tags.0.ResourceId", text);
	assert_string_equal(text, other);
	refused(*state, EC2_DescribeVpcs,
		json_pack("{s:[{s:s, s:[s]}]}", "Filters", "Name", "colour", "Values", "red"),
		"InvalidParameterValue", "The filter 'colour' is invalid");
}

static void pages_follow_one_another(void **state)
{
	char one[64], other[64], token[64];

	make_vpc(*state, one);
	make_vpc(*state, other);
	call_for(*state, EC2_DescribeVpcs, json_pack("{s:i}", "MaxResults", 1), "NextToken", token);
	AUTO_JSON json_t *out = call(*state, EC2_DescribeVpcs,
				     json_pack("{s:i, s:s}", "MaxResults", 1, "NextToken", token));

	assert_int_equal(json_array_size(json_get(out, "Vpcs")), 1);
	assert_string_not_equal(json_path_str(out, "Vpcs.0.VpcId"), token);
	assert_false(json_has(out, "NextToken"));
}

static void a_pattern_has_stars_and_question_marks(void **state)
{
	assert_true(ec2_filter_match("golden-*", "golden-app"));
	assert_true(ec2_filter_match("*b*d", "abcbd"));
	assert_true(ec2_filter_match("g?lden", "golden"));
	assert_false(ec2_filter_match("g?lden", "gllden-"));
	assert_false(ec2_filter_match("", "x"));
	assert_true(ec2_filter_match("*", ""));
}

#define IN_A_LAB(sentence) cmocka_unit_test_setup_teardown(sentence, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_vpc_comes_with_table_group_and_acl),
		IN_A_LAB(a_block_must_fit),
		IN_A_LAB(addresses_are_given_out_from_the_fourth_on),
		IN_A_LAB(free_addresses_are_counted),
		IN_A_LAB(only_a_service_deletes_what_a_service_made),
		IN_A_LAB(a_new_group_lets_everything_out),
		IN_A_LAB(a_rule_is_there_once_and_goes),
		IN_A_LAB(a_group_that_others_name_stays),
		IN_A_LAB(a_route_to_a_deleted_nat_gateway_is_a_black_hole),
		IN_A_LAB(without_a_way_out_a_nat_gateway_fails),
		IN_A_LAB(tags_are_found_and_filtered),
		IN_A_LAB(pages_follow_one_another),
		cmocka_unit_test(a_pattern_has_stars_and_question_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
