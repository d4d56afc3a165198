/*
 * interrupt.c - Ctrl-C, SIGTERM and SIGHUP as an answer of a nap.
 */
#include "cli/interrupt.h"

#include <signal.h>
#include <time.h>

static bool held;
static bool came;

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void interrupt_hold(void)
{
	sigset_t ends;

	ending_signals(&ends);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	held = true;
}

void interrupt_release(void)
{
	sigset_t ends;

	ending_signals(&ends);
	sigprocmask(SIG_UNBLOCK, &ends, NULL);
	held = false;
}

bool interrupt_nap(msec how_long)
{
	const struct timespec time = {how_long / SECOND, how_long % SECOND * 1000000};
	sigset_t ends;

	ending_signals(&ends);
	if (!held)
		nanosleep(&time, NULL);
	else if (!came)
		came = sigtimedwait(&ends, NULL, &time) > 0;
	return came;
}
