/*
 * reconcile.c - a service's tasks brought to what is wanted: the scheduler's decision, carried out.
 *
 * Health is looked up here (container checks, target groups, grace period), the decision is
 * scheduler.c's; what comes of it is tasks, events, and the states of deployments and task sets.
 */
#include "lab/services/ecs/nouns.h"
#include "lab/services/ecs/scheduler.h"

#include <string.h>

#define COUNTS_AFTER (40 * SECOND) /* RUNNING, with nothing else to tell its health by */
#define STEADY_AGAIN (6 * HOUR)
#define REACTS_AFTER \
	(27 * SECOND) /* as observed: unhealthy at +25 s, replacement started at +52 s */

/* What is scheduled together, with what the decision has to be carried out. */
struct crew {
	struct request *rq;
	const json_t *service;
	const json_t *unit;   /* the deployment or task set that new tasks belong to */
	const char *task_set; /* its id; NULL where the service deploys by itself */
	const json_t *tasks;  /* those not told to stop, as the pool has them */
	struct sched_pool pool;
	msec *next;
};

static lab_ms grace_end(const json_t *service, const json_t *task)
{
	lab_ms started = json_time_or(task, "startedAt", (lab_ms){0});

	started.ms += json_int_or(service, "healthCheckGracePeriodSeconds", 0) * SECOND;
	return started;
}

static enum sched_health worse(enum sched_health a, enum sched_health b)
{
	if (a == SCHED_UNHEALTHY || b == SCHED_UNHEALTHY)
		return SCHED_UNHEALTHY;
	return a == SCHED_HEALTHY ? b : a;
}

static enum sched_health health_by_targets(struct request *rq, const json_t *task)
{
	const json_t *balancers = json_get(task, "_targets");
	enum sched_health health = SCHED_HEALTHY;
	const json_t *balancer;
	size_t i;

	json_each (balancers, i, balancer) {
		const char *state =
			json_bool_or(task, "_registered", false)
				? json_str_or(task_target_health(rq, task, balancer), "State", "")
				: "";

		if (strcmp(state, "unhealthy") == 0)
			health = SCHED_UNHEALTHY;
		else if (strcmp(state, "healthy") != 0)
			health = worse(health, SCHED_WAIT);
	}
	return health;
}

static enum sched_health health_by_containers(const json_t *task)
{
	const char *health = json_str_or(task, "healthStatus", "UNKNOWN");

	if (strcmp(health, "UNHEALTHY") == 0)
		return SCHED_UNHEALTHY;
	return strcmp(health, "HEALTHY") == 0 ? SCHED_HEALTHY : SCHED_WAIT;
}

static enum sched_health health_of(const struct crew *crew, const json_t *task)
{
	bool checked = json_bool_or(task, "_checked", false);
	bool balanced = json_array_size(json_get(task, "_targets")) > 0;
	enum sched_health health = SCHED_HEALTHY;
	lab_ms counts = json_time_or(task, "startedAt", crew->rq->now);

	if (!task_is(task, "RUNNING"))
		return SCHED_WAIT;
	if (!checked && !balanced) {
		counts.ms += COUNTS_AFTER;
		if (crew->rq->now.ms >= counts.ms)
			return SCHED_HEALTHY;
		ecs_next_due(crew->rq, crew->next, counts);
		return SCHED_WAIT;
	}
	if (checked)
		health = worse(health, health_by_containers(task));
	if (balanced)
		health = worse(health, health_by_targets(crew->rq, task));
	/* In its grace period nothing counts against a task. */
	if (health == SCHED_UNHEALTHY && crew->rq->now.ms < grace_end(crew->service, task).ms) {
		ecs_next_due(crew->rq, crew->next, grace_end(crew->service, task));
		return SCHED_WAIT;
	}
	return health;
}

/* The scheduler takes its time with a task that turned unhealthy, and lets it be if it gets well. */
static enum sched_health settled_health(const struct crew *crew, const json_t *seen)
{
	enum sched_health health = health_of(crew, seen);
	bool noted = json_has(seen, "_unhealthy_since");
	lab_ms due = json_time_or(seen, "_unhealthy_since", crew->rq->now);
	json_t *task;

