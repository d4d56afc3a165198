/*
 * More arguments than the method has.
 *
 * gcc: excess elements in struct initializer
 * clang: excess elements in struct initializer
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void excess_argument(struct cdk_stack *stack, struct ec2_vpc *vpc);

void excess_argument(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	s3_bucket_new(&stack->construct, "Logs", NULL, "more");
#else
	s3_bucket_new(&stack->construct, "Logs", NULL);
#endif
}
