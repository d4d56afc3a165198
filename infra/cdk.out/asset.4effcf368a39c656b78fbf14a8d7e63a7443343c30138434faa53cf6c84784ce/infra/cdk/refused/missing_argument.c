/*
 * An argument that is needed.
 *
 * gcc: too few arguments to function 'ec2_port_tcp_range'
 * clang: too few arguments to function call
 */
#include "infra/cdk/cdk.h"
#include "infra/cdk/ec2.h"
#include "infra/cdk/s3.h"

void missing_argument(struct cdk_stack *stack, struct ec2_vpc *vpc);

void missing_argument(struct cdk_stack *stack, struct ec2_vpc *vpc)
{
#ifdef WRONG
	ec2_port_tcp_range(80);
#else
	ec2_port_tcp_range(80, 90);
#endif
}
