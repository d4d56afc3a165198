/*
 * function.c - goldend function: an execution environment of a Lambda function.
 *
 *   hears      desired state (lab/wire/function.h)
 *   says       what came of each invocation; what was logged
 *   left out   more than one invocation at a time, extensions, a file system of its own
 *
 * The process starts with the first invocation (a cold start) and stays for the next. One that ends, or
 * takes longer than it may, fails its invocation, and the next one starts cold. What it takes is real
 * time: it is work.
 */
#include "lab/planes/function/function.h"
#include "lab/planes/seclusion.h"
#include "lab/wire/function.h"
#include "lab/wire/user.h"
#include "lib/base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB ((int64_t)1 << 20)
#define CPU_UNITS 1024
#define INIT_MAX (10 * SECOND) /* until it asks for an invocation */
#define MEMORY_OF_A_CPU 1769   /* MB: the more memory, the more CPU */

static const char *current_id(const struct function *function)
{
	return json_str_or(function->current, "id", "");
}

/* A line of Lambda's own in the log; `fmt` begins with the request's id. */
static void say(struct function *function, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct function *function, const char *fmt, ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (function->output)
		output_say(function->output, line);
}

static void say_done(const struct function *function)
{
	AUTO_JSON json_t *fact = json_object();
	json_t *done = json_add_array(fact, "done");
	const json_t *result;
	const char *id;

	json_each_member (function->done, id, result)
		json_push(done, result);
	plane_fact(function->plane, fact);
}

static void say_logged(struct function *function)
{
	json_t *logged = function->output ? output_take_logged(function->output) : NULL;
	AUTO_JSON json_t *fact = json_object();

	if (!logged)
		return;
	json_push_give(json_add_array(fact, "logged"), logged);
	plane_fact(function->plane, fact);
}

/* REPORT, as Lambda prints it. */
static void report(struct function *function, const char *status)
{
	long long memory = json_int_or(function->desired, "memory", 128);
	msec took = clock_monotonic() - function->began;
	struct limit_usage usage = {0};
	char init[64] = "", how[64] = "";

	if (function->group)
		limit_group_usage(function->group, &usage);
	if (function->init >= 0)
		snprintf(init, sizeof(init), "Init Duration: %lld.00 ms\t",
			 (long long)function->init);
	if (status)
		snprintf(how, sizeof(how), "Status: %s\t", status);
	function->init = -1;
	say(function, "END RequestId: %s", current_id(function));
	say(function,
	    "REPORT RequestId: %s\tDuration: %lld.00 ms\tBilled Duration: %lld ms\tMemory Size: "
	    "%lld "
	    "MB\tMax Memory Used: %lld MB\t%s%s",
	    current_id(function), (long long)took, (long long)took, memory,
	    (long long)(usage.memory_max / MIB), init, how);
}

void function_finish(struct function *function, const char *payload, size_t len, const char *error)
{
	AUTO_FREE char *text = mem_strndup(payload ? payload : "", len);
	AUTO_FREE char *tail = NULL;
	json_t *result;

	/* An error before the first invocation was taken is that invocation's. */
	if (!function->current && json_array_size(function->queue) > 0) {
		function->current = json_incref(json_array_get(function->queue, 0));
		json_array_remove(function->queue, 0);
	}
	if (!function->current)
		return;
	uv_timer_stop(&function->timeout);
	if (function->output)
		output_finish(function->output); /* what it printed comes before END */
	report(function, function->killed_for ? function->killed_for : error ? "error" : NULL);
	tail = function->output ? output_take_tail(function->output) : NULL;

	result = json_object();
	json_set_str(result, "id", current_id(function));
	json_set_str(result, "payload", text);
	json_set_str(result, "error", error);
	json_set_str(result, "tail", tail);
	json_give(function->done, current_id(function), result);
	json_decref(function->current);
	function->current = NULL;
	say_logged(function);
	say_done(function);
	function_advance(function);
}

void function_finish_error(struct function *function, const char *type, const char *message)
{
	const json_t *of = function->current ? function->current : json_at(function->queue, 0);
	AUTO_FREE char *whole =
		mem_fmt("RequestId: %s Error: %s", json_str_or(of, "id", ""), message);
	AUTO_JSON json_t *body = json_object();
	AUTO_FREE char *text = NULL;

	json_set_str(body, "errorType", type);
	json_set_str(body, "errorMessage", whole);
	text = json_text(body);
	function_finish(function, text, strlen(text), "Unhandled");
}

/* The process */

static void end_process(struct function *function)
{
	if (function->pid)
		limit_group_signal(function->group, SIGKILL);
}

