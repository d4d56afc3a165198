/*
 * nouns.h - what ECS keeps, and what its files call of each other. For services/ecs alone.
 *
 * Members whose names begin with "_" are ours and never leave the lab:
 *   service  _cluster  _steady _steady_at  _failures _held_until
 *   task     _cluster _service  _unit (deployment or task set)  _subnet _groups  _eni _address
 *            _targets  _checked  _launched _launched_real  _registered _deregistered
 *            _dying _ended  _stopping_real  _unhealthy_since  _uid
 */
#ifndef ECS_NOUNS_H
#define ECS_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/aws/service.h"
#include "lab/models/ecs.h"

#define CLUSTER "ecs/cluster"		      /* by name */
#define TASK_DEFINITION "ecs/task-definition" /* by family:0000000007 */
#define SERVICE "ecs/service"		      /* by cluster/name */
#define SERVICE_EVENTS "ecs/service-events"   /* by cluster/name */
#define TASK "ecs/task"			      /* by id */

/* What an ARN or a plain name ends in: all after the last '/'. */
const char *ecs_ref_name(const char *ref);
/* Lists by page: [from, from + max) of `all` into out[name], with nextToken. */
int ecs_list_page(struct request *rq, const json_t *in, const json_t *all, const char *name,
		  json_t *out);

/* An element of `failures`: a resource ("task/c/id") or an ARN that is not there. */
void ecs_push_missing(struct request *rq, json_t *failures, const char *resource);

/* cluster.c */
extern op_fn ecs_create_cluster, ecs_delete_cluster, ecs_describe_clusters, ecs_list_clusters,
	ecs_update_cluster, ecs_update_cluster_settings, ecs_put_cluster_capacity_providers;
/* ref NULL: "default". A fault if there is none. */
int cluster_find(struct request *rq, const char *ref, const json_t **ret_cluster);
const char *cluster_name(const char *ref);

/* task_definition.c */
extern op_fn ecs_register_task_definition, ecs_deregister_task_definition,
	ecs_describe_task_definition, ecs_list_task_definitions, ecs_list_task_definition_families;
/* By ARN, family:revision, or family (its newest ACTIVE one). NULL if there is none. */
const json_t *task_definition_find(struct request *rq, const char *ref);
const json_t *container_definition(const json_t *task_definition, const char *name);

/* service.c */
extern op_fn ecs_create_service, ecs_update_service, ecs_delete_service, ecs_describe_services,
	ecs_list_services;
int service_find(struct request *rq, const char *cluster, const char *ref,
		 const json_t **ret_service);
const char *service_key(struct request *rq, const json_t *service);
json_t *service_edit(struct request *rq, const json_t *service);
void service_put(struct request *rq, json_t *service);
bool service_has_controller(const json_t *service, const char *type);
/* Its deployment or task set with this status; NULL. Belongs to the service's tree. */
const json_t *service_unit(const json_t *service, const char *status);
const json_t *service_units(const json_t *service);

/* deployment.c: what a service that deploys by itself has; they live in its document. */
void deployment_new(struct request *rq, json_t *service); /* PRIMARY; the one before is ACTIVE */
void deployments_scale(struct request *rq, json_t *service);
/* A task of it never ran, died, or failed its health checks. */
void deployment_count_failed(json_t *service, const char *id);
/* The circuit breaker: too many failed. True if the service changed. */
bool deployment_judge(struct request *rq, json_t *service);
bool deployment_is_failed(const json_t *service);
/* The rollout is over: the PRIMARY one is left. */
void deployment_complete(struct request *rq, json_t *service);

/* service_check.c */
int service_check_load_balancers(struct request *rq, const json_t *balancers,
				 const json_t *task_definition);
int service_check_network(struct request *rq, const json_t *network, const json_t *task_definition);

/* task_set.c */
extern op_fn ecs_create_task_set, ecs_update_task_set, ecs_delete_task_set, ecs_describe_task_sets,
	ecs_update_service_primary_task_set;
