/*
 * lifecycle.c - a task's way from PROVISIONING to STOPPED, a step a tick, and what its plane says.
 *
 *   PROVISIONING → PENDING → (ACTIVATING →) RUNNING → (DEACTIVATING →) STOPPING → DEPROVISIONING
 *   → STOPPED → gone after an hour
 *
 * What AWS takes for provisioning costs no time here. A registered task is deregistered first and
 * gets its SIGTERM when its targets are drained.
 */
#include "lab/services/ecs/nouns.h"
#include "lab/services/ecs/scheduler.h"

#include "lab/models/ec2.h"
#include "lab/wire/task.h"

#include <string.h>

/* The lab's counterpart of a Fargate host that fails: the process of the task is gone. */
#define HOST_FAILED \
	"ECS is performing maintenance on the underlying infrastructure hosting the task"
#define STOPPED_STAYS (1 * HOUR)
#define PLANE_GRACE (5 * SECOND)      /* real: a process that was ordered has to appear */
#define CRASHED_WITHIN (1 * MINUTE)   /* lab: ran for less than that */
#define CRASH_HOLD (30 * SECOND)      /* lab */
#define STOP_TAKES_MAX (150 * SECOND) /* real: 120 s is the longest stop timeout */
#define FAILURES_TOLD 3

void ecs_next_due(struct request *rq, msec *next, lab_ms due)
{
	msec left = due.ms - rq->now.ms;

	if (left < 1)
		left = 1;
	if (*next == TICK_NEVER || left < *next)
		*next = left;
}

static void set_status(json_t *task, const char *status)
{
	json_set_str(task, "lastStatus", status);
}

static json_t *service_of(struct request *rq, const json_t *task)
{
	const char *name = json_str(task, "_service");

	if (!name)
		return NULL;
	return store_edit(rq->tx, SERVICE, rq_fmt(rq, "%s/%s", json_str(task, "_cluster"), name));
}

/* A task of a service never reached RUNNING: tell, and wait longer each time. */
static void note_failed_start(struct request *rq, const json_t *task, const char *reason)
{
	json_t *service = service_of(rq, task);
	const char *unit = json_str(task, "_unit");
	const char *task_set;
	int failures;

	if (!service)
		return;
	task_set = service_has_controller(service, "ECS") ? NULL : unit;
	failures = (int)json_int_or(service, "_failures", 0) + 1;
	json_set_int(service, "_failures", failures);
	json_set_time(service, "_held_until", (lab_ms){rq->now.ms + sched_backoff(failures)});
	deployment_count_failed(service, unit);
	service_event_once(rq, service, task_set, "was unable to place a task. Reason: %s.",
			   reason);
	if (failures == FAILURES_TOLD)
		service_event(
			rq, service, task_set,
			"is unable to consistently start tasks successfully. For more information, "
			"see the Troubleshooting section of the Amazon ECS Developer Guide.");
	service_put(rq, service);
}

/* At AWS a new task takes half a minute to come up; here it would be a loop without a breath. */
static void note_crash(struct request *rq, const json_t *task)
{
	lab_ms started = json_time_or(task, "startedAt", rq->now);
	json_t *service = service_of(rq, task);

	if (!service)
		return;
	deployment_count_failed(service, json_str(task, "_unit"));
	if (rq->now.ms - started.ms <= CRASHED_WITHIN)
		json_set_time(service, "_held_until", (lab_ms){rq->now.ms + CRASH_HOLD});
	service_put(rq, service);
}

static void note_started(struct request *rq, const json_t *task)
{
	json_t *service = service_of(rq, task);

	if (!service || !json_int_or(service, "_failures", 0))
		return;
	json_set_int(service, "_failures", 0);
	service_put(rq, service);
}

static void fail_to_start(struct request *rq, const json_t *task, const char *reason)
{
	task_stop(rq, task_id(task), "TaskFailedToStart", reason);
	note_failed_start(rq, task, reason);
}

/* Nothing of it runs, or ever did. */
static void mark_ended(struct request *rq, json_t *task)
{
	json_t *containers = json_object_get(task, "containers");
	json_t *container;
	size_t i;

	json_set_bool(task, "_ended", true);
	if (json_has(task, "startedAt") && !json_has(task, "executionStoppedAt"))
		json_set_time(task, "executionStoppedAt", rq->now);
	json_array_foreach (containers, i, container)
		json_set_str(container, "lastStatus", "STOPPED");
}

/* The attachment's details are name and value pairs. */
static void set_detail(json_t *attachment, const char *name, const char *value)
{
	json_t *details = json_object_get(attachment, "details");
	json_t *detail = json_push_object(details);

	json_set_str(detail, "name", name);
	json_set_str(detail, "value", value);
}

