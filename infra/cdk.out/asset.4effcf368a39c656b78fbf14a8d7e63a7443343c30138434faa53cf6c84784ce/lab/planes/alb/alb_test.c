/*
 * alb_test.c - the load balancer between real sockets.
 */
#include "lab/planes/alb/testbed.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void matchers_are_lists_and_ranges(void **state)
{
	assert_true(health_matches("200", 200));
	assert_false(health_matches("200", 201));
	assert_true(health_matches("200,202", 202));
	assert_true(health_matches("200-299", 250));
	assert_true(health_matches("200-204,301-302", 302));
	assert_false(health_matches("200-204,301-302", 300));
	assert_false(health_matches("", 200));
	assert_false(health_matches("2xx", 200));
}

static void an_empty_group_gives_awss_503_to_the_byte(void **state)
{
	static const char page[] =
		"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n"
		"<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n"
		"</body>\r\n</html>\r\n";
	struct world *world = *state;
	struct heard heard;
	const char *at;

	apply(world);
	heard = ask(world, GET);
	assert_int_equal(heard.status, 503);
	assert_int_equal(heard.body.len, 162);
	assert_string_equal(buf_text(&heard.body), page);
	at = strstr(heard.raw.data, "\r\n") + 2;
	assert_memory_equal(at, "Server: awselb/2.0\r\nDate: ", 26);
	assert_non_null(strstr(at, "GMT\r\nContent-Type: text/html\r\nContent-Length: 162\r\n"
				   "Connection: keep-alive\r\n\r\n<html>"));
	forget(&heard);
}

static void two_targets_take_turns(void **state)
{
	struct world *world = *state;

	with_targets(world, 2);
	for (int i = 0; i < 10; i++)
		expect(world, GET, 200, NULL);
	assert_int_equal(world->fakes[0].requests, 5);
	assert_int_equal(world->fakes[1].requests, 5);
}

static void one_passing_check_makes_a_new_target_healthy(void **state)
{
	struct world *world = *state;

	register_target(world, 0);
	apply(world);
	assert_string_equal(state_of(world, 0), "initial");
	await_state(world, 0, "healthy");
	assert_null(json_str(health_of(world, 0), "reason"));
}

static void an_unhealthy_target_tells_why_and_comes_back(void **state)
{
	struct world *world = *state;

	with_targets(world, 2);
	world->fakes[0].health = 500;
	await_state(world, 0, "unhealthy");
	assert_string_equal(json_str(health_of(world, 0), "reason"), "Target.ResponseCodeMismatch");
	assert_string_equal(json_str(health_of(world, 0), "description"),
			    "Health checks failed with these codes: [500]");
	for (int i = 0; i < 4; i++)
		expect(world, GET, 200, NULL);
	assert_int_equal(world->fakes[0].requests, 0);
	world->fakes[0].health = 200;
	await_state(world, 0, "healthy");
}

static void with_all_unhealthy_their_own_errors_pass(void **state)
{
	struct world *world = *state;

	with_targets(world, 2);
	for (int i = 0; i < 2; i++) {
		world->fakes[i].health = 500;
		world->fakes[i].manner = SAYS_500;
	}
	await_state(world, 0, "unhealthy");
	await_state(world, 1, "unhealthy");
	for (int i = 0; i < 4; i++)
		expect(world, GET, 500, "injected");
	assert_int_equal(world->fakes[0].requests, 2);
	assert_int_equal(world->fakes[1].requests, 2);
}

static void connections_to_targets_are_used_again(void **state)
{
	struct world *world = *state;
	int fd;

	with_targets(world, 1);
	fd = dial();
	for (int i = 1; i <= 3; i++) {
		AUTO_FREE char *body = mem_fmt("a %d", i);
		struct heard heard = ask_on(world, fd, GET);

		assert_string_equal(buf_text(&heard.body), body);
		forget(&heard);
	}
	close(fd);
	expect(world, GET, 200, "a 4");
}

