/*
 * task.c - a task: its containers, from the first start to the last end.
 *
 *   hears      desired state (lab/wire/task.h)
 *   says       its state whole at each transition, what it logged each second
 *   left out   restart policies, volumes, ECS Exec
 *
 * Everything that happens ends in task_advance(), which looks at the whole and does what is next: start
 * what can be started, stop what must be, say what changed.
 */
#include "lab/planes/task/task.h"
#include "lab/planes/task/metadata.h"
#include "lab/wire/task.h"
#include "lib/base/log.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((int64_t)1 << 20)
#define RENEW_BEFORE (30 * MINUTE) /* real, as all of credentials is */
#define ASK_AGAIN (1 * MINUTE)

const char *task_status_text(const struct task *task)
{
	static const char *const texts[] = {
		[TASK_PENDING] = "PENDING",
		[TASK_RUNNING] = "RUNNING",
		[TASK_STOPPING] = "STOPPING",
		[TASK_STOPPED] = "STOPPED",
	};

	return texts[task->status];
}

static json_t *task_fact(const struct task *task)
{
	json_t *fact = json_object();
	json_t *containers;

	json_set_str(fact, "status", task_status_text(task));
	json_set_str(fact, "stop_code", task->stop_code);
	json_set_str(fact, "stopped_reason", task->stopped_reason);
	containers = json_add_array(fact, "containers");
	for (size_t i = 0; i < task->ncontainers; i++)
		json_push_give(containers, container_fact(task->containers[i]));
	return fact;
}

static void say_state(const struct task *task)
{
	AUTO_JSON json_t *fact = task_fact(task);

	plane_fact(task->plane, fact);
}

/* What was logged, at most once a second. */
static void say_logged(const struct task *task)
{
	AUTO_JSON json_t *fact = json_object();
	json_t *logged = json_add_array(fact, "logged");

	for (size_t i = 0; i < task->ncontainers; i++) {
		if (task->containers[i]->output)
			json_push_give(logged, output_take_logged(task->containers[i]->output));
	}
	if (json_array_size(logged) > 0)
		plane_fact(task->plane, fact);
}

/* Stopping */

static void begin_stop(struct task *task, const char *code, const char *reason)
{
	if (task->status >= TASK_STOPPING)
		return;
	task->status = TASK_STOPPING;
	task->changed = true;
	task->stop_code = code;
	task->stopped_reason = mem_strdup(reason);
	log_event(LOG_INFO, "task.stopping", F_STR("task", plane_id(task->plane)),
		  F_STR("code", code), F_STR("reason", reason));
}

static const char *known_code(const char *code)
{
	static const char *const codes[] = {
		"TaskFailedToStart",	     "EssentialContainerExited", "UserInitiated",
		"ServiceSchedulerInitiated", "SpotInterruption",	 "TerminationNotice",
		"InfrastructureHealth",
	};

	for (size_t i = 0; code && i < array_len(codes); i++) {
		if (strcmp(codes[i], code) == 0)
			return codes[i];
	}
	return "UserInitiated";
}

static struct container *find_container(const struct task *task, const char *name)
{
	for (size_t i = 0; name && i < task->ncontainers; i++) {
		if (strcmp(task->containers[i]->name, name) == 0)
			return task->containers[i];
	}
	return NULL;
}

/* Does a container that still runs depend on this one? ECS stops in the reverse of its order. */
static bool is_needed(const struct task *task, const struct container *container)
{
	for (size_t i = 0; i < task->ncontainers; i++) {
		const struct container *other = task->containers[i];
		const json_t *depends = json_get(other->options.spec, "depends_on");
		const json_t *on;
		size_t n;

		if (other == container || other->status != CONTAINER_RUNNING)
			continue;
		json_each (depends, n, on) {
			if (strcmp(json_str_or(on, "container", ""), container->name) == 0)
				return true;
		}
	}
	return false;
}

static void stop_containers(struct task *task)
{
	bool left = false;

	for (size_t i = 0; i < task->ncontainers; i++) {
		if (!is_needed(task, task->containers[i]))
			container_stop(task->containers[i]);
		left = left || task->containers[i]->status != CONTAINER_STOPPED;
	}
	if (!left) {
		task->status = TASK_STOPPED;
		task->changed = true;
	}
}

/* Starting */

enum dependency { DEPENDENCY_MET, DEPENDENCY_OPEN, DEPENDENCY_LOST };

static enum dependency look_at_dependency(const struct container *on, const char *condition)
{
	bool over = on->status == CONTAINER_STOPPED;

