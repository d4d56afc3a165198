/*
 * service_check.c - what a service or task asks for of the network and of load balancers: is it there?
 *
 * Texts are AWS's. Subnets, security groups and target groups are asked for through their own APIs.
 */
#include "lab/services/ecs/nouns.h"

#include "lab/models/ec2.h"
#include "lab/models/elbv2.h"

#include <string.h>

static const struct principal *ecs(struct request *rq)
{
	return principal_service(rq, "ecs.amazonaws.com");
}

static bool maps_port(const json_t *container, int64_t wanted)
{
	const json_t *ports = json_get(container, "portMappings");
	const json_t *port;
	size_t i;

	json_each (ports, i, port)
		if (json_int_or(port, "containerPort", 0) == wanted)
			return true;
	return false;
}

static int check_target_group(struct request *rq, const char *arn)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const json_t *group;

	json_push_str(json_add_array(in, "TargetGroupArns"), arn);
	if (aws_call(rq, ecs(rq), &elbv2_model, ELBV2_DescribeTargetGroups, in, out) != 0)
		return fault(rq, ECS_InvalidParameterException, "%s", rq->called.message);
	group = json_path(out, "TargetGroups.0");
	if (!json_array_size(json_get(group, "LoadBalancerArns")))
		return fault(rq, ECS_InvalidParameterException,
			     "The target group with targetGroupArn %s does not have an associated "
			     "load balancer.",
			     arn);
	if (strcmp(json_str_or(group, "TargetType", "instance"), "ip") != 0)
		return fault(
			rq, ECS_InvalidParameterException,
			"The provided target group %s has target type %s, which is incompatible "
			"with the awsvpc network mode specified in the task definition.",
			arn, json_str_or(group, "TargetType", "instance"));
	return 0;
}

int service_check_load_balancers(struct request *rq, const json_t *balancers,
				 const json_t *task_definition)
{
	const json_t *balancer;
	size_t i;
	int err;

	json_each (balancers, i, balancer) {
		const char *arn = json_str(balancer, "targetGroupArn");
		const char *name = json_str_or(balancer, "containerName", "");
		const json_t *container = container_definition(task_definition, name);
		int64_t port = json_int_or(balancer, "containerPort", 0);

		if (!arn)
			return fault(rq, ECS_InvalidParameterException,
				     "targetGroupArn cannot be null for awsvpc tasks.");
		if (!container)
			return fault(rq, ECS_InvalidParameterException,
				     "The container %s does not exist in the task definition.",
				     name);
		if (!maps_port(container, port))
			return fault(rq, ECS_InvalidParameterException,
				     "The container %s did not have a container port %lld defined.",
				     name, (long long)port);
		err = check_target_group(rq, arn);
		if (err)
			return err;
	}
	return 0;
}

/* AWS asks for each by itself and tells what EC2 said. */
static int check_each(struct request *rq, const json_t *ids, int op, const char *member,
		      const char *noun)
{
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		const char *text = json_string_value(id);
		json_t *in = rq_object(rq), *out = rq_object(rq);

		json_push_str(json_add_array(in, member), text);
		if (aws_call(rq, ecs(rq), &ec2_model, op, in, out) != 0)
			return fault(rq, ECS_InvalidParameterException,
				     "Error retrieving %s information for [%s]: %s (ErrorCode: %s)",
				     noun, text, rq->called.message, rq->called.code);
	}
	return 0;
}

int service_check_network(struct request *rq, const json_t *network, const json_t *task_definition)
{
	const json_t *awsvpc = json_get(network, "awsvpcConfiguration");
	const json_t *subnets = json_get(awsvpc, "subnets");
	int err;

	if (strcmp(json_str_or(task_definition, "networkMode", ""), "awsvpc") != 0)
		return 0;
	if (!awsvpc)
		return fault(rq, ECS_InvalidParameterException,
			     "Network Configuration must be provided when networkMode 'awsvpc' is "
			     "specified.");
	if (!json_array_size(subnets))
		return fault(rq, ECS_InvalidParameterException, "subnets can not be empty.");
	if (json_array_size(subnets) > 16)
		return fault(rq, ECS_InvalidParameterException,
			     "subnets can have at most 16 items.");
	err = check_each(rq, subnets, EC2_DescribeSubnets, "SubnetIds", "subnet");
	return err ? err
		   : check_each(rq, json_get(awsvpc, "securityGroups"), EC2_DescribeSecurityGroups,
				"GroupIds", "security group");
}
