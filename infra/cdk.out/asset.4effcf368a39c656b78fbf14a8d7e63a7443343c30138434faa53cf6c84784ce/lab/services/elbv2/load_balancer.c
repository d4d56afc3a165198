/*
 * load_balancer.c - application load balancers and their nodes.
 *
 *   keeps      elbv2/load-balancer, with "_id" (its data plane's), "_nodes" [{zone, eni,
 *              private_address, address}], "_listening" (what the plane last said of its ports)
 *   left out   subnets that change, IPv6
 *
 * A node is a network interface of a subnet. The DNS name is the first node's address on this
 * machine: no resolver knows our names.
 */
#include "lab/services/elbv2/nouns.h"
#include "lab/models/ec2.h"

#include <string.h>

#define HOSTED_ZONE "Z35SXDOTRQ7X7K" /* of application load balancers in us-east-1 */
#define STOP_GRACE (10 * SECOND)

const json_t *load_balancer_get(struct request *rq, const char *arn)
{
	const json_t *found = store_get(rq->tx, LOAD_BALANCER, arn);

	if (!found)
		fault(rq, ELBV2_LoadBalancerNotFoundException, "Load balancer '%s' not found", arn);
	return found;
}

const json_t *load_balancer_by_id(struct request *rq, const char *id)
{
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, LOAD_BALANCER), i, document) {
		if (strcmp(json_str_or(document, "_id", ""), id) == 0)
			return document;
	}
	return NULL;
}

static const json_t *by_name(struct request *rq, const char *name)
{
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, LOAD_BALANCER), i, document) {
		if (strcmp(json_str_or(document, "LoadBalancerName", ""), name) == 0)
			return document;
	}
	return NULL;
}

/* The service asks EC2 on its own behalf. 0, a fault of ours, or -errno. */
static int ask_ec2(struct request *rq, int op, const json_t *in, json_t *out)
{
	return aws_call(rq, principal_service(rq, ELB_PRINCIPAL), &ec2_model, op, in, out);
}

static json_t *wanted_subnets(struct request *rq, const json_t *in)
{
	json_t *ids = rq_array(rq);
	const json_t *element;
	size_t i;

	json_each (json_get(in, "Subnets"), i, element)
		json_push(ids, element);
	json_each (json_get(in, "SubnetMappings"), i, element)
		json_push_str(ids, json_str(element, "SubnetId"));
	return ids;
}

static int check_zones(struct request *rq, const json_t *subnets)
{
	const json_t *subnet;
	const json_t *other;
	size_t i;
	size_t j;

	json_each (subnets, i, subnet) {
		for (j = 0; j < i; j++) {
			other = json_at(subnets, j);
			if (strcmp(json_str_or(subnet, "AvailabilityZone", ""),
				   json_str_or(other, "AvailabilityZone", "")) == 0)
				return fault(rq, ELBV2_InvalidConfigurationRequestException,
					     "A load balancer cannot be attached to multiple "
					     "subnets in the same Availability Zone");
			if (strcmp(json_str_or(subnet, "VpcId", ""),
				   json_str_or(other, "VpcId", "")) != 0)
				return fault(rq, ELBV2_InvalidConfigurationRequestException,
					     "All subnets must belong to the same VPC");
		}
	}
	if (json_array_size(subnets) < 2)
		return fault_named(rq, "ValidationError",
				   "At least two subnets in two different Availability Zones must "
				   "be specified");
	return 0;
}

/* As they were named: the first one's node is the DNS name. */
static const json_t *in_order(struct request *rq, const json_t *ids, const json_t *subnets)
{
	json_t *list = rq_array(rq);
	const json_t *subnet;
	const json_t *id;
	size_t i;
	size_t j;

	json_each (ids, i, id) {
		json_each (subnets, j, subnet) {
			if (json_equal(json_get(subnet, "SubnetId"), id))
				json_push(list, subnet);
		}
	}
	return list;
}

static int find_subnets(struct request *rq, const json_t *in, const json_t **ret_subnets)
{
	json_t *query = rq_object(rq);
	json_t *answer = rq_object(rq);
	int err;

	json_set(query, "SubnetIds", wanted_subnets(rq, in));
	if (!json_array_size(json_get(query, "SubnetIds")))
		return check_zones(rq, NULL);
	err = ask_ec2(rq, EC2_DescribeSubnets, query, answer);
	if (err > 0)
		return fault(rq, ELBV2_SubnetNotFoundException, "%s", rq->called.message);
	*ret_subnets = in_order(rq, json_get(query, "SubnetIds"), json_get(answer, "Subnets"));
	return err ? err : check_zones(rq, *ret_subnets);
}

static int check_groups(struct request *rq, const json_t *ids)
{
	json_t *query = rq_object(rq);
	int err;

	json_set(query, "GroupIds", ids);
	err = ask_ec2(rq, EC2_DescribeSecurityGroups, query, rq_object(rq));
	return err > 0 ? fault(rq, ELBV2_InvalidSecurityGroupException, "%s", rq->called.message)
		       : err;
}