	if (strcmp(condition, "COMPLETE") == 0)
		return over ? DEPENDENCY_MET : DEPENDENCY_OPEN;
	if (strcmp(condition, "SUCCESS") == 0) {
		if (over)
			return on->exited && on->exit_code == 0 ? DEPENDENCY_MET : DEPENDENCY_LOST;
		return DEPENDENCY_OPEN;
	}
	if (strcmp(condition, "HEALTHY") == 0) {
		enum health_status health = health_status(on->health);

		if (over || health == HEALTH_UNHEALTHY)
			return DEPENDENCY_LOST;
		return health == HEALTH_HEALTHY ? DEPENDENCY_MET : DEPENDENCY_OPEN;
	}
	return on->status != CONTAINER_PENDING ? DEPENDENCY_MET : DEPENDENCY_OPEN; /* START */
}

static enum dependency look_at_dependencies(const struct task *task,
					    const struct container *container)
{
	const json_t *depends = json_get(container->options.spec, "depends_on");
	enum dependency worst = DEPENDENCY_MET;
	const json_t *on;
	size_t i;

	json_each (depends, i, on) {
		const struct container *other = find_container(task, json_str(on, "container"));
		enum dependency now = DEPENDENCY_LOST;

		if (other)
			now = look_at_dependency(other, json_str_or(on, "condition", "START"));
		if (now > worst)
			worst = now;
	}
	return worst;
}

static void start_containers(struct task *task)
{
	for (size_t i = 0; i < task->ncontainers; i++) {
		struct container *container = task->containers[i];
		enum dependency depends;

		if (container->status != CONTAINER_PENDING)
			continue;
		depends = look_at_dependencies(task, container);
		if (depends == DEPENDENCY_OPEN)
			continue;
		task->changed = true;
		if (depends == DEPENDENCY_LOST)
			begin_stop(task, "TaskFailedToStart",
				   "CannotStartContainerError: a container that it depends on "
				   "did not become what it waits for");
		else if (!container_start(container))
			begin_stop(task, "TaskFailedToStart", container->reason);
		if (task->status >= TASK_STOPPING)
			return;
	}
}

static bool essential_exited(const struct task *task)
{
	size_t running = 0;
	bool exited = false;

	for (size_t i = 0; i < task->ncontainers; i++) {
		const struct container *container = task->containers[i];

		running += container->status != CONTAINER_STOPPED;
		exited = exited || (container->essential && container->exited);
	}
	return exited || running == 0;
}

static bool all_started(const struct task *task)
{
	for (size_t i = 0; i < task->ncontainers; i++) {
		if (task->containers[i]->status == CONTAINER_PENDING)
			return false;
	}
	return true;
}

static void step(struct task *task)
{
	if (task->status < TASK_STOPPING)
		start_containers(task);
	if (task->status < TASK_STOPPING && essential_exited(task))
		begin_stop(task, "EssentialContainerExited", "Essential container in task exited");
	if (task->status == TASK_PENDING && all_started(task)) {
		task->status = TASK_RUNNING;
		task->started = lab_clock_now(plane_clock(task->plane));
		task->changed = true;
	}
	if (task->status == TASK_STOPPING)
		stop_containers(task);
}

/* Until nothing changes any more: each step may make the next one possible. */
static void task_advance(struct task *task)
{
	if (task->advancing || !task->desired) {
		task->changed = true;
		return;
	}
	task->advancing = true;
	for (int i = 0; i < 4 * TASK_CONTAINERS_MAX; i++) {
		task->changed = false;
		step(task);
		if (!task->changed)
			break;
	}
	task->advancing = false;
	say_state(task);
	if (task->status == TASK_STOPPED) {
		say_logged(task);
		if (task->dismissed)
			plane_done(task->plane);
	}
}

static void on_container(void *user)
{
	task_advance(user);
}

static void on_child(uv_signal_t *signal, int number)
{
	struct task *task = signal->data;

	for (size_t i = 0; i < task->ncontainers; i++)
		container_reap(task->containers[i]);
}

/* Being told */

static void write_clock(struct task *task)
{
	const struct lab_clock *clock = plane_clock(task->plane);
	char text[LAB_CLOCK_TEXT + 1];

	if (memcmp(&task->told, clock, sizeof(*clock)) == 0)
		return;
	task->told = *clock;
	snprintf(text, sizeof(text), LAB_CLOCK_FORM, (long long)clock->real.ms,
		 (long long)clock->lab.ms, (long long)clock->speed);
	if (pwrite(task->clock, text, LAB_CLOCK_TEXT, 0) < 0)
		log_event(LOG_WARNING, "task.clock.failed", F_ERR(errno));
}

/* Whatever the lab clock does. Control may be away: it is asked again. */
static void ask_for_credentials(struct task *task)
{
	AUTO_JSON json_t *fact = NULL;

	if (!task->renew.ms || clock_real().ms < task->renew.ms)
		return;
	task->renew.ms = clock_real().ms + ASK_AGAIN;
	fact = json_object();
	json_set_str(fact, "credentials", "expiring");
	plane_fact(task->plane, fact);
}

static void take_credentials(struct task *task, const json_t *credentials)
{
	int64_t expires;

	json_set(task->desired, "credentials", credentials);
	if (clock_parse_iso(json_str_or(credentials, "Expiration", ""), &expires))
		task->renew.ms = expires - RENEW_BEFORE;
}

