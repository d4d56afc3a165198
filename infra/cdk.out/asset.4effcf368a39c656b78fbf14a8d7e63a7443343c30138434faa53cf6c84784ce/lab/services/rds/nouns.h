/*
 * nouns.h - what the files of services/rds share.
 *
 *   rds/subnet-group   by name         DescribeDBSubnetGroups' shape, _Tags
 *   rds/cluster        by identifier   DescribeDBClusters' shape; _Interface, _Password (sealed),
 *                                      _PasswordNumber, _Reason
 *   rds/instance       by identifier   DescribeDBInstances' shape
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

/* instance.c */
op_fn rds_create_db_instance, rds_modify_db_instance, rds_delete_db_instance,
	rds_describe_db_instances;

/* server.c: the PostgreSQL behind a cluster. */
const char *rds_seal_password(struct request *rq, const char *resource_id, const char *password);
msec rds_tick(struct request *rq);
void rds_fact(struct request *rq, const char *plane_id, const json_t *fact);
void rds_plane_gone(struct request *rq, const char *plane_id);

/* tag.c */
op_fn rds_add_tags_to_resource, rds_remove_tags_from_resource, rds_list_tags_for_resource;

/* rds_cfn.c */
extern const struct resource rds_resources[];

#endif
