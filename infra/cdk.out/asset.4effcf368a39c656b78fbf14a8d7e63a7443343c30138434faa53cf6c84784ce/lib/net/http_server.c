/*
 * http_server.c - listening, the limit on connections, timeouts, drain.
 *
 * One timer sweeps all connections; it runs only while there are any.
 */
#include "lib/net/http_server.h"

#include "lib/net/http_connection.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 511
#define LINE_LIMIT ((size_t)16384) /* of it, the request line; what AWS's load balancer takes */
#define DRAIN_DELAY 20		   /* ms */

static void on_sweep(uv_timer_t *timer)
{
	struct http_server *server = timer->data;
	struct connection_list *const lists[] = {&server->idle, &server->busy};
	uint64_t now = uv_now(server->loop);

	for (size_t i = 0; i < array_len(lists); i++) {
		struct connection *conn = TAILQ_FIRST(lists[i]);

		while (conn) {
			struct connection *next = TAILQ_NEXT(conn, link);

			connection_sweep(conn, now);
			conn = next;
		}
	}
}

static uint64_t sweep_interval(const struct http_server_options *options)
{
	msec least = options->head_timeout;

	if (options->body_timeout < least)
		least = options->body_timeout;
	if (options->idle_timeout < least)
		least = options->idle_timeout;
	least /= 8;
	return least < 10 ? 10 : least > 1000 ? 1000 : (uint64_t)least;
}

static void start_sweep(struct http_server *server, uint64_t delay)
{
	uint64_t interval = sweep_interval(&server->options);

	uv_timer_start(&server->sweep, on_sweep, delay < interval ? delay : interval, interval);
}

static void try_accept(struct http_server *server)
{
	if (!server->waiting || !server->listening)
		return;
	if (server->connections >= server->options.connections_limit) {
		struct connection *oldest = TAILQ_FIRST(&server->idle);

		/* Its closing calls us again. */
		if (oldest)
			connection_close(oldest);
		return;
	}
	server->waiting = false;
	if (server->connections == 0)
		start_sweep(server, UINT64_MAX);
	connection_open(server);
}

static void on_client(uv_stream_t *listener, int status)
{
	struct http_server *server = listener->data;

	if (status < 0)
		return;
	server->waiting = true;
	try_accept(server);
}

static void server_free(struct http_server *server)
{
	while (server->nspare)
		arena_close(server->spare[--server->nspare]);
	free(server->address);
	free(server);
}

static void tell_drained(struct http_server *server)
{
	void (*done)(void *user) = server->done;

	if (!server->draining || server->listening || server->connections || server->closing ||
	    !done)
		return;
	server->done = NULL;
	done(server->done_user);
}

void server_connection_closed(struct http_server *server)
{
	server->connections--;
	if (server->connections == 0)
		uv_timer_stop(&server->sweep);
	if (!server->closing)
		try_accept(server);
}

void server_handle_closed(struct http_server *server)
{
	assert(server->handles > 0);
	server->handles--;
	if (server->handles == 0)
		server_free(server);
	else
		tell_drained(server);
}

struct arena *server_arena_take(struct http_server *server)
{
	return server->nspare ? server->spare[--server->nspare] : arena_open();
}

void server_arena_give(struct http_server *server, struct arena *arena)
{
	if (server->nspare == SPARE_ARENAS) {
		arena_close(arena);
		return;
	}
	arena_clear(arena);
	server->spare[server->nspare++] = arena;
}

static int bind_unix(struct http_server *server, const char *path)
{
	int err;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	err = uv_pipe_init(server->loop, &server->listener.pipe, 0);
	if (err < 0)
		return err;
	server->handles++;
	server->listener.handle.data = server;
	unlink(path); /* of somebody who was killed */
	return uv_pipe_bind(&server->listener.pipe, path);
}

static int bind_tcp(struct http_server *server, const char *address, int port)
{
	struct sockaddr_storage name = {0};
	int err;

	if (strchr(address, ':'))
		err = uv_ip6_addr(address, port, (struct sockaddr_in6 *)&name);
	else
		err = uv_ip4_addr(address, port, (struct sockaddr_in *)&name);
	if (err < 0)
		return err;
	err = uv_tcp_init(server->loop, &server->listener.tcp);
	if (err < 0)
		return err;
	server->handles++;
	server->listener.handle.data = server;
	return uv_tcp_bind(&server->listener.tcp, (const struct sockaddr *)&name, 0);
}

