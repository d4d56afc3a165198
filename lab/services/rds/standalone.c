/*
 * standalone.c - DB instances without a cluster: RDS for PostgreSQL.
 *
 *   keeps      rds/instance   _Interface, _Address, _Port, _Password (sealed), _PasswordNumber
 *   left out   engines other than postgres, replicas, a standby (MultiAZ is kept), snapshots
 */
#include "lab/services/rds/nouns.h"

#include <string.h>

#define ENGINE "postgres"
#define ENGINE_VERSION "15.10"

int rds_check_standalone(struct request *rq, const json_t *in)
{
	const char *engine = json_str_or(in, "Engine", "");
	const char *group = rds_id(rq, json_str(in, "DBSubnetGroupName"));
	const char *parameters = json_str(in, "DBParameterGroupName");

	if (strcmp(engine, ENGINE) != 0)
		return fault_named(rq, "InvalidParameterValue",
				   "Invalid DB engine: %s without a cluster is not in the lab, "
				   "only " ENGINE ".",
				   engine);
	if (!group || !store_has(rq->tx, DB_SUBNET_GROUP, group))
		return rds_no_subnet_group(rq, group ? group : "default");
	if (!rds_has_parameter_group(rq, DB_PARAMETER_GROUP, parameters))
		return fault(rq, RDS_DBParameterGroupNotFoundFault,
			     "DBParameterGroup not found: %s", parameters);
	if (!json_has(in, "AllocatedStorage") || !json_str(in, "MasterUsername") ||
	    !json_str(in, "MasterUserPassword"))
		return fault_named(rq, "InvalidParameterCombination",
				   "The parameters AllocatedStorage, MasterUsername and "
				   "MasterUserPassword must be provided.");
	return rds_check_password(rq, json_str(in, "MasterUserPassword"));
}

/* What Create and Modify both set; absent members stay as they are. */
static void set_wishes(struct request *rq, const json_t *in, json_t *instance)
{
	static const char *const members[] = {
		"AllocatedStorage",
		"MaxAllocatedStorage",
		"StorageType",
		"StorageThroughput",
		"Iops",
		"EngineVersion",
		"BackupRetentionPeriod",
		"PreferredBackupWindow",
		"MultiAZ",
		"DeletionProtection",
		"CopyTagsToSnapshot",
	};
	json_t *group;

	for (size_t i = 0; i < array_len(members); i++)
		json_set(instance, members[i], json_get(in, members[i]));
	json_set(instance, "IAMDatabaseAuthenticationEnabled",
		 json_get(in, "EnableIAMDatabaseAuthentication"));
	if (json_has(in, "VpcSecurityGroupIds"))
		rds_add_security_groups(instance, json_get(in, "VpcSecurityGroupIds"));
	if (json_has(in, "DBParameterGroupName")) {
		group = json_push_object(json_add_array(instance, "DBParameterGroups"));
		json_set_str(group, "DBParameterGroupName",
			     rds_id(rq, json_str(in, "DBParameterGroupName")));
		json_set_str(group, "ParameterApplyStatus", "in-sync");
	}
}

static void set_password(struct request *rq, const char *password, json_t *instance)
{
	json_set_str(instance, "_Password",
		     rds_seal_password(rq, json_str(instance, "DbiResourceId"), password));
	json_set_int(instance, "_PasswordNumber", json_int_or(instance, "_PasswordNumber", 0) + 1);
}

static void add_defaults(json_t *instance)
{
	json_t *group = json_push_object(json_add_array(instance, "DBParameterGroups"));

	json_set_str(group, "DBParameterGroupName", "default.postgres15");
	json_set_str(group, "ParameterApplyStatus", "in-sync");
	json_set_str(instance, "EngineVersion", ENGINE_VERSION);
	json_set_str(instance, "StorageType", "gp2");
	json_set_int(instance, "BackupRetentionPeriod", 1);
	json_set_str(instance, "PreferredBackupWindow", "07:00-07:30");
	json_set_bool(instance, "CopyTagsToSnapshot", false);
	json_add_array(instance, "VpcSecurityGroups");
	json_drop(instance, "PromotionTier"); /* Aurora's */
}

int rds_stand_alone(struct request *rq, const json_t *in, json_t *instance)
{
	static const char *const members[] = {"Engine", "MasterUsername", "DBName", "KmsKeyId"};
	const json_t *group =
		store_get(rq->tx, DB_SUBNET_GROUP, rds_id(rq, json_str(in, "DBSubnetGroupName")));
	const char *address = NULL;
	int err;

	add_defaults(instance);
	for (size_t i = 0; i < array_len(members); i++)
		json_set(instance, members[i], json_get(in, members[i]));
	set_wishes(rq, in, instance);
	json_set_bool(instance, "StorageEncrypted", json_bool_or(in, "StorageEncrypted", false));
	rds_set_logs(instance, json_get(in, "EnableCloudwatchLogsExports"));
	json_set(instance, "DBSubnetGroup", group);
	json_set(instance, "AvailabilityZone",
		 json_path(group, "Subnets.0.SubnetAvailabilityZone.Name"));
	set_password(rq, json_str(in, "MasterUserPassword"), instance);
	err = rds_take_address(rq, group, in, instance, &address);
	if (err)
		return err;
	json_set_str(instance, "_Address", address);
	json_set_int(instance, "_Port", json_int_or(in, "Port", DB_PORT));
	return 0;
}

int rds_modify_standalone(struct request *rq, const json_t *in, json_t *instance)
{
	const char *password = json_str(in, "MasterUserPassword");
	const char *parameters = json_str(in, "DBParameterGroupName");
	int err = password ? rds_check_password(rq, password) : 0;

	if (err)
		return err;
	if (!rds_has_parameter_group(rq, DB_PARAMETER_GROUP, parameters))
		return fault(rq, RDS_DBParameterGroupNotFoundFault,
			     "DBParameterGroup not found: %s", parameters);
	set_wishes(rq, in, instance);
	if (json_has(in, "CloudwatchLogsExportConfiguration"))
		rds_change_logs(rq, instance, json_get(in, "CloudwatchLogsExportConfiguration"));
	if (password)
		set_password(rq, password, instance);
	return 0;
}

int rds_check_delete_standalone(struct request *rq, const json_t *in, const json_t *instance)
{
	if (json_bool_or(instance, "DeletionProtection", false))
		return fault_named(rq, "InvalidParameterCombination",
				   "Cannot delete protected DB Instance, please disable deletion "
				   "protection and try again.");
	return rds_check_snapshot(rq, in, "DB instance");
}
