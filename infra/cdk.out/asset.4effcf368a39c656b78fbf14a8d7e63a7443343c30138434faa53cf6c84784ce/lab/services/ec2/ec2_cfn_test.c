/*
 * ec2_cfn_test.c - the network of a stack: what changes in place, and how.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial_resource.h"
#include "lab/models/ec2.h"
#include "lab/services/ec2/ec2.h"

#include <string.h>

static const struct service *const services[] = {&ec2_service, NULL};

#define VPC_PROPS "{'CidrBlock': '10.0.0.0/16'}"

static const char *make(struct trial *t, const char *type, const char *props)
{
	const char *id = trial_make(t, &ec2_service, type, props);

	if (!id)
		fail_msg("%s: %s", type, t->message);
	return id;
}

static void change(struct trial *t, const char *type, const char *id, const char *old,
		   const char *props)
{
	if (!trial_change(t, &ec2_service, type, id, old, props))
		fail_msg("%s: %s: %s", type, t->code, t->message);
}

static void a_network_takes_new_settings_and_the_stacks_new_tags(void **state)
{
	struct trial t;
	const char *vpc, *subnet;
	AUTO_FREE char *props = NULL, *public = NULL;
	const json_t *out;

	trial_open(&t, services);
	vpc = make(&t, "AWS::EC2::VPC", VPC_PROPS);
	change(&t, "AWS::EC2::VPC", vpc, VPC_PROPS,
	       "{'CidrBlock': '10.0.0.0/16', 'EnableDnsHostnames': true}");
	out = trial_read(&t, &ec2_service, "AWS::EC2::VPC", vpc,
			 "{'CidrBlock': 'x', 'EnableDnsHostnames': 'true'}");
	assert_string_equal(json_str(out, "CidrBlock"), "10.0.0.0/16");
	assert_string_equal(json_str(out, "EnableDnsHostnames"), "true");
	out = trial_ask(&t, &ec2_model, EC2_DescribeVpcs, "{'VpcIds': ['%s']}", vpc);
	assert_string_equal(json_path_str(out, "Vpcs.0.Tags.0.Value"), "two");

	props = mem_fmt("{'VpcId': '%s', 'CidrBlock': '10.0.0.0/24'}", vpc);
	public = mem_fmt("{'VpcId': '%s', 'CidrBlock': '10.0.0.0/24', 'MapPublicIpOnLaunch': true}",
			 vpc);
	subnet = make(&t, "AWS::EC2::Subnet", props);
	change(&t, "AWS::EC2::Subnet", subnet, props, public);
	out = trial_read(&t, &ec2_service, "AWS::EC2::Subnet", subnet,
			 "{'MapPublicIpOnLaunch': true}");
	assert_true(json_bool_or(out, "MapPublicIpOnLaunch", false));
	change(&t, "AWS::EC2::Subnet", subnet, public, props);
	out = trial_read(&t, &ec2_service, "AWS::EC2::Subnet", subnet,
			 "{'MapPublicIpOnLaunch': true}");
	assert_false(json_bool_or(out, "MapPublicIpOnLaunch", true));
	trial_close(&t);
}

/* Ports that the group lets in, or out; one after the other. */
static int64_t ports(struct trial *t, const char *group, const char *list)
{
	const json_t *out =
		trial_ask(t, &ec2_model, EC2_DescribeSecurityGroups, "{'GroupIds': ['%s']}", group);
	const json_t *permission;
	int64_t all = 0;
	size_t i;

	json_each (json_get(json_path(out, "SecurityGroups.0"), list), i, permission)
		all = all * 1000 + json_int_or(permission, "FromPort", 999);
	return all;
}

