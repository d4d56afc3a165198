/*
 * test_aws.c - the other side of AWS_ENDPOINT_URL, for app_test.
 */
#include "app/test_aws.h"
#include "lib/aws/sigv4.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "lib/net/http_server.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTAINER_SECRET "secret-of-container-"
#define CONTAINER_TOKEN "session-token-"

struct test_aws {
	uv_thread_t thread;
	uv_loop_t loop;
	uv_async_t stop;
	struct http_server *server;
	int port;
	uv_mutex_t lock;
	struct test_aws_world world;
};

static void reply_tree(struct http_exchange *x, int status, const json_t *tree)
{
	AUTO_FREE char *text = json_text(tree);

	http_reply(x, status, "application/x-amz-json-1.1", text, strlen(text));
}

static void reply_fault(struct http_exchange *x, int status, const char *code)
{
	AUTO_JSON json_t *fault = json_object();

	json_set_str(fault, "__type", code);
	json_set_str(fault, "message", "the test says so");
	reply_tree(x, status, fault);
}

/* --- signatures ------------------------------------------------------------------------------- */

/* Which secret a key id stands for; owned by the arena. NULL: nobody's. */
static const char *secret_of(struct http_exchange *x, const char *key)
{
	struct span token = http_header(x, "x-amz-security-token");

	if (strcmp(key, TEST_AWS_KEY) == 0)
		return token.at ? NULL : TEST_AWS_SECRET;
	if (strncmp(key, "ASIA", 4) != 0)
		return NULL;
	if (!span_is(token, arena_fmt(x->arena, CONTAINER_TOKEN "%s", key + 4)))
		return NULL;
	return arena_fmt(x->arena, CONTAINER_SECRET "%s", key + 4);
}

static bool verifies(struct http_exchange *x)
{
	struct sigv4_header headers[HTTP1_HEADERS_MAX];
	struct span authorization = http_header(x, "authorization");
	struct span date = http_header(x, "x-amz-date");
	struct sigv4_claim claim;
	const char *secret;
	char hash[65], signature[65];
	struct sigv4_request request = {
		.method = span_dup(x->arena, x->method),
		.path = span_dup(x->arena, x->path),
		.query = x->query.at ? span_dup(x->arena, x->query) : "",
		.headers = headers,
		.nheaders = x->nheaders,
		.payload_sha256 = hash,
	};

	if (!authorization.at || !date.at)
		return false;
	for (size_t i = 0; i < x->nheaders; i++) {
		headers[i].name = span_dup(x->arena, x->headers[i].name);
		headers[i].value = span_dup(x->arena, x->headers[i].value);
	}
	if (!sigv4_read_authorization(x->arena, span_dup(x->arena, authorization), &claim))
		return false;
	secret = secret_of(x, claim.access_key_id);
	if (!secret || !strstr(claim.signed_headers, "host") ||
	    !strstr(claim.signed_headers, "x-amz-target"))
		return false;
	sigv4_sha256_hex(x->body.at, x->body.len, hash);
	sigv4_signature(&request, &claim.scope, span_dup(x->arena, date), claim.signed_headers,
			secret, signature);
	return sigv4_same(signature, claim.signature);
}

/* --- what it answers -------------------------------------------------------------------------- */

static void answer_credentials(struct test_aws *aws, struct http_exchange *x)
{
	AUTO_JSON json_t *out = json_object();
	char expires[CLOCK_TEXT];
	int number;

	if (!span_is(http_header(x, "authorization"), TEST_AWS_TOKEN)) {
		reply_fault(x, 403, "AccessDenied");
		return;
	}
	number = ++aws->world.credentials;
	json_set_str(out, "RoleArn", "arn:aws:iam::123456789012:role/task");
	json_set_str(out, "AccessKeyId", arena_fmt(x->arena, "ASIA%d", number));
	json_set_str(out, "SecretAccessKey", arena_fmt(x->arena, CONTAINER_SECRET "%d", number));
	json_set_str(out, "Token", arena_fmt(x->arena, CONTAINER_TOKEN "%d", number));
	json_set_str(out, "Expiration",
		     clock_iso_seconds(clock_real().ms + aws->world.credentials_last, expires));
	reply_tree(x, 200, out);
}

static void answer_task(struct http_exchange *x)
{
	AUTO_JSON json_t *out = json_object();

	json_set_str(out, "TaskARN",
		     "arn:aws:ecs:us-east-1:123456789012:task/golden/0123456789abcdef");
	json_set_str(out, "AvailabilityZone", "us-east-1b");
	reply_tree(x, 200, out);
}

