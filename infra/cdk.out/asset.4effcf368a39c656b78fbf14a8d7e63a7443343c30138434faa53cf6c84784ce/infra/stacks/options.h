/*
 * options.h - what can be chosen of the golden path: the app's context values.
 *
 * Given by `cdk deploy -c NAME=VALUE`, or in cdk.json. infra/README.md has the table.
 */
#ifndef STACKS_OPTIONS_H
#define STACKS_OPTIONS_H

#include "infra/constructs/ecs_service_alb.h"
#include "infra/constructs/rds_cluster.h"
#include "infra/constructs/waf_web_acl.h"

#include <stdio.h>

enum nat {
	NAT_ONE,
	NAT_PER_AZ,
};

enum traffic_shift {
	SHIFT_CANARY,
	SHIFT_LINEAR,
	SHIFT_ALL_AT_ONCE,
};

/* Names are the context values'; texts that were not given are NULL. */
struct options {
	const char *region; /* CDK_DEFAULT_REGION */

	enum nat nat;
	bool vpc_endpoints;
	bool flow_logs;

	enum database_engine db_engine;
	double db_min_acu;
	double db_max_acu;
	const char *db_instance_type;
	double db_storage_gib;
	bool db_multi_az;
	const char *db_sslmode;
	const char *db_credentials;
	double db_backup_days;
	double rotation_days;
	bool deletion_protection;

	const char *image_repository;
	const char *image_tag;
	double task_cpu;
	double task_memory;
	double desired_count;
	double max_count;
	double cpu_target;
	double requests_per_target;
	bool exec;
	bool xray;
	bool read_only_root;
	const char *certificate_arn;
	enum waf_mode waf_mode;
	enum waf_mode waf_rate_mode;
	double waf_rate_limit;
	bool waf_logs;
	double log_days;
	double access_log_days;

	const char *alarm_email;
	double alarm_p95_ms;
	double alarm_db_connections;
	double alarm_waf_hits;
	bool dlq;

	enum deployment deployment;
	enum traffic_shift traffic_shift;
	const char *reset_schedule;
	const char *functions;

	const char *pipeline_source;
	const char *pipeline_connection_arn;
};

/* Reads an app's whole context. Names of ours have none of ":/@-"; others belong to the CDK.
 * false: something is wrong, said in *ret_wrong, which lives until cdk_close(). */
bool options_read(const json_t *context, struct options *ret_options, const char **ret_wrong);

/* The table of infra/README.md. */
void options_print_table(FILE *out);

#endif
