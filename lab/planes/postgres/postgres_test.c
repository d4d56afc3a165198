/*
 * postgres_test.c - the database plane as a process, with a real PostgreSQL. Skipped without one.
 */
#include "lab/planes/driver.h"
#include "lab/planes/postgres/postgres.h"
#include "lab/wire/postgres.h"
#include "lib/base/folder.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "cluster-test"
#define PORT 15432
#define UP 30000 /* ms; initdb may have to run first, on a busy machine */

static char folder[] = "/tmp/golden-postgres-XXXXXX";
static char address[32];

static json_t *desired_with(const char *password, int64_t number)
{
	json_t *desired = json_object();

	json_set_str(desired, "data", "postgres/" ID);
	json_set_str(desired, "address", address);
	json_set_int(desired, "port", PORT);
	json_set_str(desired, "database", "golden");
	json_set_str(desired, "username", "golden");
	json_set_str(desired, "password", password);
	json_set_int(desired, "password_number", number);
	json_set_int(desired, "max_connections", 23);
	json_set_bool(desired, "fsync", false);
	return desired;
}

static struct driver *start(const char *password)
{
	struct driver *driver = driver_start(POSTGRES_ROLE, ID);
	AUTO_JSON json_t *desired = desired_with(password, 1);

	driver_desire(driver, desired);
	if (!driver_wait(driver, "status", "available", UP))
		fail_msg("%s", json_str_or(driver_fact(driver), "reason", "not up"));
	return driver;
}

static PGconn *log_in(const char *password)
{
	char port[16];
	const char *const names[] = {"hostaddr", "port", "user", "password", "dbname", NULL};
	const char *const values[] = {address, port, "golden", password, "golden", NULL};

	snprintf(port, sizeof(port), "%d", PORT);
	return PQconnectdbParams(names, values, 0);
}

static bool may_log_in(const char *password)
{
	PGconn *db = log_in(password);
	bool good = PQstatus(db) == CONNECTION_OK;

	PQfinish(db);
	return good;
}

static void assert_answer(PGconn *db, const char *sql, const char *expect)
{
	PGresult *result = PQexec(db, sql);

	if (PQntuples(result) < 1)
		fail_msg("%s: %s", sql, PQerrorMessage(db));
	assert_string_equal(PQgetvalue(result, 0, 0), expect);
	PQclear(result);
}

static void it_serves_its_user_and_nobody_else(void **state)
{
	struct driver *driver = start("first");
	PGconn *db = log_in("first");

	assert_int_equal(PQstatus(db), CONNECTION_OK);
	assert_answer(db, "SHOW max_connections", "23");
	assert_answer(db, "SELECT current_user || '@' || current_database()", "golden@golden");
	assert_answer(db, "CREATE TABLE t (n int); INSERT INTO t VALUES (7) RETURNING n::text",
		      "7");
	PQfinish(db);
	db = log_in("wrong");
	assert_int_equal(PQstatus(db), CONNECTION_BAD);
	assert_non_null(strstr(PQerrorMessage(db), "password authentication failed"));
	PQfinish(db);
	assert_int_equal(driver_stop(driver, 8000), 0);
	assert_false(may_log_in("first"));
}

static void a_changed_password_leaves_open_connections(void **state)
{
	struct driver *driver = start("first");
	AUTO_JSON json_t *desired = desired_with("second", 2);
	PGconn *db = log_in("first");
	bool changed = false;

	assert_int_equal(PQstatus(db), CONNECTION_OK);
	driver_desire(driver, desired);
	for (int i = 0; i < 100 && !changed; i++) {
		driver_run(driver, 20);
		changed = may_log_in("second");
	}
	assert_true(changed);
	assert_false(may_log_in("first"));
	assert_answer(db, "SELECT n::text FROM t", "7"); /* and what was written is still there */
	PQfinish(db);
	assert_int_equal(driver_stop(driver, 8000), 0);
}

static void it_comes_back_after_a_kill_of_the_plane(void **state)
{
	struct driver *driver = start("second");
	PGconn *db = log_in("second");

	assert_answer(db, "INSERT INTO t VALUES (8) RETURNING n::text", "8");
	driver_kill(driver);
	PQfinish(db);
	driver = start("first"); /* told again, but it is not a new one */
	db = log_in("second");
	assert_answer(db, "SELECT sum(n)::text FROM t", "15");
	PQfinish(db);
	assert_int_equal(driver_stop(driver, 8000), 0);
}

static void a_postmaster_that_was_killed_is_started_again(void **state)
{
	struct driver *driver = start("second");
	pid_t pid = (pid_t)json_int_or(driver_fact(driver), "pid", 0);

	assert_true(pid > 1);
	kill(pid, SIGKILL);
	assert_true(driver_wait(driver, "status", "creating", 5000));
	assert_true(driver_wait(driver, "status", "available", UP));
	assert_true(may_log_in("second"));
	assert_int_equal(driver_stop(driver, 8000), 0);
}

static void a_second_start_is_fast(void **state)
{
	struct driver *driver;
	msec began;

	folder_remove("postgres");
	began = clock_monotonic();
	driver = start("first");
	print_message("from the template: %lld ms\n", (long long)(clock_monotonic() - began));
	assert_int_equal(driver_stop(driver, 8000), 0);
}

static int in_a_folder(void **state)
{
	/* An address of this run's own, so that runs beside each other do not meet. */
	snprintf(address, sizeof(address), "127.%d.%d.5", 1 + getpid() / 250 % 250,
		 1 + getpid() % 250);
	return mkdtemp(folder) && chdir(folder) == 0 && chmod(".", 0711) == 0 ? 0 : -1;
}

static int and_out(void **state)
{
	folder_remove(folder);
	return chdir("/");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_serves_its_user_and_nobody_else),
		cmocka_unit_test(a_changed_password_leaves_open_connections),
		cmocka_unit_test(it_comes_back_after_a_kill_of_the_plane),
		cmocka_unit_test(a_postmaster_that_was_killed_is_started_again),
		cmocka_unit_test(a_second_start_is_fast),
	};
	int status = driver_plane(argc, argv, postgres_main);
	struct template template;
	struct arena *arena;

	if (status >= 0)
		return status;
	arena = arena_open();
	status = template_find(arena, &template);
	arena_close(arena);
	return status < 0 ? 77 : cmocka_run_group_tests(tests, in_a_folder, and_out);
}