static void attach(json_t *task, const json_t *eni)
{
	json_t *attachment = json_array_get(json_object_get(task, "attachments"), 0);
	json_t *containers = json_object_get(task, "containers");
	json_t *container;
	size_t i;

	json_set_str(attachment, "status", "ATTACHED");
	set_detail(attachment, "networkInterfaceId", json_str(eni, "NetworkInterfaceId"));
	set_detail(attachment, "macAddress", json_str_or(eni, "MacAddress", ""));
	set_detail(attachment, "privateDnsName", json_str_or(eni, "PrivateDnsName", ""));
	set_detail(attachment, "privateIPv4Address", json_str(eni, "PrivateIpAddress"));
	json_set(task, "_eni", json_get(eni, "NetworkInterfaceId"));
	json_set(task, "_address", json_get(eni, "PrivateIpAddress"));
	json_set(task, "availabilityZone", json_get(eni, "AvailabilityZone"));
	json_array_foreach (containers, i, container) {
		json_t *interface =
			json_push_object(json_object_get(container, "networkInterfaces"));

		json_set(interface, "attachmentId", json_get(attachment, "id"));
		json_set(interface, "privateIpv4Address", json_get(eni, "PrivateIpAddress"));
	}
}

static void leave(struct request *rq, const json_t *seen)
{
	json_t *task = store_edit(rq->tx, TASK, task_id(seen));

	mark_ended(rq, task);
	set_status(task, "DEPROVISIONING");
	task_put(rq, task);
}

static void step_provisioning(struct request *rq, const json_t *seen, msec *next)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	json_t *task;

	if (!task_is_live(seen)) {
		leave(rq, seen);
		return;
	}
	json_set(in, "SubnetId", json_get(seen, "_subnet"));
	json_set(in, "Groups", json_get(seen, "_groups"));
	json_set_str(in, "Description", json_path_str(seen, "attachments.0.id"));
	if (aws_call(rq, principal_service(rq, "ecs.amazonaws.com"), &ec2_model,
		     EC2_CreateNetworkInterface, in, out) != 0) {
		fail_to_start(rq, seen,
			      rq_fmt(rq,
				     "Unexpected EC2 error while attempting to Create Network "
				     "Interface in subnet '%s': %s",
				     json_str(seen, "_subnet"), rq->called.code));
		return;
	}
	task = store_edit(rq->tx, TASK, task_id(seen));
	attach(task, json_get(out, "NetworkInterface"));
	json_set_str(task, "connectivity", "CONNECTED");
	json_set_time(task, "connectivityAt", rq->now);
	set_status(task, "PENDING");
	task_put(rq, task);
}

static void launch(struct request *rq, const json_t *seen)
{
	json_t *task = store_edit(rq->tx, TASK, task_id(seen));
	json_t *order = rq_object(rq);
	const char *reason;

	json_set_time(task, "pullStartedAt", rq->now);
	reason = task_launch(rq, task, order);
	if (reason) {
		fail_to_start(rq, seen, reason);
		return;
	}
	json_set_time(task, "pullStoppedAt", rq->now);
	json_set_bool(task, "_launched", true);
	json_set_int(task, "_launched_real", rq->real.ms);
	task_order_keep(rq, task_id(task), order);
	plane_want(rq, TASK_ROLE, task_id(task), order);
	task_put(rq, task);
}

/* Its plane died and nobody could say so: we were not there. */
static bool is_lost(struct request *rq, const json_t *task)
{
	struct fleet *fleet = lab_fleet(rq->lab);

	if (!fleet || !json_bool_or(task, "_launched", false) ||
	    json_bool_or(task, "_ended", false))
		return false;
	return rq->real.ms - json_int_or(task, "_launched_real", 0) > PLANE_GRACE &&
	       !fleet_has(fleet, TASK_ROLE, task_id(task));
}

static void order_stop(struct request *rq, json_t *task)
{
	json_t *order = task_order(rq, task_id(task));
	json_t *stop;

	set_status(task, "STOPPING");
	if (!order) {
		mark_ended(rq, task);
		return;
	}
	if (json_bool_or(task, "_ended", false))
		return;
	json_set_int(task, "_stopping_real", rq->real.ms);
	stop = json_add_object(order, "stop");
	json_set(stop, "reason", json_get(task, "stoppedReason"));
	json_set(stop, "code", json_get(task, "stopCode"));
	task_order_keep(rq, task_id(task), order);
	plane_want(rq, TASK_ROLE, task_id(task), order);
}

static void start_stopping(struct request *rq, const json_t *seen)
{
	json_t *task = store_edit(rq->tx, TASK, task_id(seen));

	if (json_bool_or(task, "_registered", false))
		set_status(task, "DEACTIVATING");
	else
		order_stop(rq, task);
	task_put(rq, task);
}

