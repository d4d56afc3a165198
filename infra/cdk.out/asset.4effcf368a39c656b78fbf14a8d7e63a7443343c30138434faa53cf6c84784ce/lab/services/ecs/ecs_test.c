/*
 * ecs_test.c - a service's life, call by call and fact by fact: no planes, no sockets, the clock by
 * hand. The only container is a role of ours, which needs no image; there is no load balancer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/services/ecs/ecs.h"

#include "lab/aws/lab.h"
#include "lab/models/ec2.h"
#include "lab/models/ecs.h"
#include "lab/wire/task.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct service ec2_service;

static const struct service *const services[] = {&ec2_service, &ecs_service, NULL};

struct world {
	struct lab *lab;
	char subnet[64];
	char fault_code[128];
	char fault_message[512];
};

struct kept {
	struct world *world;
	json_t *out;
};

static void keep(const struct lab_reply *reply, void *user)
{
	struct kept *kept = user;
	struct world *world = kept->world;

	assert_true(reply->result >= 0);
	if (reply->result == 0) {
		kept->out = json_deep_copy(reply->out);
		return;
	}
	snprintf(world->fault_code, sizeof(world->fault_code), "%s", reply->fault->code);
	snprintf(world->fault_message, sizeof(world->fault_message), "%s", reply->fault->message);
}

/* The answer, owned by the caller; NULL on a fault. */
static json_t *ask(struct world *world, const struct model *model, int op, const char *input)
{
	const struct principal person = {
		.kind = PRINCIPAL_OPERATOR,
		.arn = "arn:aws:iam::123456789012:root",
		.user_id = "123456789012",
	};
	AUTO_JSON json_t *in = json_read(input, strlen(input));
	struct kept kept = {.world = world};
	const struct lab_call call = {
		.model = model, .op = op, .in = in, .caller = &person, .done = keep, .user = &kept};

	assert_non_null(in);
	lab_run(world->lab, &call);
	lab_turn(world->lab);
	return kept.out;
}

static void done(struct world *world, int op, const char *input)
{
	AUTO_JSON json_t *out = ask(world, &ecs_model, op, input);

	if (!out)
		fail_msg("%s: %s", world->fault_code, world->fault_message);
}

static void refused(struct world *world, int op, const char *input, const char *code,
		    const char *message)
{
	AUTO_JSON json_t *out = ask(world, &ecs_model, op, input);

	assert_null(out);
	assert_string_equal(world->fault_code, code);
	assert_string_equal(world->fault_message, message);
}

static void make_subnet(struct world *world)
{
	AUTO_JSON json_t *vpc =
		ask(world, &ec2_model, EC2_CreateVpc, "{\"CidrBlock\": \"10.0.0.0/16\"}");
	AUTO_FREE char *input = mem_fmt("{\"VpcId\": \"%s\", \"CidrBlock\": \"10.0.4.0/24\"}",
					json_path_str(vpc, "Vpc.VpcId"));
	AUTO_JSON json_t *subnet = ask(world, &ec2_model, EC2_CreateSubnet, input);

	snprintf(world->subnet, sizeof(world->subnet), "%s",
		 json_path_str(subnet, "Subnet.SubnetId"));
}

#define DEFINITION                                                                          \
	"{\"family\": \"app\", \"networkMode\": \"awsvpc\", \"cpu\": \"256\", \"memory\": " \
	"\"512\", \"requiresCompatibilities\": [\"FARGATE\"], \"containerDefinitions\": [{" \
	"\"name\": \"main\", \"image\": \"public.ecr.aws/xray/aws-xray-daemon:3.x\"}]}"

static int opened(void **state)
{
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};
	struct world *world = mem_new(struct world);

	assert_int_equal(lab_open(NULL, &options, &world->lab), 0);
	make_subnet(world);
	done(world, ECS_CreateCluster, "{\"clusterName\": \"c\"}");
	done(world, ECS_RegisterTaskDefinition, DEFINITION);
	*state = world;
	return 0;
}

