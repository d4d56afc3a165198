/*
 * Text where a number belongs.
 *
 * gcc: incompatible types when initializing type 'double' using type 'char \*'
 * clang: initializing 'double' with an expression of incompatible type 'char
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void text_for_number(struct cdk_stack *stack, struct ec2_vpc *vpc);

void text_for_number(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azs = NUM("2")});
#else
	ec2_vpc_new(&stack->construct, "Vpc", &(struct ec2_vpc_props){.max_azs = NUM(2)});
#endif
}
