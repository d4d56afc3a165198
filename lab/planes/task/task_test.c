/*
 * task_test.c - the task plane as a process, with real children, over its socket.
 */
#include "lab/planes/driver.h"
#include "lab/planes/seclusion.h"
#include "lab/wire/log_segment.h"
#include "lab/wire/task.h"
#include "lab/wire/user.h"
#include "lib/base/buf.h"
#include "lib/base/folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Of this run's own: cgroups are named after it, and runs beside each other must not share one. */
static char id[33];

/* As control would pick it: far from anybody. */
#define FIRST_USER 1900000000

static char folder[] = "/tmp/golden-task-XXXXXX";

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

/* An image with a script, as an image of ours would be unpacked. */
static int in_a_folder(void **state)
{
	snprintf(id, sizeof(id), "0123456789abcdef%016x", (unsigned)getpid());
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	chmod(".", 0711);
	mkdir("images", 0755);
	mkdir("images/a", 0755);
	mkdir("images/a/rootfs", 0755);
	mkdir("images/a/rootfs/bin", 0755);
	write_file("images/a/config.json",
		   "{\"config\":{\"Entrypoint\":[\"/bin/run\"],\"Env\":[\"FROM=image\"]}}", 0644);
	write_file("images/a/rootfs/bin/run", "#!/bin/sh\neval \"$1\"\n", 0755);
	write_file("images/a/rootfs/bin/check", "#!/bin/sh\ntest -e /tmp/golden-check-$1\n", 0755);
	return 0;
}

static int and_out(void **state)
{
	return chdir("/") < 0 ? -1 : folder_remove(folder);
}

/* A task of one container that evaluates a script. */
static json_t *task_of(const char *script)
{
	json_t *desired = json_object();
	json_t *user = json_add_object(desired, "user");
	json_t *container = json_push_object(json_add_array(desired, "containers"));
	json_t *log = json_add_object(container, "log");

	json_set_int(user, "uid", FIRST_USER);
	json_set_int(user, "gid", FIRST_USER);
	json_set_str(desired, "arn", "arn:aws:ecs:us-east-1:123456789012:task/golden/1");
	json_set_str(desired, "address", "127.0.0.1");
	json_set_str(desired, "region", "us-east-1");
	json_set_str(desired, "endpoint", "http://127.0.0.1:4566");
	json_set_int(desired, "cpu", 256);
	json_set_int(desired, "memory", 256);
	json_set_str(container, "name", "app");
	json_set_str(container, "runtime_id", "1-1234567890");
	json_set_str(container, "tree", "images/a");
	json_push_str(json_add_array(container, "command"), script);
	json_set_str(log, "group", "g");
	json_set_str(log, "stream", "s");
	return desired;
}

static json_t *container_of(json_t *desired)
{
	return json_array_get(json_object_get(desired, "containers"), 0);
}

/* All messages of the stream, a line each. Starts the next test with an empty one. */
static char *take_log(void)
{
	struct buf text = {0};
	struct log_reader *reader;
	struct log_event event;

	if (log_reader_open("logs/g/s", 0, &reader) < 0)
		return mem_strdup("");
	while (log_reader_next(reader, &event) == 1) {
		buf_str(&text, event.message);
		buf_byte(&text, '\n');
	}
	log_reader_close(reader);
	unlink("logs/g/s");
	return buf_take(&text);
}

static struct driver *start(json_t *desired)
{
	struct driver *driver = driver_start(TASK_ROLE, id);

	driver_desire(driver, desired);
	json_decref(desired);
	return driver;
}

static int64_t exit_code(const struct driver *driver)
{
	return json_integer_value(json_path(driver_fact(driver), "containers.0.exit_code"));
}