static void a_group_loses_the_rules_it_no_longer_has_and_keeps_the_others(void **state)
{
	static const char rules[] = "{'GroupDescription': 'g', 'VpcId': '%s', "
				    "'SecurityGroupIngress': [%s]%s}";
	static const char http[] = "{'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, 'CidrIp': "
				   "'0.0.0.0/0'}";
	static const char https[] = "{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, "
				    "'CidrIp': '0.0.0.0/0'}";
	struct trial t;
	const char *vpc, *group;
	AUTO_FREE char *one = NULL, *two = NULL, *both = NULL;

	trial_open(&t, services);
	vpc = make(&t, "AWS::EC2::VPC", VPC_PROPS);
	both = mem_fmt("%s, %s", http, https);
	one = mem_fmt(rules, vpc, both, "");
	two = mem_fmt(rules, vpc, https,
		      ", 'SecurityGroupEgress': [{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': "
		      "22, 'CidrIp': '10.0.0.0/16'}]");
	group = make(&t, "AWS::EC2::SecurityGroup", one);
	change(&t, "AWS::EC2::SecurityGroup", group, one, two);
	assert_int_equal(ports(&t, group, "IpPermissions"), 443);
	assert_int_equal(ports(&t, group, "IpPermissionsEgress"), 22);
	change(&t, "AWS::EC2::SecurityGroup", group, two, one);
	assert_int_equal(ports(&t, group, "IpPermissions"), 443080);
	assert_int_equal(ports(&t, group, "IpPermissionsEgress"), 999);
	trial_close(&t);
}

static void a_rules_description_changes_in_place(void **state)
{
	struct trial t;
	const char *vpc, *group, *rule;
	AUTO_FREE char *props = NULL, *old = NULL, *changed = NULL;
	const json_t *out;

	trial_open(&t, services);
	vpc = make(&t, "AWS::EC2::VPC", VPC_PROPS);
	props = mem_fmt("{'GroupDescription': 'g', 'VpcId': '%s'}", vpc);
	group = make(&t, "AWS::EC2::SecurityGroup", props);
	old = mem_fmt("{'GroupId': '%s', 'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, "
		      "'SourceSecurityGroupId': '%s', 'Description': 'a'}",
		      group, group);
	changed = mem_fmt("{'GroupId': '%s', 'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, "
			  "'SourceSecurityGroupId': '%s', 'Description': 'b'}",
			  group, group);
	rule = make(&t, "AWS::EC2::SecurityGroupIngress", old);
	change(&t, "AWS::EC2::SecurityGroupIngress", rule, old, changed);
	out = trial_ask(&t, &ec2_model, EC2_DescribeSecurityGroupRules,
			"{'SecurityGroupRuleIds': ['%s']}", rule);
	assert_string_equal(json_path_str(out, "SecurityGroupRules.0.Description"), "b");
	assert_string_equal(json_path_str(out, "SecurityGroupRules.0.ReferencedGroupInfo.GroupId"),
			    group);
	trial_close(&t);
}

static void an_endpoint_serves_another_route_table(void **state)
{
	static const char form[] = "{'VpcId': '%s', 'ServiceName': 'com.amazonaws.us-east-1.s3', "
				   "'VpcEndpointType': 'Gateway', 'RouteTableIds': ['%s']}";
	struct trial t;
	const char *vpc, *first, *second, *endpoint;
	AUTO_FREE char *in_vpc = NULL, *old = NULL, *changed = NULL;
	const json_t *out;

	trial_open(&t, services);
	vpc = make(&t, "AWS::EC2::VPC", VPC_PROPS);
	in_vpc = mem_fmt("{'VpcId': '%s'}", vpc);
	first = make(&t, "AWS::EC2::RouteTable", in_vpc);
	second = make(&t, "AWS::EC2::RouteTable", in_vpc);
	old = mem_fmt(form, vpc, first);
	changed = mem_fmt(form, vpc, second);
	endpoint = make(&t, "AWS::EC2::VPCEndpoint", old);
	change(&t, "AWS::EC2::VPCEndpoint", endpoint, old, changed);
	out = trial_read(&t, &ec2_service, "AWS::EC2::VPCEndpoint", endpoint, changed);
	assert_string_equal(json_path_str(out, "RouteTableIds.0"), second);
	assert_int_equal(json_array_size(json_get(out, "RouteTableIds")), 1);
	assert_true(trial_unmake(&t, &ec2_service, "AWS::EC2::VPCEndpoint", endpoint, changed));
	assert_null(trial_read(&t, &ec2_service, "AWS::EC2::VPCEndpoint", endpoint, changed));
	trial_close(&t);
}

