/*
 * app_test.c - the real golden-app between a real PostgreSQL and an AWS endpoint of the test's.
 */
#include "app/test_aws.h"
#include "app/test_process.h"
#include "lib/base/mem.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program; /* argv[1] */
static struct test_aws *aws;
static struct test_postgres postgres;

/* --- environments ----------------------------------------------------------------------------- */

#define ENVIRONMENT_MAX 40

struct environment {
	char *items[ENVIRONMENT_MAX + 1];
	size_t count;
};

static void set(struct environment *environment, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void set(struct environment *environment, const char *fmt, ...)
{
	va_list args;

	assert_true(environment->count < ENVIRONMENT_MAX);
	va_start(args, fmt);
	environment->items[environment->count++] = mem_vfmt(fmt, args);
	va_end(args);
}

/* As a task has it: a port of its own, AWS, the database. What is set later goes before. */
static void set_usual(struct environment *environment)
{
	set(environment, "BIND_ADDRESS=127.0.0.1");
	set(environment, "PORT=0");
	set(environment, "AWS_ENDPOINT_URL=http://127.0.0.1:%d", test_aws_port(aws));
	set(environment, "AWS_REGION=us-east-1");
	set(environment, "PARAM_FAILURE_MODE=/golden/failure_mode");
	set(environment, "FAILURE_MODE_MAX_AGE_MS=0");
	set(environment, "DB_HOST=127.0.0.1");
	set(environment, "DB_PORT=%d", postgres.port);
	set(environment, "DB_USERNAME=postgres");
	set(environment, "DB_NAME=postgres");
}

static void set_keys(struct environment *environment)
{
	set(environment, "AWS_ACCESS_KEY_ID=" TEST_AWS_KEY);
	set(environment, "AWS_SECRET_ACCESS_KEY=" TEST_AWS_SECRET);
}

static struct test_app start(struct environment *environment)
{
	struct test_app app = test_app_start(program, (const char *const *)environment->items);

	for (size_t i = 0; i < environment->count; i++)
		free(environment->items[i]);
	*environment = (struct environment){0};
	return app;
}

static struct test_app start_usual(void)
{
	struct environment environment = {0};

	set_usual(&environment);
	set_keys(&environment);
	set(&environment, "DB_PASSWORD=" TEST_PG_PASSWORD);
	return start(&environment);
}

static void break_it(const char *mode)
{
	struct test_aws_world *world = test_aws_lock(aws);

	snprintf(world->mode, sizeof(world->mode), "%s", mode);
	test_aws_unlock(aws);
}

/* --- expectations ----------------------------------------------------------------------------- */

static void assert_body(const struct test_reply *reply, const char *member, const char *expected)
{
	AUTO_JSON json_t *body = json_read(reply->body, strlen(reply->body));

	assert_non_null(body);
	assert_string_equal(json_str_or(body, member, "(none)"), expected);
}

static void assert_answers(const struct test_app *app, const char *target, int status,
			   const char *error)
{
	struct test_reply reply = test_http(app->port, "GET", target);

	assert_int_equal(reply.status, status);
	if (error)
		assert_body(&reply, "error", error);
}

static void assert_stops(struct test_app *app)
{
	assert_int_equal(test_app_stop(app), 0);
}

/* --- what it says ----------------------------------------------------------------------------- */

static void it_says_which_task_it_is(void **state)
{
	struct environment environment = {0};
	struct test_reply reply;
	struct test_app app;

	set_usual(&environment);
	set_keys(&environment);
	set(&environment, "ECS_CONTAINER_METADATA_URI_V4=http://127.0.0.1:%d/v4",
	    test_aws_port(aws));
	app = start(&environment);
	for (int tries = 0; tries < 100; tries++) {
		reply = test_http(app.port, "GET", "/");
		if (strstr(reply.body, "0123456789abcdef"))
			break;
		poll(NULL, 0, 20); /* the metadata is asked for after it is ready */
	}
	assert_int_equal(reply.status, 200);
	assert_body(&reply, "name", "golden-app");
	assert_body(&reply, "version", GOLDEN_VERSION);
	assert_body(&reply, "taskId", "0123456789abcdef");
	assert_body(&reply, "availabilityZone", "us-east-1b");
	assert_body(&reply, "failureMode", "none");
	assert_stops(&app);
}

static void wrong_requests_hear_what_was_expected(void **state)
{
	static const char *const wrong[] = {"0", "-1",	"10001",    "1.5", "x",
					    "",	 "1e3", "100&ms=1", "%31", "00000100"};
	struct test_app app = start_usual();
	struct test_reply reply;

	assert_answers(&app, "/nowhere", 404, "not_found");
	assert_answers(&app, "/db/", 404, "not_found");
	reply = test_http(app.port, "DELETE", "/db");
	assert_int_equal(reply.status, 405);
	assert_non_null(strstr(reply.head, "\r\nAllow: GET, HEAD"));

	for (size_t i = 0; i < array_len(wrong); i++) {
		AUTO_FREE char *target = mem_fmt("/work?ms=%s", wrong[i]);

		reply = test_http(app.port, "GET", target);
		assert_int_equal(reply.status, 400);
		assert_body(&reply, "error", "bad_request");
		assert_non_null(strstr(reply.body, "from 1 to 10000"));
	}
	assert_answers(&app, "/work?ms=1", 200, NULL);
	assert_answers(&app, "/work?other=x&ms=2", 200, NULL);

	reply = test_http(app.port, "HEAD", "/");
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "");
	assert_non_null(strstr(reply.head, "Content-Length: 10"));
	assert_stops(&app);
}

