/*
 * lab_timer.c - a timer that goes off when the lab clock shows an instant.
 */
#include "lab/planes/lab_timer.h"

/* At the latest: the kernel's clock may have been set, or nobody told us that ours was. */
#define LOOK_AGAIN ((msec)1000)

static msec until(uint64_t when, uint64_t now)
{
	return when > now ? (msec)(when - now) : 0;
}

/* How long until it goes off, as the clock runs now. */
static msec left(const struct lab_timer *timer)
{
	uint64_t now = uv_now(timer->timer.loop);
	msec lab = lab_clock_real_until(timer->clock, timer->due);
	msec least = until(timer->earliest, now);
	msec most = until(timer->latest, now);

	if (lab < 0 || lab > most) /* paused, or too slow */
		lab = most;
	return lab > least ? lab : least;
}

static void on_timer(uv_timer_t *handle);

static void arm(struct lab_timer *timer)
{
	msec wait = left(timer);

	uv_timer_start(&timer->timer, on_timer, (uint64_t)(wait < LOOK_AGAIN ? wait : LOOK_AGAIN),
		       0);
}

static void on_timer(uv_timer_t *handle)
{
	struct lab_timer *timer = (struct lab_timer *)handle;

	if (left(timer) > 0)
		arm(timer);
	else
		timer->call(timer);
}

void lab_timer_init(struct lab_timer *timer, uv_loop_t *loop, const struct lab_clock *clock,
		    void (*call)(struct lab_timer *timer))
{
	uv_timer_init(loop, &timer->timer);
	timer->clock = clock;
	timer->call = call;
}

void lab_timer_start(struct lab_timer *timer, lab_ms due, msec least, msec most)
{
	uint64_t now = uv_now(timer->timer.loop);

	timer->due = due;
	timer->earliest = now + (uint64_t)least;
	timer->latest = now + (uint64_t)most;
	arm(timer);
}

void lab_timer_start_real(struct lab_timer *timer, msec wait)
{
	lab_timer_start(timer, (lab_ms){0}, wait, wait);
}

void lab_timer_stop(struct lab_timer *timer)
{
	uv_timer_stop(&timer->timer);
}

void lab_timer_look(struct lab_timer *timer)
{
	if (uv_is_active((uv_handle_t *)&timer->timer))
		arm(timer);
}
