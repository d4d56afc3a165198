/*
 * front_test.c - signatures, transport and routing, without a socket.
 */
#include "lab/front/route.h"
#include "lab/front/signature.h"
#include "lab/front/transport.h"
#include "lab/models/s3.h"
#include "lab/models/ssm.h"
#include "lab/models/sts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define NOW ((real_ms){1767323045000}) /* 20260102T030405Z */
#define KEY "AKIAEXAMPLE"
#define SECRET "s3cret"

static struct span span_of(const char *text)
{
	return (struct span){text, text ? strlen(text) : 0};
}

static struct http_header header_of(const char *name, const char *value)
{
	return (struct http_header){span_of(name), span_of(value)};
}

static int setup(void **state)
{
	*state = arena_open();
	return 0;
}

static int teardown(void **state)
{
	arena_close(*state);
	return 0;
}

/* A request as a client would send it, signed at `when` with SECRET. */
struct sent {
	struct wire_request request;
	struct http_header headers[8];
};

static struct sent *sent_at(struct arena *arena, const char *when, const char *service,
			    const char *body, const char *token)
{
	struct sent *sent = arena_alloc(arena, sizeof(*sent));
	char *sha = arena_alloc(arena, 65);
	char *authorization;

	sigv4_sha256_hex(body, strlen(body), sha);
	const struct sigv4_header headers[] = {
		{"Host", "127.0.0.1:4566"},
		{"X-Amz-Date", when},
		{"X-Amz-Security-Token", token},
	};
	const struct sigv4_request request = {
		.method = "POST",
		.path = "/",
		.query = "",
		.headers = headers,
		.nheaders = token ? 3 : 2,
		.payload_sha256 = sha,
	};
	const struct sigv4_scope scope = {arena_strndup(arena, when, 8), "us-east-1", service};
	const struct aws_credentials credentials = {KEY, SECRET, token, {0}};

	authorization = sigv4_authorization(&request, &scope, when, &credentials);
	sent->headers[0] = header_of("Host", "127.0.0.1:4566");
	sent->headers[1] = header_of("X-Amz-Date", when);
	sent->headers[2] = header_of("Authorization", arena_strdup(arena, authorization));
	sent->headers[3] = header_of("X-Amz-Security-Token", token);
	free(authorization);
	sent->request = (struct wire_request){
		.method = span_of("POST"),
		.path = span_of("/"),
		.headers = sent->headers,
		.nheaders = token ? 4 : 3,
		.body = span_of(body),
	};
	return sent;
}

static struct key_owner owner;

static bool find_key(void *user, struct arena *arena, const char *access_key_id,
		     struct key_owner *ret_owner)
{
	if (strcmp(access_key_id, KEY) != 0)
		return false;
	*ret_owner = owner;
	return true;
}

/* The code of the refusal, or "welcome". */
static const char *check(struct arena *arena, const struct wire_request *request, int protocol)
{
	const struct signature_terms terms = {
		.protocol = (uint8_t)protocol,
		.region = "us-east-1",
		.now = NOW,
		.find_key = find_key,
	};
	struct signature signature;
	struct principal caller;
	struct fault fault = {0};

	signature_read(arena, request, &signature);
	if (signature_check(arena, request, &signature, &terms, &caller, &fault))
		return "welcome";
	assert_non_null(fault.message);
	return fault.code;
}

static void a_signed_request_is_let_in(void **state)
{
	struct sent *sent = sent_at(*state, "20260102T030000Z", "ssm", "{}", NULL);

	owner = (struct key_owner){.secret_access_key = SECRET};
	assert_string_equal(check(*state, &sent->request, PROTOCOL_JSON), "welcome");
}

static void a_wrong_signature_is_refused_in_the_protocols_words(void **state)
{
	struct sent *sent = sent_at(*state, "20260102T030000Z", "ssm", "{}", NULL);

	owner = (struct key_owner){.secret_access_key = "other"};
	assert_string_equal(check(*state, &sent->request, PROTOCOL_JSON),
			    "InvalidSignatureException");
	assert_string_equal(check(*state, &sent->request, PROTOCOL_QUERY), "SignatureDoesNotMatch");
	assert_string_equal(check(*state, &sent->request, PROTOCOL_EC2), "AuthFailure");

	/* The body is signed too. */
	owner.secret_access_key = SECRET;
	sent->request.body = span_of("{ }");
	assert_string_equal(check(*state, &sent->request, PROTOCOL_JSON),
			    "InvalidSignatureException");
}