static void on_timeout(uv_timer_t *timer)
{
	struct function *function = timer->data;

	function->killed_for = "timeout";
	end_process(function);
}

static void open_output(struct function *function, int *ret_fd)
{
	const json_t *log = json_get(function->desired, "log");
	int err;

	output_close(function->output);
	/* Of one environment, one after the other: the log goes on where it was. */
	err = output_open(function->loop, function->plane, json_str(log, "group"),
			  json_str(log, "stream"), ret_fd, &function->output);
	if (err < 0) {
		*ret_fd = -1;
		function->output = NULL;
		log_event(LOG_ERROR, "function.log.failed", F_ERR(err));
	}
}

static int launch(struct function *function)
{
	const json_t *user = json_get(function->desired, "user");
	struct arena *arena = arena_open();
	const char *root = arena_fmt(arena, "%s/%s", function->folder,
				     json_str_or(function->desired, "tree", ""));
	struct launch launch = {
		.folder = root,
		.program = arena_fmt(arena, "%s/bootstrap", root),
		.env = function_environment(arena, function),
		.cgroups = limit_group_entries(function->group),
		.uid = geteuid() == 0 ? (uid_t)json_int_or(user, "uid", 0) : 0,
		.gid = (gid_t)json_int_or(user, "gid", 0),
		.seclusion = geteuid() == 0 ? 0 : SECLUDE_MEMORY & seclusion_granted(),
		.extra = -1,
	};
	char *args[] = {arena_strdup(arena, "bootstrap"), NULL};
	int err = -EPERM; /* never as root */

	launch.args = args;
	if (geteuid() != 0 || launch.uid != 0) {
		open_output(function, &launch.output);
		err = launch_start(&launch, &function->pid);
		if (launch.output >= 0)
			close(launch.output);
	}
	arena_close(arena);
	return err;
}

/* Its first word is that it asks for an invocation; init has ten seconds at AWS, too. */
static void start_process(struct function *function)
{
	int err = launch(function);

	function->killed_for = NULL;
	function->began = function->launched = clock_monotonic();
	function->init = -1;
	free(function->key);
	function->key = mem_strdup(json_path_str(function->desired, "credentials.AccessKeyId"));
	if (err == 0) {
		keeper_started(function->keeper, function->pid);
		limit_group_started(function->group, function->pid);
		uv_timer_start(&function->timeout, on_timeout, INIT_MAX, 0);
		return;
	}
	function->pid = 0;
	log_event(LOG_ERROR, "function.start.failed", F_ERR(err));
	function_finish_error(function, "Runtime.InvalidEntrypoint",
			      "Couldn't find valid bootstrap(s): [/var/task/bootstrap "
			      "/opt/bootstrap]");
}

static void on_process_end(struct function *function, int code)
{
	char why[96];

	limit_group_signal(function->group, SIGKILL);
	limit_group_ended(function->group, function->pid);
	keeper_ended(function->keeper, function->pid);
	function->pid = 0;
	if (limit_group_out_of_memory(function->group) || code == 128 + SIGKILL)
		snprintf(why, sizeof(why), "Runtime exited with error: signal: killed");
	else if (code == 0)
		snprintf(why, sizeof(why), "Runtime exited without providing a reason");
	else
		snprintf(why, sizeof(why), "Runtime exited with error: exit status %d", code);
	if (function->stopping) {
		plane_done(function->plane);
		return;
	}
	if (function->killed_for) {
		char over[64];

		snprintf(over, sizeof(over), "Task timed out after %.2f seconds",
			 (double)json_int_or(function->desired, "timeout_ms", 3000) / 1000);
		function_finish_error(function, "Sandbox.Timedout", over);
	} else if (function->current) {
		function_finish_error(function, "Runtime.ExitError", why);
	} else if (function->init < 0 && json_array_size(function->queue) > 0) {
		function_finish_error(function, "Runtime.ExitError", why); /* while it came up */
	}
	function_advance(function);
}

static void on_child(uv_signal_t *handle, int number)
{
	struct function *function = handle->data;
	int code;

	if (function->pid && launch_ended(function->pid, &code))
		on_process_end(function, code);
}

/* Its credentials are in its environment: new ones need a new process. */
static bool is_outdated(const struct function *function)
{
	const char *key = json_path_str(function->desired, "credentials.AccessKeyId");

	return function->pid && !function->current && key && function->key &&
	       strcmp(key, function->key) != 0;
}

