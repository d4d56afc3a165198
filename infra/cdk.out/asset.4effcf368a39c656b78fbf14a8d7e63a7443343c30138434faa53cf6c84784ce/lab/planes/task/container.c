/*
 * container.c - one container of a task.
 *
 *   keeps      its log stream (output.h)
 *   left out   volumes, links, ulimits of its own, the container's own user
 */
#include "lab/planes/task/container.h"
#include "lab/planes/seclusion.h"
#include "lab/planes/task/environment.h"
#include "lib/base/log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STOP_TIMEOUT 30000 /* ms; Fargate's default */
#define MIB ((int64_t)1 << 20)

static const char *const status_texts[] = {
	[CONTAINER_PENDING] = "PENDING",
	[CONTAINER_RUNNING] = "RUNNING",
	[CONTAINER_STOPPED] = "STOPPED",
};

const char *container_status_text(const struct container *container)
{
	return status_texts[container->status];
}

static lab_ms now(const struct container *container)
{
	return lab_clock_now(plane_clock(container->options.plane));
}

struct container *container_open(const struct container_options *options)
{
	struct container *container = mem_new(struct container);
	struct arena *arena = arena_open();

	container->options = *options;
	container->options.metadata_uri = arena_strdup(arena, options->metadata_uri);
	if (options->credentials_uri)
		container->options.credentials_uri = arena_strdup(arena, options->credentials_uri);
	if (options->token)
		container->options.token = arena_strdup(arena, options->token);
	container->arena = arena;
	container->name = json_str_or(options->spec, "name", "");
	container->essential = json_bool_or(options->spec, "essential", true);
	container->limits = limits_add(options->limits, json_int_or(options->spec, "cpu", 0),
				       json_int_or(options->spec, "memory", 0) * MIB);
	uv_timer_init(options->loop, &container->grace);
	container->grace.data = container;
	return container;
}

static void add_surroundings(const struct container *container, struct surroundings *ret_around)
{
	const struct container_options *options = &container->options;

	*ret_around = (struct surroundings){
		.desired = options->desired,
		.metadata_uri = options->metadata_uri,
		.credentials_uri = options->credentials_uri,
		.token = options->token,
	};
}

/* A container of an image: its program, place and environment. NULL, or why there is none. */
static const char *prepare_image(struct container *container, const char *tree)
{
	const struct container_options *options = &container->options;
	struct arena *arena = container->arena;
	struct launch *launch = &container->launch;
	const char *folder = arena_fmt(arena, "%s/%s", options->folder, tree);
	AUTO_JSON json_t *image = image_config(folder);
	struct surroundings around;
	const char *working = json_str(options->spec, "working_directory");
	const char *path;
	const char *why = NULL;

	add_surroundings(container, &around);
	if (!working)
		working = json_str(image, "WorkingDir");
	launch->rootfs = arena_fmt(arena, "%s/rootfs", folder);
	launch->folder = working && *working ? arena_strdup(arena, working) : "/";
	launch->args = command_make(arena, options->spec, image);
	launch->env = environment_make(arena, &around, options->spec, image);
	launch->extra = -1;
	if (!launch->args[0])
		return "no command specified";

	path = environment_get(launch->env, "PATH");
	launch->program = launch_find(arena, launch->rootfs, launch->folder, launch->args[0],
				      path ? path : "", &why);
	return launch->program ? NULL : why;
}

/* One of goldend's own roles, in the place of an image of AWS's. */
static const char *prepare_role(struct container *container, const char *role)
{
	const struct container_options *options = &container->options;
	struct arena *arena = container->arena;
	struct launch *launch = &container->launch;
	struct surroundings around;
	char **words;
	char **args;
	size_t n = 0;

	add_surroundings(container, &around);
	words = command_make(arena, options->spec, NULL);
	while (words[n])
		n++;
	args = arena_alloc(arena, (n + 3) * sizeof(*args));
	args[0] = arena_strdup(arena, "goldend");
	args[1] = arena_strdup(arena, role);
	memcpy(args + 2, words, n * sizeof(*words));

	launch->args = args;
	launch->env = environment_make(arena, &around, options->spec, NULL);
	launch->program = "/proc/self/exe";
	launch->extra = options->clock;
	return NULL;
}

/* Where the machine does not grant what was asked for, it runs, and says so. */
static unsigned choose_seclusion(struct container *container)
{
	bool readonly = json_bool_or(container->options.spec, "readonly_root", false);
	unsigned wanted = readonly ? SECLUDE_FILES : 0;
	unsigned missing;

	if (geteuid() != 0)
		wanted |= SECLUDE_MEMORY;
	missing = wanted & ~seclusion_granted();
	if (missing & SECLUDE_FILES)
		container->reason = "readonlyRootFilesystem is not enforced: this machine lets the "
				    "lab make no mount namespace";
	if (missing)
		log_event(LOG_WARNING, "task.not_secluded", F_STR("container", container->name),
			  F_STR("lacks", missing & SECLUDE_FILES ? "a mount namespace"
								 : "a user namespace"));
	return wanted & ~missing;
}

