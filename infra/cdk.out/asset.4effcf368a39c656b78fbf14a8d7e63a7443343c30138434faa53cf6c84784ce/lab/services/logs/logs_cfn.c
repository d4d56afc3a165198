/*
 * logs_cfn.c - CloudFormation's types of CloudWatch Logs.
 *
 *   left out   a class other than STANDARD, data protection, field indexes; LogStream
 */
#include "lab/services/logs/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	return cfn_call(rq, &logs_model, op, in, NULL);
}

static int call_gone(struct request *rq, int op, const json_t *in)
{
	return cfn_call_unless(rq, &logs_model, op, in, "ResourceNotFoundException");
}

static const struct cfn_tagging group_tagging = {
	.model = &logs_model,
	.tag_op = LOGS_TagResource,
	.untag_op = LOGS_UntagResource,
	.id = "resourceArn",
	.tags = "tags",
	.keys = "tagKeys",
};

/* `days` as the template has them; NULL: for ever. */
static int set_retention(struct request *rq, const char *name, const json_t *days)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "logGroupName", name);
	json_set(in, "retentionInDays", days);
	return call(rq, days ? LOGS_PutRetentionPolicy : LOGS_DeleteRetentionPolicy, in);
}

static int group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = cfn_name_prop(rq, r, "LogGroupName", 512, false);
	const char *class = json_str_or(r->props, "LogGroupClass", "STANDARD");
	json_t *in = rq_object(rq);
	json_t *tags = cfn_tag_map(rq, r);
	const json_t *days = json_get(r->props, "RetentionInDays");
	int err;

	if (strcmp(class, "STANDARD") != 0)
		return fault_named(rq, "InvalidParameterException",
				   "The log group class %s is not in the lab.", class);
	json_set_str(in, "logGroupName", name);
	json_set_str(in, "kmsKeyId", json_str(r->props, "KmsKeyId"));
	if (json_object_size(tags) > 0)
		json_set(in, "tags", tags);
	err = call(rq, LOGS_CreateLogGroup, in);
	if (err == 0 && days)
		err = set_retention(rq, name, days);
	*ret_id = name;
	return err;
}

static const char *group_arn(struct request *rq, const char *name)
{
	return rq_arn(rq, "logs", rq_fmt(rq, "log-group:%s", name));
}

static bool same(const json_t *a, const json_t *b, const char *prop)
{
	const json_t *one = json_get(a, prop), *other = json_get(b, prop);

	return one == other || (one && other && json_equal(one, other));
}

static int group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *key = json_str(r->props, "KmsKeyId");
	json_t *in = rq_object(rq);
	int err = 0;

	if (!same(r->props, old, "RetentionInDays"))
		err = set_retention(rq, r->physical_id, json_get(r->props, "RetentionInDays"));
	json_set_str(in, "logGroupName", r->physical_id);
	json_set_str(in, "kmsKeyId", key);
	if (!err && !same(r->props, old, "KmsKeyId"))
		err = call(rq, key ? LOGS_AssociateKmsKey : LOGS_DisassociateKmsKey, in);
	return err ? err : cfn_retag(rq, r, old, &group_tagging, group_arn(rq, r->physical_id));
}

static int group_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		      int *ret_there)
{
	const json_t *group = store_get(rq->tx, LOG_GROUP, r->physical_id);

	*ret_there = group != NULL;
	cfn_show(r, group, NULL, ret_props);
	return 0;
}

static int group_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "logGroupName", r->physical_id);
	return call_gone(rq, LOGS_DeleteLogGroup, in);
}

static json_t *group_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *group = store_get(rq->tx, LOG_GROUP, r->physical_id);

	if (strcmp(name, "Arn") != 0 || !group)
		return NULL;
	return json_string(json_str(group, "arn"));
}

/* Metric filters. A template writes the members in upper camel case. */

static const char *filter_name(struct request *rq, const struct cfn_resource *r)
{
	if (r->physical_id)
		return r->physical_id;
	return cfn_name_prop(rq, r, "FilterName", 512, false);
}