static int closed(void **state)
{
	struct world *world = *state;

	lab_close(world->lab);
	free(world);
	return 0;
}

static void ecs_create_service(struct world *world, int count, const char *controller)
{
	AUTO_FREE char *input = mem_fmt(
		"{\"cluster\": \"c\", \"serviceName\": \"s\", \"taskDefinition\": \"app\", "
		"\"launchType\": \"FARGATE\", \"desiredCount\": %d, \"deploymentController\": "
		"{\"type\": \"%s\"}, \"networkConfiguration\": {\"awsvpcConfiguration\": "
		"{\"subnets\": [\"%s\"]}}}",
		count, controller, world->subnet);

	done(world, ECS_CreateService, input);
}

static void step(struct world *world, msec by)
{
	struct lab_clock clock = *lab_clock(world->lab);

	lab_clock_step(&clock, by);
	lab_clock_change(world->lab, &clock);
	lab_turn(world->lab);
}

/* The tasks with this desired status, oldest first as far as it matters: an array of documents. */
static json_t *tasks_of(struct world *world, const char *desired)
{
	AUTO_FREE char *input = mem_fmt("{\"cluster\": \"c\", \"desiredStatus\": \"%s\"}", desired);
	AUTO_JSON json_t *list = ask(world, &ecs_model, ECS_ListTasks, input);
	AUTO_JSON json_t *in = json_object();
	AUTO_JSON json_t *out = NULL;
	AUTO_FREE char *text = NULL;

	if (!json_array_size(json_get(list, "taskArns")))
		return json_array();
	json_set_str(in, "cluster", "c");
	json_set(in, "tasks", json_get(list, "taskArns"));
	text = json_text(in);
	out = ask(world, &ecs_model, ECS_DescribeTasks, text);
	return json_deep_copy(json_get(out, "tasks"));
}

static const char *id_of(const json_t *task)
{
	return strrchr(json_str(task, "taskArn"), '/') + 1;
}

static void say(struct world *world, const json_t *task, const char *fact)
{
	AUTO_JSON json_t *tree = json_read(fact, strlen(fact));

	assert_non_null(tree);
	lab_fleet_events.fact("task", id_of(task), tree, world->lab);
	lab_turn(world->lab);
}

#define IS_RUNNING                                                                     \
	"{\"status\": \"RUNNING\", \"containers\": [{\"name\": \"main\", \"status\": " \
	"\"RUNNING\", \"health\": \"UNKNOWN\"}]}"
#define IS_STOPPED                                                                     \
	"{\"status\": \"STOPPED\", \"containers\": [{\"name\": \"main\", \"status\": " \
	"\"STOPPED\", \"exit_code\": 143}]}"

static void all_run(struct world *world)
{
	AUTO_JSON json_t *tasks = tasks_of(world, "RUNNING");
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		say(world, task, IS_RUNNING);
}

static json_t *describe(struct world *world)
{
	AUTO_JSON json_t *out = ask(world, &ecs_model, ECS_DescribeServices,
				    "{\"cluster\": \"c\", \"services\": [\"s\"]}");

	return json_deep_copy(json_path(out, "services.0"));
}

static void is_newest(struct world *world, size_t back, const char *message)
{
	AUTO_JSON json_t *service = describe(world);
	const json_t *event = json_at(json_get(service, "events"), back);

	assert_string_equal(json_str_or(event, "message", ""), message);
}

static int64_t count(struct world *world, const char *member)
{
	AUTO_JSON json_t *service = describe(world);

	return json_int_or(service, member, -1);
}

