/*
 * arena.c - memory that is all given back at once.
 */
#include "lib/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

#define BLOCK_SIZE ((size_t)8192)
#define ALIGNMENT ((size_t)16)

struct block {
	struct block *next;
	size_t used;
	size_t size;
	_Alignas(16) char data[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *object);
	void *object;
};

struct arena {
	struct block *blocks; /* the one being filled first; the oldest last */
	struct deferred *deferred;
};

static struct block *block_new(size_t size, struct block *next)
{
	struct block *block = mem_alloc(sizeof(*block) + size);

	block->size = size;
	block->next = next;
	ASAN_POISON_MEMORY_REGION(block->data, size);
	return block;
}

static void block_free(struct block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
	free(block);
}

struct arena *arena_open(void)
{
	struct arena *arena = mem_new(struct arena);

	arena->blocks = block_new(BLOCK_SIZE, NULL);
	return arena;
}

static void run_deferred(struct arena *arena)
{
	while (arena->deferred) {
		struct deferred *first = arena->deferred;

		arena->deferred = first->next;
		first->release(first->object);
	}
}

void arena_clear(struct arena *arena)
{
	struct block *block;

	run_deferred(arena);
	while ((block = arena->blocks)->next) {
		arena->blocks = block->next;
		block_free(block);
	}

	ASAN_UNPOISON_MEMORY_REGION(block->data, block->used);
	memset(block->data, 0, block->used);
	ASAN_POISON_MEMORY_REGION(block->data, block->size);
	block->used = 0;
}

void arena_close(struct arena *arena)
{
	if (!arena)
		return;
	arena_clear(arena);
	block_free(arena->blocks);
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *data;

	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size > block->size - block->used) {
		block = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE, block);
		arena->blocks = block;
	}

	data = block->data + block->used;
	block->used += size;
	ASAN_UNPOISON_MEMORY_REGION(data, size);
	return data;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_vfmt(struct arena *arena, const char *fmt, va_list args)
{
	char shortly[256]; /* formatting twice, only to measure, would show */
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(shortly, sizeof(shortly), fmt, args);
	text = arena_alloc(arena, (size_t)len + 1);
	if ((size_t)len < sizeof(shortly))
		memcpy(text, shortly, (size_t)len + 1);
	else
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}

char *arena_fmt(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = arena_vfmt(arena, fmt, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	*deferred =
		(struct deferred){.next = arena->deferred, .release = release, .object = object};
	arena->deferred = deferred;
}