/* None given: the VPC's default group. */
static int find_groups(struct request *rq, const json_t *in, const char *vpc, json_t *document)
{
	const json_t *given = json_get(in, "SecurityGroups");
	json_t *query = rq_object(rq);
	json_t *answer = rq_object(rq);
	json_t *filters;
	int err;

	if (json_array_size(given)) {
		json_set(document, "SecurityGroups", given);
		return check_groups(rq, given);
	}
	filters = json_add_array(query, "Filters");
	json_push_give(filters, json_pack("{s:s, s:[s]}", "Name", "vpc-id", "Values", vpc));
	json_push_give(filters,
		       json_pack("{s:s, s:[s]}", "Name", "group-name", "Values", "default"));
	err = ask_ec2(rq, EC2_DescribeSecurityGroups, query, answer);
	if (err)
		return err > 0 ? fault_pass(rq) : err;
	json_push_str(json_add_array(document, "SecurityGroups"),
		      json_path_str(answer, "SecurityGroups.0.GroupId"));
	return 0;
}

static int add_node(struct request *rq, const json_t *subnet, json_t *document)
{
	json_t *query = rq_object(rq);
	json_t *answer = rq_object(rq);
	const char *private_address;
	json_t *node;
	json_t *zone;
	int err;

	json_set_str(query, "SubnetId", json_str(subnet, "SubnetId"));
	json_set(query, "Groups", json_get(document, "SecurityGroups"));
	json_set_str(query, "Description",
		     rq_fmt(rq, "ELB app/%s/%s", json_str(document, "LoadBalancerName"),
			    json_str(document, "_id")));
	err = ask_ec2(rq, EC2_CreateNetworkInterface, query, answer);
	if (err)
		return err > 0 ? fault_pass(rq) : err;

	zone = json_push_object(json_object_get(document, "AvailabilityZones"));
	json_set_str(zone, "ZoneName", json_str(subnet, "AvailabilityZone"));
	json_set_str(zone, "SubnetId", json_str(subnet, "SubnetId"));
	json_add_array(zone, "LoadBalancerAddresses");

	private_address = json_path_str(answer, "NetworkInterface.PrivateIpAddress");
	node = json_push_object(json_object_get(document, "_nodes"));
	json_set_str(node, "zone", json_str(subnet, "AvailabilityZone"));
	json_set_str(node, "eni", json_path_str(answer, "NetworkInterface.NetworkInterfaceId"));
	json_set_str(node, "private_address", private_address);
	json_set_str(node, "address", lab_address(rq, private_address));
	return 0;
}

static json_t *new_document(struct request *rq, const json_t *in)
{
	json_t *document = store_new(rq->tx);
	const char *name = json_str(in, "Name");
	const char *arn = elb_arn(rq, "loadbalancer/app", name);
	json_t *state;

	json_set_str(document, "LoadBalancerArn", arn);
	json_set_str(document, "DNSName", ""); /* in its place; the address comes with the nodes */
	json_set_str(document, "CanonicalHostedZoneId", HOSTED_ZONE);
	json_set_time(document, "CreatedTime", rq->now);
	json_set_str(document, "LoadBalancerName", name);
	json_set_str(document, "Scheme", json_str_or(in, "Scheme", "internet-facing"));
	state = json_add_object(document, "State");
	json_set_str(state, "Code", "provisioning");
	json_set_str(document, "Type", "application");
	json_add_array(document, "AvailabilityZones");
	json_set_str(document, "IpAddressType", "ipv4");
	json_set_str(document, "_id", strrchr(arn, '/') + 1);
	json_add_array(document, "_nodes");
	json_add_array(document, "_listening");
	json_set(document, "_attributes", elb_default_attributes(rq, LOAD_BALANCER));
	json_set(document, "_tags", json_get(in, "Tags"));
	return document;
}

static int check_input(struct request *rq, const json_t *in)
{
	const char *name = json_str(in, "Name");

	if (strcmp(json_str_or(in, "Type", "application"), "application") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Load balancers of type '%s' are not in the lab",
			     json_str(in, "Type"));
	if (strcmp(json_str_or(in, "IpAddressType", "ipv4"), "ipv4") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "IP address type '%s' is not in the lab",
			     json_str(in, "IpAddressType"));
	if (strncmp(name, "internal-", 9) == 0)
		return fault_named(rq, "ValidationError",
				   "Load balancer name '%s' cannot start with 'internal-'", name);
	return elb_check_name(rq, "Load balancer", name);
}

