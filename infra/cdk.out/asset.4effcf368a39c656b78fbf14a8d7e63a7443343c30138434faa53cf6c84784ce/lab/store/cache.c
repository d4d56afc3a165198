/*
 * cache.c - documents that were read or written lately, as trees.
 *
 * A chained hash table of fixed width; trees cost about eight times their text.
 */
#include "lab/store/cache.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 4096u		   /* chains, a power of two */
#define ENTRIES_MAX 8192u	   /* documents */
#define TEXT_MAX ((size_t)4 << 20) /* all of them, bytes of text */
#define TEXT_EACH_MAX ((size_t)64 << 10)

struct entry {
	struct entry *next;
	json_t *tree;
	size_t size;
	uint32_t hash;
	size_t kind_len;
	char name[]; /* kind NUL key NUL */
};

struct cache {
	struct entry *chains[WIDTH];
	size_t count;
	size_t text;
};

struct cache *cache_open(void)
{
	return mem_new(struct cache);
}

static void entry_free(struct cache *cache, struct entry *entry)
{
	cache->count--;
	cache->text -= entry->size;
	json_decref(entry->tree);
	free(entry);
}

static void cache_clear(struct cache *cache)
{
	size_t i;

	for (i = 0; i < WIDTH; i++) {
		while (cache->chains[i]) {
			struct entry *first = cache->chains[i];

			cache->chains[i] = first->next;
			entry_free(cache, first);
		}
	}
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	cache_clear(cache);
	free(cache);
}

/* FNV-1a over kind, a NUL and key. */
static uint32_t hash_of(const char *kind, const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *kind; kind++)
		hash = (hash ^ (unsigned char)*kind) * 16777619u;
	hash *= 16777619u;
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

static bool entry_is(const struct entry *entry, uint32_t hash, const char *kind, const char *key)
{
	return entry->hash == hash && strcmp(entry->name, kind) == 0 &&
	       strcmp(entry->name + entry->kind_len + 1, key) == 0;
}

json_t *cache_find(const struct cache *cache, const char *kind, const char *key)
{
	uint32_t hash = hash_of(kind, key);
	const struct entry *entry = cache->chains[hash % WIDTH];

	while (entry && !entry_is(entry, hash, kind, key))
		entry = entry->next;
	return entry ? entry->tree : NULL;
}

void cache_drop(struct cache *cache, const char *kind, const char *key)
{
	uint32_t hash = hash_of(kind, key);
	struct entry **link = &cache->chains[hash % WIDTH];
	struct entry *gone;

	while (*link && !entry_is(*link, hash, kind, key))
		link = &(*link)->next;

	gone = *link;
	if (gone) {
		*link = gone->next;
		entry_free(cache, gone);
	}
}

void cache_put(struct cache *cache, const char *kind, const char *key, json_t *tree, size_t size)
{
	size_t kind_len = strlen(kind), key_len = strlen(key);
	struct entry *entry;

	cache_drop(cache, kind, key);
	if (size > TEXT_EACH_MAX)
		return;
	if (cache->count == ENTRIES_MAX || cache->text + size > TEXT_MAX)
		cache_clear(cache);

	entry = mem_alloc(sizeof(*entry) + kind_len + key_len + 2);
	entry->tree = json_incref(tree);
	entry->size = size;
	entry->hash = hash_of(kind, key);
	entry->kind_len = kind_len;
	memcpy(entry->name, kind, kind_len);
	memcpy(entry->name + kind_len + 1, key, key_len);

	entry->next = cache->chains[entry->hash % WIDTH];
	cache->chains[entry->hash % WIDTH] = entry;
	cache->count++;
	cache->text += size;
}
