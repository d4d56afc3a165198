/*
 * output.c - what a container prints becomes log events.
 *
 *   keeps      the container's stream as a log segment (lab/wire/log_segment.h)
 *   left out   multi-line patterns, log drivers other than awslogs
 */
#include "lab/planes/task/output.h"
#include "lab/wire/log_segment.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 * 1024)
#define LEFT_MAX ((size_t)1 << 20) /* read after the process' end; its pipe holds 64 KiB */

struct output {
	uv_pipe_t pipe;
	const struct plane *plane;
	char *group;
	char *stream;
	struct log_writer *writer; /* NULL: nobody wants it, or it failed */
	struct buf line;	   /* begun, not ended */
	bool ended;		   /* no more to read */
	struct {
		lab_ms first, last, ingested;
		int64_t bytes, events;
	} logged;
	char data[READ_SIZE];
};

static void give_up(struct output *output, int err)
{
	log_event(LOG_ERROR, "task.log.failed", F_STR("group", output->group),
		  F_STR("stream", output->stream), F_ERR(err));
	log_writer_close(output->writer);
	output->writer = NULL;
}

static void add_line(struct output *output, lab_ms now, const char *line, size_t len)
{
	int events;

	if (!output->writer || len == 0)
		return;
	events = log_writer_add(output->writer, now, now, line, len);
	if (events < 0) {
		give_up(output, events);
		return;
	}
	if (output->logged.events == 0)
		output->logged.first = now;
	output->logged.last = now;
	output->logged.ingested = now;
	output->logged.bytes += (int64_t)len;
	output->logged.events += events;
}

static void add_rest(struct output *output, lab_ms now)
{
	add_line(output, now, output->line.data, output->line.len);
	buf_clear(&output->line);
}

static void add_data(struct output *output, const char *data, size_t len)
{
	lab_ms now = lab_clock_now(plane_clock(output->plane));
	int err;

	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t size = end ? (size_t)(end - data) : len;

		if (end && output->line.len == 0) {
			add_line(output, now, data, size);
		} else {
			buf_add(&output->line, data, size);
			/* Nobody may fill our memory by never ending a line. */
			if (end || output->line.len >= LOG_MESSAGE_MAX)
				add_rest(output, now);
		}
		data += size + (end != NULL);
		len -= size + (end != NULL);
	}
	err = output->writer ? log_writer_flush(output->writer) : 0;
	if (err < 0)
		give_up(output, err);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
	struct output *output = handle->data;

	*room = uv_buf_init(output->data, sizeof(output->data));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
	struct output *output = stream->data;

	if (got > 0) {
		add_data(output, room->base, (size_t)got);
	} else if (got < 0) {
		output->ended = true;
		uv_read_stop(stream);
		output_finish(output);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct output *output = handle->data;

	log_writer_close(output->writer);
	buf_free(&output->line);
	free(output->group);
	free(output->stream);
	free(output);
}

static int open_segment(struct output *output)
{
	AUTO_FREE char *path = NULL;

	if (!output->group || !output->stream)
		return 0;
	path = log_segment_path(output->group, output->stream);
	return log_writer_open(path, &output->writer);
}

int output_open(uv_loop_t *loop, const struct plane *plane, const char *group, const char *stream,
		int *ret_fd, struct output **ret_output)
{
	struct output *output;
	int ends[2];
	int err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* Ours must never block; the container's must, as any stdout does. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);

	output = mem_new(struct output);
	output->plane = plane;
	output->group = mem_strdup(group);
	output->stream = mem_strdup(stream);
	uv_pipe_init(loop, &output->pipe, 0);
	output->pipe.data = output;
	err = uv_pipe_open(&output->pipe, ends[0]);
	if (err < 0)
		close(ends[0]); /* else the handle owns it */
	if (err == 0)
		err = open_segment(output);
	if (err == 0)
		err = uv_read_start((uv_stream_t *)&output->pipe, on_room, on_read);
	if (err < 0) {
		close(ends[1]);
		uv_close((uv_handle_t *)&output->pipe, on_closed);
		return err;
	}
	*ret_fd = ends[1];
	*ret_output = output;
	return 0;
}

void output_finish(struct output *output)
{
	size_t left = LEFT_MAX;
	uv_os_fd_t fd;

	while (!output->ended && left > 0 && uv_fileno((uv_handle_t *)&output->pipe, &fd) == 0) {
		ssize_t got = read(fd, output->data, sizeof(output->data));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		add_data(output, output->data, (size_t)got);
		left -= (size_t)got < left ? (size_t)got : left;
	}
	if (output->line.len > 0) {
		add_rest(output, lab_clock_now(plane_clock(output->plane)));
		add_data(output, "", 0);
	}
}

json_t *output_take_logged(struct output *output)
{
	json_t *logged;

	if (output->logged.events == 0)
		return NULL;
	logged = json_object();
	json_set_str(logged, "group", output->group);
	json_set_str(logged, "stream", output->stream);
	json_set_int(logged, "first", output->logged.first.ms);
	json_set_int(logged, "last", output->logged.last.ms);
	json_set_int(logged, "ingested", output->logged.ingested.ms);
	json_set_int(logged, "bytes", output->logged.bytes);
	json_set_int(logged, "events", output->logged.events);
	memset(&output->logged, 0, sizeof(output->logged));
	return logged;
}
