/*
 * balanced_service_test.c - a service behind a load balancer, as CodeDeploy's services are: targets come
 * and go with tasks, and tasks that the load balancer calls unhealthy are replaced. ECS, EC2 and ELB
 * are the real ones; what the planes say is said by hand, and so is the time.
 */
#include "lab/aws/trial.h"
#include "lab/models/ec2.h"
#include "lab/models/ecs.h"
#include "lab/models/elbv2.h"
#include "lab/models/iam.h"
#include "lab/services/ec2/ec2.h"
#include "lab/services/ecs/ecs.h"
#include "lab/services/elbv2/elbv2.h"
#include "lab/services/iam/iam.h"
#include "lab/services/sts/sts.h"
#include "lib/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&ec2_service, &ecs_service, &elbv2_service,
						 &iam_service, &sts_service, NULL};

#define TASKS_MAX 16

struct world {
	struct trial trial;
	char subnets[2][64];
	char balancer[32];
	char group[160];
	char tasks[TASKS_MAX][33]; /* live ones */
	char addresses[TASKS_MAX][16];
	size_t ntasks;
};

static const json_t *must(struct world *world, const json_t *out)
{
	if (!out)
		fail_msg("%s: %s", world->trial.code, world->trial.message);
	return out;
}

static void make_network(struct world *world)
{
	static const char *const zones[] = {"us-east-1a", "us-east-1b"};
	struct trial *t = &world->trial;
	char vpc[64];
	const json_t *out;

	out = must(world, trial_ask(t, &ec2_model, EC2_CreateVpc, "{'CidrBlock': '10.0.0.0/16'}"));
	snprintf(vpc, sizeof(vpc), "%s", json_path_str(out, "Vpc.VpcId"));
	for (int i = 0; i < 2; i++) {
		out = must(world, trial_ask(t, &ec2_model, EC2_CreateSubnet,
					    "{'VpcId': '%s', 'CidrBlock': '10.0.%d.0/24', "
					    "'AvailabilityZone': '%s'}",
					    vpc, 4 + i, zones[i]));
		snprintf(world->subnets[i], sizeof(world->subnets[i]), "%s",
			 json_path_str(out, "Subnet.SubnetId"));
	}
	out = must(world, trial_ask(t, &elbv2_model, ELBV2_CreateTargetGroup,
				    "{'Name': 'blue', 'Protocol': 'HTTP', 'Port': 8000, 'VpcId': "
				    "'%s', 'TargetType': 'ip'}",
				    vpc));
	snprintf(world->group, sizeof(world->group), "%s",
		 json_path_str(out, "TargetGroups.0.TargetGroupArn"));
}

static void make_balancer(struct world *world)
{
	struct trial *t = &world->trial;
	const json_t *out;
	char arn[160];

	out = must(world, trial_ask(t, &elbv2_model, ELBV2_CreateLoadBalancer,
				    "{'Name': 'alb', 'Subnets': ['%s', '%s']}", world->subnets[0],
				    world->subnets[1]));
	snprintf(arn, sizeof(arn), "%s", json_path_str(out, "LoadBalancers.0.LoadBalancerArn"));
	snprintf(world->balancer, sizeof(world->balancer), "%s", strrchr(arn, '/') + 1);
	must(world, trial_ask(t, &elbv2_model, ELBV2_CreateListener,
			      "{'LoadBalancerArn': '%s', 'Protocol': 'HTTP', 'Port': 80, "
			      "'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': '%s'}]}",
			      arn, world->group));
	must(world, trial_ask(t, &elbv2_model, ELBV2_ModifyTargetGroupAttributes,
			      "{'TargetGroupArn': '%s', 'Attributes': [{'Key': "
			      "'deregistration_delay.timeout_seconds', 'Value': '30'}]}",
			      world->group));
}

static void make_role(struct world *world)
{
	struct trial *t = &world->trial;

	lab_set_authority(t->lab, &iam_authority);
	must(world,
	     trial_ask(t, &iam_model, IAM_CreateRole,
		       "{'RoleName': 'app', 'AssumeRolePolicyDocument': '{\\'Statement\\': "
		       "[{\\'Effect\\': \\'Allow\\', \\'Action\\': \\'sts:AssumeRole\\', "
		       "\\'Principal\\': {\\'Service\\': \\'ecs-tasks.amazonaws.com\\'}}]}'}"));
}