static void a_service_reaches_its_steady_state(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *service = NULL;

	ecs_create_service(world, 2, "ECS");
	assert_int_equal(count(world, "pendingCount"), 2);
	all_run(world);
	assert_int_equal(count(world, "runningCount"), 2);
	/* Without a load balancer a task counts after 40 seconds. */
	step(world, 39 * SECOND);
	service = describe(world);
	assert_string_equal(json_path_str(service, "deployments.0.rolloutState"), "IN_PROGRESS");
	step(world, 1 * SECOND);
	is_newest(world, 0, "(service s) has reached a steady state.");
	json_decref(service);
	service = describe(world);
	assert_string_equal(json_path_str(service, "deployments.0.rolloutState"), "COMPLETED");
	/* It is said again after six hours, not sooner. */
	step(world, 5 * HOUR);
	assert_int_equal(json_array_size(json_get(service, "events")), 3);
	step(world, 1 * HOUR);
	is_newest(world, 1, "(service s) has reached a steady state.");
}

static void a_stopped_task_is_replaced_and_stays_visible_for_an_hour(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *tasks = NULL;
	AUTO_JSON json_t *stopped = NULL;
	AUTO_JSON json_t *gone = NULL;
	AUTO_FREE char *input = NULL;

	ecs_create_service(world, 1, "ECS");
	all_run(world);
	tasks = tasks_of(world, "RUNNING");
	input = mem_fmt("{\"cluster\": \"c\", \"task\": \"%s\"}", id_of(json_at(tasks, 0)));
	done(world, ECS_StopTask, input);
	assert_non_null(json_path_str(lab_ordered(world->lab, "task", id_of(json_at(tasks, 0))),
				      "stop.code"));
	assert_int_equal(count(world, "pendingCount"), 1);
	say(world, json_at(tasks, 0), IS_STOPPED);

	stopped = tasks_of(world, "STOPPED");
	assert_string_equal(json_path_str(stopped, "0.lastStatus"), "STOPPED");
	assert_string_equal(json_path_str(stopped, "0.stopCode"), "UserInitiated");
	assert_string_equal(json_path_str(stopped, "0.stoppedReason"), "Task stopped by user");
	assert_int_equal(json_int_or(json_path(stopped, "0.containers.0"), "exitCode", 0), 143);
	assert_null(lab_ordered(world->lab, "task", id_of(json_at(tasks, 0))));
	step(world, 1 * HOUR);
	gone = tasks_of(world, "STOPPED");
	assert_int_equal(json_array_size(gone), 0);
}

static void what_a_plane_was_told_is_kept_sealed(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *tasks = NULL;
	const json_t *order;
	struct tx *tx;

	ecs_create_service(world, 1, "ECS");
	all_run(world);
	tasks = tasks_of(world, "RUNNING");
	tx = tx_begin(lab_store(world->lab));
	order = store_get(tx, "ecs/order", id_of(json_at(tasks, 0)));
	assert_non_null(json_str(order, "sealed"));
	assert_int_equal(json_object_size(order), 1);
	tx_rollback(tx);
}

/* As root alone: else they run as we do. */
static void each_task_runs_as_a_user_of_its_own(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *tasks = NULL;
	int64_t users[2];

	ecs_create_service(world, 2, "ECS");
	tasks = tasks_of(world, "RUNNING");
	for (size_t i = 0; i < 2; i++) {
		const json_t *order = lab_ordered(world->lab, "task", id_of(json_at(tasks, i)));

		users[i] = json_int_or(json_get(order, "user"), "uid", 0);
		assert_int_equal(json_int_or(json_get(order, "user"), "gid", 0), users[i]);
	}
	if (geteuid() != 0) {
		assert_int_equal(users[0] + users[1], 0);
		return;
	}
	assert_int_equal((users[0] - TASK_USER_FIRST) / TASK_USERS, 7); /* the lab's number */
	assert_int_equal((users[1] - TASK_USER_FIRST) / TASK_USERS, 7);
	assert_int_not_equal(users[0], users[1]);
}

static void a_lost_plane_is_a_lost_host(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *tasks = NULL;
	AUTO_JSON json_t *stopped = NULL;

	ecs_create_service(world, 1, "ECS");
	all_run(world);
	tasks = tasks_of(world, "RUNNING");
	lab_fleet_events.gone("task", id_of(json_at(tasks, 0)), world->lab);
	lab_turn(world->lab);
	stopped = tasks_of(world, "STOPPED");
	assert_string_equal(json_path_str(stopped, "0.lastStatus"), "STOPPED");
	assert_string_equal(json_path_str(stopped, "0.stopCode"), "InfrastructureHealth");
	assert_int_equal(count(world, "pendingCount"), 1);
}

