/*
 * line_channel_test.c - two ends of a channel on one loop, and ends that do not keep to it.
 */
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/net/line_channel.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE (5 * SECOND)

struct side {
	struct channel *channel;
	int opened;
	int lines;
	int closed;
	int err;
	int64_t sum; /* of "n" in all lines */
	char *text;  /* of the last line */
	bool close_at_first;
};

struct world {
	uv_loop_t loop;
	char dir[32];
	char path[64];
	struct channel_listener *listener;
	struct side server;
	struct side client;
};

static struct world world;

static void on_opened(struct channel *channel, void *user)
{
	struct side *side = user;

	side->channel = channel;
	side->opened++;
}

static void on_line(struct channel *channel, const json_t *message, void *user)
{
	struct side *side = user;

	side->lines++;
	side->sum += json_int_or(message, "n", 0);
	free(side->text);
	side->text = mem_strdup(json_str(message, "text"));
	if (side->close_at_first)
		channel_close(channel);
}

static void on_closed(struct channel *channel, int err, void *user)
{
	struct side *side = user;

	side->channel = NULL;
	side->closed++;
	side->err = err;
}

static const struct channel_events events = {on_opened, on_line, on_closed};

static void wait_for(const int *value, int expected)
{
	msec until = clock_monotonic() + PATIENCE;

	while (*value != expected && clock_monotonic() < until) {
		uv_run(&world.loop, UV_RUN_NOWAIT);
		usleep(200);
	}
	assert_int_equal(*value, expected);
}

