/*
 * functions_test.c - the package as Lambda would run it: in a root that has nothing else in it, against
 * a Runtime API, AWS and a service that this test plays. Called with the package.
 */
#include "lib/base/folder.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "lib/net/http_server.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534
#define PATIENCE (30 * SECOND)

static const char *package;
static char root[] = "/tmp/golden-empty-XXXXXX";

struct world {
	uv_loop_t loop;
	uv_timer_t patience;
	struct http_server *server;
	const char *event;
	int service_status; /* what the service answers */
	int nexts;	    /* times that an invocation was asked for */
	char said[256];	    /* the last path below /runtime/ that was posted to */
	char body[2048];    /* … and what */
	char operation[128];
	char input[2048]; /* of the last call to AWS */
	bool was_signed;
};

static void unpack(void)
{
	struct archive *zip = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_format_zip(zip);
	assert_int_equal(archive_read_open_filename(zip, package, 65536), ARCHIVE_OK);
	while (archive_read_next_header(zip, &entry) == ARCHIVE_OK) {
		AUTO_FREE char *path =
			mem_fmt("%s/var/task/%s", root, archive_entry_pathname(entry));
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, archive_entry_perm(entry));

		assert_true(fd >= 0);
		assert_int_equal(archive_read_data_into_fd(zip, fd), ARCHIVE_OK);
		close(fd);
	}
	archive_read_free(zip);
}

/* In a child: /proc is all there is beside the package. As root in a chroot not even that. */
static bool enter_root(void)
{
	AUTO_FREE char *proc = mem_fmt("%s/proc", root);
	bool privileged = geteuid() == 0;

	if (unshare(CLONE_NEWNS | (privileged ? 0 : CLONE_NEWUSER)) < 0)
		return false;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("/proc", proc, NULL, MS_BIND | MS_REC, NULL) < 0)
		return false;
	if (chroot(root) < 0 || chdir("/") < 0)
		return false;
	return !privileged ||
	       (setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static bool can_enter_root(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(enter_root() ? 0 : 1);
	waitpid(pid, &status, 0);
	return status == 0;
}

static int remove_root(void **state)
{
	return folder_remove(root);
}

static int make_root(void **state)
{
	static const char *const folders[] = {"",     "/proc",	   "/tmp",
					      "/var", "/var/task", "/var/task/lib"};

	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < array_len(folders); i++) {
		AUTO_FREE char *path = mem_fmt("%s%s", root, folders[i]);

		mkdir(path, 0755);
		chmod(path, 0755);
	}
	unpack();
	if (!can_enter_root()) {
		remove_root(state);
		fputs("this machine gives no empty root to this user\n", stderr);
		exit(77); /* meson: skipped */
	}
	return 0;
}

static void copy_span(char *to, size_t room, struct span text)
{
	snprintf(to, room, "%.*s", (int)text.len, text.at);
}

static void give_event(struct world *world, struct http_exchange *x)
{
	char deadline[32];

	if (world->nexts++ > 0) { /* no more: it ends */
		http_reply(x, 410, "text/plain", "", 0);
		return;
	}
	snprintf(deadline, sizeof(deadline), "%lld", (long long)(clock_real().ms + 17 * SECOND));
	http_reply_header(x, "Lambda-Runtime-Aws-Request-Id", "req-1");
	http_reply_header(x, "Lambda-Runtime-Deadline-Ms", deadline);
	http_reply_header(x, "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x");
	http_reply(x, 200, "application/json", world->event, strlen(world->event));
}

static void take_call(struct world *world, struct http_exchange *x)
{
	copy_span(world->operation, sizeof(world->operation), http_header(x, "X-Amz-Target"));
	copy_span(world->input, sizeof(world->input), x->body);
	world->was_signed = http_header(x, "Authorization").len > 0;
	http_reply(x, 200, "application/x-amz-json-1.1", "{}", 2);
}

static void on_request(struct http_exchange *x, void *user)
{
	static const char runtime[] = "/2018-06-01/runtime/";
	struct world *world = user;

	if (span_is(x->path, "/2018-06-01/runtime/invocation/next")) {
		give_event(world, x);
	} else if (x->path.len > strlen(runtime) &&
		   memcmp(x->path.at, runtime, strlen(runtime)) == 0) {
		copy_span(
			world->said, sizeof(world->said),
			(struct span){x->path.at + strlen(runtime), x->path.len - strlen(runtime)});
		copy_span(world->body, sizeof(world->body), x->body);
		http_reply(x, 202, "application/json", "{}", 2);
	} else if (span_is(x->method, "POST")) {
		take_call(world, x);
	} else {
		http_reply(x, world->service_status, "application/json", "{}", 2);
	}
}

