/*
 * A method of another class.
 *
 * gcc: incompatible pointer type
 * clang: incompatible pointer types passing 'struct ec2_vpc \*' to parameter of type 'struct cdk_stack \*'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void method_of_another(struct cdk_stack *stack, struct ec2_vpc *vpc);

void method_of_another(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	cdk_stack_add_stack_dependency(vpc, stack);
#else
	cdk_stack_add_stack_dependency(stack, stack);
#endif
}
