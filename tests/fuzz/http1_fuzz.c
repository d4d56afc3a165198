/*
 * http1_fuzz.c - any bytes as a request, a response and a chunked body.
 *
 * Beside memory errors: spans stay inside the data, and the verdict is the same however the bytes
 * are split.
 */
#include "lib/net/http1.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef ssize_t read_fn(const char *data, size_t len, const struct http1_limits *limits,
			struct http1_head *ret_head);

static const struct http1_limits limits = {.line = 512, .field = 512, .head = 2048};

static void check_span(struct span span, const char *data, size_t used)
{
	if (span.at && span.len && (span.at < data || span.at + span.len > data + used))
		assert(span_is(span, "/")); /* the path that an absolute target left out */
}

static void check_head(const struct http1_head *head, const char *data, size_t used)
{
	check_span(head->method, data, used);
	check_span(head->target, data, used);
	check_span(head->path, data, used);
	check_span(head->query, data, used);
	check_span(head->host, data, used);
	check_span(head->reason, data, used);
	for (size_t i = 0; i < head->nheaders; i++) {
		check_span(head->headers[i].name, data, used);
		check_span(head->headers[i].value, data, used);
	}
	assert(!(head->chunked && head->content_length >= 0));
}

static void read_both_ways(read_fn *read, const char *data, size_t len)
{
	static struct http1_head whole;
	static struct http1_head part;
	ssize_t verdict = read(data, len, &limits, &whole);
	ssize_t early = 0;

	assert(verdict <= (ssize_t)len);
	if (verdict > 0)
		check_head(&whole, data, (size_t)verdict);
	for (size_t i = 0; i < len && early == 0; i++)
		early = read(data, i, &limits, &part);
	if (early != 0)
		assert(early == verdict);
}

static void decode_both_ways(const char *data, size_t len)
{
	struct http1_chunked whole = {0};
	struct http1_chunked bytewise = {0};
	char *payload = malloc(len + 1);
	size_t got = 0;
	size_t sum = 0;
	ssize_t verdict;
	ssize_t used = 0;

	memcpy(payload, data, len);
	verdict = http1_read_chunked(&whole, payload, len, &got);
	assert(verdict < 0 || (got <= len && verdict <= (ssize_t)len));

	for (size_t i = 0; i < len && used >= 0 && !bytewise.done; i++) {
		char byte = data[i];
		size_t one;

		used = http1_read_chunked(&bytewise, &byte, 1, &one);
		if (used >= 0 && one) {
			assert(verdict < 0 || payload[sum] == byte);
			sum += one;
		}
	}
	assert((used < 0) == (verdict < 0));
	assert(used < 0 || (sum == got && bytewise.done == whole.done));
	free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	if (len > 4096)
		return 0;
	read_both_ways(http1_read_request, text, len);
	read_both_ways(http1_read_response, text, len);
	decode_both_ways(text, len);
	return 0;
}
