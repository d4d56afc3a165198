/*
 * alarms.c - what wakes somebody: CloudWatch alarms, and the topic they tell.
 *
 * Missing data is said for each: a metric that only exists while there is traffic may be absent, one
 * that ECS reports every minute may not.
 */
#include "infra/constructs/alarms.h"

#include "infra/cdk/cdk.h"
#include "infra/cdk/cloudwatch_actions.h"
#include "infra/cdk/constructs.h"
#include "infra/cdk/iam.h"
#include "infra/cdk/sns.h"
#include "infra/cdk/sns_subscriptions.h"

#include <string.h>

#define GIB 1073741824.0

enum direction {
	ABOVE = CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_THRESHOLD,
	BELOW = CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_THRESHOLD,
};

/* When there are no data points. */
enum missing {
	FINE = CLOUDWATCH_TREAT_MISSING_DATA_NOT_BREACHING,
	BAD = CLOUDWATCH_TREAT_MISSING_DATA_BREACHING,
	UNKNOWN = CLOUDWATCH_TREAT_MISSING_DATA_MISSING, /* INSUFFICIENT_DATA */
};

struct rule {
	const char *id;
	const char *name; /* NULL: CloudFormation makes one */
	const char *what;
	struct cloudwatch_imetric *metric;
	enum direction direction;
	double threshold;
	int minutes; /* in a row */
	enum missing missing;
};

static struct cloudwatch_alarm *alarm_of(struct constructs_construct *scope,
					 const struct rule *rule)
{
	struct cloudwatch_alarm_props props = {
		.alarm_name = rule->name,
		.alarm_description = rule->what,
		.metric = rule->metric,
		.comparison_operator = (enum cloudwatch_comparison_operator)rule->direction,
		.threshold = NUM(rule->threshold),
		.evaluation_periods = NUM(rule->minutes),
		.treat_missing_data = (enum cloudwatch_treat_missing_data)rule->missing,
	};

	return cloudwatch_alarm_new(scope, rule->id, &props);
}

static struct rule rate_5xx_rule(struct metrics *metrics)
{
	return (struct rule){"Alb5xxRate",
			     NULL,
			     "More than 1 % of requests fail.",
			     metrics_5xx_rate(metrics),
			     ABOVE,
			     1,
			     5,
			     FINE};
}

static struct rule p95_rule(struct metrics *metrics, double seconds)
{
	return (struct rule){"P95Latency",
			     NULL,
			     "One request in twenty is slow.",
			     metrics_get(metrics, METRIC_P95),
			     ABOVE,
			     seconds,
			     5,
			     FINE};
}

/* ---- who is told ---- */

static struct sns_topic *topic_of(struct constructs_construct *scope,
				  const struct alarms_props *props)
{
	struct sns_topic_props topic_props = {
		.display_name = "golden alarms",
		.master_key = &props->key->ikey,
		.enforce_ssl = YES,
	};
	struct sns_topic *topic = sns_topic_new(scope, "Alarms", &topic_props);
	struct iam_service_principal *alarms =
		iam_service_principal_new("cloudwatch.amazonaws.com");
	/* A policy takes the place of the default one, which let the account's alarms publish. */
	struct iam_policy_statement_props publish = {
		.actions = LIST(string, "sns:Publish"),
		.resources = LIST(string, sns_topic_topic_arn(topic)),
		.principals = LIST(iam_iprincipal, &alarms->iprincipal),
	};

	sns_topic_add_to_resource_policy(topic, iam_policy_statement_new(&publish));
	if (props->email) {
		struct sns_subscriptions_email_subscription *mail =
			sns_subscriptions_email_subscription_new(props->email);

		sns_topic_add_subscription(topic, &mail->itopic_subscription);
	}
	return topic;
}

static struct cloudwatch_alarm *alarm_that_tells(struct constructs_construct *scope,
						 const struct rule *rule,
						 struct cloudwatch_actions_sns_action *action)
{
	struct cloudwatch_alarm *alarm = alarm_of(scope, rule);

	cloudwatch_alarm_add_alarm_action(alarm, &action->ialarm_action);
	cloudwatch_alarm_add_ok_action(alarm, &action->ialarm_action);
	return alarm;
}

/* ---- the alarms ---- */

/* Aurora's storage grows by itself and a Serverless v2 instance has no local storage that counts:
 * there it is capacity that runs out, and the volume that costs. */
