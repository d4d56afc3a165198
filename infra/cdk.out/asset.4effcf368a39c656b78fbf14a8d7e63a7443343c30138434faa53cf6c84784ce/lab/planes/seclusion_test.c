/*
 * seclusion_test.c - as an ordinary user: two processes of one user that cannot look into each other.
 *
 * Where the kernel makes no namespaces for ordinary users there is nothing to test, and it says so.
 */
#include "lab/planes/launch.h"
#include "lab/planes/seclusion.h"

#include <grp.h>
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

#define NOBODY 65534

static pid_t run(unsigned seclusion, const char *script)
{
	struct arena *arena = arena_open();
	char *args[] = {arena_strdup(arena, "sh"), arena_strdup(arena, "-c"),
			arena_strdup(arena, script), NULL};
	char *env[] = {arena_strdup(arena, "PATH=/usr/bin:/bin"),
		       arena_strdup(arena, "DB_PASSWORD=hunter2"), NULL};
	const struct launch launch = {
		.program = "/bin/sh",
		.args = args,
		.env = env,
		.output = -1,
		.extra = -1,
		.seclusion = seclusion,
	};
	pid_t pid;

	assert_int_equal(launch_start(&launch, &pid), 0);
	arena_close(arena);
	return pid;
}

static int exit_code(pid_t pid)
{
	siginfo_t info;
	int code = -1;

	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	assert_true(launch_ended(pid, &code));
	return code;
}

static bool can_read_environment(unsigned seclusion)
{
	pid_t victim = run(seclusion, "exec sleep 100");
	AUTO_FREE char *script = mem_fmt("grep -q hunter2 /proc/%d/environ", (int)victim);
	int code = exit_code(run(seclusion, script));

	kill(victim, SIGKILL);
	exit_code(victim);
	return code == 0;
}

static void one_user_reads_his_own_environments(void **state)
{
	assert_true(can_read_environment(0));
}

static void but_not_those_secluded(void **state)
{
	if (!(seclusion_granted() & SECLUDE_MEMORY))
		skip();
	assert_false(can_read_environment(SECLUDE_MEMORY));
}

static void files_can_be_frozen(void **state)
{
	const char *script = "touch /tmp/golden-frozen && exit 1; echo >/dev/shm/golden-frozen";

	if (!(seclusion_granted() & SECLUDE_FILES))
		skip();
	assert_int_equal(exit_code(run(SECLUDE_FILES, script)), 0);
	assert_int_equal(access("/dev/shm/golden-frozen", F_OK), -1);
	assert_int_equal(exit_code(run(SECLUDE_MEMORY, "test $(id -u) != 0")), 0);
}

static void become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setresgid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
	prctl(PR_SET_DUMPABLE, 1); /* as after an exec: /proc/self is our own */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_user_reads_his_own_environments),
		cmocka_unit_test(but_not_those_secluded),
		cmocka_unit_test(files_can_be_frozen),
	};

	become_ordinary();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
