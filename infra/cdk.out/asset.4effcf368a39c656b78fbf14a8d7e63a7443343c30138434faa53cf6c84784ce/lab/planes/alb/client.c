/*
 * client.c - a client's connection: one request after the other, each to a target or answered here.
 *
 *   left out   WebSockets (Upgrade is not passed on), HTTP/2, TLS; desync modes: what the strict
 *              reader does not take is a 400 in each of them
 */
#include "lab/planes/alb/alb.h"
#include "lab/planes/alb/chance.h"

#include <stdlib.h>

#define LINE_MAX_BYTES ((size_t)16 * 1024)
#define HEAD_MAX_BYTES ((size_t)64 * 1024)
#define SMALL ((size_t)4 * 1024)
#define PIPELINED_MAX ((size_t)64 * 1024) /* read ahead of the request being served */

enum client_state {
	CLIENT_HEAD,   /* between requests, or the head is not complete */
	CLIENT_BODY,   /* the target is sent the body */
	CLIENT_WAIT,   /* the request is complete, its answer is not */
	CLIENT_LINGER, /* all is said: a client that still sends must not miss it by a RST */
};

struct client {
	struct stream stream;
	LIST_ENTRY(client) link;
	struct alb *alb;
	struct listener *listener; /* NULL: it was closed meanwhile */
	enum client_state state;
	struct buf pending; /* a part of a head; or read ahead of the answer */
	struct http1_pace pace;
	struct upstream *upstream;
	msec opened;
	msec deadline;
	struct in_addr source;
	char ip[INET_ADDRSTRLEN];
	int port;

	/* The request. */
	bool head_method;
	bool keep_alive;
	int minor;
	enum http1_body body;
	int64_t left;
	struct http1_chunked chunked;
	bool answering;		     /* its head left */
	enum http1_body answer_body; /* as the client gets it */
};

static msec now_of(const struct client *client)
{
	return (msec)uv_now(client->alb->loop);
}

static void extend(struct client *client)
{
	client->deadline = now_of(client) + client->alb->idle_timeout;
}

static void drop_upstream(struct client *client)
{
	if (client->upstream)
		upstream_drop(client->upstream);
	client->upstream = NULL;
}

static void client_close(struct client *client)
{
	drop_upstream(client);
	stream_close(&client->stream);
}

static void linger(struct client *client)
{
	drop_upstream(client);
	buf_free(&client->pending);
	client->state = CLIENT_LINGER;
	extend(client);
	if (stream_unsent(&client->stream) == 0)
		client->deadline = now_of(client) + LINGER_TIMEOUT;
	if (stream_finish(&client->stream) < 0)
		client_close(client);
	else
		stream_read(&client->stream, true);
}

/* The answer is complete. The next request, if any of it is there already, is for go_on(). */
static void finish(struct client *client)
{
	if (!client->keep_alive || client->state == CLIENT_BODY) {
		linger(client);
		return;
	}
	client->state = CLIENT_HEAD;
	client->answering = false;
	extend(client);
}

static void write_out(struct client *client)
{
	struct buf *out = &client->alb->out;
	uv_buf_t part = uv_buf_init(out->data, (unsigned)out->len);

	if (stream_write(&client->stream, &part, 1) < 0)
		client_close(client);
	else
		finish(client);
}

/* A body that nobody reads: rather than read it, close. */
static void settle_keep_alive(struct client *client)
{
	if (client->body != HTTP1_BODY_NONE || client->alb->stopping || !client->listener ||
	    now_of(client) - client->opened >= client->alb->client_keep_alive)
		client->keep_alive = false;
}

static void answer_error(struct client *client, int status)
{
	settle_keep_alive(client);
	buf_clear(&client->alb->out);
	reply_error(&client->alb->out, status, client->head_method, client->keep_alive);
	write_out(client);
}

static void answer_fixed(struct client *client, const struct fixed *fixed)
{
	settle_keep_alive(client);
	buf_clear(&client->alb->out);
	reply_fixed(&client->alb->out, fixed, client->head_method, client->keep_alive);
	write_out(client);
}

static void answer_redirect(struct client *client, const struct redirect *redirect)
{
	const struct http1_head *head = &client->alb->head;
	const struct redirect_from from = {
		.host = headers_host(head),
		.path = head->path,
		.query = head->query,
		/* What the client can dial: below 1024 a listener's port is another here. */
		.port = ntohs(client->listener->at.sin_port),
	};
	AUTO_BUF struct buf location = {0};

	redirect_location(&location, redirect, &from);
	settle_keep_alive(client);
	buf_clear(&client->alb->out);
	reply_redirect(&client->alb->out, redirect, buf_text(&location), client->head_method,
		       client->keep_alive);
	write_out(client);
}

