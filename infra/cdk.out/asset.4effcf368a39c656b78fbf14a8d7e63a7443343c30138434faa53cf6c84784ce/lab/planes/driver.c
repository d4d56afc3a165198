/*
 * driver.c - for tests: plays the control plane to one data plane.
 */
#include "lab/planes/driver.h"

#include "lab/wire/plane.h"
#include "lib/base/mem.h"
#include "lib/net/line_channel.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct driver {
	uv_loop_t loop;
	uv_timer_t timer;
	pid_t pid;
	struct channel *channel;
	bool opened, closed;
	char *path;
	int leash[2];
	json_t *fact;
	int64_t logged;
	int expiring;
	int64_t number;
};

int driver_plane(int argc, char **argv, int (*run)(const char *id))
{
	return argc == 4 && strcmp(argv[1], "plane") == 0 ? run(argv[3]) : -1;
}

static void on_opened(struct channel *channel, void *user)
{
	((struct driver *)user)->opened = true;
}

static void on_line(struct channel *channel, const json_t *message, void *user)
{
	struct driver *driver = user;
	const json_t *fact = json_get(message, PLANE_FACT);
	const json_t *logged;
	size_t i;

	if (json_has(fact, "status")) {
		json_decref(driver->fact);
		driver->fact = json_deep_copy(fact);
	}
	driver->expiring += json_has(fact, "credentials");
	json_each (json_get(fact, "logged"), i, logged)
		driver->logged += json_int_or(logged, "events", 0);
}

static void on_closed(struct channel *channel, int err, void *user)
{
	struct driver *driver = user;

	driver->channel = NULL;
	driver->closed = true;
}

static void on_timer(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

void driver_run(struct driver *driver, msec ms)
{
	uv_timer_start(&driver->timer, on_timer, (uint64_t)ms, 0);
	uv_run(&driver->loop, UV_RUN_DEFAULT);
}

static bool connect_to(struct driver *driver)
{
	static const struct channel_events events = {on_opened, on_line, on_closed};

	driver->opened = driver->closed = false;
	if (channel_connect(&driver->loop, driver->path, &events, driver, &driver->channel) < 0)
		return false;
	while (!driver->opened && !driver->closed)
		uv_run(&driver->loop, UV_RUN_ONCE);
	return driver->opened;
}

struct driver *driver_start(const char *role, const char *id)
{
	struct driver *driver = mem_new(struct driver);
	bool connected = false;

	uv_loop_init(&driver->loop);
	uv_timer_init(&driver->loop, &driver->timer);
	driver->path = mem_fmt("run/%s-%s.sock", role, id);
	assert(pipe2(driver->leash, O_CLOEXEC) == 0);
	driver->pid = fork();
	if (driver->pid == 0) {
		char leash[16];

		/* A test that fails leaves nothing behind. */
		snprintf(leash, sizeof(leash), "%d", dup(driver->leash[0]));
		setenv("GOLDEN_LEASH", leash, 1);
		execl("/proc/self/exe", "plane-under-test", "plane", role, id, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !connected; i++) {
		connected = access(driver->path, F_OK) == 0 && connect_to(driver);
		driver_run(driver, 10);
	}
	assert(connected);
	return driver;
}

const json_t *driver_fact(const struct driver *driver)
{
	return driver->fact;
}

int64_t driver_logged(const struct driver *driver)
{
	return driver->logged;
}

int driver_expiring(const struct driver *driver)
{
	return driver->expiring;
}

void driver_desire(struct driver *driver, const json_t *desired)
{
	AUTO_JSON json_t *message = json_object();

	json_set(message, PLANE_DESIRED, desired);
	json_set_int(message, PLANE_NUMBER, ++driver->number);
	channel_send(driver->channel, message);
}

void driver_clock(struct driver *driver, int64_t lab, int64_t speed)
{
	AUTO_JSON json_t *message = json_object();
	json_t *clock = json_add_object(message, PLANE_CLOCK);

	json_set_int(clock, "real", clock_real().ms);
	json_set_int(clock, "lab", lab);
	json_set_int(clock, "speed", speed);
	channel_send(driver->channel, message);
}

bool driver_wait(struct driver *driver, const char *path, const char *value, msec ms)
{
	msec end = clock_monotonic() + ms;

	for (;;) {
		const char *is = json_path_str(driver->fact, path);

		if (is && strcmp(is, value) == 0)
			return true;
		if (clock_monotonic() > end || driver->closed)
			return false;
		driver_run(driver, 5);
	}
}

static void forget(struct driver *driver)
{
	if (driver->channel)
		channel_close(driver->channel);
	uv_close((uv_handle_t *)&driver->timer, NULL);
	uv_run(&driver->loop, UV_RUN_DEFAULT);
	uv_loop_close(&driver->loop);
	close(driver->leash[0]);
	close(driver->leash[1]);
	json_decref(driver->fact);
	free(driver->path);
	free(driver);
}

int driver_stop(struct driver *driver, msec ms)
{
	AUTO_JSON json_t *message = json_object();
	msec end = clock_monotonic() + ms;
	int status = -1;
	pid_t got = 0;

	json_set_bool(message, PLANE_STOP, true);
	if (driver->channel)
		channel_send(driver->channel, message);
	while (got == 0 && clock_monotonic() < end) {
		got = waitpid(driver->pid, &status, WNOHANG);
		driver_run(driver, 5);
	}
	if (got == 0) {
		driver_kill(driver);
		return -1;
	}
	forget(driver);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void driver_kill(struct driver *driver)
{
	kill(driver->pid, SIGKILL);
	waitpid(driver->pid, NULL, 0);
	forget(driver);
}
