/*
 * store.c - documents by kind and key, in SQLite, in transactions.
 *
 *   keeps     document(kind, key, body)   body is the document's JSON text
 *             sequence(name, value)
 *   left out  queries by anything but the key
 *
 * What only reads costs no SQL while the cache knows it: BEGIN and SAVEPOINT are said when the first
 * write comes, as deep as it comes. One connection writes, so a read outside BEGIN sees the same.
 */
#include "lab/store/store.h"
#include "lab/store/cache.h"
#include "lib/base/arena.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32 /* savepoints in savepoints */

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	SAVEPOINT,
	RELEASE,
	UNDO,
	GET,
	LIST,
	COUNT,
	PUT,
	DELETE,
	NEXT,
	NSTATEMENTS
};

/* One name will do for every savepoint: RELEASE and ROLLBACK TO mean the innermost. */
static const char *const sql[NSTATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVEPOINT] = "SAVEPOINT s",
	[RELEASE] = "RELEASE s",
	[UNDO] = "ROLLBACK TO s",
	[GET] = "SELECT body FROM document WHERE kind = ?1 AND key = ?2",
	/* Not LIKE: bytewise, and no wildcards in keys. */
	[LIST] = "SELECT key, body FROM document WHERE kind = ?1 AND key >= ?2 AND key < ?3 "
		 "ORDER BY key",
	[COUNT] = "SELECT count(*) FROM document WHERE kind = ?1",
	[PUT] = "INSERT INTO document (kind, key, body) VALUES (?1, ?2, ?3) "
		"ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
	[DELETE] = "DELETE FROM document WHERE kind = ?1 AND key = ?2",
	[NEXT] = "INSERT INTO sequence (name, value) VALUES (?1, 1) "
		 "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
};

static const char schema[] = "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = OFF;"
			     "CREATE TABLE IF NOT EXISTS document ("
			     " kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
			     " UNIQUE (kind, key));"
			     "CREATE TABLE IF NOT EXISTS sequence ("
			     " name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";

struct level {
	bool said;	/* SQLite knows of this savepoint */
	int err;	/* what had gone wrong before it */
	size_t events;	/* how many there were */
	size_t touched; /* … */
};

/* What was written: the cache forgets it if the transaction does not come to be. */
struct touched {
	char *kind;
	char *key;
};

struct tx {
	struct store *store;
	int err; /* the first one */
	bool said;
	size_t depth;
	struct level levels[DEPTH_MAX];
	json_t *events;
	json_t **held; /* trees that were handed out */
	size_t nheld, held_room;
	struct touched *touched;
	size_t ntouched, touched_room;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[NSTATEMENTS];
	struct cache *cache;
	json_t *events; /* committed, to be heard */
	struct tx tx;	/* one at a time */
	bool busy;
};

static const struct {
	int code;
	int err;
} errors[] = {
	{SQLITE_PERM, EACCES},	   {SQLITE_BUSY, EBUSY},   {SQLITE_LOCKED, EBUSY},
	{SQLITE_NOMEM, ENOMEM},	   {SQLITE_FULL, ENOSPC},  {SQLITE_READONLY, EROFS},
	{SQLITE_CANTOPEN, EACCES}, {SQLITE_TOOBIG, EFBIG}, {SQLITE_CORRUPT, EUCLEAN},
	{SQLITE_NOTADB, EUCLEAN},
};

static int error_of(int code)
{
	size_t i;

	for (i = 0; i < array_len(errors); i++)
		if (errors[i].code == (code & 0xff))
			return -errors[i].err;
	return -EIO;
}

/* SQLite would make the file readable to whom the umask lets; -wal and -shm take its mode. */
static int make_private(const char *path)
{
	AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : 0;
}

int store_open(const char *path, struct store **ret_store)
{
	struct store *store;
	int code, err, i;

	err = path ? make_private(path) : 0;
	if (err < 0)
		return err;

	store = mem_new(struct store);
	store->cache = cache_open();
	store->events = json_array();
	code = sqlite3_open_v2(path ? path : ":memory:", &store->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(store->db, 2000);
		code = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
	}
	for (i = 0; i < NSTATEMENTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					  &store->statements[i], NULL);
	if (code != SQLITE_OK) {
		store_close(store);
		return error_of(code);
	}

	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	int i;

	if (!store)
		return;
	assert(!store->busy);
	for (i = 0; i < NSTATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	cache_close(store->cache);
	json_decref(store->events);
	free(store->tx.held);
	free(store->tx.touched);
	free(store);
}

static void failed(struct tx *tx, int err)
{
	if (tx->err == 0)
		tx->err = err;
}

/* Runs a statement that answers nothing. */
static void say(struct tx *tx, enum statement which)
{
	sqlite3_stmt *statement = tx->store->statements[which];
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE)
		failed(tx, error_of(code));
	sqlite3_reset(statement);
}

