/*
 * mem.c - memory that is always there.
 */
#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_OUT_OF_MEMORY 70

static void *must(void *memory)
{
	static const char out[] = "out of memory\n";

	if (memory)
		return memory;

	if (write(STDERR_FILENO, out, sizeof(out) - 1) < 0)
		_exit(EXIT_OUT_OF_MEMORY + 1);
	_exit(EXIT_OUT_OF_MEMORY);
}

void *mem_alloc(size_t size)
{
	return must(calloc(1, size ? size : 1));
}

void *mem_resize(void *old, size_t size)
{
	return must(realloc(old, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return text ? must(strdup(text)) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
	return must(strndup(text, len));
}

char *mem_vfmt(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		must(NULL);
	return text;
}

char *mem_fmt(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vfmt(fmt, args);
	va_end(args);
	return text;
}

void mem_auto_free(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void mem_auto_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
