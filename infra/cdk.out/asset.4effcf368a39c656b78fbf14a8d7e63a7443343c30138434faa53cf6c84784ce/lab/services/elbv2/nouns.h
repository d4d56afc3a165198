/*
 * nouns.h - what the files of this folder share: the kinds of documents and their operations.
 *
 * Documents have the shape that Describe returns, and private members: "_attributes" {key: value},
 * "_tags" [{Key, Value}], and per noun what its file's card says.
 */
#ifndef SERVICES_ELBV2_NOUNS_H
#define SERVICES_ELBV2_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/models/elbv2.h"

#define LOAD_BALANCER "elbv2/load-balancer" /* by ARN, as the next three */
#define LISTENER "elbv2/listener"
#define RULE "elbv2/rule" /* with each listener's default rule */
#define TARGET_GROUP "elbv2/target-group"
#define TARGET "elbv2/target" /* by ARN of the group, a space, id:port */

#define ELB_PRINCIPAL "elasticloadbalancing.amazonaws.com"

/* A new document's ARN: "arn:…:<kind>/<name>/<16 hex digits>". */
const char *elb_arn(struct request *rq, const char *kind, const char *name);
/* 0, or a fault: 32 letters, digits and hyphens, none at either end. */
int elb_check_name(struct request *rq, const char *noun, const char *name);

/*
 * out[list] = a page of `documents`, an array, by Marker and PageSize of `in`. Those that are named
 * in in[arns] or in[names] only, if there are such; a fault if one of them is missing.
 */
struct elb_listing {
	const char *list;	  /* "LoadBalancers" */
	const char *arns;	  /* "LoadBalancerArns" */
	const char *arn;	  /* "LoadBalancerArn" */
	const char *names;	  /* "Names"; or NULL */
	const char *name;	  /* "LoadBalancerName" */
	int missing;		  /* the fault */
	const char *missing_text; /* takes the ARN or name as %s */
};
int elb_describe(struct request *rq, const struct elb_listing *listing, const json_t *documents,
		 const json_t *in, json_t *out);

/* load_balancer.c. NULL and the fault said when there is none. */
const json_t *load_balancer_get(struct request *rq, const char *arn);
const json_t *load_balancer_by_id(struct request *rq, const char *id); /* NULL, no fault */

/* listener.c */
const json_t *listener_get(struct request *rq, const char *arn);
/* The listeners of a load balancer: a new array of the request's. */
const json_t *listeners_of(struct request *rq, const char *load_balancer_arn);
void listener_drop(struct request *rq, const char *arn);

/* rule.c */
const json_t *rules_of(struct request *rq,
		       const char *listener_arn); /* by priority, default last */
void rule_put_default(struct request *rq, const char *listener_arn, const json_t *actions);
void rules_drop(struct request *rq, const char *listener_arn);

/* action.c: checks and completes them as AWS shows them. 0 or a fault. */
int elb_read_actions(struct request *rq, const json_t *actions, const char *load_balancer_arn,
		     json_t **ret_actions);
int elb_read_conditions(struct request *rq, const json_t *conditions, json_t **ret_conditions);
bool elb_action_names(const json_t *actions, const char *target_group_arn);

/* target_group.c */
const json_t *target_group_get(struct request *rq, const char *arn);
/* The load balancers whose listeners or rules name the group: an array of ARNs. At most one. */
const json_t *target_group_users(struct request *rq, const char *arn);

/* target.c */
const json_t *targets_of(struct request *rq, const char *group_arn);
void targets_drop(struct request *rq, const char *group_arn);
/* From the data plane: {"group", "id", "port", "state", "reason", "description"}. */
void target_heard(struct request *rq, const json_t *fact);
/* Ends what has drained; the time until the next one ends, or TICK_NEVER. */
msec targets_drain(struct request *rq);

/* attribute.c */
json_t *elb_default_attributes(struct request *rq, const char *kind);
/* Lays [{Key, Value}] over `attributes`. 0 or a fault. */
int elb_set_attributes(struct request *rq, const char *kind, const json_t *list,
		       json_t *attributes);
void elb_list_attributes(const json_t *attributes, json_t *out);

/* orders.c */
msec elb_tick(struct request *rq);
void elb_fact(struct request *rq, const char *plane_id, const json_t *fact);
void elb_plane_gone(struct request *rq, const char *plane_id);
int elb_bind_port(int port); /* where a listener's port is on this machine */

/* The operations, by noun. */
extern op_fn elb_create_load_balancer, elb_delete_load_balancer, elb_describe_load_balancers,
	elb_modify_load_balancer_attributes, elb_describe_load_balancer_attributes,
	elb_set_security_groups;
extern op_fn elb_create_listener, elb_delete_listener, elb_describe_listeners, elb_modify_listener;
extern op_fn elb_create_rule, elb_delete_rule, elb_describe_rules, elb_modify_rule,
	elb_set_rule_priorities;
extern op_fn elb_create_target_group, elb_delete_target_group, elb_describe_target_groups,
	elb_modify_target_group, elb_modify_target_group_attributes,
	elb_describe_target_group_attributes;
extern op_fn elb_register_targets, elb_deregister_targets, elb_describe_target_health;
extern op_fn elb_add_tags, elb_remove_tags, elb_describe_tags;

extern const struct resource elb_resources[];

#endif
