/*
 * golden_stack.c - what all our stacks have in common.
 */
#include "infra/stacks/golden_stack.h"

struct cdk_stack *golden_stack_new(struct constructs_construct *scope, const char *name,
				   const char *description, const struct options *options)
{
	struct cdk_environment region = {.region = options->region};
	struct cdk_stack_props props = {
		.stack_name = name, /* the same in a pipeline, whose stage would go in front */
		.description = description,
		.env = &region,
		.termination_protection = BOOL(options->deletion_protection),
	};

	return cdk_stack_new(.scope = scope, .id = name, .props = &props);
}
