/*
 * mem.h - memory that is always there.
 *
 * Every allocation is zeroed. Out of memory ends the process with status 70: sizes a stranger can
 * choose are limited where they come in, so running out is a bug and nobody has to test for it.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Owned by the caller, released with free(). */
void *mem_alloc(size_t size);
void *mem_resize(void *old, size_t size); /* what is new is not zeroed */
char *mem_strdup(const char *text);	  /* NULL stays NULL */
char *mem_strndup(const char *text, size_t len);
char *mem_fmt(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *mem_vfmt(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

#define mem_new(type) ((type *)mem_alloc(sizeof(type)))
#define mem_array(type, count) ((type *)mem_alloc(sizeof(type) * (count)))
#define array_len(array) (sizeof(array) / sizeof((array)[0]))

/* For what lives in one block: AUTO_FREE char *text = …; AUTO_FD int fd = open(…); */
void mem_auto_free(void *pointer_to_pointer);
void mem_auto_fd(const int *fd);
#define AUTO_FREE __attribute__((cleanup(mem_auto_free)))
#define AUTO_FD __attribute__((cleanup(mem_auto_fd)))

#endif
