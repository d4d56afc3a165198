/*
 * rds_cluster.c - the database: engine, secret, and a security group that lets its clients in.
 *
 *   left out   RDS Proxy, read replicas in other regions, Performance Insights
 */
#include "infra/constructs/rds_cluster.h"

#include "infra/constructs/findings.h"

#include "infra/cdk/cdk.h"
#include "infra/cdk/constructs.h"
#include "infra/cdk/rds.h"

#include <string.h>

#define DATABASE "golden" /* and its user */

static const struct engine {
	int port;
	const char *log;
	const char *tls_parameter;
} engines[] = {
	[AURORA_POSTGRESQL] = {5432, "postgresql", "rds.force_ssl"},
	[POSTGRES] = {5432, "postgresql", "rds.force_ssl"},
	[MYSQL] = {3306, "error", "require_secure_transport"},
};

/* It stands in the database's stack, so that a rule with the database's port does not make the
 * network depend on the database. */
static struct ec2_security_group *security_group(struct constructs_construct *scope, const char *id,
						 const struct rds_cluster_props *props)
{
	struct ec2_security_group_props group_props = {
		.vpc = &props->vpc->ivpc,
		.description = "database",
		.allow_all_outbound = NO,
	};
	struct ec2_security_group *group =
		ec2_security_group_new(scope, cdk_fmt("%sSg", id), &group_props);

	ec2_security_group_add_ingress_rule(group, &props->clients->ipeer,
					    ec2_port_tcp(engines[props->engine].port),
					    "from ECS tasks only");
	return group;
}

static struct rds_credentials *credentials(const struct rds_cluster_props *props)
{
	struct rds_credentials_base_options options = {.encryption_key = &props->key->ikey};

	return rds_credentials_from_generated_secret(DATABASE, &options);
}

static struct string_map parameters(const struct rds_cluster_props *props)
{
	if (!props->require_tls)
		return (struct string_map){0};
	return KEEP_MAP(string, {engines[props->engine].tls_parameter, "1"});
}

static const struct ec2_subnet_selection isolated = {
	.subnet_type = EC2_SUBNET_TYPE_PRIVATE_ISOLATED,
};

static enum cdk_removal_policy removal(const struct rds_cluster_props *props)
{
	return props->keep ? CDK_REMOVAL_POLICY_SNAPSHOT : CDK_REMOVAL_POLICY_DESTROY;
}

/* ---- Aurora ---- */

static struct rds_icluster_instance *aurora_instance(const char *id)
{
	struct rds_serverless_v2_cluster_instance_props props = {
		.auto_minor_version_upgrade = YES,
		.scale_with_writer = strcmp(id, "reader") == 0 ? YES : (cdk_bool){0},
	};

	return rds_cluster_instance_serverless_v2(id, &props);
}

static struct rds_database_cluster *aurora(struct constructs_construct *scope, const char *id,
					   const struct rds_cluster_props *props,
					   struct ec2_security_group *group)
{
	struct rds_aurora_postgres_cluster_engine_props engine = {
		.version = rds_aurora_postgres_engine_version_VER_15_10(),
	};
	struct rds_backup_props backup = {.retention = cdk_duration_days(props->backup_days)};
	struct rds_database_cluster_props cluster = {
		.engine = rds_database_cluster_engine_aurora_postgres(&engine),
		.writer = aurora_instance("writer"),
		.serverless_v2_min_capacity = NUM(props->min_acu),
		.serverless_v2_max_capacity = NUM(props->max_acu),
		.vpc = &props->vpc->ivpc,
		.vpc_subnets = &isolated,
		.security_groups = LIST(ec2_isecurity_group, &group->isecurity_group),
		.credentials = credentials(props),
		.default_database_name = DATABASE,
		.parameters = parameters(props),
		.storage_encrypted = YES,
		.storage_encryption_key = &props->key->ikey_ref,
		.iam_authentication = YES,
		.backup = &backup,
		.cloudwatch_logs_exports = LIST(string, engines[props->engine].log),
		.deletion_protection = BOOL(props->keep),
		.removal_policy = removal(props),
	};

	if (props->multi_az)
		cluster.readers = KEEP_LIST(rds_icluster_instance, aurora_instance("reader"));
	return rds_database_cluster_new(scope, id, &cluster);
}

static struct rds_cluster aurora_cluster(struct constructs_construct *scope, const char *id,
					 const struct rds_cluster_props *props,
					 struct ec2_security_group *group)
{
	struct rds_database_cluster *cluster = aurora(scope, id, props, group);
	struct rds_rotation_single_user_options rotation = {0};

	if (props->rotation_days) {
		rotation.automatically_after = cdk_duration_days(props->rotation_days);
		rds_database_cluster_add_rotation_single_user(cluster, &rotation);
	}
	return (struct rds_cluster){
		.secret_arn =
			secretsmanager_isecret_secret_arn(rds_database_cluster_secret(cluster)),
		.dimension = "DBClusterIdentifier",
		.identifier = rds_database_cluster_cluster_identifier(cluster),
	};
}

/* ---- RDS for PostgreSQL and MySQL ---- */

static struct rds_iinstance_engine *instance_engine(enum database_engine engine)
{
	struct rds_postgres_instance_engine_props postgres = {0};
	struct rds_mysql_instance_engine_props mysql = {0};

