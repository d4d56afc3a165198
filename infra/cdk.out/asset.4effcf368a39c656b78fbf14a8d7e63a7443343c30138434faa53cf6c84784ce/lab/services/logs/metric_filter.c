/*
 * metric_filter.c - metric filters: kept and shown, patterns checked. They do not act yet.
 *
 *   keeps      logs/metric-filter   by group:filter
 */
#include "lab/services/logs/filter_pattern.h"
#include "lab/services/logs/nouns.h"

#include <string.h>

#define FILTERS_MAX 100 /* of a group */

static void count_filters(struct request *rq, const char *name)
{
	json_t *group = store_edit(rq->tx, LOG_GROUP, name);

	json_set_int(group, "metricFilterCount",
		     (int64_t)json_array_size(
			     store_keys(rq->tx, METRIC_FILTER, logs_key(rq, name, ""))));
	store_put(rq->tx, LOG_GROUP, name, group);
}

static int check_filter(struct request *rq, const json_t *in)
{
	const json_t *transformations = json_get(in, "metricTransformations");
	const json_t *transformation = json_at(transformations, 0);
	const char *why = NULL;

	if (!filter_pattern_read(rq->arena, json_str(in, "filterPattern"), &why))
		return fault(rq, LOGS_InvalidParameterException, "Invalid filter pattern: %s", why);
	if (json_array_size(transformations) != 1)
		return fault(rq, LOGS_InvalidParameterException,
			     "A metric filter has exactly one metric transformation.");
	if (json_has(transformation, "dimensions") && json_has(transformation, "defaultValue"))
		return fault(rq, LOGS_InvalidParameterException,
			     "Invalid metric transformation: dimensions and default value are "
			     "mutually exclusive properties.");
	return 0;
}

int logs_put_metric_filter(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = json_str(in, "logGroupName");
	const char *key = logs_key(rq, group, json_str(in, "filterName"));
	const json_t *old = store_get(rq->tx, METRIC_FILTER, key);
	json_t *filter = rq_object(rq);
	int err;

	if (!store_has(rq->tx, LOG_GROUP, group))
		return logs_no_group(rq);
	err = check_filter(rq, in);
	if (err)
		return err;
	if (!old && json_array_size(store_keys(rq->tx, METRIC_FILTER, logs_key(rq, group, ""))) >=
			    FILTERS_MAX)
		return fault(rq, LOGS_LimitExceededException, "Resource limit exceeded.");

	json_set_str(filter, "filterName", json_str(in, "filterName"));
	json_set_str(filter, "filterPattern", json_str(in, "filterPattern"));
	json_set(filter, "metricTransformations", json_get(in, "metricTransformations"));
	json_set_int(filter, "creationTime", json_int_or(old, "creationTime", rq->now.ms));
	json_set_str(filter, "logGroupName", group);
	store_put(rq->tx, METRIC_FILTER, key, filter);
	count_filters(rq, group);
	return 0;
}

int logs_delete_metric_filter(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = json_str(in, "logGroupName");

	if (!store_has(rq->tx, LOG_GROUP, group))
		return logs_no_group(rq);
	if (!store_delete(rq->tx, METRIC_FILTER, logs_key(rq, group, json_str(in, "filterName"))))
		return fault(rq, LOGS_ResourceNotFoundException,
			     "The specified metric filter does not exist.");
	count_filters(rq, group);
	return 0;
}

void logs_remove_metric_filters(struct request *rq, const char *group)
{
	const json_t *keys = store_keys(rq->tx, METRIC_FILTER, logs_key(rq, group, ""));
	const json_t *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, METRIC_FILTER, json_string_value(key));
}

static bool is_of_metric(const json_t *filter, const json_t *in)
{
	const json_t *transformation = json_at(json_get(filter, "metricTransformations"), 0);
	const char *name = json_str(in, "metricName");
	const char *space = json_str(in, "metricNamespace");

	return (!name || strcmp(name, json_str_or(transformation, "metricName", "")) == 0) &&
	       (!space || strcmp(space, json_str_or(transformation, "metricNamespace", "")) == 0);
}

int logs_describe_metric_filters(struct request *rq, const json_t *in, json_t *out)
{
	const char *group = json_str(in, "logGroupName");
	const char *prefix = json_str_or(in, "filterNamePrefix", "");
	json_t *chosen = rq_array(rq);
	const json_t *all;
	const json_t *filter;
	size_t i;

	if (group && !store_has(rq->tx, LOG_GROUP, group))
		return logs_no_group(rq);
	if (json_has(in, "metricName") != json_has(in, "metricNamespace"))
		return fault(rq, LOGS_InvalidParameterException,
			     "metricName and metricNamespace are given both or neither.");
	all = group ? store_list_prefix(rq->tx, METRIC_FILTER, logs_key(rq, group, prefix))
		    : store_list(rq->tx, METRIC_FILTER);
	json_each (all, i, filter) {
		const char *name = json_str(filter, "filterName");

		if (strncmp(name, prefix, strlen(prefix)) == 0 && is_of_metric(filter, in))
			json_push(chosen, filter);
	}
	return logs_show_page(rq, in, chosen, "metricFilters", out);
}

int logs_test_metric_filter(struct request *rq, const json_t *in, json_t *out)
{
	json_t *matches = json_add_array(out, "matches");
	const char *why = NULL;
	const struct filter_pattern *pattern =
		filter_pattern_read(rq->arena, json_str(in, "filterPattern"), &why);
	const json_t *message;
	size_t i;

	if (!pattern)
		return fault(rq, LOGS_InvalidParameterException, "Invalid filter pattern: %s", why);
	json_each (json_get(in, "logEventMessages"), i, message) {
		json_t *match;

		if (!filter_pattern_match(pattern, json_string_value(message),
					  json_string_length(message)))
			continue;
		match = json_push_object(matches);
		json_set_int(match, "eventNumber", (int64_t)i + 1);
		json_set(match, "eventMessage", message);
		json_add_object(match, "extractedValues");
	}
	return 0;
}
