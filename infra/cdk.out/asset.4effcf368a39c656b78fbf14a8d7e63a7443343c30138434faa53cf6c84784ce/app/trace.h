/*
 * trace.h - X-Ray: goes on with a caller's trace, and sends segments to the daemon over UDP.
 *
 * X-Amzn-Trace-Id: Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0|1|? . Without a decision of
 * the caller's, one request a second and one in twenty after it are sampled, as the SDKs do. A
 * segment is lost rather than waited for. Source: X-Ray Developer Guide, "segment documents".
 */
#ifndef APP_TRACE_H
#define APP_TRACE_H

#include "lib/aws/client.h"
#include "lib/base/buf.h"
#include "lib/net/http_server.h"

struct tracer;

/* One request's part in a trace. */
struct trace {
	struct tracer *tracer;
	char root[36];	 /* "1-5759e988-bd862e3fe1be46a994272793" */
	char id[17];	 /* our segment's */
	char parent[17]; /* "" if there is none */
	bool sampled;
	char decision; /* of the caller's: '0', '1', '?' for "tell me", or none */
	struct buf subsegments;
};

struct segment_end {
	const struct http_exchange *x;
	int status;
	size_t len; /* of the answer's body */
	const char *error_type;
};

/* address is "host:port", or as the SDKs have it "tcp:… udp:…"; NULL: nothing is sent. */
struct tracer *tracer_open(uv_loop_t *loop, const char *address, const char *name);
void tracer_close(struct tracer *tracer); /* NULL is fine */

void trace_begin(struct tracer *tracer, const struct http_exchange *x, struct trace *ret_trace);
void trace_end(struct trace *trace, const struct segment_end *end);

/* The header's value for a call of ours that goes on with this trace. */
#define TRACE_HEADER_MAX 96
char *trace_header(const struct trace *trace, char text[TRACE_HEADER_MAX]);

/* Subsegments; `started_us` is clock_monotonic_us(), and they end now. */
void trace_add_aws(struct trace *trace, const char *service, const char *operation,
		   int64_t started_us, const struct aws_answer *answer);

struct trace_sql {
	const char *host, *port, *database, *user, *query; /* NULL where unknown */
	const char *error_type;				   /* NULL: success */
};

void trace_add_sql(struct trace *trace, int64_t started_us, const struct trace_sql *sql);

/* Random hex for ids, from a generator that no secret may come from. Digits by the eight. */
void trace_random_hex(char *text, size_t digits);

/* Parses one header value; for tests and the fuzzer. False, and nothing is set, if it has no Root. */
bool trace_read_header(const char *value, size_t len, struct trace *ret_trace);

#endif
