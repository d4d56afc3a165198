/*
 * ecs_service_alb.h - a service on Fargate behind a load balancer, with two target groups.
 */
#ifndef CONSTRUCTS_ECS_SERVICE_ALB_H
#define CONSTRUCTS_ECS_SERVICE_ALB_H

#include "infra/cdk/ec2.h"
#include "infra/cdk/ecs.h"
#include "infra/cdk/elbv2.h"
#include "infra/cdk/kms.h"
#include "infra/cdk/logs.h"
#include "infra/cdk/s3.h"

#define TEST_LISTENER_PORT 9090

/* How a new version takes over. */
enum deployment {
	DEPLOYMENT_CODEDEPLOY, /* blue/green: see the deployment stack */
	DEPLOYMENT_ROLLING,    /* ECS replaces tasks, and goes back by circuit breaker and alarms */
};

struct ecs_service_alb_props {
	const char *name;
	struct ec2_vpc *vpc;
	struct ec2_security_group *alb_group;
	struct ec2_security_group *task_group;
	struct ecs_fargate_task_definition *task;
	enum deployment deployment;
	int desired_tasks;
	int max_tasks;
	int cpu_target;		       /* percent; tasks are added above it */
	int requests_per_target;       /* a minute; the same */
	const char *certificate_arn;   /* HTTPS on 443, and 80 redirects; NULL: HTTP on 80 */
	struct s3_bucket *access_logs; /* see logging_bucket.h */
	struct logs_log_group *log;    /* what is typed in ECS Exec */
	struct kms_key *log_key;
	bool exec;		  /* ECS Exec */
	double rollback_p95;	  /* rolling: seconds at the 95th percentile */
	bool deletion_protection; /* of the load balancer */
};

struct ecs_service_alb {
	struct ecs_cluster *cluster;
	struct ecs_fargate_service *service;
	struct elbv2_application_load_balancer *load_balancer;
	struct elbv2_application_listener *listener;
	struct elbv2_application_listener *test_listener;
	struct elbv2_application_target_group *blue; /* the service's first */
	struct elbv2_application_target_group *green;
};

struct ecs_service_alb ecs_service_alb_new(struct constructs_construct *scope, const char *id,
					   const struct ecs_service_alb_props *props);

#endif
