/*
 * A stack where a VPC belongs: the kernel would take it.
 *
 * gcc: from incompatible pointer type 'struct cdk_stack \*'
 * clang: incompatible pointer types initializing 'struct ec2_ivpc \*' with an expression of type 'struct cdk_stack \*'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void stack_as_vpc(struct cdk_stack *stack, struct ec2_vpc *vpc);

void stack_as_vpc(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_security_group_new(&stack->construct, "Sg",
			       &(struct ec2_security_group_props){.vpc = stack});
#else
	ec2_security_group_new(&stack->construct, "Sg",
			       &(struct ec2_security_group_props){.vpc = &vpc->ivpc});
#endif
}
