/*
 * ec2_cfn_endpoint.c - AWS::EC2::VPCEndpoint and AWS::EC2::FlowLog.
 *
 *   left out   another set of subnets in place
 */
#include "lab/services/ec2/ec2_cfn.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

/* VPCEndpoint */

/* A policy is an object in a template, text in the API. */
static void set_policy(json_t *in, const json_t *policy)
{
	AUTO_FREE char *text = NULL;

	if (!policy)
		return;
	text = json_is_string(policy) ? mem_strdup(json_string_value(policy)) : json_text(policy);
	json_set_str(in, "PolicyDocument", text);
}

int ec2_cfn_endpoint_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {
		"VpcId",     "ServiceName",	 "VpcEndpointType",   "RouteTableIds",
		"SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled", NULL};
	static const char *const later[] = {"PolicyDocument", "Tags", NULL};
	json_t *in = rq_object(rq), *out = rq_object(rq);
	int err = ec2_cfn_take(rq, r, members, later, in);

	if (err)
		return err;
	/* Unlike the API, CloudFormation turns private names on only where it is told to. */
	if (!json_has(in, "PrivateDnsEnabled"))
		json_set_bool(in, "PrivateDnsEnabled", false);
	set_policy(in, json_get(r->props, "PolicyDocument"));
	ec2_cfn_tags(rq, r, &ec2_vpc_endpoint, in);
	err = ec2_cfn_call(rq, EC2_CreateVpcEndpoint, in, out);
	if (err == 0)
		*ret_id = rq_strdup(rq, json_path_str(out, "VpcEndpoint.VpcEndpointId"));
	return err;
}

/* What is in one list and not in the other. */
static void set_difference(json_t *in, const char *member, const json_t *list, const json_t *other)
{
	const json_t *element;
	json_t *difference;
	size_t i;

	difference = json_add_array(in, member);
	json_each (list, i, element)
		if (!json_list_has(other, json_string_value(element)))
			json_push(difference, element);
	if (json_array_size(difference) == 0)
		json_drop(in, member);
}

int ec2_cfn_endpoint_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct {
		const char *prop, *add, *remove;
	} lists[] = {
		{"RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"},
		{"SubnetIds", "AddSubnetIds", "RemoveSubnetIds"},
		{"SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"},
	};
	json_t *in = rq_object(rq);
	int err;

	json_set_str(in, "VpcEndpointId", r->physical_id);
	for (size_t i = 0; i < array_len(lists); i++) {
		const json_t *is = json_get(r->props, lists[i].prop);
		const json_t *was = json_get(old, lists[i].prop);

		set_difference(in, lists[i].add, is, was);
		set_difference(in, lists[i].remove, was, is);
	}
	json_set(in, "PrivateDnsEnabled", json_get(r->props, "PrivateDnsEnabled"));
	set_policy(in, json_get(r->props, "PolicyDocument"));
	err = ec2_cfn_call(rq, EC2_ModifyVpcEndpoint, in, NULL);
	return err ? err : ec2_cfn_retag(rq, r, old);
}

static int delete_one(struct request *rq, int op, const char *member, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_push_str(json_add_array(in, member), r->physical_id);
	return ec2_cfn_delete_with(rq, op, in);
}

int ec2_cfn_endpoint_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_one(rq, EC2_DeleteVpcEndpoints, "VpcEndpointIds", r);
}

int ec2_cfn_endpoint_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			  int *ret_there)
{
	/* The groups are shown with their names, the policy as text: not compared. */
	static const struct cfn_alias aliases[] = {
		{"SecurityGroupIds", "_"}, {"PolicyDocument", "_"}, {NULL, NULL}};

	return ec2_cfn_read(rq, r, &ec2_vpc_endpoint, aliases, ret_props, ret_there);
}

json_t *ec2_cfn_endpoint_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "Id") == 0)
		return json_string(r->physical_id);
	if (strcmp(name, "DnsEntries") != 0 && strcmp(name, "NetworkInterfaceIds") != 0 &&
	    strcmp(name, "CreationTimestamp") != 0)
		return NULL;
	return ec2_cfn_member(rq, &ec2_vpc_endpoint, r->physical_id, name);
}

/* FlowLog: one resource a template's FlowLog; every change but of the tags replaces it. */

int ec2_cfn_flow_log_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"DeliverLogsPermissionArn",
					      "LogDestination",
					      "LogDestinationType",
					      "LogFormat",
					      "LogGroupName",
					      "MaxAggregationInterval",
					      "ResourceType",
					      "TrafficType",
					      NULL};
	static const char *const later[] = {"ResourceId", "Tags", NULL};
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const char *id;
	int err = ec2_cfn_take(rq, r, members, later, in);

	if (err)
		return err;
	json_push_str(json_add_array(in, "ResourceIds"), json_str_or(r->props, "ResourceId", ""));
	ec2_cfn_tags(rq, r, &ec2_flow_log, in);
	err = ec2_cfn_call(rq, EC2_CreateFlowLogs, in, out);
	if (err)
		return err;
	id = json_path_str(out, "FlowLogIds.0");
	if (!id)
		return fault_named(rq, "InvalidRequest", "%s",
				   json_path_str(out, "Unsuccessful.0.Error.Message"));
	*ret_id = rq_strdup(rq, id);
	return 0;
}

int ec2_cfn_flow_log_delete(struct request *rq, const struct cfn_resource *r)
{
	return delete_one(rq, EC2_DeleteFlowLogs, "FlowLogIds", r);
}

int ec2_cfn_flow_log_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			  int *ret_there)
{
	return ec2_cfn_read(rq, r, &ec2_flow_log, NULL, ret_props, ret_there);
}

json_t *ec2_cfn_flow_log_get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}
