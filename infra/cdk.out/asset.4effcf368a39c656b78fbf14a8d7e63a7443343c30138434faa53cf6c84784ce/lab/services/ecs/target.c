/*
 * target.c - a service's tasks as targets of its load balancers, through elbv2's API.
 *
 * A task is registered when it is RUNNING (ACTIVATING where it has several target groups) and
 * deregistered when it is DEACTIVATING; those of one service and task set go together, one event each.
 */
#include "lab/services/ecs/nouns.h"

#include "lab/models/elbv2.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in, json_t *out)
{
	return aws_call(rq, principal_service(rq, "ecs.amazonaws.com"), &elbv2_model, op, in, out);
}

static void push_target(json_t *targets, const json_t *task, const json_t *balancer)
{
	json_t *target = json_push_object(targets);

	json_set(target, "Id", json_get(task, "_address"));
	json_set(target, "Port", json_get(balancer, "containerPort"));
}

const json_t *task_target_health(struct request *rq, const json_t *task, const json_t *balancer)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);

	json_set(in, "TargetGroupArn", json_get(balancer, "targetGroupArn"));
	push_target(json_add_array(in, "Targets"), task, balancer);
	if (call(rq, ELBV2_DescribeTargetHealth, in, out) != 0)
		return NULL;
	return json_path(out, "TargetHealthDescriptions.0.TargetHealth");
}

bool task_is_draining(struct request *rq, const json_t *task)
{
	const json_t *balancers = json_get(task, "_targets");
	const json_t *balancer;
	size_t i;

	json_each (balancers, i, balancer) {
		const json_t *health = task_target_health(rq, task, balancer);

		if (strcmp(json_str_or(health, "State", ""), "draining") == 0)
			return true;
	}
	return false;
}

static bool is_due_in(const json_t *task)
{
	return task_is_live(task) && (task_is(task, "RUNNING") || task_is(task, "ACTIVATING")) &&
	       json_array_size(json_get(task, "_targets")) &&
	       !json_bool_or(task, "_registered", false);
}

static bool is_due_out(const json_t *task)
{
	return task_is(task, "DEACTIVATING") && !json_bool_or(task, "_deregistered", false);
}

/* Those that are due and belong together: a list per "cluster/service unit". */
static const json_t *gather(struct request *rq, bool (*is_due)(const json_t *task))
{
	const json_t *all = store_list(rq->tx, TASK);
	json_t *groups = rq_object(rq);
	const json_t *task;
	size_t i;

	json_each (all, i, task) {
		const char *key;

		if (!is_due(task))
			continue;
		key = rq_fmt(rq, "%s/%s %s", json_str(task, "_cluster"),
			     json_str_or(task, "_service", ""), json_str_or(task, "_unit", ""));
		if (!json_has(groups, key))
			json_add_array(groups, key);
		json_push(json_object_get(groups, key), task);
	}
	return groups;
}

struct crowd {
	const json_t *tasks;
	const json_t *service; /* NULL: it is gone */
	const char *task_set;  /* NULL: the service deploys by itself */
};

static struct crowd crowd_of(struct request *rq, const json_t *tasks)
{
	const json_t *first = json_at(tasks, 0);
	struct crowd crowd = {.tasks = tasks};

	crowd.service = store_get(rq->tx, SERVICE,
				  rq_fmt(rq, "%s/%s", json_str(first, "_cluster"),
					 json_str_or(first, "_service", "")));
	if (crowd.service && !service_has_controller(crowd.service, "ECS"))
		crowd.task_set = json_str(first, "_unit");
	return crowd;
}

static void mark(struct request *rq, const struct crowd *crowd, const char *name)
{
	const json_t *each;
	size_t i;

	json_each (crowd->tasks, i, each) {
		json_t *task = store_edit(rq->tx, TASK, task_id(each));

		json_set_bool(task, name, true);
		task_put(rq, task);
	}
}

/* The same targets in one target group. False if elbv2 would not. */
static bool change(struct request *rq, const struct crowd *crowd, int op, const json_t *balancer)
{
	json_t *in = rq_object(rq);
	json_t *targets = json_add_array(in, "Targets");
	const json_t *task;
	size_t i;

	json_set(in, "TargetGroupArn", json_get(balancer, "targetGroupArn"));
	json_each (crowd->tasks, i, task)
		push_target(targets, task, balancer);
	return call(rq, op, in, rq_object(rq)) == 0;
}

static void register_crowd(struct request *rq, const struct crowd *crowd)
{
	const json_t *balancers = json_get(json_at(crowd->tasks, 0), "_targets");
	const json_t *balancer;
	size_t i;

	json_each (balancers, i, balancer) {
		const char *arn = json_str(balancer, "targetGroupArn");

		if (!change(rq, crowd, ELBV2_RegisterTargets, balancer)) {
			if (crowd->service)
				service_event_once(
					rq, crowd->service, crowd->task_set,
					"failed to register targets in (target-group %s) with "
					"(error %s)",
					arn, rq->called.message);
			return;
		}
		if (crowd->service)
			service_event(rq, crowd->service, crowd->task_set,
				      "registered %zu targets in (target-group %s)",
				      json_array_size(crowd->tasks), arn);
	}
	mark(rq, crowd, "_registered");
}

static void deregister_crowd(struct request *rq, const struct crowd *crowd)
{
	const json_t *first = json_at(crowd->tasks, 0);
	const json_t *balancers = json_get(first, "_targets");
	size_t count = json_array_size(crowd->tasks);
	const json_t *balancer;
	size_t i;

	json_each (balancers, i, balancer) {
		/* A target group that is gone has no targets either. */
		if (!change(rq, crowd, ELBV2_DeregisterTargets, balancer) || !crowd->service)
			continue;
		service_event(rq, crowd->service, crowd->task_set,
			      "deregistered %zu targets in (target-group %s)", count,
			      json_str(balancer, "targetGroupArn"));
		/* This one names the task set, or deployment, in any case. */
		service_event(rq, crowd->service, json_str(first, "_unit"),
			      "has begun draining connections on %zu tasks.", count);
	}
	mark(rq, crowd, "_deregistered");
}

void ecs_targets_tick(struct request *rq)
{
	const json_t *in = gather(rq, is_due_in);
	const json_t *out = gather(rq, is_due_out);
	const char *key;
	const json_t *tasks;

	json_each_member (in, key, tasks) {
		struct crowd crowd = crowd_of(rq, tasks);

		register_crowd(rq, &crowd);
	}
	json_each_member (out, key, tasks) {
		struct crowd crowd = crowd_of(rq, tasks);

		deregister_crowd(rq, &crowd);
	}
}
