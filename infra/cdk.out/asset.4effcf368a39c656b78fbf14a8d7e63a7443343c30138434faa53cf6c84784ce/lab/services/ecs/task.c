/*
 * task.c - tasks: made, told to stop, listed and described. What moves them on is lifecycle.c.
 *
 *   keeps      ecs/task  by id  as DescribeTasks shows it; gone one lab hour after it STOPPED
 *   publishes  ecs.task.changed
 *   left out   placement, references, protection, StartTask (it is for container instances)
 */
#include "lab/services/ecs/nouns.h"

#include <string.h>

#define RUN_MAX 10
#define DESCRIBE_MAX 100

const char *task_id(const json_t *task)
{
	return ecs_ref_name(json_str(task, "taskArn"));
}

bool task_is(const json_t *task, const char *last_status)
{
	return strcmp(json_str_or(task, "lastStatus", ""), last_status) == 0;
}

bool task_is_live(const json_t *task)
{
	return strcmp(json_str_or(task, "desiredStatus", ""), "RUNNING") == 0;
}

void task_put(struct request *rq, json_t *task)
{
	json_t *change = rq_object(rq);

	json_set_int(task, "version", json_int_or(task, "version", 0) + 1);
	store_put(rq->tx, TASK, task_id(task), task);
	json_set(change, "taskArn", json_get(task, "taskArn"));
	json_set(change, "clusterArn", json_get(task, "clusterArn"));
	json_set(change, "group", json_get(task, "group"));
	json_set(change, "lastStatus", json_get(task, "lastStatus"));
	json_set(change, "desiredStatus", json_get(task, "desiredStatus"));
	publish(rq->tx, "ecs.task.changed", change);
	lab_wake(rq->lab, &ecs_model);
}

const json_t *service_tasks(struct request *rq, const json_t *service)
{
	const json_t *all = store_list(rq->tx, TASK);
	const char *cluster = json_str(service, "_cluster");
	const char *name = json_str(service, "serviceName");
	json_t *tasks = rq_array(rq);
	const json_t *task;
	size_t i;

	json_each (all, i, task)
		if (!task_is(task, "STOPPED") &&
		    strcmp(json_str_or(task, "_service", ""), name) == 0 &&
		    strcmp(json_str(task, "_cluster"), cluster) == 0)
			json_push(tasks, task);
	return tasks;
}

/* The subnet that has the fewest live tasks of the group: Fargate spreads over the zones. */
static const char *pick_subnet(struct request *rq, const char *group, const json_t *network)
{
	const json_t *subnets = json_path(network, "awsvpcConfiguration.subnets");
	const json_t *all = store_list(rq->tx, TASK);
	const char *best = NULL;
	size_t fewest = SIZE_MAX, i, k;
	const json_t *subnet, *task;

	json_each (subnets, i, subnet) {
		size_t count = 0;

		json_each (all, k, task)
			count += task_is_live(task) &&
				 strcmp(json_str_or(task, "group", ""), group) == 0 &&
				 strcmp(json_str_or(task, "_subnet", ""),
					json_string_value(subnet)) == 0;
		if (count < fewest) {
			fewest = count;
			best = json_string_value(subnet);
		}
	}
	return best;
}

static void set_amount(struct request *rq, json_t *container, const json_t *definition,
		       const char *name)
{
	const json_t *amount = json_get(definition, name);

	if (json_is_integer(amount))
		json_set_str(container, name,
			     rq_fmt(rq, "%lld", (long long)json_integer_value(amount)));
}

/* True if an essential container has a health check: then the task has a health of its own. */
static bool add_containers(struct request *rq, const json_t *definition, json_t *task)
{
	const json_t *definitions = json_get(definition, "containerDefinitions");
	json_t *containers = json_add_array(task, "containers");
	bool checked = false;
	const json_t *of;
	size_t i;

	json_each (definitions, i, of) {
		json_t *container = json_push_object(containers);

		json_set_str(container, "containerArn",
			     rq_arn(rq, "ecs",
				    rq_fmt(rq, "container/%s/%s/%s", json_str(task, "_cluster"),
					   task_id(task), id_uuid(rq))));
		json_set(container, "taskArn", json_get(task, "taskArn"));
		json_set(container, "name", json_get(of, "name"));
		json_set(container, "image", json_get(of, "image"));
		json_set_str(container, "lastStatus", "PENDING");
		json_add_array(container, "networkInterfaces");
		json_set_str(container, "healthStatus", "UNKNOWN");
		set_amount(rq, container, of, "cpu");
		set_amount(rq, container, of, "memory");
		set_amount(rq, container, of, "memoryReservation");
		checked |= json_has(of, "healthCheck") && json_bool_or(of, "essential", true);
	}
	return checked;
}

static void add_attachment(struct request *rq, json_t *task, const char *subnet)
{
	json_t *attachment = json_push_object(json_add_array(task, "attachments"));
	json_t *detail;

	json_set_str(attachment, "id", id_uuid(rq));
	json_set_str(attachment, "type", "ElasticNetworkInterface");
	json_set_str(attachment, "status", "PRECREATED");
	detail = json_push_object(json_add_array(attachment, "details"));
	json_set_str(detail, "name", "subnetId");
	json_set_str(detail, "value", subnet);
}

