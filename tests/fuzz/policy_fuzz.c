/*
 * policy_fuzz.c - a policy document of a stranger's. What says nothing of Allow allows nothing.
 */
#include "lab/aws/policy.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool mentions(const uint8_t *data, size_t size, const char *word)
{
	return memmem(data, size, word, strlen(word)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON json_t *document = json_read((const char *)data, size);
	AUTO_JSON json_t *keys =
		json_pack("{s:s, s:s, s:s, s:[s, s], s:s}", "aws:SecureTransport", "true",
			  "aws:userid", "AROA:*", "aws:SourceIp", "127.0.0.1", "aws:TagKeys", "a",
			  "b", "aws:CurrentTime", "2026-11-23T07:00:00Z");
	struct question question = {
		.action = "ssm:GetParameter",
		.resource = "arn:aws:ssm:us-east-1:123456789012:parameter/golden",
		.principal_arn = "arn:aws:sts::123456789012:assumed-role/Task/1",
		.principal_account = "123456789012",
		.keys = keys,
	};
	bool delegates = false;

	if (!document)
		return 0;
	policy_check(document);
	/* \u0041llow is Allow too. */
	if (!mentions(data, size, "Allow") && !mentions(data, size, "\\")) {
		assert(policy_identity(document, &question) != VERDICT_ALLOW);
		assert(policy_resource(document, &question, &delegates) != VERDICT_ALLOW);
		assert(!delegates);
	}
	policy_identity(document, &question);
	policy_resource(document, &question, &delegates);
	return 0;
}
