/*
 * span.c - text that is not NUL-terminated, somewhere in a buffer of somebody else's.
 */
#include "lib/net/span.h"

#include <string.h>
#include <strings.h>

bool span_is(struct span span, const char *text)
{
	return span.at && strlen(text) == span.len && memcmp(span.at, text, span.len) == 0;
}

bool span_is_nocase(struct span span, const char *text)
{
	return span_same_nocase(span, (struct span){text, strlen(text)});
}

bool span_same_nocase(struct span a, struct span b)
{
	return a.at && b.at && a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

char *span_dup(struct arena *arena, struct span span)
{
	return arena_strndup(arena, span.at ? span.at : "", span.len);
}

bool span_skip(struct span *span, const char *begin)
{
	size_t len = strlen(begin);

	if (span->len < len || memcmp(span->at, begin, len) != 0)
		return false;
	span->at += len;
	span->len -= len;
	return true;
}
