/*
 * summary.c - what a trace's segments say together.
 */
#include "lab/services/xray/summary.h"

#include <math.h>
#include <string.h>

static bool is_hex(const char *text, size_t len)
{
	return strspn(text, "0123456789abcdef") >= len;
}

static bool is_trace_id(const char *id)
{
	return strlen(id) == 35 && id[0] == '1' && id[1] == '-' && id[10] == '-' &&
	       is_hex(id + 2, 8) && is_hex(id + 11, 24);
}

const char *segment_check(const json_t *segment)
{
	const char *id = json_str(segment, "id");
	const char *trace_id = json_str(segment, "trace_id");
	double start = json_num_or(segment, "start_time", NAN);

	if (!json_is_object(segment))
		return "ParseError";
	if (!id)
		return "MissingId";
	if (strlen(id) != 16 || !is_hex(id, 16))
		return "InvalidId";
	if (!trace_id)
		return "MissingTraceId";
	if (!is_trace_id(trace_id))
		return "InvalidTraceId";
	if (!json_str(segment, "name"))
		return "MissingName";
	if (!isfinite(start) || start <= 0)
		return "MissingStartTime";
	if (!json_has(segment, "end_time") && !json_bool_or(segment, "in_progress", false))
		return "MissingEndTime";
	return NULL;
}

double segments_start(const json_t *segments)
{
	const json_t *segment;
	double first = 0;
	size_t i;

	json_each (segments, i, segment) {
		double start = json_num_or(segment, "start_time", 0);

		first = first > 0 && first < start ? first : start;
	}
	return first;
}

static double segments_end(const json_t *segments)
{
	const json_t *segment;
	double last = 0;
	size_t i;

	json_each (segments, i, segment)
		last = fmax(last, json_num_or(segment, "end_time",
					      json_num_or(segment, "start_time", 0)));
	return last;
}

/* The one that nobody in the trace sent for: what its client saw. */
static const json_t *root_of(const json_t *segments)
{
	const json_t *root = NULL;
	const json_t *segment;
	size_t i;

	json_each (segments, i, segment) {
		if (!json_has(segment, "parent_id") || !root)
			root = segment;
	}
	return root;
}

static bool any(const json_t *segments, const char *flag)
{
	const json_t *segment;
	size_t i;

	json_each (segments, i, segment) {
		if (json_bool_or(segment, flag, false))
			return true;
	}
	return false;
}

static void write_http(const json_t *root, json_t *out)
{
	const json_t *request = json_path(root, "http.request");
	const json_t *status = json_path(root, "http.response.status");
	json_t *http = json_add_object(out, "Http");

	json_set_str(http, "HttpURL", json_str(request, "url"));
	json_set(http, "HttpStatus", status);
	json_set_str(http, "HttpMethod", json_str(request, "method"));
	json_set_str(http, "UserAgent", json_str(request, "user_agent"));
	json_set_str(http, "ClientIp", json_str(request, "client_ip"));
}

void summary_write(const char *trace_id, const json_t *segments, json_t *out)
{
	const json_t *root = root_of(segments);
	double start = segments_start(segments);

	json_set_str(out, "Id", trace_id);
	json_set_num(out, "Duration", segments_end(segments) - start);
	json_set_num(out, "ResponseTime",
		     json_num_or(root, "end_time", start) - json_num_or(root, "start_time", start));
	json_set_bool(out, "HasFault", any(segments, "fault"));
	json_set_bool(out, "HasError", any(segments, "error"));
	json_set_bool(out, "HasThrottle", any(segments, "throttle"));
	json_set_bool(out, "IsPartial", any(segments, "in_progress"));
	write_http(root, out);
	json_add_object(out, "Annotations");
	json_add_array(out, "Users");
	json_add_array(out, "ServiceIds");
}
