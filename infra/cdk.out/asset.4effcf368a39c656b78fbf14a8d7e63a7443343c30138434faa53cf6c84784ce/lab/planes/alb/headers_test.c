/*
 * headers_test.c - the heads that targets and clients see.
 */
#include "lab/planes/alb/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct headers_from from = {"192.0.2.7", 41000, "127.7.0.4", 80, 100};
static struct buf out;

static const char *forwarded(const char *request, const struct headers_options *options)
{
	static struct http1_head head;
	const struct http1_limits limits = {0};

	assert_true(http1_read_request(request, strlen(request), &limits, &head) > 0);
	buf_clear(&out);
	assert_int_equal(headers_request(&out, &head, options, &from), 0);
	return buf_text(&out);
}

static void has(const char *head, const char *line)
{
	AUTO_FREE char *whole = mem_fmt("\r\n%s\r\n", line);

	if (!strstr(head, whole))
		fail_msg("no \"%s\" in %s", line, head);
}

static void has_not(const char *head, const char *part)
{
	if (strcasestr(head, part))
		fail_msg("\"%s\" in %s", part, head);
}

static void our_headers_come_first(void **state)
{
	const struct headers_options plain = {0};
	const char *head =
		forwarded("GET /x?y HTTP/1.1\r\nHost: a:8080\r\nAccept: */*\r\n\r\n", &plain);
	const char *begin = "GET /x?y HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\n"
			    "X-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\nHost: a\r\n"
			    "X-Amzn-Trace-Id: Root=1-";

	assert_memory_equal(head, begin, strlen(begin));
	assert_string_equal(strstr(head, "\r\nAccept"), "\r\nAccept: */*\r\n\r\n");
}

static void forwarded_for_is_appended_kept_or_removed(void **state)
{
	const char *request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\n"
			      "x-forwarded-for: 2.2.2.2, 3.3.3.3\r\n\r\n";
	const struct headers_options append = {.xff = XFF_APPEND};
	const struct headers_options port = {.xff = XFF_APPEND, .xff_client_port = true};
	const struct headers_options preserve = {.xff = XFF_PRESERVE};
	const struct headers_options remove = {.xff = XFF_REMOVE};

	has(forwarded(request, &append), "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7");
	has(forwarded(request, &port),
	    "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7:41000");
	has(forwarded(request, &preserve), "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3");
	has_not(forwarded(request, &remove), "X-Forwarded-For");
}

static void more_than_thirty_addresses_are_refused(void **state)
{
	static struct http1_head head;
	const struct headers_options plain = {0};
	AUTO_BUF struct buf request = {0};

	buf_str(&request, "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1");
	for (int i = 0; i < 30; i++)
		buf_str(&request, ", 1.1.1.1");
	buf_str(&request, "\r\n\r\n");
	assert_true(http1_read_request(request.data, request.len, &(struct http1_limits){0},
				       &head) > 0);
	buf_clear(&out);
	assert_int_equal(headers_request(&out, &head, &plain, &from), 463);
}

static void the_host_gets_or_loses_its_port(void **state)
{
	const struct headers_options plain = {0};
	const struct headers_options preserve = {.preserve_host = true};

	has(forwarded("GET / HTTP/1.1\r\nHost: a.b:99\r\n\r\n", &plain), "Host: a.b");
	has(forwarded("GET / HTTP/1.1\r\nHost: [::1]:99\r\n\r\n", &plain), "Host: [::1]");
	has(forwarded("GET / HTTP/1.1\r\nHost: a.b:99\r\n\r\n", &preserve), "Host: a.b:99");
	has(forwarded("GET http://c.d/e HTTP/1.1\r\nHost: c.d\r\n\r\n", &plain), "Host: c.d");
	from.listener_port = 9090;
	has(forwarded("GET / HTTP/1.1\r\nHost: a.b\r\n\r\n", &plain), "Host: a.b:9090");
	has(forwarded("GET / HTTP/1.1\r\nHost: a.b:99\r\n\r\n", &plain), "Host: a.b:99");
	has(forwarded("GET / HTTP/1.0\r\n\r\n", &plain), "Host: 127.7.0.4");
	from.listener_port = 80;
}

