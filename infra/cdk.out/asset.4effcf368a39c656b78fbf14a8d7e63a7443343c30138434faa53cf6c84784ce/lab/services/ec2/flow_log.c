/*
 * flow_log.c - flow logs: kept and shown. No packet is counted, so nothing is delivered.
 *
 *   keeps      ec2/flow-log   by id   DescribeFlowLogs' shape
 *   left out   delivery; files in other formats than the default
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

static const struct ec2_filter filters[] = {
	{"flow-log-id", "FlowLogId"},
	{"resource-id", "ResourceId"},
	{"log-group-name", "LogGroupName"},
	{"log-destination-type", "LogDestinationType"},
	{"traffic-type", "TrafficType"},
	{"deliver-log-status", "DeliverLogsStatus"},
	{NULL, NULL},
};

const struct ec2_noun ec2_flow_log = {
	.kind = "ec2/flow-log",
	.tag_type = "vpc-flow-log",
	.id = "FlowLogId",
	.ids_in = "FlowLogIds",
	.list_out = "FlowLogs",
	.missing_code = "InvalidFlowLogId.NotFound",
	.missing_front = "The Flow Log Id '",
	.missing_back = "' does not exist",
	.tags = "Tags",
	.filters = filters,
};

static const struct ec2_noun *const watched[] = {&ec2_vpc, &ec2_subnet, &ec2_network_interface};

static bool exists(struct request *rq, const char *id)
{
	for (size_t i = 0; i < array_len(watched); i++)
		if (ec2_get(rq, watched[i], id))
			return true;
	return false;
}

static int check(struct request *rq, const json_t *in)
{
	bool to_logs = strcmp(json_str_or(in, "LogDestinationType", "cloud-watch-logs"),
			      "cloud-watch-logs") == 0;
	const char *role = json_str(in, "DeliverLogsPermissionArn");

	if (!to_logs && !json_has(in, "LogDestination"))
		return fault_named(rq, "InvalidParameter",
				   "LogDestination can't be empty for this LogDestinationType.");
	if (to_logs && !json_has(in, "LogGroupName") && !json_has(in, "LogDestination"))
		return fault_named(rq, "InvalidParameter",
				   "LogGroupName can't be empty if LogDestinationType is "
				   "cloud-watch-logs.");
	if (to_logs && !role)
		return fault_named(rq, "InvalidParameter",
				   "DeliverLogsPermissionArn can't be empty if "
				   "LogDestinationType is cloud-watch-logs.");
	return role ? pass_role(rq, role, "vpc-flow-logs.amazonaws.com") : 0;
}

static void keep_one(struct request *rq, const json_t *in, const char *resource, json_t *ids)
{
	static const char *const members[] = {"LogGroupName", "TrafficType", "LogDestination",
					      "DeliverLogsPermissionArn"};
	json_t *log = rq_object(rq);
	const char *id = ec2_name_it(rq, &ec2_flow_log, "fl-", in, log);

	for (size_t i = 0; i < array_len(members); i++)
		json_set(log, members[i], json_get(in, members[i]));
	json_set_str(log, "LogDestinationType",
		     json_str_or(in, "LogDestinationType", "cloud-watch-logs"));
	json_set_str(log, "ResourceId", resource);
	json_set_time(log, "CreationTime", rq->now);
	json_set_str(log, "DeliverLogsStatus", "SUCCESS");
	json_set_str(log, "FlowLogStatus", "ACTIVE");
	json_set_str(log, "LogFormat",
		     json_str_or(in, "LogFormat",
				 "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} "
				 "${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} "
				 "${end} ${action} ${log-status}"));
	json_set_int(log, "MaxAggregationInterval", json_int_or(in, "MaxAggregationInterval", 600));
	ec2_keep(rq, &ec2_flow_log, log);
	json_push_str(ids, id);
}

static void add_unsuccessful(json_t *list, const char *id, const char *code, const char *message)
{
	json_t *one = json_push_object(list), *error;

	json_set_str(one, "ResourceId", id);
	error = json_add_object(one, "Error");
	json_set_str(error, "Code", code);
	json_set_str(error, "Message", message);
}

int ec2_create_flow_logs(struct request *rq, const json_t *in, json_t *out)
{
	json_t *ids = json_add_array(out, "FlowLogIds");
	json_t *unsuccessful = json_add_array(out, "Unsuccessful");
	const json_t *resource;
	int err = check(rq, in);
	size_t i;

	if (err)
		return err;
	json_each (json_get(in, "ResourceIds"), i, resource) {
		const char *id = json_string_value(resource);

		if (exists(rq, id))
			keep_one(rq, in, id, ids);
		else
			add_unsuccessful(unsuccessful, id, "InvalidResourceId.NotFound",
					 "The resource does not exist");
	}
	return 0;
}

int ec2_delete_flow_logs(struct request *rq, const json_t *in, json_t *out)
{
	json_t *unsuccessful = json_add_array(out, "Unsuccessful");
	const json_t *element;
	size_t i;

	json_each (json_get(in, "FlowLogIds"), i, element) {
		const char *id = json_string_value(element);

		if (!store_delete(rq->tx, ec2_flow_log.kind, id))
			add_unsuccessful(unsuccessful, id, ec2_flow_log.missing_code,
					 "The flow log does not exist");
	}
	return 0;
}

int ec2_describe_flow_logs(struct request *rq, const json_t *in, json_t *out)
{
	return ec2_describe(rq, &ec2_flow_log, in, out);
}
