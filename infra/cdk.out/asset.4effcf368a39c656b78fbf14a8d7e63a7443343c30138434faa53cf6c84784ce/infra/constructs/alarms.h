/*
 * alarms.h - what wakes somebody: CloudWatch alarms, and the topic they tell.
 */
#ifndef CONSTRUCTS_ALARMS_H
#define CONSTRUCTS_ALARMS_H

#include "infra/constructs/metrics.h"

#include "infra/cdk/cloudwatch.h"
#include "infra/cdk/kms.h"

struct alarms_props {
	struct metrics *metrics;
	enum database_engine engine;
	double p95_seconds;
	int desired_tasks;
	int db_connections;
	int db_storage_gib;  /* RDS: an alarm below a tenth of it. Aurora: above all of it */
	int waf_hits;	     /* requests a minute */
	struct kms_key *key; /* the topic's; cloudwatch.amazonaws.com may use it: see kms_key.h */
	const char *email;   /* told of every alarm; NULL: nobody */
};

/* The two that roll a deployment back. */
struct alarms {
	struct cloudwatch_alarm *rate_5xx;
	struct cloudwatch_alarm *p95;
};

struct alarms alarms_new(struct constructs_construct *scope, const char *id,
			 const struct alarms_props *props);

/* Only those two, of given names, which tell nobody: what an ECS rolling deployment looks at has to
 * be there before the service. */
struct alarms alarms_new_for_rollback(struct constructs_construct *scope, const char *id,
				      struct metrics *metrics, double p95_seconds);

#define ROLLBACK_5XX_ALARM "golden-rollback-5xx-rate"
#define ROLLBACK_P95_ALARM "golden-rollback-p95"

#endif
