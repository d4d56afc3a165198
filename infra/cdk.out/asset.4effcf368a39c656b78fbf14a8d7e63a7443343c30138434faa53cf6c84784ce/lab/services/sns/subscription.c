/*
 * subscription.c - who is told of a topic's messages: kept. Nothing is published yet.
 *
 *   keeps      sns/subscription   by ARN   as ListSubscriptions shows it; _Attributes
 *   left out   confirming: what AWS confirms by itself (sqs, lambda) is confirmed, the rest pends
 */
#include "lab/services/sns/nouns.h"

#include "lab/aws/page.h"

#include <string.h>

#define PAGE 100

static const char *const protocols[] = {
	"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs",
};

static const char *const attributes[] = {
	"DeliveryPolicy",     "FilterPolicy",  "FilterPolicyScope",
	"RawMessageDelivery", "RedrivePolicy", "SubscriptionRoleArn",
};

static bool one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int check_attributes(struct request *rq, const json_t *given)
{
	const json_t *value;
	const char *name;

	json_each_member (given, name, value)
		if (!one_of(name, attributes, array_len(attributes)))
			return fault(rq, SNS_InvalidParameterException,
				     "Invalid parameter: AttributeName");
	return 0;
}

/* The same protocol and endpoint again is the same subscription. */
static const json_t *find_same(struct request *rq, const json_t *in)
{
	const json_t *subscription;
	size_t i;

	json_each (store_list(rq->tx, SUBSCRIPTION), i, subscription)
		if (strcmp(json_str(subscription, "TopicArn"), json_str(in, "TopicArn")) == 0 &&
		    strcmp(json_str(subscription, "Protocol"), json_str(in, "Protocol")) == 0 &&
		    strcmp(json_str(subscription, "Endpoint"), json_str_or(in, "Endpoint", "")) ==
			    0)
			return subscription;
	return NULL;
}

static bool confirms_itself(const char *protocol)
{
	return strcmp(protocol, "sqs") == 0 || strcmp(protocol, "lambda") == 0 ||
	       strcmp(protocol, "firehose") == 0 || strcmp(protocol, "sms") == 0;
}

int sns_subscribe(struct request *rq, const json_t *in, json_t *out)
{
	const char *topic = json_str(in, "TopicArn");
	const char *protocol = json_str(in, "Protocol");
	const json_t *same = find_same(rq, in);
	json_t *subscription = rq_object(rq);
	const char *arn = rq_fmt(rq, "%s:%s", topic, id_uuid(rq));
	int err = check_attributes(rq, json_get(in, "Attributes"));

	if (err)
		return err;
	if (!store_has(rq->tx, TOPIC, topic))
		return sns_no_topic(rq);
	if (!one_of(protocol, protocols, array_len(protocols)))
		return fault(rq, SNS_InvalidParameterException,
			     "Invalid parameter: Amazon SNS does not support this protocol string: "
			     "%s",
			     protocol);
	if (!json_str(in, "Endpoint"))
		return fault(rq, SNS_InvalidParameterException, "Invalid parameter: Endpoint");
	if (same)
		arn = json_str(same, "SubscriptionArn");
	json_set_str(subscription, "SubscriptionArn", arn);
	json_set_str(subscription, "Owner", rq->account);
	json_set_str(subscription, "Protocol", protocol);
	json_set_str(subscription, "Endpoint", json_str(in, "Endpoint"));
	json_set_str(subscription, "TopicArn", topic);
	json_set(subscription, "_Attributes", json_get(in, "Attributes"));
	json_set_bool(subscription, "_Pending", !confirms_itself(protocol));
	store_put(rq->tx, SUBSCRIPTION, arn, subscription);
	json_set_str(out, "SubscriptionArn",
		     !confirms_itself(protocol) && !json_bool_or(in, "ReturnSubscriptionArn", false)
			     ? "pending confirmation"
			     : arn);
	return 0;
}

int sns_unsubscribe(struct request *rq, const json_t *in, json_t *out)
{
	store_delete(rq->tx, SUBSCRIPTION, json_str(in, "SubscriptionArn"));
	return 0;
}

void sns_drop_subscriptions(struct request *rq, const char *topic)
{
	const json_t *keys = store_keys(rq->tx, SUBSCRIPTION, rq_fmt(rq, "%s:", topic)), *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, SUBSCRIPTION, json_string_value(key));
}

static int missing(struct request *rq)
{
	return fault(rq, SNS_NotFoundException, "Subscription does not exist");
}

int sns_get_subscription_attributes(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"SubscriptionArn", "Owner", "Protocol", "Endpoint",
					      "TopicArn"};
	const json_t *subscription =
		store_get(rq->tx, SUBSCRIPTION, json_str(in, "SubscriptionArn"));
	bool pending = json_bool_or(subscription, "_Pending", false);
	json_t *map;

	if (!subscription)
		return missing(rq);
	map = json_add_object(out, "Attributes");
	for (size_t i = 0; i < array_len(members); i++)
		json_set(map, members[i], json_get(subscription, members[i]));
	json_set_str(map, "PendingConfirmation", pending ? "true" : "false");
	json_set_str(map, "ConfirmationWasAuthenticated", pending ? "false" : "true");
	json_set_str(map, "RawMessageDelivery", "false");
	json_object_update(map, rq_copy(rq, json_get(subscription, "_Attributes")));
	return 0;
}

int sns_set_subscription_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "SubscriptionArn");
	const char *name = json_str(in, "AttributeName");
	json_t *subscription = store_edit(rq->tx, SUBSCRIPTION, arn), *map;

	if (!subscription)
		return missing(rq);
	if (!one_of(name, attributes, array_len(attributes)))
		return fault(rq, SNS_InvalidParameterException, "Invalid parameter: AttributeName");
	map = json_object_get(subscription, "_Attributes");
	map = map ? map : json_add_object(subscription, "_Attributes");
	json_drop(map, name);
	if (json_str_or(in, "AttributeValue", "")[0])
		json_set_str(map, name, json_str(in, "AttributeValue"));
	store_put(rq->tx, SUBSCRIPTION, arn, subscription);
	return 0;
}

/* A page of them; one that is not confirmed has no ARN to see yet. */
static int show(struct request *rq, const json_t *in, const json_t *all, json_t *out)
{
	const char *next = NULL;
	json_t *page = page_of(rq, all, PAGE, json_str(in, "NextToken"), &next);

	if (!page)
		return fault(rq, SNS_InvalidParameterException, "Invalid parameter: NextToken");
	for (size_t i = 0; i < json_array_size(page); i++) {
		json_t *subscription = json_array_get(page, i);

		if (json_bool_or(subscription, "_Pending", false))
			json_set_str(subscription, "SubscriptionArn", "PendingConfirmation");
	}
	json_set(out, "Subscriptions", page);
	json_set_str(out, "NextToken", next);
	return 0;
}

int sns_list_subscriptions(struct request *rq, const json_t *in, json_t *out)
{
	return show(rq, in, rq_copy(rq, store_list(rq->tx, SUBSCRIPTION)), out);
}

int sns_list_subscriptions_by_topic(struct request *rq, const json_t *in, json_t *out)
{
	const char *topic = json_str(in, "TopicArn");

	if (!store_has(rq->tx, TOPIC, topic))
		return sns_no_topic(rq);
	return show(rq, in,
		    rq_copy(rq, store_list_prefix(rq->tx, SUBSCRIPTION, rq_fmt(rq, "%s:", topic))),
		    out);
}