	if (noted != (health == SCHED_UNHEALTHY)) {
		task = store_edit(crew->rq->tx, TASK, task_id(seen));
		json_drop(task, "_unhealthy_since");
		if (!noted)
			json_set_time(task, "_unhealthy_since", crew->rq->now);
		store_put(crew->rq->tx, TASK, task_id(task), task);
	}
	due.ms += REACTS_AFTER;
	if (health != SCHED_UNHEALTHY || crew->rq->now.ms >= due.ms)
		return health;
	ecs_next_due(crew->rq, crew->next, due);
	return SCHED_WAIT;
}

static bool is_held_back(const struct crew *crew)
{
	lab_ms until = json_time_or(crew->service, "_held_until", (lab_ms){0});

	if (deployment_is_failed(crew->service))
		return true;
	if (crew->rq->now.ms >= until.ms)
		return false;
	ecs_next_due(crew->rq, crew->next, until);
	return true;
}

/* By its subnet: they are known before a task has its zone. */
static int zone_of(const struct crew *crew, const json_t *task)
{
	const json_t *subnets =
		json_path(crew->unit, "networkConfiguration.awsvpcConfiguration.subnets");
	const char *mine = json_str_or(task, "_subnet", "");
	const json_t *subnet;
	size_t i;

	json_each (subnets, i, subnet)
		if (strcmp(json_string_value(subnet), mine) == 0)
			return (int)i;
	return -1;
}

static void muster(struct crew *crew, int desired)
{
	const json_t *configuration = json_get(crew->service, "deploymentConfiguration");
	const char *unit = json_str_or(crew->unit, "id", "");
	const json_t *task;
	size_t i;

	crew->pool = (struct sched_pool){
		.desired = desired,
		.minimum_percent = (int)json_int_or(configuration, "minimumHealthyPercent", 100),
		.maximum_percent = (int)json_int_or(configuration, "maximumPercent", 200),
		.held_back = is_held_back(crew),
		.ntasks = json_array_size(crew->tasks),
		.tasks = arena_alloc(crew->rq->arena, (json_array_size(crew->tasks) + 1) *
							      sizeof(struct sched_task)),
	};
	json_each (crew->tasks, i, task)
		crew->pool.tasks[i] = (struct sched_task){
			.current = strcmp(json_str_or(task, "_unit", ""), unit) == 0,
			.running = task_is(task, "RUNNING"),
			.health = settled_health(crew, task),
			.created = json_time_or(task, "createdAt", (lab_ms){0}),
			.zone = zone_of(crew, task),
		};
}

static const json_t *tags_for(const struct crew *crew, const json_t *definition)
{
	const char *from = json_str_or(crew->service, "propagateTags", "NONE");

	if (strcmp(from, "SERVICE") == 0)
		return json_get(crew->service, "tags");
	return strcmp(from, "TASK_DEFINITION") == 0 ? json_get(definition, "tags") : NULL;
}

static void start_tasks(const struct crew *crew, const struct sched_plan *plan)
{
	struct request *rq = crew->rq;
	const json_t *service = crew->service;
	const char *id = json_str(crew->unit, "id");
	const json_t *balancers = json_get(crew->unit, "loadBalancers");
	struct task_wish wish = {
		.service = service,
		.network = json_get(crew->unit, "networkConfiguration"),
		.balancers = balancers ? balancers : json_get(service, "loadBalancers"),
		.unit = id,
		.started_by = id,
		.group = rq_fmt(rq, "service:%s", json_str(service, "serviceName")),
		.exec = json_bool_or(service, "enableExecuteCommand", false),
	};
	const char *names = "";

	wish.cluster = store_get(rq->tx, CLUSTER, json_str(service, "_cluster"));
	wish.definition = task_definition_find(rq, json_str(crew->unit, "taskDefinition"));
	wish.tags = tags_for(crew, wish.definition);
	for (int i = 0; i < plan->start; i++)
		names = rq_fmt(rq, "%s (task %s)", names, task_id(task_new(rq, &wish)));
	if (plan->replaced)
		service_event(
			rq, service, crew->task_set,
			"has started %d tasks:%s. Amazon ECS replaced %d tasks due to an unhealthy "
			"status.",
			plan->start, names, plan->replaced);
	else if (plan->start)
		service_event(rq, service, crew->task_set, "has started %d tasks:%s.", plan->start,
			      names);
}

