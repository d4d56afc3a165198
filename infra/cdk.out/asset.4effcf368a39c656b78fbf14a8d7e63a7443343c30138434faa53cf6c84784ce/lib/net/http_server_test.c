/*
 * http_server_test.c - a real server on a real socket, and clients that behave and misbehave.
 */
#include "lib/net/http_testbed.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void requests_on_one_connection_are_answered(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/a?b"));
	hear_parts(fd, &heard, "GET /a?b []", 1);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
	assert_non_null(strstr(heard.data, "\r\nServer: golden\r\n"));
	assert_non_null(strstr(heard.data, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(heard.data, "\r\nContent-Length: 11\r\n"));
	assert_null(strstr(heard.data, "Connection:"));

	buf_clear(&heard);
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
	hear_parts(fd, &heard, "POST / [hello]", 1);

	buf_clear(&heard);
	say(fd, "GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear_all(fd, &heard);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 204 No Content\r\n", 25), 0);
	assert_null(strstr(heard.data, "Content-Length"));
	assert_non_null(strstr(heard.data, "Connection: close\r\n"));
	close(fd);
	close_world();
}

static void a_head_has_the_length_but_no_body(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, "HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	hear_all(fd, &heard);
	assert_non_null(strstr(heard.data, "Content-Length: 10\r\n"));
	assert_string_equal(heard.data + heard.len - 4, "\r\n\r\n");
	close(fd);
	close_world();
}

static void http_1_0_ends_unless_it_asks_to_stay(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	hear_parts(fd, &heard, "GET /a []", 1);
	assert_non_null(strstr(heard.data, "Connection: keep-alive\r\n"));
	say(fd, "GET /b HTTP/1.0\r\n\r\n");
	hear_all(fd, &heard);
	assert_non_null(strstr(heard.data, "Connection: close\r\n"));
	close(fd);
	close_world();
}

static void a_slow_client_is_served_byte_by_byte(void **state)
{
	const char *text = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
			   "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: t\r\n\r\n" GET("/next");
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	for (; *text; text++) {
		char byte[2] = {*text, '\0'};

		say(fd, byte);
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	hear_parts(fd, &heard, "GET /next []", 1);
	assert_non_null(strstr(heard.data, "POST /x [abcde]"));
	assert_int_equal(world.handled, 2);
	close(fd);
	close_world();
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/1") "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GET("/held")
			GET("/4") GET("/5"));
	hear_parts(fd, &heard, "POST /2 [hi]", 1);
	wait_for(&world.handled, 3);
	say(fd, GET("/6"));
	turn(-1);
	assert_int_equal(world.handled, 3);

	http_reply(world.held, 200, NULL, "held", 4);
	hear_parts(fd, &heard, "GET /6 []", 1);
	assert_true(strstr(heard.data, "/1 []") < strstr(heard.data, "/2 [hi]"));
	assert_true(strstr(heard.data, "/2 [hi]") < strstr(heard.data, "held"));
	assert_true(strstr(heard.data, "held") < strstr(heard.data, "/4 []"));
	assert_true(strstr(heard.data, "/5 []") < strstr(heard.data, "/6 []"));
	close(fd);
	close_world();
}

static void a_flood_of_pipelined_requests_waits_outside(void **state)
{
	AUTO_BUF struct buf heard = {0};
	AUTO_BUF struct buf flood = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/held"));
	wait_for(&world.handled, 1);
	for (int i = 0; i < 20000; i++)
		buf_str(&flood, GET("/n"));
	buf_str(&flood, GET("/last"));

	/* Send until nothing moves, answer, and read the rest. */
	for (size_t sent = 0, still = 0; sent < flood.len;) {
		ssize_t n = send(fd, flood.data + sent, flood.len - sent, MSG_NOSIGNAL);

		turn(-1);
		if (n > 0) {
			sent += (size_t)n;
			still = 0;
		} else if (world.held && ++still == 50) {
			http_reply(world.held, 200, NULL, "held", 4);
			world.held = NULL;
		} else if (!world.held) {
			hear_bytes(fd, &heard, heard.len + 1);
		}
	}
	if (world.held)
		http_reply(world.held, 200, NULL, "held", 4);
	while (world.handled < 20002)
		hear_bytes(fd, &heard, heard.len + 1);
	hear_parts(fd, &heard, "GET /last []", 1);
	close(fd);
	close_world();
}

