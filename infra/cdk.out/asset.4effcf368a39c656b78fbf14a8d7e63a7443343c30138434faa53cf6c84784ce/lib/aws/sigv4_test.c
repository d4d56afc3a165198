/*
 * sigv4_test.c - AWS's published examples, and requests as botocore signs them.
 */
#include "lib/aws/sigv4.h"
#include "lib/base/arena.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *goldens; /* argv[1] */

/* AWS's Signature Version 4 test suite: name, request line, one more header, signature. */
struct vector {
	const char *method, *path, *query;
	struct sigv4_header more[3];
	const char *signed_headers;
	const char *signature;
};

static const struct vector vectors[] = {
	/* get-vanilla */
	{"GET",
	 "/",
	 "",
	 {{0}},
	 "host;x-amz-date",
	 "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	/* get-relative-relative */
	{"GET",
	 "/example1/example2/../..",
	 "",
	 {{0}},
	 "host;x-amz-date",
	 "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	/* get-slashes */
	{"GET",
	 "//example//",
	 "",
	 {{0}},
	 "host;x-amz-date",
	 "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	/* get-unreserved */
	{"GET",
	 "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	 "",
	 {{0}},
	 "host;x-amz-date",
	 "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	/* get-vanilla-query-order-key-case */
	{"GET",
	 "/",
	 "Param2=value2&Param1=value1",
	 {{0}},
	 "host;x-amz-date",
	 "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	/* get-vanilla-empty-query-key */
	{"GET",
	 "/",
	 "Param1=value1",
	 {{0}},
	 "host;x-amz-date",
	 "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	/* get-header-key-duplicate */
	{"GET",
	 "/",
	 "",
	 {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
	 "host;my-header1;x-amz-date",
	 "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	/* get-header-value-trim */
	{"GET",
	 "/",
	 "",
	 {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
	 "host;my-header1;my-header2;x-amz-date",
	 "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	/* post-vanilla */
	{"POST",
	 "/",
	 "",
	 {{0}},
	 "host;x-amz-date",
	 "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
};

static void aws_published_vectors_come_out_the_same(void **state)
{
	static const struct sigv4_scope scope = {"20150830", "us-east-1", "service"};

	for (size_t i = 0; i < array_len(vectors); i++) {
		const struct vector *vector = &vectors[i];
		struct sigv4_header headers[5] = {
			{"Host", "example.amazonaws.com"},
			{"X-Amz-Date", "20150830T123600Z"},
		};
		struct sigv4_request request = {
			.method = vector->method,
			.path = vector->path,
			.query = vector->query,
			.headers = headers,
			.nheaders = 2,
			.payload_sha256 = EMPTY,
		};
		char signature[65];

		for (size_t j = 0; j < array_len(vector->more) && vector->more[j].name; j++)
			headers[request.nheaders++] = vector->more[j];
		sigv4_signature(&request, &scope, "20150830T123600Z", vector->signed_headers,
				SECRET, signature);
		assert_string_equal(signature, vector->signature);
	}
}

/* A recorded request; its parts live as long as the tree. */
static struct sigv4_request recorded(const json_t *record, struct sigv4_header headers[16])
{
	const json_t *header;
	size_t i;

	json_each (json_get(record, "headers"), i, header) {
		assert_true(i < 16);
		headers[i] = (struct sigv4_header){json_string_value(json_at(header, 0)),
						   json_string_value(json_at(header, 1))};
	}
	return (struct sigv4_request){
		.method = json_str(record, "method"),
		.path = json_str(record, "path"),
		.query = json_str(record, "query"),
		.headers = headers,
		.nheaders = i,
		.payload_sha256 = json_str(record, "payload"),
	};
}

static json_t *read_goldens(void)
{
	json_t *tree = json_load_file(goldens, 0, NULL);

	assert_non_null(tree);
	return tree;
}

static void what_botocore_signs_verifies(void **state)
{
	AUTO_JSON json_t *tree = read_goldens();
	struct arena *arena = arena_open();
	const json_t *record;
	size_t i;

	json_each (json_get(tree, "signed"), i, record) {
		struct sigv4_header headers[16];
		struct sigv4_request request = recorded(record, headers);
		struct sigv4_claim claim;
		char signature[65];

		print_message("%s\n", json_str(record, "name"));
		assert_true(
			sigv4_read_authorization(arena, json_str(record, "authorization"), &claim));
		assert_string_equal(claim.access_key_id, json_str(tree, "key"));
		assert_string_equal(claim.scope.service, json_str(record, "service"));
		assert_int_equal(claim.expires_seconds, -1);
		sigv4_signature(&request, &claim.scope, json_str(tree, "date"),
				claim.signed_headers, json_str(tree, "secret"), signature);
		assert_true(sigv4_same(signature, claim.signature));
	}
	arena_close(arena);
}

static void we_sign_as_botocore_does(void **state)
{
	AUTO_JSON json_t *tree = read_goldens();
	struct aws_credentials credentials = {
		.access_key_id = json_str(tree, "key"),
		.secret_access_key = json_str(tree, "secret"),
	};
	const json_t *record;
	size_t i;

	json_each (json_get(tree, "signed"), i, record) {
		struct sigv4_header headers[16];
		struct sigv4_request request = recorded(record, headers);
		struct sigv4_scope scope = {"20261123", "us-east-1", json_str(record, "service")};
		const char *body = json_str(record, "body");
		AUTO_FREE char *authorization = NULL;
		char hash[65];

		sigv4_sha256_hex(body, strlen(body), hash);
		assert_string_equal(hash, request.payload_sha256);
		authorization =
			sigv4_authorization(&request, &scope, json_str(tree, "date"), &credentials);
		assert_string_equal(authorization, json_str(record, "authorization"));
	}
}

static void a_presigned_query_verifies_without_its_signature(void **state)
{
	AUTO_JSON json_t *tree = read_goldens();
	const json_t *record = json_get(tree, "presigned");
	struct arena *arena = arena_open();
	struct sigv4_header headers[16];
	struct sigv4_request request = recorded(record, headers);
	struct sigv4_claim claim;
	char signature[65];

	assert_true(sigv4_read_query(arena, request.query, &claim, &request.query));
	assert_int_equal(claim.expires_seconds, 900);
	assert_string_equal(claim.amz_date, json_str(tree, "date"));
	assert_string_equal(claim.session_token, "a/token+=");
	sigv4_signature(&request, &claim.scope, claim.amz_date, claim.signed_headers,
			json_str(tree, "secret"), signature);
	assert_true(sigv4_same(signature, claim.signature));
	arena_close(arena);
}

static void a_change_of_anything_signed_shows(void **state)
{
	static const struct sigv4_scope scope = {"20150830", "us-east-1", "ssm"};
	struct sigv4_header headers[] = {{"host", "h"}, {"x-amz-date", "20150830T123600Z"}};
	struct sigv4_request request = {"POST", "/", "", headers, 2, EMPTY};
	char before[65], after[65];

	sigv4_signature(&request, &scope, "20150830T123600Z", "host;x-amz-date", SECRET, before);
	headers[0].value = "other";
	sigv4_signature(&request, &scope, "20150830T123600Z", "host;x-amz-date", SECRET, after);
	assert_false(sigv4_same(before, after));
	headers[0].value = "h";
	sigv4_signature(&request, &scope, "20150830T123600Z", "host;x-amz-date", "other", after);
	assert_false(sigv4_same(before, after));
	sigv4_signature(&request, &scope, "20150830T123600Z", "host;x-amz-date", SECRET, after);
	assert_true(sigv4_same(before, after));
	assert_false(sigv4_same(before, ""));
}

static void malformed_headers_are_refused(void **state)
{
#define CREDENTIAL "Credential=AK/20150830/us-east-1/ssm/aws4_request"
	static const char *const wrong[] = {
		"",
		"AWS4-HMAC-SHA256",
		"Bearer x",
		"AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=host",
		"AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=host, Signature=abc",
		"AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=, Signature=" EMPTY,
		"AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=Host, Signature=" EMPTY,
		"AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=host;, Signature=" EMPTY,
		"AWS4-HMAC-SHA256 " CREDENTIAL ", " CREDENTIAL
		", SignedHeaders=host, Signature=" EMPTY,
		"AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/ssm, SignedHeaders=host, "
		"Signature=" EMPTY,
		"AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/ssm/aws4_request/x, "
		"SignedHeaders=host, Signature=" EMPTY,
	};
	struct arena *arena = arena_open();
	struct sigv4_claim claim;

	for (size_t i = 0; i < array_len(wrong); i++)
		assert_false(sigv4_read_authorization(arena, wrong[i], &claim));
	/* Some clients put no blank behind the commas. */
	assert_true(sigv4_read_authorization(
		arena, "AWS4-HMAC-SHA256 " CREDENTIAL ",SignedHeaders=host,Signature=" EMPTY,
		&claim));
	arena_close(arena);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_published_vectors_come_out_the_same),
		cmocka_unit_test(what_botocore_signs_verifies),
		cmocka_unit_test(we_sign_as_botocore_does),
		cmocka_unit_test(a_presigned_query_verifies_without_its_signature),
		cmocka_unit_test(a_change_of_anything_signed_shows),
		cmocka_unit_test(malformed_headers_are_refused),
	};

	goldens = argc > 1 ? argv[1] : "tests/goldens/sigv4.json";
	return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
