/*
 * rds.c - RDS: Aurora PostgreSQL, and PostgreSQL without a cluster, on private servers.
 *
 *   keeps      rds/subnet-group, rds/cluster, rds/instance, rds/…parameter-group (nouns.h)
 *   publishes  rds.instance.changed     its status did
 *   hears      nothing; facts of role "postgres"
 *   left out   other engines, readers, snapshots, proxies, events, logs, starting and stopping
 */
#include "lab/services/rds/rds.h"
#include "lab/services/rds/nouns.h"
#include "lab/wire/postgres.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 100

const char *rds_id(struct request *rq, const char *name)
{
	char *id = name ? rq_strdup(rq, name) : NULL;

	for (char *c = id; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return id;
}

bool rds_is(const json_t *document, const char *member, const char *text)
{
	return strcmp(json_str_or(document, member, ""), text) == 0;
}

static const char *member_of(const struct rds_listing *listing, const char *filter)
{
	for (const char *const *pair = listing->filters; pair && *pair; pair += 2) {
		if (strcmp(pair[0], filter) == 0)
			return pair[1];
	}
	return NULL;
}

static int check_filters(struct request *rq, const json_t *filters,
			 const struct rds_listing *listing)
{
	const json_t *filter;
	size_t i;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");

		if (!member_of(listing, name))
			return fault_named(rq, "InvalidParameterValue",
					   "Unrecognized filter name: %s", name);
	}
	return 0;
}

static bool passes(const json_t *document, const json_t *filters, const struct rds_listing *listing)
{
	const json_t *filter;
	size_t i;

	json_each (filters, i, filter) {
		const char *member = member_of(listing, json_str(filter, "Name"));

		if (!json_list_has(json_get(filter, "Values"), json_str_or(document, member, "")))
			return false;
	}
	return true;
}

int rds_describe(struct request *rq, const json_t *in, const struct rds_listing *listing,
		 json_t *out)
{
	const json_t *filters = json_get(in, "Filters");
	const char *marker = json_str(in, "Marker");
	size_t skip = marker ? strtoul(marker, NULL, 10) : 0;
	size_t limit = (size_t)json_int_or(in, "MaxRecords", PAGE_MAX);
	json_t *list = json_add_array(out, listing->list);
	const json_t *all = store_list(rq->tx, listing->kind);
	const json_t *document;
	size_t i, found = 0;
	int err = check_filters(rq, filters, listing);

	if (err)
		return err;
	if (listing->id) {
		json_push(list, store_get(rq->tx, listing->kind, listing->id));
		return 0;
	}
	json_each (all, i, document) {
		if (!passes(document, filters, listing) || found++ < skip)
			continue;
		if (json_array_size(list) == limit) {
			json_set_str(out, "Marker", rq_fmt(rq, "%zu", skip + limit));
			break;
		}
		json_push(list, document);
	}
	return 0;
}

static op_fn *const ops[RDS_NOPS] = {
	[RDS_AddTagsToResource] = rds_add_tags_to_resource,
	[RDS_CreateDBCluster] = rds_create_db_cluster,
	[RDS_CreateDBInstance] = rds_create_db_instance,
	[RDS_CreateDBSubnetGroup] = rds_create_db_subnet_group,
	[RDS_DeleteDBCluster] = rds_delete_db_cluster,
	[RDS_DeleteDBInstance] = rds_delete_db_instance,
	[RDS_DeleteDBSubnetGroup] = rds_delete_db_subnet_group,
	[RDS_DescribeDBClusters] = rds_describe_db_clusters,
	[RDS_DescribeDBInstances] = rds_describe_db_instances,
	[RDS_DescribeDBSubnetGroups] = rds_describe_db_subnet_groups,
	[RDS_CreateDBClusterParameterGroup] = rds_create_parameter_group,
	[RDS_CreateDBParameterGroup] = rds_create_parameter_group,
	[RDS_DeleteDBClusterParameterGroup] = rds_delete_parameter_group,
	[RDS_DeleteDBParameterGroup] = rds_delete_parameter_group,
	[RDS_DescribeDBClusterParameterGroups] = rds_describe_db_cluster_parameter_groups,
	[RDS_DescribeDBClusterParameters] = rds_describe_parameters,
	[RDS_DescribeDBParameterGroups] = rds_describe_db_parameter_groups,
	[RDS_DescribeDBParameters] = rds_describe_parameters,
	[RDS_ListTagsForResource] = rds_list_tags_for_resource,
	[RDS_ModifyDBCluster] = rds_modify_db_cluster,
	[RDS_ModifyDBInstance] = rds_modify_db_instance,
	[RDS_ModifyDBSubnetGroup] = rds_modify_db_subnet_group,
	[RDS_ModifyDBClusterParameterGroup] = rds_modify_parameter_group,
	[RDS_ModifyDBParameterGroup] = rds_modify_parameter_group,
	[RDS_ResetDBClusterParameterGroup] = rds_reset_parameter_group,
	[RDS_ResetDBParameterGroup] = rds_reset_parameter_group,
	[RDS_RemoveTagsFromResource] = rds_remove_tags_from_resource,
};

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	static const char *const kinds[][2] = {
		{"DBInstanceIdentifier", "db"},
		{"DBClusterIdentifier", "cluster"},
		{"DBSubnetGroupName", "subgrp"},
		{"DBParameterGroupName", "pg"},
		{"DBClusterParameterGroupName", "cluster-pg"},
	};

	if (json_has(in, "ResourceName"))
		return json_str(in, "ResourceName");
	for (size_t i = 0; i < array_len(kinds); i++) {
		const char *id = json_str(in, kinds[i][0]);

		if (id)
			return rq_arn(rq, "rds", rq_fmt(rq, "%s:%s", kinds[i][1], rds_id(rq, id)));
	}
	return NULL;
}

const struct service rds_service = {
	.model = &rds_model,
	.ops = ops,
	.resources = rds_resources,
	.tick = rds_tick,
	.arn_of = arn_of,
	.plane = POSTGRES_ROLE,
	.fact = rds_fact,
	.plane_gone = rds_plane_gone,
};
