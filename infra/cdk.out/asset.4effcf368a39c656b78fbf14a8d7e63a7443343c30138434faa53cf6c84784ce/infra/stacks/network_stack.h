/*
 * network_stack.h - VPC, subnets, NAT, security groups; and the key of all log groups.
 */
#ifndef STACKS_NETWORK_STACK_H
#define STACKS_NETWORK_STACK_H

#include "infra/cdk/ec2.h"
#include "infra/cdk/kms.h"
#include "infra/stacks/options.h"

struct network_stack {
	struct ec2_vpc *vpc;
	struct ec2_security_group *alb_group;
	struct ec2_security_group *task_group;
	struct kms_key *log_key;
};

struct network_stack network_stack_new(struct constructs_construct *scope,
				       const struct options *options);

#endif