static void an_absolute_target_is_sent_as_a_path(void **state)
{
	const struct headers_options plain = {0};
	const char *head = forwarded("GET http://c.d?q HTTP/1.1\r\nHost: c.d\r\n\r\n", &plain);

	assert_memory_equal(head, "GET /?q HTTP/1.1\r\n", 18);
}

static void a_trace_is_begun_continued_or_replaced(void **state)
{
	const struct headers_options plain = {0};
	const char *head;

	head = forwarded(
		"GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Trace-Id: Root=1-a-b;Sampled=1\r\n\r\n",
		&plain);
	head = strstr(head, "X-Amzn-Trace-Id: Self=1-");
	assert_non_null(head);
	assert_string_equal(head + strlen("X-Amzn-Trace-Id: Self=") + TRACE_ID_TEXT - 1,
			    ";Root=1-a-b;Sampled=1\r\n\r\n");

	head = forwarded("GET / HTTP/1.1\r\nHost: a\r\n"
			 "X-Amzn-Trace-Id: Self=1-old;Root=1-a-b\r\n\r\n",
			 &plain);
	has_not(head, "1-old");
	assert_non_null(strstr(head, ";Root=1-a-b\r\n"));

	from.head_len = 8000;
	head = forwarded("GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n\r\n",
			 &plain);
	has_not(head, "Root=1-a-b");
	from.head_len = 100;
}

static void what_is_for_one_connection_stays_there(void **state)
{
	const struct headers_options plain = {0};
	const char *head = forwarded(
		"POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\n"
		"Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nExpect: 100-continue\r\n"
		"Proxy-Connection: x\r\nConnection: content-length\r\nContent-Length: 3\r\n"
		"X-Forwarded-Proto: https\r\nX-Kept: 2\r\n\r\n",
		&plain);

	has(head, "X-Kept: 2");
	has(head, "Content-Length: 3");
	has(head, "X-Forwarded-Proto: http");
	has_not(head, "secret");
	has_not(head, "\r\nConnection");
	has_not(head, "keep-alive");
	has_not(head, "trailers");
	has_not(head, "upgrade");
	has_not(head, "expect");
	has_not(head, "https");
}

static void invalid_names_are_dropped_on_demand(void **state)
{
	const struct headers_options drop = {.drop_invalid = true};
	const struct headers_options keep = {0};
	const char *request = "GET / HTTP/1.1\r\nHost: a\r\nX_Under: 1\r\nX-Fine: 2\r\n\r\n";

	has_not(forwarded(request, &drop), "X_Under");
	has(forwarded(request, &drop), "X-Fine: 2");
	has(forwarded(request, &keep), "X_Under: 1");
}

static void an_answer_keeps_the_targets_own_headers(void **state)
{
	static struct http1_head head;
	const char *answer = "HTTP/1.1 200 Fine\r\nServer: app\r\nContent-Length: 5\r\n"
			     "Keep-Alive: 5\r\nConnection: X-Hop\r\nX-Hop: 1\r\nDate: then\r\n"
			     "Content-Type: text/x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";

	assert_true(http1_read_response(answer, strlen(answer), &(struct http1_limits){0}, &head) >
		    0);
	buf_clear(&out);
	headers_answer(&out, &head, HTTP1_BODY_LENGTH, true);
	assert_string_equal(buf_text(&out),
			    "HTTP/1.1 200 Fine\r\nDate: then\r\nContent-Type: text/x\r\n"
			    "Content-Length: 5\r\nConnection: keep-alive\r\nServer: app\r\n"
			    "Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n");
}

static int release(void **state)
{
	buf_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_headers_come_first),
		cmocka_unit_test(forwarded_for_is_appended_kept_or_removed),
		cmocka_unit_test(more_than_thirty_addresses_are_refused),
		cmocka_unit_test(the_host_gets_or_loses_its_port),
		cmocka_unit_test(an_absolute_target_is_sent_as_a_path),
		cmocka_unit_test(a_trace_is_begun_continued_or_replaced),
		cmocka_unit_test(what_is_for_one_connection_stays_there),
		cmocka_unit_test(invalid_names_are_dropped_on_demand),
		cmocka_unit_test(an_answer_keeps_the_targets_own_headers),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