static void a_request_without_a_signature_is_refused(void **state)
{
	struct sent *sent = sent_at(*state, "20260102T030000Z", "ssm", "{}", NULL);

	sent->request.nheaders = 2;
	assert_string_equal(check(*state, &sent->request, PROTOCOL_JSON),
			    "MissingAuthenticationTokenException");
	assert_string_equal(check(*state, &sent->request, PROTOCOL_REST_XML), "AccessDenied");
}

static void a_clock_that_is_off_is_refused(void **state)
{
	struct sent *late = sent_at(*state, "20260102T024900Z", "ssm", "{}", NULL);
	struct sent *early = sent_at(*state, "20260102T031910Z", "ssm", "{}", NULL);

	owner = (struct key_owner){.secret_access_key = SECRET};
	assert_string_equal(check(*state, &late->request, PROTOCOL_JSON),
			    "InvalidSignatureException");
	assert_string_equal(check(*state, &early->request, PROTOCOL_REST_XML),
			    "RequestTimeTooSkewed");
}

static void a_session_needs_its_token_and_ends(void **state)
{
	struct sent *with = sent_at(*state, "20260102T030000Z", "ssm", "{}", "token");
	struct sent *without = sent_at(*state, "20260102T030000Z", "ssm", "{}", NULL);

	owner = (struct key_owner){.secret_access_key = SECRET, .session_token = "token"};
	assert_string_equal(check(*state, &with->request, PROTOCOL_JSON), "welcome");
	assert_string_equal(check(*state, &without->request, PROTOCOL_JSON),
			    "UnrecognizedClientException");
	owner.session_token = "another";
	assert_string_equal(check(*state, &with->request, PROTOCOL_QUERY), "InvalidClientTokenId");
	owner.session_token = "token";
	owner.expires = NOW;
	assert_string_equal(check(*state, &with->request, PROTOCOL_JSON), "ExpiredTokenException");
}

/* The query of a presigned GET of /b/k. */
static struct wire_request presigned(struct arena *arena, const char *when, const char *expires)
{
	static struct http_header host;
	const struct sigv4_header headers[] = {{"Host", "127.0.0.1:4566"}};
	char *rest = arena_fmt(arena,
			       "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" KEY
			       "%%2F%.8s%%2Fus-east-1%%2Fs3%%2Faws4_request&X-Amz-Date=%s"
			       "&X-Amz-Expires=%s&X-Amz-SignedHeaders=host",
			       when, when, expires);
	const struct sigv4_request request = {
		.method = "GET",
		.path = "/b/k",
		.query = rest,
		.headers = headers,
		.nheaders = 1,
		.payload_sha256 = SIGV4_UNSIGNED_PAYLOAD,
	};
	const struct sigv4_scope scope = {arena_strndup(arena, when, 8), "us-east-1", "s3"};
	char signature[65];

	sigv4_signature(&request, &scope, when, "host", SECRET, signature);
	host = header_of("Host", "127.0.0.1:4566");
	return (struct wire_request){
		.method = span_of("GET"),
		.path = span_of("/b/k"),
		.query = span_of(arena_fmt(arena, "%s&X-Amz-Signature=%s", rest, signature)),
		.headers = &host,
		.nheaders = 1,
	};
}

static void a_presigned_request_is_good_for_its_time(void **state)
{
	struct wire_request request = presigned(*state, "20260102T020405Z", "3600");

	owner = (struct key_owner){.secret_access_key = SECRET};
	assert_string_equal(check(*state, &request, PROTOCOL_REST_XML), "welcome");
	request = presigned(*state, "20260102T020404Z", "3600");
	assert_string_equal(check(*state, &request, PROTOCOL_REST_XML), "AccessDenied");
	request = presigned(*state, "20260102T020405Z", "604801");
	assert_string_equal(check(*state, &request, PROTOCOL_REST_XML),
			    "AuthorizationHeaderMalformed");
}

static void an_older_signature_is_refused_by_name(void **state)
{
	struct wire_request request = presigned(*state, "20260102T020405Z", "3600");

	request.query = span_of("AWSAccessKeyId=" KEY "&Signature=abc%3D&Expires=1795423533");
	assert_string_equal(check(*state, &request, PROTOCOL_REST_XML), "InvalidRequest");
}

