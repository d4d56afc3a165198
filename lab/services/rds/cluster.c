/*
 * cluster.c - Aurora clusters: an endpoint, a user, a volume; instances serve them.
 *
 *   keeps      rds/cluster   by identifier
 *   left out   engines other than aurora-postgresql, snapshots, global clusters, restores
 *
 * The endpoint is a literal address: no resolver knows our names. It is there from the start, since a
 * secret wants it at once, but nobody listens before there is an instance.
 */
#include "lab/models/ec2.h"
#include "lab/services/rds/nouns.h"

#include <string.h>

#define ENGINE "aurora-postgresql"
#define ENGINE_VERSION "15.10"
#define PASSWORD_MIN 8
#define RESOURCE_ID_LEN 26

int rds_no_cluster(struct request *rq, const char *id)
{
	return fault(rq, RDS_DBClusterNotFoundFault, "DBCluster %s not found.", id ? id : "");
}

const json_t *rds_writer_of(struct request *rq, const char *cluster)
{
	const json_t *instance;
	size_t i;

	json_each (store_list(rq->tx, DB_INSTANCE), i, instance) {
		if (rds_is(instance, "DBClusterIdentifier", cluster) &&
		    !rds_is(instance, "DBInstanceStatus", "deleting"))
			return instance;
	}
	return NULL;
}

int rds_check_password(struct request *rq, const char *password)
{
	if (strlen(password) < PASSWORD_MIN)
		return fault_named(rq, "InvalidParameterValue",
				   "The parameter MasterUserPassword is not a valid password "
				   "because it is shorter than 8 characters.");
	if (strpbrk(password, "/\"@ "))
		return fault_named(rq, "InvalidParameterValue",
				   "The parameter MasterUserPassword is not a valid password. Only "
				   "printable ASCII characters besides '/', '@', '\"', ' ' may be "
				   "used.");
	return 0;
}

static int check_create(struct request *rq, const char *id, const json_t *in)
{
	const char *engine = json_str_or(in, "Engine", "");
	const char *group = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	const char *parameters = json_str(in, "DBClusterParameterGroupName");

	if (strcmp(engine, ENGINE) != 0)
		return fault_named(rq, "InvalidParameterValue",
				   "Invalid DB engine: %s is not in the lab, only " ENGINE ".",
				   engine);
	if (store_has(rq->tx, DB_CLUSTER, id))
		return fault(rq, RDS_DBClusterAlreadyExistsFault, "DB Cluster already exists");
	if (!group || !store_has(rq->tx, DB_SUBNET_GROUP, group))
		return rds_no_subnet_group(rq, group ? group : "default");
	if (!rds_has_parameter_group(rq, DB_CLUSTER_PARAMETER_GROUP, parameters))
		return fault(rq, RDS_DBClusterParameterGroupNotFoundFault,
			     "DBClusterParameterGroup not found: %s", parameters);
	if (!json_str(in, "MasterUsername") || !json_str(in, "MasterUserPassword"))
		return fault_named(rq, "InvalidParameterCombination",
				   "The parameters MasterUsername and MasterUserPassword must be "
				   "provided.");
	return rds_check_password(rq, json_str(in, "MasterUserPassword"));
}

/* Takes an address in the group's first subnet. */
int rds_take_address(struct request *rq, const json_t *group, const json_t *in, json_t *database,
		     const char **ret_address)
{
	json_t *call = rq_object(rq);
	json_t *answer = rq_object(rq);
	int err;

	json_set_str(call, "SubnetId", json_path_str(group, "Subnets.0.SubnetIdentifier"));
	json_set_str(call, "Description", "RDSNetworkInterface");
	json_set(call, "Groups", json_get(in, "VpcSecurityGroupIds"));
	err = aws_call(rq, principal_service(rq, "rds.amazonaws.com"), &ec2_model,
		       EC2_CreateNetworkInterface, call, answer);
	if (err)
		return err > 0 ? fault_pass(rq) : err;
	json_set_str(database, "_Interface",
		     json_path_str(answer, "NetworkInterface.NetworkInterfaceId"));
	*ret_address = lab_address(rq, json_path_str(answer, "NetworkInterface.PrivateIpAddress"));
	return 0;
}

