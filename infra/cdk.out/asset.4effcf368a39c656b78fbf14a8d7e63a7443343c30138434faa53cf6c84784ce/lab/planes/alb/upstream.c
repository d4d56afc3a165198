/*
 * upstream.c - connections to targets: kept alive, one request at a time, answers streamed.
 *
 * A request is never tried again on another connection: at AWS a target that closes a kept-alive
 * connection just as a request arrives gives a 502, and that is the incident people come to see
 * (their keep-alive timeout is shorter than the load balancer's idle timeout).
 */
#include "lab/planes/alb/alb.h"

#include <stdlib.h>

#define ANSWER_HEAD_MAX ((size_t)32 * 1024)

struct upstream {
	struct stream stream;
	LIST_ENTRY(upstream) link;
	struct target *target; /* NULL: closing */
	struct client *client; /* NULL: idle or closing */
	msec since;	       /* connecting, or idle */
	bool connected;

	/* The request and its answer. */
	bool head_method;
	bool sent;	/* the request is complete */
	bool answering; /* the head of the answer was passed on */
	bool keep_alive;
	enum http1_body body;
	int64_t left;
	struct http1_chunked chunked;
	struct buf partial; /* of the head */
	struct http1_pace pace;
};

static msec now_of(const struct upstream *upstream)
{
	return (msec)uv_now(upstream->stream.tcp.loop);
}

/* Lets go of the client and the target. Nobody has a pointer to it afterwards but the loop. */
static struct client *detach(struct upstream *upstream)
{
	struct client *client = upstream->client;

	if (upstream->target) {
		LIST_REMOVE(upstream, link);
		if (client)
			upstream->target->outstanding--;
	}
	upstream->client = NULL;
	upstream->target = NULL;
	return client;
}

static void fail(struct upstream *upstream, int status)
{
	struct client *client = detach(upstream);

	stream_close(&upstream->stream);
	if (client)
		client_failed(client, status);
}

static void keep(struct upstream *upstream)
{
	struct target *target = upstream->target;

	LIST_REMOVE(upstream, link);
	target->outstanding--;
	upstream->client = NULL;
	upstream->since = now_of(upstream);
	LIST_INSERT_HEAD(&target->idle, upstream, link);
	stream_read(&upstream->stream, true);
}

/* How much of data[0..len) is payload; the rest does not belong to this answer. -1: it is bad. */
static int take_payload(struct upstream *upstream, struct answer *answer, char *data, size_t len,
			bool *ret_surplus)
{
	ssize_t used = 0;

	answer->data = data;
	switch (upstream->body) {
	case HTTP1_BODY_NONE:
		answer->last = true;
		break;
	case HTTP1_BODY_LENGTH:
		answer->len = (int64_t)len < upstream->left ? len : (size_t)upstream->left;
		upstream->left -= (int64_t)answer->len;
		used = (ssize_t)answer->len;
		answer->last = upstream->left == 0;
		break;
	case HTTP1_BODY_CHUNKED:
		used = http1_read_chunked(&upstream->chunked, data, len, &answer->len);
		answer->last = upstream->chunked.done;
		break;
	case HTTP1_BODY_UNTIL_CLOSE:
		answer->len = len;
		used = (ssize_t)len;
		break;
	}
	*ret_surplus = used >= 0 && (size_t)used < len;
	return used < 0 ? -1 : 0;
}

static void pass_on(struct upstream *upstream, const struct http1_head *head, char *data,
		    size_t len)
{
	struct answer answer = {.head = head, .body = upstream->body};
	struct client *client = upstream->client;
	bool surplus;

	if (take_payload(upstream, &answer, data, len, &surplus) < 0) {
		fail(upstream, 502);
		return;
	}
	if (answer.last && upstream->keep_alive && upstream->sent && !surplus) {
		keep(upstream);
	} else if (answer.last) {
		detach(upstream);
		stream_close(&upstream->stream);
	}
	client_answer(client, &answer);
	if (upstream->client == client && !answer.last && client_full(client))
		stream_read(&upstream->stream, false);
}

static void begin_answer(struct upstream *upstream, const struct http1_head *head)
{
	struct span method = {"HEAD", upstream->head_method ? 4 : 0};

	upstream->answering = true;
	upstream->keep_alive = head->keep_alive;
	upstream->body = http1_response_body(head, method);
	upstream->left = head->content_length;
}

/* Answers the bytes used; 0: more, please; -1: it failed, the upstream is gone. */
static ssize_t take_head(struct upstream *upstream, char *data, size_t len)
{
	const struct http1_limits limits = {.head = ANSWER_HEAD_MAX};
	struct http1_head *head = &upstream->target->group->alb->head;
	size_t used = 0;

	for (;;) {
		ssize_t step = http1_read_response(data + used, len - used, &limits, head);

		/* 101: we never ask for another protocol. */
		if (step < 0 || (step > 0 && head->status == 101)) {
			fail(upstream, 502);
			return -1;
		}
		used += (size_t)step;
		if (step == 0)
			return (ssize_t)used;
		if (head->status >= 200)
			break; /* else an interim answer: 100 was ours to give, others end here */
	}
	begin_answer(upstream, head);
	pass_on(upstream, head, data + used, len - used);
	return (ssize_t)len;
}

