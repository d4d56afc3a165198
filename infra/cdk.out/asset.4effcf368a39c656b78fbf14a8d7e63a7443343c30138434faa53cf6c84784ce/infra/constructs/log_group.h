/*
 * log_group.h - a log group that is encrypted and forgets.
 */
#ifndef CONSTRUCTS_LOG_GROUP_H
#define CONSTRUCTS_LOG_GROUP_H

#include "infra/cdk/kms.h"
#include "infra/cdk/logs.h"

struct golden_log_group_props {
	const char *name;    /* "/golden/app" */
	struct kms_key *key; /* which CloudWatch Logs may use: see kms_key.h */
	int days;	     /* one of log_group_days */
	bool keep;	     /* outlives its stack */
};

/* The numbers of days that CloudWatch Logs can keep events for; ended by 0. */
extern const int log_group_days[];

struct logs_log_group *golden_log_group_new(struct constructs_construct *scope, const char *id,
					    const struct golden_log_group_props *props);

#endif
