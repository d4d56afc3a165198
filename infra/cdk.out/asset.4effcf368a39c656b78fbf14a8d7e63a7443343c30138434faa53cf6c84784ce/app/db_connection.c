/*
 * db_connection.c - one connection to PostgreSQL on the loop, in pipeline mode.
 *
 *   left out   more than one address a host name: the next connection asks the resolver anew
 */
#include "app/db_connection.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENT "q"
#define CHECK_EVERY 50
/* The database says so itself first; ours is for when it says nothing any more. */
#define SILENCE_GRACE (500)

/* libpq's socket may change while it connects, and a uv_poll_t cannot. */
struct watch {
	uv_poll_t poll;
	struct db_connection *connection;
	int fd;
	int events; /* as given to uv_poll_start, which costs two system calls */
};

struct db_connection {
	uv_loop_t *loop;
	const struct settings *settings;
	const struct db_connection_events *events;
	void *user;

	struct logins *logins;
	struct login_asker asker;
	bool asking;
	uv_getaddrinfo_t lookup;
	bool looking;
	const char *keywords[16], *values[16];
	char *texts[16]; /* copies, until the connection is made */
	size_t nparams;

	PGconn *pg;
	struct watch *watch;
	uv_timer_t timer; /* checks for silence; its closing frees us */
	bool timer_closed;
	bool open, dead;
	bool preparing;
	bool unsynced; /* queries were sent since the last Sync */
	msec born;

	STAILQ_HEAD(, db_query) under_way;
	size_t load;
};

/* --- what errors mean ------------------------------------------------------------------------- */

const char *database_error_type(const char *sqlstate, bool timed_out)
{
	static const struct {
		const char *starts, *type;
	} table[] = {
		{"28", "db_auth_failed"}, /* 28P01 password, 28000 no such role or entry */
		{"53300", "db_too_many_connections"},
		{"57014", "db_timeout"}, /* statement_timeout */
		{"55P03", "db_timeout"}, /* lock_timeout */
	};

	for (size_t i = 0; sqlstate && i < array_len(table); i++) {
		if (strncmp(sqlstate, table[i].starts, strlen(table[i].starts)) == 0)
			return table[i].type;
	}
	return timed_out ? "db_timeout" : "db_unreachable";
}

bool database_find_sqlstate(const char *message, char ret_sqlstate[6])
{
	const char *at = message;

	while ((at = strstr(at, ":  "))) {
		const char *code = at + 3;

		if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':') {
			memcpy(ret_sqlstate, code, 5);
			ret_sqlstate[5] = '\0';
			return true;
		}
		at = code;
	}
	return false;
}

/* While connecting, libpq keeps the SQLSTATE only in its text. */
static const char *connect_error_type(const char *message)
{
	char sqlstate[6];

	if (database_find_sqlstate(message, sqlstate))
		return database_error_type(sqlstate, false);
	if (strstr(message, "no password supplied"))
		return "db_auth_failed";
	return "db_unreachable";
}

/* The first line, without libpq's own prefix of addresses, for people. */
static void copy_message(char *out, size_t size, const char *message)
{
	size_t len = strcspn(message, "\n");

	snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), message);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void free_watch(uv_handle_t *handle)
{
	free(handle->data);
}

static void unwatch(struct db_connection *connection)
{
	if (!connection->watch)
		return;
	uv_poll_stop(&connection->watch->poll);
	uv_close((uv_handle_t *)&connection->watch->poll, free_watch);
	connection->watch = NULL;
}

static void forget_params(struct db_connection *connection)
{
	for (size_t i = 0; i < connection->nparams; i++) {
		if (connection->texts[i])
			explicit_bzero(connection->texts[i], strlen(connection->texts[i]));
		free(connection->texts[i]);
		connection->texts[i] = NULL;
	}
	connection->nparams = 0;
}

static void free_when_done(struct db_connection *connection)
{
	if (connection->timer_closed && !connection->looking && !connection->asking)
		free(connection);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct db_connection *connection = handle->data;

	connection->timer_closed = true;
	free_when_done(connection);
}

