/*
 * http1_test.c - what is HTTP/1.1 and what only looks like it, whole and split at every byte.
 */
#include "lib/base/buf.h"
#include "lib/net/http1.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE 1 /* all of it is a head */

static const struct http1_limits limits = {.line = 200, .field = 100, .head = 400};

struct sample {
	const char *text;
	size_t len; /* 0: strlen */
	int result; /* WHOLE or an error */
};

#define NUL(text, result)                      \
	{                                      \
		text, sizeof(text) - 1, result \
	}
#define H "Host: a\r\n"

static const struct sample requests[] = {
	{"GET / HTTP/1.1\r\n" H "\r\n", 0, WHOLE},
	{"GET / HTTP/1.0\r\n\r\n", 0, WHOLE},
	{"\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, WHOLE},
	{"GET /a?b=c|d HTTP/1.1\r\nHost:a\r\nX:\t y \t\r\n\r\n", 0, WHOLE},
	{"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0, WHOLE},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, WHOLE},
	{"GET / HTTP/1.1\r\n" H "X: caf\xc3\xa9\r\nEmpty:\r\n\r\n", 0, WHOLE},
	{"OPTIONS * HTTP/1.1\r\n" H "\r\n", 0, WHOLE},
	{"GET http://a/b HTTP/1.1\r\n" H "\r\n", 0, WHOLE},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\n", 0, WHOLE},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", 0, WHOLE},
	{"POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\n\r\n", 0, WHOLE},

	/* What servers disagree about: reference table of malformed requests. */
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	 HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H H "\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\n", 0, HTTP1_BAD},
	NUL("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", HTTP1_BAD),

	/* Ways to hide a length. */
	{"POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 3 4\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 9999999999999999999\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \vchunked\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	 0, HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 0,
	 HTTP1_BAD},
	{"POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: x\r\n\r\n", 0, HTTP1_BAD},
	{"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, HTTP1_BAD},
	/* CVE-2023-30589: a bare CR that hides a header. */
	{"POST / HTTP/1.1\r\n" H "X: a\rTransfer-Encoding: chunked\r\n\r\n", 0, HTTP1_BAD},

	/* Line ends. */
	{"GET / HTTP/1.1\nHost: a\n\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\nHost: a\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "\rX: a\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "\n", 0, HTTP1_BAD},
	{"\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"\nGET / HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},

	/* Request lines. */
	{"GET /\r\n\r\n", 0, HTTP1_BAD},
	{"GET  / HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1 \r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET /a b HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET\t/ HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{" GET / HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"G(T / HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET /#top HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET a HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET * HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"CONNECT a:443 HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET http:///b HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET http://u@a/b HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET http://b/ HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET ftp://a/ HTTP/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET / http/1.1\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/11\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.10\r\n" H "\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.2\r\n" H "\r\n", 0, HTTP1_BAD_VERSION},
	{"GET / HTTP/2.0\r\n" H "\r\n", 0, HTTP1_BAD_VERSION},
	{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, HTTP1_BAD},
	{"\x16\x03\x01\x02", 0, HTTP1_BAD},

	/* Headers. */
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X y: z\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X\xc3\xa9: z\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "X: \x7f\r\n\r\n", 0, HTTP1_BAD},
	{"GET / HTTP/1.1\r\n" H "Expect: miracles\r\n\r\n", 0, HTTP1_BAD_EXPECTATION},
};

static const struct sample responses[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 200\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 200 \r\n\r\n", 0, WHOLE},
	{"HTTP/1.0 404 Not Found (d\xc3\xa9sol\xc3\xa9)\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 100 Continue\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 200 OK\r\nExpect: anything\r\nHost: a/b\r\n\r\n", 0, WHOLE},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
	 HTTP1_BAD},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, HTTP1_BAD_ENCODING},
	{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 20 OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 2000 OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 099 OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 +20 OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1  200 OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 200-OK\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/1.1 200 OK\n\n", 0, HTTP1_BAD},
	{"HTTP/2 200\r\n\r\n", 0, HTTP1_BAD},
	{"HTTP/2.0 200 OK\r\n\r\n", 0, HTTP1_BAD_VERSION},
	{"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", 0, HTTP1_BAD},
	{"ICY 200 OK\r\n\r\n", 0, HTTP1_BAD},
};

