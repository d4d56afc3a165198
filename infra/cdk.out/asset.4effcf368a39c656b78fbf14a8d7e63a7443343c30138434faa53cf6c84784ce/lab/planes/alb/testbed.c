/*
 * testbed.c - a load balancer between targets that misbehave and clients that do, on one loop.
 */
#include "lab/planes/alb/testbed.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a target ---- */

struct visit {
	uv_tcp_t tcp;
	struct fake *fake;
	struct buf got;
	struct http1_chunked chunked;
	size_t counted;
	int uses;
};

static void visit_closed(uv_handle_t *handle)
{
	struct visit *visit = handle->data;

	visit->fake->open--;
	buf_free(&visit->got);
	free(visit);
}

static void hang_up(struct visit *visit)
{
	if (!uv_is_closing((uv_handle_t *)&visit->tcp))
		uv_close((uv_handle_t *)&visit->tcp, visit_closed);
}

static void after_write(uv_write_t *request, int err)
{
	free(request->data);
	free(request);
}

static void say(struct visit *visit, const char *data, size_t len)
{
	uv_write_t *request = mem_new(uv_write_t);
	uv_buf_t part = uv_buf_init(mem_strndup(data, len), (unsigned)len);

	memcpy(part.base, data, len);
	request->data = part.base;
	uv_write(request, (uv_stream_t *)&visit->tcp, &part, 1, after_write);
}

static void say_text(struct visit *visit, const char *text)
{
	say(visit, text, strlen(text));
}

static void say_status(struct visit *visit, int status, const char *body)
{
	AUTO_FREE char *text = mem_fmt("HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status,
				       strlen(body), body);

	say(visit, text, strlen(text));
}

static void answer(struct visit *visit, const struct http1_head *head, size_t head_len)
{
	static const char big[] = "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n";
	AUTO_FREE char *text = NULL;

	if (span_is(head->path, "/healthz")) {
		visit->fake->checks++;
		if (visit->fake->health == 0)
			return;
		say_status(visit, visit->fake->health, "");
		return;
	}
	visit->fake->requests++;
	switch (visit->fake->manner) {
	case SAYS_WHO:
		text = mem_fmt("%s %d", visit->fake->name, ++visit->uses);
		say_status(visit, 200, text);
		break;
	case ECHOES:
		text = mem_strndup(visit->got.data, head_len);
		say_status(visit, 200, text);
		break;
	case COUNTS:
		text = mem_fmt("%zu", visit->counted);
		say_status(visit, 200, text);
		break;
	case HANGS:
		break;
	case HANGS_UP:
		hang_up(visit);
		break;
	case SPOILS:
		say_text(visit, "SSH-2.0 hello\r\n\r\n");
		break;
	case BIG:
		say(visit, big, sizeof(big) - 1);
		text = mem_alloc(BIG_SIZE);
		memset(text, 'b', BIG_SIZE);
		say(visit, text, BIG_SIZE);
		break;
	case CHUNKS:
		text = mem_strdup("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				  "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n");
		say_text(visit, text);
		break;
	case UNTIL_CLOSE:
		say_text(visit, "HTTP/1.1 200 OK\r\n\r\nto the end");
		uv_run(visit->tcp.loop, UV_RUN_NOWAIT);
		hang_up(visit);
		break;
	case BREAKS_OFF:
		say_text(visit, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
		uv_run(visit->tcp.loop, UV_RUN_NOWAIT);
		hang_up(visit);
		break;
	case SAYS_500:
		say_status(visit, 500, "injected");
		break;
	}
}

/* One request at a time, which is what a load balancer sends. Answers whether one was complete. */
static bool serve_visit(struct visit *visit)
{
	static struct http1_head head;
	ssize_t used = http1_read_request(visit->got.data, visit->got.len,
					  &(struct http1_limits){0}, &head);
	size_t body = 0;
	size_t payload;
	ssize_t raw;

	assert_true(used >= 0);
	if (used == 0)
		return false;
	if (head.chunked) {
		visit->chunked = (struct http1_chunked){0};
		AUTO_FREE char *copy =
			mem_strndup(visit->got.data + used, visit->got.len - (size_t)used);
		raw = http1_read_chunked(&visit->chunked, copy, visit->got.len - (size_t)used,
					 &payload);
		assert_true(raw >= 0);
		if (!visit->chunked.done)
			return false;
		body = (size_t)raw;
		visit->counted = payload;
	} else if (head.content_length > 0) {
		body = visit->counted = (size_t)head.content_length;
		if (visit->got.len < (size_t)used + body)
			return false;
	}
	answer(visit, &head, (size_t)used);
	buf_drop(&visit->got, (size_t)used + body);
	return visit->got.len > 0;
}

static void visit_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct visit *visit = handle->data;

	*ret_buffer = uv_buf_init(buf_room(&visit->got, 65536), 65536);
}

static void visit_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct visit *visit = stream->data;

	if (len < 0) {
		hang_up(visit);
		return;
	}
	buf_wrote(&visit->got, (size_t)len);
	while (serve_visit(visit))
		;
}

