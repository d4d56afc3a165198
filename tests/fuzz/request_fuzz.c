/*
 * request_fuzz.c - a whole request: head and body as they come from a socket, read as every protocol
 * could, and answered.
 */
#include "lab/aws/protocol.h"
#include "lab/models/cloudwatch.h"
#include "lab/models/ec2.h"
#include "lab/models/lambda.h"
#include "lab/models/s3.h"
#include "lab/models/ssm.h"
#include "lab/models/wafv2.h"
#include "lab/models/xray.h"
#include "lib/net/http1.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(struct wire_call *call)
{
	struct wire_reply reply = {0};
	struct fault fault = {0};
	json_t *in = NULL;

	if (protocol_find(call, &fault))
		in = protocol_read(call, &fault);
	if (!in || !protocol_validate(call->arena, call->model, call->operation, in, &fault)) {
		assert(fault.code && fault.message);
		protocol_write_fault(call, &fault, &reply);
	} else {
		/* An echo: what both shapes have in common is written. */
		protocol_write(call, in, &reply);
	}
	assert(reply.status >= 100 && reply.status < 600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct model *const models[] = {&cloudwatch_model, &ec2_model, &lambda_model,
						     &s3_model,		&ssm_model, &wafv2_model,
						     &xray_model};
	static const struct http1_limits limits = {8192, 8192, 32768};
	struct http1_head head = {0};
	ssize_t used = http1_read_request((const char *)data, size, &limits, &head);
	struct arena *arena;

	if (used <= 0)
		return 0;
	arena = arena_open();
	for (size_t i = 0; i < array_len(models); i++) {
		struct wire_call call = {
			.arena = arena,
			.model = models[i],
			.request_id = "id",
			.request =
				{
					.method = head.method,
					.path = head.path,
					.query = head.query,
					.headers = head.headers,
					.nheaders = head.nheaders,
					.body = {(const char *)data + used, size - (size_t)used},
				},
		};

		answer(&call);
	}
	arena_close(arena);
	return 0;
}