static int find_port(struct http_server *server)
{
	struct sockaddr_storage name = {0};
	int len = sizeof(name);
	int err;

	if (server->port < 0)
		return 0;
	err = uv_tcp_getsockname(&server->listener.tcp, (struct sockaddr *)&name, &len);
	if (err < 0)
		return err;
	/* The port stands at the same place in both families. */
	server->port = ntohs(((const struct sockaddr_in *)&name)->sin_port);
	return 0;
}

static msec timeout_or(msec given, msec otherwise)
{
	return given ? given : otherwise;
}

static void take_options(struct http_server *server, const struct http_server_options *options)
{
	struct http_server_options *mine = &server->options;

	*mine = *options;
	if (!mine->head_limit)
		mine->head_limit = 32768;
	if (!mine->connections_limit)
		mine->connections_limit = 1024;
	mine->head_timeout = timeout_or(mine->head_timeout, 10 * SECOND);
	mine->body_timeout = timeout_or(mine->body_timeout, 30 * SECOND);
	mine->idle_timeout = timeout_or(mine->idle_timeout, 75 * SECOND);
	server->limits.head = mine->head_limit;
	server->limits.line = mine->head_limit < LINE_LIMIT ? mine->head_limit : LINE_LIMIT;
}

int http_server_open(uv_loop_t *loop, const char *address, int port,
		     const struct http_server_options *options, struct http_server **ret_server)
{
	struct http_server *server = mem_new(struct http_server);
	int err;

	server->loop = loop;
	server->port = port;
	server->address = mem_strdup(address);
	TAILQ_INIT(&server->idle);
	TAILQ_INIT(&server->busy);
	take_options(server, options);
	uv_timer_init(loop, &server->sweep);
	server->sweep.data = server;
	server->handles++;

	/* libuv writes with write(2): a client that left would end the process. */
	signal(SIGPIPE, SIG_IGN);

	err = port < 0 ? bind_unix(server, address) : bind_tcp(server, address, port);
	if (err < 0)
		goto fail;
	err = uv_listen(&server->listener.stream, BACKLOG, on_client);
	if (err < 0)
		goto fail;
	server->listening = true;
	err = find_port(server);
	if (err < 0)
		goto fail;

	*ret_server = server;
	return 0;

fail:
	http_server_close(server);
	return err;
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

size_t http_server_connections(const struct http_server *server)
{
	return server->connections;
}

static void on_handle_closed(uv_handle_t *handle)
{
	server_handle_closed(handle->data);
}

static void stop_listening(struct http_server *server)
{
	server->listening = false;
	if (server->listener.handle.data && !uv_is_closing(&server->listener.handle))
		uv_close(&server->listener.handle, on_handle_closed);
}

void http_server_drain(struct http_server *server, void (*done)(void *user), void *user)
{
	struct connection *conn;

	assert(!server->draining);
	server->draining = true;
	server->done = done;
	server->done_user = user;
	stop_listening(server);

	/* A request that lies in the kernel already is read before its connection is closed. */
	TAILQ_FOREACH(conn, &server->idle, link)
	conn->deadline = 0;
	if (server->connections)
		start_sweep(server, DRAIN_DELAY);
}

void http_server_close(struct http_server *server)
{
	struct connection *conn;

	if (!server || server->closing)
		return;
	server->closing = true;
	stop_listening(server);
	while ((conn = TAILQ_FIRST(&server->idle)) || (conn = TAILQ_FIRST(&server->busy)))
		connection_close(conn);
	uv_close((uv_handle_t *)&server->sweep, on_handle_closed);
}

struct span http_header(const struct http_exchange *x, const char *name)
{
	for (size_t i = 0; i < x->nheaders; i++) {
		if (span_is_nocase(x->headers[i].name, name))
			return x->headers[i].value;
	}
	return (struct span){0};
}