static void what_it_prints_is_logged(void **state)
{
	struct driver *driver = start(task_of("echo one; echo two >&2; printf three; id -u; "
					      "echo $FROM $AWS_REGION; ls /proc/self/fd | wc -l"));
	AUTO_FREE char *log = NULL;

	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_string_equal(json_path_str(driver_fact(driver), "stop_code"),
			    "EssentialContainerExited");
	assert_string_equal(json_path_str(driver_fact(driver), "stopped_reason"),
			    "Essential container in task exited");
	assert_int_equal(exit_code(driver), 0);
	driver_run(driver, 100);
	assert_int_equal(driver_logged(driver), 5);
	assert_int_equal(driver_stop(driver, 3000), 0);
	log = take_log();
	if (geteuid() == 0)
		assert_string_equal(log, "one\ntwo\nthree1900000000\nimage us-east-1\n4\n");
}

static void lines_have_lab_time(void **state)
{
	struct driver *driver = driver_start(TASK_ROLE, id);
	AUTO_JSON json_t *desired = task_of("echo one");
	struct log_reader *reader;
	struct log_event event;

	driver_clock(driver, 4102444800000, 0); /* 2100, standing still */
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_int_equal(driver_stop(driver, 3000), 0);
	assert_int_equal(log_reader_open("logs/g/s", 0, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_int_equal(event.timestamp.ms, 4102444800000);
	log_reader_close(reader);
	unlink("logs/g/s");
}

static void stop_is_sigterm_then_sigkill(void **state)
{
	AUTO_JSON json_t *desired = task_of("trap 'echo term; exit 7' TERM; echo up; "
					    "while :; do sleep 0.05; done");
	struct driver *driver;
	json_t *stop = json_add_object(desired, "stop");
	AUTO_FREE char *log = NULL;

	json_set_str(stop, "code", "ServiceSchedulerInitiated");
	json_set_str(stop, "reason", "Scaling activity initiated by (deployment ecs-svc/1)");
	driver = driver_start(TASK_ROLE, id);
	json_incref(stop);
	json_drop(desired, "stop");
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "status", "RUNNING", 5000));
	driver_run(driver, 200);
	json_give(desired, "stop", stop);
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_int_equal(exit_code(driver), 7);
	assert_string_equal(json_path_str(driver_fact(driver), "stop_code"),
			    "ServiceSchedulerInitiated");
	assert_int_equal(driver_stop(driver, 3000), 0);
	log = take_log();
	assert_string_equal(log, "up\nterm\n");
}

static void stop_with(const char *script, int64_t expect)
{
	AUTO_JSON json_t *desired = task_of(script);
	struct driver *driver = driver_start(TASK_ROLE, id);
	json_t *stop;

	json_set_int(container_of(desired), "stop_timeout_ms", 300);
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "status", "RUNNING", 5000));
	driver_run(driver, 200);
	stop = json_add_object(desired, "stop");
	json_set_str(stop, "code", "UserInitiated");
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_int_equal(exit_code(driver), expect);
	assert_int_equal(driver_stop(driver, 3000), 0);
	unlink("logs/g/s");
}

static void exit_codes_are_143_and_137(void **state)
{
	stop_with("exec sleep 100", 143);
	stop_with("trap '' TERM; while :; do sleep 0.05; done", 137);
}

static void memory_ends_it_with_the_reason(void **state)
{
	struct driver *driver;
	json_t *desired =
		task_of("exec sed -n '$p' </dev/zero"); /* one endless line, kept in memory */

	json_set_int(desired, "memory", 32);
	driver = start(desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 30000));
	assert_int_equal(exit_code(driver), 137);
	assert_string_equal(json_path_str(driver_fact(driver), "containers.0.reason"),
			    "OutOfMemoryError: Container killed due to memory usage");
	assert_int_equal(driver_stop(driver, 3000), 0);
	unlink("logs/g/s");
}

