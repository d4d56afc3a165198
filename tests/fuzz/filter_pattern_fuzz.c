/*
 * filter_pattern_fuzz.c - the first line as a filter pattern, the rest as a message.
 */
#include "lab/services/logs/filter_pattern.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_open();
	char *text = arena_strndup(arena, (const char *)data, size);
	char *message = strchr(text, '\n');
	const struct filter_pattern *pattern;
	const char *why;

	if (message)
		*message++ = '\0';
	pattern = filter_pattern_read(arena, text, &why);
	if (pattern && message)
		filter_pattern_match(pattern, message, strlen(message));
	arena_close(arena);
	return 0;
}
