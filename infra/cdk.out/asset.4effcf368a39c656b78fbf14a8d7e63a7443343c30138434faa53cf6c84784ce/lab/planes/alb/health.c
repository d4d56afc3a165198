/*
 * health.c - health checks: a new connection each, from start to start of the interval in lab time.
 *
 * AWS's surprises: one passing check makes a new target healthy, the healthy threshold only counts
 * for one that was unhealthy; a new target stays "initial" while it fails fewer times than the
 * unhealthy threshold. At AWS each node checks each target; here the first node does for all.
 *
 * A fast clock asks no more than a target can answer: each check has its whole timeout, in real time,
 * and the next waits for its end.
 */
#include "lab/planes/alb/alb.h"
#include "lab/planes/lab_timer.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)32 * 1024)

/*
 * At AWS it takes some seconds until a target is registered, and by then its process listens. Here it
 * takes none: a new target that refuses the connection is asked again soon, for about that long.
 */
#define REGISTERING (3 * SECOND)
#define ASK_AGAIN ((msec)50)

#define LEAST_INTERVAL ((msec)50) /* real, however fast the lab clock runs */

struct health {
	struct lab_timer interval;
	uv_timer_t timeout;
	struct target *target; /* NULL: it is gone, and so are we when the timers are closed */
	struct check *check;   /* the one that runs; or NULL */
	int passed, failed;    /* in a row */
	bool overdue;	       /* the next check waits for the end of this one */
	uint64_t began;	       /* uv_now() */
	int open_handles;
};

struct check {
	struct stream stream;
	struct health *health; /* NULL: nobody waits for it any more */
	struct buf answer;
};

/* "200,202" or "200-299" */
bool health_matches(const char *matcher, int status)
{
	const char *at = matcher;

	while (*at) {
		char *end;
		long from = strtol(at, &end, 10);
		long to = from;

		if (end == at)
			return false;
		if (*end == '-') {
			at = end + 1;
			to = strtol(at, &end, 10);
		}
		if (status >= from && status <= to)
			return true;
		at = end + (*end == ',');
		if (*end && *end != ',')
			return false;
	}
	return false;
}

static void end_check(struct health *health)
{
	struct check *check = health->check;

	uv_timer_stop(&health->timeout);
	if (!check)
		return;
	health->check = NULL;
	check->health = NULL;
	stream_close(&check->stream);
	if (health->overdue)
		lab_timer_start_real(&health->interval, 0);
	health->overdue = false;
}

static void check_passed(struct health *health)
{
	struct target *target = health->target;

	end_check(health);
	health->failed = 0;
	health->passed++;
	if (target->state == TARGET_INITIAL || health->passed >= target->group->check.healthy)
		target_set_state(target, TARGET_HEALTHY, NULL, NULL);
}

static void check_failed(struct health *health, const char *reason, const char *description)
{
	struct target *target = health->target;

	end_check(health);
	health->passed = 0;
	health->failed++;
	if (target->state == TARGET_UNHEALTHY || health->failed >= target->group->check.unhealthy)
		target_set_state(target, TARGET_UNHEALTHY, reason, description);
}

static void check_data(struct stream *stream, char *data, size_t len)
{
	static struct http1_head head;
	const struct http1_limits limits = {.head = ANSWER_MAX};
	struct check *check = (struct check *)stream;
	struct health *health = check->health;
	char description[80];
	ssize_t used;

	if (!health)
		return;
	buf_add(&check->answer, data, len);
	used = http1_read_response(buf_text(&check->answer), check->answer.len, &limits, &head);
	if (used == 0 && !buf_failed(&check->answer))
		return;
	if (used <= 0) {
		check_failed(health, "Target.FailedHealthChecks", "Health checks failed");
		return;
	}
	if (health_matches(health->target->group->check.matcher, head.status)) {
		check_passed(health);
		return;
	}
	snprintf(description, sizeof(description), "Health checks failed with these codes: [%d]",
		 head.status);
	check_failed(health, "Target.ResponseCodeMismatch", description);
}

