/*
 * stream.h - a TCP connection of the load balancer's, either side: reads into the loop's one buffer,
 * writes at once what the kernel takes and queues the rest.
 *
 * Sits at the beginning of a struct client, upstream or check. Back-pressure is the owner's: when
 * stream_unsent() is not 0 after a write it stops reading the other side until drained().
 */
#ifndef ALB_STREAM_H
#define ALB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* A quarter cheaper for bodies than 64 KiB. One a process: nothing in it outlives the callback. */
#define STREAM_READ_SIZE ((size_t)256 * 1024)

struct stream;

struct stream_kind {
	void (*data)(struct stream *stream, char *data, size_t len);
	/* The peer is gone: 0 for an orderly end of its bytes, else -errno. Not after stream_close. */
	void (*ended)(struct stream *stream, int err);
	void (*drained)(struct stream *stream); /* nothing is queued any more; may be NULL */
	void (*connected)(struct stream *stream, int err); /* NULL for accepted ones */
	void (*closed)(struct stream *stream);		   /* the last thing ever: free it */
};

struct stream {
	uv_tcp_t tcp;
	const struct stream_kind *kind;
	size_t unsent;	   /* bytes */
	size_t was_queued; /* by the kernel's account, when last asked */
	bool reading;
	bool closing;
};

/* family: AF_INET to connect (makes the socket, so that it can fail), AF_UNSPEC to accept into. */
int stream_init(uv_loop_t *loop, struct stream *stream, const struct stream_kind *kind,
		unsigned family);
int stream_accept(uv_stream_t *listener, struct stream *stream);

/* From `from` (any port of it) to `to`; connected() comes later. 0 or -errno, and then it does not. */
int stream_connect(struct stream *stream, const struct sockaddr_in *from,
		   const struct sockaddr_in *to);

void stream_read(struct stream *stream, bool on);

/* What is not taken at once is copied. -errno: the connection is broken; ended() will not say it. */
int stream_write(struct stream *stream, const uv_buf_t *parts, unsigned nparts);
int stream_finish(struct stream *stream); /* no more will be written: FIN behind what is queued */
void stream_close(struct stream *stream); /* may be called twice; closed() comes later */

/* Since it was last asked: has the peer taken some of what is queued? */
bool stream_progressed(struct stream *stream);

static inline size_t stream_unsent(const struct stream *stream)
{
	return stream->unsent;
}

#endif
