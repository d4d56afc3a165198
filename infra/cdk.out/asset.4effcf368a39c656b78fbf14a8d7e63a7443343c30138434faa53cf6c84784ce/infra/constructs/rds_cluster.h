/*
 * rds_cluster.h - the database: engine, secret, and a security group that lets its clients in.
 */
#ifndef CONSTRUCTS_RDS_CLUSTER_H
#define CONSTRUCTS_RDS_CLUSTER_H

#include "infra/cdk/ec2.h"
#include "infra/cdk/kms.h"
#include "infra/cdk/secretsmanager.h"

/* Versions are ones that Debian 12's PostgreSQL 15 and MariaDB can stand for in the lab. */
enum database_engine {
	AURORA_POSTGRESQL, /* Serverless v2 */
	POSTGRES,
	MYSQL,
};

struct rds_cluster_props {
	enum database_engine engine;
	struct ec2_vpc *vpc;		    /* it stands in the isolated subnets */
	struct ec2_security_group *clients; /* who may connect; nobody else may */
	struct kms_key *key;		    /* for storage and secret */
	double min_acu;			    /* Aurora: capacity units, steps of 0.5 */
	double max_acu;
	const char *instance_type; /* others: "t4g.small" */
	int storage_gib;	   /* others: at first; it grows to five times that */
	bool multi_az; /* others: a standby in the second zone; Aurora: a reader there */
	int backup_days;
	int rotation_days; /* 0: the password stays */
	bool require_tls;  /* connections in the clear are refused */
	bool keep;	   /* deletion protection; outlives its stack */
};

struct rds_cluster {
	struct ec2_security_group *group;
	const char *secret_arn; /* {username, password, host, port, dbname, engine} */
	const char *name;	/* database, and user */
	const char *dimension;	/* CloudWatch's: "DBClusterIdentifier" */
	const char *identifier; /* its value */
	enum database_engine engine;
};

struct rds_cluster rds_cluster_new(struct constructs_construct *scope, const char *id,
				   const struct rds_cluster_props *props);

#endif