/* Why an unhealthy task goes: an event of its own, and its stoppedReason. */
static const char *tell_unhealthy(const struct crew *crew, const json_t *task)
{
	const json_t *balancers = json_get(task, "_targets");
	struct request *rq = crew->rq;
	const json_t *balancer;
	size_t i;

	json_each (balancers, i, balancer) {
		const json_t *health = task_target_health(rq, task, balancer);
		const char *arn = json_str(balancer, "targetGroupArn");

		if (strcmp(json_str_or(health, "State", ""), "unhealthy") != 0)
			continue;
		service_event(
			rq, crew->service, crew->task_set,
			"(task %s) (port %lld) is unhealthy in (target-group %s) due to (reason "
			"%s).",
			task_id(task), (long long)json_int_or(balancer, "containerPort", 0), arn,
			json_str_or(health, "Description", ""));
		return rq_fmt(rq, "Task failed ELB health checks in (target-group %s)", arn);
	}
	service_event(rq, crew->service, crew->task_set,
		      "(task %s) failed container health checks.", task_id(task));
	return "Task failed container health checks";
}

/* How many of them were unhealthy. */
static int stop_tasks(const struct crew *crew)
{
	struct request *rq = crew->rq;
	int running = 0, pending = 0, sick = 0;
	const char *names = "";
	const json_t *task;
	size_t i;

	json_each (crew->tasks, i, task) {
		enum sched_stop stop = crew->pool.tasks[i].stop;
		const char *reason;

		if (stop == SCHED_KEEP)
			continue;
		reason = stop == SCHED_STOP_UNHEALTHY
				 ? tell_unhealthy(crew, task)
				 : rq_fmt(rq, "Scaling activity initiated by (deployment %s)",
					  json_str(task, "_unit"));
		sick += stop == SCHED_STOP_UNHEALTHY;
		task_stop(rq, task_id(task), "ServiceSchedulerInitiated", reason);
		if (!crew->pool.tasks[i].running) {
			pending++;
			continue;
		}
		running++;
		names = rq_fmt(rq, "%s (task %s)", names, task_id(task));
	}
	if (running)
		service_event(rq, crew->service, crew->task_set, "has stopped %d running tasks:%s.",
			      running, names);
	if (pending)
		service_event(rq, crew->service, crew->task_set, "stopped %d pending tasks.",
			      pending);
	return sick;
}

/* Live tasks of one unit, or of all. */
static const json_t *live_tasks(struct request *rq, const json_t *tasks, const char *unit)
{
	json_t *live = rq_array(rq);
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		if (task_is_live(task) &&
		    (!unit || strcmp(json_str_or(task, "_unit", ""), unit) == 0))
			json_push(live, task);
	return live;
}

static bool run_crew(struct crew *crew, int desired, int *ret_sick)
{
	struct sched_plan plan;

	muster(crew, desired);
	sched_decide(&crew->pool, &plan);
	start_tasks(crew, &plan);
	*ret_sick = stop_tasks(crew);
	return plan.steady;
}

static bool is_any_leaving(const json_t *tasks, const char *unit)
{
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		if (!task_is_live(task) && strcmp(json_str_or(task, "_unit", ""), unit) == 0 &&
		    json_bool_or(task, "_registered", false) &&
		    !json_bool_or(task, "_deregistered", false))
			return true;
	return false;
}

static bool schedule_deployments(struct request *rq, json_t *service, const json_t *tasks,
				 msec *next, bool *ret_changed)
{
	const json_t *deployments = json_get(service, "deployments");
	struct crew crew = {
		.rq = rq,
		.service = service,
		.unit = service_unit(service, "PRIMARY"),
		.tasks = live_tasks(rq, tasks, NULL),
		.next = next,
	};
	const json_t *deployment;
	bool steady;
	size_t i;
	int sick;

	steady = run_crew(&crew, (int)json_int_or(service, "desiredCount", 0), &sick);
	*ret_changed = sick > 0;
	while (sick-- > 0)
		deployment_count_failed(service, json_str(crew.unit, "id"));
	json_each (deployments, i, deployment)
		steady &= !is_any_leaving(tasks, json_str(deployment, "id"));
	return steady;
}