void db_connection_close(struct db_connection *connection)
{
	if (connection->dead)
		return;
	connection->dead = true;
	unwatch(connection);
	forget_params(connection);
	PQfinish(connection->pg);
	connection->pg = NULL;
	if (connection->looking)
		uv_cancel((uv_req_t *)&connection->lookup);
	uv_close((uv_handle_t *)&connection->timer, on_timer_closed);
}

void db_connection_leak(struct db_connection *connection)
{
	assert(connection->load == 0);
	unwatch(connection);
	uv_timer_stop(&connection->timer);
}

/* Fails what is under way and says that it is over. */
static void end(struct db_connection *connection, const char *error_type, const char *text)
{
	const struct db_connection_events *events = connection->events;
	void *user = connection->user;
	struct db_query *query;
	char message[160];

	copy_message(message, sizeof(message), text);
	while ((query = STAILQ_FIRST(&connection->under_way))) {
		STAILQ_REMOVE_HEAD(&connection->under_way, entry);
		connection->load--;
		query->error_type = error_type;
		memcpy(query->message, message, sizeof(message));
		events->finished(connection, query, user);
	}
	if (connection->dead)
		return; /* closed by its owner meanwhile */
	events->over(connection, error_type, message, user);
	db_connection_close(connection);
}

/* --- results ---------------------------------------------------------------------------------- */

static void finish_first(struct db_connection *connection, const PGresult *result)
{
	struct db_query *query = STAILQ_FIRST(&connection->under_way);
	const char *sqlstate;

	assert(query); /* the database answers nothing that was not asked */
	STAILQ_REMOVE_HEAD(&connection->under_way, entry);
	connection->load--;
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
		copy_message(query->value, sizeof(query->value), PQgetvalue(result, 0, 0));
	} else {
		sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		query->error_type = database_error_type(sqlstate, false);
		copy_message(query->message, sizeof(query->message), PQresultErrorMessage(result));
	}
	connection->events->finished(connection, query, connection->user);
}

static void take_result(struct db_connection *connection, const PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		return;
	case PGRES_COMMAND_OK:
		connection->preparing = false;
		return;
	default:
		/* If the statement cannot be prepared, the queries behind it say why. */
		if (connection->preparing || STAILQ_EMPTY(&connection->under_way))
			connection->preparing = false;
		else
			finish_first(connection, result);
	}
}

/* Two NULLs in a row end what has come: one stands behind each query's results. */
static void take_results(struct db_connection *connection)
{
	int nulls = 0;

	while (!connection->dead && nulls < 2 && !PQisBusy(connection->pg)) {
		PGresult *result = PQgetResult(connection->pg);

		nulls = result ? 0 : nulls + 1;
		if (result)
			take_result(connection, result);
		PQclear(result);
	}
	if (connection->dead)
		return;
	if (PQstatus(connection->pg) == CONNECTION_BAD)
		end(connection, "db_unreachable", PQerrorMessage(connection->pg));
	else if (connection->load == 0)
		uv_timer_stop(&connection->timer);
}

/* --- reading and writing ---------------------------------------------------------------------- */

static void on_io(uv_poll_t *poll, int status, int events);

static void watch_for(struct db_connection *connection, int events)
{
	int fd = PQsocket(connection->pg);

	if (connection->watch && connection->watch->fd != fd)
		unwatch(connection);
	if (!connection->watch) {
		struct watch *watch = mem_new(struct watch);

		watch->fd = fd;
		watch->connection = connection;
		watch->poll.data = watch;
		if (uv_poll_init(connection->loop, &watch->poll, fd) < 0) {
			free(watch);
			return; /* the timer ends it */
		}
		connection->watch = watch;
	}
	if (connection->watch->events != events)
		uv_poll_start(&connection->watch->poll, events, on_io);
	connection->watch->events = events;
}

static void flush(struct db_connection *connection)
{
	int unsent = PQflush(connection->pg);

	if (unsent < 0)
		end(connection, "db_unreachable", PQerrorMessage(connection->pg));
	else
		watch_for(connection, UV_READABLE | (unsent ? UV_WRITABLE : 0));
}

static void on_check(uv_timer_t *timer)
{
	struct db_connection *connection = timer->data;
	const struct db_query *oldest = STAILQ_FIRST(&connection->under_way);
	msec limit = connection->settings->db_query_timeout + SILENCE_GRACE;

	if (connection->asking)
		return; /* AWS has a timeout of its own */
	if (!connection->open) {
		if (db_connection_age(connection) > connection->settings->db_connect_timeout)
			end(connection, "db_unreachable", "the connection attempt timed out");
		return;
	}
	if (oldest && clock_monotonic_us() - oldest->sent_us > limit * 1000)
		end(connection, "db_timeout", "the database went silent");
}

