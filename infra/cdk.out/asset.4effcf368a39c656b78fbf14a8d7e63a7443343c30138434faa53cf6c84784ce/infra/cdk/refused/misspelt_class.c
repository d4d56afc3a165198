/*
 * A class that is not bound, or does not exist.
 *
 * gcc: implicit declaration of function 'ec2_vcp_new'
 * clang: implicit declaration of function 'ec2_vcp_new'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void misspelt_class(struct cdk_stack *stack, struct ec2_vpc *vpc);

void misspelt_class(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vcp_new(&stack->construct, "Vpc");
#else
	ec2_vpc_new(&stack->construct, "Vpc");
#endif
}
