/*
 * client_test.c - calls over real HTTP to a server of the test's: signed, repeated, renewed.
 */
#include "lib/aws/client.h"
#include "lib/aws/sigv4.h"
#include "lib/base/mem.h"
#include "lib/net/http_server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct aws_service ssm = {"ssm", "ssm", AWS_JSON_1_1, "AmazonSSM", NULL};
static const struct aws_service iam = {"iam", "iam", AWS_QUERY, NULL, "2010-05-08"};
static const struct aws_service s3 = {"s3", "s3", AWS_REST, NULL, NULL};
static const struct aws_credentials keys = {"AKIA", "secret", NULL, {0}};

/* The server, and what it saw. */
struct world {
	uv_loop_t loop;
	uv_timer_t turn; /* ends each turn of the loop soon */
	struct http_server *server;
	struct aws_client *client;
	int calls, bad_signatures, credentials, done;
	int fail_calls; /* so many get fail_status and fail_body */
	int fail_status;
	const char *fail_body;
	char body[256], path[256], target[64], trace[64];
	/* The last answer's. */
	int err, status;
	char error[64], text[256];
};

static void keep(char *out, size_t size, struct span span)
{
	size_t len = span.len < size ? span.len : size - 1;

	if (len)
		memcpy(out, span.at, len);
	out[len] = '\0';
}

static bool verifies(struct http_exchange *x)
{
	struct sigv4_header headers[HTTP1_HEADERS_MAX];
	char hash[65], signature[65];
	struct sigv4_claim claim;
	struct sigv4_request request = {
		.method = span_dup(x->arena, x->method),
		.path = span_dup(x->arena, x->path),
		.query = x->query.at ? span_dup(x->arena, x->query) : "",
		.headers = headers,
		.nheaders = x->nheaders,
		.payload_sha256 = hash,
	};
	struct span authorization = http_header(x, "authorization");

	for (size_t i = 0; i < x->nheaders; i++) {
		headers[i].name = span_dup(x->arena, x->headers[i].name);
		headers[i].value = span_dup(x->arena, x->headers[i].value);
	}
	if (!authorization.at ||
	    !sigv4_read_authorization(x->arena, span_dup(x->arena, authorization), &claim))
		return false;
	sigv4_sha256_hex(x->body.at, x->body.len, hash);
	sigv4_signature(&request, &claim.scope, span_dup(x->arena, http_header(x, "x-amz-date")),
			claim.signed_headers, "secret", signature);
	return sigv4_same(signature, claim.signature);
}

static void handle(struct http_exchange *x, void *user)
{
	static const char credentials[] =
		"{\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"secret\",\"Token\":\"t\","
		"\"Expiration\":\"2999-01-01T00:00:00Z\"}";
	static const char xml[] = "<GetUserResponse><GetUserResult><User><UserName>u</UserName>"
				  "</User></GetUserResult></GetUserResponse>";
	struct world *world = user;
	const char *answer = "{\"Parameter\":{\"Value\":\"none\"}}";

	if (span_is(x->path, "/credentials")) {
		world->credentials++;
		http_reply(x, 200, "application/json", credentials, sizeof(credentials) - 1);
		return;
	}
	world->calls++;
	world->bad_signatures += !verifies(x);
	keep(world->body, sizeof(world->body), x->body);
	keep(world->path, sizeof(world->path), x->target);
	keep(world->target, sizeof(world->target), http_header(x, "x-amz-target"));
	keep(world->trace, sizeof(world->trace), http_header(x, "x-amzn-trace-id"));
	if (world->fail_calls > 0) {
		world->fail_calls--;
		http_reply(x, world->fail_status, "application/json", world->fail_body,
			   strlen(world->fail_body));
		return;
	}
	if (span_is(http_header(x, "content-type"),
		    "application/x-www-form-urlencoded; charset=utf-8"))
		answer = xml;
	http_reply_header(x, "x-amzn-RequestId", "request-1");
	http_reply(x, 200, "application/json", answer, strlen(answer));
}

static void on_done(const struct aws_answer *answer, void *user)
{
	struct world *world = user;
	const char *value = json_path_str(answer->body, "Parameter.Value");

	world->done++;
	world->err = answer->err;
	world->status = answer->status;
	strncpy(world->error, answer->error ? answer->error : "", sizeof(world->error) - 1);
	strncpy(world->text, value ? value : "", sizeof(world->text) - 1);
}

