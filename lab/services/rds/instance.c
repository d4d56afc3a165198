/*
 * instance.c - DB instances: what makes a cluster serve, or stands alone (standalone.c).
 *
 *   keeps      rds/instance   by identifier
 *   left out   readers (a cluster has one instance)
 */
#include "lab/services/rds/nouns.h"

#include <string.h>

#define RESOURCE_ID_LEN 26

static int no_instance(struct request *rq, const char *id)
{
	return fault(rq, RDS_DBInstanceNotFoundFault, "DBInstance %s not found.", id ? id : "");
}

static int check_create(struct request *rq, const char *id, const json_t *in,
			const char *cluster_id)
{
	const json_t *cluster = cluster_id ? store_get(rq->tx, DB_CLUSTER, cluster_id) : NULL;

	if (store_has(rq->tx, DB_INSTANCE, id))
		return fault(rq, RDS_DBInstanceAlreadyExistsFault, "DB instance already exists");
	if (!cluster_id)
		return rds_check_standalone(rq, in);
	if (!cluster)
		return rds_no_cluster(rq, cluster_id);
	if (!rds_is(cluster, "Engine", json_str_or(in, "Engine", "")))
		return fault_named(rq, "InvalidParameterCombination",
				   "The engine name requested for your DB instance (%s) doesn't "
				   "match the engine name of your DB cluster (%s).",
				   json_str_or(in, "Engine", ""), json_str(cluster, "Engine"));
	if (rds_is(cluster, "Status", "deleting"))
		return fault(rq, RDS_InvalidDBClusterStateFault, "DB cluster %s is being deleted.",
			     cluster_id);
	if (rds_writer_of(rq, cluster_id))
		return fault_named(rq, "InvalidParameterValue",
				   "A second instance in a cluster is not in the lab.");
	return 0;
}

static void add_constants(struct request *rq, json_t *instance)
{
	static const char *const empty[] = {"DBSecurityGroups", "ReadReplicaDBInstanceIdentifiers",
					    "DomainMemberships", "AssociatedRoles"};
	static const char *const no[] = {"MultiAZ", "IAMDatabaseAuthenticationEnabled",
					 "PerformanceInsightsEnabled", "DeletionProtection",
					 "CustomerOwnedIpEnabled"};

	for (size_t i = 0; i < array_len(empty); i++)
		json_add_array(instance, empty[i]);
	for (size_t i = 0; i < array_len(no); i++)
		json_set_bool(instance, no[i], false);
	json_add_object(instance, "PendingModifiedValues");
	json_set_int(instance, "AllocatedStorage", 1);
	json_set_int(instance, "DbInstancePort", 0); /* AWS: 0, the port is in Endpoint */
	json_set_int(instance, "MonitoringInterval", 0);
	json_set_str(instance, "LicenseModel", "postgresql-license");
	json_set_str(instance, "StorageType", "aurora");
	json_set_str(instance, "CACertificateIdentifier", "rds-ca-rsa2048-g1");
	json_set_str(instance, "NetworkType", "IPV4");
	json_set_time(instance, "InstanceCreateTime", rq->now);
}

/* What an Aurora instance has from its cluster. */
static void add_cluster(struct request *rq, const json_t *cluster, json_t *instance)
{
	static const char *const members[] = {"Engine",
					      "EngineVersion",
					      "MasterUsername",
					      "VpcSecurityGroups",
					      "BackupRetentionPeriod",
					      "PreferredBackupWindow",
					      "StorageEncrypted",
					      "KmsKeyId",
					      "DBClusterIdentifier",
					      "CopyTagsToSnapshot"};
	json_t *parameters;

	for (size_t i = 0; i < array_len(members); i++)
		json_set(instance, members[i], json_get(cluster, members[i]));
	json_set_str(instance, "DBName", json_str(cluster, "DatabaseName"));
	json_set(instance, "DBSubnetGroup",
		 store_get(rq->tx, DB_SUBNET_GROUP, json_str(cluster, "DBSubnetGroup")));
	json_set_str(instance, "AvailabilityZone", json_path_str(cluster, "AvailabilityZones.0"));
	parameters = json_push_object(json_add_array(instance, "DBParameterGroups"));
	json_set_str(parameters, "DBParameterGroupName", "default.aurora-postgresql15");
	json_set_str(parameters, "ParameterApplyStatus", "in-sync");
}

static void add_member(struct request *rq, const char *cluster_id, const char *id, const json_t *in)
{
	json_t *cluster = store_edit(rq->tx, DB_CLUSTER, cluster_id);
	json_t *member = json_push_object(json_add_array(cluster, "DBClusterMembers"));

	json_set_str(member, "DBInstanceIdentifier", id);
	json_set_bool(member, "IsClusterWriter", true);
	json_set_str(member, "DBClusterParameterGroupStatus", "in-sync");
	json_set_int(member, "PromotionTier", json_int_or(in, "PromotionTier", 1));
	store_put(rq->tx, DB_CLUSTER, cluster_id, cluster);
}