static void make_service(struct world *world)
{
	struct trial *t = &world->trial;

	must(world, trial_ask(t, &ecs_model, ECS_CreateCluster, "{'clusterName': 'c'}"));
	must(world,
	     trial_ask(
		     t, &ecs_model, ECS_RegisterTaskDefinition,
		     "{'family': 'app', 'networkMode': 'awsvpc', 'cpu': '256', 'memory': '512', "
		     "'requiresCompatibilities': ['FARGATE'], 'taskRoleArn': "
		     "'arn:aws:iam::123456789012:role/app', 'containerDefinitions': [{'name': "
		     "'main', 'image': 'public.ecr.aws/xray/aws-xray-daemon:3.x', 'portMappings': "
		     "[{'containerPort': 8000}]}]}"));
	must(world,
	     trial_ask(t, &ecs_model, ECS_CreateService,
		       "{'cluster': 'c', 'serviceName': 's', 'taskDefinition': 'app', "
		       "'launchType': 'FARGATE', 'desiredCount': 2, "
		       "'healthCheckGracePeriodSeconds': 30, 'deploymentController': {'type': "
		       "'CODE_DEPLOY'}, 'loadBalancers': [{'targetGroupArn': '%s', "
		       "'containerName': 'main', 'containerPort': 8000}], "
		       "'networkConfiguration': {'awsvpcConfiguration': {'subnets': ['%s', "
		       "'%s']}}}",
		       world->group, world->subnets[0], world->subnets[1]));
}

static int opened(void **state)
{
	struct world *world = mem_new(struct world);

	log_set_level(LOG_WARNING);
	trial_open(&world->trial, services);
	make_network(world);
	make_balancer(world);
	make_role(world);
	make_service(world);
	*state = world;
	return 0;
}

static int closed(void **state)
{
	struct world *world = *state;

	trial_close(&world->trial);
	free(world);
	return 0;
}

static void look(struct world *world)
{
	struct trial *t = &world->trial;
	const json_t *out =
		must(world, trial_ask(t, &ecs_model, ECS_ListTasks, "{'cluster': 'c'}"));
	AUTO_JSON json_t *arns = json_deep_copy(json_get(out, "taskArns"));
	const json_t *arn;
	size_t i;

	world->ntasks = 0;
	json_each (arns, i, arn) {
		const char *id = strrchr(json_string_value(arn), '/') + 1;

		assert_true(i < TASKS_MAX);
		out = must(world, trial_ask(t, &ecs_model, ECS_DescribeTasks,
					    "{'cluster': 'c', 'tasks': ['%s']}", id));
		snprintf(world->tasks[i], sizeof(world->tasks[i]), "%s", id);
		snprintf(world->addresses[i], sizeof(world->addresses[i]), "%s",
			 json_path_str(out, "tasks.0.containers.0.networkInterfaces.0."
					    "privateIpv4Address"));
		world->ntasks++;
	}
}

static void plane_says(struct world *world, const char *role, const char *id, const char *text)
{
	AUTO_JSON json_t *fact = trial_tree(text);

	lab_fleet_events.fact(role, id, fact, world->trial.lab);
	lab_turn(world->trial.lab);
}

static void run(struct world *world, size_t i)
{
	plane_says(world, "task", world->tasks[i],
		   "{'status': 'RUNNING', 'containers': [{'name': 'main', 'status': 'RUNNING'}]}");
}

static void target_is(struct world *world, size_t i, const char *state, const char *why)
{
	AUTO_FREE char *text = mem_fmt("{'target': {'group': '%s', 'id': '%s', 'port': 8000, "
				       "'state': '%s', 'reason': '%s', 'description': '%s'}}",
				       world->group, world->addresses[i], state,
				       *why ? "Target.ResponseCodeMismatch" : "", why);

	plane_says(world, "alb", world->balancer, text);
}

static const json_t *service(struct world *world)
{
	const json_t *out = must(world, trial_ask(&world->trial, &ecs_model, ECS_DescribeServices,
						  "{'cluster': 'c', 'services': ['s']}"));

	return json_path(out, "services.0");
}

/* Parts of all events but the first `from`, oldest first. */
static void expect_events(struct world *world, size_t from, const char *const *messages)
{
	const json_t *found = service(world);
	const json_t *events = json_get(found, "events");
	size_t count = 0, all = json_array_size(events);

	while (messages[count])
		count++;
	assert_true(all >= from);
	for (size_t i = 0; i < count; i++) {
		const char *is = i < all - from
					 ? json_str(json_at(events, all - 1 - from - i), "message")
					 : "(none)";

		if (!strstr(is, messages[i]))
			fail_msg("event %zu is \"%s\", not \"%s\"", from + i, is, messages[i]);
	}
	assert_int_equal(all - from, count);
}

static void come_up(struct world *world)
{
	look(world);
	assert_int_equal(world->ntasks, 2);
	run(world, 0);
	run(world, 1);
	target_is(world, 0, "healthy", "");
	target_is(world, 1, "healthy", "");
}

static void tasks_become_targets_and_the_service_steady(void **state)
{
	static const char *const told[] = {
		"(service s) updated computedDesiredCount for taskSet ecs-svc/",
		") has started 2 tasks: (task ",
		") registered 1 targets in (target-group arn:aws:elasticloadbalancing:",
		") registered 1 targets in (target-group arn:aws:elasticloadbalancing:",
		") updated state to STEADY_STATE.",
		"(service s) has reached a steady state.",
		NULL,
	};
	struct world *world = *state;

	come_up(world);
	/* One in each zone. */
	assert_true(strncmp(world->addresses[0], world->addresses[1], 7) != 0);
	expect_events(world, 0, told);
}

