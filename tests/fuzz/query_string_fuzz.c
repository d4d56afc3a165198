/*
 * query_string_fuzz.c - any form, read as several operations of the query and ec2 protocols: no
 * crash, and what was read is valid text.
 */
#include "lab/aws/protocol.h"
#include "lab/models/cloudwatch.h"
#include "lab/models/ec2.h"
#include "lab/models/elbv2.h"
#include "lab/models/rds.h"
#include "lab/models/sns.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(struct arena *arena, const struct model *model, int op, struct span form)
{
	struct wire_call call = {
		.arena = arena,
		.model = model,
		.protocol = model->protocol,
		.operation = &model->ops[op],
		.request = {.body = form},
	};
	struct fault fault = {0};
	json_t *in = protocol_read(&call, &fault);
	char *text;

	if (!in) {
		assert(fault.code && fault.message);
		return;
	}
	text = json_text(in);
	free(text);
	if (!protocol_validate(arena, model, call.operation, in, &fault))
		assert(fault.code && fault.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_open();
	struct span form = {(const char *)data, size};

	protocol_form_field(arena, form, "Action");
	read_as(arena, &cloudwatch_model, CLOUDWATCH_PutMetricData, form);
	read_as(arena, &ec2_model, EC2_AuthorizeSecurityGroupIngress, form);
	read_as(arena, &elbv2_model, ELBV2_CreateRule, form);
	read_as(arena, &rds_model, RDS_DescribeDBClusters, form);
	read_as(arena, &sns_model, SNS_CreateTopic, form);
	arena_close(arena);
	return 0;
}