static void read_answer(struct upstream *upstream, char *data, size_t len)
{
	ssize_t used;

	if (upstream->answering) {
		pass_on(upstream, NULL, data, len);
		return;
	}
	used = take_head(upstream, data, len);
	if (used >= 0 && (size_t)used < len)
		buf_add(&upstream->partial, data + used, len - (size_t)used);
}

static void upstream_data(struct stream *stream, char *data, size_t len)
{
	struct upstream *upstream = (struct upstream *)stream;
	struct buf whole;

	if (!upstream->client) {
		fail(upstream, 502); /* it speaks unasked */
		return;
	}
	if (!upstream->partial.len) {
		read_answer(upstream, data, len);
		return;
	}
	buf_add(&upstream->partial, data, len);
	if (!http1_worth_reading(&upstream->pace, upstream->partial.data, upstream->partial.len))
		return;
	whole = upstream->partial;
	upstream->partial = (struct buf){0};
	read_answer(upstream, whole.data, whole.len);
	buf_free(&whole);
}

static void upstream_ended(struct stream *stream, int err)
{
	struct upstream *upstream = (struct upstream *)stream;
	struct client *client = upstream->client;
	const struct answer end = {.body = HTTP1_BODY_UNTIL_CLOSE, .last = true};

	if (client && err == 0 && upstream->answering && upstream->body == HTTP1_BODY_UNTIL_CLOSE) {
		detach(upstream);
		stream_close(stream);
		client_answer(client, &end);
		return;
	}
	fail(upstream, err == UV_ETIMEDOUT ? 504 : 502);
}

static void upstream_drained(struct stream *stream)
{
	struct upstream *upstream = (struct upstream *)stream;

	if (upstream->client)
		client_resume(upstream->client);
}

static void upstream_connected(struct stream *stream, int err)
{
	struct upstream *upstream = (struct upstream *)stream;

	if (err < 0) {
		upstream_ended(stream, err);
		return;
	}
	upstream->connected = true;
	stream_read(stream, true);
}

static void upstream_closed(struct stream *stream)
{
	struct upstream *upstream = (struct upstream *)stream;

	buf_free(&upstream->partial);
	free(upstream);
}

static const struct stream_kind upstream_kind = {
	.data = upstream_data,
	.ended = upstream_ended,
	.drained = upstream_drained,
	.connected = upstream_connected,
	.closed = upstream_closed,
};

static struct upstream *upstream_open(struct target *target, const struct sockaddr_in *from)
{
	struct upstream *upstream = mem_new(struct upstream);

	if (stream_init(target->group->alb->loop, &upstream->stream, &upstream_kind, AF_INET) < 0) {
		free(upstream);
		return NULL;
	}
	if (stream_connect(&upstream->stream, from, &target->at) < 0) {
		stream_close(&upstream->stream);
		return NULL;
	}
	upstream->since = now_of(upstream);
	upstream->target = target;
	return upstream;
}

struct upstream *upstream_take(struct target *target, const struct sockaddr_in *from,
			       struct client *client, bool head_method)
{
	/* Any port of the node's address. */
	const struct sockaddr_in node = {.sin_family = AF_INET, .sin_addr = from->sin_addr};
	struct upstream *upstream = LIST_FIRST(&target->idle);

	if (upstream)
		LIST_REMOVE(upstream, link);
	else
		upstream = upstream_open(target, &node);
	if (!upstream)
		return NULL;

	LIST_INSERT_HEAD(&target->busy, upstream, link);
	target->outstanding++;
	upstream->client = client;
	upstream->head_method = head_method;
	upstream->sent = false;
	upstream->answering = false;
	upstream->chunked = (struct http1_chunked){0};
	upstream->pace = (struct http1_pace){0};
	return upstream;
}

int upstream_write(struct upstream *upstream, const uv_buf_t *parts, unsigned nparts)
{
	return stream_write(&upstream->stream, parts, nparts);
}

void upstream_sent(struct upstream *upstream)
{
	upstream->sent = true;
}

bool upstream_full(const struct upstream *upstream)
{
	return stream_unsent(&upstream->stream) > 0;
}

bool upstream_progressed(struct upstream *upstream)
{
	return stream_progressed(&upstream->stream);
}

void upstream_resume(struct upstream *upstream)
{
	if (upstream->connected)
		stream_read(&upstream->stream, true);
}

void upstream_drop(struct upstream *upstream)
{
	detach(upstream);
	stream_close(&upstream->stream);
}

bool upstream_is_late(const struct upstream *upstream, msec now)
{
	return !upstream->connected && now - upstream->since >= CONNECT_TIMEOUT;
}

void upstream_sweep(struct target *target, msec now)
{
	struct upstream *upstream = LIST_FIRST(&target->idle);

	while (upstream) {
		struct upstream *next = LIST_NEXT(upstream, link);

		if (now - upstream->since >= target->group->alb->idle_timeout)
			upstream_drop(upstream);
		upstream = next;
	}
}

void upstream_close_all(struct target *target)
{
	while (!LIST_EMPTY(&target->idle))
		upstream_drop(LIST_FIRST(&target->idle));
	while (!LIST_EMPTY(&target->busy))
		fail(LIST_FIRST(&target->busy), 502);
}
