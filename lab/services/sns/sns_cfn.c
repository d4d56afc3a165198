/*
 * sns_cfn.c - AWS::SNS::Topic.
 *
 *   left out   subscriptions written into the topic
 */
#include "lab/services/sns/sns_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/sns.h"

#include <string.h>

/* Properties that are attributes of the same name. */
static const char *const attributes[] = {
	"DisplayName",	 "KmsMasterKeyId",   "FifoTopic",     "ContentBasedDeduplication",
	"TracingConfig", "SignatureVersion", "ArchivePolicy",
};

/* Attributes are text, whatever the property is. */
static const char *attribute_text(struct request *rq, const json_t *value)
{
	AUTO_FREE char *text = NULL;

	if (json_is_string(value))
		return json_string_value(value);
	text = json_text(value);
	return rq_strdup(rq, text);
}

static int check_props(struct request *rq, const struct cfn_resource *r)
{
	if (json_array_size(json_get(r->props, "Subscription")) == 0)
		return 0;
	return fault_named(rq, "NotImplemented",
			   "Subscription of AWS::SNS::Topic is not in the lab");
}

static int create_topic(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_object(rq);
	json_t *out = rq_object(rq);
	json_t *map;
	int err = check_props(rq, r);

	if (err)
		return err;
	json_set_str(in, "Name", cfn_name_prop(rq, r, "TopicName", 256, false));
	map = json_add_object(in, "Attributes");
	for (size_t i = 0; i < array_len(attributes); i++)
		if (json_has(r->props, attributes[i]))
			json_set_str(map, attributes[i],
				     attribute_text(rq, json_get(r->props, attributes[i])));
	json_set(in, "Tags", cfn_tags(rq, r));
	err = cfn_call(rq, &sns_model, SNS_CreateTopic, in, out);
	if (err == 0)
		*ret_id = json_str(out, "TopicArn");
	return err;
}

static int set_attribute(struct request *rq, const char *arn, const char *name, const char *text)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "TopicArn", arn);
	json_set_str(in, "AttributeName", name);
	json_set_str(in, "AttributeValue", text);
	return cfn_call(rq, &sns_model, SNS_SetTopicAttributes, in, NULL);
}

static int update_topic(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = check_props(rq, r);

	for (size_t i = 0; !err && i < array_len(attributes); i++) {
		const json_t *value = json_get(r->props, attributes[i]);

		if (value || json_has(old, attributes[i]))
			err = set_attribute(rq, r->physical_id, attributes[i],
					    value ? attribute_text(rq, value) : "");
	}
	return err;
}

static int delete_topic(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "TopicArn", r->physical_id);
	return cfn_call_unless(rq, &sns_model, SNS_DeleteTopic, in, "NotFound");
}

static json_t *get_topic_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "TopicArn") == 0)
		return json_string(r->physical_id);
	if (strcmp(name, "TopicName") == 0)
		return json_string(strrchr(r->physical_id, ':') + 1);
	return NULL;
}

const struct resource sns_resources[] = {
	{
		.type = "AWS::SNS::Topic",
		.create = create_topic,
		.update = update_topic,
		.delete = delete_topic,
		.get_att = get_topic_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