static void a_target_that_is_not_there_gives_502(void **state)
{
	struct world *world = *state;
	struct heard heard;

	register_target(world, 0);
	json_set_int(json_array_get(json_object_get(only_group(world), "targets"), 0), "port", 1);
	apply(world);
	heard = ask(world, GET);
	assert_int_equal(heard.status, 502);
	assert_int_equal(heard.body.len, 122);
	forget(&heard);
}

static void targets_that_break_off_give_502(void **state)
{
	struct world *world = *state;

	with_targets(world, 1);
	world->fakes[0].manner = HANGS_UP;
	expect(world, GET, 502, NULL);
	world->fakes[0].manner = SPOILS;
	expect(world, GET, 502, NULL);
}

static void a_body_cut_short_closes_the_client(void **state)
{
	struct world *world = *state;
	struct heard heard;

	with_targets(world, 1);
	world->fakes[0].manner = BREAKS_OFF;
	heard = ask(world, GET);
	assert_int_equal(heard.status, 200);
	assert_true(heard.closed);
	assert_int_equal(heard.body.len, 10);
	forget(&heard);
}

static void a_silent_target_gives_504(void **state)
{
	struct world *world = *state;
	struct heard heard;

	json_set_str(json_object_get(world->desired, "attributes"), "idle_timeout.timeout_seconds",
		     "1");
	with_targets(world, 1);
	world->fakes[0].manner = HANGS;
	heard = ask(world, GET);
	assert_int_equal(heard.status, 504);
	assert_int_equal(heard.body.len, 132);
	assert_non_null(strstr(heard.raw.data, "504 Gateway Time-out\r\n"));
	forget(&heard);
}