/* What it has with or without a cluster. */
static void describe_instance(struct request *rq, const char *id, const json_t *in,
			      json_t *instance)
{
	json_set_str(instance, "DBInstanceIdentifier", id);
	json_set_str(instance, "DBInstanceClass", json_str(in, "DBInstanceClass"));
	json_set_str(instance, "DBInstanceStatus", "creating");
	add_constants(rq, instance);
	json_set_str(instance, "PreferredMaintenanceWindow",
		     json_str_or(in, "PreferredMaintenanceWindow", "sun:05:00-sun:05:30"));
	json_set_bool(instance, "AutoMinorVersionUpgrade",
		      json_bool_or(in, "AutoMinorVersionUpgrade", true));
	json_set_bool(instance, "PubliclyAccessible",
		      json_bool_or(in, "PubliclyAccessible", false));
	json_set_int(instance, "PromotionTier", json_int_or(in, "PromotionTier", 1));
	json_set_str(instance, "DbiResourceId",
		     rq_fmt(rq, "db-%s",
			    id_text(rq, RESOURCE_ID_LEN, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")));
	json_set_str(instance, "DBInstanceArn", rq_arn(rq, "rds", rq_fmt(rq, "db:%s", id)));
	if (json_has(in, "Tags"))
		json_set(instance, "TagList", json_get(in, "Tags"));
	else
		json_add_array(instance, "TagList");
}

int rds_create_db_instance(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = rds_id(rq, json_str(in, "DBInstanceIdentifier"));
	const char *cluster_id = rds_id(rq, json_str(in, "DBClusterIdentifier"));
	json_t *instance = rq_object(rq);
	int err = check_create(rq, id, in, cluster_id);

	if (err)
		return err;
	describe_instance(rq, id, in, instance);
	if (cluster_id)
		add_cluster(rq, store_get(rq->tx, DB_CLUSTER, cluster_id), instance);
	else
		err = rds_stand_alone(rq, in, instance);
	if (err)
		return err;
	store_put(rq->tx, DB_INSTANCE, id, instance);
	if (cluster_id)
		add_member(rq, cluster_id, id, in);
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBInstance", instance);
	return 0;
}

int rds_modify_db_instance(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"DBInstanceClass", "PubliclyAccessible",
					      "AutoMinorVersionUpgrade", "PromotionTier",
					      "PreferredMaintenanceWindow"};
	const char *id = rds_id(rq, json_str(in, "DBInstanceIdentifier"));
	json_t *instance = store_edit(rq->tx, DB_INSTANCE, id);
	int err = 0;

	if (!instance)
		return no_instance(rq, id);
	if (!json_has(instance, "DBClusterIdentifier"))
		err = rds_modify_standalone(rq, in, instance);
	else if (json_has(in, "MasterUserPassword"))
		return fault_named(rq, "InvalidParameterCombination",
				   "The password of an Aurora instance is its cluster's: use "
				   "ModifyDBCluster.");
	if (err)
		return err;
	for (size_t i = 0; i < array_len(members); i++)
		json_set(instance, members[i], json_get(in, members[i]));
	store_put(rq->tx, DB_INSTANCE, id, instance);
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBInstance", instance);
	return 0;
}

int rds_delete_db_instance(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = rds_id(rq, json_str(in, "DBInstanceIdentifier"));
	json_t *instance = store_edit(rq->tx, DB_INSTANCE, id);
	const char *cluster_id = json_str(instance, "DBClusterIdentifier");
	json_t *cluster;
	int err;

	if (!instance)
		return no_instance(rq, id);
	if (rds_is(instance, "DBInstanceStatus", "deleting"))
		return fault(rq, RDS_InvalidDBInstanceStateFault,
			     "Instance %s is already being deleted.", id);
	if (!cluster_id) {
		err = rds_check_delete_standalone(rq, in, instance);
		if (err)
			return err;
		rds_give_address(rq, instance);
	}
	json_set_str(instance, "DBInstanceStatus", "deleting");
	store_put(rq->tx, DB_INSTANCE, id, instance);
	cluster = cluster_id ? store_edit(rq->tx, DB_CLUSTER, cluster_id) : NULL;
	if (cluster) {
		json_add_array(cluster, "DBClusterMembers");
		store_put(rq->tx, DB_CLUSTER, cluster_id, cluster);
	}
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBInstance", instance);
	return 0;
}

int rds_describe_db_instances(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const filters[] = {"db-instance-id",
					      "DBInstanceIdentifier",
					      "db-cluster-id",
					      "DBClusterIdentifier",
					      "dbi-resource-id",
					      "DbiResourceId",
					      "engine",
					      "Engine",
					      NULL};
	const char *id = rds_id(rq, json_str(in, "DBInstanceIdentifier"));
	struct rds_listing listing = {
		.kind = DB_INSTANCE,
		.id = id,
		.list = "DBInstances",
		.filters = filters,
	};

	if (id && strrchr(id, ':'))
		listing.id = strrchr(id, ':') + 1;
	if (listing.id && !store_has(rq->tx, DB_INSTANCE, listing.id))
		return no_instance(rq, listing.id);
	return rds_describe(rq, in, &listing, out);
}
