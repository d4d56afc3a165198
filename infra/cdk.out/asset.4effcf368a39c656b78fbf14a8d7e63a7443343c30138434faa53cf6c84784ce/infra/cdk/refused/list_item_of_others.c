/*
 * A VPC in a list of subnets.
 *
 * gcc: from incompatible pointer type 'struct ec2_vpc \*'
 * clang: with an expression of type 'struct ec2_vpc \*'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void list_item_of_others(struct cdk_stack *stack, struct ec2_vpc *vpc);

void list_item_of_others(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_select_subnets(vpc,
			       &(struct ec2_subnet_selection){.subnets = LIST(ec2_isubnet, vpc)});
#else
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnets = ec2_vpc_public_subnets(vpc)});
#endif
}
