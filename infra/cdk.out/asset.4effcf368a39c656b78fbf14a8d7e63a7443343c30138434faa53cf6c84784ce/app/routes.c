/*
 * routes.c - the paths, and what each of them answers.
 *
 * Every request asks for the failure mode before its path's function runs. Every answer is JSON,
 * is logged, and ends its trace segment.
 */
#include "app/app.h"
#include "app/json_line.h"
#include "lib/base/mem.h"

#include <ctype.h>
#include <string.h>

#define WORK_MIN 1
#define WORK_MAX 10000
#define WORK_DEFAULT 100
#define REQUEST_ID_DIGITS 32
#define JSON "application/json"

struct route;

/* One request, from its arrival to its answer. Lives as long as its exchange. */
struct request {
	LIST_ENTRY(request) entry;
	struct http_exchange *x;
	struct app *app;
	const struct route *route;
	enum failure_mode mode;
	char id[REQUEST_ID_DIGITS + 1];
	struct trace trace;
	struct failure_mode_asker asker;
	struct work_job job;
	struct db_query query;
};

struct route {
	const char *path;
	void (*answer)(struct request *request);
};

/* --- answers ---------------------------------------------------------------------------------- */

static void reply(struct request *request, int status, const char *error_type, const char *body,
		  size_t len)
{
	struct http_exchange *x = request->x;
	const struct segment_end end = {x, status, len, error_type};
	struct request_line line = {
		.request_id = request->id,
		.trace_id = request->trace.root,
		.method = x->method,
		.path = x->path,
		.status = status,
		.error_type = error_type,
		.started_us = x->started_us,
		.ended_us = clock_monotonic_us(),
	};

	request_log_add(request->app->log, &line);
	trace_end(&request->trace, &end);
	http_reply_header(x, "X-Request-Id", request->id);
	if (request->trace.decision == '?') {
		char header[TRACE_HEADER_MAX];

		http_reply_header(x, "X-Amzn-Trace-Id", trace_header(&request->trace, header));
	}
	LIST_REMOVE(request, entry);
	http_reply(x, status, JSON, body, len); /* the request is gone with it */
}

static void reply_error(struct request *request, int status, const char *error_type,
			const char *message)
{
	AUTO_BUF struct buf body = {0};

	json_line_str(&body, "{\"error\":", error_type);
	json_line_str(&body, ",\"message\":", message);
	json_line_str(&body, ",\"requestId\":", request->id);
	buf_str(&body, "}\n");
	reply(request, status, error_type, body.data, body.len);
}

static void reply_overloaded(struct request *request, const char *message)
{
	http_reply_header(request->x, "Retry-After", "1");
	reply_error(request, 503, "overloaded", message);
}

/* --- GET / ------------------------------------------------------------------------------------ */

static void answer_about(struct request *request)
{
	struct app *app = request->app;
	struct buf *body = &app->about[request->mode];

	if (body->len == 0) {
		json_line_str(body, "{\"name\":", app->settings->service_name);
		json_line_str(body, ",\"version\":", GOLDEN_VERSION);
		json_line_str(body, ",\"taskId\":", app->task.id);
		json_line_str(body, ",\"availabilityZone\":", app->task.zone);
		json_line_str(body, ",\"failureMode\":", failure_mode_name(request->mode));
		buf_str(body, "}\n");
	}
	reply(request, 200, NULL, body->data, body->len);
}

static void answer_healthz(struct request *request)
{
	static const char body[] = "{\"status\":\"ok\"}\n";

	reply(request, 200, NULL, body, sizeof(body) - 1);
}

/* --- GET /work?ms=N --------------------------------------------------------------------------- */

/* The value of ms. Other members are nobody's business; a second ms is a mistake. */
static bool read_ms(struct span query, msec *ret_ms)
{
	msec ms = WORK_DEFAULT;
	bool given = false;

	for (size_t at = 0; at < query.len;) {
		const char *pair = query.at + at;
		const char *end = memchr(pair, '&', query.len - at);
		size_t len = end ? (size_t)(end - pair) : query.len - at;

		at += len + 1;
		if (len < 2 || memcmp(pair, "ms", 2) != 0 || (len > 2 && pair[2] != '='))
			continue;
		if (given || len < 4 || len > 3 + strlen("10000"))
			return false;
		given = true;
		ms = 0;
		for (size_t i = 3; i < len; i++) {
			if (!isdigit((unsigned char)pair[i]))
				return false;
			ms = ms * 10 + (pair[i] - '0');
		}
	}
	if (ms < WORK_MIN || ms > WORK_MAX)
		return false;
	*ret_ms = ms;
	return true;
}