static void an_unhealthy_task_goes_when_its_replacement_is_healthy(void **state)
{
	static const char *const told[] = {
		") has started 1 tasks: (task ",
		") registered 1 targets in (target-group ",
		") (port 8000) is unhealthy in (target-group ",
		") has stopped 1 running tasks: (task ",
		") deregistered 1 targets in (target-group ",
		") has begun draining connections on 1 tasks.",
		") updated state to STEADY_STATE.",
		"(service s) has reached a steady state.",
		NULL,
	};
	struct world *world = *state;
	char sick[33];
	size_t fresh = 0;
	const json_t *out;

	come_up(world);
	trial_pass(&world->trial, 31 * SECOND);
	snprintf(sick, sizeof(sick), "%s", world->tasks[0]);
	target_is(world, 0, "unhealthy", "Health checks failed with these codes: [500]");
	trial_pass(&world->trial, 26 * SECOND);
	look(world);
	assert_int_equal(world->ntasks, 2);
	trial_pass(&world->trial, 1 * SECOND);
	look(world);
	assert_int_equal(world->ntasks, 3);
	for (size_t i = 0; i < 3; i++) {
		out = must(world, trial_ask(&world->trial, &ecs_model, ECS_DescribeTasks,
					    "{'cluster': 'c', 'tasks': ['%s']}", world->tasks[i]));
		if (strcmp(json_path_str(out, "tasks.0.lastStatus"), "PENDING") == 0)
			fresh = i;
	}
	run(world, fresh);
	target_is(world, fresh, "healthy", "");
	expect_events(world, 6, told);

	/* It gets its SIGTERM when its target is drained, and not before. */
	assert_null(json_get(lab_ordered(world->trial.lab, "task", sick), "stop"));
	trial_pass(&world->trial, 31 * SECOND);
	assert_string_equal(json_path_str(lab_ordered(world->trial.lab, "task", sick), "stop.code"),
			    "ServiceSchedulerInitiated");
	plane_says(world, "task", sick,
		   "{'status': 'STOPPED', 'containers': [{'name': 'main', 'status': 'STOPPED', "
		   "'exit_code': 0}]}");
	out = must(world, trial_ask(&world->trial, &ecs_model, ECS_DescribeTasks,
				    "{'cluster': 'c', 'tasks': ['%s']}", sick));
	assert_string_equal(json_path_str(out, "tasks.0.lastStatus"), "STOPPED");
	assert_non_null(strstr(json_path_str(out, "tasks.0.stoppedReason"),
			       "Task failed ELB health checks in (target-group arn:"));
}

static void in_its_grace_period_a_task_is_left_alone(void **state)
{
	struct world *world = *state;

	come_up(world);
	target_is(world, 0, "unhealthy", "Health checks failed with these codes: [500]");
	trial_pass(&world->trial, 30 * SECOND);
	trial_pass(&world->trial, 26 * SECOND);
	look(world);
	assert_int_equal(world->ntasks, 2);
	trial_pass(&world->trial, 1 * SECOND);
	look(world);
	assert_int_equal(world->ntasks, 3);
}

static void a_task_that_ends_by_itself_drains_nothing(void **state)
{
	struct world *world = *state;
	const json_t *out;
	char gone[33];

	come_up(world);
	trial_pass(&world->trial, 61 * SECOND);
	snprintf(gone, sizeof(gone), "%s", world->tasks[0]);
	plane_says(
		world, "task", gone,
		"{'status': 'STOPPED', 'stop_code': 'EssentialContainerExited', "
		"'stopped_reason': 'Essential container in task exited', 'containers': [{'name': "
		"'main', 'status': 'STOPPED', 'exit_code': 1}]}");
	out = must(world, trial_ask(&world->trial, &ecs_model, ECS_DescribeTasks,
				    "{'cluster': 'c', 'tasks': ['%s']}", gone));
	assert_string_equal(json_path_str(out, "tasks.0.lastStatus"), "STOPPED");
	assert_string_equal(json_path_str(out, "tasks.0.stopCode"), "EssentialContainerExited");
	look(world);
	assert_int_equal(world->ntasks, 2);
}

static const char *key_id(struct world *world)
{
	const json_t *order = lab_ordered(world->trial.lab, "task", world->tasks[0]);

	return json_path_str(order, "credentials.AccessKeyId");
}

/* The trial's clock stands still: credentials expire in real time. */
static void credentials_that_expire_are_renewed(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *first = NULL;

	look(world);
	run(world, 0);
	first = mem_strdup(key_id(world));
	assert_non_null(first);
	plane_says(world, "task", world->tasks[0], "{'credentials': 'expiring'}");
	assert_string_not_equal(key_id(world), first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tasks_become_targets_and_the_service_steady),
		TEST(an_unhealthy_task_goes_when_its_replacement_is_healthy),
		TEST(in_its_grace_period_a_task_is_left_alone),
		TEST(a_task_that_ends_by_itself_drains_nothing),
		TEST(credentials_that_expire_are_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
