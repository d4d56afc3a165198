/*
 * A number that does not say it is given: 0 and absent would be one.
 *
 * gcc: missing braces around initializer
 * clang: suggest braces around initialization of subobject
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void bare_number(struct cdk_stack *stack, struct ec2_vpc *vpc);

void bare_number(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azs = 2});
#else
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azs = NUM(2)});
#endif
}
