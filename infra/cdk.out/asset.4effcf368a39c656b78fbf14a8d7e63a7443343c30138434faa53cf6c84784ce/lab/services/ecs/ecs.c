/*
 * ecs.c - Elastic Container Service on Fargate: what it answers, hears and owns.
 *
 *   keeps      see nouns.h; a file a noun
 *   publishes  ecs.task.changed  ecs.service.changed  logs.appended
 *   hears      elbv2.target.changed
 *   left out   EC2 and EXTERNAL launch types, ECS Exec, capacity providers, Service Connect
 *
 * The tick takes every task a step on, registers and deregisters targets, then schedules every
 * service. It goes by the documents alone; what it changes wakes it up again.
 */
#include "lab/services/ecs/ecs.h"
#include "lab/services/ecs/nouns.h"

#include "lab/wire/task.h"

#include <string.h>

#define LOOK_AGAIN (1 * MINUTE) /* though nothing was heard */

static msec tick(struct request *rq)
{
	const json_t *tasks = store_list(rq->tx, TASK);
	const json_t *element, *services;
	msec next = TICK_NEVER;
	size_t i;

	json_each (tasks, i, element)
		task_step(rq, element, &next);
	ecs_targets_tick(rq);
	services = store_list(rq->tx, SERVICE);
	json_each (services, i, element)
		service_reconcile(rq, element, &next);
	if (json_array_size(tasks) || json_array_size(services))
		ecs_next_due(rq, &next, (lab_ms){rq->now.ms + LOOK_AGAIN});
	return next;
}

static void on_target(struct request *rq, const json_t *detail)
{
	lab_wake(rq->lab, &ecs_model);
}

static void on_fact(struct request *rq, const char *plane_id, const json_t *fact)
{
	task_fact(rq, plane_id, fact);
}

static void on_plane_gone(struct request *rq, const char *plane_id)
{
	task_plane_gone(rq, plane_id);
}

/* By operation: the kind of resource it acts on, and which members of the input name it. */
static const struct target {
	const char *noun;
	const char *member;
	bool in_cluster;
} targets[ECS_NOPS] = {
	[ECS_DeleteCluster] = {"cluster", "cluster", false},
	[ECS_UpdateCluster] = {"cluster", "cluster", false},
	[ECS_UpdateClusterSettings] = {"cluster", "cluster", false},
	[ECS_PutClusterCapacityProviders] = {"cluster", "cluster", false},
	[ECS_CreateCluster] = {"cluster", "clusterName", false},
	[ECS_CreateService] = {"service", "serviceName", true},
	[ECS_UpdateService] = {"service", "service", true},
	[ECS_DeleteService] = {"service", "service", true},
	[ECS_StopTask] = {"task", "task", true},
	[ECS_ExecuteCommand] = {"task", "task", true},
	[ECS_RunTask] = {"task-definition", "taskDefinition", false},
};

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const struct target *target = &targets[op];
	const char *ref = target->noun ? json_str(in, target->member) : NULL;

	if (!ref)
		return json_str(in, "resourceArn");
	if (strncmp(ref, "arn:", 4) == 0)
		return ref;
	if (target->in_cluster)
		ref = rq_fmt(rq, "%s/%s", cluster_name(json_str(in, "cluster")), ref);
	return rq_arn(rq, "ecs", rq_fmt(rq, "%s/%s", target->noun, ref));
}

static const struct hearing hears[] = {
	{"elbv2.target.changed", on_target},
	{NULL, NULL},
};

static op_fn *const ops[ECS_NOPS] = {
	[ECS_CreateCluster] = ecs_create_cluster,
	[ECS_CreateService] = ecs_create_service,
	[ECS_CreateTaskSet] = ecs_create_task_set,
	[ECS_DeleteCluster] = ecs_delete_cluster,
	[ECS_DeleteService] = ecs_delete_service,
	[ECS_DeleteTaskSet] = ecs_delete_task_set,
	[ECS_DeregisterTaskDefinition] = ecs_deregister_task_definition,
	[ECS_DescribeClusters] = ecs_describe_clusters,
	[ECS_DescribeServices] = ecs_describe_services,
	[ECS_DescribeTaskDefinition] = ecs_describe_task_definition,
	[ECS_DescribeTaskSets] = ecs_describe_task_sets,
	[ECS_DescribeTasks] = ecs_describe_tasks,
	[ECS_ListClusters] = ecs_list_clusters,
	[ECS_ListServices] = ecs_list_services,
	[ECS_ListTagsForResource] = ecs_list_tags_for_resource,
	[ECS_ListTaskDefinitionFamilies] = ecs_list_task_definition_families,
	[ECS_ListTaskDefinitions] = ecs_list_task_definitions,
	[ECS_ListTasks] = ecs_list_tasks,
	[ECS_PutClusterCapacityProviders] = ecs_put_cluster_capacity_providers,
	[ECS_RegisterTaskDefinition] = ecs_register_task_definition,
	[ECS_RunTask] = ecs_run_task,
	[ECS_StopTask] = ecs_stop_task,
	[ECS_TagResource] = ecs_tag_resource,
	[ECS_UntagResource] = ecs_untag_resource,
	[ECS_UpdateCluster] = ecs_update_cluster,
	[ECS_UpdateClusterSettings] = ecs_update_cluster_settings,
	[ECS_UpdateService] = ecs_update_service,
	[ECS_UpdateServicePrimaryTaskSet] = ecs_update_service_primary_task_set,
	[ECS_UpdateTaskSet] = ecs_update_task_set,
};

const struct service ecs_service = {
	.model = &ecs_model,
	.ops = ops,
	.hears = hears,
	.resources = ecs_resources,
	.tick = tick,
	.arn_of = arn_of,
	.plane = TASK_ROLE,
	.fact = on_fact,
	.plane_gone = on_plane_gone,
};
