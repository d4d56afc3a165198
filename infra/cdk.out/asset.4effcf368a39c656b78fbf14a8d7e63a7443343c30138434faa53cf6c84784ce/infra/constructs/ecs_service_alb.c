/*
 * ecs_service_alb.c - a service on Fargate behind a load balancer, with two target groups.
 *
 *   left out   Service Connect, Fargate Spot, several listeners' rules
 */
#include "infra/constructs/ecs_service_alb.h"

#include "infra/constructs/alarms.h"
#include "infra/constructs/ecs_task.h"

#include "infra/cdk/applicationautoscaling.h"
#include "infra/cdk/cdk.h"
#include "infra/cdk/constructs.h"

/* ---- load balancer ---- */

static struct elbv2_application_load_balancer *load_balancer_of(
	struct constructs_construct *scope, const struct ecs_service_alb_props *props)
{
	struct ec2_subnet_selection public = {.subnet_type = EC2_SUBNET_TYPE_PUBLIC};
	struct elbv2_application_load_balancer_props alb_props = {
		.vpc = &props->vpc->ivpc,
		.vpc_subnets = &public,
		.internet_facing = YES,
		.security_group = &props->alb_group->isecurity_group,
		.drop_invalid_header_fields = YES,
		.deletion_protection = BOOL(props->deletion_protection),
	};
	struct elbv2_application_load_balancer *alb =
		elbv2_application_load_balancer_new(scope, "Alb", &alb_props);

	elbv2_application_load_balancer_log_access_logs(alb, &props->access_logs->ibucket, "alb");
	if (!props->deletion_protection)
		cdk_validations_acknowledge(
			cdk_validations_of(&alb->iconstruct),
			{.id = "NIST.800.53.R5-ELBDeletionProtectionEnabled",
			 .reason = "The context value deletion_protection turns it on."});
	return alb;
}

static struct elbv2_application_target_group *target_group(
	struct constructs_construct *scope, const char *id,
	const struct ecs_service_alb_props *props)
{
	struct elbv2_health_check health_check = {
		.path = "/healthz",
		.interval = cdk_duration_seconds(15),
		.timeout = cdk_duration_seconds(5),
		.healthy_threshold_count = NUM(2),
		.unhealthy_threshold_count = NUM(2),
		.healthy_http_codes = "200",
	};
	struct elbv2_application_target_group_props group_props = {
		.vpc = &props->vpc->ivpc,
		.port = NUM(ECS_TASK_PORT),
		.protocol = ELBV2_APPLICATION_PROTOCOL_HTTP,
		.target_type = ELBV2_TARGET_TYPE_IP,
		.deregistration_delay = cdk_duration_seconds(30),
		.health_check = &health_check,
	};

	return elbv2_application_target_group_new(scope, id, &group_props);
}

static struct elbv2_application_listener *http_listener(
	struct elbv2_application_load_balancer *alb, const char *id, int port,
	struct elbv2_application_target_group *group)
{
	struct elbv2_base_application_listener_props listener_props = {
		.port = NUM(port),
		.protocol = ELBV2_APPLICATION_PROTOCOL_HTTP,
		.open = NO,
		.default_target_groups =
			LIST(elbv2_iapplication_target_group, &group->iapplication_target_group),
	};
	struct elbv2_application_listener *listener =
		elbv2_application_load_balancer_add_listener(alb, id, &listener_props);
	const char *why = port == TEST_LISTENER_PORT
				  ? "The test listener is for the deploy hook, not for customers."
				  : "Without a certificate there is no HTTPS; the context value "
				    "certificate_arn gives one.";

	cdk_validations_acknowledge(
		cdk_validations_of(&listener->iconstruct),
		{.id = "NIST.800.53.R5-ALBHttpToHttpsRedirection", .reason = why},
		{.id = "NIST.800.53.R5-ELBv2ACMCertificateRequired", .reason = why});
	return listener;
}

static void redirecting_listener(struct elbv2_application_load_balancer *alb)
{
	struct elbv2_redirect_options to_https = {
		.protocol = "HTTPS",
		.port = "443",
		.permanent = YES,
	};
	struct elbv2_base_application_listener_props listener_props = {
		.port = NUM(80),
		.protocol = ELBV2_APPLICATION_PROTOCOL_HTTP,
		.open = NO,
		.default_action = elbv2_listener_action_redirect(&to_https),
	};
	struct elbv2_application_listener *listener =
		elbv2_application_load_balancer_add_listener(alb, "Redirect", &listener_props);

	cdk_validations_acknowledge(cdk_validations_of(&listener->iconstruct),
				    {.id = "NIST.800.53.R5-ELBv2ACMCertificateRequired",
				     .reason = "It only says where HTTPS is."});
}

static struct elbv2_application_listener *https_listener(
	struct elbv2_application_load_balancer *alb, const char *certificate_arn,
	struct elbv2_application_target_group *group)
{
	struct elbv2_listener_certificate *certificate =
		elbv2_listener_certificate_from_arn(certificate_arn);
	struct elbv2_base_application_listener_props listener_props = {
		.port = NUM(443),
		.protocol = ELBV2_APPLICATION_PROTOCOL_HTTPS,
		.ssl_policy = ELBV2_SSL_POLICY_TLS13_RES,
		.certificates =
			LIST(elbv2_ilistener_certificate, &certificate->ilistener_certificate),
		.open = NO,
		.default_target_groups =
			LIST(elbv2_iapplication_target_group, &group->iapplication_target_group),
	};

	redirecting_listener(alb);
	return elbv2_application_load_balancer_add_listener(alb, "Prod", &listener_props);
}

