/*
 * network_stack.c - VPC, subnets, NAT, security groups; and the key of all log groups.
 *
 * Two zones. Public subnets for the load balancer, private ones for tasks, isolated ones (no way out)
 * for the database. The database's security group is in its own stack: see rds_cluster.c.
 */
#include "infra/stacks/network_stack.h"

#include "infra/constructs/ecs_task.h"
#include "infra/constructs/findings.h"
#include "infra/constructs/kms_key.h"
#include "infra/constructs/log_group.h"
#include "infra/stacks/golden_stack.h"

#define ZONES 2

static void accept_vpc_findings(struct ec2_vpc *vpc)
{
	cdk_validations_acknowledge(
		cdk_validations_of(&vpc->iconstruct),
		{.id = "NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
		 .reason = "Nothing uses the default group; emptying it takes a custom resource."},
		{.id = "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
		 .reason = "The public subnets are for a load balancer that serves the internet."});
	findings_accept_inline_policies(&vpc->construct);
}

static struct ec2_vpc *vpc_of(struct cdk_stack *stack, const struct options *options)
{
	struct ec2_subnet_configuration subnets[] = {
		{.name = "public",
		 .subnet_type = EC2_SUBNET_TYPE_PUBLIC,
		 .cidr_mask = NUM(24),
		 .map_public_ip_on_launch = NO},
		{.name = "private",
		 .subnet_type = EC2_SUBNET_TYPE_PRIVATE_WITH_EGRESS,
		 .cidr_mask = NUM(22)},
		{.name = "isolated",
		 .subnet_type = EC2_SUBNET_TYPE_PRIVATE_ISOLATED,
		 .cidr_mask = NUM(24)},
	};
	struct ec2_vpc_props props = {
		.max_azs = NUM(ZONES),
		.nat_gateways = NUM(options->nat == NAT_PER_AZ ? ZONES : 1),
		.subnet_configuration = {.items = subnets, .count = array_len(subnets)},
		.restrict_default_security_group = NO, /* a custom resource would do it */
	};
	struct ec2_vpc *vpc = ec2_vpc_new(&stack->construct, "Vpc", &props);

	accept_vpc_findings(vpc);
	return vpc;
}

static void log_flows(struct cdk_stack *stack, struct ec2_vpc *vpc, struct kms_key *log_key,
		      const struct options *options)
{
	struct golden_log_group_props log_props = {
		.name = "/golden/flow",
		.key = log_key,
		.days = (int)options->log_days,
		.keep = options->deletion_protection,
	};
	struct logs_log_group *log =
		golden_log_group_new(&stack->construct, "FlowLogs", &log_props);
	struct ec2_flow_log_options flow_log = {
		.destination = ec2_flow_log_destination_to_cloud_watch_logs(&log->ilog_group_ref),
		.traffic_type = EC2_FLOW_LOG_TRAFFIC_TYPE_ALL,
	};

	ec2_vpc_add_flow_log(vpc, "FlowLog", &flow_log);
}

static struct ec2_security_group *group_of(struct cdk_stack *stack, struct ec2_vpc *vpc,
					   const char *id, const char *description)
{
	struct ec2_security_group_props props = {
		.vpc = &vpc->ivpc,
		.description = description,
		.allow_all_outbound = YES,
	};

	return ec2_security_group_new(&stack->construct, id, &props);
}

static void open_to_all(struct ec2_security_group *group, int port, const char *why)
{
	ec2_security_group_add_ingress_rule(group, ec2_peer_any_ipv4(), ec2_port_tcp(port), why);
}

static void add_groups(struct cdk_stack *stack, struct network_stack *it,
		       const struct options *options)
{
	it->alb_group = group_of(stack, it->vpc, "AlbSg", "public load balancer");
	it->task_group = group_of(stack, it->vpc, "AppSg", "ECS tasks");

	open_to_all(it->alb_group, 80, "http");
	if (options->certificate_arn)
		open_to_all(it->alb_group, 443, "https");
	/* The deploy hook is a Lambda function outside the VPC. */
	open_to_all(it->alb_group, TEST_LISTENER_PORT, "test listener");
	ec2_security_group_add_ingress_rule(it->task_group, &it->alb_group->ipeer,
					    ec2_port_tcp(ECS_TASK_PORT), "from ALB");
	cdk_validations_acknowledge(
		cdk_validations_of(&it->alb_group->iconstruct),
		{.id = "AwsSolutions-EC23", .reason = "The load balancer serves the internet."});
}

