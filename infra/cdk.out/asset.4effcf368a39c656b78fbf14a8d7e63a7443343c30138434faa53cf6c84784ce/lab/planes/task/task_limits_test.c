/*
 * task_limits_test.c - real processes held to CPU and memory, by cgroup where we may and by hand.
 */
#include "lab/planes/launch.h"
#include "lab/planes/task/task_limits.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BURN "while :; do :; done"
/* A line of 64 MiB, kept by sed until its end comes. */
#define EAT "head -c 67108864 /dev/zero | tr '\\0' x | sed -n '$p' >/dev/null; exit $?"

struct child {
	char name[32];	       /* of its cgroup: this run's own */
	struct keeper *keeper; /* removes the cgroup at the end */
	struct limits *limits;
	struct limit_group *group;
	pid_t pid;
};

static char *const no_env[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};

static void start(uv_loop_t *loop, struct limits_options *options, const char *script,
		  struct child *ret_child)
{
	char text[256];
	char *args[] = {(char[]){"sh"}, (char[]){"-c"}, text, NULL};
	struct launch launch = {
		.program = "/bin/sh", .args = args, .env = no_env, .output = -1, .extra = -1};

	snprintf(text, sizeof(text), "%s", script);
	assert_int_equal(keeper_start(&ret_child->keeper), 0);
	snprintf(ret_child->name, sizeof(ret_child->name), "test-%d", (int)getpid());
	options->task = ret_child->name;
	options->loop = loop;
	options->keeper = ret_child->keeper;
	assert_int_equal(limits_open(options, &ret_child->limits), 0);
	ret_child->group = limits_add(ret_child->limits, 0, 0);
	launch.cgroups = limit_group_entries(ret_child->group);
	assert_int_equal(launch_start(&launch, &ret_child->pid), 0);
	limit_group_started(ret_child->group, ret_child->pid);
}

static void finish(uv_loop_t *loop, struct child *child)
{
	int code = 0;

	limit_group_signal(child->group, SIGKILL);
	while (!launch_ended(child->pid, &code))
		usleep(1000);
	limit_group_ended(child->group, child->pid);
	limits_close(child->limits);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
	keeper_close(child->keeper);
}

static void on_time(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void run_for(uv_loop_t *loop, uint64_t ms)
{
	uv_timer_t timer;

	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, on_time, ms, 0);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

static void hold_cpu(bool plain)
{
	struct limits_options options = {.cpu = 256, .plain = plain};
	struct limit_usage before, after;
	struct child child;
	uv_loop_t loop;
	int64_t share, began;

	uv_loop_init(&loop);
	start(&loop, &options, BURN, &child);
	run_for(&loop, 300); /* past what may be saved up */
	limit_group_usage(child.group, &before);
	began = clock_monotonic_us();
	run_for(&loop, 2000);
	limit_group_usage(child.group, &after);
	share = (after.cpu_us - before.cpu_us) * 1000 / (clock_monotonic_us() - began);
	print_message("%s: %lld of 250 thousandths\n", limits_means(child.limits),
		      (long long)share);
	/* A busy machine may give less, never more. */
	assert_in_range(share, 100, 300);
	finish(&loop, &child);
}

static void hold_memory(bool plain)
{
	struct limits_options options = {.memory = (int64_t)24 << 20, .plain = plain};
	struct child child;
	uv_loop_t loop;
	bool out = false;

	uv_loop_init(&loop);
	start(&loop, &options, EAT, &child);
	for (int i = 0; i < 100 && !out; i++) {
		run_for(&loop, 100);
		out = limit_group_out_of_memory(child.group);
	}
	assert_true(out);
	assert_false(limit_group_out_of_memory(child.group));
	finish(&loop, &child);
}

static void cpu_is_held_by_cgroup_or_else_by_hand(void **state)
{
	hold_cpu(false);
}

static void cpu_is_held_by_hand(void **state)
{
	hold_cpu(true);
}

static void memory_is_held_by_cgroup_or_else_by_hand(void **state)
{
	hold_memory(false);
}

static void memory_is_held_by_hand(void **state)
{
	hold_memory(true);
}

static void grandchildren_die_with_the_keeper(void **state)
{
	struct keeper *keeper;
	char script[64] = "sleep 300 & sleep 300 & echo; wait";
	char *args[] = {(char[]){"sh"}, (char[]){"-c"}, script, NULL};
	struct launch launch = {
		.program = "/bin/sh", .args = args, .env = no_env, .output = -1, .extra = -1};
	char line;
	int ends[2];
	pid_t pid;
	int code;

	assert_int_equal(pipe(ends), 0);
	launch.output = ends[1];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	assert_int_equal(keeper_start(&keeper), 0);
	assert_int_equal(launch_start(&launch, &pid), 0);
	keeper_started(keeper, pid);
	assert_int_equal(read(ends[0], &line, 1), 1); /* both are there */
	close(ends[0]);
	close(ends[1]);
	keeper_close(keeper);
	while (!launch_ended(pid, &code))
		usleep(1000);
	assert_int_equal(code, 128 + SIGKILL);
	/* Its orphans are ours to reap, and dead: two, or fewer if the shell saw one die before itself. */
	while (waitpid(-1, &code, 0) > 0)
		assert_true(WIFSIGNALED(code) && WTERMSIG(code) == SIGKILL);
	assert_int_equal(errno, ECHILD);
}

static void a_program_is_found_inside_its_tree_only(void **state)
{
	struct arena *arena = arena_open();
	const char *why = NULL;
	const char *found;

	found = launch_find(arena, "/usr", "/", "/bin/env", "", &why);
	assert_string_equal(found, "/usr/bin/env");
	found = launch_find(arena, "/usr", "/", "env", "/none:/bin", &why);
	assert_string_equal(found, "/usr/bin/env");
	found = launch_find(arena, "/usr", "/bin", "./env", "", &why);
	assert_string_equal(found, "/usr/bin/env");
	assert_null(launch_find(arena, "/usr/share", "/", "/../bin/env", "", &why));
	assert_string_equal(why, "exec: \"/../bin/env\": stat /../bin/env: "
				 "no such file or directory");
	assert_null(launch_find(arena, "/usr", "/", "nothing", "/bin", &why));
	assert_string_equal(why, "exec: \"nothing\": executable file not found in $PATH");
	assert_null(launch_find(arena, "/usr", "/", "/bin", "", &why));
	assert_string_equal(why, "exec: \"/bin\": permission denied");
	arena_close(arena);
}

static void an_exec_that_fails_is_told(void **state)
{
	char *args[] = {(char[]){"x"}, NULL};
	struct launch launch = {
		.program = "/no/such", .args = args, .env = no_env, .output = -1, .extra = -1};
	pid_t pid = 0;

	assert_int_equal(launch_start(&launch, &pid), -ENOENT);
	assert_int_equal(pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and leaves no corpse */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_found_inside_its_tree_only),
		cmocka_unit_test(an_exec_that_fails_is_told),
		cmocka_unit_test(cpu_is_held_by_cgroup_or_else_by_hand),
		cmocka_unit_test(cpu_is_held_by_hand),
		cmocka_unit_test(memory_is_held_by_cgroup_or_else_by_hand),
		cmocka_unit_test(memory_is_held_by_hand),
		cmocka_unit_test(grandchildren_die_with_the_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