/* The request can't go on: the target is not to blame (400, 408) or is (502, 504). */
static void give_up(struct client *client, int status)
{
	drop_upstream(client);
	if (client->answering)
		client_close(client);
	else
		answer_error(client, status);
}

/* The parts of one write: a chunk's size and end around the payload where it goes out chunked. */
struct frame {
	uv_buf_t parts[4];
	unsigned nparts;
	char size[20];
};

static void frame_add(struct frame *frame, const char *data, size_t len)
{
	if (len)
		frame->parts[frame->nparts++] = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
}

/* One part costs the kernel less than two: a small body is copied behind its head. */
static void frame_append(struct frame *frame, struct buf *out, const char *data, size_t len)
{
	buf_add(out, data, len);
	frame->parts[0] = uv_buf_init(out->data, (unsigned)out->len);
}

static void frame_chunk(struct frame *frame, const char *data, size_t len, bool last)
{
	static const char last_chunk[] = "\r\n0\r\n\r\n";

	if (len) {
		int size = snprintf(frame->size, sizeof(frame->size), "%zx\r\n", len);

		frame_add(frame, frame->size, (size_t)size);
		frame_add(frame, data, len);
		frame_add(frame, last_chunk, last ? sizeof(last_chunk) - 1 : 2);
	} else if (last) {
		frame_add(frame, last_chunk + 2, sizeof(last_chunk) - 3);
	}
}

/*
 * Sends what is there of the body, behind the head in `out` if that has not left. Answers the bytes
 * used. A bad chunk ends it.
 */
static size_t send_body(struct client *client, const struct buf *out, char *data, size_t len)
{
	struct frame frame = {.nparts = 0};
	ssize_t used = 0;
	size_t payload;
	bool done = true;

	if (out)
		frame_add(&frame, out->data, out->len);
	if (client->body == HTTP1_BODY_LENGTH) {
		used = (ssize_t)((int64_t)len < client->left ? len : (size_t)client->left);
		frame_add(&frame, data, (size_t)used);
		client->left -= used;
		done = client->left == 0;
	} else if (client->body == HTTP1_BODY_CHUNKED) {
		used = http1_read_chunked(&client->chunked, data, len, &payload);
		if (used < 0) {
			give_up(client, 400);
			return len;
		}
		done = client->chunked.done;
		frame_chunk(&frame, data, payload, done);
	}

	if (done) {
		client->state = CLIENT_WAIT;
		client->body = HTTP1_BODY_NONE;
		upstream_sent(client->upstream);
	}
	if (upstream_write(client->upstream, frame.parts, frame.nparts) < 0)
		give_up(client, 502);
	else if (upstream_full(client->upstream) && !done)
		stream_read(&client->stream, false);
	return (size_t)used;
}

static void say_continue(struct client *client)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uv_buf_t part = uv_buf_init((char *)(uintptr_t)text, sizeof(text) - 1);

	/* AWS says so itself, at once, without asking the target. */
	stream_write(&client->stream, &part, 1);
}

/* Answers the bytes used of data, which follow the head. */
static size_t forward(struct client *client, const struct action *action, size_t head_len,
		      char *data, size_t len)
{
	const struct http1_head *head = &client->alb->head;
	const struct headers_from from = {
		.client_ip = client->ip,
		.client_port = client->port,
		.node_ip = client->listener->ip,
		.listener_port = client->listener->port,
		.head_len = head_len,
	};
	unsigned turn = action->total ? (unsigned)(chance() % action->total) : 0;
	struct group *group = action_group(action, turn);
	struct target *target = group ? group_choose(group) : NULL;
	struct buf *out = &client->alb->out;
	int refusal;

	if (!target) {
		answer_error(client, 503);
		return 0;
	}
	buf_clear(out);
	refusal = headers_request(out, head, &client->alb->headers, &from);
	if (refusal) {
		answer_error(client, refusal);
		return 0;
	}
	client->upstream =
		upstream_take(target, &client->listener->at, client, client->head_method);
	if (!client->upstream) {
		answer_error(client, 502);
		return 0;
	}
	client->state = CLIENT_BODY;
	if (head->expect_continue && len == 0)
		say_continue(client);
	return send_body(client, out, data, len);
}

