/*
 * rds_cfn.c - CloudFormation's types of RDS.
 *
 *   left out   properties of engines, snapshots and restores that the lab does not have
 */
#include "lab/services/rds/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	return cfn_call(rq, &rds_model, op, in, NULL);
}

static int call_gone(struct request *rq, int op, const json_t *in)
{
	return cfn_call_unless(rq, &rds_model, op, in, "NotFound");
}

static void copy(json_t *in, const json_t *props, const char *const *names)
{
	for (; *names; names++)
		json_set(in, *names, json_get(props, *names));
}

/* Subnet groups */

static int group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"DBSubnetGroupDescription", "SubnetIds", NULL};
	const char *name = rds_id(rq, cfn_name_prop(rq, r, "DBSubnetGroupName", 255, true));
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBSubnetGroupName", name);
	json_set(in, "Tags", cfn_tags(rq, r));
	*ret_id = name;
	return call(rq, RDS_CreateDBSubnetGroup, in);
}

static int group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const members[] = {"DBSubnetGroupDescription", "SubnetIds", NULL};
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBSubnetGroupName", r->physical_id);
	return call(rq, RDS_ModifyDBSubnetGroup, in);
}

static int group_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "DBSubnetGroupName", r->physical_id);
	return call_gone(rq, RDS_DeleteDBSubnetGroup, in);
}

/* Clusters */

static int cluster_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"BackupRetentionPeriod",
					      "CopyTagsToSnapshot",
					      "DatabaseName",
					      "DBClusterParameterGroupName",
					      "DBSubnetGroupName",
					      "DeletionProtection",
					      "Engine",
					      "EngineVersion",
					      "KmsKeyId",
					      "MasterUsername",
					      "MasterUserPassword",
					      "Port",
					      "PreferredBackupWindow",
					      "PreferredMaintenanceWindow",
					      "ServerlessV2ScalingConfiguration",
					      "StorageEncrypted",
					      "VpcSecurityGroupIds",
					      NULL};
	const char *id = rds_id(rq, cfn_name_prop(rq, r, "DBClusterIdentifier", 63, true));
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBClusterIdentifier", id);
	json_set(in, "Tags", cfn_tags(rq, r));
	*ret_id = id;
	return call(rq, RDS_CreateDBCluster, in);
}

static int cluster_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const members[] = {"BackupRetentionPeriod",
					      "CopyTagsToSnapshot",
					      "DBClusterParameterGroupName",
					      "DeletionProtection",
					      "EngineVersion",
					      "PreferredBackupWindow",
					      "PreferredMaintenanceWindow",
					      "ServerlessV2ScalingConfiguration",
					      "VpcSecurityGroupIds",
					      NULL};
	const char *password = json_str(r->props, "MasterUserPassword");
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBClusterIdentifier", r->physical_id);
	/* Only a new one: the secret may have been rotated since the stack was made. */
	if (password && strcmp(password, json_str_or(old, "MasterUserPassword", "")) != 0)
		json_set_str(in, "MasterUserPassword", password);
	json_set_bool(in, "ApplyImmediately", true);
	return call(rq, RDS_ModifyDBCluster, in);
}

/* DeletionPolicy Snapshot is CloudFormation's default here; the lab has no snapshots. */
static int cluster_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "DBClusterIdentifier", r->physical_id);
	json_set_bool(in, "SkipFinalSnapshot", true);
	return call_gone(rq, RDS_DeleteDBCluster, in);
}

static int cluster_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const json_t *cluster = store_get(rq->tx, DB_CLUSTER, r->physical_id);

	if (!cluster)
		return rds_no_cluster(rq, r->physical_id);
	*ret_there = rds_is(cluster, "Status", "available");
	return 0;
}

static json_t *port_text(struct request *rq, const json_t *port)
{
	return json_string(rq_fmt(rq, "%" JSON_INTEGER_FORMAT, json_integer_value(port)));
}

static json_t *cluster_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	static const char *const atts[][2] = {
		{"Endpoint.Address", "Endpoint"},
		{"ReadEndpoint.Address", "ReaderEndpoint"},
		{"DBClusterArn", "DBClusterArn"},
		{"DBClusterResourceId", "DbClusterResourceId"},
	};
	const json_t *cluster = store_get(rq->tx, DB_CLUSTER, r->physical_id);

	if (!cluster)
		return NULL;
	if (strcmp(name, "Endpoint.Port") == 0)
		return port_text(rq, json_get(cluster, "Port"));
	for (size_t i = 0; i < array_len(atts); i++) {
		if (strcmp(atts[i][0], name) == 0)
			return json_string(json_str(cluster, atts[i][1]));
	}
	return NULL;
}

/* Instances */

static int instance_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char *const members[] = {"AutoMinorVersionUpgrade",
					      "DBClusterIdentifier",
					      "DBInstanceClass",
					      "Engine",
					      "PromotionTier",
					      "PubliclyAccessible",
					      "PreferredMaintenanceWindow",
					      NULL};
	const char *id = rds_id(rq, cfn_name_prop(rq, r, "DBInstanceIdentifier", 63, true));
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBInstanceIdentifier", id);
	json_set(in, "Tags", cfn_tags(rq, r));
	*ret_id = id;
	return call(rq, RDS_CreateDBInstance, in);
}

static int instance_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const members[] = {"AutoMinorVersionUpgrade",
					      "DBInstanceClass",
					      "PromotionTier",
					      "PubliclyAccessible",
					      "PreferredMaintenanceWindow",
					      NULL};
	json_t *in = rq_object(rq);

	copy(in, r->props, members);
	json_set_str(in, "DBInstanceIdentifier", r->physical_id);
	return call(rq, RDS_ModifyDBInstance, in);
}

static int instance_delete(struct request *rq, const struct cfn_resource *r)
{
	const json_t *instance = store_get(rq->tx, DB_INSTANCE, r->physical_id);
	json_t *in = rq_object(rq);

	if (!instance || rds_is(instance, "DBInstanceStatus", "deleting"))
		return 0;
	json_set_str(in, "DBInstanceIdentifier", r->physical_id);
	json_set_bool(in, "SkipFinalSnapshot", true);
	return call_gone(rq, RDS_DeleteDBInstance, in);
}

static int instance_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const json_t *instance = store_get(rq->tx, DB_INSTANCE, r->physical_id);

	if (instance && rds_is(instance, "DBInstanceStatus", "failed"))
		return fault_named(rq, "InternalFailure", "The database did not start: %s",
				   json_str_or(instance, "_Reason", ""));
	*ret_there = instance && rds_is(instance, "DBInstanceStatus", "available");
	return 0;
}

static json_t *instance_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *instance = store_get(rq->tx, DB_INSTANCE, r->physical_id);
	const json_t *value;

	if (strcmp(name, "Endpoint.Port") == 0 && instance)
		return port_text(rq, json_path(instance, "Endpoint.Port"));
	value = json_path(instance, name);
	return json_is_string(value) ? json_deep_copy(value) : NULL;
}

const struct resource rds_resources[] = {
	{
		.type = "AWS::RDS::DBSubnetGroup",
		.create = group_create,
		.update = group_update,
		.delete = group_delete,
	},
	{
		.type = "AWS::RDS::DBCluster",
		.create = cluster_create,
		.update = cluster_update,
		.delete = cluster_delete,
		.settled = cluster_settled,
		.get_att = cluster_att,
	},
	{
		.type = "AWS::RDS::DBInstance",
		.create = instance_create,
		.update = instance_update,
		.delete = instance_delete,
		.settled = instance_settled,
		.get_att = instance_att,
	},
	{.type = NULL},
};