static void open_client(struct world *world, const struct aws_credentials *credentials)
{
	AUTO_FREE char *endpoint = mem_fmt("http://127.0.0.1:%d/", http_server_port(world->server));
	struct aws_options options = {
		.endpoint = endpoint,
		.region = "eu-north-1",
		.credentials = credentials,
		.timeout = 5 * SECOND,
	};

	assert_int_equal(aws_client_open(&world->loop, &options, &world->client), 0);
}

static void do_nothing(uv_timer_t *timer)
{
}

static int set_up(void **state)
{
	struct world *world = mem_new(struct world);
	struct http_server_options options = {
		.handle = handle,
		.user = world,
		.body_limit = 65536,
	};

	uv_loop_init(&world->loop);
	uv_timer_init(&world->loop, &world->turn);
	uv_timer_start(&world->turn, do_nothing, 10, 10);
	uv_unref((uv_handle_t *)&world->turn);
	*state = world;
	return http_server_open(&world->loop, "127.0.0.1", 0, &options, &world->server);
}

static int take_down(void **state)
{
	struct world *world = *state;
	int err;

	aws_client_close(world->client);
	http_server_close(world->server);
	uv_close((uv_handle_t *)&world->turn, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	err = uv_loop_close(&world->loop);
	free(world);
	return err;
}

static void run_until_done(struct world *world, int done)
{
	while (world->done < done)
		uv_run(&world->loop, UV_RUN_ONCE);
}

static void get_parameter(struct world *world)
{
	AUTO_JSON json_t *input = json_object();

	json_set_str(input, "Name", "/x");
	aws_send(world->client, &ssm, "GetParameter", input, "Root=1-2-3", on_done, world);
}

static void a_call_is_signed_and_answered(void **state)
{
	struct world *world = *state;

	open_client(world, &keys);
	get_parameter(world);
	assert_int_equal(world->done, 0);
	run_until_done(world, 1);
	assert_int_equal(world->status, 200);
	assert_string_equal(world->text, "none");
	assert_string_equal(world->body, "{\"Name\":\"/x\"}");
	assert_string_equal(world->target, "AmazonSSM.GetParameter");
	assert_string_equal(world->trace, "Root=1-2-3");
	assert_string_equal(world->path, "/");
	assert_int_equal(world->bad_signatures, 0);
}

static void query_and_raw_calls_are_signed_too(void **state)
{
	static const struct aws_raw raw = {"PUT", "/bucket/a%20b?x=1&y", "text/plain", "body", 4};
	struct world *world = *state;
	AUTO_JSON json_t *input = json_object();

	open_client(world, &keys);
	json_set_str(input, "UserName", "a b");
	aws_send(world->client, &iam, "GetUser", input, NULL, on_done, world);
	run_until_done(world, 1);
	assert_string_equal(world->body, "Action=GetUser&Version=2010-05-08&UserName=a%20b");
	aws_send_raw(world->client, &s3, &raw, on_done, world);
	run_until_done(world, 2);
	assert_string_equal(world->path, "/bucket/a%20b?x=1&y");
	assert_string_equal(world->body, "body");
	assert_int_equal(world->bad_signatures, 0);
}

static void what_passes_is_tried_again(void **state)
{
	struct world *world = *state;

	open_client(world, &keys);
	world->fail_calls = 2;
	world->fail_status = 503;
	world->fail_body = "";
	get_parameter(world);
	run_until_done(world, 1);
	assert_int_equal(world->status, 200);
	assert_int_equal(world->calls, 3);

	world->fail_calls = 1;
	world->fail_status = 400;
	world->fail_body = "{\"__type\":\"ThrottlingException\"}";
	get_parameter(world);
	run_until_done(world, 2);
	assert_int_equal(world->status, 200);
	assert_int_equal(world->calls, 5);
}

static void what_does_not_pass_is_not(void **state)
{
	struct world *world = *state;

	open_client(world, &keys);
	world->fail_calls = 1;
	world->fail_status = 400;
	world->fail_body = "{\"__type\":\"ParameterNotFound\",\"message\":\"m\"}";
	get_parameter(world);
	run_until_done(world, 1);
	assert_int_equal(world->status, 400);
	assert_string_equal(world->error, "ParameterNotFound");
	assert_int_equal(world->calls, 1);

	world->fail_calls = 3;
	world->fail_status = 500;
	world->fail_body = "{}";
	get_parameter(world);
	run_until_done(world, 2);
	assert_int_equal(world->status, 500);
	assert_string_equal(world->error, "500");
	assert_int_equal(world->calls, 4);
}

static void container_keys_are_fetched_once_for_all_that_wait(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *uri =
		mem_fmt("http://127.0.0.1:%d/credentials", http_server_port(world->server));

	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
	open_client(world, NULL);
	unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	for (int i = 0; i < 5; i++)
		get_parameter(world);
	run_until_done(world, 5);
	assert_int_equal(world->status, 200);
	assert_int_equal(world->credentials, 1);
	assert_int_equal(world->bad_signatures, 0);

	world->fail_calls = 1;
	world->fail_status = 400;
	world->fail_body = "{\"__type\":\"ExpiredTokenException\"}";
	get_parameter(world);
	run_until_done(world, 6);
	assert_int_equal(world->status, 200);
	assert_int_equal(world->credentials, 2);
}

static void without_keys_the_answer_says_so(void **state)
{
	struct world *world = *state;

	open_client(world, NULL);
	get_parameter(world);
	run_until_done(world, 1);
	assert_int_equal(world->err, -ENOKEY);
	assert_int_equal(world->calls, 0);
}

static void nobody_there_is_an_error_after_all_tries(void **state)
{
	static const struct aws_options options = {
		.endpoint = "http://127.0.0.1:1",
		.credentials = &keys,
	};
	struct world *world = *state;

	assert_int_equal(aws_client_open(&world->loop, &options, &world->client), 0);
	get_parameter(world);
	run_until_done(world, 1);
	assert_int_equal(world->err, -ECONNREFUSED);
}

static void a_client_closes_with_calls_in_flight(void **state)
{
	struct world *world = *state;

	open_client(world, &keys);
	get_parameter(world);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	get_parameter(world);
	aws_client_close(world->client);
	world->client = NULL;
	assert_int_equal(world->done, 0);
}

/* The blocking client's server is on another thread's loop. */
static void serve(void *user)
{
	struct world *world = user;

	uv_run(&world->loop, UV_RUN_DEFAULT);
}

static void stop_serving(uv_async_t *stop)
{
	struct world *world = stop->data;

	http_server_close(world->server);
	world->server = NULL;
	uv_close((uv_handle_t *)stop, NULL);
}

static void blocking_calls_are_tried_again_too(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *endpoint = mem_fmt("http://127.0.0.1:%d", http_server_port(world->server));
	struct aws_options options = {.endpoint = endpoint, .credentials = &keys};
	static const struct aws_raw head = {.method = "HEAD", .path = "/bucket/key"};
	const struct aws_answer *answer;
	struct aws_client *client;
	uv_thread_t thread;
	uv_async_t stop;

	world->fail_calls = 1;
	world->fail_status = 500;
	world->fail_body = "";
	uv_async_init(&world->loop, &stop, stop_serving);
	stop.data = world;
	assert_int_equal(uv_thread_create(&thread, serve, world), 0);

	assert_int_equal(aws_client_open(NULL, &options, &client), 0);
	answer = aws_ask(client, &ssm, "GetParameter", NULL);
	assert_int_equal(answer->err, 0);
	assert_string_equal(json_path_str(answer->body, "Parameter.Value"), "none");
	assert_string_equal(answer->request_id, "request-1");
	answer = aws_ask_raw(client, &s3, &head);
	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->raw_len, 0);
	aws_client_close(client);

	uv_async_send(&stop);
	uv_thread_join(&thread);
	assert_int_equal(world->calls, 3);
	assert_int_equal(world->bad_signatures, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)

int main(void)
{
	static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
					    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"};
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_signed_and_answered),
		TEST(query_and_raw_calls_are_signed_too),
		TEST(what_passes_is_tried_again),
		TEST(what_does_not_pass_is_not),
		TEST(container_keys_are_fetched_once_for_all_that_wait),
		TEST(without_keys_the_answer_says_so),
		TEST(nobody_there_is_an_error_after_all_tries),
		TEST(a_client_closes_with_calls_in_flight),
		TEST(blocking_calls_are_tried_again_too),
	};

	for (size_t i = 0; i < array_len(names); i++)
		unsetenv(names[i]);
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
