/*
 * logs_cfn.c - CloudFormation's types of CloudWatch Logs.
 *
 *   left out   a class other than STANDARD, data protection, field indexes; LogStream
 */
#include "lab/services/logs/nouns.h"

#include <stdlib.h>
#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	int err = aws_call(rq, rq->caller, &logs_model, op, in, NULL);

	return err > 0 ? fault_pass(rq) : err;
}

static int call_gone(struct request *rq, int op, const json_t *in)
{
	int err = aws_call(rq, rq->caller, &logs_model, op, in, NULL);

	if (err > 0 && strcmp(rq->called.code, "ResourceNotFoundException") == 0)
		return 0;
	return err > 0 ? fault_pass(rq) : err;
}

static void add_tags(json_t *all, const json_t *tags)
{
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag)
		json_set_str(all, json_str_or(tag, "Key", ""), json_str_or(tag, "Value", ""));
}

/* A template has numbers as numbers or as text. */
static int64_t number_of(const json_t *props, const char *name)
{
	const char *text = json_str(props, name);

	return text ? strtoll(text, NULL, 10) : json_int_or(props, name, 0);
}

static int set_retention(struct request *rq, const char *name, int64_t days)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "logGroupName", name);
	if (days == 0)
		return call(rq, LOGS_DeleteRetentionPolicy, in);
	json_set_int(in, "retentionInDays", days);
	return call(rq, LOGS_PutRetentionPolicy, in);
}

static int group_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = json_str(r->props, "LogGroupName");
	const char *class = json_str_or(r->props, "LogGroupClass", "STANDARD");
	json_t *in = rq_object(rq);
	json_t *tags = rq_object(rq);
	int64_t days = number_of(r->props, "RetentionInDays");
	int err;

	if (strcmp(class, "STANDARD") != 0)
		return fault_named(rq, "InvalidParameterException",
				   "The log group class %s is not in the lab.", class);
	if (!name)
		name = cfn_name(rq, r, 512, false);
	add_tags(tags, r->tags);
	add_tags(tags, json_get(r->props, "Tags"));
	json_set_str(in, "logGroupName", name);
	json_set_str(in, "kmsKeyId", json_str(r->props, "KmsKeyId"));
	if (json_object_size(tags) > 0)
		json_set(in, "tags", tags);
	err = call(rq, LOGS_CreateLogGroup, in);
	if (err == 0 && days > 0)
		err = set_retention(rq, name, days);
	*ret_id = name;
	return err;
}

static int group_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *key = json_str(r->props, "KmsKeyId");
	json_t *in = rq_object(rq);
	int err;

	err = set_retention(rq, r->physical_id, number_of(r->props, "RetentionInDays"));
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
	const char *name = json_str(r->props, "FilterName");

	if (r->physical_id)
		return r->physical_id;
	return name ? name : cfn_name(rq, r, 512, false);
}

static void add_transformation(struct request *rq, json_t *in, const json_t *from)
{
	json_t *to = json_push_object(json_add_array(in, "metricTransformations"));
	const json_t *value = json_get(from, "DefaultValue");
	const json_t *dimensions = json_get(from, "Dimensions");
	const json_t *dimension;
	size_t i;

	json_set_str(to, "metricName", json_str(from, "MetricName"));
	json_set_str(to, "metricNamespace", json_str(from, "MetricNamespace"));
	json_set_str(to, "metricValue", json_str(from, "MetricValue"));
	json_set_str(to, "unit", json_str(from, "Unit"));
	if (json_is_number(value))
		json_set_num(to, "defaultValue", json_number_value(value));
	else if (json_is_string(value))
		json_set_num(to, "defaultValue", strtod(json_string_value(value), NULL));
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