/* What was overridden, for every container: AWS names them all. */
static void add_overrides(json_t *task, const json_t *overrides)
{
	const json_t *given = json_get(overrides, "containerOverrides");
	json_t *kept = json_add_object(task, "overrides");
	const json_t *containers = json_get(task, "containers");
	const json_t *container, *override;
	json_t *all = json_array();
	size_t i, k;

	json_each (containers, i, container) {
		json_t *mine = json_push_object(all);

		json_set(mine, "name", json_get(container, "name"));
		json_each (given, k, override)
			if (strcmp(json_str_or(override, "name", ""),
				   json_str(container, "name")) == 0)
				json_object_update(mine, (json_t *)(uintptr_t) override);
	}
	json_give(kept, "containerOverrides", all);
	json_add_array(kept, "inferenceAcceleratorOverrides");
	json_set(kept, "taskRoleArn", json_get(overrides, "taskRoleArn"));
	json_set(kept, "executionRoleArn", json_get(overrides, "executionRoleArn"));
}

static void fill_identity(struct request *rq, const struct task_wish *wish, json_t *task)
{
	const char *cluster = json_str(wish->cluster, "clusterName");
	const char *family = json_str(wish->definition, "family");
	const char *group = wish->group ? wish->group : rq_fmt(rq, "family:%s", family);

	json_set_str(task, "taskArn",
		     rq_arn(rq, "ecs", rq_fmt(rq, "task/%s/%s", cluster, id_new(rq, "", 32))));
	json_set(task, "clusterArn", json_get(wish->cluster, "clusterArn"));
	json_set(task, "taskDefinitionArn", json_get(wish->definition, "taskDefinitionArn"));
	json_set_str(task, "group", group);
	json_set_str(task, "startedBy", wish->started_by);
	json_set_str(task, "_cluster", cluster);
	if (wish->service)
		json_set_str(task, "_service", json_str(wish->service, "serviceName"));
	json_set_str(task, "_unit", wish->unit);
	json_set_str(task, "_subnet", pick_subnet(rq, group, wish->network));
	json_set(task, "_groups", json_path(wish->network, "awsvpcConfiguration.securityGroups"));
	json_set(task, "_targets", wish->balancers);
}

const json_t *task_new(struct request *rq, const struct task_wish *wish)
{
	json_t *task = store_new(rq->tx);
	json_t *attribute;

	fill_identity(rq, wish, task);
	add_attachment(rq, task, json_str(task, "_subnet"));
	attribute = json_push_object(json_add_array(task, "attributes"));
	json_set_str(attribute, "name", "ecs.cpu-architecture");
	json_set_str(attribute, "value", "x86_64");
	json_set_bool(task, "_checked", add_containers(rq, wish->definition, task));
	add_overrides(task, wish->overrides);
	json_set(task, "cpu", json_get(wish->definition, "cpu"));
	json_set(task, "memory", json_get(wish->definition, "memory"));
	json_set_time(task, "createdAt", rq->now);
	json_set_str(task, "desiredStatus", "RUNNING");
	json_set_bool(task, "enableExecuteCommand", wish->exec);
	json_set_str(task, "healthStatus", "UNKNOWN");
	json_set_str(task, "lastStatus", "PROVISIONING");
	json_set_str(task, "launchType", "FARGATE");
	json_set_str(task, "platformVersion", "1.4.0");
	json_set_str(task, "platformFamily", "Linux");
	json_add_array(task, "tags");
	json_set(task, "tags", wish->tags);
	json_set_int(json_add_object(task, "ephemeralStorage"), "sizeInGiB", 20);
	task_put(rq, task);
	return task;
}

void task_stop(struct request *rq, const char *id, const char *code, const char *reason)
{
	json_t *task = store_edit(rq->tx, TASK, id);

	if (!task || !task_is_live(task))
		return;
	json_set_str(task, "desiredStatus", "STOPPED");
	json_set_str(task, "stopCode", code);
	json_set_str(task, "stoppedReason", reason);
	json_set_time(task, "stoppingAt", rq->now);
	task_put(rq, task);
}

static const json_t *find_in(struct request *rq, const char *ref, const char *cluster)
{
	const json_t *task = ref ? store_get(rq->tx, TASK, ecs_ref_name(ref)) : NULL;

	return task && strcmp(json_str(task, "_cluster"), cluster) == 0 ? task : NULL;
}

/* As clients see it: no tags unless asked for. */
static void show(struct request *rq, const json_t *task, bool tags, json_t *list)
{
	json_t *shown = rq_copy(rq, task);

	if (!tags)
		json_add_array(shown, "tags");
	json_push(list, shown);
}