/* ---- endpoints ---- */

static void add_endpoint(struct ec2_vpc *vpc, const char *id,
			 struct ec2_interface_vpc_endpoint_aws_service *service,
			 struct ec2_security_group *group)
{
	struct ec2_subnet_selection private = {
		.subnet_type = EC2_SUBNET_TYPE_PRIVATE_WITH_EGRESS,
	};
	struct ec2_interface_vpc_endpoint_options options = {
		.service = &service->iinterface_vpc_endpoint_service,
		.security_groups = LIST(ec2_isecurity_group, &group->isecurity_group),
		.subnets = &private,
		.open = NO,
	};

	ec2_vpc_add_interface_endpoint(vpc, id, &options);
}

static void add_endpoints(struct cdk_stack *stack, const struct network_stack *it)
{
	struct ec2_gateway_vpc_endpoint_options s3 = {
		.service =
			&ec2_gateway_vpc_endpoint_aws_service_S3()->igateway_vpc_endpoint_service,
	};
	struct ec2_security_group *group = group_of(stack, it->vpc, "EndpointSg", "AWS endpoints");
	const struct {
		const char *id;
		struct ec2_interface_vpc_endpoint_aws_service *service;
	} endpoints[] = {
		{"EcrApi", ec2_interface_vpc_endpoint_aws_service_ECR()},
		{"EcrDocker", ec2_interface_vpc_endpoint_aws_service_ECR_DOCKER()},
		{"Logs", ec2_interface_vpc_endpoint_aws_service_CLOUDWATCH_LOGS()},
		{"Secrets", ec2_interface_vpc_endpoint_aws_service_SECRETS_MANAGER()},
		{"Ssm", ec2_interface_vpc_endpoint_aws_service_SSM()},
		{"SsmMessages", ec2_interface_vpc_endpoint_aws_service_SSM_MESSAGES()},
		{"Kms", ec2_interface_vpc_endpoint_aws_service_KMS()},
		{"XRay", ec2_interface_vpc_endpoint_aws_service_XRAY()},
	};

	ec2_vpc_add_gateway_endpoint(it->vpc, "S3", &s3);
	ec2_security_group_add_ingress_rule(group, &it->task_group->ipeer, ec2_port_tcp(443),
					    "from ECS tasks");
	for (size_t i = 0; i < array_len(endpoints); i++)
		add_endpoint(it->vpc, endpoints[i].id, endpoints[i].service, group);
}

struct network_stack network_stack_new(struct constructs_construct *scope,
				       const struct options *options)
{
	struct cdk_stack *stack = golden_stack_new(scope, "GoldenNetwork",
						   "VPC, subnets, NAT, security groups", options);
	struct golden_kms_key_props key_props = {
		.alias = "golden-logs",
		.description = "log groups",
		.logs_region = options->region,
		.keep = options->deletion_protection,
	};
	struct network_stack it = {
		.vpc = vpc_of(stack, options),
		.log_key = golden_kms_key_new(&stack->construct, "LogKey", &key_props),
	};

	add_groups(stack, &it, options);
	if (options->flow_logs)
		log_flows(stack, it.vpc, it.log_key, options);
	else
		cdk_validations_acknowledge(cdk_validations_of(&it.vpc->iconstruct),
					    {.id = "AwsSolutions-VPC7",
					     .reason = "The context value flow_logs is off."},
					    {.id = "NIST.800.53.R5-VPCFlowLogsEnabled",
					     .reason = "The context value flow_logs is off."});
	if (options->vpc_endpoints)
		add_endpoints(stack, &it);
	return it;
}