static size_t serve(struct client *client, size_t head_len, char *data, size_t len)
{
	const struct http1_head *head = &client->alb->head;
	const struct action *action = NULL;

	if (client->listener && client->listener->rules)
		action = rules_match(client->listener->rules, head, client->source);
	if (span_is(head->method, "TRACE"))
		answer_error(client, 405);
	else if (!action)
		answer_error(client, 503);
	else if (action->kind == ACTION_FORWARD)
		return forward(client, action, head_len, data, len);
	else if (action->kind == ACTION_FIXED)
		answer_fixed(client, &action->fixed);
	else
		answer_redirect(client, &action->redirect);
	return 0;
}

static int refusal_of(ssize_t error)
{
	/* AWS knows neither 431 nor 417. */
	int status = http1_error_status(error);

	return status == 431 || status == 417 ? 400 : status;
}

static void begin_request(struct client *client, const struct http1_head *head)
{
	client->minor = head->minor;
	client->head_method = span_is(head->method, "HEAD");
	client->keep_alive = head->keep_alive;
	client->body = http1_request_body(head);
	client->left = head->content_length;
	client->chunked = (struct http1_chunked){0};
	client->pace = (struct http1_pace){0};
	extend(client);
}

/* Answers the bytes used: 0 while the head is not complete. */
static size_t take_head(struct client *client, char *data, size_t len)
{
	const struct http1_limits limits = {LINE_MAX_BYTES, LINE_MAX_BYTES, HEAD_MAX_BYTES};
	struct http1_head *head = &client->alb->head;
	ssize_t used;

	if (len == 0 || (client->pending.len && !http1_worth_reading(&client->pace, data, len)))
		return 0;
	used = http1_read_request(data, len, &limits, head);
	if (used == 0)
		return 0;
	if (used < 0) {
		client->keep_alive = false;
		client->head_method = false;
		answer_error(client, refusal_of(used));
		return len;
	}
	begin_request(client, head);
	return (size_t)used + serve(client, (size_t)used, data + used, len - (size_t)used);
}

/* As far as it goes now; answers the bytes used. */
static size_t consume(struct client *client, char *data, size_t len)
{
	size_t used = 0;

	while (!client->stream.closing && client->state != CLIENT_LINGER) {
		size_t step = 0;

		if (client->state == CLIENT_HEAD)
			step = take_head(client, data + used, len - used);
		else if (client->state == CLIENT_BODY && used < len)
			step = send_body(client, NULL, data + used, len - used);
		if (step == 0)
			return used;
		used += step;
	}
	return len;
}

static void consume_pending(struct client *client)
{
	size_t used = consume(client, client->pending.data, client->pending.len);

	if (client->pending.len == 0)
		return; /* it lingers: all was thrown away */
	buf_drop(&client->pending, used);
	if (client->pending.len == 0)
		buf_free(&client->pending);
}

/* After an answer that came from outside of consume(). */
static void go_on(struct client *client)
{
	if (client->stream.closing || client->state != CLIENT_HEAD)
		return;
	stream_read(&client->stream, true);
	if (client->pending.len)
		consume_pending(client);
}

static void client_data(struct stream *stream, char *data, size_t len)
{
	struct client *client = (struct client *)stream;
	size_t used;

	/* A head has to be complete in time, however it drips. */
	if (client->state == CLIENT_LINGER)
		return;
	if (client->state != CLIENT_HEAD || client->pending.len == 0)
		extend(client);

	if (client->pending.len) {
		buf_add(&client->pending, data, len);
		consume_pending(client);
	} else {
		used = consume(client, data, len);
		if (used < len)
			buf_add(&client->pending, data + used, len - used);
	}
	if (client->state == CLIENT_WAIT && client->pending.len > PIPELINED_MAX)
		stream_read(stream, false);
}

static void client_ended(struct stream *stream, int err)
{
	/* With a request in flight: AWS notes a 460 and lets go of the target's connection, too. */
	(void)err;
	client_close((struct client *)stream);
}

static void client_drained(struct stream *stream)
{
	struct client *client = (struct client *)stream;

	extend(client);
	if (client->state == CLIENT_LINGER)
		client->deadline = now_of(client) + LINGER_TIMEOUT;
	else if (client->upstream)
		upstream_resume(client->upstream);
}

static void client_closed(struct stream *stream)
{
	struct client *client = (struct client *)stream;

	LIST_REMOVE(client, link);
	client->alb->nclients--;
	alb_forget_client(client->alb);
	buf_free(&client->pending);
	free(client);
}

static const struct stream_kind client_kind = {
	.data = client_data,
	.ended = client_ended,
	.drained = client_drained,
	.closed = client_closed,
};

