/*
 * sns_cfn.c - AWS::SNS::Topic, ::TopicPolicy and ::Subscription.
 *
 *   left out   subscriptions written into the topic
 */
#include "lab/services/sns/nouns.h"

#include "lab/aws/cfn_call.h"

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

static const struct cfn_tagging tagging = {
	.model = &sns_model,
	.tag_op = SNS_TagResource,
	.untag_op = SNS_UntagResource,
	.id = "ResourceArn",
	.tags = "Tags",
	.keys = "TagKeys",
	.key = "Key",
	.value = "Value",
};

static int update_topic(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = check_props(rq, r);

	for (size_t i = 0; !err && i < array_len(attributes); i++) {
		const json_t *value = json_get(r->props, attributes[i]);

		if ((value || json_has(old, attributes[i])) &&
		    !(value && json_has(old, attributes[i]) &&
		      json_equal(value, json_get(old, attributes[i]))))
			err = set_attribute(rq, r->physical_id, attributes[i],
					    value ? attribute_text(rq, value) : "");
	}
	return err ? err : cfn_retag(rq, r, old, &tagging, r->physical_id);
}

static int read_topic(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		      int *ret_there)
{
	static const struct cfn_reading reading = {
		.model = &sns_model,
		.op = SNS_GetTopicAttributes,
		.id = "TopicArn",
		.path = "Attributes",
		.gone = "NotFound",
	};

	return cfn_read(rq, r, &reading, NULL, ret_props, ret_there);
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

/* A policy of several topics; its id is CloudFormation's own. */

static int set_policy(struct request *rq, const json_t *topics, const json_t *policy)
{
	const json_t *topic;
	int err = 0;
	size_t i;

	json_each (topics, i, topic) {
		const char *arn = json_string_value(topic);

		if (!err)
			err = set_attribute(rq, arn, "Policy",
					    policy ? attribute_text(rq, policy)
						   : sns_default_policy(rq, arn));
	}
	return err;
}

static int create_policy(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	*ret_id = cfn_name(rq, r, 128, false);
	return set_policy(rq, json_get(r->props, "Topics"), json_get(r->props, "PolicyDocument"));
}

/* Topics that it no longer names get the policy back that they had at first. */
static int drop_policy(struct request *rq, const json_t *old, const json_t *props)
{
	const json_t *topic;
	int err = 0;
	size_t i;

	json_each (json_get(old, "Topics"), i, topic) {
		AUTO_JSON json_t *one = json_array();

		if (err || json_list_has(json_get(props, "Topics"), json_string_value(topic)) ||
		    !store_has(rq->tx, TOPIC, json_string_value(topic)))
			continue;
		json_push(one, topic);
		err = set_policy(rq, one, NULL);
	}
	return err;
}

static int update_policy(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err =
		set_policy(rq, json_get(r->props, "Topics"), json_get(r->props, "PolicyDocument"));

	return err ? err : drop_policy(rq, old, r->props);
}

static int delete_policy(struct request *rq, const struct cfn_resource *r)
{
	return drop_policy(rq, r->props, NULL);
}

static json_t *get_policy_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

static const char *const subscription_attributes[] = {
	"DeliveryPolicy",     "FilterPolicy",  "FilterPolicyScope",
	"RawMessageDelivery", "RedrivePolicy", "SubscriptionRoleArn",
};

static int create_subscription(struct request *rq, const struct cfn_resource *r,
			       const char **ret_id)
{
	static const char *const members[] = {"TopicArn", "Protocol", "Endpoint"};
	json_t *in = rq_object(rq), *out = rq_object(rq), *map;
	int err;

	for (size_t i = 0; i < array_len(members); i++)
		json_set(in, members[i], json_get(r->props, members[i]));
	map = json_add_object(in, "Attributes");
	for (size_t i = 0; i < array_len(subscription_attributes); i++) {
		const char *name = subscription_attributes[i];

		if (json_has(r->props, name))
			json_set_str(map, name, attribute_text(rq, json_get(r->props, name)));
	}
	json_set_bool(in, "ReturnSubscriptionArn", true);
	err = cfn_call(rq, &sns_model, SNS_Subscribe, in, out);
	if (err == 0)
		*ret_id = rq_strdup(rq, json_str(out, "SubscriptionArn"));
	return err;
}

static int update_subscription(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = 0;

	for (size_t i = 0; !err && i < array_len(subscription_attributes); i++) {
		const char *name = subscription_attributes[i];
		const json_t *value = json_get(r->props, name);
		json_t *in = rq_object(rq);

		if (!value && !json_has(old, name))
			continue;
		json_set_str(in, "SubscriptionArn", r->physical_id);
		json_set_str(in, "AttributeName", name);
		json_set_str(in, "AttributeValue", value ? attribute_text(rq, value) : "");
		err = cfn_call(rq, &sns_model, SNS_SetSubscriptionAttributes, in, NULL);
	}
	return err;
}

static int delete_subscription(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "SubscriptionArn", r->physical_id);
	return cfn_call_unless(rq, &sns_model, SNS_Unsubscribe, in, "NotFound");
}

static json_t *get_subscription_att(struct request *rq, const struct cfn_resource *r,
				    const char *name)
{
	return strcmp(name, "Arn") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource sns_resources[] = {
	{
		.type = "AWS::SNS::Subscription",
		.create = create_subscription,
		.update = update_subscription,
		.delete = delete_subscription,
		.get_att = get_subscription_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::SNS::Topic",
		.create = create_topic,
		.update = update_topic,
		.delete = delete_topic,
		.read = read_topic,
		.get_att = get_topic_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::SNS::TopicPolicy",
		.create = create_policy,
		.update = update_policy,
		.delete = delete_policy,
		.get_att = get_policy_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