static void tasks_that_never_run_are_started_less_and_less(void **state)
{
	struct world *world = *state;

	ecs_create_service(world, 1, "ECS");
	for (int i = 0; i < 3; i++) {
		AUTO_JSON json_t *tasks = tasks_of(world, "RUNNING");

		assert_int_equal(json_array_size(tasks), 1);
		say(world, json_at(tasks, 0),
		    "{\"status\": \"STOPPED\", \"stop_code\": \"TaskFailedToStart\", "
		    "\"stopped_reason\": \"CannotStartContainerError: no such file\", "
		    "\"containers\": [{\"name\": \"main\", \"status\": \"STOPPED\"}]}");
		/* The second is tried at once, the third after ten seconds. */
		if (i == 1) {
			assert_int_equal(count(world, "pendingCount"), 0);
			step(world, 10 * SECOND);
		}
	}
	is_newest(
		world, 0,
		"(service s) is unable to consistently start tasks successfully. For more "
		"information, see the Troubleshooting section of the Amazon ECS Developer Guide.");
	is_newest(world, 1,
		  "(service s) was unable to place a task. Reason: CannotStartContainerError: no "
		  "such "
		  "file.");
	step(world, 19 * SECOND);
	assert_int_equal(count(world, "pendingCount"), 0);
	step(world, 1 * SECOND);
	assert_int_equal(count(world, "pendingCount"), 1);
}

static void a_new_deployment_replaces_the_old_one(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *service = NULL;
	AUTO_JSON json_t *left = NULL;

	ecs_create_service(world, 2, "ECS");
	all_run(world);
	step(world, 40 * SECOND);
	done(world, ECS_UpdateService,
	     "{\"cluster\": \"c\", \"service\": \"s\", \"forceNewDeployment\": true}");
	assert_int_equal(count(world, "pendingCount"), 2);
	assert_int_equal(count(world, "runningCount"), 2);
	all_run(world);
	step(world, 40 * SECOND);
	service = describe(world);
	assert_int_equal(json_array_size(json_get(service, "deployments")), 1);
	is_newest(world, 0, "(service s) has reached a steady state.");
	left = tasks_of(world, "RUNNING");
	assert_int_equal(json_array_size(left), 2);
	assert_int_equal(count(world, "runningCount"), 2);
}

static void the_circuit_breaker_goes_back(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *service = NULL;
	AUTO_FREE char *first = NULL;
	AUTO_FREE char *message = NULL;

	ecs_create_service(world, 1, "ECS");
	all_run(world);
	step(world, 40 * SECOND);
	service = describe(world);
	first = mem_strdup(json_path_str(service, "deployments.0.id"));
	done(world, ECS_UpdateService,
	     "{\"cluster\": \"c\", \"service\": \"s\", \"forceNewDeployment\": true, "
	     "\"deploymentConfiguration\": {\"deploymentCircuitBreaker\": {\"enable\": true, "
	     "\"rollback\": true}}}");
	for (int i = 0; i < 3; i++) {
		AUTO_JSON json_t *tasks = tasks_of(world, "RUNNING");
		const json_t *task;
		size_t k;

		json_each (tasks, k, task)
			if (strcmp(json_str(task, "startedBy"), first) != 0)
				say(world, task,
				    "{\"status\": \"STOPPED\", \"stop_code\": "
				    "\"TaskFailedToStart\", \"stopped_reason\": \"no\"}");
		step(world, 10 * SECOND);
	}
	json_decref(service);
	service = describe(world);
	assert_string_equal(json_path_str(service, "deployments.0.id"), first);
	assert_int_equal(json_array_size(json_get(service, "deployments")), 1);
	is_newest(world, 0, "(service s) has reached a steady state.");
	message = mem_fmt("(service s) rolling back to deployment %s.", first);
	is_newest(world, 2, message);
}