static void what_cannot_start_says_why(void **state)
{
	json_t *desired = task_of("true");
	struct driver *driver;

	json_push_str(json_add_array(container_of(desired), "entry_point"), "/no/such");
	driver = start(desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_string_equal(json_path_str(driver_fact(driver), "stop_code"), "TaskFailedToStart");
	assert_non_null(strstr(json_path_str(driver_fact(driver), "stopped_reason"),
			       "exec: \"/no/such\": stat /no/such: no such file or directory"));
	assert_int_equal(driver_stop(driver, 3000), 0);
	unlink("logs/g/s");
}

static void health_checks_count(void **state)
{
	AUTO_FREE char *mark = mem_fmt("/tmp/golden-check-%d", (int)getpid());
	AUTO_FREE char *number = mem_fmt("%d", (int)getpid());
	json_t *desired = task_of("exec sleep 100");
	json_t *check = json_add_object(container_of(desired), "health_check");
	json_t *command = json_add_array(check, "command");
	struct driver *driver;

	json_push_str(command, "CMD");
	json_push_str(command, "/bin/check");
	json_push_str(command, number);
	json_set_int(check, "interval_ms", 150);
	json_set_int(check, "timeout_ms", 2000);
	json_set_int(check, "retries", 2);
	json_set_int(container_of(desired), "stop_timeout_ms", 300);
	write_file(mark, "", 0644);
	driver = start(desired);
	assert_true(driver_wait(driver, "containers.0.health", "HEALTHY", 5000));
	unlink(mark);
	assert_true(driver_wait(driver, "containers.0.health", "UNHEALTHY", 5000));
	write_file(mark, "", 0644);
	assert_true(driver_wait(driver, "containers.0.health", "HEALTHY", 5000));
	unlink(mark);
	assert_int_equal(driver_stop(driver, 5000), 0);
	unlink("logs/g/s");
}

static void dependencies_order_starts(void **state)
{
	AUTO_JSON json_t *desired = task_of("echo second");
	json_t *containers = json_object_get(desired, "containers");
	json_t *first = json_deep_copy(json_array_get(containers, 0));
	json_t *depends = json_push_object(json_add_array(container_of(desired), "depends_on"));
	struct driver *driver = driver_start(TASK_ROLE, id);
	AUTO_FREE char *log = NULL;

	json_set_str(depends, "container", "init");
	json_set_str(depends, "condition", "SUCCESS");
	json_set_str(first, "name", "init");
	json_set_bool(first, "essential", false);
	json_array_set_new(json_object_get(first, "command"), 0,
			   json_string("sleep 0.3; test ! -s \"$OUT\" && exit 0"));
	json_drop(first, "log");
	json_array_append_new(containers, first);
	driver_desire(driver, desired);
	assert_true(driver_wait(driver, "containers.1.status", "RUNNING", 5000));
	assert_string_equal(json_path_str(driver_fact(driver), "containers.0.status"), "PENDING");
	assert_string_equal(json_path_str(driver_fact(driver), "status"), "PENDING");
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_int_equal(driver_stop(driver, 3000), 0);
	log = take_log();
	assert_string_equal(log, "second\n");
}

/* GET http://127.0.0.1:port/path with a token: the whole answer. */
static char *get(const char *uri, const char *token)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const char *port = strrchr(uri, ':') + 1;
	const char *path = strchr(port, '/');
	AUTO_FREE char *request =
		mem_fmt("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s%s\r\n", path,
			token ? "Authorization: " : "", token ? token : "", token ? "\r\n" : "");
	AUTO_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct buf answer = {0};
	ssize_t len;

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	while ((len = read(fd, buf_room(&answer, 4096), 4096)) > 0)
		buf_wrote(&answer, (size_t)len);
	return buf_take(&answer);
}

