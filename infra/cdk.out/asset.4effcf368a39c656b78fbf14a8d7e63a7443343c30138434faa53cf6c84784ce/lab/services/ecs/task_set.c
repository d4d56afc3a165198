/*
 * task_set.c - task sets: what a service of CodeDeploy's or of somebody else's has for deployments.
 *
 * They live in their service's document. computedDesiredCount is the service's desired count by the
 * set's scale, rounded up.
 *
 *   left out   capacity provider strategies, service registries
 */
#include "lab/services/ecs/nouns.h"

#include <math.h>
#include <string.h>

static int computed(const json_t *service, const json_t *set)
{
	double percent = json_num_or(json_get(set, "scale"), "value", 0);

	return (int)ceil((double)json_int_or(service, "desiredCount", 0) * percent / 100);
}

static void scale_one(struct request *rq, json_t *service, json_t *set)
{
	int count = computed(service, set);

	if (json_int_or(set, "computedDesiredCount", -1) == count)
		return;
	json_set_int(set, "computedDesiredCount", count);
	json_set_str(set, "stabilityStatus", "STABILIZING");
	json_set_time(set, "stabilityStatusAt", rq->now);
	json_set_time(set, "updatedAt", rq->now);
	json_set_bool(service, "_steady", false);
	service_event(rq, service, NULL, "updated computedDesiredCount for taskSet %s to %d.",
		      json_str(set, "id"), count);
}

void task_sets_scale(struct request *rq, json_t *service)
{
	json_t *sets = json_object_get(service, "taskSets");
	json_t *set;
	size_t i;

	json_array_foreach (sets, i, set)
		scale_one(rq, service, set);
}

json_t *task_set_new(struct request *rq, json_t *service, const json_t *in, const char *status)
{
	json_t *set = json_push_object(json_object_get(service, "taskSets"));
	const char *id = rq_fmt(rq, "ecs-svc/%s%s", id_text(rq, 1, "123456789"),
				id_text(rq, 18, "0123456789"));
	const json_t *definition = task_definition_find(rq, json_str(in, "taskDefinition"));

	json_set_str(set, "id", id);
	json_set_str(set, "taskSetArn",
		     rq_arn(rq, "ecs", rq_fmt(rq, "task-set/%s/%s", service_key(rq, service), id)));
	json_set(set, "serviceArn", json_get(service, "serviceArn"));
	json_set(set, "clusterArn", json_get(service, "clusterArn"));
	json_set_str(set, "startedBy", json_str(in, "startedBy"));
	json_set_str(set, "externalId", json_str(in, "externalId"));
	json_set_str(set, "status", status);
	json_set(set, "taskDefinition", json_get(definition, "taskDefinitionArn"));
	json_set_int(set, "pendingCount", 0);
	json_set_int(set, "runningCount", 0);
	json_set_time(set, "createdAt", rq->now);
	json_set_str(set, "launchType", "FARGATE");
	json_set_str(set, "platformVersion", "1.4.0");
	json_set_str(set, "platformFamily", "Linux");
	json_set(set, "networkConfiguration", json_get(in, "networkConfiguration"));
	json_add_array(set, "loadBalancers");
	json_set(set, "loadBalancers", json_get(in, "loadBalancers"));
	json_add_array(set, "serviceRegistries");
	json_set_num(json_add_object(set, "scale"), "value",
		     json_num_or(json_get(in, "scale"), "value", 0));
	json_set_str(json_object_get(set, "scale"), "unit", "PERCENT");
	json_add_array(set, "tags");
	json_set(set, "tags", json_get(in, "tags"));
	scale_one(rq, service, set);
	return set;
}

void service_unit_counts(struct request *rq, const json_t *service, const char *unit,
			 int *ret_running, int *ret_pending)
{
	const json_t *tasks = service_tasks(rq, service);
	int running = 0, pending = 0;
	const json_t *task;
	size_t i;

	json_each (tasks, i, task) {
		if (!task_is_live(task) || strcmp(json_str_or(task, "_unit", ""), unit) != 0)
			continue;
		running += task_is(task, "RUNNING");
		pending += !task_is(task, "RUNNING");
	}
	*ret_running = running;
	*ret_pending = pending;
}

static json_t *set_in(json_t *service, const char *ref)
{
	json_t *sets = json_object_get(service, "taskSets");
	json_t *set;
	size_t i;

	json_array_foreach (sets, i, set)
		if (strcmp(json_str(set, "id"), ref) == 0 ||
		    strcmp(json_str(set, "taskSetArn"), ref) == 0 ||
		    strcmp(ecs_ref_name(json_str(set, "id")), ref) == 0)
			return set;
	return NULL;
}

static void answer(struct request *rq, const json_t *service, const json_t *set, json_t *shown)
{
	int running, pending;

	json_object_update(shown, rq_copy(rq, set));
	service_unit_counts(rq, service, json_str(set, "id"), &running, &pending);
	json_set_int(shown, "runningCount", running);
	json_set_int(shown, "pendingCount", pending);
}