static void check_ended(struct stream *stream, int err)
{
	struct check *check = (struct check *)stream;

	(void)err;
	if (check->health)
		check_failed(check->health, "Target.FailedHealthChecks", "Health checks failed");
}

static bool is_registering(const struct health *health)
{
	return health->target->state == TARGET_INITIAL &&
	       uv_now(health->interval.timer.loop) - health->began < REGISTERING;
}

static void check_connected(struct stream *stream, int err)
{
	struct health *health = ((struct check *)stream)->health;

	if (err == UV_ECONNREFUSED && health && is_registering(health)) {
		end_check(health);
		lab_timer_start_real(&health->interval, ASK_AGAIN);
	} else if (err < 0) {
		check_ended(stream, err);
	} else {
		stream_read(stream, true);
	}
}

static void check_closed(struct stream *stream)
{
	struct check *check = (struct check *)stream;

	buf_free(&check->answer);
	free(check);
}

static const struct stream_kind check_kind = {
	.data = check_data,
	.ended = check_ended,
	.connected = check_connected,
	.closed = check_closed,
};

static int send_check(struct check *check, const struct target *target)
{
	const struct group *group = target->group;
	const struct listener *listener = LIST_FIRST(&group->alb->listeners);
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = target->at;
	int port = group->check.port ? group->check.port : target->port;
	AUTO_BUF struct buf request = {0};
	uv_buf_t part;
	int err;

	if (listener)
		from.sin_addr = listener->at.sin_addr;
	to.sin_port = htons((uint16_t)port);
	err = stream_connect(&check->stream, &from, &to);
	if (err < 0)
		return err;
	buf_fmt(&request,
		"GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n"
		"User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
		group->check.path, target->id, port);
	part = uv_buf_init(request.data, (unsigned)request.len);
	return stream_write(&check->stream, &part, 1);
}

static void on_timeout(uv_timer_t *timer)
{
	struct health *health = timer->data;

	check_failed(health, "Target.Timeout", "Request timed out");
}

static void on_interval(struct lab_timer *timer)
{
	struct health *health = timer->timer.data;
	struct target *target = health->target;
	const struct health_settings *settings = &target->group->check;
	lab_ms next = {lab_clock_now(timer->clock).ms + settings->interval};
	struct check *check;
	int err;

	if (health->check) {
		health->overdue = true;
		return;
	}
	if (target->state == TARGET_INITIAL)
		target_set_state(target, TARGET_INITIAL, "Elb.InitialHealthChecking",
				 "Initial health checks in progress");

	lab_timer_start(timer, next, LEAST_INTERVAL, LAB_TIMER_EVER);
	check = mem_new(struct check);
	err = stream_init(target->group->alb->loop, &check->stream, &check_kind, AF_INET);
	if (err < 0) {
		free(check);
		check_failed(health, "Elb.InternalError",
			     "Health checks failed due to an internal error");
		return;
	}
	check->health = health;
	check->answer.limit = ANSWER_MAX;
	health->check = check;
	uv_timer_start(&health->timeout, on_timeout, (uint64_t)settings->timeout, 0);
	if (send_check(check, target) < 0)
		check_failed(health, "Target.FailedHealthChecks", "Health checks failed");
}

void health_start(struct target *target)
{
	struct health *health = mem_new(struct health);
	uv_loop_t *loop = target->group->alb->loop;

	health->target = target;
	health->open_handles = 2;
	health->began = uv_now(loop);
	lab_timer_init(&health->interval, loop, target->group->alb->clock, on_interval);
	uv_timer_init(loop, &health->timeout);
	health->interval.timer.data = health->timeout.data = health;
	target->health = health;
	lab_timer_start_real(&health->interval, 0);
}

void health_clock_changed(struct target *target)
{
	if (target->health)
		lab_timer_look(&target->health->interval);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct health *health = handle->data;

	if (--health->open_handles == 0)
		free(health);
}

void health_stop(struct target *target)
{
	struct health *health = target->health;

	if (!health)
		return;
	target->health = NULL;
	end_check(health);
	uv_close((uv_handle_t *)&health->interval.timer, on_timer_closed);
	uv_close((uv_handle_t *)&health->timeout, on_timer_closed);
}