static void chunks_are_put_together_and_trailers_become_headers(void **state)
{
	const struct http_header headers[] = {
		header_of("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
		header_of("x-amz-decoded-content-length", "11"),
		header_of("Content-Encoding", "aws-chunked"),
	};
	struct wire_request request = {
		.headers = headers,
		.nheaders = 3,
		.body = span_of("5\r\nhello\r\n6;chunk-signature=ab\r\n world\r\n0\r\n"
				"x-amz-checksum-crc32:DUoRhQ==\r\n\r\n"),
	};
	struct fault fault = {0};

	assert_true(transport_undo(*state, &request, true, &fault));
	assert_true(span_is(request.body, "hello world"));
	assert_true(span_is(wire_header(&request, "x-amz-checksum-crc32"), "DUoRhQ=="));
	assert_null(wire_header(&request, "content-encoding").at);

	request.headers = headers;
	request.nheaders = 3;
	request.body = span_of("5\r\nhell\r\n0\r\n\r\n");
	assert_false(transport_undo(*state, &request, true, &fault));
	assert_string_equal(fault.code, "IncompleteBody");
}

static void a_gzip_body_is_unpacked_with_a_limit(void **state)
{
	static unsigned char packed[256];
	static const char text[] = "{\"Name\":\"/a\"}";
	z_stream stream = {0};
	struct span body;

	deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
	stream.next_in = (Bytef *)(uintptr_t)text;
	stream.avail_in = sizeof(text) - 1;
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	body = (struct span){(char *)packed, stream.total_out};
	deflateEnd(&stream);

	assert_true(transport_inflate(*state, body, &body));
	assert_true(span_is(body, text));
	assert_false(transport_inflate(*state, span_of("not gzip"), &body));
}

static const struct service s3 = {.model = &s3_model};
static const struct service ssm = {.model = &ssm_model};
static const struct service sts = {.model = &sts_model};
static const struct service *const services[] = {&s3, &ssm, &sts, NULL};

static void target_scope_action_then_s3(void **state)
{
	const struct http_header target = header_of("X-Amz-Target", "AmazonSSM.GetParameter");
	struct wire_request request = {.path = span_of("/"), .headers = &target, .nheaders = 1};
	struct route route;

	assert_ptr_equal(route_find(services, *state, &request, NULL).model, &ssm_model);
	request.nheaders = 0;
	assert_ptr_equal(route_find(services, *state, &request, "sts").model, &sts_model);
	request.body = span_of("Action=AssumeRole&Version=2011-06-15");
	assert_ptr_equal(route_find(services, *state, &request, NULL).model, &sts_model);
	request.body = span_of("");
	request.path = span_of("/bucket/key");
	assert_ptr_equal(route_find(services, *state, &request, NULL).model, &s3_model);

	route = route_find(services, *state, &request, "sqs");
	assert_null(route.model);
	assert_string_equal(route.service, "sqs");
}

static void only_local_clients_are_welcome(void **state)
{
	static const struct {
		const char *host;
		bool welcome;
	} cases[] = {
		{"127.0.0.1:4566", true},
		{"127.3.0.4", true},
		{"localhost:4566", true},
		{"[::1]:4566", true},
		{"bkt.localhost:1", true},
		{"evil.example:4566", false},
		{"127.0.0.1.nip.io", false},
		{"10.0.0.1", false},
		{"", false},
	};
	struct http_header headers[2];
	struct wire_request request = {.headers = headers, .nheaders = 1};

	for (size_t i = 0; i < array_len(cases); i++) {
		headers[0] = header_of("Host", cases[i].host);
		assert_int_equal(route_refuses(&request) == NULL, cases[i].welcome);
	}
	headers[0] = header_of("Host", "127.0.0.1:4566");
	headers[1] = header_of("Origin", "http://127.0.0.1:4566");
	request.nheaders = 2;
	assert_non_null(route_refuses(&request));
}

static void a_virtual_hosts_bucket_goes_into_the_path(void **state)
{
	struct http_header header = header_of("Host", "bkt.localhost:4566");
	struct wire_request request = {.path = span_of("/k"), .headers = &header, .nheaders = 1};

	route_virtual_host(*state, &request);
	assert_true(span_is(request.path, "/bkt/k"));
	header = header_of("Host", "bkt.s3.localhost");
	request.path = span_of("/");
	route_virtual_host(*state, &request);
	assert_true(span_is(request.path, "/bkt/"));
	header = header_of("Host", "127.0.0.1:4566");
	route_virtual_host(*state, &request);
	assert_true(span_is(request.path, "/bkt/"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_signed_request_is_let_in),
		TEST(a_wrong_signature_is_refused_in_the_protocols_words),
		TEST(a_request_without_a_signature_is_refused),
		TEST(a_clock_that_is_off_is_refused),
		TEST(a_session_needs_its_token_and_ends),
		TEST(a_presigned_request_is_good_for_its_time),
		TEST(an_older_signature_is_refused_by_name),
		TEST(chunks_are_put_together_and_trailers_become_headers),
		TEST(a_gzip_body_is_unpacked_with_a_limit),
		TEST(target_scope_action_then_s3),
		TEST(only_local_clients_are_welcome),
		TEST(a_virtual_hosts_bucket_goes_into_the_path),
	};

	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