json_t *task_set_new(struct request *rq, json_t *service, const json_t *in, const char *status);
void task_sets_scale(struct request *rq, json_t *service); /* computedDesiredCount anew */
void service_unit_counts(struct request *rq, const json_t *service, const char *unit,
			 int *ret_running, int *ret_pending);

/* task.c */
extern op_fn ecs_run_task, ecs_stop_task, ecs_list_tasks, ecs_describe_tasks;
struct task_wish {
	const json_t *cluster;
	const json_t *definition;
	const json_t *network;	 /* networkConfiguration */
	const json_t *service;	 /* NULL: by RunTask */
	const json_t *balancers; /* loadBalancers to register with; NULL */
	const json_t *overrides; /* NULL */
	const json_t *tags;	 /* NULL */
	const char *unit;	 /* deployment or task set; NULL */
	const char *started_by;
	const char *group; /* NULL: family:… */
	bool exec;
};
const json_t *task_new(struct request *rq, const struct task_wish *wish);
void task_put(struct request *rq, json_t *task); /* counts its version up, tells the others */
const char *task_id(const json_t *task);
bool task_is_live(const json_t *task); /* not told to stop */
bool task_is(const json_t *task, const char *last_status);
/* Tells it to stop; the rest is the tick's. No harm if it was told before. */
void task_stop(struct request *rq, const char *id, const char *code, const char *reason);
/* All tasks of a service that are not STOPPED yet. */
const json_t *service_tasks(struct request *rq, const json_t *service);

/* lifecycle.c */
void task_step(struct request *rq, const json_t *task, msec *next);
void task_fact(struct request *rq, const char *id, const json_t *fact);
void task_plane_gone(struct request *rq, const char *id);
/* The sooner of the two; `due` in lab time. */
void ecs_next_due(struct request *rq, msec *next, lab_ms due);

/* launch.c: NULL, or why it can't start, as stoppedReason has it. Fills the order. */
const char *task_launch(struct request *rq, json_t *task, json_t *order);
/* New credentials into the order; false and the reason when the role refuses. */
bool task_credentials(struct request *rq, const json_t *task, json_t *order,
		      const char **ret_reason);

/* user.c: the user that a task runs as when we are root, of its own and remembered in it. */
int64_t task_user_take(struct request *rq, json_t *task);

/* order.c: what its plane was told, secrets too; NULL: nothing yet, or nothing any more. */
void task_order_keep(struct request *rq, const char *id, const json_t *order);
json_t *task_order(struct request *rq, const char *id);
void task_order_forget(struct request *rq, const char *id);

/* image.c */
struct image {
	const char *tree;   /* images/sha256-…; NULL: a role of ours */
	const char *role;   /* "xray-daemon"; or NULL */
	const char *digest; /* sha256:…; or NULL */
};
const char *ecs_image_resolve(struct request *rq, const struct principal *execution_role,
			      const char *name, struct image *ret_image);

/* secret.c: the values of a container's `secrets`; NULL, or why not. */
const char *ecs_secrets_read(struct request *rq, const struct principal *execution_role,
			     const json_t *secrets, json_t *values);

/* target.c */
void ecs_targets_tick(struct request *rq); /* registers and deregisters what is due */
/* The state of a task in one of its target groups: an element of TargetHealthDescriptions. */
const json_t *task_target_health(struct request *rq, const json_t *task, const json_t *balancer);
bool task_is_draining(struct request *rq, const json_t *task);

/* reconcile.c */
void service_reconcile(struct request *rq, const json_t *service, msec *next);

/* event.c: "(service S) …", or "(service S, taskSet T) …" with a task set. */
void service_event(struct request *rq, const json_t *service, const char *task_set, const char *fmt,
		   ...) PRINTF_LIKE(4, 5);
/* For what goes wrong again and again: not while it is the newest, for six hours. */
void service_event_once(struct request *rq, const json_t *service, const char *task_set,
			const char *fmt, ...) PRINTF_LIKE(4, 5);
const json_t *service_events(struct request *rq, const json_t *service);

/* tag.c */
extern op_fn ecs_tag_resource, ecs_untag_resource, ecs_list_tags_for_resource;

/* ecs_cfn.c */
extern const struct resource ecs_resources[];

#endif