void client_open(struct listener *listener)
{
	struct client *client = mem_new(struct client);
	struct alb *alb = listener->alb;
	struct sockaddr_in peer = {0};
	int len = sizeof(peer);

	if (stream_init(alb->loop, &client->stream, &client_kind, AF_UNSPEC) < 0) {
		free(client);
		return;
	}
	client->alb = alb;
	client->listener = listener;
	client->opened = now_of(client);
	LIST_INSERT_HEAD(&alb->clients, client, link);
	alb->nclients++;
	extend(client);

	if (stream_accept((uv_stream_t *)listener->tcp, &client->stream) < 0 ||
	    alb->nclients > CLIENTS_MAX ||
	    uv_tcp_getpeername(&client->stream.tcp, (struct sockaddr *)&peer, &len) < 0) {
		stream_close(&client->stream);
		return;
	}
	client->source = peer.sin_addr;
	client->port = ntohs(peer.sin_port);
	inet_ntop(AF_INET, &peer.sin_addr, client->ip, sizeof(client->ip));
	stream_read(&client->stream, true);
}

void client_answer(struct client *client, const struct answer *answer)
{
	struct buf *out = &client->alb->out;
	struct frame frame = {.nparts = 0};

	extend(client);
	if (answer->head) {
		bool closes = answer->body == HTTP1_BODY_UNTIL_CLOSE;

		settle_keep_alive(client);
		client->answer_body = closes ? HTTP1_BODY_CHUNKED : answer->body;
		if (client->minor == 0 && client->answer_body == HTTP1_BODY_CHUNKED) {
			client->answer_body = HTTP1_BODY_UNTIL_CLOSE;
			client->keep_alive = false;
		}
		buf_clear(out);
		headers_answer(out, answer->head, client->answer_body, client->keep_alive);
		frame_add(&frame, out->data, out->len);
		client->answering = true;
	}
	if (client->answer_body == HTTP1_BODY_CHUNKED)
		frame_chunk(&frame, answer->data, answer->len, answer->last);
	else if (frame.nparts && answer->len <= SMALL)
		frame_append(&frame, out, answer->data, answer->len);
	else
		frame_add(&frame, answer->data, answer->len);

	if (answer->last)
		client->upstream = NULL;
	if (stream_write(&client->stream, frame.parts, frame.nparts) < 0) {
		client_close(client);
	} else if (answer->last) {
		finish(client);
		go_on(client);
	}
}

void client_failed(struct client *client, int status)
{
	client->upstream = NULL;
	give_up(client, status);
	go_on(client);
}

void client_resume(struct client *client)
{
	if (client->state == CLIENT_BODY)
		stream_read(&client->stream, true);
}

bool client_full(const struct client *client)
{
	return stream_unsent(&client->stream) > 0;
}

static void sweep(struct client *client, msec now)
{
	if (client->stream.closing)
		return;
	if (client->upstream && upstream_is_late(client->upstream, now)) {
		give_up(client, 504);
		go_on(client);
		return;
	}
	/* A slow peer that takes what is queued bit by bit is not idle. */
	if (stream_progressed(&client->stream) ||
	    (client->upstream && upstream_progressed(client->upstream)))
		extend(client);
	if (now < client->deadline)
		return;

	switch (client->state) {
	case CLIENT_HEAD:
		client->keep_alive = false;
		if (client->pending.len)
			answer_error(client, 408);
		else
			client_close(client);
		break;
	case CLIENT_BODY:
		give_up(client, upstream_full(client->upstream) ? 504 : 408);
		break;
	case CLIENT_WAIT:
		give_up(client, 504);
		go_on(client);
		break;
	case CLIENT_LINGER:
		client_close(client);
		break;
	}
}

static void stop(struct client *client)
{
	client->keep_alive = false;
	if (client->state == CLIENT_HEAD && client->pending.len == 0)
		client_close(client);
}

/* Closed ones leave the list later, from the loop: it can be walked. */
void clients_stop(struct alb *alb)
{
	struct client *client;

	LIST_FOREACH(client, &alb->clients, link)
	stop(client);
}

void clients_close(struct alb *alb)
{
	struct client *client;

	LIST_FOREACH(client, &alb->clients, link)
	client_close(client);
}

void clients_leave(struct listener *listener)
{
	struct client *client;

	LIST_FOREACH(client, &listener->alb->clients, link)
	{
		if (client->listener != listener)
			continue;
		client->listener = NULL;
		stop(client);
	}
}

void clients_sweep(struct alb *alb, msec now)
{
	struct client *client;

	LIST_FOREACH(client, &alb->clients, link)
	sweep(client, now);
}