/* The same call again answers what is there already. */
static int same_again(struct request *rq, const json_t *old, const json_t *in, json_t *out)
{
	const json_t *ids = wanted_subnets(rq, in);
	const json_t *zone;
	size_t same = 0;
	size_t i;

	json_each (json_get(old, "AvailabilityZones"), i, zone)
		same += json_list_has(ids, json_str_or(zone, "SubnetId", ""));
	if (same != json_array_size(ids) || same != i ||
	    strcmp(json_str_or(in, "Scheme", "internet-facing"), json_str(old, "Scheme")) != 0)
		return fault(rq, ELBV2_DuplicateLoadBalancerNameException,
			     "A load balancer with the same name '%s' exists, but with different "
			     "settings",
			     json_str(in, "Name"));
	json_push(json_add_array(out, "LoadBalancers"), old);
	return 0;
}

int elb_create_load_balancer(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *old = by_name(rq, json_str(in, "Name"));
	const json_t *subnets = NULL;
	const json_t *subnet;
	json_t *document;
	size_t i;
	int err;

	if (old)
		return same_again(rq, old, in, out);
	if ((err = check_input(rq, in)) || (err = find_subnets(rq, in, &subnets)))
		return err;

	document = new_document(rq, in);
	json_set_str(document, "VpcId", json_path_str(subnets, "0.VpcId"));
	err = find_groups(rq, in, json_str(document, "VpcId"), document);
	json_each (subnets, i, subnet) {
		if (err)
			break;
		err = add_node(rq, subnet, document);
	}
	if (err)
		return err;
	json_set_str(document, "DNSName", json_path_str(document, "_nodes.0.address"));

	store_put(rq->tx, LOAD_BALANCER, json_str(document, "LoadBalancerArn"), document);
	json_push(json_add_array(out, "LoadBalancers"), document);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

static int release_nodes(struct request *rq, const json_t *document)
{
	const json_t *node;
	size_t i;

	json_each (json_get(document, "_nodes"), i, node) {
		json_t *query = rq_object(rq);
		int err;

		json_set_str(query, "NetworkInterfaceId", json_str(node, "eni"));
		err = ask_ec2(rq, EC2_DeleteNetworkInterface, query, NULL);
		if (err < 0)
			return err;
	}
	return 0;
}

int elb_delete_load_balancer(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "LoadBalancerArn");
	const json_t *document = store_get(rq->tx, LOAD_BALANCER, arn);
	const json_t *listener;
	size_t i;

	if (!document)
		return 0; /* gone is gone: AWS says so even of what never was */
	if (strcmp(json_str_or(json_get(document, "_attributes"), "deletion_protection.enabled",
			       ""),
		   "true") == 0)
		return fault(rq, ELBV2_OperationNotPermittedException,
			     "Load balancer '%s' cannot be deleted because deletion protection is "
			     "enabled",
			     arn);

	json_each (listeners_of(rq, arn), i, listener)
		listener_drop(rq, json_str(listener, "ListenerArn"));
	plane_dismiss(rq, "alb", json_str(document, "_id"), STOP_GRACE);
	store_delete(rq->tx, LOAD_BALANCER, arn);
	return release_nodes(rq, document);
}

int elb_describe_load_balancers(struct request *rq, const json_t *in, json_t *out)
{
	static const struct elb_listing listing = {
		"LoadBalancers", "LoadBalancerArns", "LoadBalancerArn",
		"Names",	 "LoadBalancerName", ELBV2_LoadBalancerNotFoundException,
		"Load balancer",
	};

	return elb_describe(rq, &listing, store_list(rq->tx, LOAD_BALANCER), in, out);
}

int elb_modify_load_balancer_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "LoadBalancerArn");
	json_t *document;
	json_t *attributes;
	int err;

	if (!load_balancer_get(rq, arn))
		return ELBV2_LoadBalancerNotFoundException;
	document = store_edit(rq->tx, LOAD_BALANCER, arn);
	attributes = json_object_get(document, "_attributes");
	err = elb_set_attributes(rq, LOAD_BALANCER, json_get(in, "Attributes"), attributes);
	if (err)
		return err;
	store_put(rq->tx, LOAD_BALANCER, arn, document);
	elb_list_attributes(attributes, out);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_describe_load_balancer_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *document = load_balancer_get(rq, json_str(in, "LoadBalancerArn"));

	if (!document)
		return ELBV2_LoadBalancerNotFoundException;
	elb_list_attributes(json_get(document, "_attributes"), out);
	return 0;
}

int elb_set_security_groups(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "LoadBalancerArn");
	const json_t *groups = json_get(in, "SecurityGroups");
	json_t *document;
	int err;

	if (!load_balancer_get(rq, arn))
		return ELBV2_LoadBalancerNotFoundException;
	err = check_groups(rq, groups);
	if (err)
		return err;
	document = store_edit(rq->tx, LOAD_BALANCER, arn);
	json_set(document, "SecurityGroups", groups);
	store_put(rq->tx, LOAD_BALANCER, arn, document);
	json_set(out, "SecurityGroupIds", groups);
	return 0;
}
