/*
 * duration.c - durations as people write them.
 */
#include "cli/duration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
	const char *name;
	msec length;
} units[] = {
	{"ms", 1},     {"s", SECOND}, {"", SECOND}, {"min", MINUTE},
	{"m", MINUTE}, {"h", HOUR},   {"d", DAY},
};

bool duration_read(const char *text, msec *ret_duration)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || !isfinite(number) || fabs(number) > 1e9)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) == 0) {
			*ret_duration = (msec)(number * (double)units[i].length);
			return true;
		}
	}
	return false;
}