void db_connection_send(struct db_connection *connection, struct db_query *query)
{
	assert(connection->open && !connection->dead);
	query->sent_us = clock_monotonic_us();
	STAILQ_INSERT_TAIL(&connection->under_way, query, entry);
	if (connection->load++ == 0)
		uv_timer_start(&connection->timer, on_check, CHECK_EVERY, CHECK_EVERY);
	connection->unsynced = true;
	/* A failure to queue shows when the turn is over. */
	PQsendQueryPrepared(connection->pg, STATEMENT, 0, NULL, NULL, NULL, 0);
}

bool db_connection_turn_over(struct db_connection *connection)
{
	if (!connection->unsynced || connection->dead)
		return false;
	connection->unsynced = false;
	if (PQpipelineSync(connection->pg))
		flush(connection);
	else
		end(connection, "db_unreachable", PQerrorMessage(connection->pg));
	return true;
}

/* --- connecting ------------------------------------------------------------------------------- */

/* The database's notices are for people at a terminal. */
static void drop_notice(void *user, const char *message)
{
}

static void on_connected(struct db_connection *connection)
{
	PGconn *pg = connection->pg;

	uv_timer_stop(&connection->timer);
	forget_params(connection);
	connection->preparing = true;
	if (PQsetnonblocking(pg, 1) < 0 || !PQenterPipelineMode(pg) ||
	    !PQsendPrepare(pg, STATEMENT, DATABASE_QUERY, 0, NULL) || !PQpipelineSync(pg)) {
		end(connection, "db_unreachable", PQerrorMessage(pg));
		return;
	}
	connection->open = true;
	connection->born = clock_monotonic();
	flush(connection);
	if (!connection->dead)
		connection->events->opened(connection, connection->user);
}

static void go_on_connecting(struct db_connection *connection)
{
	PostgresPollingStatusType status;

	/* libpq may close the socket and open another under the same number. */
	if (connection->watch) {
		uv_poll_stop(&connection->watch->poll);
		connection->watch->events = 0;
	}
	status = PQconnectPoll(connection->pg);
	switch (status) {
	case PGRES_POLLING_READING:
		watch_for(connection, UV_READABLE);
		break;
	case PGRES_POLLING_WRITING:
		watch_for(connection, UV_WRITABLE);
		break;
	case PGRES_POLLING_OK:
		on_connected(connection);
		break;
	default:
		end(connection, connect_error_type(PQerrorMessage(connection->pg)),
		    PQerrorMessage(connection->pg));
	}
}

static void on_io(uv_poll_t *poll, int status, int events)
{
	const struct watch *watch = poll->data;
	struct db_connection *connection = watch->connection;

	if (!connection->open) {
		go_on_connecting(connection);
		return;
	}
	if ((events & UV_READABLE || status < 0) && !PQconsumeInput(connection->pg)) {
		/* What was said last, such as "terminating connection", is still to be read. */
		take_results(connection);
		if (!connection->dead)
			end(connection, "db_unreachable", PQerrorMessage(connection->pg));
		return;
	}
	take_results(connection);
	if (!connection->dead && events & UV_WRITABLE)
		flush(connection);
}

static void add_param(struct db_connection *connection, const char *keyword, const char *value)
{
	if (!value)
		return;
	assert(connection->nparams + 1 < array_len(connection->keywords));
	connection->texts[connection->nparams] = mem_strdup(value);
	connection->keywords[connection->nparams] = keyword;
	connection->values[connection->nparams] = connection->texts[connection->nparams];
	connection->nparams++;
	connection->keywords[connection->nparams] = NULL;
	connection->values[connection->nparams] = NULL;
}

