/*
 * deployment_stack.h - blue/green by CodeDeploy, its hook, and the reset job.
 */
#ifndef STACKS_DEPLOYMENT_STACK_H
#define STACKS_DEPLOYMENT_STACK_H

#include "infra/stacks/observability_stack.h"

void deployment_stack_new(struct constructs_construct *scope, const struct options *options,
			  const struct network_stack *network, const struct compute_stack *compute,
			  const struct observability_stack *observability);

#endif
