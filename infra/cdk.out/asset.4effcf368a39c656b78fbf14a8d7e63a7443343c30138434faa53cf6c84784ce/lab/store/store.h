/*
 * store.h - what the lab knows: documents by kind and key, in SQLite, in transactions.
 *
 * A document has the shape that the service's Describe call returns. Kinds are named
 * "service/noun" ("ssm/parameter"). Everything a transaction wrote is there after a kill -9 once
 * tx_commit returned (WAL, synchronous=FULL); nothing of it is before.
 *
 * One transaction at a time. Errors stick: write freely, tx_commit says -errno once.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "lib/base/json.h"

struct store;
struct tx;

/* path NULL: in memory, for tests. */
int store_open(const char *path, struct store **ret_store);
void store_close(struct store *store); /* NULL is fine */

struct tx *tx_begin(struct store *store);
int tx_commit(struct tx *tx);	   /* 0 or -errno; gone either way */
void tx_rollback(struct tx *tx);   /* gone */
int tx_error(const struct tx *tx); /* -errno of the first write that failed, else 0 */

/* Nested: what was written since the savepoint, events and plane orders included, can go. */
void tx_savepoint(struct tx *tx);
void tx_release(struct tx *tx);
void tx_undo(struct tx *tx); /* rolls back to the savepoint and drops it, errors since then too */

/*
 * Readers. Trees belong to the transaction and stay as they are until it ends, whatever is
 * written meanwhile. Lists are arrays in the order of the keys (bytewise).
 */
const json_t *store_get(struct tx *tx, const char *kind, const char *key);
bool store_has(struct tx *tx, const char *kind, const char *key);
const json_t *store_list(struct tx *tx, const char *kind);
const json_t *store_list_prefix(struct tx *tx, const char *kind, const char *prefix);
size_t store_count(struct tx *tx, const char *kind);
/* The keys alone, an array of strings. */
const json_t *store_keys(struct tx *tx, const char *kind, const char *prefix);

/* A copy to be changed and put back; belongs to the transaction. NULL if there is none. */
json_t *store_edit(struct tx *tx, const char *kind, const char *key);
/* A new {} of the transaction's, to be filled and put. */
json_t *store_new(struct tx *tx);

/*
 * Writers copy. A document is text all through: bytes go in as base64 (-EILSEQ otherwise), and what
 * is under a NUL in a string stays.
 */
void store_put(struct tx *tx, const char *kind, const char *key, const json_t *document);
bool store_delete(struct tx *tx, const char *kind, const char *key); /* was it there? */

/* Counts up from 1, a sequence a name: revisions, versions. */
int64_t store_next(struct tx *tx, const char *name);

/* Events wait in the transaction until it is committed; see service.h. */
void publish(struct tx *tx, const char *event, const json_t *detail);
/* After commit: the events in order, [{"event": …, "detail": …}]; owned by the caller. */
json_t *store_take_events(struct store *store);

#endif
