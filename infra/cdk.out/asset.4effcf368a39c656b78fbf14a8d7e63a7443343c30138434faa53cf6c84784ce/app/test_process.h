/*
 * test_process.h - for app_test: the real golden-app, a private PostgreSQL, and a client.
 *
 * Children die with the test (PR_SET_PDEATHSIG), whatever ends it.
 */
#ifndef APP_TEST_PROCESS_H
#define APP_TEST_PROCESS_H

#include "lib/base/json.h"

#include <sys/types.h>

struct test_app {
	pid_t pid;
	int port;
	int out; /* its stdout: request log lines */
	int err;
};

/* Starts it with exactly this environment ("NAME=value", NULL at the end) and waits for ready. */
struct test_app test_app_start(const char *program, const char *const *environment);
/* SIGTERM; the exit status, or 128 + signal. */
int test_app_stop(struct test_app *app);
/* Its next request log line; owned by the caller. */
json_t *test_app_line(struct test_app *app);
/* Runs it with one option; the exit status. What it printed, up to size - 1 bytes. */
int test_app_run(const char *program, const char *const *environment, const char *option,
		 char *ret_out, size_t size);

struct test_postgres {
	pid_t pid;
	int port;
	char directory[64];
};

#define TEST_PG_PASSWORD "first-password"

struct test_postgres test_postgres_start(void);
void test_postgres_stop(struct test_postgres *postgres);
/* As its superuser; the first value of the first row, "" if there is none. Owned by the caller. */
char *test_postgres_ask(const struct test_postgres *postgres, const char *sql);

struct test_reply {
	int status;
	char head[2048];
	char body[2048];
};

/* A connection and its one request; -1: refused. Read its answer once. */
int test_http_send(int port, const char *method, const char *target, const char *headers);
struct test_reply test_http_read(int fd);
struct test_reply test_http(int port, const char *method, const char *target);

#endif
