/*
 * sns.c - SNS: topics and who subscribes to them, kept. Nothing is published yet.
 *
 *   keeps      sns/topic, sns/subscription (nouns.h)
 *   publishes  nothing
 *   left out   Publish, data protection
 */
#include "lab/services/sns/sns.h"

#include "lab/aws/page.h"
#include "lab/aws/tags.h"
#include "lab/services/sns/nouns.h"

#include <string.h>

#define PAGE 100

const char *sns_default_policy(struct request *rq, const char *arn)
{
	return rq_fmt(rq,
		      "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\","
		      "\"Statement\":[{\"Sid\":\"__default_statement_ID\",\"Effect\":"
		      "\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":["
		      "\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\","
		      "\"SNS:AddPermission\",\"SNS:RemovePermission\",\"SNS:DeleteTopic\","
		      "\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\",\"SNS:Publish\"],"
		      "\"Resource\":\"%s\",\"Condition\":{\"StringEquals\":{"
		      "\"AWS:SourceOwner\":\"%s\"}}}]}",
		      arn, rq->account);
}

/* What a topic has if nobody said otherwise. */
static void set_defaults(struct request *rq, json_t *attributes, const char *arn)
{
	static const char *const none[] = {"SubscriptionsPending", "SubscriptionsConfirmed",
					   "SubscriptionsDeleted"};

	json_set_str(attributes, "TopicArn", arn);
	json_set_str(attributes, "Owner", rq->account);
	json_set_str(attributes, "DisplayName", "");
	json_set_str(attributes, "Policy", sns_default_policy(rq, arn));
	for (size_t i = 0; i < array_len(none); i++)
		json_set_str(attributes, none[i], "0");
	json_set_str(
		attributes, "EffectiveDeliveryPolicy",
		"{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,"
		"\"maxDelayTarget\":20,\"numRetries\":3,\"numMaxDelayRetries\":0,"
		"\"numNoDelayRetries\":0,\"numMinDelayRetries\":0,\"backoffFunction\":\"linear\"},"
		"\"disableSubscriptionOverrides\":false,\"defaultRequestPolicy\":{"
		"\"headerContentType\":\"text/plain; charset=UTF-8\"}}}");
}

static int check_name(struct request *rq, const char *name)
{
	size_t len = strlen(name);
	size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-_");

	if (len == 0 || len > 256 || (good != len && strcmp(name + good, ".fifo") != 0))
		return fault(rq, SNS_InvalidParameterException, "Invalid parameter: Topic Name");
	return 0;
}

/* The same again is no fault; with other attributes it is. */
static int check_existing(struct request *rq, const json_t *topic, const json_t *attributes)
{
	const json_t *kept = json_get(topic, "Attributes");
	const json_t *value;
	const char *name;

	json_each_member (attributes, name, value)
		if (!json_equal(value, json_get(kept, name)))
			return fault(rq, SNS_InvalidParameterException,
				     "Invalid parameter: Attributes Reason: Topic already exists "
				     "with different attributes");
	return 0;
}

static int create_topic(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Name");
	const char *arn = rq_arn(rq, "sns", name);
	const json_t *old = store_get(rq->tx, TOPIC, arn);
	json_t *topic, *attributes;
	int err = check_name(rq, name);

	if (err)
		return err;
	json_set_str(out, "TopicArn", arn);
	if (old)
		return check_existing(rq, old, json_get(in, "Attributes"));
	topic = rq_object(rq);
	json_set_str(topic, "TopicArn", arn);
	attributes = json_add_object(topic, "Attributes");
	set_defaults(rq, attributes, arn);
	json_object_update(attributes, rq_copy(rq, json_get(in, "Attributes")));
	json_set(topic, "_Tags", json_get(in, "Tags"));
	store_put(rq->tx, TOPIC, arn, topic);
	return 0;
}

int sns_no_topic(struct request *rq)
{
	return fault(rq, SNS_NotFoundException, "Topic does not exist");
}

/* How many subscriptions it has is counted when somebody asks. */
static void count_subscriptions(struct request *rq, const char *arn, json_t *attributes)
{
	const json_t *all = store_list_prefix(rq->tx, SUBSCRIPTION, rq_fmt(rq, "%s:", arn));
	const json_t *subscription;
	size_t i, pending = 0;

	json_each (all, i, subscription)
		pending += json_bool_or(subscription, "_Pending", false);
	json_set_str(attributes, "SubscriptionsPending", rq_fmt(rq, "%zu", pending));
	json_set_str(attributes, "SubscriptionsConfirmed",
		     rq_fmt(rq, "%zu", json_array_size(all) - pending));
}

static int get_topic_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *topic = store_get(rq->tx, TOPIC, json_str(in, "TopicArn"));

	if (!topic)
		return sns_no_topic(rq);
	json_set(out, "Attributes", json_get(topic, "Attributes"));
	count_subscriptions(rq, json_str(topic, "TopicArn"), json_object_get(out, "Attributes"));
	return 0;
}