/*
 * Before a write: SQLite is told of the transaction and of the savepoints it does not know. False
 * once something went wrong: a write outside BEGIN would be there for good.
 */
static bool writable(struct tx *tx)
{
	size_t i;

	if (!tx->said && tx->err == 0) {
		say(tx, BEGIN);
		tx->said = tx->err == 0;
	}
	for (i = tx->depth; i > 0 && !tx->levels[i - 1].said; i--)
		;
	for (; i < tx->depth && tx->err == 0; i++) {
		say(tx, SAVEPOINT);
		tx->levels[i].said = tx->err == 0;
	}
	return tx->err == 0;
}

/* Some errors, a full disk for one, make SQLite end the whole transaction by itself. */
static bool lost(const struct tx *tx)
{
	return tx->said && sqlite3_get_autocommit(tx->store->db);
}

struct tx *tx_begin(struct store *store)
{
	struct tx *tx = &store->tx;

	assert(!store->busy);
	store->busy = true;
	tx->store = store;
	tx->err = 0;
	tx->said = false;
	tx->depth = 0;
	tx->events = json_array();
	return tx;
}

/* Forgets, from the cache too, what was written since there were `count` writes. */
static void forget(struct tx *tx, size_t count, bool cached)
{
	while (tx->ntouched > count) {
		struct touched *last = &tx->touched[--tx->ntouched];

		if (cached)
			cache_drop(tx->store->cache, last->kind, last->key);
		free(last->kind);
		free(last->key);
	}
}

static void tx_end(struct tx *tx, bool came_to_be)
{
	forget(tx, 0, !came_to_be);
	while (tx->nheld > 0)
		json_decref(tx->held[--tx->nheld]);
	json_decref(tx->events);
	tx->events = NULL;
	tx->store->busy = false;
}

void tx_rollback(struct tx *tx)
{
	if (tx->said && !lost(tx))
		say(tx, ROLLBACK);
	tx_end(tx, false);
}

int tx_commit(struct tx *tx)
{
	int err;

	assert(tx->depth == 0);
	if (tx->err == 0 && tx->said)
		say(tx, COMMIT);
	err = tx->err;
	if (err < 0) {
		tx_rollback(tx);
		return err;
	}

	json_array_extend(tx->store->events, tx->events);
	tx_end(tx, true);
	return 0;
}

int tx_error(const struct tx *tx)
{
	return tx->err;
}

void tx_savepoint(struct tx *tx)
{
	assert(tx->depth < DEPTH_MAX);
	tx->levels[tx->depth++] = (struct level){
		.err = tx->err,
		.events = json_array_size(tx->events),
		.touched = tx->ntouched,
	};
}

void tx_release(struct tx *tx)
{
	assert(tx->depth > 0);
	if (tx->levels[--tx->depth].said)
		say(tx, RELEASE);
}

void tx_undo(struct tx *tx)
{
	const struct level *level;

	assert(tx->depth > 0);
	level = &tx->levels[--tx->depth];
	/* What went wrong since then is undone as well, unless all is lost. */
	if (!lost(tx)) {
		tx->err = level->err;
		if (level->said) {
			say(tx, UNDO);
			say(tx, RELEASE);
		}
	}
	forget(tx, level->touched, true);
	while (json_array_size(tx->events) > level->events)
		json_array_remove(tx->events, json_array_size(tx->events) - 1);
}

/* Takes the reference; it is given back when the transaction ends. */
static json_t *hold(struct tx *tx, json_t *tree)
{
	if (tx->nheld == tx->held_room) {
		tx->held_room = tx->held_room ? 2 * tx->held_room : 64;
		tx->held = mem_resize(tx->held, tx->held_room * sizeof(*tx->held));
	}
	tx->held[tx->nheld++] = tree;
	return tree;
}

static void touch(struct tx *tx, const char *kind, const char *key)
{
	if (tx->ntouched == tx->touched_room) {
		tx->touched_room = tx->touched_room ? 2 * tx->touched_room : 64;
		tx->touched = mem_resize(tx->touched, tx->touched_room * sizeof(*tx->touched));
	}
	tx->touched[tx->ntouched++] = (struct touched){
		.kind = mem_strdup(kind),
		.key = mem_strdup(key),
	};
}

static sqlite3_stmt *bound(struct tx *tx, enum statement which, const char *kind, const char *key)
{
	sqlite3_stmt *statement = tx->store->statements[which];

	sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
	if (key)
		sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
	return statement;
}