typedef ssize_t read_fn(const char *data, size_t len, const struct http1_limits *limits,
			struct http1_head *ret_head);

/* Each prefix in memory of its own, so that reading past it is seen. */
static ssize_t read_prefix(read_fn *read, const char *text, size_t len, struct http1_head *ret_head)
{
	char *copy = malloc(len ? len : 1);
	ssize_t used;

	memcpy(copy, text, len);
	used = read(copy, len, &limits, ret_head);
	free(copy);
	return used;
}

static void check_sample(read_fn *read, const struct sample *sample)
{
	static struct http1_head head;
	size_t len = sample->len ? sample->len : strlen(sample->text);
	ssize_t expected = sample->result == WHOLE ? (ssize_t)len : sample->result;
	ssize_t got = read_prefix(read, sample->text, len, &head);

	if (got != expected)
		fail_msg("%s\nread as %zd, not %zd (%s)", sample->text, got, expected,
			 head.why ? head.why : "");
	assert_true((got < 0) == (head.why != NULL));

	for (size_t i = 0; i < len; i++) {
		got = read_prefix(read, sample->text, i, &head);
		if (got != 0 && got != expected)
			fail_msg("%s\nof which %zu bytes read as %zd", sample->text, i, got);
		if (got < 0)
			break;
	}
}

static void requests_are_read_strictly_at_any_split(void **state)
{
	for (size_t i = 0; i < array_len(requests); i++)
		check_sample(http1_read_request, &requests[i]);
}

static void responses_are_read_strictly_at_any_split(void **state)
{
	for (size_t i = 0; i < array_len(responses); i++)
		check_sample(http1_read_response, &responses[i]);
}

static struct http1_head head;

static ssize_t request(const char *text)
{
	return http1_read_request(text, strlen(text), &limits, &head);
}

static ssize_t response(const char *text)
{
	return http1_read_response(text, strlen(text), &limits, &head);
}

static void a_request_comes_apart(void **state)
{
	const char *text = "PUT /a/b?c=d HTTP/1.1\r\nhost: x:80\r\nX-One:  1 2 \r\n"
			   "Content-Length: 12\r\n\r\nrest";

	assert_int_equal(request(text), (ssize_t)strlen(text) - 4);
	assert_true(span_is(head.method, "PUT"));
	assert_true(span_is(head.target, "/a/b?c=d"));
	assert_true(span_is(head.path, "/a/b"));
	assert_true(span_is(head.query, "c=d"));
	assert_true(span_is(head.host, "x:80"));
	assert_true(span_is(http1_find(&head, "x-one"), "1 2"));
	assert_null(http1_find(&head, "x-two").at);
	assert_int_equal(head.nheaders, 3);
	assert_int_equal(head.content_length, 12);
	assert_int_equal(http1_request_body(&head), HTTP1_BODY_LENGTH);
	assert_true(head.keep_alive);
}

static void an_absolute_target_has_host_path_and_query(void **state)
{
	assert_true(request("GET HTTP://a/b?c HTTP/1.1\r\nHost: A\r\n\r\n") > 0);
	assert_true(span_is(head.path, "/b"));
	assert_true(span_is(head.query, "c"));

	assert_true(request("GET http://a?c HTTP/1.1\r\nHost: a\r\n\r\n") > 0);
	assert_true(span_is(head.path, "/"));
	assert_true(span_is(head.query, "c"));

	assert_true(request("GET http://a HTTP/1.0\r\n\r\n") > 0);
	assert_true(span_is(head.host, "a"));
	assert_true(span_is(head.path, "/"));
	assert_null(head.query.at);

	assert_true(request("GET /? HTTP/1.0\r\n\r\n") > 0);
	assert_non_null(head.query.at);
	assert_int_equal(head.query.len, 0);

	assert_true(request("OPTIONS * HTTP/1.0\r\n\r\n") > 0);
	assert_true(span_is(head.path, "*"));
}