static void add_load_balancer(struct constructs_construct *scope,
			      const struct ecs_service_alb_props *props, struct ecs_service_alb *it)
{
	it->load_balancer = load_balancer_of(scope, props);
	it->blue = target_group(scope, "Blue", props);
	it->green = target_group(scope, "Green", props);
	it->listener = props->certificate_arn
			       ? https_listener(it->load_balancer, props->certificate_arn, it->blue)
			       : http_listener(it->load_balancer, "Prod", 80, it->blue);
	it->test_listener = http_listener(it->load_balancer, "Test", TEST_LISTENER_PORT, it->green);
}

/* ---- cluster and service ---- */

static struct ecs_cluster *cluster_of(struct constructs_construct *scope,
				      const struct ecs_service_alb_props *props)
{
	struct ecs_execute_command_log_configuration log = {
		.cloud_watch_log_group = &props->log->ilog_group_ref,
		.cloud_watch_encryption_enabled = YES,
	};
	struct ecs_execute_command_configuration exec = {
		.kms_key = &props->log_key->ikey,
		.logging = ECS_EXECUTE_COMMAND_LOGGING_OVERRIDE,
		.log_configuration = &log,
	};
	struct ecs_cluster_props cluster_props = {
		.vpc = &props->vpc->ivpc,
		.container_insights_v2 = ECS_CONTAINER_INSIGHTS_ENABLED,
		.execute_command_configuration = props->exec ? &exec : NULL,
	};

	return ecs_cluster_new(scope, "Cluster", &cluster_props);
}

static struct ecs_fargate_service *service_of(struct constructs_construct *scope,
					      const struct ecs_service_alb_props *props,
					      struct ecs_cluster *cluster)
{
	struct ec2_subnet_selection private = {
		.subnet_type = EC2_SUBNET_TYPE_PRIVATE_WITH_EGRESS,
	};
	/* CodeDeploy refuses a service with a circuit breaker; its own alarms stop it. */
	struct ecs_deployment_controller codedeploy = {
		.type = ECS_DEPLOYMENT_CONTROLLER_TYPE_CODE_DEPLOY,
	};
	struct ecs_deployment_circuit_breaker breaker = {.enable = YES, .rollback = YES};
	struct ecs_deployment_alarm_config alarms = {
		.alarm_names = LIST(string, ROLLBACK_5XX_ALARM, ROLLBACK_P95_ALARM),
		.behavior = ECS_ALARM_BEHAVIOR_ROLLBACK_ON_ALARM,
	};
	bool rolling = props->deployment == DEPLOYMENT_ROLLING;
	struct ecs_fargate_service_props service_props = {
		.service_name = props->name,
		.cluster = &cluster->icluster,
		.task_definition = &props->task->task_definition,
		.desired_count = NUM(props->desired_tasks),
		.enable_execute_command = BOOL(props->exec),
		.security_groups = LIST(ec2_isecurity_group, &props->task_group->isecurity_group),
		.vpc_subnets = &private,
		.assign_public_ip = NO,
		.min_healthy_percent = NUM(100),
		.max_healthy_percent = NUM(200),
		.health_check_grace_period = cdk_duration_seconds(30),
		.deployment_controller = rolling ? NULL : &codedeploy,
		.circuit_breaker = rolling ? &breaker : NULL,
		.deployment_alarms = rolling ? &alarms : NULL,
	};

	return ecs_fargate_service_new(scope, "Service", &service_props);
}

/* ECS wants the alarms to exist when the service names them. */
static void add_rollback_alarms(struct constructs_construct *scope,
				const struct ecs_service_alb_props *props,
				const struct ecs_service_alb *it)
{
	struct metrics metrics = {
		.load_balancer =
			elbv2_application_load_balancer_load_balancer_full_name(it->load_balancer),
	};
	struct alarms alarms =
		alarms_new_for_rollback(scope, "Rollback", &metrics, props->rollback_p95);

	constructs_node_add_dependency(ecs_fargate_service_node(it->service),
				       &alarms.rate_5xx->idependable, &alarms.p95->idependable);
}

/* In after five quiet minutes, out after one busy one: tasks that come and go help nobody. */
static void add_scaling(const struct ecs_service_alb_props *props, const struct ecs_service_alb *it)
{
	struct applicationautoscaling_enable_scaling_props range = {
		.min_capacity = NUM(props->desired_tasks),
		.max_capacity = NUM(props->max_tasks),
	};
	struct ecs_scalable_task_count *count =
		ecs_fargate_service_auto_scale_task_count(it->service, &range);
	struct ecs_cpu_utilization_scaling_props cpu = {
		.target_utilization_percent = NUM(props->cpu_target),
		.scale_in_cooldown = cdk_duration_seconds(300),
		.scale_out_cooldown = cdk_duration_seconds(60),
	};
	struct ecs_request_count_scaling_props requests = {
		.requests_per_target = NUM(props->requests_per_target),
		.target_group = it->blue,
		.scale_in_cooldown = cpu.scale_in_cooldown,
		.scale_out_cooldown = cpu.scale_out_cooldown,
	};

	ecs_scalable_task_count_scale_on_cpu_utilization(count, "Cpu", &cpu);
	ecs_scalable_task_count_scale_on_request_count(count, "Req", &requests);
}

struct ecs_service_alb ecs_service_alb_new(struct constructs_construct *scope, const char *id,
					   const struct ecs_service_alb_props *props)
{
	struct constructs_construct *construct = constructs_construct_new(scope, id);
	struct ecs_service_alb it = {.cluster = cluster_of(construct, props)};

	add_load_balancer(construct, props, &it);
	it.service = service_of(construct, props, it.cluster);
	ecs_fargate_service_attach_to_application_target_group(it.service,
							       &it.blue->iapplication_target_group);
	if (props->deployment == DEPLOYMENT_ROLLING)
		add_rollback_alarms(construct, props, &it);
	add_scaling(props, &it);
	return it;
}