/* Ends a statement; what it was bound to goes away. */
static void finish(struct tx *tx, sqlite3_stmt *statement, int code)
{
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		failed(tx, error_of(code));
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

/* The document in a row's column, through the cache. A new reference; NULL if it is no JSON. */
static json_t *read_body(struct tx *tx, sqlite3_stmt *row, int column, const char *kind,
			 const char *key)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	size_t len = (size_t)sqlite3_column_bytes(row, column);
	json_t *tree = json_loadb(text ? text : "", len, JSON_ALLOW_NUL, NULL);

	if (tree)
		cache_put(tx->store->cache, kind, key, tree, len);
	else
		failed(tx, -EUCLEAN);
	return tree;
}

const json_t *store_get(struct tx *tx, const char *kind, const char *key)
{
	json_t *tree = json_incref(cache_find(tx->store->cache, kind, key));
	sqlite3_stmt *statement;
	int code;

	if (!tree) {
		statement = bound(tx, GET, kind, key);
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW)
			tree = read_body(tx, statement, 0, kind, key);
		finish(tx, statement, code);
	}
	return tree ? hold(tx, tree) : NULL;
}

bool store_has(struct tx *tx, const char *kind, const char *key)
{
	return store_get(tx, kind, key) != NULL;
}

/* Walks a kind's documents in order; `keys` only where the trees are not wanted. */
static const json_t *list(struct tx *tx, const char *kind, const char *prefix, bool keys)
{
	json_t *all = hold(tx, json_array());
	/* No key that begins with the prefix comes after this: 0xff is in no UTF-8 text. */
	AUTO_FREE char *end = mem_fmt("%s\xff", prefix);
	sqlite3_stmt *statement = bound(tx, LIST, kind, prefix);
	int code;

	sqlite3_bind_text(statement, 3, end, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(statement, 0);
		json_t *tree;

		if (keys) {
			json_push_str(all, key);
			continue;
		}
		tree = json_incref(cache_find(tx->store->cache, kind, key));
		if (!tree)
			tree = read_body(tx, statement, 1, kind, key);
		json_push_give(all, tree);
	}
	finish(tx, statement, code);
	return all;
}

const json_t *store_list(struct tx *tx, const char *kind)
{
	return list(tx, kind, "", false);
}

const json_t *store_list_prefix(struct tx *tx, const char *kind, const char *prefix)
{
	return list(tx, kind, prefix, false);
}

const json_t *store_keys(struct tx *tx, const char *kind, const char *prefix)
{
	return list(tx, kind, prefix, true);
}

size_t store_count(struct tx *tx, const char *kind)
{
	sqlite3_stmt *statement = bound(tx, COUNT, kind, NULL);
	int code = sqlite3_step(statement);
	size_t count = code == SQLITE_ROW ? (size_t)sqlite3_column_int64(statement, 0) : 0;

	finish(tx, statement, code);
	return count;
}

json_t *store_edit(struct tx *tx, const char *kind, const char *key)
{
	const json_t *tree = store_get(tx, kind, key);

	return tree ? hold(tx, json_deep_copy(tree)) : NULL;
}

json_t *store_new(struct tx *tx)
{
	return hold(tx, json_object());
}

void store_put(struct tx *tx, const char *kind, const char *key, const json_t *document)
{
	AUTO_FREE char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(15));
	AUTO_JSON json_t *copy = NULL;
	sqlite3_stmt *statement;
	size_t len;

	/* Bytes that are not UTF-8, or no object or array: it cannot be kept. */
	if (!text) {
		failed(tx, -EILSEQ);
		return;
	}
	len = strlen(text);

	if (!writable(tx))
		return;
	statement = bound(tx, PUT, kind, key);
	sqlite3_bind_text64(statement, 3, text, len, SQLITE_STATIC, SQLITE_UTF8);
	finish(tx, statement, sqlite3_step(statement));

	touch(tx, kind, key);
	copy = json_deep_copy(document);
	cache_put(tx->store->cache, kind, key, copy, len);
}

bool store_delete(struct tx *tx, const char *kind, const char *key)
{
	sqlite3_stmt *statement;

	if (!store_has(tx, kind, key) || !writable(tx))
		return false;

	statement = bound(tx, DELETE, kind, key);
	finish(tx, statement, sqlite3_step(statement));
	touch(tx, kind, key);
	cache_drop(tx->store->cache, kind, key);
	return true;
}

int64_t store_next(struct tx *tx, const char *name)
{
	sqlite3_stmt *statement;
	int64_t value = 0;
	int code;

	if (!writable(tx))
		return 0;
	statement = bound(tx, NEXT, name, NULL);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		value = sqlite3_column_int64(statement, 0);
		/* RETURNING: the row is written when the statement is done. */
		code = sqlite3_step(statement);
	}
	finish(tx, statement, code);
	return value;
}

void publish(struct tx *tx, const char *event, const json_t *detail)
{
	json_t *entry = json_push_object(tx->events);

	json_set_str(entry, "event", event);
	json_set(entry, "detail", detail);
}

json_t *store_take_events(struct store *store)
{
	json_t *events = store->events;

	store->events = json_array();
	return events;
}