static void connections_are_kept_when_both_want(void **state)
{
	assert_true(request("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n") > 0);
	assert_false(head.keep_alive);
	assert_true(request("GET / HTTP/1.1\r\n" H "Connection: x ,, Close\r\n\r\n") > 0);
	assert_false(head.keep_alive);
	assert_true(request("GET / HTTP/1.0\r\n\r\n") > 0);
	assert_false(head.keep_alive);
	assert_true(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n") > 0);
	assert_true(head.keep_alive);
	assert_true(request("GET / HTTP/1.1\r\n" H "Connection: keep-alive, close\r\n\r\n") > 0);
	assert_false(head.keep_alive);

	assert_true(request("GET / HTTP/1.1\r\n" H
			    "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n") > 0);
	assert_true(head.upgrade);
	assert_true(request("GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\n\r\n") > 0);
	assert_false(head.upgrade);
	assert_true(response("HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n") > 0);
	assert_true(head.upgrade);
}

static void expect_counts_in_1_1_only(void **state)
{
	assert_true(request("PUT / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n") > 0);
	assert_true(head.expect_continue);
	assert_true(request("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n") > 0);
	assert_false(head.expect_continue);
	assert_true(request("PUT / HTTP/1.0\r\nExpect: miracles\r\n\r\n") > 0);
}

static void a_response_says_where_its_body_ends(void **state)
{
	const struct span get = {"GET", 3};
	const struct span head_method = {"HEAD", 4};

	assert_true(response("HTTP/1.1 200 OK\r\n\r\n") > 0);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_UNTIL_CLOSE);
	assert_int_equal(http1_response_body(&head, head_method), HTTP1_BODY_NONE);
	assert_true(span_is(head.reason, "OK"));

	assert_true(response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") > 0);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_NONE);
	assert_true(response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") > 0);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_LENGTH);
	assert_true(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") > 0);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_CHUNKED);

	assert_true(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n") > 0);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_NONE);
	assert_true(response("HTTP/1.1 103 Early Hints\r\n\r\n") > 0);
	assert_int_equal(head.status, 103);
	assert_int_equal(http1_response_body(&head, get), HTTP1_BODY_NONE);
}

static void what_concerns_one_hop_is_told_apart(void **state)
{
	const struct span listed = {"x-here", 6};
	const struct span te = {"te", 2};
	const struct span host = {"Host", 4};

	assert_true(request("GET / HTTP/1.1\r\n" H "X-Here: 1\r\nConnection: a, X-Here\r\n\r\n") >
		    0);
	assert_true(http1_is_hop(&head, listed));
	assert_true(http1_is_hop(&head, te));
	assert_false(http1_is_hop(&head, host));
}

/* A head of which one part has `len` bytes. */
static ssize_t padded(const char *before, size_t len, const char *after)
{
	struct buf text = {0};
	ssize_t used;

	buf_str(&text, before);
	for (size_t i = strlen(before); i < len; i++)
		buf_byte(&text, 'a');
	buf_str(&text, after);
	used = request(text.data);
	buf_free(&text);
	return used;
}

static void limits_hold_to_the_byte(void **state)
{
	const char *rest = " HTTP/1.1\r\n" H "\r\n";
	const char *end = "\r\n\r\n";

	assert_true(padded("GET /", limits.line - 11, rest) > 0);
	assert_int_equal(padded("GET /", limits.line - 10, rest), HTTP1_URI_TOO_LONG);
	assert_int_equal(padded("GET /", 5000, ""), HTTP1_URI_TOO_LONG);

	assert_true(padded("GET / HTTP/1.1\r\n" H "X: ", 25 + limits.field - 2, end) > 0);
	assert_int_equal(padded("GET / HTTP/1.1\r\n" H "X: ", 25 + limits.field - 1, end),
			 HTTP1_HEAD_TOO_LARGE);
	assert_int_equal(
		request("GET / HTTP/1.1\r\n" H
			"A: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"B: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"C: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"D: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"E: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"F: 78901234567890123456789012345678901234567890123456789012345\r\n"
			"G: 78901234567890123456789012345678901234567890123456789012345\r\n"),
		HTTP1_HEAD_TOO_LARGE);
}

static void headers_are_counted(void **state)
{
	const struct http1_limits wide = {0};
	struct buf text = {0};

	buf_str(&text, "GET / HTTP/1.1\r\n" H);
	for (int i = 1; i < HTTP1_HEADERS_MAX; i++)
		buf_str(&text, "a:\r\n");
	buf_str(&text, "\r\n");
	assert_int_equal(http1_read_request(text.data, text.len, &wide, &head), text.len);

	text.len -= 2;
	buf_str(&text, "a:\r\n\r\n");
	assert_int_equal(http1_read_request(text.data, text.len, &wide, &head),
			 HTTP1_HEAD_TOO_LARGE);
	buf_free(&text);
}

static void a_slow_head_is_not_read_again_for_each_byte(void **state)
{
	const char *text = "GET / HTTP/1.1\r\nHost: a\r\nX: 012345678901234567890123456789\r\n\r\n";
	struct http1_pace pace = {0};
	size_t len = strlen(text);
	int reads = 0;

	for (size_t i = 1; i < len; i++)
		reads += http1_worth_reading(&pace, text, i);
	assert_true(reads < 8);
	assert_true(http1_worth_reading(&pace, text, len));
}

struct chunks {
	const char *text;
	const char *payload; /* NULL: bad */
	size_t rest;	     /* bytes behind the body */
};

static const struct chunks chunks[] = {
	{"0\r\n\r\n", "", 0},
	{"3\r\nabc\r\n0\r\n\r\nGET", "abc", 3},
	{"3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n", "abc0123456789", 0},
	{"3;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n", "abc", 0},
	{"1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n", "a", 0},
	{"5\r\n\r\n\r\n0\r\n0\r\n\r\n", "\r\n\r\n0", 0},
	{"\r\n", NULL, 0},
	{";a\r\n\r\n", NULL, 0},
	{"g\r\n", NULL, 0},
	{"-1\r\n", NULL, 0},
	{"0x3\r\nabc\r\n", NULL, 0},
	{"3 \r\nabc\r\n", NULL, 0},
	{"3\nabc\r\n", NULL, 0},
	{"3\r\nabcd\r\n", NULL, 0},
	{"3\r\nabc\n0\r\n\r\n", NULL, 0},
	{"3\r\nabc\rx", NULL, 0},
	{"3\rxabc", NULL, 0},
	{"3;a\nabc\r\n", NULL, 0},
	{"0000000000000003\r\nabc\r\n", NULL, 0},
	{"ffffffffffffffff1\r\n", NULL, 0},
	{"0\r\nX y: z\r\n\r\n", NULL, 0},
	{"0\r\n x\r\n\r\n", NULL, 0},
	{"0\r\nX: y\n\r\n", NULL, 0},
	{"0\r\n\rx", NULL, 0},
	{"0\r\n: y\r\n", NULL, 0},
	{"0\r\nX\r\n\r\n", NULL, 0},
	{"0\r\nX: \x01\r\n\r\n", NULL, 0},
};

/* Feeds [from, to) of text; false when it was refused. */
static bool feed(struct http1_chunked *chunked, const char *text, size_t from, size_t to,
		 struct buf *payload, size_t *used)
{
	char *piece = malloc(to - from + 1);
	size_t got = 0;
	ssize_t n;

	memcpy(piece, text + from, to - from);
	n = http1_read_chunked(chunked, piece, to - from, &got);
	if (n >= 0) {
		assert_true((size_t)n == to - from || chunked->done);
		buf_add(payload, piece, got);
		*used += (size_t)n;
	}
	free(piece);
	return n >= 0;
}

static void check_chunks(const struct chunks *sample, size_t first, size_t second)
{
	struct http1_chunked chunked = {0};
	size_t len = strlen(sample->text);
	struct buf payload = {0};
	size_t used = 0;
	bool fine = feed(&chunked, sample->text, 0, first, &payload, &used) &&
		    feed(&chunked, sample->text, first, second, &payload, &used) &&
		    feed(&chunked, sample->text, second, len, &payload, &used);

	if (fine != (sample->payload != NULL))
		fail_msg("%s, split at %zu and %zu", sample->text, first, second);
	if (fine) {
		assert_true(chunked.done);
		assert_string_equal(buf_text(&payload), sample->payload);
		assert_int_equal(used, len - sample->rest);
	}
	buf_free(&payload);
}

static void chunks_are_decoded_at_any_two_splits(void **state)
{
	for (size_t i = 0; i < array_len(chunks); i++) {
		size_t len = strlen(chunks[i].text);

		for (size_t first = 0; first <= len; first++) {
			for (size_t second = first; second <= len; second++)
				check_chunks(&chunks[i], first, second);
		}
	}
}

static void chunk_extensions_and_trailers_have_limits(void **state)
{
	const char *beginnings[] = {"1;", "0\r\nX: "};

	for (size_t i = 0; i < array_len(beginnings); i++) {
		struct http1_chunked chunked = {0};
		char begin[16];
		size_t payload;
		ssize_t used;
		int fed = 0;

		memcpy(begin, beginnings[i], strlen(beginnings[i]) + 1);
		used = http1_read_chunked(&chunked, begin, strlen(begin), &payload);
		while (used >= 0 && fed < 100000) {
			char byte = 'x';

			used = http1_read_chunked(&chunked, &byte, 1, &payload);
			fed++;
		}
		assert_in_range(fed, 200, 9000);
		assert_int_equal(used, HTTP1_BAD);
	}
}

static void errors_have_a_status(void **state)
{
	assert_int_equal(http1_error_status(HTTP1_BAD), 400);
	assert_int_equal(http1_error_status(HTTP1_HEAD_TOO_LARGE), 431);
	assert_int_equal(http1_error_status(HTTP1_URI_TOO_LONG), 414);
	assert_int_equal(http1_error_status(HTTP1_BAD_VERSION), 505);
	assert_int_equal(http1_error_status(HTTP1_BAD_ENCODING), 501);
	assert_int_equal(http1_error_status(HTTP1_BAD_EXPECTATION), 417);
	assert_string_equal(http1_reason(404), "Not Found");
	assert_string_equal(http1_reason(299), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read_strictly_at_any_split),
		cmocka_unit_test(responses_are_read_strictly_at_any_split),
		cmocka_unit_test(a_request_comes_apart),
		cmocka_unit_test(an_absolute_target_has_host_path_and_query),
		cmocka_unit_test(connections_are_kept_when_both_want),
		cmocka_unit_test(expect_counts_in_1_1_only),
		cmocka_unit_test(a_response_says_where_its_body_ends),
		cmocka_unit_test(what_concerns_one_hop_is_told_apart),
		cmocka_unit_test(limits_hold_to_the_byte),
		cmocka_unit_test(headers_are_counted),
		cmocka_unit_test(a_slow_head_is_not_read_again_for_each_byte),
		cmocka_unit_test(chunks_are_decoded_at_any_two_splits),
		cmocka_unit_test(chunk_extensions_and_trailers_have_limits),
		cmocka_unit_test(errors_have_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
