/*
 * Text where an enum belongs.
 *
 * gcc: incompatible types when initializing type 'enum ec2_subnet_type' using type 'char \*'
 * clang: incompatible pointer to integer conversion initializing 'enum ec2_subnet_type'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void text_for_enum(struct cdk_stack *stack, struct ec2_vpc *vpc);

void text_for_enum(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_select_subnets(vpc, &(struct ec2_subnet_selection){.subnet_type = "Public"});
#else
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = EC2_SUBNET_TYPE_PUBLIC});
#endif
}