static void a_large_answer_waits_for_its_reader(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/large") GET("/after"));
	wait_for(&world.handled, 1);
	for (int i = 0; i < 20; i++)
		turn(-1);
	assert_int_equal(world.handled, 1);
	hear_bytes(fd, &heard, (size_t)8 << 20);
	hear_parts(fd, &heard, "GET /after []", 1);
	close(fd);
	close_world();
}

static void what_is_no_request_is_refused_and_ended(void **state)
{
	static const struct {
		const char *request;
		const char *answer;
	} cases[] = {
		{"\x16\x03\x01", "HTTP/1.1 400 "},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n",
		 "HTTP/1.1 400 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",
		 "HTTP/1.1 400 "},
		{"GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 "},
		{"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "HTTP/1.1 417 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: "
		 "100-continue\r\n\r\n",
		 "HTTP/1.1 413 "},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" GET("/n"),
		 "HTTP/1.1 413 "},
	};

	open_world(&plain);
	for (size_t i = 0; i < array_len(cases); i++) {
		AUTO_BUF struct buf heard = {0};
		int fd = client();

		say(fd, cases[i].request);
		hear_all(fd, &heard);
		assert_int_equal(strncmp(heard.data, cases[i].answer, strlen(cases[i].answer)), 0);
		assert_non_null(strstr(heard.data, "Connection: close\r\n"));
		assert_int_equal(count(heard.data, "HTTP/1.1"), 1);
		close(fd);
	}
	wait_for_connections(0);
	assert_int_equal(world.handled, 0);
	close_world();
}

