/*
 * forward_fuzz.c - any bytes as a request that is forwarded, or an answer that is passed on.
 *
 * Beside memory errors: what goes out is again strict HTTP/1.1, one head and nothing behind it, with
 * the body framed as it came in. Smuggling would need it otherwise.
 */
#include "lab/planes/alb/headers.h"
#include "lab/planes/alb/rules.h"

#include <assert.h>
#include <string.h>

static const struct http1_limits limits = {.line = 512, .field = 512, .head = 2048};
static const struct http1_limits wide = {0};
static struct http1_head came, went;
static struct buf out;

static void check_same(void)
{
	ssize_t used;

	used = came.status ? http1_read_response(out.data, out.len, &wide, &went)
			   : http1_read_request(out.data, out.len, &wide, &went);
	/* Ours are five more: above the limit of headers it is not read again. */
	if (used == HTTP1_HEAD_TOO_LARGE)
		return;
	assert(used == (ssize_t)out.len);
	assert(went.chunked == came.chunked);
	assert(went.content_length == came.content_length);
}

static void forward(const char *data, size_t len)
{
	struct headers_options options = {
		.xff = len % 3,
		.xff_client_port = len & 1,
		.preserve_host = len & 2,
		.drop_invalid = len & 4,
	};
	const struct headers_from from = {
		.client_ip = "192.0.2.1",
		.client_port = 40000,
		.node_ip = "127.7.0.4",
		.listener_port = len & 8 ? 80 : 9090,
		.head_len = len,
	};

	if (http1_read_request(data, len, &limits, &came) <= 0)
		return;
	buf_clear(&out);
	if (headers_request(&out, &came, &options, &from) == 0)
		check_same();
}

static void pass_on(const char *data, size_t len)
{
	enum http1_body body;

	if (http1_read_response(data, len, &limits, &came) <= 0)
		return;
	body = http1_response_body(&came, (struct span){"GET", 3});
	if (body == HTTP1_BODY_UNTIL_CLOSE)
		return; /* it is framed anew */
	buf_clear(&out);
	headers_answer(&out, &came, body, len & 1);
	check_same();
}

static void match(const char *data, size_t len)
{
	const char *middle = memchr(data, '\n', len);
	struct span pattern = {data, middle ? (size_t)(middle - data) : 0};
	struct span text = {middle ? middle + 1 : data, middle ? len - pattern.len - 1 : len};

	wildcard_match(pattern, text, len & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	if (len == 0 || len > 4096)
		return 0;
	forward(text, len);
	pass_on(text, len);
	match(text, len);
	return 0;
}
