/*
 * request_log.h - one JSON line a request on stdout, written once a loop turn, never waiting.
 *
 * {"time","level","requestId","traceId","method","path","status","errorType","latencyMs"};
 * errorType is absent on success.
 */
#ifndef APP_REQUEST_LOG_H
#define APP_REQUEST_LOG_H

#include "lib/net/span.h"

#include <stdint.h>
#include <uv.h>

struct request_log;

struct request_line {
	const char *request_id;
	const char *trace_id;
	struct span method;
	struct span path;
	int status;
	const char *error_type;	      /* NULL: success */
	int64_t started_us, ended_us; /* clock_monotonic_us() */
};

/* A reader that does not keep up loses lines, not the app its time; how many is logged. */
struct request_log *request_log_open(uv_loop_t *loop, int fd);
void request_log_close(struct request_log *log); /* writes what it can; NULL is fine */
void request_log_add(struct request_log *log, const struct request_line *line);

#endif
