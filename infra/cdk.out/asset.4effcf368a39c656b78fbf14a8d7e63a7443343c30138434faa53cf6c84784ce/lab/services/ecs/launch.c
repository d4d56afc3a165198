/*
 * launch.c - what a task's plane is told: its containers, whole, with secrets and credentials.
 *
 * As on Fargate it is the execution role that reads secrets, pulls images and makes log streams, and
 * what it may not do is why the task stops. Secrets are read once; a rotation does not reach it.
 */
#include "lab/services/ecs/nouns.h"

#include "lab/models/ecr.h"
#include "lab/models/logs.h"
#include "lab/models/sts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define STOP_TIMEOUT_DEFAULT 30 /* seconds; at most 120 on Fargate */

struct launch {
	struct request *rq;
	const json_t *task;
	const json_t *definition;
	const struct principal *execution_role;
	const char *address; /* on this machine */
	int64_t user;	     /* … that it runs as; 0: as we do */
};

static const char *cannot_assume(struct request *rq, const char *role)
{
	return rq_fmt(
		rq,
		"ECS was unable to assume the role '%s' that was provided for this task. Please "
		"verify that the role being passed has the proper trust relationship and "
		"permissions and that your IAM user has permissions to pass this role.",
		role);
}

/* As ecs-tasks.amazonaws.com: the role's trust policy has to name it. */
static const json_t *assume(struct request *rq, const char *role, const char *session)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);

	json_set_str(in, "RoleArn", role);
	json_set_str(in, "RoleSessionName", session);
	if (aws_call(rq, principal_service(rq, "ecs-tasks.amazonaws.com"), &sts_model,
		     STS_AssumeRole, in, out) != 0)
		return NULL;
	return json_get(out, "Credentials");
}

bool task_credentials(struct request *rq, const json_t *task, json_t *order,
		      const char **ret_reason)
{
	const json_t *definition = task_definition_find(rq, json_str(task, "taskDefinitionArn"));
	const char *role = json_path_str(task, "overrides.taskRoleArn");
	char text[CLOCK_TEXT];
	const json_t *got;
	json_t *kept;
	int64_t expires;

	if (!role)
		role = json_str(definition, "taskRoleArn");
	if (!role)
		return true;
	got = assume(rq, role, task_id(task));
	if (!got) {
		*ret_reason = cannot_assume(rq, role);
		return false;
	}
	expires = (int64_t)(json_num_or(got, "Expiration", 0) * 1000);
	kept = json_add_object(order, "credentials");
	json_set_str(kept, "RoleArn", role);
	json_set(kept, "AccessKeyId", json_get(got, "AccessKeyId"));
	json_set(kept, "SecretAccessKey", json_get(got, "SecretAccessKey"));
	json_set(kept, "Token", json_get(got, "SessionToken"));
	json_set_str(kept, "Expiration", clock_iso_seconds(expires, text));
	return true;
}

static const char *take_execution_role(struct launch *launch)
{
	struct request *rq = launch->rq;
	const char *id = task_id(launch->task);
	const char *role = json_path_str(launch->task, "overrides.executionRoleArn");

	if (!role)
		role = json_str(launch->definition, "executionRoleArn");
	if (!role)
		return NULL;
	launch->execution_role = assume(rq, role, id) ? principal_role(rq, role, id) : NULL;
	return launch->execution_role ? NULL : cannot_assume(rq, role);
}

static const char *check_registry(struct launch *launch)
{
	const json_t *containers = json_get(launch->definition, "containerDefinitions");
	struct request *rq = launch->rq;
	const json_t *container;
	bool ecr = false;
	size_t i;

	json_each (containers, i, container)
		ecr |= strstr(json_str(container, "image"), ".dkr.ecr.") != NULL;
	if (!ecr || aws_call(rq, launch->execution_role, &ecr_model, ECR_GetAuthorizationToken,
			     rq_object(rq), NULL) == 0)
		return NULL;
	return rq_fmt(
		rq,
		"ResourceInitializationError: unable to pull secrets or registry auth: execution "
		"resource retrieval failed: unable to retrieve ecr registry auth: service call "
		"has been retried 1 time(s): operation error ECR: GetAuthorizationToken, https "
		"response error StatusCode: %d, RequestID: %s, api error %s: %s",
		rq->called.status, rq->id, rq->called.code, rq->called.message);
}

