/*
 * interrupt.h - Ctrl-C, SIGTERM and SIGHUP as an answer of a nap, so that a verb can end in order.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "lib/base/clock.h"

#include <stdbool.h>

/* From here on they end nothing but a nap. Programs started from now on inherit that they are blocked:
 * interrupt_release() in the child. */
void interrupt_hold(void);
void interrupt_release(void);

/* Sleeps. True if the program was told to end, now or before. */
bool interrupt_nap(msec how_long);

#endif
