/*
 * span.h - text that is not NUL-terminated, somewhere in a buffer of somebody else's.
 */
#ifndef NET_SPAN_H
#define NET_SPAN_H

#include "lib/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at; /* NULL: missing, which is not the same as empty */
	size_t len;
};

bool span_is(struct span span, const char *text);
bool span_is_nocase(struct span span, const char *text); /* ASCII */
bool span_same_nocase(struct span a, struct span b);
/* What is behind `begin`; false, and as it was, when it does not begin so. */
bool span_skip(struct span *span, const char *begin);
char *span_dup(struct arena *arena, struct span span); /* NUL-terminated, lives with the arena */

#endif
