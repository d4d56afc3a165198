/*
 * cloudwatch.c - CloudWatch: alarms and dashboards, kept.
 *
 *   keeps      cloudwatch/alarm      by name    as DescribeAlarms shows it, and _Tags
 *              cloudwatch/dashboard  by name    as GetDashboard shows it, LastModified, Size
 *   publishes  nothing
 *   left out   metrics, so no alarm ever leaves INSUFFICIENT_DATA; composite alarms
 */
#include "lab/services/cloudwatch/cloudwatch.h"

#include "lab/aws/page.h"
#include "lab/models/cloudwatch.h"
#include "lab/services/cloudwatch/cloudwatch_cfn.h"

#include <string.h>

#define ALARM "cloudwatch/alarm"
#define DASHBOARD "cloudwatch/dashboard"

#define PAGE 100
#define DAY_SECONDS 86400

static const char *alarm_arn(struct request *rq, const char *name)
{
	return rq_arn(rq, "cloudwatch", rq_fmt(rq, "alarm:%s", name));
}

static bool period_is_good(int64_t period)
{
	return period == 10 || period == 20 || period == 30 || (period > 0 && period % 60 == 0);
}

/* The periods of a metric alarm, of its own or of each of its metrics. */
static int check_period(struct request *rq, const json_t *in, int64_t period)
{
	int64_t window = period * json_int_or(in, "EvaluationPeriods", 1);

	if (!period_is_good(period))
		return fault_named(rq, "ValidationError",
				   "Period must be 10, 20, 30 or a multiple of 60");
	if (window > (period >= 3600 ? 7 * DAY_SECONDS : DAY_SECONDS))
		return fault_named(rq, "ValidationError",
				   "Metrics cannot be checked across more than %s "
				   "(EvaluationPeriods * Period must be <= %d).",
				   period >= 3600 ? "a week" : "a day",
				   period >= 3600 ? 7 * DAY_SECONDS : DAY_SECONDS);
	return 0;
}

static int check_metrics(struct request *rq, const json_t *in)
{
	const json_t *metrics = json_get(in, "Metrics");
	const json_t *metric;
	int returned = 0;
	size_t i;
	int err;

	json_each (metrics, i, metric) {
		const json_t *stat = json_get(metric, "MetricStat");

		returned += json_bool_or(metric, "ReturnData", true);
		if (!stat)
			continue;
		err = check_period(rq, in, json_int_or(stat, "Period", 0));
		if (err)
			return err;
	}
	if (returned != 1)
		return fault_named(rq, "ValidationError",
				   "Exactly one element of the metrics list should return data.");
	return 0;
}

static int check_alarm(struct request *rq, const json_t *in)
{
	bool single = json_has(in, "MetricName");

	if (single == json_has(in, "Metrics"))
		return fault_named(rq, "ValidationError",
				   "Either MetricName or Metrics must be given, not both.");
	if (!single)
		return check_metrics(rq, in);
	if (!json_has(in, "Namespace") || !json_has(in, "Period"))
		return fault_named(rq, "ValidationError",
				   "Namespace and Period are required for a metric alarm.");
	if (json_has(in, "Statistic") == json_has(in, "ExtendedStatistic"))
		return fault_named(rq, "ValidationError",
				   "Exactly one of Statistic and ExtendedStatistic must be given.");
	return check_period(rq, in, json_int_or(in, "Period", 0));
}

/* A new alarm has no state yet; an old one keeps its own when its configuration is replaced. */
static void set_state(struct request *rq, json_t *alarm, const json_t *old)
{
	static const char *const members[] = {"StateValue", "StateReason", "StateReasonData",
					      "StateUpdatedTimestamp"};

	for (size_t i = 0; i < array_len(members); i++)
		json_set(alarm, members[i], json_get(old, members[i]));
	if (old)
		return;
	json_set_str(alarm, "StateValue", "INSUFFICIENT_DATA");
	json_set_str(alarm, "StateReason", "Unchecked: Initial alarm creation");
	json_set_time(alarm, "StateUpdatedTimestamp", rq->now);
}