static void each_request_is_one_line(void **state)
{
	struct test_app app = start_usual();
	AUTO_JSON json_t *good = NULL;
	AUTO_JSON json_t *bad = NULL;
	int fd = test_http_send(app.port, "GET", "/healthz?x=%22",
				"X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678;"
				"Root=1-67891233-abcdef012345678912345678\r\n");

	assert_int_equal(test_http_read(fd).status, 200);
	good = test_app_line(&app);
	assert_string_equal(json_str(good, "level"), "INFO");
	assert_string_equal(json_str(good, "traceId"), "1-67891233-abcdef012345678912345678");
	assert_string_equal(json_str(good, "method"), "GET");
	assert_string_equal(json_str(good, "path"), "/healthz");
	assert_int_equal(json_int_or(good, "status", 0), 200);
	assert_int_equal(strlen(json_str(good, "requestId")), 32);
	assert_false(json_has(good, "errorType"));
	assert_true(json_num_or(good, "latencyMs", -1) >= 0);
	assert_true(json_has(good, "time"));

	assert_answers(&app, "/a\x01", 400, NULL); /* no request at all, and no line */
	assert_answers(&app, "/nowhere", 404, NULL);
	bad = test_app_line(&app);
	assert_string_equal(json_str(bad, "level"), "WARN");
	assert_string_equal(json_str(bad, "errorType"), "not_found");
	assert_stops(&app);
}

/* --- failure modes ---------------------------------------------------------------------------- */

static void return_500_breaks_health_checks_and_none_heals(void **state)
{
	struct test_app app = start_usual();
	int bad_signatures;

	assert_answers(&app, "/healthz", 200, NULL);
	break_it("return_500");
	assert_answers(&app, "/healthz", 500, "injected_failure");
	assert_answers(&app, "/", 500, "injected_failure");
	break_it("none");
	assert_answers(&app, "/healthz", 200, NULL);
	break_it("no such mode");
	assert_answers(&app, "/healthz", 200, NULL);
	break_it("none");

	bad_signatures = test_aws_lock(aws)->bad_signatures;
	test_aws_unlock(aws);
	assert_int_equal(bad_signatures, 0);
	assert_stops(&app);
}

static void the_last_known_mode_outlives_ssm(void **state)
{
	struct test_app app = start_usual();
	struct test_aws_world *world;

	break_it("return_500");
	assert_answers(&app, "/healthz", 500, "injected_failure");
	world = test_aws_lock(aws);
	world->fail_next = 1000000;
	world->fail_status = 500;
	snprintf(world->mode, sizeof(world->mode), "none");
	test_aws_unlock(aws);
	for (int i = 0; i < 3; i++)
		assert_answers(&app, "/healthz", 500, "injected_failure");

	world = test_aws_lock(aws);
	world->fail_next = 0;
	test_aws_unlock(aws);
	for (int tries = 0; tries < 200; tries++) {
		if (test_http(app.port, "GET", "/healthz").status == 200)
			break;
		poll(NULL, 0, 20);
	}
	assert_answers(&app, "/healthz", 200, NULL);
	assert_stops(&app);
}