static void containers_can_ask_for_metadata_and_credentials(void **state)
{
	json_t *desired = task_of("echo $ECS_CONTAINER_METADATA_URI_V4; "
				  "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; "
				  "echo $AWS_CONTAINER_AUTHORIZATION_TOKEN; exec sleep 100");
	json_t *credentials = json_add_object(desired, "credentials");
	struct driver *driver;
	AUTO_FREE char *log = NULL;
	AUTO_FREE char *task = NULL;
	AUTO_FREE char *given = NULL;
	AUTO_FREE char *refused = NULL;
	AUTO_FREE char *stats = NULL;
	AUTO_FREE char *missing = NULL;
	char uri[128], credentials_uri[128], token[128], path[160];

	json_set_str(credentials, "AccessKeyId", "ASIATEST");
	json_set_int(container_of(desired), "stop_timeout_ms", 300);
	driver = start(desired);
	assert_true(driver_wait(driver, "status", "RUNNING", 5000));
	driver_run(driver, 300);
	log = take_log();
	assert_int_equal(sscanf(log, "%127s %127s %127s", uri, credentials_uri, token), 3);

	/* The plane is another process: asking it blocks nobody. */
	snprintf(path, sizeof(path), "%s/task", uri);
	task = get(path, NULL);
	assert_non_null(strstr(task, "\"LaunchType\":\"FARGATE\""));
	assert_non_null(strstr(task, "\"CPU\":0.25"));
	snprintf(path, sizeof(path), "%s/stats", uri);
	stats = get(path, NULL);
	assert_non_null(strstr(stats, "\"memory_stats\":{\"usage\":"));
	given = get(credentials_uri, token);
	assert_non_null(strstr(given, "ASIATEST"));
	refused = get(credentials_uri, "wrong");
	assert_non_null(strstr(refused, "401"));
	uri[strlen(uri) - 1] ^= 1;
	missing = get(uri, NULL);
	assert_non_null(strstr(missing, "404"));
	assert_int_equal(driver_stop(driver, 3000), 0);
}

/* Real time: the lab clock stands still. */
static void expiring_credentials_are_said(void **state)
{
	AUTO_JSON json_t *desired = task_of("exec sleep 100");
	json_t *credentials = json_add_object(desired, "credentials");
	struct driver *driver = driver_start(TASK_ROLE, id);
	char text[CLOCK_TEXT];

	json_set_int(container_of(desired), "stop_timeout_ms", 300);
	driver_clock(driver, 4102444800000, 0);
	json_set_str(credentials, "Expiration",
		     clock_iso_seconds(clock_real().ms + 29 * MINUTE, text));
	driver_desire(driver, desired);
	driver_run(driver, 2500);
	assert_int_equal(driver_expiring(driver), 1); /* not again before a minute is over */
	json_set_str(credentials, "Expiration",
		     clock_iso_seconds(clock_real().ms + 31 * MINUTE, text));
	driver_desire(driver, desired);
	driver_run(driver, 1500);
	assert_int_equal(driver_expiring(driver), 1);
	assert_int_equal(driver_stop(driver, 3000), 0);
	unlink("logs/g/s");
}

static void nothing_outlives_a_plane_that_was_killed(void **state)
{
	AUTO_FREE char *mark = mem_fmt("3%d", (int)getpid());
	AUTO_FREE char *script = mem_fmt("sleep %s & sleep %s & wait", mark, mark);
	AUTO_FREE char *cgroup = mem_fmt("/sys/fs/cgroup/cpu/golden-%s", id);
	struct driver *driver = start(task_of(script));
	pid_t pid;
	bool gone = false;

	assert_true(driver_wait(driver, "status", "RUNNING", 5000));
	pid = (pid_t)json_integer_value(json_path(driver_fact(driver), "containers.0.pid"));
	driver_run(driver, 200);
	assert_int_equal(kill(-pid, 0), 0);
	driver_kill(driver);
	for (int i = 0; i < 300 && !gone; i++) {
		gone = kill(-pid, 0) < 0 && errno == ESRCH;
		usleep(10000);
	}
	assert_true(gone);
	for (int i = 0; i < 300 && access(cgroup, F_OK) == 0; i++)
		usleep(10000);
	assert_int_equal(access(cgroup, F_OK), -1);
	unlink("logs/g/s");
}

/* Another task of the same lab, beside the first. */
static struct driver *start_second(const char *script)
{
	AUTO_FREE char *second = mem_fmt("f%s", id + 1);
	AUTO_JSON json_t *desired = task_of(script);
	json_t *user = json_object_get(desired, "user");
	struct driver *driver = driver_start(TASK_ROLE, second);

	json_set_int(user, "uid", FIRST_USER + 1);
	json_set_int(user, "gid", FIRST_USER + 1);
	driver_desire(driver, desired);
	return driver;
}