static bool schedule_task_set(struct request *rq, const json_t *service, const json_t *set,
			      const json_t *tasks, msec *next)
{
	struct crew crew = {
		.rq = rq,
		.service = service,
		.unit = set,
		.task_set = json_str(set, "id"),
		.tasks = live_tasks(rq, tasks, json_str(set, "id")),
		.next = next,
	};

	int sick;

	return run_crew(&crew, (int)json_int_or(set, "computedDesiredCount", 0), &sick) &&
	       !is_any_leaving(tasks, crew.task_set);
}

static bool set_stability(struct request *rq, json_t *service, json_t *set, bool steady)
{
	const char *status = steady ? "STEADY_STATE" : "STABILIZING";

	if (strcmp(json_str_or(set, "stabilityStatus", ""), status) == 0)
		return false;
	json_set_str(set, "stabilityStatus", status);
	json_set_time(set, "stabilityStatusAt", rq->now);
	if (steady)
		service_event(rq, service, json_str(set, "id"), "updated state to STEADY_STATE.");
	return true;
}

static bool has_tasks(const json_t *tasks, const char *unit)
{
	const json_t *task;
	size_t i;

	json_each (tasks, i, task)
		if (strcmp(json_str_or(task, "_unit", ""), unit) == 0)
			return true;
	return false;
}

/* Each task set by itself. True if all are steady; ret_changed if the service has to be put. */
static bool schedule_task_sets(struct request *rq, json_t *service, const json_t *tasks, msec *next,
			       bool *ret_changed)
{
	json_t *sets = json_object_get(service, "taskSets");
	bool all = true;

	for (size_t i = json_array_size(sets); i > 0; i--) {
		json_t *set = json_array_get(sets, i - 1);
		bool steady = schedule_task_set(rq, service, set, tasks, next);

		all &= steady;
		*ret_changed |= set_stability(rq, service, set, steady);
		if (strcmp(json_str(set, "status"), "DRAINING") == 0 &&
		    !has_tasks(tasks, json_str(set, "id"))) {
			json_array_remove(sets, i - 1);
			*ret_changed = true;
		}
	}
	return all;
}

/* Said once on reaching it, and again every six hours that it lasts. */
static bool set_steady(struct request *rq, json_t *service, const json_t *tasks, bool steady,
		       msec *next)
{
	lab_ms again = json_time_or(service, "_steady_at", (lab_ms){0});
	bool was = json_bool_or(service, "_steady", false);

	again.ms += STEADY_AGAIN;
	if (steady && was && rq->now.ms < again.ms) {
		ecs_next_due(rq, next, again);
		return false;
	}
	if (!steady && !was)
		return false;
	json_set_bool(service, "_steady", steady);
	if (!steady)
		return true;
	json_set_time(service, "_steady_at", rq->now);
	if (service_has_controller(service, "ECS"))
		deployment_complete(rq, service);
	service_event(rq, service, NULL, "has reached a steady state.");
	return true;
}

static void end_service(struct request *rq, json_t *service)
{
	json_set_str(service, "status", "INACTIVE");
	json_add_array(service, "deployments");
	if (json_has(service, "taskSets"))
		json_add_array(service, "taskSets");
	service_put(rq, service);
	publish(rq->tx, "ecs.service.changed", service);
}

void service_reconcile(struct request *rq, const json_t *seen, msec *next)
{
	const json_t *tasks = service_tasks(rq, seen);
	const char *status = json_str_or(seen, "status", "");
	bool changed = false, steady;
	json_t *service;

	if (strcmp(status, "INACTIVE") == 0)
		return;
	service = service_edit(rq, seen);
	if (strcmp(status, "DRAINING") == 0 && !json_array_size(tasks)) {
		end_service(rq, service);
		return;
	}
	if (service_has_controller(seen, "ECS") && deployment_judge(rq, service)) {
		service_put(rq, service);
		return;
	}
	steady = service_has_controller(seen, "ECS")
			 ? schedule_deployments(rq, service, tasks, next, &changed)
			 : schedule_task_sets(rq, service, tasks, next, &changed);
	changed |= set_steady(rq, service, tasks, steady, next);
	if (changed)
		service_put(rq, service);
}