/* The service, to be changed, and the set that `ref` names. */
static int find_set(struct request *rq, const json_t *in, const char *ref, json_t **ret_service,
		    json_t **ret_set)
{
	const json_t *found;
	json_t *service, *set;
	int err;

	err = service_find(rq, json_str(in, "cluster"), json_str(in, "service"), &found);
	if (err)
		return err;
	service = service_edit(rq, found);
	set = set_in(service, ref);
	if (!set)
		return fault(rq, ECS_TaskSetNotFoundException,
			     "The specified task set does not exist.");
	*ret_service = service;
	*ret_set = set;
	return 0;
}

int ecs_create_task_set(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *found, *definition;
	json_t *service, *set, *wish;
	int err;

	err = service_find(rq, json_str(in, "cluster"), json_str(in, "service"), &found);
	if (err)
		return err;
	if (strcmp(json_str(found, "status"), "ACTIVE") != 0)
		return fault(rq, ECS_ServiceNotActiveException, "Service was not ACTIVE.");
	/* CodeDeploy makes the sets of its own services; anybody else those of EXTERNAL ones. */
	if (service_has_controller(found, "ECS") ||
	    (service_has_controller(found, "CODE_DEPLOY") && rq->caller->kind != PRINCIPAL_SERVICE))
		return fault(rq, ECS_InvalidParameterException,
			     "Cannot create task set for a service with a deployment controller of "
			     "type %s.",
			     json_path_str(found, "deploymentController.type"));
	definition = task_definition_find(rq, json_str(in, "taskDefinition"));
	if (!definition)
		return fault(rq, ECS_ClientException, "TaskDefinition not found.");
	err = service_check_network(rq, json_get(in, "networkConfiguration"), definition);
	if (!err)
		err = service_check_load_balancers(rq, json_get(in, "loadBalancers"), definition);
	if (err)
		return err;

	service = service_edit(rq, found);
	wish = rq_copy(rq, in);
	if (service_has_controller(found, "CODE_DEPLOY"))
		json_set_str(wish, "startedBy", "CODE_DEPLOY");
	set = task_set_new(rq, service, wish, "ACTIVE");
	service_put(rq, service);
	answer(rq, service, set, json_add_object(out, "taskSet"));
	return 0;
}

int ecs_update_task_set(struct request *rq, const json_t *in, json_t *out)
{
	json_t *service, *set;
	int err;

	err = find_set(rq, in, json_str(in, "taskSet"), &service, &set);
	if (err)
		return err;
	json_set_num(json_object_get(set, "scale"), "value",
		     json_num_or(json_get(in, "scale"), "value", 0));
	scale_one(rq, service, set);
	service_put(rq, service);
	answer(rq, service, set, json_add_object(out, "taskSet"));
	return 0;
}

int ecs_update_service_primary_task_set(struct request *rq, const json_t *in, json_t *out)
{
	json_t *service, *set, *other;
	size_t i;
	int err;

	err = find_set(rq, in, json_str(in, "primaryTaskSet"), &service, &set);
	if (err)
		return err;
	json_array_foreach (json_object_get(service, "taskSets"), i, other)
		if (strcmp(json_str(other, "status"), "PRIMARY") == 0)
			json_set_str(other, "status", "ACTIVE");
	json_set_str(set, "status", "PRIMARY");
	json_set_time(set, "updatedAt", rq->now);
	json_set(service, "taskDefinition", json_get(set, "taskDefinition"));
	json_set(service, "loadBalancers", json_get(set, "loadBalancers"));
	json_set(service, "networkConfiguration", json_get(set, "networkConfiguration"));
	service_put(rq, service);
	answer(rq, service, set, json_add_object(out, "taskSet"));
	return 0;
}

int ecs_delete_task_set(struct request *rq, const json_t *in, json_t *out)
{
	bool force = json_bool_or(in, "force", false);
	json_t *service, *set;
	int err;

	err = find_set(rq, in, json_str(in, "taskSet"), &service, &set);
	if (err)
		return err;
	if (json_num_or(json_get(set, "scale"), "value", 0) > 0 && !force)
		return fault(rq, ECS_InvalidParameterException,
			     "The task set cannot be deleted while it is scaled above 0.");
	json_set_str(set, "status", "DRAINING");
	json_set_num(json_object_get(set, "scale"), "value", 0);
	scale_one(rq, service, set);
	service_put(rq, service);
	answer(rq, service, set, json_add_object(out, "taskSet"));
	return 0;
}

int ecs_describe_task_sets(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *refs = json_get(in, "taskSets");
	json_t *sets = json_add_array(out, "taskSets");
	json_t *failures = json_add_array(out, "failures");
	const json_t *found, *element;
	json_t *service;
	size_t i;
	int err;

	err = service_find(rq, json_str(in, "cluster"), json_str(in, "service"), &found);
	if (err)
		return err;
	service = service_edit(rq, found);
	if (!refs) {
		json_each (json_get(service, "taskSets"), i, element)
			answer(rq, service, element, json_push_object(sets));
		return 0;
	}
	json_each (refs, i, element) {
		const json_t *set = set_in(service, json_string_value(element));

		if (set)
			answer(rq, service, set, json_push_object(sets));
		else
			ecs_push_missing(rq, failures, json_string_value(element));
	}
	return 0;
}
