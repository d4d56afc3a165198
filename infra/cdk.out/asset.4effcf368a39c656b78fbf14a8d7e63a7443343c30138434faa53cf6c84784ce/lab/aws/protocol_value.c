/*
 * protocol_value.c - scalars as text: in forms, XML, headers, URIs and query strings.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/base/base64.h"
#include "lib/base/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint8_t timestamp_form(const struct model *model, const struct member *member, uint8_t otherwise)
{
	uint8_t form = member->timestamp;

	if (form == TIMESTAMP_DEFAULT)
		form = shape_at(model, member->shape)->timestamp;
	return form == TIMESTAMP_DEFAULT ? otherwise : form;
}

bool list_flattens(const struct model *model, const struct member *member)
{
	return member->flattened || shape_at(model, member->shape)->flattened;
}

static json_t *integer_from_text(const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end || errno)
		return NULL;
	return json_integer(number);
}

static json_t *double_from_text(const char *text)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end || !isfinite(number))
		return NULL;
	return json_real(number);
}

static json_t *boolean_from_text(const char *text)
{
	if (strcasecmp(text, "true") == 0)
		return json_true();
	if (strcasecmp(text, "false") == 0)
		return json_false();
	return NULL;
}

json_t *time_from_text(const char *text)
{
	struct tm tm = {0};
	const char *end;
	int64_t ms;

	if (clock_parse_iso(text, &ms))
		return json_real((double)ms / 1000);
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (end && !*end)
		return json_real((double)timegm(&tm));
	return double_from_text(text);
}

static json_t *blob_from_text(const char *text, size_t len)
{
	AUTO_BUF struct buf bytes = {0};

	if (!base64_decode(&bytes, text, len))
		return NULL;
	return json_stringn_nocheck(buf_text(&bytes), bytes.len);
}

json_t *value_from_text(const struct shape *shape, uint8_t form, const char *text, size_t len)
{
	switch (shape->kind) {
	case SHAPE_STRING: /* jansson looks at UTF-8 here: what is none is no string */
		return json_stringn(text, len);
	case SHAPE_INTEGER:
		return integer_from_text(text);
	case SHAPE_DOUBLE:
		return double_from_text(text);
	case SHAPE_BOOLEAN:
		return boolean_from_text(text);
	case SHAPE_TIMESTAMP:
		return time_from_text(text);
	case SHAPE_BLOB:
		return blob_from_text(text, len);
	default:
		return NULL;
	}
}

static void time_to_text(struct buf *out, uint8_t form, double seconds)
{
	int64_t ms = (int64_t)llround(seconds * 1000);
	char text[CLOCK_TEXT];

	if (form == TIMESTAMP_EPOCH && ms % 1000 == 0)
		buf_fmt(out, "%lld", (long long)(ms / 1000));
	else if (form == TIMESTAMP_EPOCH && ms > 0) /* a double takes five times as long */
		buf_fmt(out, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
	else if (form == TIMESTAMP_EPOCH)
		buf_fmt(out, "%.3f", seconds);
	else if (form == TIMESTAMP_HTTP)
		buf_str(out, clock_http((real_ms){ms}, text));
	else
		buf_str(out, ms % 1000 ? clock_iso(ms, text) : clock_iso_seconds(ms, text));
}

/* AWS writes a whole double with its point: 60.0. */
static void double_to_text(struct buf *out, double number)
{
	if (number == rint(number) && fabs(number) < 1e15)
		buf_fmt(out, "%.1f", number);
	else
		buf_fmt(out, "%.15g", number);
}

static void number_to_text(struct buf *out, const struct shape *shape, const json_t *value)
{
	if (shape->kind == SHAPE_DOUBLE)
		double_to_text(out, json_number_value(value));
	else if (json_is_integer(value))
		buf_fmt(out, "%lld", (long long)json_integer_value(value));
	else
		buf_fmt(out, "%.15g", json_real_value(value));
}

bool value_to_text(struct buf *out, const struct shape *shape, uint8_t form, const json_t *value)
{
	if (shape->kind == SHAPE_TIMESTAMP && json_is_number(value)) {
		time_to_text(out, form, json_number_value(value));
	} else if (shape->kind == SHAPE_BLOB && json_is_string(value)) {
		base64_encode(out, json_string_value(value), json_string_length(value));
	} else if (json_is_string(value)) {
		buf_add(out, json_string_value(value), json_string_length(value));
	} else if (json_is_number(value)) {
		number_to_text(out, shape, value);
	} else if (json_is_boolean(value)) {
		buf_str(out, json_is_true(value) ? "true" : "false");
	} else {
		return false;
	}
	return true;
}