static int set_topic_attributes(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const settable[] = {
		"DeliveryPolicy",
		"DisplayName",
		"Policy",
		"TracingConfig",
		"KmsMasterKeyId",
		"SignatureVersion",
		"ContentBasedDeduplication",
	};
	const char *name = json_str(in, "AttributeName");
	const char *arn = json_str(in, "TopicArn");
	json_t *topic = store_edit(rq->tx, TOPIC, arn);

	if (!topic)
		return sns_no_topic(rq);
	for (size_t i = 0; i < array_len(settable); i++) {
		if (strcmp(settable[i], name) != 0)
			continue;
		json_set_str(json_object_get(topic, "Attributes"), name,
			     json_str_or(in, "AttributeValue", ""));
		store_put(rq->tx, TOPIC, arn, topic);
		return 0;
	}
	return fault(rq, SNS_InvalidParameterException, "Invalid parameter: AttributeName");
}

static int list_topics(struct request *rq, const json_t *in, json_t *out)
{
	const char *next = NULL;
	json_t *page =
		page_of(rq, store_list(rq->tx, TOPIC), PAGE, json_str(in, "NextToken"), &next);

	if (!page)
		return fault(rq, SNS_InvalidParameterException, "Invalid parameter: NextToken");
	json_set(out, "Topics", page);
	json_set_str(out, "NextToken", next);
	return 0;
}

/* Deleting what is not there succeeds. */
static int delete_topic(struct request *rq, const json_t *in, json_t *out)
{
	sns_drop_subscriptions(rq, json_str(in, "TopicArn"));
	store_delete(rq->tx, TOPIC, json_str(in, "TopicArn"));
	return 0;
}

static int tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ResourceArn");
	json_t *topic = store_edit(rq->tx, TOPIC, arn), *tags;

	if (!topic)
		return fault(rq, SNS_ResourceNotFoundException, "Resource does not exist");
	tags = json_object_get(topic, "_Tags");
	tags_put(tags ? tags : json_add_array(topic, "_Tags"), json_get(in, "Tags"));
	store_put(rq->tx, TOPIC, arn, topic);
	return 0;
}

static int untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ResourceArn");
	json_t *topic = store_edit(rq->tx, TOPIC, arn);

	if (!topic)
		return fault(rq, SNS_ResourceNotFoundException, "Resource does not exist");
	tags_drop(json_object_get(topic, "_Tags"), json_get(in, "TagKeys"));
	store_put(rq->tx, TOPIC, arn, topic);
	return 0;
}

static int list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *topic = store_get(rq->tx, TOPIC, json_str(in, "ResourceArn"));

	if (!topic)
		return fault(rq, SNS_ResourceNotFoundException, "Resource does not exist");
	json_set(out, "Tags", json_get(topic, "_Tags"));
	if (!json_has(out, "Tags"))
		json_add_array(out, "Tags");
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	if (op == SNS_CreateTopic)
		return rq_arn(rq, "sns", json_str(in, "Name"));
	if (json_has(in, "ResourceArn"))
		return json_str(in, "ResourceArn");
	if (json_has(in, "SubscriptionArn"))
		return json_str(in, "SubscriptionArn");
	return json_str(in, "TopicArn");
}

static op_fn *const ops[SNS_NOPS] = {
	[SNS_CreateTopic] = create_topic,
	[SNS_DeleteTopic] = delete_topic,
	[SNS_GetSubscriptionAttributes] = sns_get_subscription_attributes,
	[SNS_GetTopicAttributes] = get_topic_attributes,
	[SNS_ListSubscriptions] = sns_list_subscriptions,
	[SNS_ListSubscriptionsByTopic] = sns_list_subscriptions_by_topic,
	[SNS_ListTagsForResource] = list_tags_for_resource,
	[SNS_ListTopics] = list_topics,
	[SNS_SetSubscriptionAttributes] = sns_set_subscription_attributes,
	[SNS_SetTopicAttributes] = set_topic_attributes,
	[SNS_Subscribe] = sns_subscribe,
	[SNS_TagResource] = tag_resource,
	[SNS_Unsubscribe] = sns_unsubscribe,
	[SNS_UntagResource] = untag_resource,
};

const struct service sns_service = {
	.model = &sns_model,
	.ops = ops,
	.resources = sns_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
