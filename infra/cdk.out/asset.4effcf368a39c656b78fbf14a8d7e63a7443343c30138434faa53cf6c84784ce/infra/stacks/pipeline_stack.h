/*
 * pipeline_stack.h - a CDK pipeline that deploys the golden path from its repository, and itself.
 */
#ifndef STACKS_PIPELINE_STACK_H
#define STACKS_PIPELINE_STACK_H

#include "infra/stacks/options.h"

void pipeline_stack_new(struct constructs_construct *scope, const struct options *options);

#endif
