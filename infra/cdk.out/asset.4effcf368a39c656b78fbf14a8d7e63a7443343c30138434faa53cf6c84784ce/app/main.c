/*
 * main.c - golden-app: the web service that runs on Fargate.
 *
 * SIGTERM: no new connections, requests in flight are finished, exit 0.
 */
#include "app/app.h"
#include "app/healthcheck.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct process {
	uv_loop_t loop;
	uv_signal_t signals[2];
	uv_timer_t stop_timer;
	struct http_server *server;
	struct app app;
	struct settings settings;
	bool stopping;
};

static void end(struct process *process)
{
	http_server_close(process->server);
	process->server = NULL;
	app_close(&process->app);
	for (size_t i = 0; i < array_len(process->signals); i++)
		uv_close((uv_handle_t *)&process->signals[i], NULL);
	uv_close((uv_handle_t *)&process->stop_timer, NULL);
}

static void on_drained(void *user)
{
	log_event(LOG_INFO, "app.stopped");
	end(user);
}

static void on_stop_timeout(uv_timer_t *timer)
{
	log_event(LOG_WARNING, "app.stopped.unfinished");
	end(timer->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct process *process = handle->data;

	if (process->stopping)
		return;
	process->stopping = true;
	log_event(LOG_INFO, "app.stopping", F_INT("signal", number),
		  F_INT("connections", (int64_t)http_server_connections(process->server)));
	uv_timer_start(&process->stop_timer, on_stop_timeout,
		       (uint64_t)process->settings.stop_timeout, 0);
	http_server_drain(process->server, on_drained, process);
}

static void watch_signals(struct process *process)
{
	static const int numbers[] = {SIGTERM, SIGINT};

	for (size_t i = 0; i < array_len(numbers); i++) {
		uv_signal_init(&process->loop, &process->signals[i]);
		process->signals[i].data = process;
		uv_signal_start(&process->signals[i], on_signal, numbers[i]);
	}
	uv_timer_init(&process->loop, &process->stop_timer);
	process->stop_timer.data = process;
}

static int listen_for_requests(struct process *process)
{
	const struct settings *settings = &process->settings;
	const struct http_server_options options = {
		.handle = routes_handle,
		.user = &process->app,
		.head_limit = (size_t)settings->max_head_bytes,
		.body_limit = (size_t)settings->max_body_bytes,
		.connections_limit = (size_t)settings->max_connections,
		.head_timeout = settings->head_timeout,
		.body_timeout = settings->body_timeout,
		.idle_timeout = settings->idle_timeout,
	};

	return http_server_open(&process->loop, settings->bind_address, (int)settings->port,
				&options, &process->server);
}

static int serve(struct process *process)
{
	int err;

	uv_loop_init(&process->loop);
	err = listen_for_requests(process);
	if (err < 0) {
		fprintf(stderr, "golden-app: cannot listen on %s:%lld: %s\n",
			process->settings.bind_address, (long long)process->settings.port,
			log_strerror(err));
		return 1;
	}
	watch_signals(process);
	app_open(&process->app, &process->loop, &process->settings);
	log_event(LOG_INFO, "app.ready", F_STR("address", process->settings.bind_address),
		  F_INT("port", http_server_port(process->server)),
		  F_STR("version", GOLDEN_VERSION));
	uv_run(&process->loop, UV_RUN_DEFAULT);
	uv_loop_close(&process->loop);
	return 0;
}

static int print_help(void)
{
	printf("golden-app " GOLDEN_VERSION ", the web service of the golden path\n\n"
	       "  golden-app                 serves until SIGTERM\n"
	       "  golden-app --healthcheck   asks the one that runs; 0 if it is healthy\n"
	       "  golden-app --version\n"
	       "  golden-app --help\n\n");
	settings_print_help(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	/* Not on the stack, so that a leak checker finds what hangs on it. */
	static struct process process;
	const char *option = argc == 2 ? argv[1] : "";

	log_set_program("golden-app");
	if (strcmp(option, "--help") == 0)
		return print_help();
	if (strcmp(option, "--version") == 0)
		return printf("golden-app " GOLDEN_VERSION "\n") < 0;
	if (argc > 1 && strcmp(option, "--healthcheck") != 0) {
		fprintf(stderr,
			"golden-app: '%s' is no option of mine; there are --healthcheck, "
			"--version and --help.\n",
			argv[1]);
		return 2;
	}
	if (settings_read(&process.settings, stderr) < 0)
		return 2;
	return argc > 1 ? healthcheck(&process.settings) : serve(&process);
}
