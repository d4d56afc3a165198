/*
 * sigv4_fuzz.c - an Authorization header and a query of a stranger's: read, and signed over.
 */
#include "lib/aws/sigv4.h"
#include "lib/base/arena.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sign_over(const struct sigv4_claim *claim, const char *text)
{
	const struct sigv4_header headers[] = {{"host", text}, {"x-amz-date", text}};
	struct sigv4_request request = {"GET", text, text, headers, 2, SIGV4_UNSIGNED_PAYLOAD};
	char one[65], other[65];

	sigv4_signature(&request, &claim->scope, "20150830T123600Z", claim->signed_headers, "k",
			one);
	sigv4_signature(&request, &claim->scope, "20150830T123600Z", claim->signed_headers, "k",
			other);
	assert(sigv4_same(one, other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sigv4_claim fixed = {
		.scope = {"20150830", "us-east-1", "ssm"},
		.signed_headers = "host;x-amz-date",
	};
	struct arena *arena = arena_open();
	char *text = arena_strndup(arena, (const char *)data, size);
	struct sigv4_claim claim;
	const char *rest;

	if (sigv4_read_authorization(arena, text, &claim))
		sign_over(&claim, text);
	if (sigv4_read_query(arena, text, &claim, &rest)) {
		assert(strlen(rest) < strlen(text));
		sign_over(&claim, rest);
	}
	sign_over(&fixed, text);
	arena_close(arena);
	return 0;
}