static void a_codedeploy_service_has_a_task_set_and_refuses_to_deploy(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *service = NULL;

	ecs_create_service(world, 2, "CODE_DEPLOY");
	service = describe(world);
	assert_int_equal(json_array_size(json_get(service, "deployments")), 0);
	assert_string_equal(json_path_str(service, "taskSets.0.status"), "PRIMARY");
	assert_int_equal(json_int_or(json_path(service, "taskSets.0"), "computedDesiredCount", 0),
			 2);
	refused(world, ECS_UpdateService,
		"{\"cluster\": \"c\", \"service\": \"s\", \"taskDefinition\": \"app\"}",
		"InvalidParameterException",
		"Unable to update task definition on services with a CODE_DEPLOY deployment "
		"controller. Use AWS CodeDeploy to trigger a new deployment.");
	all_run(world);
	step(world, 40 * SECOND);
	is_newest(world, 0, "(service s) has reached a steady state.");
	json_decref(service);
	service = describe(world);
	assert_string_equal(json_path_str(service, "taskSets.0.stabilityStatus"), "STEADY_STATE");
	done(world, ECS_UpdateService,
	     "{\"cluster\": \"c\", \"service\": \"s\", \"desiredCount\": 3}");
	assert_int_equal(count(world, "pendingCount"), 1);
}

static void a_deleted_service_drains(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *tasks = NULL;
	AUTO_JSON json_t *service = NULL;

	ecs_create_service(world, 1, "CODE_DEPLOY");
	all_run(world);
	refused(world, ECS_DeleteService, "{\"cluster\": \"c\", \"service\": \"s\"}",
		"InvalidParameterException",
		"The service cannot be stopped while it is scaled above 0.");
	tasks = tasks_of(world, "RUNNING");
	done(world, ECS_DeleteService, "{\"cluster\": \"c\", \"service\": \"s\", \"force\": true}");
	say(world, json_at(tasks, 0), IS_STOPPED);
	service = describe(world);
	assert_string_equal(json_str(service, "status"), "INACTIVE");
}

static void sizes_are_fargates(void **state)
{
	static const struct {
		const char *cpu, *memory;
		bool fits;
	} sizes[] = {{"256", "512", true},    {"256", "2048", true},	{"256", "1536", false},
		     {"512", "1024", true},   {"1 vCPU", "3GB", true},	{"1024", "1024", false},
		     {"8192", "20480", true}, {"8192", "18432", false}, {"300", "512", false}};

	for (size_t i = 0; i < array_len(sizes); i++) {
		AUTO_FREE char *input =
			mem_fmt("{\"family\": \"f\", \"networkMode\": \"awsvpc\", \"cpu\": \"%s\", "
				"\"memory\": \"%s\", \"requiresCompatibilities\": [\"FARGATE\"], "
				"\"containerDefinitions\": [{\"name\": \"a\", \"image\": \"b\"}]}",
				sizes[i].cpu, sizes[i].memory);

		if (sizes[i].fits)
			done(*state, ECS_RegisterTaskDefinition, input);
		else
			refused(*state, ECS_RegisterTaskDefinition, input, "ClientException",
				"No Fargate configuration exists for given values.");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_reaches_its_steady_state),
		TEST(a_stopped_task_is_replaced_and_stays_visible_for_an_hour),
		TEST(what_a_plane_was_told_is_kept_sealed),
		TEST(each_task_runs_as_a_user_of_its_own),
		TEST(a_lost_plane_is_a_lost_host),
		TEST(tasks_that_never_run_are_started_less_and_less),
		TEST(a_new_deployment_replaces_the_old_one),
		TEST(the_circuit_breaker_goes_back),
		TEST(a_codedeploy_service_has_a_task_set_and_refuses_to_deploy),
		TEST(a_deleted_service_drains),
		TEST(sizes_are_fargates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