void function_advance(struct function *function)
{
	if (function->current || json_array_size(function->queue) == 0 || function->stopping)
		return;
	if (!function->pid) {
		start_process(function);
		return;
	}
	if (is_outdated(function)) {
		free(function->key);
		function->key = NULL; /* once */
		function->init = 0;   /* its end is no failure */
		end_process(function);
		return;
	}
	if (!function->next || !function->key) {
		if (!uv_is_active((uv_handle_t *)&function->timeout))
			uv_timer_start(&function->timeout, on_timeout, INIT_MAX, 0);
		return;
	}
	function->current = json_incref(json_array_get(function->queue, 0));
	json_array_remove(function->queue, 0);
	function->began = clock_monotonic();
	say(function, "START RequestId: %s Version: $LATEST", current_id(function));
	uv_timer_start(&function->timeout, on_timeout,
		       (uint64_t)json_int_or(function->desired, "timeout_ms", 3000), 0);
	runtime_api_give(function);
}

/* Being told */

static const char *begin(struct function *function)
{
	const json_t *desired = function->desired;
	int64_t memory = json_int_or(desired, "memory", 128);
	uid_t uid = (uid_t)json_int_or(json_get(desired, "user"), "uid", 0);
	/* Another lab may have a function of this name. */
	AUTO_FREE char *group = mem_fmt("%s-%d", plane_id(function->plane), (int)getpid());
	struct limits_options limits = {
		.loop = function->loop,
		.keeper = function->keeper,
		.task = group,
		.cpu = memory * CPU_UNITS / MEMORY_OF_A_CPU,
		.memory = memory * MIB,
	};

	if (limits_open(&limits, &function->limits) < 0)
		return "no limits";
	function->group = limits_add(function->limits, 0, 0);
	if (geteuid() == 0 && user_is_alone(uid))
		keeper_user(function->keeper, uid);
	return runtime_api_open(function) < 0 ? "no port for the Runtime API" : NULL;
}

static bool is_queued(const struct function *function, const char *id)
{
	const json_t *each;
	size_t i;

	json_each (function->queue, i, each)
		if (strcmp(json_str_or(each, "id", ""), id) == 0)
			return true;
	return strcmp(current_id(function), id) == 0 || json_has(function->done, id);
}

static void take_invocations(struct function *function, const json_t *invocations)
{
	json_t *done = json_object();
	const json_t *each;
	size_t i;

	json_each (invocations, i, each) {
		const char *id = json_str_or(each, "id", "");

		if (!is_queued(function, id))
			json_push(function->queue, each);
		json_set(done, id, json_get(function->done, id));
	}
	json_decref(function->done);
	function->done = done;
}

static const char *on_desired(const json_t *desired, void *user)
{
	struct function *function = user;
	bool first = !function->desired;
	const char *why;

	json_decref(function->desired);
	function->desired = json_deep_copy(desired);
	why = first ? begin(function) : NULL;
	if (why)
		return why;
	take_invocations(function, json_get(desired, "invocations"));
	function_advance(function);
	return NULL;
}

static json_t *on_state(void *user)
{
	const struct function *function = user;
	json_t *fact = json_object();
	json_t *done = json_add_array(fact, "done");
	const json_t *result;
	const char *id;

	json_each_member (function->done, id, result)
		json_push(done, result);
	return fact;
}

static void on_stop(void *user)
{
	struct function *function = user;

	function->stopping = true;
	if (function->pid)
		end_process(function);
	else
		plane_done(function->plane);
}

static void on_second(uv_timer_t *timer)
{
	say_logged(timer->data);
}

static int open_function(struct function *function, const char *id)
{
	static const struct plane_events events = {
		.desired = on_desired,
		.state = on_state,
		.stop = on_stop,
	};
	int err =
		plane_open(function->loop, FUNCTION_ROLE, id, &events, function, &function->plane);

	if (err < 0)
		return err;
	function->folder = realpath(".", NULL);
	if (!function->folder)
		return -errno;
	function->queue = json_array();
	function->done = json_object();
	uv_timer_init(function->loop, &function->timeout);
	uv_timer_init(function->loop, &function->second);
	uv_signal_init(function->loop, &function->child);
	function->timeout.data = function->second.data = function->child.data = function;
	uv_signal_start(&function->child, on_child, SIGCHLD);
	uv_timer_start(&function->second, on_second, 1000, 1000);
	return 0;
}

int function_main(const char *id)
{
	static struct function function;
	static uv_loop_t loop;
	int err;

	/* First, so that it holds nothing of ours. */
	err = keeper_start(&function.keeper);
	if (err == 0)
		err = uv_loop_init(&loop);
	function.loop = &loop;
	if (err == 0)
		err = open_function(&function, id);
	if (err < 0) {
		log_event(LOG_ERROR, "function.failed", F_STR("function", id), F_ERR(err));
		keeper_close(function.keeper);
		return 1;
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	plane_close(function.plane);
	keeper_close(function.keeper);
	return 0;
}