static void step_pending(struct request *rq, const json_t *seen, msec *next)
{
	bool launched = json_bool_or(seen, "_launched", false);

	if (!task_is_live(seen) && !launched)
		leave(rq, seen);
	else if (!task_is_live(seen))
		start_stopping(rq, seen);
	else if (!launched)
		launch(rq, seen);
}

static void step_running(struct request *rq, const json_t *seen, msec *next)
{
	json_t *task;

	if (!task_is_live(seen)) {
		start_stopping(rq, seen);
		return;
	}
	if (task_is(seen, "ACTIVATING") && json_bool_or(seen, "_registered", false)) {
		task = store_edit(rq->tx, TASK, task_id(seen));
		set_status(task, "RUNNING");
		json_set_time(task, "startedAt", rq->now);
		task_put(rq, task);
		return;
	}
}

static void step_deactivating(struct request *rq, const json_t *seen, msec *next)
{
	bool ended = json_bool_or(seen, "_ended", false) || json_bool_or(seen, "_dying", false);
	json_t *task;

	if (!json_bool_or(seen, "_deregistered", false))
		return;
	if (!ended && task_is_draining(rq, seen)) {
		ecs_next_due(rq, next, (lab_ms){rq->now.ms + SECOND});
		return;
	}
	task = store_edit(rq->tx, TASK, task_id(seen));
	order_stop(rq, task);
	task_put(rq, task);
}

/* A plane that does not end its containers within the longest stop timeout is ended itself. */
static void step_stopping(struct request *rq, const json_t *seen, msec *next)
{
	int64_t since = json_int_or(seen, "_stopping_real", rq->real.ms);

	if (json_bool_or(seen, "_ended", false) || rq->real.ms - since > STOP_TAKES_MAX)
		leave(rq, seen);
}

static void step_deprovisioning(struct request *rq, const json_t *seen, msec *next)
{
	json_t *task = store_edit(rq->tx, TASK, task_id(seen));
	json_t *attachment = json_array_get(json_object_get(task, "attachments"), 0);
	json_t *in = rq_object(rq);

	if (json_has(task, "_eni")) {
		json_set(in, "NetworkInterfaceId", json_get(task, "_eni"));
		/* Somebody may have deleted it: then it is gone, which is what is wanted. */
		aws_call(rq, principal_service(rq, "ecs.amazonaws.com"), &ec2_model,
			 EC2_DeleteNetworkInterface, in, NULL);
	}
	json_set_str(attachment, "status", "DELETED");
	if (json_bool_or(task, "_launched", false))
		plane_dismiss(rq, TASK_ROLE, task_id(task), SECOND);
	task_order_forget(rq, task_id(task));
	set_status(task, "STOPPED");
	json_set_time(task, "stoppedAt", rq->now);
	task_put(rq, task);
}

static void step_stopped(struct request *rq, const json_t *seen, msec *next)
{
	lab_ms until = json_time_or(seen, "stoppedAt", rq->now);

	until.ms += STOPPED_STAYS;
	if (rq->now.ms >= until.ms)
		store_delete(rq->tx, TASK, task_id(seen));
	else
		ecs_next_due(rq, next, until);
}

static const struct {
	const char *status;
	void (*step)(struct request *rq, const json_t *seen, msec *next);
} steps[] = {
	{"PROVISIONING", step_provisioning},
	{"PENDING", step_pending},
	{"ACTIVATING", step_running},
	{"RUNNING", step_running},
	{"DEACTIVATING", step_deactivating},
	{"STOPPING", step_stopping},
	{"DEPROVISIONING", step_deprovisioning},
	{"STOPPED", step_stopped},
};

void task_step(struct request *rq, const json_t *task, msec *next)
{
	if (is_lost(rq, task)) {
		task_plane_gone(rq, task_id(task));
		return;
	}
	for (size_t i = 0; i < array_len(steps); i++)
		if (task_is(task, steps[i].status)) {
			steps[i].step(rq, task, next);
			return;
		}
}

static json_t *container_in(json_t *task, const char *name)
{
	json_t *containers = json_object_get(task, "containers");
	json_t *container;
	size_t i;

	json_array_foreach (containers, i, container)
		if (name && strcmp(json_str(container, "name"), name) == 0)
			return container;
	return NULL;
}

static void take_container(json_t *task, const json_t *said)
{
	json_t *container = container_in(task, json_str(said, "name"));

	if (!container)
		return;
	json_set(container, "lastStatus", json_get(said, "status"));
	json_set(container, "runtimeId", json_get(said, "runtime_id"));
	json_set(container, "healthStatus", json_get(said, "health"));
	if (json_is_integer(json_get(said, "exit_code")))
		json_set(container, "exitCode", json_get(said, "exit_code"));
	if (json_is_string(json_get(said, "reason")))
		json_set(container, "reason", json_get(said, "reason"));
}

