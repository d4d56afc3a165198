/*
 * roles.c - the database and its master user, made by the superuser over the Unix socket.
 *
 * The password never travels as text: what is sent, and so what a server's log could show, is its
 * SCRAM verifier.
 */
#include "lab/planes/postgres/postgres.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBER_FILE "%s/golden.password_number"

/* The data folder by way of where we are: a socket's path may be 107 bytes long. */
static PGconn *connect_here(struct arena *arena, const char *folder, const json_t *desired)
{
	const char *port = arena_fmt(arena, "%lld", (long long)json_int_or(desired, "port", 5432));
	const char *const names[] = {"host", "port", "user", "dbname", "connect_timeout", NULL};
	const char *const values[] = {arena_fmt(arena, "/proc/self/cwd/%s", folder),
				      port,
				      "postgres",
				      "postgres",
				      "2",
				      NULL};

	return PQconnectdbParams(names, values, 0);
}

/* NULL, or the error, in the arena. */
static const char *run(struct arena *arena, PGconn *db, const char *sql)
{
	PGresult *result = PQexec(db, sql);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK ||
		    PQresultStatus(result) == PGRES_TUPLES_OK;
	const char *why = good ? NULL : arena_strdup(arena, PQresultErrorMessage(result));

	PQclear(result);
	return why;
}

/* Does `sql`, with one parameter, answer a row? */
static bool is_there(PGconn *db, const char *sql, const char *name)
{
	const char *const values[] = {name};
	PGresult *result = PQexecParams(db, sql, 1, NULL, values, NULL, NULL, 0);
	bool there = PQntuples(result) > 0;

	PQclear(result);
	return there;
}

static const char *make_role(struct arena *arena, PGconn *db, const char *name,
			     const char *password)
{
	bool there = is_there(db, "SELECT 1 FROM pg_roles WHERE rolname = $1", name);
	char *quoted = PQescapeIdentifier(db, name, strlen(name));
	char *verifier =
		password ? PQencryptPasswordConn(db, password, name, "scram-sha-256") : NULL;
	char *literal = verifier ? PQescapeLiteral(db, verifier, strlen(verifier)) : NULL;
	const char *why = NULL;

	/* What Aurora gives its master user, as far as PostgreSQL has it. */
	if (!is_there(db, "SELECT 1 FROM pg_roles WHERE rolname = $1", "rds_superuser"))
		why = run(arena, db,
			  "CREATE ROLE rds_superuser NOLOGIN IN ROLE pg_monitor, "
			  "pg_signal_backend");
	if (!why)
		why = run(arena, db,
			  arena_fmt(arena, "%s ROLE %s LOGIN CREATEDB CREATEROLE%s%s%s",
				    there ? "ALTER" : "CREATE", quoted, literal ? " PASSWORD " : "",
				    literal ? literal : "", there ? "" : " IN ROLE rds_superuser"));
	PQfreemem(literal);
	PQfreemem(verifier);
	PQfreemem(quoted);
	return why;
}

static const char *make_database(struct arena *arena, PGconn *db, const char *name,
				 const char *owner)
{
	char *quoted = PQescapeIdentifier(db, name, strlen(name));
	char *role = PQescapeIdentifier(db, owner, strlen(owner));
	const char *why = NULL;

	if (!is_there(db, "SELECT 1 FROM pg_database WHERE datname = $1", name))
		why = run(arena, db, arena_fmt(arena, "CREATE DATABASE %s OWNER %s", quoted, role));
	PQfreemem(quoted);
	PQfreemem(role);
	return why;
}

int64_t password_number(const char *folder)
{
	AUTO_FREE char *path = mem_fmt(NUMBER_FILE, folder);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return strtoll(text, NULL, 10);
}

static int keep_password_number(const char *folder, int64_t number)
{
	AUTO_FREE char *path = mem_fmt(NUMBER_FILE, folder);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld\n", (long long)number);

	if (fd < 0 || write(fd, text, (size_t)len) != len)
		return -errno;
	return 0;
}

const char *roles_apply(struct arena *arena, const char *folder, const json_t *desired,
			bool *ret_up)
{
	const char *username = json_str(desired, "username");
	const char *database = json_str(desired, "database");
	int64_t number = json_int_or(desired, "password_number", 1);
	bool newer = number > password_number(folder);
	PGconn *db = connect_here(arena, folder, desired);
	const char *why = NULL;

	*ret_up = PQstatus(db) == CONNECTION_OK;
	if (!*ret_up)
		why = arena_strdup(arena, PQerrorMessage(db));
	if (!why && username)
		why = make_role(arena, db, username, newer ? json_str(desired, "password") : NULL);
	if (!why && newer && keep_password_number(folder, number) < 0)
		why = "the password's number cannot be kept";
	if (!why && database && username)
		why = make_database(arena, db, database, username);
	PQfinish(db);
	return why;
}
