/*
 * database.h - queries to PostgreSQL, pipelined over a few connections on the loop.
 *
 * Connections are replaced when they reach their maximum age, so that a password that no longer
 * holds shows within that time and not at the next deployment.
 */
#ifndef APP_DATABASE_H
#define APP_DATABASE_H

#include "app/login.h"
#include "app/trace.h"
#include "app/trim.h"

#include <sys/queue.h>

/* The one query: prepared once a connection. */
#define DATABASE_QUERY "SELECT 1"

struct database;
struct db_connection;

/* A query under way. Lives until done(). */
struct db_query {
	void (*done)(struct db_query *query, void *user);
	void *user;
	struct trace *trace; /* gets SQL and AWS calls as subsegments; may be NULL */
	bool leak;	     /* on a connection of its own, which is never closed */

	/* What came of it. */
	const char *error_type; /* NULL: success; else db_auth_failed, db_unreachable, … */
	char message[160];
	char value[24]; /* the one row's one column */

	/* database.c's own. */
	STAILQ_ENTRY(db_query) entry;
	int64_t started_us; /* waiting for a connection */
	int64_t sent_us;    /* on its way; 0: not yet */
};

struct database *database_open(uv_loop_t *loop, struct aws_client *aws,
			       const struct settings *settings, struct trim *trim);
/* Unfinished queries are dropped. After its aws_client; NULL is fine. */
void database_close(struct database *database);

/* False: too many are under way. done() may be called before this returns true. */
bool database_ask(struct database *database, struct db_query *query);

/* What an SQLSTATE, or a failure to connect (NULL), means to whoever reads the logs. */
const char *database_error_type(const char *sqlstate, bool timed_out);
/* "…FATAL:  28P01: password…": the five letters, NUL-terminated; false: there are none. */
bool database_find_sqlstate(const char *message, char ret_sqlstate[6]);

#endif
