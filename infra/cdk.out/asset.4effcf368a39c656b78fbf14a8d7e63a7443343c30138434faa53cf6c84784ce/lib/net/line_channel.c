/*
 * line_channel.c - JSON lines over a Unix stream socket.
 */
#include "lib/net/line_channel.h"

#include "lib/base/buf.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define READ_SIZE ((size_t)65536)

struct channel {
	uv_pipe_t pipe; /* first: libuv's handle is us */
	uv_connect_t connect;
	const struct channel_events *events;
	void *user;
	bool outgoing;
	bool open;
	bool closing;
	int err;
	struct buf early; /* sent before it was open */
	struct buf in;
	size_t searched; /* bytes of in without a line end */
};

struct channel_listener {
	uv_pipe_t pipe; /* first */
	const struct channel_events *events;
	void *user;
};

static void on_channel_closed(uv_handle_t *handle)
{
	struct channel *channel = (struct channel *)handle;

	channel->events->closed(channel, channel->err, channel->user);
	buf_free(&channel->in);
	buf_free(&channel->early);
	free(channel);
}

static void channel_end(struct channel *channel, int err)
{
	if (channel->closing)
		return;
	channel->closing = true;
	channel->err = err;
	uv_close((uv_handle_t *)&channel->pipe, on_channel_closed);
}

static struct channel *channel_new(uv_loop_t *loop, const struct channel_events *events, void *user)
{
	struct channel *channel = mem_new(struct channel);

	uv_pipe_init(loop, &channel->pipe, 0);
	channel->events = events;
	channel->user = user;
	return channel;
}

/* Who is at the other end? 0 or -errno. */
static int check_peer(struct channel *channel)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;
	int err = uv_fileno((uv_handle_t *)&channel->pipe, &fd);

	if (err < 0)
		return err;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	if (peer.uid == geteuid() || peer.uid == 0 || (channel->outgoing && geteuid() == 0))
		return 0;
	return -EACCES;
}

/* Reading. */

static void take_line(struct channel *channel, const char *text, size_t len)
{
	AUTO_JSON json_t *message = NULL;

	if (len > CHANNEL_LINE_MAX) {
		channel_end(channel, -EMSGSIZE);
		return;
	}
	message = json_read(text, len);
	if (json_is_object(message))
		channel->events->line(channel, message, channel->user);
	else
		channel_end(channel, -EBADMSG);
}

static void take_lines(struct channel *channel)
{
	size_t from = channel->searched;
	size_t start = 0;
	char *end;

	while (!channel->closing && from < channel->in.len &&
	       (end = memchr(channel->in.data + from, '\n', channel->in.len - from))) {
		size_t len = (size_t)(end - channel->in.data) - start;

		take_line(channel, channel->in.data + start, len);
		start += len + 1;
		from = start;
	}
	buf_drop(&channel->in, start);
	channel->searched = channel->in.len;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret_buf)
{
	struct channel *channel = (struct channel *)handle;

	*ret_buf = uv_buf_init(buf_room(&channel->in, READ_SIZE), READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct channel *channel = (struct channel *)stream;

	if (len < 0) {
		channel_end(channel, len == UV_EOF ? 0 : (int)len);
		return;
	}
	if (len == 0)
		return;
	buf_wrote(&channel->in, (size_t)len);
	take_lines(channel);
	if (channel->in.len > CHANNEL_LINE_MAX)
		channel_end(channel, -EMSGSIZE);
}

/* Writing. */

struct write {
	uv_write_t request;
	struct channel *channel;
	char data[];
};

static void on_written(uv_write_t *request, int status)
{
	struct write *write = (struct write *)request;

	if (status < 0)
		channel_end(write->channel, status);
	free(write);
}

static void send_later(struct channel *channel, const char *data, size_t len)
{
	struct write *write = mem_alloc(sizeof(*write) + len);
	uv_buf_t all = uv_buf_init(write->data, (unsigned int)len);
	int err;

	memcpy(write->data, data, len);
	write->channel = channel;
	err = uv_write(&write->request, (uv_stream_t *)&channel->pipe, &all, 1, on_written);
	if (err < 0) {
		free(write);
		channel_end(channel, err);
	}
}

static void send_bytes(struct channel *channel, const struct buf *bytes)
{
	uv_buf_t all = uv_buf_init(bytes->data, (unsigned int)bytes->len);
	int sent = uv_try_write((uv_stream_t *)&channel->pipe, &all, 1);

	/* Anything but "later" is told by uv_write() again, or by reading. */
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < bytes->len)
		send_later(channel, bytes->data + sent, bytes->len - (size_t)sent);
}

