/*
 * database.c - a pool of connections to PostgreSQL, and who waits for one.
 *
 *   left out   transactions; queries with parameters (this app has one query)
 */
#include "app/database.h"
#include "app/db_connection.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY 50
/* The pool grows when each connection has this many queries under way. */
#define BUSY ((size_t)16)
/* After a failure to connect others wait so long before the next try, and fail at once. */
#define CONNECT_PAUSE (100)

enum slot_state { SLOT_CONNECTING, SLOT_READY, SLOT_RETIRING, SLOT_LEAK, SLOT_LEAKED };

/* What a connection is to the pool. */
struct slot {
	LIST_ENTRY(slot) entry;
	struct database *database;
	struct db_connection *connection;
	enum slot_state state;
	struct db_query *query; /* LEAK: whom it is for */
};

struct database {
	uv_loop_t *loop;
	const struct settings *settings;
	struct logins *logins;
	struct trim *trim;
	uv_timer_t *timer;	 /* who waits too long */
	uv_prepare_t *turn_over; /* active while something was sent */
	LIST_HEAD(, slot) slots;
	STAILQ_HEAD(, db_query) waiting;
	int64_t total;	/* queries under way */
	int64_t leaked; /* connections */

	msec failed; /* when connecting last failed, monotonic; 0: it did not */
	const char *failed_type;
	char failed_message[160];
};

static const struct db_connection_events slot_events;

static void finish(struct database *database, struct db_query *query)
{
	const struct login *login = logins_last(database->logins);
	struct trace_sql sql = {
		.host = login->host,
		.port = login->port,
		.database = login->name,
		.user = login->user,
		.query = DATABASE_QUERY,
		.error_type = query->error_type,
	};

	database->total--;
	if (query->trace)
		trace_add_sql(query->trace, query->sent_us ? query->sent_us : query->started_us,
			      &sql);
	query->done(query, query->user);
}

static void fail(struct database *database, struct db_query *query, const char *error_type,
		 const char *message)
{
	query->error_type = error_type;
	snprintf(query->message, sizeof(query->message), "%s", message);
	finish(database, query);
}

static void fail_waiting(struct database *database, const char *error_type, const char *message)
{
	struct db_query *query;

	while ((query = STAILQ_FIRST(&database->waiting))) {
		STAILQ_REMOVE_HEAD(&database->waiting, entry);
		fail(database, query, error_type, message);
	}
}

/* --- slots ------------------------------------------------------------------------------------ */

static struct slot *slot_open(struct database *database, enum slot_state state,
			      struct db_query *query)
{
	struct slot *slot = mem_new(struct slot);

	slot->database = database;
	slot->state = state;
	slot->query = query;
	LIST_INSERT_HEAD(&database->slots, slot, entry);
	slot->connection = db_connection_open(database->loop, database->logins, database->settings,
					      &slot_events, slot);
	return slot;
}

static void slot_free(struct slot *slot)
{
	LIST_REMOVE(slot, entry);
	free(slot);
}

static void slot_close(struct slot *slot)
{
	db_connection_close(slot->connection);
	slot_free(slot);
}

static void slot_retire(struct slot *slot)
{
	if (db_connection_load(slot->connection) == 0)
		slot_close(slot);
	else
		slot->state = SLOT_RETIRING;
}

static void connect_one(struct database *database)
{
	const struct slot *slot;

	LIST_FOREACH(slot, &database->slots, entry)
	{
		if (slot->state == SLOT_CONNECTING)
			return; /* one at a time */
	}
	slot_open(database, SLOT_CONNECTING, NULL);
}

static bool failed_just_now(const struct database *database)
{
	return database->failed && clock_monotonic() - database->failed < CONNECT_PAUSE;
}

/* The least loaded one that is ready and not too old; NULL: none. Replaces and adds on the way. */
static struct slot *pick(struct database *database)
{
	msec max_age = database->settings->db_max_connection_age;
	struct slot *slot, *next, *best = NULL;
	int64_t ready = 0, young = 0;

	for (slot = LIST_FIRST(&database->slots); slot; slot = next) {
		next = LIST_NEXT(slot, entry);
		if (slot->state != SLOT_READY)
			continue;
		if (db_connection_age(slot->connection) >= max_age) {
			slot_retire(slot);
			continue;
		}
		ready++;
		young += db_connection_age(slot->connection) < max_age - max_age / 10;
		if (!best ||
		    db_connection_load(slot->connection) < db_connection_load(best->connection))
			best = slot;
	}
	/* A successor is there before the last one goes, so that nobody waits for a login. */
	if (best && !failed_just_now(database) &&
	    (young == 0 || (db_connection_load(best->connection) >= BUSY &&
			    ready < database->settings->db_pool_size)))
		connect_one(database);
	return best;
}

/* --- turns ------------------------------------------------------------------------------------ */

static void on_turn_over(uv_prepare_t *prepare)
{
	struct database *database = prepare->data;
	struct slot *slot;

	uv_prepare_stop(prepare);
	/* From the start each time: a connection that ends may take slots with it. */
	do {
		LIST_FOREACH(slot, &database->slots, entry)
		{
			if (db_connection_turn_over(slot->connection))
				break;
		}
	} while (slot);
}

static void send_on(struct slot *slot, struct db_query *query)
{
	db_connection_send(slot->connection, query);
	uv_prepare_start(slot->database->turn_over, on_turn_over);
}

