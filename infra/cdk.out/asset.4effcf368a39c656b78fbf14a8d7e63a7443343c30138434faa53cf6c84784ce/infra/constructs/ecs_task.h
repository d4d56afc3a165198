/*
 * ecs_task.h - the task: the service's container, and the X-Ray daemon beside it.
 */
#ifndef CONSTRUCTS_ECS_TASK_H
#define CONSTRUCTS_ECS_TASK_H

#include "infra/cdk/ecs.h"
#include "infra/cdk/kms.h"
#include "infra/cdk/logs.h"
#include "infra/cdk/secretsmanager.h"
#include "infra/cdk/ssm.h"

#define ECS_TASK_CONTAINER "app"
#define ECS_TASK_PORT 8000

struct ecs_task_props {
	struct ecs_container_image *image;
	int cpu;			       /* of 1024 a vCPU */
	int memory;			       /* MiB */
	struct logs_log_group *log;	       /* of all containers */
	struct secretsmanager_isecret *secret; /* the database's */
	struct kms_key *secret_key;
	const char *database;
	const char *ssl_mode;	 /* libpq's word */
	const char *credentials; /* "env": the secret's values as the task started; "secret" */
	bool mysql;
	struct ssm_string_parameter *failure_mode;
	bool xray;
	bool read_only_root; /* ECS Exec then cannot write its agent into the container */
};

struct ecs_fargate_task_definition *ecs_task_new(struct constructs_construct *scope, const char *id,
						 const struct ecs_task_props *props);

#endif
