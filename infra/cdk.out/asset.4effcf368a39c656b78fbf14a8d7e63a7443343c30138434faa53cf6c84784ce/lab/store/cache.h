/*
 * cache.h - documents that were read or written lately, as trees. The store's own.
 *
 * A tree in the cache never changes: a new document takes its place. Whoever wants one to stay takes
 * a reference. When it is full, everything goes: what is used comes back at once.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "lib/base/json.h"

struct cache;

struct cache *cache_open(void);
void cache_close(struct cache *cache); /* NULL is fine */

/* The tree belongs to the cache. NULL: it is not in here. */
json_t *cache_find(const struct cache *cache, const char *kind, const char *key);
/* `size` is the length of its text, bytes; what is too large is left out. Takes a reference. */
void cache_put(struct cache *cache, const char *kind, const char *key, json_t *tree, size_t size);
void cache_drop(struct cache *cache, const char *kind, const char *key);

#endif