/* At once: the subnet may be deleted next. */
void rds_give_address(struct request *rq, const json_t *database)
{
	json_t *call = rq_object(rq);

	json_set_str(call, "NetworkInterfaceId", json_str(database, "_Interface"));
	aws_call(rq, principal_service(rq, "rds.amazonaws.com"), &ec2_model,
		 EC2_DeleteNetworkInterface, call, NULL);
}

static void copy(json_t *to, const json_t *from, const char *const *members)
{
	for (; *members; members++)
		json_set(to, *members, json_get(from, *members));
}

void rds_add_security_groups(json_t *database, const json_t *ids)
{
	json_t *groups = json_add_array(database, "VpcSecurityGroups");
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		json_t *group = json_push_object(groups);

		json_set_str(group, "VpcSecurityGroupId", json_string_value(id));
		json_set_str(group, "Status", "active");
	}
}

static void add_zones(json_t *cluster, const json_t *group)
{
	json_t *zones = json_add_array(cluster, "AvailabilityZones");
	const json_t *subnet;
	size_t i;

	json_each (json_get(group, "Subnets"), i, subnet) {
		const char *zone = json_path_str(subnet, "SubnetAvailabilityZone.Name");

		if (!json_list_has(zones, zone))
			json_push_str(zones, zone);
	}
}

/* What is there whatever was asked for. */
static void add_constants(struct request *rq, json_t *cluster)
{
	static const char *const empty[] = {"ReadReplicaIdentifiers", "DBClusterMembers",
					    "AssociatedRoles", "DomainMemberships"};
	static const char *const no[] = {"MultiAZ", "HttpEndpointEnabled", "CrossAccountClone"};

	for (size_t i = 0; i < array_len(empty); i++)
		json_add_array(cluster, empty[i]);
	for (size_t i = 0; i < array_len(no); i++)
		json_set_bool(cluster, no[i], false);
	json_set_int(cluster, "AllocatedStorage", 1);
	json_set_str(cluster, "HostedZoneId", HOSTED_ZONE);
	json_set_str(cluster, "EngineMode", "provisioned");
	json_set_str(cluster, "ActivityStreamStatus", "stopped");
	json_set_str(cluster, "NetworkType", "IPV4");
	json_set_bool(cluster, "AutoMinorVersionUpgrade", true);
	json_set_time(cluster, "ClusterCreateTime", rq->now);
	json_set_time(cluster, "EarliestRestorableTime", rq->now);
	json_set_time(cluster, "LatestRestorableTime", rq->now);
}

/* Which of its logs go to CloudWatch Logs: kept; none does yet. */
void rds_set_logs(json_t *database, const json_t *types)
{
	json_drop(database, "EnabledCloudwatchLogsExports");
	if (json_array_size(types))
		json_set(database, "EnabledCloudwatchLogsExports", types);
}

void rds_change_logs(struct request *rq, json_t *database, const json_t *change)
{
	json_t *types = rq_array(rq);
	const json_t *type;
	size_t i;

	json_each (json_get(database, "EnabledCloudwatchLogsExports"), i, type)
		if (!json_list_has(json_get(change, "DisableLogTypes"), json_string_value(type)))
			json_push(types, type);
	json_each (json_get(change, "EnableLogTypes"), i, type)
		if (!json_list_has(types, json_string_value(type)))
			json_push(types, type);
	rds_set_logs(database, types);
}

