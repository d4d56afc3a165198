/*
 * http_connection.c - one client of an HTTP server: requests in, answers out, one after the other.
 *
 * A connection handles one request at a time; what the client sends ahead waits in its buffers, so that
 * answers are in order by themselves. Answers that are ready at once gather in `out` and leave in
 * one write. A client that shuts down its sending side still gets its answers.
 */
#include "lib/net/http_connection.h"

#include "lib/net/http1_chars.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LATER_LIMIT READ_SIZE /* read ahead of an answer */
#define OUT_LIMIT READ_SIZE   /* answers gathered for one write */
#define KEEP_LIMIT READ_SIZE  /* larger buffers are given back when idle */
#define COPY_LIMIT ((size_t)16384)
#define LINGER_TIME ((uint64_t)2000)

static void connection_run(struct connection *conn);

static uint64_t in_future(const struct connection *conn, msec delay)
{
	return uv_now(conn->server->loop) + (uint64_t)delay;
}

/* The lists that the connection limit and drain look at. */
static void set_idle(struct connection *conn, bool idle)
{
	struct http_server *server = conn->server;

	TAILQ_REMOVE(conn->idle ? &server->idle : &server->busy, conn, link);
	TAILQ_INSERT_TAIL(idle ? &server->idle : &server->busy, conn, link);
	conn->idle = idle;
}

/* The exchange is over, answered or not. */
static void exchange_end(struct connection *conn)
{
	if (conn->server)
		server_arena_give(conn->server, conn->x.arena);
	else
		arena_close(conn->x.arena);
	conn->x.arena = NULL;
	conn->live = false;
	buf_clear(&conn->headers);
}

static void connection_free(struct connection *conn)
{
	buf_free(&conn->in);
	buf_free(&conn->later);
	buf_free(&conn->out);
	buf_free(&conn->headers);
	free(conn);
}

static void on_socket_closed(uv_handle_t *handle)
{
	struct connection *conn = handle->data;
	struct http_server *server = conn->server;

	conn->server = NULL;
	conn->socket_closed = true;
	if (!conn->live)
		connection_free(conn);
	server_handle_closed(server);
}

void connection_close(struct connection *conn)
{
	struct http_server *server = conn->server;

	if (conn->phase == PHASE_CLOSED)
		return;
	conn->phase = PHASE_CLOSED;
	TAILQ_REMOVE(conn->idle ? &server->idle : &server->busy, conn, link);
	server_connection_closed(server);
	if (conn->live && server->options.gone) {
		server->options.gone(&conn->x, server->options.user);
		exchange_end(conn);
	}
	uv_close(&conn->socket.handle, on_socket_closed);
}

/* Writing: at once what the kernel takes, a copy of the rest when it has room again. */

struct write {
	uv_write_t request;
	struct connection *conn;
	size_t len;
	char data[];
};

static void on_written(uv_write_t *request, int status)
{
	struct write *write = (struct write *)request;
	struct connection *conn = write->conn;

	free(write);
	conn->writes--;
	if (status < 0)
		connection_close(conn);
	else
		connection_run(conn);
}

static void send_later(struct connection *conn, const uv_buf_t *bufs, size_t count, size_t skip)
{
	struct write *write;
	size_t len = 0;
	uv_buf_t all;

	for (size_t i = 0; i < count; i++)
		len += bufs[i].len;
	write = mem_alloc(sizeof(*write) + len - skip);
	write->conn = conn;
	for (size_t i = 0; i < count; i++) {
		size_t cut = skip < bufs[i].len ? skip : bufs[i].len;

		memcpy(write->data + write->len, bufs[i].base + cut, bufs[i].len - cut);
		write->len += bufs[i].len - cut;
		skip -= cut;
	}

	all = uv_buf_init(write->data, (unsigned int)write->len);
	conn->deadline = in_future(conn, conn->server->options.body_timeout);
	conn->unsent = 0;
	if (uv_write(&write->request, &conn->socket.stream, &all, 1, on_written) < 0) {
		free(write);
		connection_close(conn);
		return;
	}
	conn->writes++;
}

