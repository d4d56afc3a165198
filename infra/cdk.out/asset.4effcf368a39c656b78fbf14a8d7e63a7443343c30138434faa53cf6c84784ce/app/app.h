/*
 * app.h - what every request can reach.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/database.h"
#include "app/failure_mode.h"
#include "app/request_log.h"
#include "app/settings.h"
#include "app/task.h"
#include "app/trace.h"
#include "app/trim.h"
#include "app/work.h"
#include "lib/net/http_server.h"

struct request; /* routes.c */

struct app {
	uv_loop_t *loop;
	const struct settings *settings;
	struct aws_client *aws;
	struct failure_modes *modes;
	struct database *database;
	struct tracer *tracer;
	struct request_log *log;
	struct work *work;
	struct trim *trim;
	struct task task;
	struct buf about[3]; /* GET /, by failure mode; empty: to be written */
	LIST_HEAD(, request) requests;
};

void app_open(struct app *app, uv_loop_t *loop, const struct settings *settings);
/* After its http_server; the loop must run once more. */
void app_close(struct app *app);

/* The server's handler; user is the app. */
void routes_handle(struct http_exchange *x, void *user);
/* Forgets the requests that will not be answered any more. */
void routes_close(struct app *app);

#endif