static void a_request_that_stalls_gives_408(void **state)
{
	struct world *world = *state;

	json_set_str(json_object_get(world->desired, "attributes"), "idle_timeout.timeout_seconds",
		     "1");
	with_targets(world, 1);
	expect(world, "GET / HT", 408, NULL);
	expect(world, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", 408, NULL);
}

static void big_bodies_go_through_both_ways(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n";
	struct world *world = *state;
	AUTO_FREE char *body = mem_alloc(BIG_SIZE);
	struct heard heard;
	int fd;

	memset(body, 'x', BIG_SIZE);
	with_targets(world, 1);
	world->fakes[0].manner = COUNTS;
	fd = dial();
	push(world, fd, head, sizeof(head) - 1);
	push(world, fd, body, BIG_SIZE);
	heard = listen_to(world, fd, false);
	assert_string_equal(buf_text(&heard.body), "8388608");
	forget(&heard);

	world->fakes[0].manner = BIG;
	heard = ask_on(world, fd, GET);
	assert_int_equal(heard.body.len, BIG_SIZE);
	forget(&heard);
	close(fd);
}

static void chunked_bodies_go_through_both_ways(void **state)
{
	struct world *world = *state;
	struct heard heard;
	int fd;

	with_targets(world, 1);
	world->fakes[0].manner = COUNTS;
	fd = dial();
	push_text(world, fd,
		  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe");
	for (int i = 0; i < 20; i++)
		uv_run(&world->loop, UV_RUN_ONCE);
	heard = ask_on(world, fd, "llo\r\n6\r\n world\r\n0\r\n\r\n");
	assert_string_equal(buf_text(&heard.body), "11");
	forget(&heard);

	world->fakes[0].manner = CHUNKS;
	heard = ask_on(world, fd, GET);
	assert_string_equal(buf_text(&heard.body), "onetwothree");
	forget(&heard);
	/* HTTP/1.0 knows no chunks. */
	heard = ask_on(world, fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_string_equal(buf_text(&heard.body), "onetwothree");
	assert_non_null(strstr(heard.raw.data, "Connection: close\r\n"));
	forget(&heard);
	close(fd);

	world->fakes[0].manner = UNTIL_CLOSE;
	expect(world, GET, 200, "to the end");
}

static void head_answers_have_no_body(void **state)
{
	struct world *world = *state;
	struct heard heard;
	int fd;

	with_targets(world, 1);
	world->fakes[0].manner = ECHOES;
	fd = dial();
	heard = ask_on(world, fd, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(heard.status, 200);
	forget(&heard);
	close(fd);

	set_rules(world, "[{\"actions\": [{\"Type\": \"fixed-response\", \"FixedResponseConfig\": "
			 "{\"StatusCode\": \"418\", \"ContentType\": \"text/plain\", "
			 "\"MessageBody\": \"short\"}}]}]");
	apply(world);
	heard = ask(world, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(heard.status, 418);
	assert_non_null(strstr(heard.raw.data, "Content-Length: 5\r\n"));
	assert_int_equal(heard.raw.len, heard.head_len);
	forget(&heard);
	expect(world, GET, 418, "short");
}

static void expect_continue_is_answered_here(void **state)
{
	struct world *world = *state;
	struct heard heard;
	int fd;

	with_targets(world, 1);
	world->fakes[0].manner = COUNTS;
	fd = dial();
	heard = ask_on(
		world, fd,
		"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	assert_int_equal(heard.status, 100);
	forget(&heard);
	heard = ask_on(world, fd, "four");
	assert_string_equal(buf_text(&heard.body), "4");
	forget(&heard);
	close(fd);
}

static void pipelined_requests_are_served_in_order(void **state)
{
	struct world *world = *state;
	struct heard heard;
	int fd;

	with_targets(world, 1);
	fd = dial();
	push_text(world, fd, GET GET GET);
	for (msec since = clock_monotonic(); world->fakes[0].requests < 3;)
		turn(world, since);
	heard = listen_to(world, fd, false);
	assert_non_null(strstr(heard.raw.data, "a 1"));
	assert_true(strstr(heard.raw.data, "a 1") < strstr(heard.raw.data, "a 2"));
	forget(&heard);
	close(fd);
}

static void what_smuggles_is_refused_and_closed(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n"
		 "0\r\n\r\n",
		 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
		 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: \rTransfer-Encoding: chunked\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
		{"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		{"garbage\r\n\r\n", 400},
	};
	struct world *world = *state;

	with_targets(world, 1);
	for (size_t i = 0; i < array_len(cases); i++) {
		int fd = dial();
		struct heard heard = ask_on(world, fd, cases[i].request);

		if (heard.status != cases[i].status)
			fail_msg("%s: %d", cases[i].request, heard.status);
		if (heard.status != 405)
			assert_true(is_closed(world, fd));
		forget(&heard);
		close(fd);
	}
	assert_int_equal(world->fakes[0].requests, 0);
}

static void what_is_too_long_is_refused(void **state)
{
	struct world *world = *state;
	AUTO_BUF struct buf request = {0};

	with_targets(world, 1);
	buf_str(&request, "GET /");
	for (int i = 0; i < 17 * 1024; i++)
		buf_byte(&request, 'u');
	buf_str(&request, " HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(world, request.data, 414, NULL);

	buf_clear(&request);
	buf_str(&request, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	for (int i = 0; i < 17 * 1024; i++)
		buf_byte(&request, 'h');
	buf_str(&request, "\r\n\r\n");
	expect(world, request.data, 400, NULL);
}

static void a_draining_target_gets_nothing_new(void **state)
{
	struct world *world = *state;
	json_t *first;
	struct heard heard;
	int fd;

	with_targets(world, 2);
	world->fakes[0].manner = HANGS;
	fd = dial();
	push_text(world, fd, GET);
	for (msec since = clock_monotonic(); world->fakes[0].requests < 1;)
		turn(world, since);

	first = json_array_get(json_object_get(only_group(world), "targets"), 0);
	json_set_bool(first, "draining", true);
	apply(world);
	assert_string_equal(state_of(world, 0), "draining");
	for (int i = 0; i < 4; i++)
		expect(world, GET, 200, NULL);
	assert_int_equal(world->fakes[0].requests, 1);
	assert_int_equal(world->fakes[1].requests, 4);

	/* Its time is over: what still runs gets a 502. */
	json_array_remove(json_object_get(only_group(world), "targets"), 0);
	apply(world);
	heard = listen_to(world, fd, false);
	assert_int_equal(heard.status, 502);
	forget(&heard);
	close(fd);

	first = json_array_get(json_object_get(only_group(world), "targets"), 0);
	json_set_bool(first, "draining", true);
	apply(world);
	expect(world, GET, 503, NULL);
}

static void new_orders_do_not_disturb_a_request(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *location =
		mem_fmt("\r\nLocation: http://new.example:%d/a?b\r\n", front_port());
	struct heard heard;
	int fd;

	with_targets(world, 1);
	world->fakes[0].manner = COUNTS;
	fd = dial();
	push_text(world, fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf");
	for (int i = 0; i < 20; i++)
		uv_run(&world->loop, UV_RUN_ONCE);
	set_rules(world, "[{\"actions\": [{\"Type\": \"redirect\", \"RedirectConfig\": "
			 "{\"Host\": \"new.example\", \"StatusCode\": \"HTTP_302\"}}]}]");
	apply(world);
	heard = ask_on(world, fd, "half");
	assert_string_equal(buf_text(&heard.body), "8");
	forget(&heard);
	heard = ask_on(world, fd, "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(heard.status, 302);
	assert_non_null(strstr(heard.raw.data, location));
	forget(&heard);
	close(fd);
}

static void a_listener_that_goes_lets_its_request_finish(void **state)
{
	struct world *world = *state;
	struct heard heard;
	int fd;

	with_targets(world, 1);
	world->fakes[0].manner = COUNTS;
	fd = dial();
	push_text(world, fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf");
	for (int i = 0; i < 20; i++)
		uv_run(&world->loop, UV_RUN_ONCE);
	json_array_clear(json_object_get(world->desired, "listeners"));
	apply(world);
	heard = ask_on(world, fd, "half");
	assert_string_equal(buf_text(&heard.body), "8");
	assert_true(is_closed(world, fd));
	forget(&heard);
	close(fd);
}

static void a_port_that_is_taken_is_reported_and_tried_again(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *before = NULL;
	AUTO_JSON json_t *after = NULL;
	struct sockaddr_in at;
	msec since = clock_monotonic();
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	uv_ip4_addr(NODE, front_port(), &at);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	apply(world);
	before = alb_state(world->alb);
	assert_string_equal(json_path_str(before, "listening.0.error"), "Address already in use");
	close(fd);
	for (;;) {
		json_decref(after);
		after = alb_state(world->alb);
		if (!json_path_str(after, "listening.0.error"))
			break;
		turn(world, since);
	}
	expect(world, GET, 503, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matchers_are_lists_and_ranges),
		TEST(an_empty_group_gives_awss_503_to_the_byte),
		TEST(two_targets_take_turns),
		TEST(one_passing_check_makes_a_new_target_healthy),
		TEST(an_unhealthy_target_tells_why_and_comes_back),
		TEST(with_all_unhealthy_their_own_errors_pass),
		TEST(connections_to_targets_are_used_again),
		TEST(a_target_that_is_not_there_gives_502),
		TEST(targets_that_break_off_give_502),
		TEST(a_body_cut_short_closes_the_client),
		TEST(a_silent_target_gives_504),
		TEST(a_request_that_stalls_gives_408),
		TEST(big_bodies_go_through_both_ways),
		TEST(chunked_bodies_go_through_both_ways),
		TEST(head_answers_have_no_body),
		TEST(expect_continue_is_answered_here),
		TEST(pipelined_requests_are_served_in_order),
		TEST(what_smuggles_is_refused_and_closed),
		TEST(what_is_too_long_is_refused),
		TEST(a_draining_target_gets_nothing_new),
		TEST(new_orders_do_not_disturb_a_request),
		TEST(a_listener_that_goes_lets_its_request_finish),
		TEST(a_port_that_is_taken_is_reported_and_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
