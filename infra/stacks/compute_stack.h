/*
 * compute_stack.h - ECS, load balancer, web ACL.
 */
#ifndef STACKS_COMPUTE_STACK_H
#define STACKS_COMPUTE_STACK_H

#include "infra/cdk/ssm.h"
#include "infra/stacks/data_stack.h"

/* Where the stack says which task definition is the newest. An export would be in use, and what is in
 * use can't change: no task definition could be replaced by a newer one. */
#define TASK_DEFINITION_PARAMETER "/golden/task_definition"

struct compute_stack {
	struct ecs_service_alb service;
	struct ecs_fargate_task_definition *task;
	struct logs_log_group *log;
	struct ssm_string_parameter *failure_mode;
	const char *web_acl_name;
	const char *web_acl_arn;
};

struct compute_stack compute_stack_new(struct constructs_construct *scope,
				       const struct options *options,
				       const struct network_stack *network,
				       const struct data_stack *data);

#endif