static size_t storage_rules(const struct alarms_props *props, struct rule *ret_rules)
{
	struct metrics *metrics = props->metrics;

	if (props->engine != AURORA_POSTGRESQL) {
		ret_rules[0] = (struct rule){"DbFreeStorage",
					     NULL,
					     "The database's disk is nearly full.",
					     metrics_get(metrics, METRIC_DB_FREE_STORAGE),
					     BELOW,
					     0.1 * props->db_storage_gib * GIB,
					     5,
					     UNKNOWN};
		return 1;
	}
	ret_rules[0] = (struct rule){"DbFreeStorage",
				     NULL,
				     "The database is at its highest capacity.",
				     metrics_get(metrics, METRIC_DB_CAPACITY),
				     ABOVE,
				     90,
				     5,
				     UNKNOWN};
	ret_rules[1] = (struct rule){"DbVolume",
				     NULL,
				     "The database's volume is larger than was planned.",
				     metrics_get(metrics, METRIC_DB_VOLUME),
				     ABOVE,
				     props->db_storage_gib * GIB,
				     5,
				     UNKNOWN};
	return 2;
}

static size_t other_rules(const struct alarms_props *props, struct rule *ret_rules)
{
	struct metrics *metrics = props->metrics;
	const struct rule rules[] = {
		{"RunningTasks", NULL, "Fewer tasks run than are wanted.",
		 metrics_get(metrics, METRIC_RUNNING_TASKS), BELOW, props->desired_tasks, 3, BAD},
		{"DbCpu", NULL, "The database is busy.", metrics_get(metrics, METRIC_DB_CPU), ABOVE,
		 80, 5, UNKNOWN},
		{"DbConnections", NULL, "Connections to the database run out.",
		 metrics_get(metrics, METRIC_DB_CONNECTIONS), ABOVE, props->db_connections, 5,
		 UNKNOWN},
		{"WafSurge", NULL, "The web ACL stops many requests.", metrics_waf_hits(metrics),
		 ABOVE, props->waf_hits, 5, FINE},
	};

	memcpy(ret_rules, rules, sizeof(rules));
	return array_len(rules);
}

static size_t all_rules(const struct alarms_props *props, struct rule *ret_rules)
{
	size_t n = other_rules(props, ret_rules);

	n += storage_rules(props, ret_rules + n);
	if (props->metrics->queue)
		ret_rules[n++] = (struct rule){"DlqDepth",
					       NULL,
					       "Messages could not be handled.",
					       metrics_get(props->metrics, METRIC_DLQ_DEPTH),
					       ABOVE,
					       0,
					       1,
					       FINE};
	return n;
}

struct alarms alarms_new(struct constructs_construct *scope, const char *id,
			 const struct alarms_props *props)
{
	struct constructs_construct *construct = constructs_construct_new(scope, id);
	struct sns_topic *topic = topic_of(construct, props);
	struct cloudwatch_actions_sns_action *tell =
		cloudwatch_actions_sns_action_new(&topic->itopic);
	struct rule rate_5xx = rate_5xx_rule(props->metrics);
	struct rule p95 = p95_rule(props->metrics, props->p95_seconds);
	struct alarms alarms = {
		.rate_5xx = alarm_that_tells(construct, &rate_5xx, tell),
		.p95 = alarm_that_tells(construct, &p95, tell),
	};
	struct rule rules[8];
	size_t n = all_rules(props, rules);

	for (size_t i = 0; i < n; i++)
		alarm_that_tells(construct, &rules[i], tell);
	return alarms;
}

struct alarms alarms_new_for_rollback(struct constructs_construct *scope, const char *id,
				      struct metrics *metrics, double p95_seconds)
{
	struct constructs_construct *construct = constructs_construct_new(scope, id);
	struct rule rate_5xx = rate_5xx_rule(metrics);
	struct rule p95 = p95_rule(metrics, p95_seconds);
	struct alarms alarms;

	rate_5xx.name = ROLLBACK_5XX_ALARM;
	p95.name = ROLLBACK_P95_ALARM;
	alarms.rate_5xx = alarm_of(construct, &rate_5xx);
	alarms.p95 = alarm_of(construct, &p95);
	cdk_validations_acknowledge(
		cdk_validations_of(&construct->iconstruct),
		{.id = "NIST.800.53.R5-CloudWatchAlarmAction",
		 .reason =
			 "ECS reads them while it deploys; their twins in the observability stack "
			 "tell people."});
	return alarms;
}