static void add_transformation(struct request *rq, json_t *in, const json_t *from)
{
	json_t *to = json_push_object(json_add_array(in, "metricTransformations"));
	const json_t *dimensions = json_get(from, "Dimensions");
	const json_t *dimension;
	size_t i;

	json_set_str(to, "metricName", json_str(from, "MetricName"));
	json_set_str(to, "metricNamespace", json_str(from, "MetricNamespace"));
	json_set_str(to, "metricValue", json_str(from, "MetricValue"));
	json_set_str(to, "unit", json_str(from, "Unit"));
	json_set(to, "defaultValue", json_get(from, "DefaultValue"));
	if (json_array_size(dimensions) > 0) {
		json_t *map = json_add_object(to, "dimensions");

		json_each (dimensions, i, dimension)
			json_set_str(map, json_str_or(dimension, "Key", ""),
				     json_str(dimension, "Value"));
	}
}

static int filter_put(struct request *rq, const struct cfn_resource *r, const char *name)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "logGroupName", json_str(r->props, "LogGroupName"));
	json_set_str(in, "filterName", name);
	json_set_str(in, "filterPattern", json_str(r->props, "FilterPattern"));
	add_transformation(rq, in, json_at(json_get(r->props, "MetricTransformations"), 0));
	return call(rq, LOGS_PutMetricFilter, in);
}

static int filter_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	*ret_id = filter_name(rq, r);
	return filter_put(rq, r, *ret_id);
}

static int filter_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return filter_put(rq, r, r->physical_id);
}

static int filter_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "logGroupName", json_str(r->props, "LogGroupName"));
	json_set_str(in, "filterName", r->physical_id);
	return call_gone(rq, LOGS_DeleteMetricFilter, in);
}

static int filter_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		       int *ret_there)
{
	const char *group = json_str_or(r->props, "LogGroupName", "");
	json_t *filter = store_edit(rq->tx, METRIC_FILTER, logs_key(rq, group, r->physical_id));
	json_t *transformation =
		json_array_get(json_object_get(filter, "metricTransformations"), 0);
	const json_t *dimensions = rq_copy(rq, json_get(transformation, "dimensions")), *value;
	const char *name;

	*ret_there = filter != NULL;
	/* The API's map of dimensions is a list in a template. */
	if (dimensions)
		json_add_array(transformation, "dimensions");
	json_each_member (dimensions, name, value) {
		json_t *one = json_push_object(json_object_get(transformation, "dimensions"));

		json_set_str(one, "Key", name);
		json_set(one, "Value", value);
	}
	cfn_show(r, filter, NULL, ret_props);
	return 0;
}

/* Saved queries: the id is the service's. */

static int query_put(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in, *out = rq_object(rq);
	int err = cfn_input(rq, &logs_model, LOGS_PutQueryDefinition, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "queryDefinitionId", r->physical_id);
	err = cfn_call(rq, &logs_model, LOGS_PutQueryDefinition, in, out);
	if (err == 0)
		*ret_id = rq_strdup(rq, json_str(out, "queryDefinitionId"));
	return err;
}

static int query_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *id;

	return query_put(rq, r, &id);
}

static int query_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "queryDefinitionId", r->physical_id);
	return call_gone(rq, LOGS_DeleteQueryDefinition, in);
}

static int query_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		      int *ret_there)
{
	const json_t *definition = store_get(rq->tx, QUERY_DEFINITION, r->physical_id);

	*ret_there = definition != NULL;
	cfn_show(r, definition, NULL, ret_props);
	return 0;
}

static json_t *query_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "QueryDefinitionId") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource logs_resources[] = {
	{
		.type = "AWS::Logs::LogGroup",
		.create = group_create,
		.update = group_update,
		.delete = group_delete,
		.read = group_read,
		.get_att = group_att,
	},
	{
		.type = "AWS::Logs::MetricFilter",
		.create = filter_create,
		.update = filter_update,
		.delete = filter_delete,
		.read = filter_read,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::Logs::QueryDefinition",
		.create = query_put,
		.update = query_update,
		.delete = query_delete,
		.read = query_read,
		.get_att = query_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