static void connection_send(struct connection *conn, const uv_buf_t *bufs, unsigned int count)
{
	size_t len = 0;
	int sent = uv_try_write(&conn->socket.stream, bufs, count);

	for (unsigned int i = 0; i < count; i++)
		len += bufs[i].len;
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		connection_close(conn);
	else if ((size_t)sent < len)
		send_later(conn, bufs, count, (size_t)sent);
}

static void connection_flush(struct connection *conn)
{
	uv_buf_t all = uv_buf_init(conn->out.data, (unsigned int)conn->out.len);

	if (conn->out.len == 0)
		return;
	connection_send(conn, &all, 1);
	buf_clear(&conn->out);
	if (conn->out.cap > KEEP_LIMIT)
		buf_free(&conn->out);
}

/* Answers. */

/* The head is written once a request: into room made once, not piece by piece. */

#define HEAD_ROOM ((size_t)160) /* status line, the other names, the length */

static char *put(char *at, const void *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

#define put_literal(at, literal) put(at, literal, sizeof(literal) - 1)

static char *put_number(char *at, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return put(at, digits + first, sizeof(digits) - first);
}

/* Date and Server: the same for a second. */
static void make_common(struct http_server *server)
{
	const char *name = server->options.server;
	real_ms now;
	char date[CLOCK_TEXT];
	int len;

	if (uv_now(server->loop) < server->common_until)
		return;
	now = clock_real();
	len = snprintf(server->common, sizeof(server->common), "Date: %s\r\n%s%s%s",
		       clock_http(now, date), name ? "Server: " : "", name ? name : "",
		       name ? "\r\n" : "");
	assert(len > 0 && (size_t)len < sizeof(server->common));
	server->common_len = (size_t)len;
	server->common_until = uv_now(server->loop) + (uint64_t)(1000 - now.ms % 1000);
}

static void add_head(struct connection *conn, int status, const char *content_type, size_t len)
{
	struct http_server *server = conn->server;
	const char *reason = http1_reason(status);
	size_t type_len = content_type ? strlen(content_type) : 0;
	char *start;
	char *at;

	make_common(server);
	start = buf_room(&conn->out, HEAD_ROOM + server->common_len + type_len + conn->headers.len);
	at = put_literal(start, "HTTP/1.1 ");
	at = put_number(at, (uint64_t)status);
	at = put_literal(at, " ");
	at = put(at, reason, strlen(reason));
	at = put_literal(at, "\r\n");
	at = put(at, server->common, server->common_len);
	if (content_type) {
		at = put_literal(at, "Content-Type: ");
		at = put(at, content_type, type_len);
		at = put_literal(at, "\r\n");
	}
	if (status != 204 && status != 304) {
		at = put_literal(at, "Content-Length: ");
		at = put_number(at, len);
		at = put_literal(at, "\r\n");
	}
	if (conn->headers.len)
		at = put(at, conn->headers.data, conn->headers.len);
	if (!conn->keep_alive)
		at = put_literal(at, "Connection: close\r\n");
	else if (conn->old)
		at = put_literal(at, "Connection: keep-alive\r\n");
	at = put_literal(at, "\r\n");
	buf_wrote(&conn->out, (size_t)(at - start));
}

static void add_answer(struct connection *conn, int status, const char *content_type,
		       const void *body, size_t len)
{
	if (conn->server->draining)
		conn->keep_alive = false;
	add_head(conn, status, content_type, len);
	if (conn->is_head || status == 204 || status == 304 || len == 0)
		return;

	if (len < COPY_LIMIT || conn->writes) {
		buf_add(&conn->out, body, len);
	} else {
		uv_buf_t bufs[2] = {
			uv_buf_init(conn->out.data, (unsigned int)conn->out.len),
			{.base = (char *)(uintptr_t)body, .len = len},
		};

		connection_send(conn, bufs, 2);
		buf_clear(&conn->out);
	}
}

/* Our own word on what is no request; the connection ends with it. */
static void refuse(struct connection *conn, int status)
{
	const char *reason = http1_reason(status);

	conn->keep_alive = false;
	conn->is_head = false;
	conn->linger = true;
	conn->phase = PHASE_ENDING;
	add_answer(conn, status, "text/plain", reason, strlen(reason));
}

void http_reply_header(struct http_exchange *x, const char *name, const char *value)
{
	struct connection *conn = (struct connection *)x;
	size_t name_len = strlen(name);
	size_t value_len = strlen(value);
	size_t len = name_len + value_len + strlen(": \r\n");
	char *at;

	assert(conn->live);
	at = put(buf_room(&conn->headers, len), name, name_len);
	at = put_literal(at, ": ");
	/* A line end in a value would be a header, or an answer, of somebody else's making. */
	for (size_t i = 0; i < value_len; i++)
		*at++ = char_is((unsigned char)value[i], CHAR_VALUE) ? value[i] : ' ';
	put_literal(at, "\r\n");
	buf_wrote(&conn->headers, len);
}

void http_reply(struct http_exchange *x, int status, const char *content_type, const void *body,
		size_t len)
{
	struct connection *conn = (struct connection *)x;

	assert(conn->live && status >= 200 && status <= 999);
	if (conn->phase == PHASE_CLOSED) {
		exchange_end(conn);
		if (conn->socket_closed)
			connection_free(conn);
		return;
	}

	conn->live = false; /* if the write finds the client gone, nobody needs to hear */
	add_answer(conn, status, content_type, body, len);
	exchange_end(conn);
	if (conn->phase == PHASE_CLOSED)
		return;
	conn->phase = conn->keep_alive ? PHASE_HEAD : PHASE_ENDING;
	conn->at += conn->used;
	conn->begun = false;
	connection_run(conn);
}

/* Reading. Each answers whether there is more to do at once. */

static void dispatch(struct connection *conn)
{
	struct http_server *server = conn->server;
	const struct http1_head *head = &server->head;
	struct http_exchange *x = &conn->x;
	struct http_header *headers;

	x->arena = server_arena_take(server);
	headers = arena_alloc(x->arena, sizeof(*headers) * head->nheaders);
	memcpy(headers, head->headers, sizeof(*headers) * head->nheaders);
	x->headers = headers;
	x->nheaders = head->nheaders;
	x->method = head->method;
	x->target = head->target;
	x->path = head->path;
	x->query = head->query;
	x->body = (struct span){conn->in.data + conn->at + conn->head_len, conn->body_len};
	x->user = NULL;

	conn->is_head = span_is(head->method, "HEAD");
	conn->phase = PHASE_HANDLING;
	conn->live = true;
	server->options.handle(x, server->options.user);
}

static ssize_t read_head(struct connection *conn)
{
	return http1_read_request(conn->in.data + conn->at, conn->in.len - conn->at,
				  &conn->server->limits, &conn->server->head);
}

static bool begin_body(struct connection *conn)
{
	const struct http1_head *head = &conn->server->head;
	size_t limit = conn->server->options.body_limit;

	conn->expected = head->chunked ? -1 : head->content_length;
	if (conn->expected > (int64_t)limit || (head->chunked && limit == 0)) {
		refuse(conn, 413);
		return false;
	}

	conn->chunked = (struct http1_chunked){0};
	conn->phase = PHASE_BODY;
	conn->deadline = in_future(conn, conn->server->options.body_timeout);
	if (head->expect_continue && conn->in.len == conn->at + conn->head_len)
		buf_str(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return true;
}

static void become_idle(struct connection *conn)
{
	struct http_server *server = conn->server;

	/* Somebody waits for this one's place. */
	if (conn->ended || server->waiting) {
		conn->phase = PHASE_ENDING;
		return;
	}
	if (conn->in.cap > KEEP_LIMIT)
		buf_free(&conn->in);
	set_idle(conn, true);
	conn->deadline = in_future(conn, server->options.idle_timeout);
}

/* More bytes for the request that begins at `at`; none are left over from the one before. */
static void gather(struct connection *conn)
{
	if (conn->phase != PHASE_HEAD && conn->phase != PHASE_BODY)
		return;
	if (conn->at == conn->in.len) {
		buf_clear(&conn->in);
		conn->at = 0;
	}
	if (conn->later.len) {
		buf_drop(&conn->in, conn->at);
		conn->at = 0;
		buf_add(&conn->in, conn->later.data, conn->later.len);
		buf_clear(&conn->later);
	}
}

static bool step_head(struct connection *conn)
{
	ssize_t used;

	if (conn->in.len == conn->at) {
		if (!conn->idle)
			become_idle(conn);
		return false;
	}
	if (conn->idle)
		set_idle(conn, false);
	if (!conn->begun) {
		conn->begun = true;
		conn->deadline = in_future(conn, conn->server->options.head_timeout);
		conn->x.started_us = clock_monotonic_us();
		conn->pace = (struct http1_pace){0};
	}

	if (!http1_worth_reading(&conn->pace, conn->in.data + conn->at, conn->in.len - conn->at))
		return false;
	used = read_head(conn);
	if (used < 0)
		refuse(conn, http1_error_status(used));
	if (used <= 0)
		return false;

	conn->keep_alive = conn->server->head.keep_alive;
	conn->old = conn->server->head.minor == 0;
	conn->head_len = (size_t)used;
	conn->body_len = 0;
	conn->used = conn->head_len;
	if (http1_request_body(&conn->server->head) != HTTP1_BODY_NONE)
		return begin_body(conn);

	dispatch(conn);
	return true;
}

/* 1: all of it is there; 0: not yet; below: http1_error. */
static int read_chunks(struct connection *conn)
{
	char *body = conn->in.data + conn->at + conn->head_len;
	char *fresh = conn->in.data + conn->at + conn->used;
	size_t len = (size_t)(conn->in.data + conn->in.len - fresh);
	size_t payload;
	ssize_t used = http1_read_chunked(&conn->chunked, fresh, len, &payload);

	if (used < 0)
		return HTTP1_BAD;
	memmove(body + conn->body_len, fresh, payload);
	conn->body_len += payload;
	conn->used += (size_t)used;
	if (conn->chunked.done)
		return 1;

	/* Only payload stays: the frames of small chunks would fill the memory. */
	conn->used = conn->head_len + conn->body_len;
	conn->in.len = conn->at + conn->used;
	return 0;
}

static bool step_body(struct connection *conn)
{
	size_t limit = conn->server->options.body_limit;
	int done;

	if (conn->expected >= 0) {
		size_t there = conn->in.len - conn->at - conn->head_len;
		size_t length = (size_t)conn->expected;

		conn->body_len = there < length ? there : length;
		conn->used = conn->head_len + conn->body_len;
		done = conn->body_len == length;
	} else {
		done = read_chunks(conn);
	}

	if (done < 0 || conn->body_len > limit) {
		refuse(conn, done < 0 ? 400 : 413);
		return false;
	}
	if (!done)
		return false;

	/* The head was read before the buffer moved, or while another one was. */
	read_head(conn);
	dispatch(conn);
	return true;
}

static bool step(struct connection *conn)
{
	if (conn->out.len > OUT_LIMIT)
		connection_flush(conn);
	/* Who does not read his answers is not asked what he wants next. */
	if (conn->writes || conn->phase == PHASE_CLOSED)
		return false;
	gather(conn);
	switch (conn->phase) {
	case PHASE_HEAD:
		return step_head(conn);
	case PHASE_BODY:
		return step_body(conn);
	default:
		return false;
	}
}

static void finish(struct connection *conn)
{
	uv_os_fd_t fd;

	if (!conn->linger || conn->ended || uv_fileno(&conn->socket.handle, &fd) < 0) {
		connection_close(conn);
		return;
	}
	/* Closing with unread data would reset the connection and destroy our last answer. */
	shutdown(fd, SHUT_WR);
	buf_clear(&conn->later);
	conn->phase = PHASE_LINGER;
	conn->deadline = in_future(conn, LINGER_TIME);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret_buf)
{
	struct connection *conn = handle->data;

	*ret_buf = uv_buf_init(conn->server->read, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf);

static void read_or_stop(struct connection *conn)
{
	bool stop = conn->later.len > LATER_LIMIT;

	if (conn->ended || stop == conn->stopped)
		return;
	conn->stopped = stop;
	if (stop)
		uv_read_stop(&conn->socket.stream);
	else if (uv_read_start(&conn->socket.stream, on_alloc, on_read) < 0)
		connection_close(conn);
}

/* Does all that can be done now; then writes, and closes if that was all. */
static void connection_run(struct connection *conn)
{
	if (conn->running || conn->phase == PHASE_CLOSED)
		return;

	conn->running = true;
	while (step(conn))
		;
	conn->running = false;
	if (conn->phase == PHASE_CLOSED)
		return;

	/* A request that will never be whole. */
	if (conn->ended && !conn->writes &&
	    (conn->phase == PHASE_HEAD || conn->phase == PHASE_BODY))
		conn->phase = PHASE_ENDING;
	connection_flush(conn);
	if (conn->phase == PHASE_ENDING && !conn->writes)
		finish(conn);
	if (conn->phase != PHASE_CLOSED)
		read_or_stop(conn);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct connection *conn = stream->data;

	if (len == 0)
		return;
	if (len < 0)
		conn->ended = true;
	if (conn->phase == PHASE_LINGER || (len < 0 && len != UV_EOF)) {
		if (len < 0)
			connection_close(conn);
		return;
	}

	if (len > 0 && conn->phase != PHASE_ENDING) {
		bool wait = conn->phase == PHASE_HANDLING || conn->writes;

		buf_add(wait ? &conn->later : &conn->in, buf->base, (size_t)len);
	}
	connection_run(conn);
}

void connection_sweep(struct connection *conn, uint64_t now)
{
	size_t unsent = conn->writes ? uv_stream_get_write_queue_size(&conn->socket.stream) : 0;

	if (conn->writes && unsent != conn->unsent) {
		conn->unsent = unsent;
		conn->deadline = in_future(conn, conn->server->options.body_timeout);
	}
	if (now < conn->deadline || (conn->phase == PHASE_HANDLING && !conn->writes))
		return;
	if (conn->writes || conn->idle || conn->phase == PHASE_LINGER) {
		connection_close(conn);
		return;
	}
	refuse(conn, 408);
	connection_run(conn);
}

/* Opening. */

static void name_address(const struct sockaddr_storage *address, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";
	int port = 0;

	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		uv_ip6_name(in6, host, sizeof(host));
		port = ntohs(in6->sin6_port);
	} else if (address->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		uv_ip4_name(in, host, sizeof(host));
		port = ntohs(in->sin_port);
	}
	snprintf(text, size, address->ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d", host, port);
}

static void name_ends(struct connection *conn)
{
	struct sockaddr_storage address = {0};
	int len = sizeof(address);

	if (conn->server->port < 0) {
		snprintf(conn->peer, sizeof(conn->peer), "unix");
		snprintf(conn->local, sizeof(conn->local), "%s", conn->server->address);
		return;
	}
	uv_tcp_getpeername(&conn->socket.tcp, (struct sockaddr *)&address, &len);
	name_address(&address, conn->peer, sizeof(conn->peer));
	len = sizeof(address);
	uv_tcp_getsockname(&conn->socket.tcp, (struct sockaddr *)&address, &len);
	name_address(&address, conn->local, sizeof(conn->local));
	uv_tcp_nodelay(&conn->socket.tcp, 1);
}

void connection_open(struct http_server *server)
{
	struct connection *conn = mem_new(struct connection);

	conn->server = server;
	if (server->port < 0)
		uv_pipe_init(server->loop, &conn->socket.pipe, 0);
	else
		uv_tcp_init(server->loop, &conn->socket.tcp);
	conn->socket.handle.data = conn;
	server->handles++;
	server->connections++;
	conn->idle = true;
	TAILQ_INSERT_TAIL(&server->idle, conn, link);
	conn->deadline = in_future(conn, server->options.idle_timeout);
	conn->x.peer = conn->peer;
	conn->x.local = conn->local;

	if (uv_accept(&server->listener.stream, &conn->socket.stream) < 0 ||
	    uv_read_start(&conn->socket.stream, on_alloc, on_read) < 0) {
		connection_close(conn);
		return;
	}
	name_ends(conn);
}
