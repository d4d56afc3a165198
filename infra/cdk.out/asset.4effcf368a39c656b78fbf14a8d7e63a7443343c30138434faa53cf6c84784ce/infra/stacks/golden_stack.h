/*
 * golden_stack.h - what all our stacks have in common.
 */
#ifndef STACKS_GOLDEN_STACK_H
#define STACKS_GOLDEN_STACK_H

#include "infra/cdk/cdk.h"
#include "infra/stacks/options.h"

/* Of the region that `options` say and of no account: with both, the CDK would ask AWS for the
 * account's zones before it can synthesise. */
struct cdk_stack *golden_stack_new(struct constructs_construct *scope, const char *name,
				   const char *description, const struct options *options);

#endif