/* The child: an empty root, nobody special, what Lambda sets. */
static void become_function(int port, const char *handler)
{
	AUTO_FREE char *api = mem_fmt("AWS_LAMBDA_RUNTIME_API=127.0.0.1:%d", port);
	AUTO_FREE char *endpoint = mem_fmt("AWS_ENDPOINT_URL=http://127.0.0.1:%d", port);
	AUTO_FREE char *test = mem_fmt("TEST_URL=http://127.0.0.1:%d/", port);
	AUTO_FREE char *name = mem_fmt("_HANDLER=%s", handler);
	char *const env[] = {api,
			     endpoint,
			     test,
			     name,
			     mem_strdup("AWS_REGION=us-east-1"),
			     mem_strdup("AWS_ACCESS_KEY_ID=ASIATEST"),
			     mem_strdup("AWS_SECRET_ACCESS_KEY=secret"),
			     mem_strdup("PARAM_FAILURE_MODE=/golden/failure_mode"),
			     NULL};
	char *const args[] = {mem_strdup("bootstrap"), NULL};

	if (!enter_root())
		_exit(120);
	execve("/var/task/bootstrap", args, env);
	_exit(122);
}

static void on_patience_over(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* Until it ends by itself: its exit status. */
static int run(struct world *world, const char *handler, const char *event)
{
	struct http_server_options options = {
		.handle = on_request, .user = world, .body_limit = 65536};
	msec until = clock_monotonic() + PATIENCE;
	int status = -1;
	pid_t pid;

	world->event = event;
	uv_loop_init(&world->loop);
	uv_timer_init(&world->loop, &world->patience);
	assert_int_equal(http_server_open(&world->loop, "127.0.0.1", 0, &options, &world->server),
			 0);
	pid = fork();
	if (pid == 0)
		become_function(http_server_port(world->server), handler);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_monotonic() > until)
			kill(pid, SIGKILL);
		uv_timer_start(&world->patience, on_patience_over, 10, 0);
		uv_run(&world->loop, UV_RUN_DEFAULT);
	}
	http_server_close(world->server);
	uv_close((uv_handle_t *)&world->patience, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	uv_loop_close(&world->loop);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define HOOK "{\"DeploymentId\": \"d-1\", \"LifecycleEventHookExecutionId\": \"e-1\"}"

static void a_healthy_service_lets_the_deployment_go_on(void **state)
{
	struct world world = {.service_status = 200};

	assert_int_equal(run(&world, "deploy_hook", HOOK), EXIT_FAILURE);
	assert_int_equal(world.nexts, 2);
	assert_string_equal(world.operation,
			    "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus");
	assert_true(world.was_signed);
	assert_non_null(strstr(world.input, "\"deploymentId\":\"d-1\""));
	assert_non_null(strstr(world.input, "\"lifecycleEventHookExecutionId\":\"e-1\""));
	assert_non_null(strstr(world.input, "\"status\":\"Succeeded\""));
	assert_string_equal(world.said, "invocation/req-1/response");
	assert_string_equal(world.body, "{\"status\":\"Succeeded\"}");
}

static void a_sick_one_stops_it_before_the_deadline(void **state)
{
	struct world world = {.service_status = 500};

	run(&world, "deploy_hook", HOOK);
	assert_non_null(strstr(world.input, "\"status\":\"Failed\""));
	assert_string_equal(world.said, "invocation/req-1/response");
}

static void an_event_of_somebody_else_is_an_error(void **state)
{
	struct world world = {.service_status = 200};

	run(&world, "deploy_hook", "{\"hello\": 1}");
	assert_string_equal(world.operation, "");
	assert_string_equal(world.said, "invocation/req-1/error");
	assert_non_null(strstr(world.body, "\"errorType\":\"Hook.BadEvent\""));
}

static void reset_heals_the_failure_mode(void **state)
{
	struct world world = {0};

	run(&world, "reset", "{}");
	assert_string_equal(world.operation, "AmazonSSM.PutParameter");
	assert_non_null(strstr(world.input, "\"Name\":\"/golden/failure_mode\""));
	assert_non_null(strstr(world.input, "\"Value\":\"none\""));
	assert_string_equal(world.body, "{\"Reset\":[\"/golden/failure_mode\"]}");
}

static void an_unknown_handler_is_told_at_once(void **state)
{
	struct world world = {0};

	assert_int_equal(run(&world, "nobody", "{}"), EXIT_FAILURE);
	assert_int_equal(world.nexts, 0);
	assert_string_equal(world.said, "init/error");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_service_lets_the_deployment_go_on),
		cmocka_unit_test(a_sick_one_stops_it_before_the_deadline),
		cmocka_unit_test(an_event_of_somebody_else_is_an_error),
		cmocka_unit_test(reset_heals_the_failure_mode),
		cmocka_unit_test(an_unknown_handler_is_told_at_once),
	};

	package = argc > 1 ? argv[1] : NULL;
	assert_non_null(package);
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