static void on_worked(struct work_job *job, void *user)
{
	AUTO_BUF struct buf body = {0};

	json_line_int(&body, "{\"ms\":", job->burn);
	json_line_milli(&body, ",\"cpuMs\":", job->burnt_us);
	buf_str(&body, "}\n");
	reply(user, 200, NULL, body.data, body.len);
}

static void answer_work(struct request *request)
{
	if (!read_ms(request->x->query, &request->job.burn)) {
		reply_error(request, 400, "bad_request",
			    "ms must be a whole number from 1 to 10000, as in /work?ms=100.");
		return;
	}
	request->job.done = on_worked;
	request->job.user = request;
	if (!work_submit(request->app->work, &request->job))
		reply_overloaded(request, "Too much work is waiting. Try again in a second.");
}

/* --- GET /db ---------------------------------------------------------------------------------- */

static const struct {
	const char *error_type, *message;
} database_errors[] = {
	{"db_auth_failed", "The database does not accept this service's credentials."},
	{"db_too_many_connections", "The database has no connection left for this service."},
	{"db_unreachable", "The database could not be reached."},
	{"db_timeout", "The database did not answer in time."},
};

static void on_queried(struct db_query *query, void *user)
{
	struct request *request = user;
	AUTO_BUF struct buf body = {0};

	for (size_t i = 0; query->error_type && i < array_len(database_errors); i++) {
		if (strcmp(query->error_type, database_errors[i].error_type) == 0) {
			reply_error(request, 503, query->error_type, database_errors[i].message);
			return;
		}
	}
	json_line_str(&body, "{\"db\":\"ok\",\"result\":", query->value);
	json_line_milli(&body, ",\"queryMs\":", clock_monotonic_us() - query->started_us);
	buf_str(&body, "}\n");
	reply(request, 200, NULL, body.data, body.len);
}

static void answer_db(struct request *request)
{
	request->query.done = on_queried;
	request->query.user = request;
	request->query.trace = &request->trace;
	request->query.leak = request->mode == MODE_CONNECTION_LEAK;
	if (!database_ask(request->app->database, &request->query))
		reply_overloaded(request, "Too many queries are under way. Try again in a second.");
}

/* --- which path ------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{"/", answer_about},
	{"/healthz", answer_healthz},
	{"/work", answer_work},
	{"/db", answer_db},
};

static const struct route *find_route(struct span path)
{
	for (size_t i = 0; i < array_len(routes); i++) {
		if (span_is(path, routes[i].path))
			return &routes[i];
	}
	return NULL;
}

static void on_mode(enum failure_mode mode, void *user)
{
	struct request *request = user;

	request->mode = mode;
	if (!request->route) {
		reply_error(request, 404, "not_found",
			    "There is no such path here. There are /, /healthz, /work and /db.");
	} else if (!span_is(request->x->method, "GET") && !span_is(request->x->method, "HEAD")) {
		http_reply_header(request->x, "Allow", "GET, HEAD");
		reply_error(request, 405, "bad_request", "This path takes GET and HEAD only.");
	} else if (mode == MODE_RETURN_500) {
		reply_error(request, 500, "injected_failure",
			    "The failure mode is return_500: this error is on purpose.");
	} else {
		request->route->answer(request);
	}
}

void routes_handle(struct http_exchange *x, void *user)
{
	struct app *app = user;
	struct request *request = arena_alloc(x->arena, sizeof(*request));

	request->x = x;
	request->app = app;
	request->route = find_route(x->path);
	LIST_INSERT_HEAD(&app->requests, request, entry);
	trace_random_hex(request->id, REQUEST_ID_DIGITS);
	trace_begin(app->tracer, x, &request->trace);
	request->asker.told = on_mode;
	request->asker.user = request;
	request->asker.trace = &request->trace;
	failure_modes_ask(app->modes, &request->asker);
}

void routes_close(struct app *app)
{
	struct request *request;

	while ((request = LIST_FIRST(&app->requests))) {
		LIST_REMOVE(request, entry);
		buf_free(&request->trace.subsegments);
		http_reply(request->x, 503, NULL, NULL, 0); /* its connection is closed */
	}
}
