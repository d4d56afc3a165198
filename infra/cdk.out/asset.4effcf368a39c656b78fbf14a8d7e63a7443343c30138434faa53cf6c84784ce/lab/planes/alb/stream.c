/*
 * stream.c - a TCP connection of the load balancer's, either side.
 */
#include "lab/planes/alb/stream.h"
#include "lib/base/mem.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static char read_buffer[STREAM_READ_SIZE];

struct pending_write {
	uv_write_t request;
	struct stream *stream;
	size_t len;
	char data[];
};

struct pending_connect {
	uv_connect_t request;
	struct stream *stream;
};

int stream_init(uv_loop_t *loop, struct stream *stream, const struct stream_kind *kind,
		unsigned family)
{
	stream->kind = kind;
	stream->tcp.data = stream;
	return uv_tcp_init_ex(loop, &stream->tcp, family);
}

int stream_accept(uv_stream_t *listener, struct stream *stream)
{
	int err = uv_accept(listener, (uv_stream_t *)&stream->tcp);

	if (err == 0)
		uv_tcp_nodelay(&stream->tcp, 1);
	return err;
}

static void on_connected(uv_connect_t *request, int err)
{
	struct pending_connect *connect = (struct pending_connect *)request;
	struct stream *stream = connect->stream;

	free(connect);
	if (!stream->closing)
		stream->kind->connected(stream, err);
}

int stream_connect(struct stream *stream, const struct sockaddr_in *from,
		   const struct sockaddr_in *to)
{
	struct pending_connect *connect;
	uv_os_fd_t fd;
	int on = 1;
	int err;

	/* The port is chosen at connect, so that one port serves many targets. */
	if (uv_fileno((uv_handle_t *)&stream->tcp, &fd) == 0)
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	err = uv_tcp_bind(&stream->tcp, (const struct sockaddr *)from, 0);
	if (err < 0)
		return err;

	connect = mem_new(struct pending_connect);
	connect->stream = stream;
	err = uv_tcp_connect(&connect->request, &stream->tcp, (const struct sockaddr *)to,
			     on_connected);
	if (err < 0)
		free(connect);
	else
		uv_tcp_nodelay(&stream->tcp, 1);
	return err;
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	(void)handle;
	(void)suggested;
	*ret_buffer = uv_buf_init(read_buffer, sizeof(read_buffer));
}

static void on_read(uv_stream_t *tcp, ssize_t len, const uv_buf_t *buffer)
{
	struct stream *stream = tcp->data;

	if (stream->closing || len == 0)
		return;
	if (len > 0) {
		stream->kind->data(stream, buffer->base, (size_t)len);
		return;
	}
	stream_read(stream, false);
	stream->kind->ended(stream, len == UV_EOF ? 0 : (int)len);
}

void stream_read(struct stream *stream, bool on)
{
	if (on == stream->reading || stream->closing)
		return;
	stream->reading = on;
	if (on)
		uv_read_start((uv_stream_t *)&stream->tcp, give_buffer, on_read);
	else
		uv_read_stop((uv_stream_t *)&stream->tcp);
}

static void on_written(uv_write_t *request, int err)
{
	struct pending_write *write = (struct pending_write *)request;
	struct stream *stream = write->stream;

	stream->unsent -= write->len;
	free(write);
	if (stream->closing)
		return;
	if (err < 0)
		stream->kind->ended(stream, err);
	else if (stream->unsent == 0 && stream->kind->drained)
		stream->kind->drained(stream);
}

static int queue_rest(struct stream *stream, const uv_buf_t *parts, unsigned nparts, size_t skip)
{
	struct pending_write *write;
	size_t len = 0;
	uv_buf_t whole;
	int err;

	for (unsigned i = 0; i < nparts; i++)
		len += parts[i].len;
	len -= skip;

	write = mem_alloc(sizeof(*write) + len);
	write->stream = stream;
	write->len = len;
	len = 0;
	for (unsigned i = 0; i < nparts; i++) {
		size_t drop = skip < parts[i].len ? skip : parts[i].len;

		memcpy(write->data + len, parts[i].base + drop, parts[i].len - drop);
		len += parts[i].len - drop;
		skip -= drop;
	}

	whole = uv_buf_init(write->data, (unsigned)len);
	err = uv_write(&write->request, (uv_stream_t *)&stream->tcp, &whole, 1, on_written);
	if (err < 0)
		free(write);
	else
		stream->unsent += len;
	return err;
}

int stream_write(struct stream *stream, const uv_buf_t *parts, unsigned nparts)
{
	size_t len = 0;
	int sent;

	for (unsigned i = 0; i < nparts; i++)
		len += parts[i].len;
	if (len == 0 || stream->closing)
		return 0;

	/* While it connects, and behind what is queued, libuv says EAGAIN: then all of it waits. */
	sent = uv_try_write((uv_stream_t *)&stream->tcp, parts, nparts);
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		return sent;
	if ((size_t)sent == len)
		return 0;
	return queue_rest(stream, parts, nparts, (size_t)sent);
}

bool stream_progressed(struct stream *stream)
{
	size_t queued = uv_stream_get_write_queue_size((uv_stream_t *)&stream->tcp);
	bool progressed = queued < stream->was_queued;

	stream->was_queued = queued;
	return progressed;
}

static void on_finished(uv_shutdown_t *request, int err)
{
	(void)err;
	free(request);
}

int stream_finish(struct stream *stream)
{
	uv_shutdown_t *request = mem_new(uv_shutdown_t);
	int err = uv_shutdown(request, (uv_stream_t *)&stream->tcp, on_finished);

	if (err < 0)
		free(request);
	return err;
}

static void on_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;

	stream->kind->closed(stream);
}

void stream_close(struct stream *stream)
{
	if (stream->closing)
		return;
	stream->closing = true;
	uv_close((uv_handle_t *)&stream->tcp, on_closed);
}
