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

static void add_tags(json_t *all, const json_t *tags)
{
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag)
		json_set_str(all, json_str_or(tag, "Key", ""), json_str_or(tag, "Value", ""));
}

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
	json_t *tags = rq_object(rq);
	const json_t *days = json_get(r->props, "RetentionInDays");
	int err;

	if (strcmp(class, "STANDARD") != 0)
		return fault_named(rq, "InvalidParameterException",
				   "The log group class %s is not in the lab.", class);
	add_tags(tags, r->tags);
	add_tags(tags, json_get(r->props, "Tags"));
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

static int group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *key = json_str(r->props, "KmsKeyId");
	json_t *in = rq_object(rq);
	int err;

	err = set_retention(rq, r->physical_id, json_get(r->props, "RetentionInDays"));
	if (err)
		return err;
	json_set_str(in, "logGroupName", r->physical_id);
	json_set_str(in, "kmsKeyId", key);
	return call(rq, key ? LOGS_AssociateKmsKey : LOGS_DisassociateKmsKey, in);
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

const struct resource logs_resources[] = {
	{
		.type = "AWS::Logs::LogGroup",
		.create = group_create,
		.update = group_update,
		.delete = group_delete,
		.get_att = group_att,
	},
	{
		.type = "AWS::Logs::MetricFilter",
		.create = filter_create,
		.update = filter_update,
		.delete = filter_delete,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
