/*
 * golden_path.c - the five stacks, in the order in which they need each other.
 */
#include "infra/stacks/golden_path.h"

#include "infra/stacks/deployment_stack.h"

void golden_path_new(struct constructs_construct *scope, const struct options *options)
{
	struct network_stack network = network_stack_new(scope, options);
	struct data_stack data = data_stack_new(scope, options, &network);
	struct compute_stack compute = compute_stack_new(scope, options, &network, &data);
	struct observability_stack observability =
		observability_stack_new(scope, options, &data, &compute);

	deployment_stack_new(scope, options, &network, &compute, &observability);
}
