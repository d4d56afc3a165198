/*
 * http_testbed.c - a server that says back what it heard, and clients with patience. For tests.
 */
#include "lib/net/http_testbed.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE (5 * SECOND)

struct world world;

/* Says back what it heard. */
static void handle(struct http_exchange *x, void *user)
{
	char *body;

	world.handled++;
	if (span_is(x->path, "/held")) {
		world.held = x;
		return;
	}
	if (span_is(x->path, "/empty")) {
		http_reply(x, 204, NULL, NULL, 0);
		return;
	}
	if (span_is(x->path, "/large")) {
		size_t len = (size_t)8 << 20;

		body = arena_alloc(x->arena, len);
		memset(body, 'L', len);
		http_reply(x, 200, "text/plain", body, len);
		return;
	}
	if (span_is(x->path, "/header"))
		http_reply_header(x, "X-Echo", span_dup(x->arena, x->query));
	body = arena_fmt(x->arena, "%.*s %.*s [%.*s]", (int)x->method.len, x->method.at,
			 (int)x->target.len, x->target.at, (int)x->body.len, x->body.at);
	http_reply(x, 200, "text/plain", body, strlen(body));
}

static void gone(struct http_exchange *x, void *user)
{
	if (x == world.held)
		world.held = NULL;
	world.gone++;
}

void drained(void *user)
{
	world.drained++;
}

const struct http_server_options plain = {
	.handle = handle,
	.gone = gone,
	.body_limit = 1000,
	.server = "golden",
};

void open_world(const struct http_server_options *options)
{
	memset(&world, 0, sizeof(world));
	assert_int_equal(uv_loop_init(&world.loop), 0);
	assert_int_equal(http_server_open(&world.loop, "127.0.0.1", 0, options, &world.server), 0);
}

void close_world(void)
{
	http_server_close(world.server);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world.loop), 0);
}

int client_to(const struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, address, len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

int client(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)http_server_port(world.server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return client_to((const struct sockaddr *)&address, sizeof(address));
}

void turn(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	uv_run(&world.loop, UV_RUN_NOWAIT);
	poll(&poll_fd, 1, 1);
}

void say(int fd, const char *text)
{
	size_t len = strlen(text);
	msec until = clock_monotonic() + PATIENCE;

	while (len && clock_monotonic() < until) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent > 0) {
			text += sent;
			len -= (size_t)sent;
		} else {
			turn(-1);
		}
	}
}

bool hear_bytes(int fd, struct buf *heard, size_t len)
{
	msec until = clock_monotonic() + PATIENCE;

	while (heard->len < len) {
		ssize_t got = read(fd, buf_room(heard, 65536), 65536);

		if (got > 0)
			buf_wrote(heard, (size_t)got);
		else if (got == 0 || errno != EAGAIN)
			return true;
		else if (clock_monotonic() > until)
			fail_msg("waited in vain; heard: %s", buf_text(heard));
		else
			turn(fd);
	}
	return false;
}

void hear_all(int fd, struct buf *heard)
{
	assert_true(hear_bytes(fd, heard, SIZE_MAX / 2));
}

int count(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

void hear_parts(int fd, struct buf *heard, const char *part, int times)
{
	while (count(buf_text(heard), part) < times)
		assert_false(hear_bytes(fd, heard, heard->len + 1));
}

void wait_for(const int *value, int expected)
{
	msec until = clock_monotonic() + PATIENCE;

	while (*value != expected && clock_monotonic() < until)
		turn(-1);
	assert_int_equal(*value, expected);
}

void wait_for_connections(size_t expected)
{
	msec until = clock_monotonic() + PATIENCE;

	while (http_server_connections(world.server) != expected && clock_monotonic() < until)
		turn(-1);
	assert_int_equal(http_server_connections(world.server), expected);
}