static void another_tasks_environment_is_not_to_be_read(void **state)
{
	json_t *desired = task_of("exec sleep 100");
	json_t *secrets = json_add_object(container_of(desired), "secrets");
	AUTO_FREE char *script = NULL;
	struct driver *first, *second;
	AUTO_FREE char *log = NULL;

	if (geteuid() != 0 && !(seclusion_granted() & SECLUDE_MEMORY)) {
		json_decref(desired);
		skip();
	}
	json_set_str(secrets, "DB_PASSWORD", "hunter2");
	json_drop(container_of(desired), "log");
	first = start(desired);
	assert_true(driver_wait(first, "status", "RUNNING", 5000));
	script = mem_fmt("grep -c hunter2 /proc/%d/environ; grep -c FROM=image /proc/$$/environ",
			 (int)json_int_or(json_path(driver_fact(first), "containers.0"), "pid", 0));
	second = start_second(script);
	assert_true(driver_wait(second, "status", "STOPPED", 5000));
	assert_int_equal(driver_stop(second, 3000), 0);
	assert_int_equal(driver_stop(first, 3000), 0);
	log = take_log();
	assert_non_null(strstr(log, "environ: Permission denied\n1\n"));
}

static void a_read_only_root_is_read_only(void **state)
{
	json_t *desired = task_of(
		"echo x >/tmp/golden-$$ || echo no tmp; echo x >../rootfs/bin/x || echo no "
		"image; echo x >/dev/null && echo x >/dev/shm/golden-$$ && cat /dev/shm/golden-$$");
	AUTO_FREE char *log = NULL;
	struct driver *driver;

	if (!(seclusion_granted() & SECLUDE_FILES)) {
		json_decref(desired);
		skip();
	}
	json_set_bool(container_of(desired), "readonly_root", true);
	driver = start(desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	assert_null(json_path(driver_fact(driver), "containers.0.reason"));
	assert_int_equal(driver_stop(driver, 3000), 0);
	log = take_log();
	assert_non_null(strstr(log, "Read-only file system\nno tmp\n"));
	assert_non_null(strstr(log, "Read-only file system\nno image\n"));
	assert_non_null(strstr(log, "\nx\n"));
}

/* It leaves its session, and there is no cgroup: its user it cannot leave. */
static void what_runs_away_is_found_by_its_user(void **state)
{
	json_t *desired = task_of("setsid sleep 100 >/dev/null 2>&1 & sleep 0.2; echo $!");
	struct driver *driver;
	AUTO_FREE char *log = NULL;
	pid_t pid;

	if (geteuid() != 0) {
		json_decref(desired);
		skip();
	}
	json_set_bool(desired, "plain_limits", true);
	driver = start(desired);
	assert_true(driver_wait(driver, "status", "STOPPED", 5000));
	log = take_log();
	pid = (pid_t)strtol(log, NULL, 10);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(driver_stop(driver, 3000), 0);
	for (int i = 0; i < 300 && kill(pid, 0) == 0; i++) /* until init has reaped it */
		usleep(10000);
	assert_int_equal(kill(pid, 0), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_is_logged),
		cmocka_unit_test(lines_have_lab_time),
		cmocka_unit_test(stop_is_sigterm_then_sigkill),
		cmocka_unit_test(exit_codes_are_143_and_137),
		cmocka_unit_test(memory_ends_it_with_the_reason),
		cmocka_unit_test(what_cannot_start_says_why),
		cmocka_unit_test(health_checks_count),
		cmocka_unit_test(dependencies_order_starts),
		cmocka_unit_test(containers_can_ask_for_metadata_and_credentials),
		cmocka_unit_test(another_tasks_environment_is_not_to_be_read),
		cmocka_unit_test(a_read_only_root_is_read_only),
		cmocka_unit_test(what_runs_away_is_found_by_its_user),
		cmocka_unit_test(expiring_credentials_are_said),
		cmocka_unit_test(nothing_outlives_a_plane_that_was_killed),
	};
	int status = driver_plane(argc, argv, task_main);

	return status >= 0 ? status : cmocka_run_group_tests(tests, in_a_folder, and_out);
}