static void on_check(uv_timer_t *timer)
{
	struct database *database = timer->data;
	int64_t limit = database->settings->db_acquire_timeout * 1000;
	struct db_query *query;

	while ((query = STAILQ_FIRST(&database->waiting)) &&
	       clock_monotonic_us() - query->started_us > limit) {
		STAILQ_REMOVE_HEAD(&database->waiting, entry);
		fail(database, query, "db_timeout", "no connection to the database came free");
	}
	if (STAILQ_EMPTY(&database->waiting))
		uv_timer_stop(timer);
}

/* Gives the waiting to connections, or starts one for them. */
static void serve_waiting(struct database *database)
{
	struct db_query *query;

	while ((query = STAILQ_FIRST(&database->waiting))) {
		struct slot *slot = pick(database);

		if (!slot) {
			connect_one(database);
			return;
		}
		STAILQ_REMOVE_HEAD(&database->waiting, entry);
		send_on(slot, query);
	}
}

/* --- what connections say --------------------------------------------------------------------- */

static void on_asked_aws(struct db_connection *connection, const struct aws_answer *answer,
			 int64_t started_us, void *user)
{
	struct slot *slot = user;
	struct db_query *query = slot->query ? slot->query : STAILQ_FIRST(&slot->database->waiting);

	if (query && query->trace)
		trace_add_aws(query->trace, "SecretsManager", "GetSecretValue", started_us, answer);
}

static void on_opened(struct db_connection *connection, void *user)
{
	struct slot *slot = user;
	struct database *database = slot->database;

	database->failed = 0;
	trim_soon(database->trim);
	if (slot->state == SLOT_LEAK) {
		send_on(slot, slot->query);
		return;
	}
	slot->state = SLOT_READY;
	serve_waiting(database);
}

static void on_finished(struct db_connection *connection, struct db_query *query, void *user)
{
	struct slot *slot = user;
	struct database *database = slot->database;

	if (slot->state == SLOT_LEAK) {
		/* The bug this mode is about: nobody closes it, nobody remembers it. */
		slot->query = NULL;
		if (!query->error_type) {
			db_connection_leak(connection);
			slot->state = SLOT_LEAKED;
			database->leaked++;
			log_event(LOG_WARNING, "app.connection.leaked",
				  F_INT("leaked", database->leaked));
		}
	} else if (slot->state == SLOT_RETIRING && db_connection_load(connection) == 0) {
		slot_close(slot);
	}
	finish(database, query);
}

static void on_over(struct db_connection *connection, const char *error_type, const char *message,
		    void *user)
{
	struct slot *slot = user;
	struct database *database = slot->database;
	struct db_query *query = slot->query;
	bool connecting = slot->state == SLOT_CONNECTING;
	bool again;

	slot_free(slot);
	log_event(LOG_WARNING, "app.connection.over", F_STR("errorType", error_type),
		  F_STR("message", message));
	again = (connecting || query) && strcmp(error_type, "db_auth_failed") == 0 &&
		logins_refused(database->logins);
	if (query && again) {
		slot_open(database, SLOT_LEAK, query);
	} else if (query) {
		fail(database, query, error_type, message);
	} else if (connecting && again) {
		connect_one(database);
	} else if (connecting) {
		struct slot *other = pick(database);

		database->failed = clock_monotonic();
		database->failed_type = error_type;
		snprintf(database->failed_message, sizeof(database->failed_message), "%s", message);
		if (other)
			serve_waiting(database);
		else
			fail_waiting(database, error_type, message);
	}
}

static const struct db_connection_events slot_events = {
	.asked_aws = on_asked_aws,
	.opened = on_opened,
	.finished = on_finished,
	.over = on_over,
};

/* --- for the app ------------------------------------------------------------------------------ */

bool database_ask(struct database *database, struct db_query *query)
{
	struct slot *slot;

	if (database->total >= database->settings->db_queue_size)
		return false;
	database->total++;
	query->started_us = clock_monotonic_us();
	query->sent_us = 0;
	if (query->leak) {
		slot_open(database, SLOT_LEAK, query);
		return true;
	}

	slot = pick(database);
	if (slot) {
		send_on(slot, query);
	} else if (failed_just_now(database)) {
		fail(database, query, database->failed_type, database->failed_message);
	} else {
		STAILQ_INSERT_TAIL(&database->waiting, query, entry);
		uv_timer_start(database->timer, on_check, CHECK_EVERY, CHECK_EVERY);
		connect_one(database);
	}
	return true;
}

struct database *database_open(uv_loop_t *loop, struct aws_client *aws,
			       const struct settings *settings, struct trim *trim)
{
	struct database *database = mem_new(struct database);

	database->loop = loop;
	database->settings = settings;
	database->trim = trim;
	database->logins = logins_open(aws, settings);
	LIST_INIT(&database->slots);
	STAILQ_INIT(&database->waiting);
	database->timer = mem_new(uv_timer_t);
	database->turn_over = mem_new(uv_prepare_t);
	uv_timer_init(loop, database->timer);
	uv_prepare_init(loop, database->turn_over);
	database->timer->data = database;
	database->turn_over->data = database;
	return database;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

void database_close(struct database *database)
{
	if (!database)
		return;
	while (!LIST_EMPTY(&database->slots))
		slot_close(LIST_FIRST(&database->slots));
	logins_close(database->logins);
	uv_close((uv_handle_t *)database->timer, free_handle);
	uv_close((uv_handle_t *)database->turn_over, free_handle);
	free(database);
}
