/*
 * nouns.h - what the files of services/sns share.
 *
 *   sns/topic          by ARN   TopicArn, Attributes as GetTopicAttributes shows them, _Tags
 *   sns/subscription   by ARN   as ListSubscriptions shows it; _Attributes, _Pending
 */
#ifndef SERVICES_SNS_NOUNS_H
#define SERVICES_SNS_NOUNS_H

#include "lab/aws/service.h"
#include "lab/models/sns.h"

#define TOPIC "sns/topic"
#define SUBSCRIPTION "sns/subscription"

int sns_no_topic(struct request *rq);
const char *sns_default_policy(struct request *rq, const char *arn);

/* subscription.c */
void sns_drop_subscriptions(struct request *rq, const char *topic);
op_fn sns_subscribe, sns_unsubscribe, sns_get_subscription_attributes,
	sns_set_subscription_attributes, sns_list_subscriptions, sns_list_subscriptions_by_topic;

/* sns_cfn.c */
extern const struct resource sns_resources[];

#endif