static void describe_cluster(struct request *rq, const char *id, const json_t *in, json_t *cluster)
{
	static const char *const members[] = {"DatabaseName",
					      "MasterUsername",
					      "Engine",
					      "KmsKeyId",
					      "ServerlessV2ScalingConfiguration",
					      NULL};
	const char *resource = rq_fmt(
		rq, "cluster-%s", id_text(rq, RESOURCE_ID_LEN, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));

	json_set_str(cluster, "DBClusterIdentifier", id);
	json_set_str(cluster, "Status", "creating");
	copy(cluster, in, members);
	json_set_str(cluster, "EngineVersion", json_str_or(in, "EngineVersion", ENGINE_VERSION));
	json_set_int(cluster, "Port", json_int_or(in, "Port", DB_PORT));
	json_set_str(cluster, "DBClusterParameterGroup",
		     json_str_or(in, "DBClusterParameterGroupName", "default.aurora-postgresql15"));
	json_set_int(cluster, "BackupRetentionPeriod", json_int_or(in, "BackupRetentionPeriod", 1));
	json_set_str(cluster, "PreferredBackupWindow",
		     json_str_or(in, "PreferredBackupWindow", "07:00-07:30"));
	json_set_str(cluster, "PreferredMaintenanceWindow",
		     json_str_or(in, "PreferredMaintenanceWindow", "sun:05:00-sun:05:30"));
	json_set_bool(cluster, "StorageEncrypted", json_bool_or(in, "StorageEncrypted", false));
	json_set_bool(cluster, "DeletionProtection", json_bool_or(in, "DeletionProtection", false));
	json_set_bool(cluster, "CopyTagsToSnapshot", json_bool_or(in, "CopyTagsToSnapshot", false));
	json_set_bool(cluster, "IAMDatabaseAuthenticationEnabled",
		      json_bool_or(in, "EnableIAMDatabaseAuthentication", false));
	rds_set_logs(cluster, json_get(in, "EnableCloudwatchLogsExports"));
	json_set_str(cluster, "DbClusterResourceId", resource);
	json_set_str(cluster, "DBClusterArn", rq_arn(rq, "rds", rq_fmt(rq, "cluster:%s", id)));
	if (json_has(in, "Tags"))
		json_set(cluster, "TagList", json_get(in, "Tags"));
	else
		json_add_array(cluster, "TagList");
	json_set_str(cluster, "_Password",
		     rds_seal_password(rq, resource, json_str(in, "MasterUserPassword")));
	json_set_int(cluster, "_PasswordNumber", 1);
}

int rds_create_db_cluster(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = rds_id(rq, json_str(in, "DBClusterIdentifier"));
	const char *group_name = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	json_t *cluster = rq_object(rq);
	const char *address = NULL;
	const json_t *group;
	int err = check_create(rq, id, in);

	if (err)
		return err;
	group = store_get(rq->tx, DB_SUBNET_GROUP, group_name);
	describe_cluster(rq, id, in, cluster);
	add_constants(rq, cluster);
	add_zones(cluster, group);
	rds_add_security_groups(cluster, json_get(in, "VpcSecurityGroupIds"));
	json_set_str(cluster, "DBSubnetGroup", group_name);
	err = rds_take_address(rq, group, in, cluster, &address);
	if (err)
		return err;
	json_set_str(cluster, "Endpoint", address);
	json_set_str(cluster, "ReaderEndpoint", address);
	store_put(rq->tx, DB_CLUSTER, id, cluster);
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBCluster", cluster);
	return 0;
}

