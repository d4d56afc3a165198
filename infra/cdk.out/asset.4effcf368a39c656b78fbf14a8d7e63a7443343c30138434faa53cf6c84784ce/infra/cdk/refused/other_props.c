/*
 * Props of another class.
 *
 * gcc: from incompatible pointer type 'struct s3_bucket_props \*'
 * clang: incompatible pointer types initializing 'const struct ec2_vpc_props \*' with an expression of type 'struct s3_bucket_props \*'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void other_props(struct cdk_stack *stack, struct ec2_vpc *vpc);

void other_props(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_new(&stack->construct, "Vpc", &(struct s3_bucket_props){.enforce_ssl = YES});
#else
	s3_bucket_new(&stack->construct, "Vpc", &(struct s3_bucket_props){.enforce_ssl = YES});
#endif
}
