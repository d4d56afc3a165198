/*
 * A member that the enum does not have.
 *
 * gcc: 'EC2_SUBNET_TYPE_PUBLICK' undeclared
 * clang: use of undeclared identifier 'EC2_SUBNET_TYPE_PUBLICK'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void misspelt_enum(struct cdk_stack *stack, struct ec2_vpc *vpc);

void misspelt_enum(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = EC2_SUBNET_TYPE_PUBLICK});
#else
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = EC2_SUBNET_TYPE_PUBLIC});
#endif
}