int rds_modify_db_cluster(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"BackupRetentionPeriod",
					      "PreferredBackupWindow",
					      "PreferredMaintenanceWindow",
					      "DeletionProtection",
					      "CopyTagsToSnapshot",
					      "EngineVersion",
					      "ServerlessV2ScalingConfiguration",
					      NULL};
	const char *id = rds_id(rq, json_str(in, "DBClusterIdentifier"));
	const char *password = json_str(in, "MasterUserPassword");
	const char *parameters = json_str(in, "DBClusterParameterGroupName");
	json_t *cluster = store_edit(rq->tx, DB_CLUSTER, id);
	int err = password ? rds_check_password(rq, password) : 0;

	if (!cluster)
		return rds_no_cluster(rq, id);
	if (err)
		return err;
	if (!rds_has_parameter_group(rq, DB_CLUSTER_PARAMETER_GROUP, parameters))
		return fault(rq, RDS_DBClusterParameterGroupNotFoundFault,
			     "DBClusterParameterGroup not found: %s", parameters);
	if (json_has(in, "NewDBClusterIdentifier"))
		return fault_named(rq, "InvalidParameterValue",
				   "Renaming a cluster is not in the lab.");
	copy(cluster, in, members);
	json_set(cluster, "IAMDatabaseAuthenticationEnabled",
		 json_get(in, "EnableIAMDatabaseAuthentication"));
	if (json_has(in, "CloudwatchLogsExportConfiguration"))
		rds_change_logs(rq, cluster, json_get(in, "CloudwatchLogsExportConfiguration"));
	if (json_has(in, "DBClusterParameterGroupName"))
		json_set_str(cluster, "DBClusterParameterGroup", rds_id(rq, parameters));
	if (json_has(in, "VpcSecurityGroupIds"))
		rds_add_security_groups(cluster, json_get(in, "VpcSecurityGroupIds"));
	if (password) {
		json_set_str(
			cluster, "_Password",
			rds_seal_password(rq, json_str(cluster, "DbClusterResourceId"), password));
		json_set_int(cluster, "_PasswordNumber",
			     json_int_or(cluster, "_PasswordNumber", 0) + 1);
	}
	store_put(rq->tx, DB_CLUSTER, id, cluster);
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBCluster", cluster);
	return 0;
}

int rds_check_snapshot(struct request *rq, const json_t *in, const char *what)
{
	bool skip = json_bool_or(in, "SkipFinalSnapshot", false);
	bool named = json_has(in, "FinalDBSnapshotIdentifier");

	if (skip && named)
		return fault_named(rq, "InvalidParameterCombination",
				   "FinalDBSnapshotIdentifier can not be specified when deleting a "
				   "%s with SkipFinalSnapshot.",
				   what);
	if (!skip && !named)
		return fault_named(rq, "InvalidParameterCombination",
				   "FinalDBSnapshotIdentifier is required unless "
				   "SkipFinalSnapshot is specified.");
	if (named)
		return fault_named(rq, "InvalidParameterValue",
				   "Snapshots are not in the lab: say SkipFinalSnapshot.");
	return 0;
}

int rds_delete_db_cluster(struct request *rq, const json_t *in, json_t *out)
{
	const char *id = rds_id(rq, json_str(in, "DBClusterIdentifier"));
	json_t *cluster = store_edit(rq->tx, DB_CLUSTER, id);
	int err;

	if (!cluster)
		return rds_no_cluster(rq, id);
	if (json_bool_or(cluster, "DeletionProtection", false))
		return fault_named(rq, "InvalidParameterCombination",
				   "Cannot delete protected Cluster, please disable deletion "
				   "protection and try again.");
	if (rds_writer_of(rq, id))
		return fault(rq, RDS_InvalidDBClusterStateFault,
			     "Cluster cannot be deleted, it still contains DB instances in "
			     "non-deleting state.");
	err = rds_check_snapshot(rq, in, "cluster");
	if (err)
		return err;

	rds_give_address(rq, cluster);
	json_set_str(cluster, "Status", "deleting");
	store_put(rq->tx, DB_CLUSTER, id, cluster);
	lab_wake(rq->lab, &rds_model);
	json_set(out, "DBCluster", cluster);
	return 0;
}

int rds_describe_db_clusters(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const filters[] = {"db-cluster-id",
					      "DBClusterIdentifier",
					      "db-cluster-resource-id",
					      "DbClusterResourceId",
					      "engine",
					      "Engine",
					      NULL};
	const char *id = rds_id(rq, json_str(in, "DBClusterIdentifier"));
	struct rds_listing listing = {
		.kind = DB_CLUSTER,
		.id = id,
		.list = "DBClusters",
		.filters = filters,
	};

	/* By its ARN, too. */
	if (id && strrchr(id, ':'))
		listing.id = strrchr(id, ':') + 1;
	if (listing.id && !store_has(rq->tx, DB_CLUSTER, listing.id))
		return rds_no_cluster(rq, listing.id);
	return rds_describe(rq, in, &listing, out);
}
