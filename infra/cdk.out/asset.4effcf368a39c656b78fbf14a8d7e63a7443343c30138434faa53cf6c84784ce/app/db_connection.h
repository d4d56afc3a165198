/*
 * db_connection.h - one connection to PostgreSQL on the loop, in pipeline mode. For database.c only.
 *
 * It asks for a login, looks the host up, connects and prepares the query, then takes queries and
 * answers them in order. Queries of one loop turn share one Sync, so one write and one commit.
 */
#ifndef APP_DB_CONNECTION_H
#define APP_DB_CONNECTION_H

#include "app/database.h"

struct db_connection;

struct db_connection_events {
	/* A call to AWS was made for the login. */
	void (*asked_aws)(struct db_connection *connection, const struct aws_answer *answer,
			  int64_t started_us, void *user);
	void (*opened)(struct db_connection *connection, void *user);
	/* The query's results are filled in; it is no longer the connection's. */
	void (*finished)(struct db_connection *connection, struct db_query *query, void *user);
	/* Never opened, or broken. Its queries were finished before. It is gone after this. */
	void (*over)(struct db_connection *connection, const char *error_type, const char *message,
		     void *user);
};

/* No event comes before this returns. */
struct db_connection *db_connection_open(uv_loop_t *loop, struct logins *logins,
					 const struct settings *settings,
					 const struct db_connection_events *events, void *user);

msec db_connection_age(const struct db_connection *connection);
size_t db_connection_load(const struct db_connection *connection); /* queries under way */

void db_connection_send(struct db_connection *connection, struct db_query *query);
/* Once a turn, after sending. False: there was nothing to do. */
bool db_connection_turn_over(struct db_connection *connection);

/* Stays open on the wire and is watched no more. Queries must be finished. */
void db_connection_leak(struct db_connection *connection);
void db_connection_close(struct db_connection *connection); /* at once, without events */

#endif
