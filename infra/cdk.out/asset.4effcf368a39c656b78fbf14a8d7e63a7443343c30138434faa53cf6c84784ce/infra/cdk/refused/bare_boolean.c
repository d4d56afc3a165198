/*
 * true is neither YES nor NO.
 *
 * gcc: missing braces around initializer
 * clang: suggest braces around initialization of subobject
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void bare_boolean(struct cdk_stack *stack, struct ec2_vpc *vpc);

void bare_boolean(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	s3_bucket_new(&stack->construct, "Logs", &(struct s3_bucket_props){.enforce_ssl = true});
#else
	s3_bucket_new(&stack->construct, "Logs", &(struct s3_bucket_props){.enforce_ssl = YES});
#endif
}