static void answer_parameter(struct test_aws *aws, struct http_exchange *x, const json_t *in)
{
	AUTO_JSON json_t *out = json_object();
	json_t *parameter = json_add_object(out, "Parameter");

	aws->world.parameters++;
	if (strcmp(json_str_or(in, "Name", ""), "/golden/failure_mode") != 0) {
		reply_fault(x, 400, "ParameterNotFound");
		return;
	}
	json_set_str(parameter, "Name", json_str(in, "Name"));
	json_set_str(parameter, "Value", aws->world.mode);
	reply_tree(x, 200, out);
}

static void answer_secret(struct test_aws *aws, struct http_exchange *x, const json_t *in)
{
	AUTO_JSON json_t *out = json_object();

	aws->world.secrets++;
	json_set_str(out, "ARN", json_str(in, "SecretId"));
	json_set_str(out, "SecretString", aws->world.secret);
	reply_tree(x, 200, out);
}

static void answer_call(struct test_aws *aws, struct http_exchange *x)
{
	AUTO_JSON json_t *in = json_read(x->body.at, x->body.len);
	struct span target = http_header(x, "x-amz-target");
	struct span trace = http_header(x, "x-amzn-trace-id");

	snprintf(aws->world.last_trace, sizeof(aws->world.last_trace), "%.*s", (int)trace.len,
		 trace.at ? trace.at : "");
	if (!verifies(x)) {
		aws->world.bad_signatures++;
		reply_fault(x, 403, "InvalidSignatureException");
	} else if (aws->world.fail_next > 0) {
		aws->world.fail_next--;
		reply_fault(x, aws->world.fail_status,
			    aws->world.fail_status == 400 ? "ThrottlingException"
							  : "InternalServerError");
	} else if (span_is(target, "AmazonSSM.GetParameter")) {
		answer_parameter(aws, x, in);
	} else if (span_is(target, "secretsmanager.GetSecretValue")) {
		answer_secret(aws, x, in);
	} else {
		reply_fault(x, 400, "UnknownOperationException");
	}
}

static void handle(struct http_exchange *x, void *user)
{
	struct test_aws *aws = user;

	uv_mutex_lock(&aws->lock);
	if (span_is(x->path, "/credentials"))
		answer_credentials(aws, x);
	else if (span_is(x->path, "/v4/task"))
		answer_task(x);
	else
		answer_call(aws, x);
	uv_mutex_unlock(&aws->lock);
}

/* --- its thread ------------------------------------------------------------------------------- */

static void run(void *user)
{
	struct test_aws *aws = user;

	uv_run(&aws->loop, UV_RUN_DEFAULT);
}

static void on_stop(uv_async_t *stop)
{
	struct test_aws *aws = stop->data;

	http_server_close(aws->server);
	uv_close((uv_handle_t *)stop, NULL);
}

struct test_aws *test_aws_start(void)
{
	static const struct http_server_options options = {.body_limit = 65536};
	struct http_server_options own = options;
	struct test_aws *aws = mem_new(struct test_aws);
	int err;

	own.handle = handle;
	own.user = aws;
	snprintf(aws->world.mode, sizeof(aws->world.mode), "none");
	aws->world.credentials_last = HOUR;
	uv_mutex_init(&aws->lock);
	uv_loop_init(&aws->loop);
	uv_async_init(&aws->loop, &aws->stop, on_stop);
	aws->stop.data = aws;
	err = http_server_open(&aws->loop, "127.0.0.1", 0, &own, &aws->server);
	assert(err == 0);
	aws->port = http_server_port(aws->server);
	err = uv_thread_create(&aws->thread, run, aws);
	assert(err == 0);
	return aws;
}

void test_aws_stop(struct test_aws *aws)
{
	uv_async_send(&aws->stop);
	uv_thread_join(&aws->thread);
	uv_loop_close(&aws->loop);
	uv_mutex_destroy(&aws->lock);
	free(aws);
}

int test_aws_port(const struct test_aws *aws)
{
	return aws->port;
}

struct test_aws_world *test_aws_lock(struct test_aws *aws)
{
	uv_mutex_lock(&aws->lock);
	return &aws->world;
}

void test_aws_unlock(struct test_aws *aws)
{
	uv_mutex_unlock(&aws->lock);
}
