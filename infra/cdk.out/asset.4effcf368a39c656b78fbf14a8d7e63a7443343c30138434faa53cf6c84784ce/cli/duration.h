/*
 * duration.h - durations as people write them: 90s, 5min, 2h, 1d, 250ms.
 */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include "lib/base/clock.h"

/* A number, then ms, s, min (or m), h or d; a bare number is seconds; may begin with '-' or '+'. */
bool duration_read(const char *text, msec *ret_duration);

#endif
