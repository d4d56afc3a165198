/*
 * test_process.c - for app_test: the real golden-app, a private PostgreSQL, and a client.
 */
#include "app/test_process.h"
#include "lib/base/clock.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PG_BIN "/usr/lib/postgresql/15/bin/"
#define PATIENCE_MS 30000

/* --- children --------------------------------------------------------------------------------- */

static void die_with(pid_t parent, int number)
{
	prctl(PR_SET_PDEATHSIG, number);
	if (getppid() != parent)
		_exit(1);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		assert(errno == EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t start_child(const char *program, const char *const *environment, const char *option,
			 int out, int err)
{
	const char *const arguments[] = {program, option, NULL};
	pid_t parent = getpid();
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid > 0)
		return pid;
	die_with(parent, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execve(program, (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
	_exit(127);
}

/* One line from fd, without its end; false when there is none within the patience. */
static bool read_line(int fd, char *line, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (len + 1 < size && poll(&ready, 1, PATIENCE_MS) > 0 && read(fd, line + len, 1) == 1) {
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
		len++;
	}
	return false;
}

struct test_app test_app_start(const char *program, const char *const *environment)
{
	struct test_app app = {0};
	int out[2], err[2];
	char line[1024];
	int made = pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC);

	assert(made == 0);
	app.pid = start_child(program, environment, NULL, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	app.out = out[0];
	while (app.port == 0) {
		AUTO_JSON json_t *event = NULL;
		bool said = read_line(err[0], line, sizeof(line));

		assert(said); /* it never became ready */
		event = json_read(line, strlen(line));
		if (strcmp(json_str_or(event, "event", ""), "app.ready") == 0)
			app.port = (int)json_int_or(event, "port", 0);
	}
	/* Nobody reads what it says after this. */
	fcntl(err[0], F_SETPIPE_SZ, 1 << 20);
	app.err = err[0];
	return app;
}

int test_app_stop(struct test_app *app)
{
	int status;

	kill(app->pid, SIGTERM);
	status = wait_for(app->pid);
	close(app->out);
	close(app->err);
	return status;
}

json_t *test_app_line(struct test_app *app)
{
	char line[4096];
	bool said = read_line(app->out, line, sizeof(line));

	assert(said);
	return json_read(line, strlen(line));
}

int test_app_run(const char *program, const char *const *environment, const char *option,
		 char *ret_out, size_t size)
{
	size_t len = 0;
	ssize_t more;
	int out[2];
	int made = pipe2(out, O_CLOEXEC);
	pid_t pid;

	assert(made == 0);
	pid = start_child(program, environment, option, out[1], out[1]);
	close(out[1]);
	while (len + 1 < size && (more = read(out[0], ret_out + len, size - 1 - len)) > 0)
		len += (size_t)more;
	ret_out[len] = '\0';
	close(out[0]);
	return wait_for(pid);
}

/* --- PostgreSQL ------------------------------------------------------------------------------- */

/* PostgreSQL refuses to run as root. */
static void become_postgres(void)
{
	const struct passwd *user = getuid() == 0 ? getpwnam("postgres") : NULL;

	if (!user)
		return;
	if (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		_exit(126);
}

static pid_t start_as_postgres(const char *const *arguments, const char *directory, int signal)
{
	AUTO_FREE char *log = mem_fmt("%s/log", directory);
	pid_t parent = getpid();
	pid_t pid = fork();
	int fd;

	assert(pid >= 0);
	if (pid > 0)
		return pid;
	become_postgres();
	die_with(parent, signal); /* after the change of user, which forgets it */
	if (chdir(directory) < 0)
		_exit(126);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	AUTO_FD int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (const struct sockaddr *)&address, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return ntohs(address.sin_port);
}

static PGconn *log_in(const struct test_postgres *postgres)
{
	AUTO_FREE char *parameters =
		mem_fmt("host=127.0.0.1 port=%d user=postgres password=%s dbname=postgres "
			"connect_timeout=5",
			postgres->port, TEST_PG_PASSWORD);

	return PQconnectdb(parameters);
}

static bool wait_until_ready(const struct test_postgres *postgres)
{
	msec until = clock_monotonic() + PATIENCE_MS;

	while (clock_monotonic() < until) {
		PGconn *pg = log_in(postgres);
		bool ready = PQstatus(pg) == CONNECTION_OK;

		PQfinish(pg);
		if (ready)
			return true;
		if (waitpid(postgres->pid, NULL, WNOHANG) != 0)
			return false;
		poll(NULL, 0, 20);
	}
	return false;
}

static void write_password(const char *path)
{
	FILE *file = fopen(path, "we");

	assert(file);
	fprintf(file, "%s\n", TEST_PG_PASSWORD);
	fclose(file);
}

struct test_postgres test_postgres_start(void)
{
	struct test_postgres postgres = {.directory = "/tmp/golden-app-test-XXXXXX"};
	const struct passwd *user = getpwnam("postgres");
	AUTO_FREE char *password = NULL;
	AUTO_FREE char *port = NULL;
	bool made = mkdtemp(postgres.directory) != NULL;

	assert(made);
	password = mem_fmt("%s/password", postgres.directory);
	write_password(password);
	if (getuid() == 0)
		made = user && chown(postgres.directory, user->pw_uid, user->pw_gid) == 0 &&
		       chown(password, user->pw_uid, user->pw_gid) == 0;
	assert(made);

	const char *const initdb[] = {
		PG_BIN "initdb",   "--no-sync",		"--no-locale", "-EUTF8", "-Upostgres",
		"-Ascram-sha-256", "--pwfile=password", "-Ddata",      NULL};
	int status = wait_for(start_as_postgres(initdb, postgres.directory, SIGKILL));
	assert(status == 0);

	postgres.port = free_port();
	port = mem_fmt("%d", postgres.port);
	const char *const server[] = {PG_BIN "postgres",
				      "-Ddata",
				      "-p",
				      port,
				      "-clisten_addresses=127.0.0.1",
				      "-cunix_socket_directories=",
				      "-cfsync=off",
				      "-cmax_connections=12",
				      "-csuperuser_reserved_connections=3",
				      "-cshared_buffers=1MB",
				      NULL};
	postgres.pid = start_as_postgres(server, postgres.directory, SIGQUIT);
	made = wait_until_ready(&postgres);
	assert(made);
	return postgres;
}

void test_postgres_stop(struct test_postgres *postgres)
{
	kill(postgres->pid, SIGQUIT); /* its files are thrown away, and a test may have failed */
	wait_for(postgres->pid);
	folder_remove(postgres->directory);
}

char *test_postgres_ask(const struct test_postgres *postgres, const char *sql)
{
	PGconn *pg = log_in(postgres);
	PGresult *result = PQexec(pg, sql);
	char *value;

	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(pg));
	value = mem_strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(pg);
	return value;
}

/* --- a client --------------------------------------------------------------------------------- */

int test_http_send(int port, const char *method, const char *target, const char *headers)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	AUTO_FREE char *request = mem_fmt("%s %s HTTP/1.1\r\nHost: localhost\r\n%s"
					  "Connection: close\r\n\r\n",
					  method, target, headers);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct test_reply test_http_read(int fd)
{
	struct test_reply reply = {0};
	char text[4096];
	size_t len = 0;
	ssize_t more;
	char *body;

	while (len + 1 < sizeof(text) && (more = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)more;
	text[len] = '\0';
	close(fd);
	body = strstr(text, "\r\n\r\n");
	if (!body || sscanf(text, "HTTP/1.1 %d", &reply.status) != 1)
		return (struct test_reply){.status = -1};
	snprintf(reply.body, sizeof(reply.body), "%.2000s", body + 4);
	*body = '\0';
	snprintf(reply.head, sizeof(reply.head), "%.2000s", text);
	return reply;
}

struct test_reply test_http(int port, const char *method, const char *target)
{
	int fd = test_http_send(port, method, target, "");

	return fd < 0 ? (struct test_reply){.status = -1} : test_http_read(fd);
}