void channel_send(struct channel *channel, const json_t *message)
{
	AUTO_BUF struct buf line = {0};
	AUTO_FREE char *text = NULL;
	struct buf *to = channel->open ? &line : &channel->early;

	if (channel->closing)
		return;
	text = json_text(message);
	buf_str(to, text);
	buf_byte(to, '\n');
	if (channel->open)
		send_bytes(channel, &line);
}

size_t channel_unsent(const struct channel *channel)
{
	return channel->early.len +
	       uv_stream_get_write_queue_size((const uv_stream_t *)&channel->pipe);
}

static void channel_begin(struct channel *channel)
{
	int err = check_peer(channel);

	if (err == 0)
		err = uv_read_start((uv_stream_t *)&channel->pipe, on_alloc, on_read);
	if (err < 0) {
		channel_end(channel, err);
		return;
	}
	channel->open = true;
	if (channel->early.len)
		send_bytes(channel, &channel->early);
	buf_free(&channel->early);
	if (channel->events->opened && !channel->closing)
		channel->events->opened(channel, channel->user);
}

void channel_close(struct channel *channel)
{
	channel_end(channel, 0);
}

/* Listening and connecting. */

static void on_client(uv_stream_t *stream, int status)
{
	struct channel_listener *listener = (struct channel_listener *)stream;
	struct channel *channel;
	int err;

	if (status < 0)
		return;
	channel = channel_new(stream->loop, listener->events, listener->user);
	err = uv_accept(stream, (uv_stream_t *)&channel->pipe);
	if (err < 0)
		channel_end(channel, err);
	else
		channel_begin(channel);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free(handle);
}

void channel_listener_close(struct channel_listener *listener)
{
	if (listener)
		uv_close((uv_handle_t *)&listener->pipe, on_listener_closed);
}

static bool path_fits(const char *path)
{
	return strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path);
}

int channel_listen(uv_loop_t *loop, const char *path, const struct channel_events *events,
		   void *user, struct channel_listener **ret_listener)
{
	struct channel_listener *listener;
	int err;

	if (!path_fits(path))
		return -ENAMETOOLONG;
	signal(SIGPIPE, SIG_IGN);
	listener = mem_new(struct channel_listener);
	listener->events = events;
	listener->user = user;
	uv_pipe_init(loop, &listener->pipe, 0);
	unlink(path);

	err = uv_pipe_bind(&listener->pipe, path);
	if (err < 0)
		goto fail;
	if (chmod(path, 0600) < 0) {
		err = -errno;
		goto fail;
	}
	err = uv_listen((uv_stream_t *)&listener->pipe, BACKLOG, on_client);
	if (err < 0)
		goto fail;

	*ret_listener = listener;
	return 0;

fail:
	channel_listener_close(listener);
	return err;
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct channel *channel = connect->data;

	if (channel->closing)
		return;
	if (status < 0)
		channel_end(channel, status);
	else
		channel_begin(channel);
}

int channel_connect(uv_loop_t *loop, const char *path, const struct channel_events *events,
		    void *user, struct channel **ret_channel)
{
	struct channel *channel;

	if (!path_fits(path))
		return -ENAMETOOLONG;
	signal(SIGPIPE, SIG_IGN);
	channel = channel_new(loop, events, user);
	channel->outgoing = true;
	channel->connect.data = channel;
	*ret_channel = channel;
	uv_pipe_connect(&channel->connect, &channel->pipe, path, on_connected);
	return 0;
}