static const json_t *override_of(const struct launch *launch, const char *name)
{
	const json_t *all = json_path(launch->task, "overrides.containerOverrides");
	const json_t *override;
	size_t i;

	json_each (all, i, override)
		if (strcmp(json_str(override, "name"), name) == 0)
			return override;
	return NULL;
}

static void add_pairs(json_t *environment, const json_t *pairs)
{
	const json_t *pair;
	size_t i;

	json_each (pairs, i, pair)
		if (json_str(pair, "name"))
			json_set_str(environment, json_str(pair, "name"),
				     json_str_or(pair, "value", ""));
}

/* What the template says; the plane adds what the image says and what only it can know. */
static void add_process(const struct launch *launch, const json_t *of, json_t *order)
{
	const json_t *override = override_of(launch, json_str(of, "name"));
	const json_t *command = json_get(override, "command");
	json_t *environment = json_add_object(order, "environment");
	const json_t *all = json_get(of, "dependsOn");
	const json_t *dependency;
	size_t i;

	add_pairs(environment, json_get(of, "environment"));
	add_pairs(environment, json_get(override, "environment"));
	json_set(order, "entry_point", json_get(of, "entryPoint"));
	json_set(order, "command", command ? command : json_get(of, "command"));
	json_each (all, i, dependency) {
		json_t *list = json_object_get(order, "depends_on");
		json_t *kept = json_push_object(list ? list : json_add_array(order, "depends_on"));

		json_set(kept, "container", json_get(dependency, "containerName"));
		json_set(kept, "condition", json_get(dependency, "condition"));
	}
}

static bool is_none(const json_t *check)
{
	const char *first = json_string_value(json_at(json_get(check, "command"), 0));

	return first && strcmp(first, "NONE") == 0;
}

static void add_health_check(const json_t *of, json_t *order)
{
	const json_t *check = json_get(of, "healthCheck");
	json_t *kept;

	/* {"NONE"} turns an image's own off, and images' own are not looked at. */
	if (!check || is_none(check))
		return;
	kept = json_add_object(order, "health_check");
	json_set(kept, "command", json_get(check, "command"));
	json_set_int(kept, "interval_ms", json_int_or(check, "interval", 30) * SECOND);
	json_set_int(kept, "timeout_ms", json_int_or(check, "timeout", 5) * SECOND);
	json_set_int(kept, "retries", json_int_or(check, "retries", 3));
	json_set_int(kept, "start_period_ms", json_int_or(check, "startPeriod", 0) * SECOND);
}

/* The stream is prefix/container/task; it is there before the first line. */
static const char *add_log(const struct launch *launch, const json_t *of, json_t *order)
{
	const json_t *options = json_path(of, "logConfiguration.options");
	const char *group = json_str(options, "awslogs-group");
	struct request *rq = launch->rq;
	json_t *in = rq_object(rq);
	const char *stream;
	json_t *log;

	if (!group)
		return NULL;
	stream = rq_fmt(rq, "%s/%s/%s", json_str_or(options, "awslogs-stream-prefix", ""),
			json_str(of, "name"), task_id(launch->task));
	json_set_str(in, "logGroupName", group);
	json_set_str(in, "logStreamName", stream);
	if (aws_call(rq, launch->execution_role, &logs_model, LOGS_CreateLogStream, in, NULL) !=
		    0 &&
	    strcmp(rq->called.code, "ResourceAlreadyExistsException") != 0)
		return rq_fmt(
			rq,
			"ResourceInitializationError: failed to validate logger args: create "
			"stream has been retried 1 times: failed to create Cloudwatch log stream: "
			"operation error CloudWatch Logs: CreateLogStream, https response error "
			"StatusCode: %d, RequestID: %s, %s: %s : exit status 1",
			rq->called.status, rq->id, rq->called.code, rq->called.message);
	log = json_add_object(order, "log");
	json_set_str(log, "group", group);
	json_set_str(log, "stream", stream);
	return NULL;
}