static const char *prepare(struct container *container)
{
	const json_t *spec = container->options.spec;
	const json_t *user = json_get(container->options.desired, "user");
	struct launch *launch = &container->launch;
	const char *role = json_str(spec, "role");
	const char *tree = json_str(spec, "tree");

	launch->cgroups = limit_group_entries(container->limits);
	launch->uid = (uid_t)json_int_or(user, "uid", 0);
	launch->gid = (gid_t)json_int_or(user, "gid", 0);
	if (geteuid() == 0 && launch->uid == 0)
		return "refusing to run as root";
	if (geteuid() != 0)
		launch->uid = 0; /* we are nobody special: it runs as we do */
	launch->seclusion = choose_seclusion(container);
	if (!container->limits)
		return "too many containers";
	if (role)
		return prepare_role(container, role);
	return tree ? prepare_image(container, tree) : "it has no image";
}

static void on_health(void *user)
{
	struct container *container = user;

	container->options.changed(container->options.user);
}

static void open_health(struct container *container)
{
	const struct container_options *options = &container->options;
	struct health_options health = {
		.loop = options->loop,
		.clock = plane_clock(options->plane),
		.check = json_get(options->spec, "health_check"),
		.launch = &container->launch,
		.arena = container->arena,
		.address = json_str_or(options->desired, "address", "127.0.0.1"),
		.limits = container->limits,
		.keeper = options->keeper,
		.changed = on_health,
		.user = container,
	};

	container->health = health_open(&health);
	health_begin(container->health);
}

/* In the words of Fargate's container agent. */
static bool fail(struct container *container, const char *why)
{
	container->status = CONTAINER_STOPPED;
	container->finished = now(container);
	container->reason = arena_fmt(
		container->arena,
		"CannotStartContainerError: ResourceInitializationError: failed to create new "
		"container runtime task: failed to create shim task: OCI runtime create failed: "
		"runc create failed: unable to start container process: %s: unknown",
		why);
	return false;
}

bool container_start(struct container *container)
{
	const struct container_options *options = &container->options;
	const json_t *log = json_get(options->spec, "log");
	const char *why = prepare(container);
	int err;

	if (why)
		return fail(container, why);
	err = output_open(options->loop, options->plane, json_str(log, "group"),
			  json_str(log, "stream"), &container->launch.output, &container->output);
	if (err < 0)
		return fail(container,
			    arena_fmt(container->arena, "log stream: %s", log_strerror(err)));
	err = launch_start(&container->launch, &container->pid);
	close(container->launch.output);
	if (err < 0)
		return fail(container, arena_fmt(container->arena, "exec: \"%s\": %s",
						 container->launch.args[0], log_strerror(err)));

	keeper_started(options->keeper, container->pid);
	limit_group_started(container->limits, container->pid);
	container->status = CONTAINER_RUNNING;
	container->started = now(container);
	open_health(container);
	return true;
}

static void on_grace_over(uv_timer_t *timer)
{
	struct container *container = timer->data;

	if (container->pid)
		limit_group_signal(container->limits, SIGKILL);
}

void container_stop(struct container *container)
{
	msec grace = json_int_or(container->options.spec, "stop_timeout_ms", STOP_TIMEOUT);

	if (container->status == CONTAINER_PENDING) {
		container->status = CONTAINER_STOPPED;
		return;
	}
	if (container->stopping || !container->pid)
		return;
	container->stopping = true;
	health_end(container->health);
	/* To the first process only, as a container runtime does; it tells its own children. */
	kill(container->pid, SIGTERM);
	uv_timer_start(&container->grace, on_grace_over, (uint64_t)grace, 0);
}

void container_reap(struct container *container)
{
	health_reap(container->health);
	if (!container->pid || !launch_ended(container->pid, &container->exit_code))
		return;

	health_end(container->health);
	limit_group_signal(container->limits, SIGKILL);
	limit_group_ended(container->limits, container->pid);
	keeper_ended(container->options.keeper, container->pid);
	uv_timer_stop(&container->grace);
	output_finish(container->output);
	container->pid = 0;
	container->exited = true;
	container->status = CONTAINER_STOPPED;
	container->finished = now(container);
	if (limit_group_out_of_memory(container->limits) && container->exit_code == 128 + SIGKILL)
		container->reason = "OutOfMemoryError: Container killed due to memory usage";
	container->options.changed(container->options.user);
}

json_t *container_fact(const struct container *container)
{
	json_t *fact = json_object();

	json_set_str(fact, "name", container->name);
	json_set_str(fact, "status", container_status_text(container));
	json_set_str(fact, "runtime_id", json_str(container->options.spec, "runtime_id"));
	json_set_str(fact, "health", health_text(health_status(container->health)));
	if (container->pid)
		json_set_int(fact, "pid", container->pid);
	if (container->exited)
		json_set_int(fact, "exit_code", container->exit_code);
	json_set_str(fact, "reason", container->reason);
	return fact;
}