static int check_run(struct request *rq, const json_t *in, const json_t **ret_definition)
{
	const char *launch = json_str_or(in, "launchType", "EC2");
	int64_t count = json_int_or(in, "count", 1);
	const json_t *definition = task_definition_find(rq, json_str(in, "taskDefinition"));
	bool fargate = strcmp(launch, "FARGATE") == 0 ||
		       json_array_size(json_get(in, "capacityProviderStrategy"));

	if (!definition)
		return fault(rq, ECS_ClientException, "TaskDefinition not found.");
	if (strcmp(json_str(definition, "status"), "ACTIVE") != 0)
		return fault(rq, ECS_ClientException, "TaskDefinition is inactive");
	if (count < 1 || count > RUN_MAX)
		return fault(rq, ECS_InvalidParameterException, "Count must be between 1 and 10.");
	if (!fargate)
		return fault(rq, ECS_InvalidParameterException,
			     "No Container Instances were found in your cluster.");
	if (!json_list_has(json_get(definition, "compatibilities"), "FARGATE"))
		return fault(rq, ECS_InvalidParameterException,
			     "Task definition does not support launch_type FARGATE.");
	*ret_definition = definition;
	return service_check_network(rq, json_get(in, "networkConfiguration"), definition);
}

int ecs_run_task(struct request *rq, const json_t *in, json_t *out)
{
	int64_t count = json_int_or(in, "count", 1);
	json_t *tasks = json_add_array(out, "tasks");
	struct task_wish wish = {
		.network = json_get(in, "networkConfiguration"),
		.overrides = json_get(in, "overrides"),
		.tags = json_get(in, "tags"),
		.started_by = json_str(in, "startedBy"),
		.group = json_str(in, "group"),
		.exec = json_bool_or(in, "enableExecuteCommand", false),
	};
	int err;

	json_add_array(out, "failures");
	err = cluster_find(rq, json_str(in, "cluster"), &wish.cluster);
	if (!err)
		err = check_run(rq, in, &wish.definition);
	if (err)
		return err;
	for (int64_t i = 0; i < count; i++)
		show(rq, task_new(rq, &wish), true, tasks);
	return 0;
}

int ecs_stop_task(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *cluster, *task;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (err)
		return err;
	task = find_in(rq, json_str(in, "task"), json_str(cluster, "clusterName"));
	if (!task)
		return fault(rq, ECS_InvalidParameterException,
			     "The referenced task was not found.");
	task_stop(rq, task_id(task), "UserInitiated",
		  json_str_or(in, "reason", "Task stopped by user"));
	json_set(out, "task", store_get(rq->tx, TASK, task_id(task)));
	return 0;
}

static bool matches(const json_t *task, const json_t *in)
{
	const char *family = json_str(in, "family");
	const char *started_by = json_str(in, "startedBy");
	const char *service = json_str(in, "serviceName");
	const char *desired = json_str_or(in, "desiredStatus", "RUNNING");
	const char *definition = ecs_ref_name(json_str_or(task, "taskDefinitionArn", ""));

	if (strcmp(json_str_or(in, "launchType", "FARGATE"), "FARGATE") != 0)
		return false;
	if (strcmp(json_str(task, "desiredStatus"), desired) != 0)
		return false;
	if (family &&
	    (strncmp(definition, family, strlen(family)) != 0 || definition[strlen(family)] != ':'))
		return false;
	if (started_by && strcmp(json_str_or(task, "startedBy", ""), started_by) != 0)
		return false;
	return !service || strcmp(json_str_or(task, "_service", ""), ecs_ref_name(service)) == 0;
}

int ecs_list_tasks(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all = store_list(rq->tx, TASK);
	const char *service = json_str(in, "serviceName");
	json_t *arns = rq_array(rq);
	const json_t *cluster, *task, *found;
	size_t i;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (!err && service)
		err = service_find(rq, json_str(in, "cluster"), service, &found);
	if (err)
		return err;
	json_each (all, i, task)
		if (strcmp(json_str(task, "_cluster"), json_str(cluster, "clusterName")) == 0 &&
		    matches(task, in))
			json_push_str(arns, json_str(task, "taskArn"));
	return ecs_list_page(rq, in, arns, "taskArns", out);
}

int ecs_describe_tasks(struct request *rq, const json_t *in, json_t *out)
{
	bool tags = json_list_has(json_get(in, "include"), "TAGS");
	const json_t *refs = json_get(in, "tasks");
	json_t *tasks = json_add_array(out, "tasks");
	json_t *failures = json_add_array(out, "failures");
	const json_t *cluster, *element;
	size_t i;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (err)
		return err;
	if (!json_array_size(refs))
		return fault(rq, ECS_InvalidParameterException, "Tasks cannot be empty.");
	if (json_array_size(refs) > DESCRIBE_MAX)
		return fault(rq, ECS_InvalidParameterException, "Too many tasks.");
	json_each (refs, i, element) {
		const char *ref = json_string_value(element);
		const char *name = json_str(cluster, "clusterName");
		const json_t *task = find_in(rq, ref, name);

		if (task)
			show(rq, task, tags, tasks);
		else
			ecs_push_missing(rq, failures,
					 rq_fmt(rq, "task/%s/%s", name, ecs_ref_name(ref)));
	}
	return 0;
}