static void limits_on_heads_and_chunked_bodies_hold(void **state)
{
	AUTO_BUF struct buf heard = {0};
	AUTO_BUF struct buf text = {0};
	int fd;

	open_world(&plain);
	fd = client();
	buf_str(&text, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	for (int i = 0; i < 40000; i++)
		buf_byte(&text, 'x');
	say(fd, text.data);
	hear_all(fd, &heard);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 431 ", 13), 0);
	close(fd);

	buf_clear(&text);
	buf_clear(&heard);
	fd = client();
	buf_str(&text, "GET /");
	for (int i = 0; i < 20000; i++)
		buf_byte(&text, 'x');
	say(fd, text.data);
	hear_all(fd, &heard);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 414 ", 13), 0);
	close(fd);

	buf_clear(&text);
	buf_clear(&heard);
	fd = client();
	buf_str(&text, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 1001; i++)
		buf_str(&text, "1\r\nx\r\n");
	say(fd, text.data);
	hear_all(fd, &heard);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 413 ", 13), 0);
	close(fd);
	close_world();
}

static void a_refusal_survives_a_client_that_still_sends(void **state)
{
	AUTO_BUF struct buf heard = {0};
	AUTO_BUF struct buf text = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
	for (int i = 0; i < 500000; i++)
		buf_byte(&text, 'x');
	say(fd, text.data);
	hear_all(fd, &heard);
	assert_int_equal(strncmp(heard.data, "HTTP/1.1 413 ", 13), 0);
	close(fd);
	wait_for_connections(0);
	close_world();
}

static void continue_is_said_once_and_only_when_it_helps(void **state)
{
	const char *head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
			   "Expect: 100-continue\r\n\r\n";
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, head);
	hear_parts(fd, &heard, "HTTP/1.1 100 Continue\r\n\r\n", 1);
	say(fd, "hi");
	hear_parts(fd, &heard, "POST / [hi]", 1);
	assert_int_equal(count(heard.data, "100 Continue"), 1);

	buf_clear(&heard);
	say(fd,
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nho");
	hear_parts(fd, &heard, "POST / [ho]", 1);
	assert_int_equal(count(heard.data, "100 Continue"), 0);
	close(fd);
	close_world();
}

static void a_header_cannot_become_two(void **state)
{
	static struct http_exchange *x;
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/held"));
	wait_for(&world.handled, 1);
	x = world.held;
	http_reply_header(x, "X-Echo", "a\r\nSet-Cookie: b");
	http_reply(x, 200, NULL, "ok", 2);
	hear_parts(fd, &heard, "\r\n\r\nok", 1);
	assert_non_null(strstr(heard.data, "\r\nX-Echo: a  Set-Cookie: b\r\n"));

	/* and is not kept for the next answer */
	buf_clear(&heard);
	say(fd, GET("/a"));
	hear_parts(fd, &heard, "/a []", 1);
	assert_null(strstr(heard.data, "X-Echo"));
	close(fd);
	close_world();
}

static void slow_heads_and_bodies_time_out(void **state)
{
	struct http_server_options options = plain;
	const char *cases[] = {"GET / HT",
			       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh"};

	options.head_timeout = 80;
	options.body_timeout = 80;
	open_world(&options);
	for (size_t i = 0; i < array_len(cases); i++) {
		AUTO_BUF struct buf heard = {0};
		int fd = client();

		say(fd, cases[i]);
		hear_all(fd, &heard);
		assert_int_equal(strncmp(heard.data, "HTTP/1.1 408 ", 13), 0);
		close(fd);
	}
	close_world();
}

static void silent_connections_are_closed_without_a_word(void **state)
{
	struct http_server_options options = plain;
	AUTO_BUF struct buf heard = {0};
	int fresh;
	int used;

	options.idle_timeout = 80;
	open_world(&options);
	fresh = client();
	used = client();
	say(used, GET("/a"));
	hear_parts(used, &heard, "/a []", 1);
	buf_clear(&heard);
	hear_all(fresh, &heard);
	hear_all(used, &heard);
	assert_int_equal(heard.len, 0);
	close(fresh);
	close(used);
	close_world();
}

static void a_client_that_does_not_read_is_given_up(void **state)
{
	struct http_server_options options = plain;
	int fd;

	options.body_timeout = 80;
	open_world(&options);
	fd = client();
	say(fd, GET("/large"));
	wait_for(&world.handled, 1);
	wait_for_connections(0);
	close(fd);
	close_world();
}

static void reset(int fd)
{
	const struct linger hard = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void a_client_that_breaks_off_is_told_to_the_handler(void **state)
{
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/held"));
	wait_for(&world.handled, 1);
	reset(fd);
	wait_for(&world.gone, 1);
	wait_for_connections(0);
	close_world();
}

static void without_gone_the_exchange_waits_for_its_answer(void **state)
{
	struct http_server_options options = plain;
	struct http_exchange *x;
	int fd;

	options.gone = NULL;
	open_world(&options);
	fd = client();
	say(fd, GET("/held"));
	wait_for(&world.handled, 1);
	reset(fd);
	wait_for_connections(0);
	turn(-1);
	x = world.held;
	assert_true(span_is(x->path, "/held"));
	http_reply(x, 200, NULL, arena_strdup(x->arena, "too late"), 8);

	/* and the same when the server is closed before */
	fd = client();
	say(fd, GET("/held"));
	wait_for(&world.handled, 2);
	x = world.held;
	close_world();
	assert_true(span_is(x->path, "/held"));
	http_reply(x, 200, NULL, "too late", 8);
	close(fd);
}

static void who_only_stops_sending_still_gets_his_answers(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int fd;

	open_world(&plain);
	fd = client();
	say(fd, GET("/held") GET("/b"));
	shutdown(fd, SHUT_WR);
	wait_for(&world.handled, 1);
	turn(-1);
	turn(-1);
	http_reply(world.held, 200, NULL, "held", 4);
	hear_all(fd, &heard);
	assert_non_null(strstr(heard.data, "GET /b []"));
	close(fd);

	/* half a request and an end: nothing to say */
	buf_clear(&heard);
	fd = client();
	say(fd, "GET / HTTP/1.1\r\n");
	shutdown(fd, SHUT_WR);
	hear_all(fd, &heard);
	assert_int_equal(heard.len, 0);
	close(fd);
	close_world();
}

static void the_oldest_idle_connection_makes_room(void **state)
{
	struct http_server_options options = plain;
	AUTO_BUF struct buf heard = {0};
	int busy;
	int idle;
	int fresh;
	int last;

	options.connections_limit = 2;
	open_world(&options);
	busy = client();
	say(busy, GET("/held"));
	wait_for(&world.handled, 1);
	idle = client();
	say(idle, GET("/a"));
	hear_parts(idle, &heard, "/a []", 1);

	fresh = client();
	say(fresh, GET("/held"));
	hear_all(idle, &heard);
	wait_for(&world.handled, 3);

	/* None is idle: the next one waits until one is. */
	last = client();
	say(last, GET("/c"));
	turn(-1);
	turn(-1);
	assert_int_equal(world.handled, 3);
	http_reply(world.held, 200, NULL, "held", 4);
	buf_clear(&heard);
	hear_parts(last, &heard, "/c []", 1);
	assert_int_equal(http_server_connections(world.server), 2);
	close(busy);
	close(idle);
	close(fresh);
	close(last);
	close_world();
}

static void drain_finishes_what_is_in_flight(void **state)
{
	AUTO_BUF struct buf heard = {0};
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int busy;
	int idle;
	int fd;

	open_world(&plain);
	busy = client();
	idle = client();
	say(busy, GET("/held"));
	wait_for(&world.handled, 1);
	wait_for_connections(2);
	getpeername(idle, (struct sockaddr *)&address, &len);

	http_server_drain(world.server, drained, NULL);
	hear_all(idle, &heard);
	assert_int_equal(heard.len, 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, len), -1);
	assert_int_equal(world.drained, 0);

	http_reply(world.held, 200, NULL, "held", 4);
	hear_all(busy, &heard);
	assert_non_null(strstr(heard.data, "Connection: close\r\n"));
	wait_for(&world.drained, 1);
	close(fd);
	close(busy);
	close(idle);
	close_world();
}

static void drain_of_a_server_without_clients_is_told_too(void **state)
{
	open_world(&plain);
	http_server_drain(world.server, drained, NULL);
	wait_for(&world.drained, 1);
	close_world();
}

static void close_cuts_everything_off(void **state)
{
	AUTO_BUF struct buf heard = {0};
	int busy;
	int half;

	open_world(&plain);
	busy = client();
	half = client();
	say(busy, GET("/held"));
	say(half, "GET / HT");
	wait_for(&world.handled, 1);
	wait_for_connections(2);
	close_world();
	assert_int_equal(world.gone, 1);
	hear_all(busy, &heard);
	assert_int_equal(heard.len, 0);
	close(busy);
	close(half);
}

static void a_unix_socket_serves_as_well(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO_BUF struct buf heard = {0};
	char dir[] = "/tmp/golden-http-XXXXXX";
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
	memset(&world, 0, sizeof(world));
	uv_loop_init(&world.loop);
	assert_int_equal(http_server_open(&world.loop, address.sun_path, -1, &plain, &world.server),
			 0);
	fd = client_to((const struct sockaddr *)&address, sizeof(address));
	say(fd, GET("/a"));
	hear_parts(fd, &heard, "/a []", 1);
	close(fd);
	close_world();
	assert_int_equal(access(address.sun_path, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
}

static void a_taken_port_is_an_error(void **state)
{
	struct http_server *second = NULL;

	open_world(&plain);
	assert_int_equal(http_server_open(&world.loop, "127.0.0.1", http_server_port(world.server),
					  &plain, &second),
			 -EADDRINUSE);
	assert_int_equal(http_server_open(&world.loop, "not an address", 0, &plain, &second),
			 -EINVAL);
	assert_null(second);
	close_world();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_on_one_connection_are_answered),
		cmocka_unit_test(a_head_has_the_length_but_no_body),
		cmocka_unit_test(http_1_0_ends_unless_it_asks_to_stay),
		cmocka_unit_test(a_slow_client_is_served_byte_by_byte),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(a_flood_of_pipelined_requests_waits_outside),
		cmocka_unit_test(a_large_answer_waits_for_its_reader),
		cmocka_unit_test(what_is_no_request_is_refused_and_ended),
		cmocka_unit_test(limits_on_heads_and_chunked_bodies_hold),
		cmocka_unit_test(a_refusal_survives_a_client_that_still_sends),
		cmocka_unit_test(continue_is_said_once_and_only_when_it_helps),
		cmocka_unit_test(a_header_cannot_become_two),
		cmocka_unit_test(slow_heads_and_bodies_time_out),
		cmocka_unit_test(silent_connections_are_closed_without_a_word),
		cmocka_unit_test(a_client_that_does_not_read_is_given_up),
		cmocka_unit_test(a_client_that_breaks_off_is_told_to_the_handler),
		cmocka_unit_test(without_gone_the_exchange_waits_for_its_answer),
		cmocka_unit_test(who_only_stops_sending_still_gets_his_answers),
		cmocka_unit_test(the_oldest_idle_connection_makes_room),
		cmocka_unit_test(drain_finishes_what_is_in_flight),
		cmocka_unit_test(drain_of_a_server_without_clients_is_told_too),
		cmocka_unit_test(close_cuts_everything_off),
		cmocka_unit_test(a_unix_socket_serves_as_well),
		cmocka_unit_test(a_taken_port_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