static int open_world(void **state)
{
	memset(&world, 0, sizeof(world));
	snprintf(world.dir, sizeof(world.dir), "/tmp/golden-lines-XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	snprintf(world.path, sizeof(world.path), "%s/s", world.dir);
	assert_int_equal(uv_loop_init(&world.loop), 0);
	return channel_listen(&world.loop, world.path, &events, &world.server, &world.listener);
}

static int close_world(void **state)
{
	if (world.client.channel)
		channel_close(world.client.channel);
	if (world.server.channel)
		channel_close(world.server.channel);
	channel_listener_close(world.listener);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	free(world.client.text);
	free(world.server.text);
	assert_int_equal(rmdir(world.dir), 0); /* so the socket is gone */
	return 0;
}

static void connect_client(void)
{
	assert_int_equal(channel_connect(&world.loop, world.path, &events, &world.client,
					 &world.client.channel),
			 0);
}

static void say(struct channel *channel, int64_t n, const char *text)
{
	AUTO_JSON json_t *message = json_object();

	json_set_int(message, "n", n);
	json_set_str(message, "text", text);
	channel_send(channel, message);
}

static void lines_go_both_ways(void **state)
{
	connect_client();
	say(world.client.channel, 1, "even before it is connected");
	wait_for(&world.server.lines, 1);
	assert_string_equal(world.server.text, "even before it is connected");
	say(world.server.channel, 2, "line\nend");
	say(world.server.channel, 3, "caf\xc3\xa9");
	wait_for(&world.client.lines, 2);
	assert_int_equal(world.client.sum, 5);
	assert_string_equal(world.client.text, "caf\xc3\xa9");
	assert_int_equal(world.client.opened, 1);

	channel_close(world.client.channel);
	wait_for(&world.client.closed, 1);
	wait_for(&world.server.closed, 1);
	assert_int_equal(world.client.err, 0);
	assert_int_equal(world.server.err, 0);
}

static void many_and_large_lines_arrive_whole(void **state)
{
	size_t len = (size_t)3 << 20;
	AUTO_FREE char *text = mem_alloc(len + 1);

	connect_client();
	wait_for(&world.server.opened, 1);
	memset(text, 'x', len);
	for (int i = 0; i < 1000; i++)
		say(world.client.channel, i, "small");
	say(world.client.channel, 0, text);
	assert_true(channel_unsent(world.client.channel) > 0);
	wait_for(&world.server.lines, 1001);
	assert_int_equal(world.server.sum, 499500);
	assert_int_equal(strlen(world.server.text), len);
	assert_int_equal(channel_unsent(world.client.channel), 0);
}

static void a_line_that_is_too_long_ends_the_connection(void **state)
{
	AUTO_FREE char *text = mem_alloc(CHANNEL_LINE_MAX + 10);

	connect_client();
	memset(text, 'x', CHANNEL_LINE_MAX + 9);
	say(world.client.channel, 0, text);
	wait_for(&world.server.closed, 1);
	assert_int_equal(world.server.err, -EMSGSIZE);
	wait_for(&world.client.closed, 1);
}

static int raw_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", world.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void what_is_no_object_ends_the_connection(void **state)
{
	static const char *const lines[] = {"hello\n",	    "[1]\n", "\n",
					    "{\"n\":1}{\n", "17\n",  "{\"n\":1,\"n\":2}\n"};

	for (size_t i = 0; i < array_len(lines); i++) {
		int fd = raw_client();

		assert_int_equal(write(fd, "{\"n\":1}\n", 8), 8);
		assert_int_equal(write(fd, lines[i], strlen(lines[i])), strlen(lines[i]));
		wait_for(&world.server.closed, (int)i + 1);
		assert_int_equal(world.server.err, -EBADMSG);
		assert_int_equal(world.server.lines, (int)i + 1);
		close(fd);
	}
}

static void pieces_are_put_together(void **state)
{
	const char *text = "{\"n\":1}\n{\"n\":20}\n{\"n\":300}\n{\"n\"";
	int fd = raw_client();

	for (; *text; text++) {
		assert_int_equal(write(fd, text, 1), 1);
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	wait_for(&world.server.lines, 3);
	assert_int_equal(world.server.sum, 321);
	close(fd);
	wait_for(&world.server.closed, 1);
	assert_int_equal(world.server.err, 0);
}

static void closing_in_the_middle_stops_the_lines(void **state)
{
	int fd = raw_client();

	world.server.close_at_first = true;
	assert_int_equal(write(fd, "{\"n\":1}\n{\"n\":2}\n", 16), 16);
	wait_for(&world.server.closed, 1);
	assert_int_equal(world.server.lines, 1);
	close(fd);
}

static void nobody_there_is_told_later(void **state)
{
	struct side side = {0};
	char path[200];

	snprintf(path, sizeof(path), "%s/nobody", world.dir);
	assert_int_equal(channel_connect(&world.loop, path, &events, &side, &side.channel), 0);
	say(side.channel, 1, "into the void");
	assert_int_equal(side.closed, 0);
	wait_for(&side.closed, 1);
	assert_int_equal(side.err, -ENOENT);
	assert_int_equal(side.opened, 0);

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(channel_connect(&world.loop, path, &events, &side, &side.channel),
			 -ENAMETOOLONG);
}

/* The rest of a child's life: connects as nobody, and answers whether the server hung up on it. */
static int be_another_user(void)
{
	char byte;
	int fd;

	if (setuid(65534) < 0)
		return 2;
	fd = raw_client();
	return read(fd, &byte, 1) == 0 ? 0 : 1;
}

static void another_user_is_not_heard(void **state)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(world.dir, 0755), 0);
	assert_int_equal(chmod(world.path, 0777), 0);
	pid = fork();
	if (pid == 0)
		_exit(be_another_user());
	wait_for(&world.server.closed, 1);
	assert_int_equal(world.server.err, -EACCES);
	assert_int_equal(world.server.opened, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define scene(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene(lines_go_both_ways),
		scene(many_and_large_lines_arrive_whole),
		scene(a_line_that_is_too_long_ends_the_connection),
		scene(what_is_no_object_ends_the_connection),
		scene(pieces_are_put_together),
		scene(closing_in_the_middle_stops_the_lines),
		scene(nobody_there_is_told_later),
		scene(another_user_is_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