static void add_limits(const json_t *of, json_t *order)
{
	json_set_bool(order, "essential", json_bool_or(of, "essential", true));
	json_set_int(order, "stop_timeout_ms",
		     json_int_or(of, "stopTimeout", STOP_TIMEOUT_DEFAULT) * SECOND);
	json_set(order, "cpu", json_get(of, "cpu"));
	json_set(order, "memory", json_get(of, "memory"));
	json_set(order, "memory_reservation", json_get(of, "memoryReservation"));
	json_set(order, "user", json_get(of, "user"));
	json_set(order, "working_directory", json_get(of, "workingDirectory"));
	json_set_bool(order, "readonly_root", json_bool_or(of, "readonlyRootFilesystem", false));
}

static json_t *container_of(json_t *task, const char *name)
{
	json_t *containers = json_object_get(task, "containers");
	json_t *container;
	size_t i;

	json_array_foreach (containers, i, container)
		if (strcmp(json_str(container, "name"), name) == 0)
			return container;
	return NULL;
}

static const char *add_container(const struct launch *launch, const json_t *of, json_t *task,
				 json_t *order)
{
	const char *name = json_str(of, "name");
	struct request *rq = launch->rq;
	json_t *container = container_of(task, name);
	struct image image;
	const char *reason;

	json_set_str(order, "name", name);
	json_set(order, "image", json_get(of, "image"));
	reason = ecs_secrets_read(rq, launch->execution_role, json_get(of, "secrets"),
				  json_add_object(order, "secrets"));
	if (!reason)
		reason = ecs_image_resolve(rq, launch->execution_role, json_str(of, "image"),
					   &image);
	if (!reason)
		reason = add_log(launch, of, order);
	if (reason)
		return reason;

	json_set_str(order, "tree", image.tree);
	json_set_str(order, "role", image.role);
	/* <task id>-<10 digits>, as Fargate names them. */
	json_set_str(order, "runtime_id",
		     rq_fmt(rq, "%s-%s", task_id(task), id_text(rq, 10, "0123456789")));
	json_set(container, "runtimeId", json_get(order, "runtime_id"));
	json_set_str(container, "imageDigest", image.digest);
	add_process(launch, of, order);
	add_health_check(of, order);
	add_limits(of, order);
	return NULL;
}

static void add_identity(const struct launch *launch, json_t *order)
{
	const json_t *task = launch->task;
	const json_t *definition = launch->definition;
	struct request *rq = launch->rq;

	json_set(order, "arn", json_get(task, "taskArn"));
	json_set(order, "cluster_arn", json_get(task, "clusterArn"));
	json_set(order, "family", json_get(definition, "family"));
	json_set_str(order, "revision",
		     rq_fmt(rq, "%lld", (long long)json_int_or(definition, "revision", 0)));
	json_set_str(order, "service", json_str(task, "_service"));
	json_set(order, "zone", json_get(task, "availabilityZone"));
	json_set_str(order, "address", launch->address);
	json_set(order, "private_address", json_get(task, "_address"));
	json_set_int(order, "cpu", strtol(json_str_or(definition, "cpu", "256"), NULL, 10));
	json_set_int(order, "memory", strtol(json_str_or(definition, "memory", "512"), NULL, 10));
	json_set_int(order, "launched_lab_ms", rq->now.ms);
	json_set_str(order, "endpoint", lab_endpoint(rq->lab));
	json_set_str(order, "region", rq->region);
	/* Tasks never run as root. */
	if (launch->user) {
		json_t *user = json_add_object(order, "user");

		json_set_int(user, "uid", launch->user);
		json_set_int(user, "gid", launch->user);
	}
}

const char *task_launch(struct request *rq, json_t *task, json_t *order)
{
	struct launch launch = {
		.rq = rq,
		.task = task,
		.definition = task_definition_find(rq, json_str(task, "taskDefinitionArn")),
		.execution_role = principal_service(rq, "ecs-tasks.amazonaws.com"),
		.address = lab_address(rq, json_str(task, "_address")),
		.user = geteuid() == 0 ? task_user_take(rq, task) : 0,
	};
	const json_t *containers = json_get(launch.definition, "containerDefinitions");
	const json_t *of;
	const char *reason;
	json_t *orders;
	size_t i;

	reason = take_execution_role(&launch);
	if (!reason)
		reason = check_registry(&launch);
	if (reason)
		return reason;
	add_identity(&launch, order);
	if (!task_credentials(rq, task, order, &reason))
		return reason;
	orders = json_add_array(order, "containers");
	json_each (containers, i, of) {
		reason = add_container(&launch, of, task, json_push_object(orders));
		if (reason)
			return reason;
	}
	return NULL;
}
