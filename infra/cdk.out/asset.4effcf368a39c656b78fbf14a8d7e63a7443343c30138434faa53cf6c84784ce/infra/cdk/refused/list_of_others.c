/*
 * A list of text where a list of subnets belongs.
 *
 * gcc: incompatible types when initializing type 'struct ec2_isubnet \* const\*' using type 'struct string_list'
 * clang: initializing 'struct ec2_isubnet \*const \*' with an expression of incompatible type 'struct string_list'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void list_of_others(struct cdk_stack *stack, struct ec2_vpc *vpc);

void list_of_others(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_select_subnets(vpc,
			       &(struct ec2_subnet_selection){.subnets = LIST(string, "subnet-1")});
#else
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnets = ec2_vpc_public_subnets(vpc)});
#endif
}
