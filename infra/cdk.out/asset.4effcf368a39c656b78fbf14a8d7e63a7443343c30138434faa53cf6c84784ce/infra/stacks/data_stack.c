/*
 * data_stack.c - the database, and its secret.
 */
#include "infra/stacks/data_stack.h"

#include "infra/constructs/kms_key.h"
#include "infra/stacks/golden_stack.h"

#include <string.h>

struct data_stack data_stack_new(struct constructs_construct *scope, const struct options *options,
				 const struct network_stack *network)
{
	struct cdk_stack *stack =
		golden_stack_new(scope, "GoldenData", "database and secret", options);
	struct golden_kms_key_props key_props = {
		.alias = "golden-data",
		.description = "the database and its secret",
		.keep = options->deletion_protection,
	};
	struct data_stack it = {
		.key = golden_kms_key_new(&stack->construct, "DataKey", &key_props),
	};
	struct rds_cluster_props props = {
		.engine = options->db_engine,
		.vpc = network->vpc,
		.clients = network->task_group,
		.key = it.key,
		.min_acu = options->db_min_acu,
		.max_acu = options->db_max_acu,
		.instance_type = options->db_instance_type,
		.storage_gib = (int)options->db_storage_gib,
		.multi_az = options->db_multi_az,
		.backup_days = (int)options->db_backup_days,
		.rotation_days = (int)options->rotation_days,
		.require_tls = strcmp(options->db_sslmode, "require") == 0,
		.keep = options->deletion_protection,
	};

	it.database = rds_cluster_new(&stack->construct, "Db", &props);
	return it;
}
