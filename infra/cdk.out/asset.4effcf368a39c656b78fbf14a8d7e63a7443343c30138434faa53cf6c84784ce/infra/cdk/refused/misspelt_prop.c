/*
 * A prop that the class does not have.
 *
 * gcc: has no member named 'max_azz'; did you mean 'max_azs'
 * clang: field designator 'max_azz' does not refer to any field
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void misspelt_prop(struct cdk_stack *stack, struct ec2_vpc *vpc);

void misspelt_prop(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azz = NUM(2)});
#else
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azs = NUM(2)});
#endif
}
