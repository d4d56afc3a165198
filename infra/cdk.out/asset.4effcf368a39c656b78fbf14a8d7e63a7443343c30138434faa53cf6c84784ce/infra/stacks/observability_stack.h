/*
 * observability_stack.h - dashboard, alarms, log metrics.
 */
#ifndef STACKS_OBSERVABILITY_STACK_H
#define STACKS_OBSERVABILITY_STACK_H

#include "infra/constructs/alarms.h"
#include "infra/stacks/compute_stack.h"

struct observability_stack {
	struct alarms alarms;
};

struct observability_stack observability_stack_new(struct constructs_construct *scope,
						   const struct options *options,
						   const struct data_stack *data,
						   const struct compute_stack *compute);

#endif
