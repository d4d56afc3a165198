/*
 * lab_timer.h - a timer that goes off when the lab clock shows an instant, however the clock gets there:
 * fast, slow, in steps, after a pause.
 *
 * The owner of the clock says lab_timer_look() when it was set; without it a timer notices within a
 * second of real time.
 */
#ifndef PLANES_LAB_TIMER_H
#define PLANES_LAB_TIMER_H

#include "lib/base/clock.h"

#include <uv.h>

#define LAB_TIMER_EVER ((msec)INT64_MAX)

struct lab_timer {
	uv_timer_t timer; /* its data is the owner's; to be closed as any handle */
	const struct lab_clock *clock;
	void (*call)(struct lab_timer *timer);
	lab_ms due;
	uint64_t earliest, latest; /* real: uv_now() */
};

/* The clock stays where it is for as long as the timer. */
void lab_timer_init(struct lab_timer *timer, uv_loop_t *loop, const struct lab_clock *clock,
		    void (*call)(struct lab_timer *timer));

/*
 * Goes off once, from the loop: when the clock shows `due`, but from now not before `least` nor after
 * `most` of real time (LAB_TIMER_EVER: no end).
 */
void lab_timer_start(struct lab_timer *timer, lab_ms due, msec least, msec most);
void lab_timer_start_real(struct lab_timer *timer, msec wait); /* whatever the lab clock shows */
void lab_timer_stop(struct lab_timer *timer);
void lab_timer_look(struct lab_timer *timer); /* the clock was set; fine when it does not run */

#endif
