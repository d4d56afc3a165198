/*
 * A stack is no VPC by any of its names.
 *
 * gcc: 'struct cdk_stack' has no member named 'ivpc'
 * clang: no member named 'ivpc' in 'struct cdk_stack'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void stack_upcast_as_vpc(struct cdk_stack *stack, struct ec2_vpc *vpc);

void stack_upcast_as_vpc(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_security_group_new(&stack->construct, "Sg",
			       &(struct ec2_security_group_props){.vpc = &stack->ivpc});
#else
	ec2_security_group_new(&stack->construct, "Sg",
			       &(struct ec2_security_group_props){.vpc = &vpc->ivpc});
#endif
}
