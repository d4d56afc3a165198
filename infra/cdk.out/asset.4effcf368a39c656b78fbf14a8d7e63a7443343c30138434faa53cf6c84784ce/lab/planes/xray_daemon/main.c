/*
 * main.c - goldend xray-daemon: what AWS's X-Ray daemon image does, as a container of a task.
 *
 * Segments come by UDP and go on in batches by PutTraceSegments, signed as the task's role. An AWS
 * client like any other, but for the clock: applications stamp real time, the lab shows its own.
 *
 *   left out   the TCP proxy for sampling rules; telemetry
 */
#include "lab/planes/plane.h"
#include "lab/planes/xray_daemon/xray_daemon.h"
#include "lab/wire/lab_clock.h"
#include "lib/aws/client.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 2000
#define FLUSH_EVERY ((msec)500)
#define CALLS_MAX 4		/* under way at a time */
#define LAST_WORDS (2 * SECOND) /* for what waits when the task stops */

static const struct aws_service xray = {"xray", "xray", AWS_REST, NULL, NULL};

struct daemon {
	uv_loop_t loop;
	uv_udp_t udp;
	uv_timer_t flush;
	uv_timer_t give_up;
	uv_signal_t term;
	struct aws_client *client;
	struct queue queue;
	struct lab_clock clock;
	int calls;
	bool stopping;
	char datagram[SEGMENT_MAX + 256];
};

static void read_clock(struct daemon *daemon)
{
	char text[LAB_CLOCK_TEXT + 1] = "";
	long long real, lab, speed;

	if (pread(LAB_CLOCK_FD, text, LAB_CLOCK_TEXT, 0) == LAB_CLOCK_TEXT &&
	    sscanf(text, "%lld %lld %lld", &real, &lab, &speed) == 3)
		daemon->clock = (struct lab_clock){{real}, {lab}, speed};
}

static void end_if_done(struct daemon *daemon)
{
	if (daemon->stopping && daemon->calls == 0 && queue_length(&daemon->queue) == 0)
		uv_stop(&daemon->loop);
}

static void send_waiting(struct daemon *daemon);

static void on_answer(const struct aws_answer *answer, void *user)
{
	struct daemon *daemon = user;

	daemon->calls--;
	if (answer->err < 0)
		log_event(LOG_WARNING, "xray.send.failed", F_ERR(answer->err));
	else if (answer->error)
		log_event(LOG_WARNING, "xray.send.refused", F_STR("code", answer->error),
			  F_STR("message", answer->message));
	send_waiting(daemon);
	end_if_done(daemon);
}

static void send_waiting(struct daemon *daemon)
{
	while (daemon->calls < CALLS_MAX && queue_length(&daemon->queue) > 0) {
		AUTO_JSON json_t *input = queue_take(&daemon->queue);
		AUTO_FREE char *body = json_text(input);
		const struct aws_raw raw = {
			.method = "POST",
			.path = "/TraceSegments",
			.content_type = "application/json",
			.body = body,
			.len = strlen(body),
		};

		daemon->calls++;
		aws_send_raw(daemon->client, &xray, &raw, on_answer, daemon);
	}
	if (daemon->queue.dropped > 0)
		log_event(LOG_WARNING, "xray.segments.dropped",
			  F_INT("count", daemon->queue.dropped));
	daemon->queue.dropped = 0;
}

static void on_flush(uv_timer_t *timer)
{
	send_waiting(timer->data);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct daemon *daemon = handle->data;

	*buf = uv_buf_init(daemon->datagram, sizeof(daemon->datagram));
}

static void on_datagram(uv_udp_t *udp, ssize_t len, const uv_buf_t *buf,
			const struct sockaddr *from, unsigned flags)
{
	struct daemon *daemon = udp->data;
	json_t *segment;

	if (len <= 0 || (flags & UV_UDP_PARTIAL))
		return;
	segment = segment_read(buf->base, (size_t)len);
	if (!segment) {
		log_event(LOG_WARNING, "xray.datagram.bad", F_INT("bytes", len));
		return;
	}
	read_clock(daemon);
	segment_to_lab(segment, &daemon->clock);
	queue_add(&daemon->queue, segment);
	json_decref(segment);
	if (queue_length(&daemon->queue) >= BATCH_MAX)
		send_waiting(daemon);
}

static void on_give_up(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void on_term(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	daemon->stopping = true;
	uv_udp_recv_stop(&daemon->udp);
	uv_timer_start(&daemon->give_up, on_give_up, LAST_WORDS, 0);
	send_waiting(daemon);
	end_if_done(daemon);
}

static int listen_here(struct daemon *daemon)
{
	const char *address = getenv("BIND_ADDRESS");
	struct sockaddr_in at;
	int err = uv_ip4_addr(address ? address : "127.0.0.1", PORT, &at);

	if (err == 0)
		err = uv_udp_init(&daemon->loop, &daemon->udp);
	if (err == 0)
		err = uv_udp_bind(&daemon->udp, (struct sockaddr *)&at, 0);
	if (err == 0)
		err = uv_udp_recv_start(&daemon->udp, give_buffer, on_datagram);
	daemon->udp.data = daemon;
	return err;
}

static void watch(struct daemon *daemon)
{
	uv_timer_init(&daemon->loop, &daemon->flush);
	uv_timer_init(&daemon->loop, &daemon->give_up);
	uv_signal_init(&daemon->loop, &daemon->term);
	daemon->flush.data = daemon->give_up.data = daemon->term.data = daemon;
	uv_timer_start(&daemon->flush, on_flush, FLUSH_EVERY, FLUSH_EVERY);
	uv_signal_start(&daemon->term, on_term, SIGTERM);
}

static void on_close(uv_handle_t *handle, void *user)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void daemon_close(struct daemon *daemon)
{
	aws_client_close(daemon->client);
	uv_walk(&daemon->loop, on_close, NULL);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	queue_close(&daemon->queue);
	free(daemon);
}

int xray_daemon_main(const char *const *args)
{
	struct daemon *daemon = mem_new(struct daemon);
	int err;

	for (; *args; args++)
		log_event(LOG_WARNING, "xray.argument.ignored", F_STR("argument", *args));
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&daemon->loop);
	queue_open(&daemon->queue);
	daemon->clock = lab_clock_start((lab_ms){clock_real().ms}, 1000);
	read_clock(daemon);

	err = listen_here(daemon);
	if (err == 0)
		err = aws_client_open(&daemon->loop, &(struct aws_options){0}, &daemon->client);
	if (err == 0) {
		watch(daemon);
		log_event(LOG_INFO, "xray.ready", F_INT("port", PORT));
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	} else {
		log_event(LOG_ERROR, "xray.start.failed", F_ERR(err));
	}
	daemon_close(daemon);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
