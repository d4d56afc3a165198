/*
 * A member of another enum.
 *
 * gcc: implicit conversion from 'enum s3_bucket_encryption' to 'enum ec2_subnet_type'
 * clang: implicit conversion from enumeration type 'enum s3_bucket_encryption' to different enumeration type 'enum ec2_subnet_type'
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void foreign_enum(struct cdk_stack *stack, struct ec2_vpc *vpc);

void foreign_enum(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = S3_BUCKET_ENCRYPTION_KMS});
#else
	ec2_vpc_select_subnets(
		vpc, &(struct ec2_subnet_selection){.subnet_type = EC2_SUBNET_TYPE_PUBLIC});
#endif
}
