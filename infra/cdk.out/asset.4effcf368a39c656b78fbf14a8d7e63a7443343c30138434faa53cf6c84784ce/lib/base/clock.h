/*
 * clock.h - two kinds of time that do not mix.
 *
 * Real time is the kernel's: sockets, signatures, credential expiry, CPU. Lab time is what AWS's own
 * clock would say in the lab: it may run fast, stand still or be stepped, and never goes back.
 * Only clock.c asks the kernel.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t msec; /* a duration, in milliseconds */

#define SECOND ((msec)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Instants, in milliseconds since 1970-01-01T00:00:00Z. */
typedef struct {
	int64_t ms;
} real_ms;

typedef struct {
	int64_t ms;
} lab_ms;

real_ms clock_real(void);
int64_t clock_real_us(void);	       /* the same, in microseconds: traces */
msec clock_monotonic(void);	       /* only differences mean something */
int64_t clock_monotonic_us(void);      /* the same, in microseconds: latencies */
int64_t clock_thread_cpu_us(void);     /* CPU the calling thread has used */
int64_t clock_process_cpu_us(int pid); /* … another process, all its threads; -1: no such process */

/*
 * The lab clock: an anchor in both times and a speed. A value to be copied: the control plane
 * keeps it, data planes are sent it. Speed is in thousandths: 1000 is real time, 60000 is a lab
 * minute a second, 0 is paused.
 */
struct lab_clock {
	real_ms real;
	lab_ms lab;
	int64_t speed; /* thousandths, 0 to LAB_SPEED_MAX */
};

#define LAB_SPEED_MAX ((int64_t)3600 * 1000)

struct lab_clock lab_clock_start(lab_ms lab, int64_t speed); /* shows `lab` now */
lab_ms lab_clock_now(const struct lab_clock *clock);
lab_ms lab_clock_at(const struct lab_clock *clock, real_ms when);
void lab_clock_set_speed(struct lab_clock *clock, int64_t speed);
void lab_clock_step(struct lab_clock *clock, msec by); /* by < 0 does nothing */

/* How long in real time until the lab clock shows `when`: 0 if it does, -1 if it is paused. */
msec lab_clock_real_until(const struct lab_clock *clock, lab_ms when);

/* Text forms, all UTC. The buffers must hold CLOCK_TEXT bytes; they return what they filled. */
#define CLOCK_TEXT 40
char *clock_iso(int64_t ms, char text[CLOCK_TEXT]);	    /* 2026-01-02T03:04:05.678Z */
char *clock_iso_seconds(int64_t ms, char text[CLOCK_TEXT]); /* 2026-01-02T03:04:05Z */
char *clock_http(real_ms when, char text[CLOCK_TEXT]);	    /* Fri, 02 Jan 2026 03:04:05 GMT */
char *clock_amz(real_ms when, char text[CLOCK_TEXT]);	    /* 20260102T030405Z, as SigV4 has it */

/* Reads clock_iso, clock_iso_seconds or +hh:mm forms. False, and ret_ms untouched, otherwise. */
bool clock_parse_iso(const char *text, int64_t *ret_ms);
bool clock_parse_amz(const char *text, real_ms *ret_when);

#endif
