/*
 * arena.h - memory that is all given back at once.
 *
 * What is handed out lives until arena_clear() or arena_close(), whichever is first, and is never
 * freed one by one. The unused part is poisoned under AddressSanitizer.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "lib/base/mem.h"

struct arena;

struct arena *arena_open(void);
void arena_close(struct arena *arena); /* NULL is fine */
void arena_clear(struct arena *arena); /* everything handed out is gone; keeps the first block */

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for anything */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_fmt(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vfmt(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

/* Calls release(object) when the arena is cleared or closed, last given first. */
void arena_defer(struct arena *arena, void (*release)(void *object), void *object);

#endif