/* Unhealthy if one essential container is, healthy if all that have a check are. */
static const char *health_of(struct request *rq, const json_t *task)
{
	const json_t *definition = task_definition_find(rq, json_str(task, "taskDefinitionArn"));
	const json_t *containers = json_get(task, "containers");
	const char *health = "HEALTHY";
	const json_t *container;
	size_t i;

	if (!json_bool_or(task, "_checked", false))
		return "UNKNOWN";
	json_each (containers, i, container) {
		const json_t *of = container_definition(definition, json_str(container, "name"));
		const char *is = json_str_or(container, "healthStatus", "UNKNOWN");

		if (!json_has(of, "healthCheck") || !json_bool_or(of, "essential", true))
			continue;
		if (strcmp(is, "UNHEALTHY") == 0)
			return is;
		if (strcmp(is, "HEALTHY") != 0)
			health = "UNKNOWN";
	}
	return health;
}

static void take_running(struct request *rq, json_t *task)
{
	if (!task_is(task, "PENDING"))
		return;
	/* Several target groups: it is registered before it counts as RUNNING. */
	if (json_array_size(json_get(task, "_targets")) > 1) {
		set_status(task, "ACTIVATING");
	} else {
		set_status(task, "RUNNING");
		json_set_time(task, "startedAt", rq->now);
	}
	note_started(rq, task);
}

/* Its containers go, or are gone, of themselves. */
static void take_exit(struct request *rq, json_t *task, const json_t *fact)
{
	const char *code = json_str_or(fact, "stop_code", "EssentialContainerExited");
	const char *reason =
		json_str_or(fact, "stopped_reason", "Essential container in task exited");

	json_set_bool(task, "_dying", true);
	if (!task_is_live(task))
		return;
	json_set_str(task, "desiredStatus", "STOPPED");
	json_set_str(task, "stopCode", code);
	json_set_str(task, "stoppedReason", reason);
	json_set_time(task, "stoppingAt", rq->now);
	if (!json_has(task, "startedAt"))
		note_failed_start(rq, task, reason);
	else if (json_has(task, "_service"))
		note_crash(rq, task);
}

static void take_state(struct request *rq, json_t *task, const json_t *fact)
{
	const char *status = json_str_or(fact, "status", "");
	const json_t *containers = json_get(fact, "containers");
	const json_t *container;
	size_t i;

	json_each (containers, i, container)
		take_container(task, container);
	json_set_str(task, "healthStatus", health_of(rq, task));
	if (strcmp(status, "RUNNING") == 0)
		take_running(rq, task);
	if (strcmp(status, "STOPPING") == 0 || strcmp(status, "STOPPED") == 0)
		take_exit(rq, task, fact);
	if (strcmp(status, "STOPPED") == 0)
		mark_ended(rq, task);
}

/*
 * They expire in real time, so it is the agent in the task who says that they soon will. Of a role that
 * went away the task keeps what it has, until that expires.
 */
static void renew_credentials(struct request *rq, const json_t *task)
{
	json_t *order = task_order(rq, task_id(task));
	const char *reason;

	if (!order || !task_credentials(rq, task, order, &reason))
		return;
	task_order_keep(rq, task_id(task), order);
	plane_want(rq, TASK_ROLE, task_id(task), order);
}

void task_fact(struct request *rq, const char *id, const json_t *fact)
{
	const json_t *before = store_get(rq->tx, TASK, id);
	json_t *task = store_edit(rq->tx, TASK, id);

	/* Logs may come to the very end, and count as long as the task is known at all. */
	if (json_has(fact, "logged"))
		publish(rq->tx, "logs.appended", fact);
	if (json_has(fact, "credentials") && task)
		renew_credentials(rq, task);
	if (!json_has(fact, "status"))
		return;
	if (!task || task_is(task, "STOPPED")) {
		plane_dismiss(rq, TASK_ROLE, id, SECOND);
		return;
	}
	take_state(rq, task, fact);
	if (!json_equal(before, task))
		task_put(rq, task);
}

void task_plane_gone(struct request *rq, const char *id)
{
	json_t *task = store_edit(rq->tx, TASK, id);

	if (!task || json_bool_or(task, "_ended", false) || task_is(task, "STOPPED"))
		return;
	mark_ended(rq, task);
	json_set_str(task, "connectivity", "DISCONNECTED");
	json_set_time(task, "connectivityAt", rq->now);
	if (task_is_live(task)) {
		json_set_str(task, "desiredStatus", "STOPPED");
		json_set_str(task, "stopCode", "InfrastructureHealth");
		json_set_str(task, "stoppedReason", HOST_FAILED);
		json_set_time(task, "stoppingAt", rq->now);
	}
	task_put(rq, task);
}
