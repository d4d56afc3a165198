/*
 * Props that are needed.
 *
 * gcc: too few arguments to function 'ec2_security_group_new'
 * clang: too few arguments to function call
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void missing_props(struct cdk_stack *stack, struct ec2_vpc *vpc);

void missing_props(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_security_group_new(&stack->construct, "Sg");
#else
	ec2_security_group_new(&stack->construct, "Sg",
			       &(struct ec2_security_group_props){.vpc = &vpc->ivpc});
#endif
}
