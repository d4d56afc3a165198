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

/* A property that is not among these is refused by name: nothing is left out in silence. */
static int check_props(struct request *rq, const struct cfn_resource *r, const char *const *names,
		       const char *id_prop)
{
	const json_t *value;
	const char *prop;

	json_each_member (r->props, prop, value) {
		bool known = strcmp(prop, id_prop) == 0 || strcmp(prop, "Tags") == 0;

		for (size_t i = 0; !known && names[i]; i++)
			known = strcmp(names[i], prop) == 0;
		if (!known)
			return fault_named(rq, "NotImplemented",
					   "The property %s of %s is not in the lab", prop,
					   r->logical_id);
	}
	return 0;
}

int rds_retag(struct request *rq, const struct cfn_resource *r, const json_t *old, const char *kind)
{
	static const struct cfn_tagging tagging = {
		.model = &rds_model,
		.tag_op = RDS_AddTagsToResource,
		.untag_op = RDS_RemoveTagsFromResource,
		.id = "ResourceName",
		.tags = "Tags",
		.keys = "TagKeys",
		.key = "Key",
		.value = "Value",
	};

	return cfn_retag(rq, r, old, &tagging,
			 rq_arn(rq, "rds", rq_fmt(rq, "%s:%s", kind, r->physical_id)));
}

static int read_kind(struct request *rq, const struct cfn_resource *r, const char *kind,
		     const struct cfn_alias *aliases, json_t *ret_props, int *ret_there)
{
	const json_t *document = store_get(rq->tx, kind, r->physical_id);

	*ret_there = document != NULL;
	cfn_show(r, document, aliases, ret_props);
	return 0;
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
	int err;

	copy(in, r->props, members);
	json_set_str(in, "DBSubnetGroupName", r->physical_id);
	err = call(rq, RDS_ModifyDBSubnetGroup, in);
	return err ? err : rds_retag(rq, r, old, "subgrp");
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
					      "EnableCloudwatchLogsExports",
					      "EnableIAMDatabaseAuthentication",
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
	int err = check_props(rq, r, members, "DBClusterIdentifier");

	if (err)
		return err;
	copy(in, r->props, members);
	json_set_str(in, "DBClusterIdentifier", id);
	json_set(in, "Tags", cfn_tags(rq, r));
	*ret_id = id;
	return call(rq, RDS_CreateDBCluster, in);
}

/* A template has a list; the call takes what is turned on and what off. */
static void logs_difference(struct request *rq, json_t *in, const json_t *props, const json_t *old)
{
	static const char prop[] = "EnableCloudwatchLogsExports";
	json_t *change = rq_object(rq), *on = json_add_array(change, "EnableLogTypes");
	json_t *off = json_add_array(change, "DisableLogTypes");
	const json_t *type;
	size_t i;

	json_each (json_get(props, prop), i, type)
		json_push(on, type);
	json_each (json_get(old, prop), i, type)
		if (!json_list_has(on, json_string_value(type)))
			json_push(off, type);
	if (json_array_size(on) + json_array_size(off) > 0)
		json_set(in, "CloudwatchLogsExportConfiguration", change);
}

static int cluster_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const members[] = {"BackupRetentionPeriod",
					      "CopyTagsToSnapshot",
					      "DBClusterParameterGroupName",
					      "DeletionProtection",
					      "EnableIAMDatabaseAuthentication",
					      "EngineVersion",
					      "PreferredBackupWindow",
					      "PreferredMaintenanceWindow",
					      "ServerlessV2ScalingConfiguration",
					      "VpcSecurityGroupIds",
					      NULL};
	const char *password = json_str(r->props, "MasterUserPassword");
	json_t *in = rq_object(rq);
	int err;

	copy(in, r->props, members);
	json_set_str(in, "DBClusterIdentifier", r->physical_id);
	/* Only a new one: the secret may have been rotated since the stack was made. */
	if (password && strcmp(password, json_str_or(old, "MasterUserPassword", "")) != 0)
		json_set_str(in, "MasterUserPassword", password);
	json_set_bool(in, "ApplyImmediately", true);
	logs_difference(rq, in, r->props, old);
	err = call(rq, RDS_ModifyDBCluster, in);
	return err ? err : rds_retag(rq, r, old, "cluster");
}