static void a_throttled_read_is_tried_again(void **state)
{
	struct test_app app = start_usual();
	struct test_aws_world *world;

	assert_answers(&app, "/healthz", 200, NULL);
	world = test_aws_lock(aws);
	snprintf(world->mode, sizeof(world->mode), "return_500");
	world->fail_next = 1;
	world->fail_status = 400;
	test_aws_unlock(aws);
	assert_answers(&app, "/healthz", 500, "injected_failure");
	break_it("none");
	assert_stops(&app);
}

static void one_read_serves_all_within_its_age(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	int before, after;

	set(&environment, "FAILURE_MODE_MAX_AGE_MS=60000");
	set_usual(&environment);
	set_keys(&environment);
	before = test_aws_lock(aws)->parameters;
	test_aws_unlock(aws);
	app = start(&environment);
	for (int i = 0; i < 20; i++)
		assert_answers(&app, "/healthz", 200, NULL);
	after = test_aws_lock(aws)->parameters;
	test_aws_unlock(aws);
	assert_int_equal(after - before, 1);
	assert_stops(&app);
}

static void container_credentials_are_renewed_before_they_expire(void **state)
{
	struct environment environment = {0};
	struct test_aws_world *world;
	struct test_app app;
	int sets, bad;

	set_usual(&environment);
	set(&environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:%d/credentials",
	    test_aws_port(aws));
	set(&environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" TEST_AWS_TOKEN);
	world = test_aws_lock(aws);
	world->credentials = 0;
	world->credentials_last = 5 * MINUTE; /* good, and due */
	test_aws_unlock(aws);
	app = start(&environment);
	for (int i = 0; i < 50; i++) {
		assert_answers(&app, "/healthz", 200, NULL);
		world = test_aws_lock(aws);
		sets = world->credentials;
		world->credentials_last = sets >= 2 ? HOUR : world->credentials_last;
		bad = world->bad_signatures;
		test_aws_unlock(aws);
	}
	assert_int_equal(bad, 0);
	assert_in_range(sets, 2, 4);
	assert_stops(&app);
}

/* --- the database ----------------------------------------------------------------------------- */

static void change_password(const char *password)
{
	AUTO_FREE char *sql = mem_fmt("ALTER ROLE app PASSWORD '%s'", password);

	free(test_postgres_ask(&postgres, sql));
}

static void write_secret(const char *password)
{
	struct test_aws_world *world = test_aws_lock(aws);

	snprintf(world->secret, sizeof(world->secret),
		 "{\"host\":\"127.0.0.1\",\"port\":%d,\"username\":\"app\",\"password\":\"%s\","
		 "\"dbname\":\"postgres\",\"engine\":\"postgres\"}",
		 postgres.port, password);
	test_aws_unlock(aws);
}

static void injected_credentials_drift_when_the_password_changes(void **state)
{
	struct environment environment = {0};
	struct test_app app;

	change_password("old");
	set(&environment, "DB_USERNAME=app");
	set(&environment, "DB_PASSWORD=old");
	set(&environment, "DB_MAX_CONNECTION_AGE_MS=300");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	assert_answers(&app, "/db", 200, NULL);
	change_password("new");
	poll(NULL, 0, 350); /* the connection of before is still good until its age is reached */
	assert_answers(&app, "/db", 503, "db_auth_failed");
	assert_answers(&app, "/healthz", 200, NULL);
	assert_stops(&app);
}

static void the_secret_is_fetched_again_when_it_is_refused(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	int before, after;

	change_password("old");
	write_secret("old");
	set(&environment, "DB_CREDENTIALS=secret");
	set(&environment, "DB_SECRET_ARN=arn:aws:secretsmanager:us-east-1:123456789012:secret:x");
	set(&environment, "DB_MAX_CONNECTION_AGE_MS=1200");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	assert_answers(&app, "/db", 200, NULL);
	before = test_aws_lock(aws)->secrets;
	test_aws_unlock(aws);
	change_password("new");
	write_secret("new");
	poll(NULL, 0, 1300);
	for (int i = 0; i < 3; i++)
		assert_answers(&app, "/db", 200, NULL);
	after = test_aws_lock(aws)->secrets;
	test_aws_unlock(aws);
	assert_int_equal(after - before, 1);
	assert_stops(&app);
}

static int connections_of(const char *role)
{
	AUTO_FREE char *sql =
		mem_fmt("SELECT count(*) FROM pg_stat_activity WHERE usename = '%s'", role);
	AUTO_FREE char *count = test_postgres_ask(&postgres, sql);

	return (int)strtol(count, NULL, 10);
}

static void connections_leak_until_the_database_has_none_left(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	struct test_reply reply = {0};
	int good = 0;

	change_password("leaky");
	set(&environment, "DB_USERNAME=app");
	set(&environment, "DB_PASSWORD=leaky");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	break_it("connection_leak");
	for (int i = 0; i < 12; i++) {
		reply = test_http(app.port, "GET", "/db");
		if (reply.status != 200)
			break;
		good++;
		assert_int_equal(connections_of("app"), good);
	}
	/* 12 connections, 3 of which are the superuser's. */
	assert_int_equal(good, 9);
	assert_int_equal(reply.status, 503);
	assert_body(&reply, "error", "db_too_many_connections");

	/* What leaked stays leaked: only a new task has its connections back. */
	break_it("none");
	assert_answers(&app, "/db", 503, "db_too_many_connections");
	assert_answers(&app, "/healthz", 200, NULL);
	assert_stops(&app);
	for (int tries = 0; connections_of("app") > 0 && tries < 200; tries++)
		poll(NULL, 0, 20);
	assert_int_equal(connections_of("app"), 0);
}

static void a_database_that_is_not_there_is_unreachable(void **state)
{
	struct environment environment = {0};
	struct test_app app;

	set(&environment, "DB_PORT=1");
	set(&environment, "DB_PASSWORD=x");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	assert_answers(&app, "/db", 503, "db_unreachable");
	assert_stops(&app);
}

static void a_silent_database_times_out(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	AUTO_FREE char *backend = NULL;
	pid_t pid;

	change_password("quiet");
	set(&environment, "DB_USERNAME=app");
	set(&environment, "DB_PASSWORD=quiet");
	set(&environment, "DB_QUERY_TIMEOUT_MS=100");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	assert_answers(&app, "/db", 200, NULL);
	backend = test_postgres_ask(&postgres,
				    "SELECT pid FROM pg_stat_activity WHERE usename = 'app'");
	pid = (pid_t)strtol(backend, NULL, 10);
	assert_true(pid > 1);
	kill(pid, SIGSTOP);
	assert_answers(&app, "/db", 503, "db_timeout");
	assert_answers(&app, "/db", 200, NULL); /* on a new connection */
	kill(pid, SIGCONT);
	assert_stops(&app);
}

static void a_lost_connection_is_replaced(void **state)
{
	struct test_app app = start_usual();

	assert_answers(&app, "/db", 200, NULL);
	free(test_postgres_ask(&postgres, "SELECT count(pg_terminate_backend(pid)) "
					  "FROM pg_stat_activity "
					  "WHERE application_name = 'golden-app'"));
	for (int tries = 0; tries < 100; tries++) {
		if (test_http(app.port, "GET", "/db").status == 200)
			break;
	}
	assert_answers(&app, "/db", 200, NULL);
	assert_stops(&app);
}

/* --- load and the end ------------------------------------------------------------------------- */

static void too_much_work_is_refused_and_the_loop_goes_on(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	int fds[6], good = 0, refused = 0;

	set(&environment, "WORK_THREADS=1");
	set(&environment, "WORK_QUEUE_SIZE=1");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	for (size_t i = 0; i < array_len(fds); i++)
		fds[i] = test_http_send(app.port, "GET", "/work?ms=300", "");
	assert_answers(&app, "/healthz", 200, NULL);
	for (size_t i = 0; i < array_len(fds); i++) {
		struct test_reply reply = test_http_read(fds[i]);

		if (reply.status == 200) {
			good++;
			continue;
		}
		refused++;
		assert_int_equal(reply.status, 503);
		assert_non_null(strstr(reply.head, "\r\nRetry-After: 1"));
		assert_body(&reply, "error", "overloaded");
	}
	assert_int_equal(good, 2); /* one burns, one waits */
	assert_int_equal(refused, 4);
	assert_stops(&app);
}

static void sigterm_finishes_what_is_in_flight(void **state)
{
	struct test_app app = start_usual();
	int fd = test_http_send(app.port, "GET", "/work?ms=400", "");
	int idle = test_http_send(app.port, "GET", "/healthz", "");
	struct test_reply reply;
	int status;

	assert_int_equal(test_http_read(idle).status, 200);
	kill(app.pid, SIGTERM);
	/* It may take a moment to hear of the signal. */
	for (int tries = 0; tries < 100; tries++) {
		int other = test_http_send(app.port, "GET", "/healthz", "");

		if (other < 0)
			break;
		close(other);
		poll(NULL, 0, 2);
	}
	reply = test_http_read(fd);
	assert_int_equal(reply.status, 200);
	status = test_app_stop(&app);
	assert_int_equal(status, 0);
}

static void the_stop_timeout_ends_what_does_not_finish(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	int fd;

	set(&environment, "STOP_TIMEOUT_MS=100");
	set_usual(&environment);
	set_keys(&environment);
	app = start(&environment);
	fd = test_http_send(app.port, "GET", "/work?ms=1000", "");
	assert_answers(&app, "/healthz", 200, NULL);
	assert_stops(&app);
	close(fd);
}

/* --- traces ----------------------------------------------------------------------------------- */

static int open_daemon(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static json_t *read_segment(int fd, int patience)
{
	static const char header[] = "{\"format\":\"json\",\"version\":1}\n";
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char text[65536];
	ssize_t len;

	if (poll(&ready, 1, patience) <= 0)
		return NULL;
	len = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(len > (ssize_t)sizeof(header));
	assert_memory_equal(text, header, sizeof(header) - 1);
	return json_read(text + sizeof(header) - 1, (size_t)len - (sizeof(header) - 1));
}

#define ROOT "1-67891233-abcdef012345678912345678"
#define PARENT "53995c3f42cd8ad8"

static void a_sampled_request_sends_a_segment_with_its_calls(void **state)
{
	struct environment environment = {0};
	struct test_aws_world *world;
	struct test_app app;
	AUTO_JSON json_t *segment = NULL;
	char last_trace[128];
	int port, daemon = open_daemon(&port), fd;

	set_usual(&environment);
	set_keys(&environment);
	set(&environment, "DB_PASSWORD=" TEST_PG_PASSWORD);
	set(&environment, "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:%d", port);
	app = start(&environment);

	fd = test_http_send(app.port, "GET", "/db", "X-Amzn-Trace-Id: Root=" ROOT ";Sampled=0\r\n");
	assert_int_equal(test_http_read(fd).status, 200);
	fd = test_http_send(app.port, "GET", "/db?q=%22",
			    "X-Forwarded-For: 198.51.100.7, 10.0.0.1\r\nUser-Agent: a\"b\r\n"
			    "X-Amzn-Trace-Id: Root=" ROOT ";Parent=" PARENT ";Sampled=1\r\n");
	assert_int_equal(test_http_read(fd).status, 200);

	segment = read_segment(daemon, 10000);
	assert_non_null(segment);
	assert_string_equal(json_str(segment, "name"), "golden-app");
	assert_string_equal(json_str(segment, "trace_id"), ROOT);
	assert_string_equal(json_str(segment, "parent_id"), PARENT);
	assert_int_equal(strlen(json_str(segment, "id")), 16);
	assert_true(json_num_or(segment, "end_time", 0) >= json_num_or(segment, "start_time", 1));
	assert_string_equal(json_path_str(segment, "http.request.url"),
			    "http://localhost/db?q=%22");
	assert_string_equal(json_path_str(segment, "http.request.client_ip"), "198.51.100.7");
	assert_string_equal(json_path_str(segment, "http.request.user_agent"), "a\"b");
	assert_string_equal(json_path_str(segment, "subsegments.0.name"), "SSM");
	assert_string_equal(json_path_str(segment, "subsegments.0.aws.operation"), "GetParameter");
	assert_string_equal(json_path_str(segment, "subsegments.1.sql.sanitized_query"),
			    "SELECT 1");
	assert_false(json_has(segment, "fault"));
	assert_null(read_segment(daemon, 50)); /* of the request that was not to be sampled */

	world = test_aws_lock(aws);
	memcpy(last_trace, world->last_trace, sizeof(last_trace));
	test_aws_unlock(aws);
	assert_non_null(strstr(last_trace, "Root=" ROOT ";Parent="));
	assert_non_null(strstr(last_trace, ";Sampled=1"));
	close(daemon);
	assert_stops(&app);
}

static void an_injected_failure_is_a_fault_in_its_segment(void **state)
{
	struct environment environment = {0};
	struct test_app app;
	AUTO_JSON json_t *segment = NULL;
	int port, daemon = open_daemon(&port), fd;

	set_usual(&environment);
	set_keys(&environment);
	set(&environment, "AWS_XRAY_DAEMON_ADDRESS=tcp:127.0.0.1:1 udp:127.0.0.1:%d", port);
	app = start(&environment);
	break_it("return_500");
	fd = test_http_send(app.port, "GET", "/", "X-Amzn-Trace-Id: Root=" ROOT ";Sampled=1\r\n");
	assert_int_equal(test_http_read(fd).status, 500);
	break_it("none");
	segment = read_segment(daemon, 10000);
	assert_true(json_bool_or(segment, "fault", false));
	assert_string_equal(json_path_str(segment, "annotations.error_type"), "injected_failure");
	assert_false(json_has(segment, "parent_id"));
	close(daemon);
	assert_stops(&app);
}

/* --- the command line ------------------------------------------------------------------------- */

static void its_options_do_what_they_say(void **state)
{
	static const char *const nothing[] = {NULL};
	static const char *const wrong[] = {"PORT=70000", "DB_CREDENTIALS=file", NULL};
	struct test_app app = start_usual();
	char out[16384], port[32];
	const char *const same[] = {"BIND_ADDRESS=0.0.0.0", port, NULL};

	snprintf(port, sizeof(port), "PORT=%d", app.port);
	assert_int_equal(test_app_run(program, same, "--healthcheck", out, sizeof(out)), 0);
	break_it("return_500");
	assert_int_equal(test_app_run(program, same, "--healthcheck", out, sizeof(out)), 1);
	assert_non_null(strstr(out, "HTTP/1.1 500"));
	break_it("none");
	assert_stops(&app);
	assert_int_equal(test_app_run(program, same, "--healthcheck", out, sizeof(out)), 1);
	assert_non_null(strstr(out, "Connection refused"));

	assert_int_equal(test_app_run(program, nothing, "--version", out, sizeof(out)), 0);
	assert_string_equal(out, "golden-app " GOLDEN_VERSION "\n");
	assert_int_equal(test_app_run(program, nothing, "--help", out, sizeof(out)), 0);
	assert_non_null(strstr(out, "DB_MAX_CONNECTION_AGE_MS [60000]"));
	assert_int_equal(test_app_run(program, nothing, "--no-such", out, sizeof(out)), 2);
	assert_int_equal(test_app_run(program, wrong, NULL, out, sizeof(out)), 2);
	assert_non_null(strstr(out, "PORT must be a whole number from 0 to 65535."));
	assert_non_null(strstr(out, "DB_CREDENTIALS must be one of: env secret."));
}

/* --- the world around it ---------------------------------------------------------------------- */

static int set_up(void **state)
{
	/* Each waits for its own: processes first, so that no thread is there when they fork. */
	postgres = test_postgres_start();
	free(test_postgres_ask(&postgres, "CREATE ROLE app LOGIN"));
	aws = test_aws_start();
	return 0;
}

static int take_down(void **state)
{
	test_aws_stop(aws);
	test_postgres_stop(&postgres);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_which_task_it_is),
		cmocka_unit_test(wrong_requests_hear_what_was_expected),
		cmocka_unit_test(each_request_is_one_line),
		cmocka_unit_test(return_500_breaks_health_checks_and_none_heals),
		cmocka_unit_test(the_last_known_mode_outlives_ssm),
		cmocka_unit_test(a_throttled_read_is_tried_again),
		cmocka_unit_test(one_read_serves_all_within_its_age),
		cmocka_unit_test(container_credentials_are_renewed_before_they_expire),
		cmocka_unit_test(injected_credentials_drift_when_the_password_changes),
		cmocka_unit_test(the_secret_is_fetched_again_when_it_is_refused),
		cmocka_unit_test(connections_leak_until_the_database_has_none_left),
		cmocka_unit_test(a_database_that_is_not_there_is_unreachable),
		cmocka_unit_test(a_silent_database_times_out),
		cmocka_unit_test(a_lost_connection_is_replaced),
		cmocka_unit_test(too_much_work_is_refused_and_the_loop_goes_on),
		cmocka_unit_test(sigterm_finishes_what_is_in_flight),
		cmocka_unit_test(the_stop_timeout_ends_what_does_not_finish),
		cmocka_unit_test(a_sampled_request_sends_a_segment_with_its_calls),
		cmocka_unit_test(an_injected_failure_is_a_fault_in_its_segment),
		cmocka_unit_test(its_options_do_what_they_say),
	};

	if (argc < 2)
		return 2;
	program = argv[1];
	if (argc > 2)
		cmocka_set_test_filter(argv[2]);
	return cmocka_run_group_tests_name("app", tests, set_up, take_down);
}