/* An interface in each subnet, which goes with the endpoint. */
static void an_interface_endpoint_lives_in_its_subnets(void **state)
{
	struct trial t;
	const char *vpc, *subnet, *endpoint;
	AUTO_FREE char *subnet_props = NULL, *props = NULL;
	const json_t *out;

	trial_open(&t, services);
	vpc = make(&t, "AWS::EC2::VPC", VPC_PROPS);
	subnet_props = mem_fmt("{'VpcId': '%s', 'CidrBlock': '10.0.0.0/24'}", vpc);
	subnet = make(&t, "AWS::EC2::Subnet", subnet_props);
	props = mem_fmt("{'VpcId': '%s', 'ServiceName': 'com.amazonaws.us-east-1.logs', "
			"'VpcEndpointType': 'Interface', 'SubnetIds': ['%s']}",
			vpc, subnet);
	endpoint = make(&t, "AWS::EC2::VPCEndpoint", props);
	out = trial_ask(&t, &ec2_model, EC2_DescribeNetworkInterfaces, "{}");
	assert_int_equal(json_array_size(json_get(out, "NetworkInterfaces")), 1);
	assert_true(trial_unmake(&t, &ec2_service, "AWS::EC2::VPCEndpoint", endpoint, props));
	assert_true(trial_unmake(&t, &ec2_service, "AWS::EC2::Subnet", subnet, subnet_props));
	trial_close(&t);
}

static void a_flow_log_is_kept_with_the_stacks_tags(void **state)
{
	static const char form[] = "{'ResourceId': '%s', 'ResourceType': 'VPC', 'TrafficType': "
				   "'REJECT', 'LogGroupName': '/flow', 'DeliverLogsPermissionArn': "
				   "'arn:aws:iam::123456789012:role/flow'}";
	struct trial t;
	AUTO_FREE char *props = NULL, *lost = NULL;
	const char *id;
	const json_t *out;

	trial_open(&t, services);
	props = mem_fmt(form, make(&t, "AWS::EC2::VPC", VPC_PROPS));
	lost = mem_fmt(form, "vpc-none");
	assert_null(trial_make(&t, &ec2_service, "AWS::EC2::FlowLog", lost));
	assert_string_equal(t.message, "The resource does not exist");
	id = make(&t, "AWS::EC2::FlowLog", props);
	change(&t, "AWS::EC2::FlowLog", id, props, props);
	out = trial_ask(&t, &ec2_model, EC2_DescribeFlowLogs, "{'FlowLogIds': ['%s']}", id);
	assert_string_equal(json_path_str(out, "FlowLogs.0.LogGroupName"), "/flow");
	assert_string_equal(json_path_str(out, "FlowLogs.0.Tags.0.Value"), "two");
	assert_true(trial_unmake(&t, &ec2_service, "AWS::EC2::FlowLog", id, props));
	assert_null(trial_read(&t, &ec2_service, "AWS::EC2::FlowLog", id, props));
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_takes_new_settings_and_the_stacks_new_tags),
		cmocka_unit_test(a_group_loses_the_rules_it_no_longer_has_and_keeps_the_others),
		cmocka_unit_test(a_rules_description_changes_in_place),
		cmocka_unit_test(an_endpoint_serves_another_route_table),
		cmocka_unit_test(an_interface_endpoint_lives_in_its_subnets),
		cmocka_unit_test(a_flow_log_is_kept_with_the_stacks_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
