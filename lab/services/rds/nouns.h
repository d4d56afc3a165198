/*
 * nouns.h - what the files of services/rds share.
 *
 *   rds/subnet-group   by name         DescribeDBSubnetGroups' shape, _Tags
 *   rds/cluster        by identifier   DescribeDBClusters' shape; _Interface, _Password (sealed),
 *                                      _PasswordNumber, _Reason
 *   rds/instance       by identifier   DescribeDBInstances' shape; without a cluster also what a
 *                                      cluster has, _Address and _Port
 *   rds/parameter-group, rds/cluster-parameter-group
 *                      by name         Describe…ParameterGroups' shape, _Parameters, _Tags
 *
 * Identifiers are lower case, whatever case they are called by.
 */
#ifndef RDS_NOUNS_H
#define RDS_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/models/rds.h"

#define DB_SUBNET_GROUP "rds/subnet-group"
#define DB_CLUSTER "rds/cluster"
#define DB_INSTANCE "rds/instance"
#define DB_PARAMETER_GROUP "rds/parameter-group"
#define DB_CLUSTER_PARAMETER_GROUP "rds/cluster-parameter-group"

#define HOSTED_ZONE "Z2R2ITUGPM61AM" /* RDS' in us-east-1 */
#define DB_PORT 5432

/* rds.c */
const char *rds_id(struct request *rq, const char *name); /* lower case; NULL stays */
bool rds_is(const json_t *document, const char *member, const char *text);
/* Shows documents of a kind, all or the one called `id`, filtered, a page of them, as `list`. */
struct rds_listing {
	const char *kind;
	const char *id;		    /* or NULL */
	const char *list;	    /* "DBClusters" */
	const char *const *filters; /* pairs: filter name, member; NULL-terminated */
};
int rds_describe(struct request *rq, const json_t *in, const struct rds_listing *listing,
		 json_t *out);

/* subnet_group.c */
int rds_no_subnet_group(struct request *rq, const char *name);
op_fn rds_create_db_subnet_group, rds_modify_db_subnet_group, rds_delete_db_subnet_group,
	rds_describe_db_subnet_groups;

/* cluster.c */
int rds_no_cluster(struct request *rq, const char *id);
/* The cluster's instance that is not being deleted, or NULL. */
const json_t *rds_writer_of(struct request *rq, const char *cluster);
op_fn rds_create_db_cluster, rds_modify_db_cluster, rds_delete_db_cluster, rds_describe_db_clusters;

/* What instances without a cluster need, too. */
int rds_check_password(struct request *rq, const char *password);
int rds_check_snapshot(struct request *rq, const json_t *in, const char *what);
void rds_add_security_groups(json_t *database, const json_t *ids);
void rds_set_logs(json_t *database, const json_t *types);
void rds_change_logs(struct request *rq, json_t *database, const json_t *change);
/* An interface for `database`, in the first subnet of the group; ret_address: the lab's. */
int rds_take_address(struct request *rq, const json_t *group, const json_t *in, json_t *database,
		     const char **ret_address);
void rds_give_address(struct request *rq, const json_t *database);

/* parameter_group.c */
/* Yes for NULL and the engine's own, "default.…". */
bool rds_has_parameter_group(struct request *rq, const char *kind, const char *name);
/* Each for both kinds of groups. */
op_fn rds_create_parameter_group, rds_modify_parameter_group, rds_reset_parameter_group,
	rds_delete_parameter_group, rds_describe_parameters;
op_fn rds_describe_db_parameter_groups, rds_describe_db_cluster_parameter_groups;

/* standalone.c */
int rds_check_standalone(struct request *rq, const json_t *in);
int rds_stand_alone(struct request *rq, const json_t *in, json_t *instance);
int rds_modify_standalone(struct request *rq, const json_t *in, json_t *instance);
int rds_check_delete_standalone(struct request *rq, const json_t *in, const json_t *instance);

/* instance.c */
op_fn rds_create_db_instance, rds_modify_db_instance, rds_delete_db_instance,
	rds_describe_db_instances;

/* server.c: the PostgreSQL behind a cluster, or an instance without one. */
const char *rds_seal_password(struct request *rq, const char *resource_id, const char *password);
msec rds_tick(struct request *rq);
void rds_fact(struct request *rq, const char *plane_id, const json_t *fact);
void rds_plane_gone(struct request *rq, const char *plane_id);

/* tag.c */
op_fn rds_add_tags_to_resource, rds_remove_tags_from_resource, rds_list_tags_for_resource;

/* parameter_group_cfn.c */
int rds_parameter_group_create(struct request *rq, const struct cfn_resource *r,
			       const char **ret_id);
int rds_parameter_group_update(struct request *rq, const struct cfn_resource *r, const json_t *old);
int rds_parameter_group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			     int *ret_there);
int rds_parameter_group_delete(struct request *rq, const struct cfn_resource *r);
int rds_cluster_parameter_group_create(struct request *rq, const struct cfn_resource *r,
				       const char **ret_id);
int rds_cluster_parameter_group_update(struct request *rq, const struct cfn_resource *r,
				       const json_t *old);
int rds_cluster_parameter_group_read(struct request *rq, const struct cfn_resource *r,
				     json_t *ret_props, int *ret_there);
int rds_cluster_parameter_group_delete(struct request *rq, const struct cfn_resource *r);

/* rds_cfn.c */
/* Tags as the template and the stack have them now; kind: as in the ARN, "cluster". */
int rds_retag(struct request *rq, const struct cfn_resource *r, const json_t *old,
	      const char *kind);
extern const struct resource rds_resources[];

#endif