static void add_params(struct db_connection *connection, const struct login *login)
{
	const struct settings *settings = connection->settings;
	AUTO_FREE char *options =
		mem_fmt("-c statement_timeout=%lld", (long long)settings->db_query_timeout);
	AUTO_FREE char *silence = mem_fmt("%lld", (long long)settings->db_query_timeout);

	add_param(connection, "host", login->host);
	add_param(connection, "port", login->port);
	add_param(connection, "user", login->user);
	add_param(connection, "password", login->password);
	add_param(connection, "dbname", login->name);
	add_param(connection, "sslmode", settings->db_sslmode);
	add_param(connection, "sslrootcert", settings->db_sslrootcert);
	add_param(connection, "gssencmode", "disable"); /* a round trip and a library for nothing */
	add_param(connection, "application_name", settings->service_name);
	add_param(connection, "options", options);
	add_param(connection, "tcp_user_timeout", silence);
}

static void start_connecting(struct db_connection *connection, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (address->sa_family == AF_INET)
		uv_ip4_name((const struct sockaddr_in *)(const void *)address, text, sizeof(text));
	else
		uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, text, sizeof(text));
	add_param(connection, "hostaddr", text);
	connection->pg = PQconnectStartParams(connection->keywords, connection->values, 0);
	if (!connection->pg || PQstatus(connection->pg) == CONNECTION_BAD) {
		end(connection, "db_unreachable",
		    connection->pg ? PQerrorMessage(connection->pg) : "out of memory");
		return;
	}
	PQsetErrorVerbosity(connection->pg, PQERRORS_VERBOSE); /* for the SQLSTATE */
	PQsetNoticeProcessor(connection->pg, drop_notice, NULL);
	watch_for(connection, UV_WRITABLE);
}

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct db_connection *connection = lookup->data;

	connection->looking = false;
	if (connection->dead)
		free_when_done(connection);
	else if (status < 0)
		end(connection, "db_unreachable", uv_strerror(status));
	else
		start_connecting(connection, found->ai_addr);
	uv_freeaddrinfo(found);
}

/* libpq would look the name up itself, and the loop would wait. */
static void look_up(struct db_connection *connection, const char *host)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	int err;

	if (uv_ip4_addr(host, 0, &four) == 0) {
		start_connecting(connection, (const struct sockaddr *)&four);
		return;
	}
	if (uv_ip6_addr(host, 0, &six) == 0) {
		start_connecting(connection, (const struct sockaddr *)&six);
		return;
	}
	connection->lookup.data = connection;
	err = uv_getaddrinfo(connection->loop, &connection->lookup, on_looked_up, host, NULL,
			     &hints);
	if (err < 0)
		end(connection, "db_unreachable", uv_strerror(err));
	else
		connection->looking = true;
}

static void on_login(struct login_asker *asker, const struct login *login, const char *why,
		     const struct aws_answer *answer, int64_t started_us)
{
	struct db_connection *connection = asker->user;

	connection->asking = false;
	if (connection->dead) {
		free_when_done(connection);
		return;
	}
	if (answer)
		connection->events->asked_aws(connection, answer, started_us, connection->user);
	if (!login) {
		end(connection, answer ? "db_auth_failed" : "db_unreachable", why);
		return;
	}
	connection->born = clock_monotonic();
	add_params(connection, login);
	look_up(connection, login->host);
}

/* From the loop, so that no event comes before db_connection_open returns. */
static void on_start(uv_timer_t *timer)
{
	struct db_connection *connection = timer->data;

	uv_timer_start(timer, on_check, CHECK_EVERY, CHECK_EVERY);
	connection->asking = true;
	connection->asker.told = on_login;
	connection->asker.user = connection;
	logins_ask(connection->logins, &connection->asker);
}

struct db_connection *db_connection_open(uv_loop_t *loop, struct logins *logins,
					 const struct settings *settings,
					 const struct db_connection_events *events, void *user)
{
	struct db_connection *connection = mem_new(struct db_connection);

	connection->loop = loop;
	connection->settings = settings;
	connection->events = events;
	connection->user = user;
	connection->logins = logins;
	connection->born = clock_monotonic();
	STAILQ_INIT(&connection->under_way);
	uv_timer_init(loop, &connection->timer);
	connection->timer.data = connection;
	uv_timer_start(&connection->timer, on_start, 0, 0);
	return connection;
}

msec db_connection_age(const struct db_connection *connection)
{
	return clock_monotonic() - connection->born;
}

size_t db_connection_load(const struct db_connection *connection)
{
	return connection->load;
}