static void on_second(uv_timer_t *timer)
{
	struct task *task = timer->data;

	say_logged(task);
	ask_for_credentials(task);
}

static void add_container(struct task *task, const json_t *spec)
{
	bool has_role = json_has(task->desired, "credentials");
	struct container_options options = {
		.loop = task->loop,
		.plane = task->plane,
		.folder = task->folder,
		.desired = task->desired,
		.spec = spec,
		.limits = task->limits,
		.keeper = task->keeper,
		.metadata_uri = metadata_uri(task->metadata, task->ncontainers),
		.credentials_uri = has_role ? metadata_credentials_uri(task->metadata) : NULL,
		.token = has_role ? metadata_token(task->metadata) : NULL,
		.clock = task->clock,
		.changed = on_container,
		.user = task,
	};

	task->containers[task->ncontainers++] = container_open(&options);
}

static const char *begin(struct task *task, const json_t *desired)
{
	const json_t *containers = json_get(desired, "containers");
	uid_t uid = (uid_t)json_int_or(json_get(desired, "user"), "uid", 0);
	struct limits_options limits = {
		.loop = task->loop,
		.keeper = task->keeper,
		.task = plane_id(task->plane),
		.cpu = json_int_or(desired, "cpu", 0),
		.memory = json_int_or(desired, "memory", 0) * MIB,
		.plain = json_bool_or(desired, "plain_limits", false),
	};
	const json_t *spec;
	size_t i;

	if (json_array_size(containers) == 0 || json_array_size(containers) > TASK_CONTAINERS_MAX)
		return "a task has one to ten containers";
	if (metadata_open(task, &task->metadata) < 0)
		return "no port for the metadata endpoint";
	if (limits_open(&limits, &task->limits) < 0)
		return "no limits";
	if (geteuid() == 0 && uid >= TASK_USER_FIRST)
		keeper_user(task->keeper, uid);

	task->desired = json_deep_copy(desired);
	task->created = lab_clock_now(plane_clock(task->plane));
	write_clock(task);
	json_each (json_get(task->desired, "containers"), i, spec)
		add_container(task, spec);
	log_event(LOG_INFO, "task.started", F_STR("task", plane_id(task->plane)),
		  F_STR("limits", limits_means(task->limits)));
	return NULL;
}

static const char *on_desired(const json_t *desired, void *user)
{
	struct task *task = user;
	const json_t *stop = json_get(desired, "stop");
	const char *why = task->desired ? NULL : begin(task, desired);

	if (why)
		return why;
	take_credentials(task, json_get(desired, "credentials"));
	if (json_is_object(stop))
		begin_stop(task, known_code(json_str(stop, "code")), json_str(stop, "reason"));
	task_advance(task);
	return NULL;
}

static json_t *on_state(void *user)
{
	return task_fact(user);
}

static void on_stop(void *user)
{
	struct task *task = user;

	task->dismissed = true;
	if (!task->desired) {
		plane_done(task->plane);
		return;
	}
	begin_stop(task, "UserInitiated", "Task stopped");
	task_advance(task);
}

static void on_clock(void *user)
{
	struct task *task = user;

	write_clock(task);
	for (size_t i = 0; i < task->ncontainers; i++)
		health_look(task->containers[i]->health);
}

/* The whole */

static int open_task(struct task *task, const char *id)
{
	static const struct plane_events events = {
		.desired = on_desired,
		.state = on_state,
		.stop = on_stop,
		.clock = on_clock,
	};
	int err = plane_open(task->loop, TASK_ROLE, id, &events, task, &task->plane);

	if (err < 0)
		return err;
	task->folder = realpath(".", NULL);
	task->clock = memfd_create("lab clock", MFD_CLOEXEC);
	if (!task->folder || task->clock < 0)
		return -errno;
	uv_signal_init(task->loop, &task->child);
	uv_timer_init(task->loop, &task->second);
	task->child.data = task;
	task->second.data = task;
	uv_signal_start(&task->child, on_child, SIGCHLD);
	uv_timer_start(&task->second, on_second, 1000, 1000);
	return 0;
}

int task_main(const char *id)
{
	static struct task task;
	static uv_loop_t loop;
	int err;

	/* First, so that it holds nothing of ours. */
	err = keeper_start(&task.keeper);
	if (err == 0)
		err = uv_loop_init(&loop);
	task.loop = &loop;
	if (err == 0)
		err = open_task(&task, id);
	if (err < 0) {
		log_event(LOG_ERROR, "task.failed", F_STR("task", id), F_ERR(err));
		keeper_close(task.keeper);
		return 1;
	}
	uv_run(&loop, UV_RUN_DEFAULT);

	/* Whatever ended the loop, the keeper leaves nothing behind. */
	plane_close(task.plane);
	metadata_close(task.metadata);
	keeper_close(task.keeper);
	return 0;
}