static int put_metric_alarm(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions",
					    "Dimensions"};
	const char *name = json_str(in, "AlarmName");
	const json_t *old = store_get(rq->tx, ALARM, name);
	json_t *alarm;
	int err = check_alarm(rq, in);

	if (err)
		return err;
	alarm = rq_copy(rq, in);
	json_set(alarm, "_Tags", json_get(old ? old : in, old ? "_Tags" : "Tags"));
	json_drop(alarm, "Tags");
	json_set_str(alarm, "AlarmArn", alarm_arn(rq, name));
	json_set_time(alarm, "AlarmConfigurationUpdatedTimestamp", rq->now);
	if (!json_has(alarm, "ActionsEnabled"))
		json_set_bool(alarm, "ActionsEnabled", true);
	for (size_t i = 0; i < array_len(lists); i++)
		if (!json_has(alarm, lists[i]))
			json_add_array(alarm, lists[i]);
	set_state(rq, alarm, old);
	store_put(rq->tx, ALARM, name, alarm);
	return 0;
}

static bool starts_with(const char *text, const char *prefix)
{
	return !prefix || strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool acts_on(const json_t *alarm, const char *prefix)
{
	static const char *const lists[] = {"OKActions", "AlarmActions", "InsufficientDataActions"};
	const json_t *action;
	size_t i;

	for (size_t k = 0; k < array_len(lists); k++)
		json_each (json_get(alarm, lists[k]), i, action)
			if (starts_with(json_string_value(action), prefix))
				return true;
	return false;
}

static bool alarm_matches(const json_t *alarm, const json_t *in)
{
	const char *name = json_str(alarm, "AlarmName");
	const json_t *names = json_get(in, "AlarmNames");
	const char *state = json_str(in, "StateValue");
	const char *action = json_str(in, "ActionPrefix");

	if (json_array_size(names) && !json_list_has(names, name))
		return false;
	if (state && strcmp(json_str_or(alarm, "StateValue", ""), state) != 0)
		return false;
	return starts_with(name, json_str(in, "AlarmNamePrefix")) &&
	       (!action || acts_on(alarm, action));
}

static int describe_alarms(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *types = json_get(in, "AlarmTypes");
	const json_t *all = store_list(rq->tx, ALARM);
	json_t *found = rq_array(rq);
	const char *next = NULL;
	const json_t *alarm;
	json_t *page;
	size_t i;

	if (!json_array_size(types) || json_list_has(types, "MetricAlarm"))
		json_each (all, i, alarm)
			if (alarm_matches(alarm, in))
				json_push(found, alarm);
	page = page_of(rq, found, json_int_or(in, "MaxRecords", PAGE), json_str(in, "NextToken"),
		       &next);
	if (!page)
		return fault(rq, CLOUDWATCH_InvalidNextToken, "The token is not valid.");
	json_set(out, "MetricAlarms", page);
	json_add_array(out, "CompositeAlarms");
	json_set_str(out, "NextToken", next);
	return 0;
}

static int delete_alarms(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *name;
	size_t i;

	json_each (json_get(in, "AlarmNames"), i, name)
		if (!store_delete(rq->tx, ALARM, json_string_value(name)))
			return fault(rq, CLOUDWATCH_ResourceNotFound, "Alarm %s does not exist.",
				     json_string_value(name));
	return 0;
}

/* Dashboards are global: their ARN has no region. */
static const char *dashboard_arn(struct request *rq, const char *name)
{
	return rq_fmt(rq, "arn:%s:cloudwatch::%s:dashboard/%s", rq->partition, rq->account, name);
}

static int put_dashboard(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "DashboardName");
	const char *body = json_str(in, "DashboardBody");
	AUTO_JSON json_t *tree = json_read(body, strlen(body));
	json_t *dashboard = rq_object(rq);

	if (!json_is_object(tree) || !json_is_array(json_get(tree, "widgets")))
		return fault(rq, CLOUDWATCH_DashboardInvalidInputError,
			     "The field DashboardBody must be a valid JSON object with widgets.");
	json_set_str(dashboard, "DashboardName", name);
	json_set_str(dashboard, "DashboardArn", dashboard_arn(rq, name));
	json_set_str(dashboard, "DashboardBody", body);
	json_set_time(dashboard, "LastModified", rq->now);
	json_set_int(dashboard, "Size", (int64_t)strlen(body));
	store_put(rq->tx, DASHBOARD, name, dashboard);
	json_add_array(out, "DashboardValidationMessages");
	return 0;
}

