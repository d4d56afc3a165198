/*
 * app.c - the parts, put together and taken apart.
 */
#include "app/app.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <unistd.h>

static void on_task_known(void *user)
{
	struct app *app = user;

	for (size_t i = 0; i < array_len(app->about); i++)
		buf_clear(&app->about[i]);
}

static void on_first_mode(enum failure_mode mode, void *user)
{
	log_event(LOG_INFO, "app.failure_mode", F_STR("mode", failure_mode_name(mode)));
	free(user);
}

/* The first read opens the connection to SSM before the first request needs it. */
static void warm_up(struct app *app)
{
	struct failure_mode_asker *asker = mem_new(struct failure_mode_asker);

	asker->told = on_first_mode;
	asker->user = asker;
	failure_modes_ask(app->modes, asker);
}

void app_open(struct app *app, uv_loop_t *loop, const struct settings *settings)
{
	const struct aws_options options = {
		.timeout = settings->aws_timeout,
		.attempts = (int)settings->aws_attempts,
	};

	*app = (struct app){.loop = loop, .settings = settings};
	LIST_INIT(&app->requests);
	if (aws_client_open(loop, &options, &app->aws) < 0) {
		log_event(LOG_ERROR, "app.endpoint.bad", F_STR("url", getenv("AWS_ENDPOINT_URL")));
		exit(2);
	}
	app->modes = failure_modes_open(app->aws, settings->failure_mode_parameter,
					settings->failure_mode_max_age);
	app->trim = trim_open(loop);
	app->database = database_open(loop, app->aws, settings, app->trim);
	app->tracer = tracer_open(loop, settings->xray_address, settings->service_name);
	app->log = request_log_open(loop, STDOUT_FILENO);
	app->work = work_open(loop, settings->work_threads, settings->work_queue_size);
	task_ask(&app->task, app->aws, settings->metadata_uri, on_task_known, app);
	if (settings->failure_mode_parameter)
		warm_up(app);
}

void app_close(struct app *app)
{
	aws_client_close(app->aws);
	database_close(app->database);
	failure_modes_close(app->modes);
	work_close(app->work);
	routes_close(app); /* whom none of those will tell */
	tracer_close(app->tracer);
	request_log_close(app->log);
	trim_close(app->trim);
	task_clear(&app->task);
	for (size_t i = 0; i < array_len(app->about); i++)
		buf_free(&app->about[i]);
}
