/*
 * log_group.c - a log group that is encrypted and forgets.
 */
#include "infra/constructs/log_group.h"

#include <assert.h>

const int log_group_days[] = {1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827, 3653, 0};

/* In the order of log_group_days. */
static const enum logs_retention_days retentions[] = {
	LOGS_RETENTION_DAYS_ONE_DAY,	LOGS_RETENTION_DAYS_THREE_DAYS,
	LOGS_RETENTION_DAYS_FIVE_DAYS,	LOGS_RETENTION_DAYS_ONE_WEEK,
	LOGS_RETENTION_DAYS_TWO_WEEKS,	LOGS_RETENTION_DAYS_ONE_MONTH,
	LOGS_RETENTION_DAYS_TWO_MONTHS, LOGS_RETENTION_DAYS_THREE_MONTHS,
	LOGS_RETENTION_DAYS_SIX_MONTHS, LOGS_RETENTION_DAYS_ONE_YEAR,
	LOGS_RETENTION_DAYS_TWO_YEARS,	LOGS_RETENTION_DAYS_FIVE_YEARS,
	LOGS_RETENTION_DAYS_TEN_YEARS,
};
_Static_assert(array_len(log_group_days) == array_len(retentions) + 1, "a retention a number");

static enum logs_retention_days retention_of(int days)
{
	for (size_t i = 0; i < array_len(retentions); i++)
		if (log_group_days[i] == days)
			return retentions[i];
	assert(false && "a number of log_group_days");
	return LOGS_RETENTION_DAYS_ONE_MONTH;
}

struct logs_log_group *golden_log_group_new(struct constructs_construct *scope, const char *id,
					    const struct golden_log_group_props *props)
{
	struct logs_log_group_props group_props = {
		.log_group_name = props->name,
		.encryption_key = &props->key->ikey_ref,
		.retention = retention_of(props->days),
		.removal_policy =
			props->keep ? CDK_REMOVAL_POLICY_RETAIN : CDK_REMOVAL_POLICY_DESTROY,
	};

	return logs_log_group_new(scope, id, &group_props);
}