static int cluster_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			int *ret_there)
{
	/* Groups are shown with their status, passwords never. */
	static const struct cfn_alias aliases[] = {
		{"EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"},
		{"EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"},
		{"DBClusterParameterGroupName", "DBClusterParameterGroup"},
		{"DBSubnetGroupName", "DBSubnetGroup"},
		{NULL, NULL},
	};

	return read_kind(rq, r, DB_CLUSTER, aliases, ret_props, ret_there);
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

/* Of one without a cluster, and those that an update may change. */
#define CHANGEABLE                                                                                \
	"AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod",                   \
		"CopyTagsToSnapshot", "DBInstanceClass", "DBParameterGroupName",                  \
		"DeletionProtection", "EnableIAMDatabaseAuthentication", "EngineVersion", "Iops", \
		"MaxAllocatedStorage", "MultiAZ", "PreferredBackupWindow",                        \
		"PreferredMaintenanceWindow", "PubliclyAccessible", "StorageThroughput",          \
		"StorageType", "VPCSecurityGroups"

static const char *const changeable[] = {CHANGEABLE, NULL};
static const char *const alone_members[] = {CHANGEABLE,
					    "DBName",
					    "DBSubnetGroupName",
					    "EnableCloudwatchLogsExports",
					    "Engine",
					    "KmsKeyId",
					    "MasterUsername",
					    "MasterUserPassword",
					    "Port",
					    "StorageEncrypted",
					    NULL};

/* A template has numbers as text ("AllocatedStorage": "20") and another name for the groups. */
static int instance_input(struct request *rq, int op, const json_t *props, json_t **ret_in)
{
	json_t *renamed = rq_copy(rq, props);

	json_set(renamed, "VpcSecurityGroupIds", json_get(props, "VPCSecurityGroups"));
	json_drop(renamed, "VPCSecurityGroups");
	json_drop(renamed, "Tags");
	return cfn_input(rq, &rds_model, op, renamed, ret_in);
}

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
	bool alone = !json_has(r->props, "DBClusterIdentifier");
	json_t *in = NULL;
	int err = check_props(rq, r, alone ? alone_members : members, "DBInstanceIdentifier");

	if (!err)
		err = instance_input(rq, RDS_CreateDBInstance, r->props, &in);
	if (err)
		return err;
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
	const char *password = json_str(r->props, "MasterUserPassword");
	bool alone = !json_has(r->props, "DBClusterIdentifier");
	json_t *props = rq_object(rq), *in = NULL;
	int err;

	copy(props, r->props, alone ? changeable : members);
	err = instance_input(rq, RDS_ModifyDBInstance, props, &in);
	if (err)
		return err;
	json_set_str(in, "DBInstanceIdentifier", r->physical_id);
	/* Only a new one, as of a cluster. */
	if (password && strcmp(password, json_str_or(old, "MasterUserPassword", "")) != 0)
		json_set_str(in, "MasterUserPassword", password);
	json_set_bool(in, "ApplyImmediately", true);
	logs_difference(rq, in, r->props, old);
	err = call(rq, RDS_ModifyDBInstance, in);
	return err ? err : rds_retag(rq, r, old, "db");
}

static int instance_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			 int *ret_there)
{
	static const struct cfn_alias aliases[] = {
		{"DBSubnetGroupName", "DBSubnetGroup.DBSubnetGroupName"},
		{"DBParameterGroupName", "DBParameterGroups.0.DBParameterGroupName"},
		{"EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"},
		{"EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"},
		{"Port", "_Port"},
		{NULL, NULL},
	};

	return read_kind(rq, r, DB_INSTANCE, aliases, ret_props, ret_there);
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
		.read = cluster_read,
		.delete = cluster_delete,
		.settled = cluster_settled,
		.get_att = cluster_att,
	},
	{
		.type = "AWS::RDS::DBInstance",
		.create = instance_create,
		.update = instance_update,
		.read = instance_read,
		.delete = instance_delete,
		.settled = instance_settled,
		.get_att = instance_att,
	},
	{
		.type = "AWS::RDS::DBParameterGroup",
		.create = rds_parameter_group_create,
		.update = rds_parameter_group_update,
		.read = rds_parameter_group_read,
		.delete = rds_parameter_group_delete,
		.note = "kept; its parameters do not act, the lab's PostgreSQL has no TLS",
	},
	{
		.type = "AWS::RDS::DBClusterParameterGroup",
		.create = rds_cluster_parameter_group_create,
		.update = rds_cluster_parameter_group_update,
		.read = rds_cluster_parameter_group_read,
		.delete = rds_cluster_parameter_group_delete,
		.note = "kept; its parameters do not act, the lab's PostgreSQL has no TLS",
	},
	{.type = NULL},
};