	if (engine == MYSQL) {
		mysql.version = rds_mysql_engine_version_VER_8_0_42();
		return rds_database_instance_engine_mysql(&mysql);
	}
	postgres.version = rds_postgres_engine_version_VER_15_10();
	return rds_database_instance_engine_postgres(&postgres);
}

static struct rds_database_instance *instance(struct constructs_construct *scope, const char *id,
					      const struct rds_cluster_props *props,
					      struct ec2_security_group *group)
{
	struct rds_database_instance_props instance = {
		.engine = instance_engine(props->engine),
		.instance_type = ec2_instance_type_new(props->instance_type),
		.allocated_storage = NUM(props->storage_gib),
		.max_allocated_storage = NUM(5 * props->storage_gib),
		.storage_type = RDS_STORAGE_TYPE_GP3,
		.multi_az = BOOL(props->multi_az),
		.vpc = &props->vpc->ivpc,
		.vpc_subnets = &isolated,
		.security_groups = LIST(ec2_isecurity_group, &group->isecurity_group),
		.credentials = credentials(props),
		.database_name = DATABASE,
		.parameters = parameters(props),
		.storage_encrypted = YES,
		.storage_encryption_key = &props->key->ikey_ref,
		.iam_authentication = YES,
		.auto_minor_version_upgrade = YES,
		.backup_retention = cdk_duration_days(props->backup_days),
		.cloudwatch_logs_exports = LIST(string, engines[props->engine].log),
		.deletion_protection = BOOL(props->keep),
		.removal_policy = removal(props),
	};

	return rds_database_instance_new(scope, id, &instance);
}

static struct rds_cluster single_instance(struct constructs_construct *scope, const char *id,
					  const struct rds_cluster_props *props,
					  struct ec2_security_group *group)
{
	struct rds_database_instance *database = instance(scope, id, props, group);
	struct rds_rotation_single_user_options rotation = {0};

	if (props->rotation_days) {
		rotation.automatically_after = cdk_duration_days(props->rotation_days);
		rds_database_instance_add_rotation_single_user(database, &rotation);
	}
	return (struct rds_cluster){
		.secret_arn =
			secretsmanager_isecret_secret_arn(rds_database_instance_secret(database)),
		.dimension = "DBInstanceIdentifier",
		.identifier = rds_database_instance_instance_identifier(database),
	};
}

/* ---- */

static const struct cdk_acknowledgment always[] = {
	{.id = "NIST.800.53.R5-RDSEnhancedMonitoringEnabled",
	 .reason =
		 "CloudWatch's own metrics feed the alarms; enhanced monitoring is billed apart."},
	{.id = "NIST.800.53.R5-RDSInBackupPlan",
	 .reason = "RDS backs up by itself every day and keeps it for backup_days."},
	{.id = "AwsSolutions-RDS11",
	 .reason = "Who may connect is decided by the security group, not by an odd port."},
};

static const struct cdk_acknowledgment without_rotation[] = {
	{.id = "AwsSolutions-SMG4",
	 .reason = "The context value rotation_days turns it on; in the lab a drifted password is "
		   "an exercise."},
	{.id = "NIST.800.53.R5-SecretsManagerRotationEnabled",
	 .reason = "The context value rotation_days turns it on."},
};

static const struct cdk_acknowledgment without_protection[] = {
	{.id = "AwsSolutions-RDS10",
	 .reason = "The context value deletion_protection turns it on; a lab must be removable."},
	{.id = "NIST.800.53.R5-RDSInstanceDeletionProtectionEnabled",
	 .reason = "The context value deletion_protection turns it on."},
};

static const struct cdk_acknowledgment without_standby[] = {
	{.id = "AwsSolutions-RDS3",
	 .reason = "The context value db_multi_az adds a standby, at twice the price."},
	{.id = "NIST.800.53.R5-RDSMultiAZSupport",
	 .reason = "The context value db_multi_az adds a standby."},
};

static void accept_findings(struct constructs_construct *construct,
			    const struct rds_cluster_props *props)
{
	struct cdk_validations *validations = cdk_validations_of(&construct->iconstruct);

	cdk_validations_acknowledge_list(validations, FINDINGS(always));
	if (!props->rotation_days)
		cdk_validations_acknowledge_list(validations, FINDINGS(without_rotation));
	if (!props->keep)
		cdk_validations_acknowledge_list(validations, FINDINGS(without_protection));
	if (!props->multi_az && props->engine != AURORA_POSTGRESQL)
		cdk_validations_acknowledge_list(validations, FINDINGS(without_standby));
}

struct rds_cluster rds_cluster_new(struct constructs_construct *scope, const char *id,
				   const struct rds_cluster_props *props)
{
	/* "Default" does not show in the names of what is inside: they are Db, DbSg, … */
	struct constructs_construct *construct = constructs_construct_new(scope, "Default");
	struct ec2_security_group *group = security_group(construct, id, props);
	struct rds_cluster cluster = props->engine == AURORA_POSTGRESQL
					     ? aurora_cluster(construct, id, props, group)
					     : single_instance(construct, id, props, group);

	cluster.group = group;
	cluster.name = DATABASE;
	cluster.engine = props->engine;
	accept_findings(construct, props);
	return cluster;
}