static int get_dashboard(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "DashboardName");
	const json_t *dashboard = store_get(rq->tx, DASHBOARD, name);

	if (!dashboard)
		return fault(rq, CLOUDWATCH_DashboardNotFoundError, "Dashboard %s does not exist",
			     name);
	json_set(out, "DashboardName", json_get(dashboard, "DashboardName"));
	json_set(out, "DashboardArn", json_get(dashboard, "DashboardArn"));
	json_set(out, "DashboardBody", json_get(dashboard, "DashboardBody"));
	return 0;
}

static int list_dashboards(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all =
		store_list_prefix(rq->tx, DASHBOARD, json_str_or(in, "DashboardNamePrefix", ""));
	const char *next = NULL;
	json_t *page = page_of(rq, all, 1000, json_str(in, "NextToken"), &next);

	if (!page)
		return fault(rq, CLOUDWATCH_InvalidParameterValueException,
			     "The token is not valid.");
	json_set(out, "DashboardEntries", page);
	json_set_str(out, "NextToken", next);
	return 0;
}

static int delete_dashboards(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *name;
	size_t i;

	json_each (json_get(in, "DashboardNames"), i, name)
		if (!store_delete(rq->tx, DASHBOARD, json_string_value(name)))
			return fault(rq, CLOUDWATCH_DashboardNotFoundError,
				     "Dashboard %s does not exist", json_string_value(name));
	return 0;
}

static int list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ResourceARN");
	const json_t *alarm;
	size_t i;

	json_each (store_list(rq->tx, ALARM), i, alarm) {
		if (strcmp(json_str(alarm, "AlarmArn"), arn) != 0)
			continue;
		json_set(out, "Tags", json_get(alarm, "_Tags"));
		if (!json_has(out, "Tags"))
			json_add_array(out, "Tags");
		return 0;
	}
	return fault(rq, CLOUDWATCH_ResourceNotFoundException, "%s does not exist", arn);
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	switch (op) {
	case CLOUDWATCH_PutMetricAlarm:
		return alarm_arn(rq, json_str(in, "AlarmName"));
	case CLOUDWATCH_DescribeAlarms:
		return alarm_arn(rq, "*");
	case CLOUDWATCH_DeleteAlarms:
		if (json_array_size(json_get(in, "AlarmNames")) == 1)
			return alarm_arn(rq, json_path_str(in, "AlarmNames.0"));
		return alarm_arn(rq, "*");
	case CLOUDWATCH_PutDashboard:
	case CLOUDWATCH_GetDashboard:
		return dashboard_arn(rq, json_str(in, "DashboardName"));
	default:
		return NULL;
	}
}

static op_fn *const ops[CLOUDWATCH_NOPS] = {
	[CLOUDWATCH_DeleteAlarms] = delete_alarms,
	[CLOUDWATCH_DeleteDashboards] = delete_dashboards,
	[CLOUDWATCH_DescribeAlarms] = describe_alarms,
	[CLOUDWATCH_GetDashboard] = get_dashboard,
	[CLOUDWATCH_ListDashboards] = list_dashboards,
	[CLOUDWATCH_ListTagsForResource] = list_tags_for_resource,
	[CLOUDWATCH_PutDashboard] = put_dashboard,
	[CLOUDWATCH_PutMetricAlarm] = put_metric_alarm,
};

const struct service cloudwatch_service = {
	.model = &cloudwatch_model,
	.ops = ops,
	.resources = cloudwatch_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