static void fake_connection(uv_stream_t *stream, int err)
{
	struct visit *visit = mem_new(struct visit);

	visit->fake = stream->data;
	visit->tcp.data = visit;
	visit->fake->open++;
	uv_tcp_init(stream->loop, &visit->tcp);
	uv_accept(stream, (uv_stream_t *)&visit->tcp);
	uv_read_start((uv_stream_t *)&visit->tcp, visit_room, visit_read);
}

static void fake_open(struct world *world, struct fake *fake, const char *name)
{
	struct sockaddr_in at;
	int len = sizeof(at);

	fake->name = name;
	fake->health = 200;
	fake->manner = SAYS_WHO;
	uv_tcp_init(&world->loop, &fake->tcp);
	fake->tcp.data = fake;
	uv_ip4_addr("127.201.4.4", 0, &at);
	assert_int_equal(uv_tcp_bind(&fake->tcp, (struct sockaddr *)&at, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&fake->tcp, 64, fake_connection), 0);
	assert_int_equal(uv_tcp_getsockname(&fake->tcp, (struct sockaddr *)&at, &len), 0);
	fake->port = ntohs(at.sin_port);
}

/* ---- control ---- */

static void note_target(struct world *world, const json_t *document)
{
	AUTO_FREE char *key =
		mem_fmt("%s:%d", json_str(document, "id"), (int)json_int_or(document, "port", 0));

	json_set(world->last, key, document);
}

static void on_fact(const json_t *fact, void *user)
{
	if (json_has(fact, "target"))
		note_target(user, json_get(fact, "target"));
}

static void on_stopped(void *user)
{
}

const char *state_of(struct world *world, int fake)
{
	AUTO_FREE char *key = mem_fmt("10.0.4.%d:%d", fake + 4, world->fakes[fake].port);

	return json_str_or(json_get(world->last, key), "state", "");
}

const json_t *health_of(struct world *world, int fake)
{
	AUTO_FREE char *key = mem_fmt("10.0.4.%d:%d", fake + 4, world->fakes[fake].port);

	return json_get(world->last, key);
}

json_t *only_group(struct world *world)
{
	return json_array_get(json_object_get(world->desired, "target_groups"), 0);
}

void register_target(struct world *world, int fake)
{
	json_t *target = json_push_object(json_object_get(only_group(world), "targets"));
	AUTO_FREE char *id = mem_fmt("10.0.4.%d", fake + 4);

	json_set_str(target, "id", id);
	json_set_str(target, "address", "127.201.4.4");
	json_set_int(target, "port", world->fakes[fake].port);
}

void apply(struct world *world)
{
	const char *error = alb_apply(world->alb, world->desired);

	if (error)
		fail_msg("%s", error);
}

void set_rules(struct world *world, const char *text)
{
	AUTO_JSON json_t *rules = json_read(text, strlen(text));

	assert_non_null(rules);
	json_set(json_array_get(json_object_get(world->desired, "listeners"), 0), "rules", rules);
}

static const char desired_text[] =
	"{\"nodes\": [{\"address\": \"" NODE "\"}],"
	" \"attributes\": {\"idle_timeout.timeout_seconds\": \"60\"},"
	" \"listeners\": [{\"port\": 80, \"rules\": [{\"priority\": "
	"\"default\","
	"   \"actions\": [{\"Type\": \"forward\", \"TargetGroupArn\": \"blue\"}]}]}],"
	" \"target_groups\": [{\"arn\": \"blue\", \"targets\": [], \"attributes\": {},"
	"   \"health_check\": {\"path\": \"/healthz\", \"interval_ms\": 30, \"timeout_ms\": 1000,"
	"     \"healthy\": 2, \"unhealthy\": 2, \"matcher\": \"200\"}}]}";

static void on_tick(uv_timer_t *timer)
{
}

int build(void **state)
{
	static const struct alb_events events = {on_fact, on_stopped};
	struct world *world = mem_new(struct world);

	log_set_level(LOG_ERROR);
	uv_loop_init(&world->loop);
	uv_timer_init(&world->loop, &world->tick);
	uv_timer_start(&world->tick, on_tick, 2, 2);
	world->clock = lab_clock_start((lab_ms){clock_real().ms}, 1000);
	world->last = json_object();
	world->desired = json_read(desired_text, sizeof(desired_text) - 1);
	assert_non_null(world->desired);
	json_set_int(json_array_get(json_object_get(world->desired, "listeners"), 0), "bind_port",
		     front_port());
	fake_open(world, &world->fakes[0], "a");
	fake_open(world, &world->fakes[1], "b");
	fake_open(world, &world->fakes[2], "c");
	world->alb = alb_open(&world->loop, &world->clock, &events, world);
	*state = world;
	return 0;
}

static void close_rest(uv_handle_t *handle, void *user)
{
	struct world *world = user;
	bool ours = handle == (uv_handle_t *)&world->tick;

	for (size_t i = 0; i < array_len(world->fakes); i++)
		ours |= handle == (uv_handle_t *)&world->fakes[i].tcp;
	if (!uv_is_closing(handle))
		uv_close(handle, ours ? NULL : visit_closed);
}

int tear_down(void **state)
{
	struct world *world = *state;

	alb_close(world->alb);
	uv_walk(&world->loop, close_rest, world);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	json_decref(world->last);
	json_decref(world->desired);
	free(world);
	return 0;
}

/* ---- a client ---- */

void turn(struct world *world, msec since)
{
	uv_run(&world->loop, UV_RUN_ONCE);
	if (clock_monotonic() - since > ENOUGH)
		fail_msg("it takes too long");
}

void let_pass(struct world *world, msec ms)
{
	msec since = clock_monotonic();

	while (clock_monotonic() - since < ms)
		uv_run(&world->loop, UV_RUN_ONCE);
}

void await_state(struct world *world, int fake, const char *wanted)
{
	msec since = clock_monotonic();

	while (strcmp(state_of(world, fake), wanted) != 0)
		turn(world, since);
}

/* Tests run beside each other; below the ports that the kernel gives away. */
int front_port(void)
{
	return 10000 + getpid() % 20000;
}

int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at;

	uv_ip4_addr(NODE, front_port(), &at);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

void push(struct world *world, int fd, const char *data, size_t len)
{
	msec since = clock_monotonic();

	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
			since = clock_monotonic();
		} else {
			turn(world, since);
		}
	}
}

void push_text(struct world *world, int fd, const char *text)
{
	push(world, fd, text, strlen(text));
}

static void judge(struct heard *heard, bool head_method)
{
	static struct http1_head head;
	struct span method = {"HEAD", head_method ? 4 : 0};
	struct http1_chunked chunked = {0};
	ssize_t used = http1_read_response(heard->raw.data, heard->raw.len,
					   &(struct http1_limits){0}, &head);
	size_t payload;

	assert_true(used >= 0);
	if (used == 0)
		return;
	heard->status = head.status;
	heard->head_len = (size_t)used;
	buf_clear(&heard->body);
	buf_add(&heard->body, heard->raw.data + used, heard->raw.len - (size_t)used);
	switch (http1_response_body(&head, method)) {
	case HTTP1_BODY_NONE:
		heard->complete = true;
		break;
	case HTTP1_BODY_LENGTH:
		heard->complete = heard->body.len >= (size_t)head.content_length;
		break;
	case HTTP1_BODY_CHUNKED:
		used = http1_read_chunked(&chunked, heard->body.data, heard->body.len, &payload);
		assert_true(used >= 0);
		heard->body.len = payload;
		heard->body.data[payload] = '\0';
		heard->complete = chunked.done;
		break;
	case HTTP1_BODY_UNTIL_CLOSE:
		heard->complete = heard->closed;
		break;
	}
}

/* Reads one answer, or as far as the connection goes. */
struct heard listen_to(struct world *world, int fd, bool head_method)
{
	struct heard heard = {0};
	msec since = clock_monotonic();

	while (!heard.complete && !heard.closed) {
		ssize_t len = recv(fd, buf_room(&heard.raw, 1 << 20), 1 << 20, 0);

		if (len > 0) {
			buf_wrote(&heard.raw, (size_t)len);
			since = clock_monotonic();
		}
		heard.closed = len == 0;
		if (heard.raw.len && len >= 0)
			judge(&heard, head_method);
		turn(world, since);
	}
	return heard;
}

bool is_closed(struct world *world, int fd)
{
	msec since = clock_monotonic();
	char byte;

	while (clock_monotonic() - since < 1500) {
		if (recv(fd, &byte, 1, 0) == 0)
			return true;
		uv_run(&world->loop, UV_RUN_ONCE);
	}
	return false;
}

void forget(struct heard *heard)
{
	buf_free(&heard->raw);
	buf_free(&heard->body);
	*heard = (struct heard){0};
}

struct heard ask_on(struct world *world, int fd, const char *request)
{
	push_text(world, fd, request);
	return listen_to(world, fd, strncmp(request, "HEAD", 4) == 0);
}

struct heard ask(struct world *world, const char *request)
{
	int fd = dial();
	struct heard heard = ask_on(world, fd, request);

	close(fd);
	return heard;
}

void expect(struct world *world, const char *request, int status, const char *body)
{
	struct heard heard = ask(world, request);

	if (heard.status != status || (body && strcmp(buf_text(&heard.body), body) != 0))
		fail_msg("%d %s", heard.status, buf_text(&heard.raw));
	forget(&heard);
}

void with_targets(struct world *world, int count)
{
	for (int i = 0; i < count; i++)
		register_target(world, i);
	apply(world);
	for (int i = 0; i < count; i++)
		await_state(world, i, "healthy");
}
