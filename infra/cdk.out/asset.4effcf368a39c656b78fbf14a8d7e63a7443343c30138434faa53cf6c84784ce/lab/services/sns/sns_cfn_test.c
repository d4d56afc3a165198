/*
 * sns_cfn_test.c - topics of a stack, their policy and who subscribes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial_resource.h"
#include "lab/models/sns.h"
#include "lab/services/sns/sns.h"

#include <string.h>

#define TOPIC_TYPE "AWS::SNS::Topic"
#define POLICY_TYPE "AWS::SNS::TopicPolicy"
#define SUBSCRIPTION_TYPE "AWS::SNS::Subscription"

static const struct service *const services[] = {&sns_service, NULL};

static const char *attribute(struct trial *t, const char *arn, const char *name)
{
	const json_t *out =
		trial_ask(t, &sns_model, SNS_GetTopicAttributes, "{'TopicArn': '%s'}", arn);

	return json_str_or(json_get(out, "Attributes"), name, "");
}

static void a_topic_is_changed_in_place(void **state)
{
	struct trial t;
	const char *arn;
	const json_t *out;

	trial_open(&t, services);
	arn = trial_make(&t, &sns_service, TOPIC_TYPE, "{'DisplayName': 'a'}");
	assert_non_null(arn);
	assert_true(trial_change(&t, &sns_service, TOPIC_TYPE, arn, "{'DisplayName': 'a'}",
				 "{'DisplayName': 'b', 'KmsMasterKeyId': 'k'}"));
	assert_string_equal(attribute(&t, arn, "DisplayName"), "b");
	assert_string_equal(attribute(&t, arn, "KmsMasterKeyId"), "k");
	out = trial_ask(&t, &sns_model, SNS_ListTagsForResource, "{'ResourceArn': '%s'}", arn);
	assert_string_equal(json_path_str(out, "Tags.0.Value"), "two");
	out = trial_read(&t, &sns_service, TOPIC_TYPE, arn, "{'DisplayName': 'x'}");
	assert_string_equal(json_str(out, "DisplayName"), "b");
	assert_true(trial_unmake(&t, &sns_service, TOPIC_TYPE, arn, "{}"));
	assert_null(trial_read(&t, &sns_service, TOPIC_TYPE, arn, "{}"));
	trial_close(&t);
}

static void a_topic_that_a_policy_no_longer_names_gets_its_first_one_back(void **state)
{
	struct trial t;
	AUTO_FREE char *old = NULL, *changed = NULL;
	const char *a, *b, *id;

	trial_open(&t, services);
	a = trial_make(&t, &sns_service, TOPIC_TYPE, "{'TopicName': 'a'}");
	b = trial_make(&t, &sns_service, TOPIC_TYPE, "{'TopicName': 'b'}");
	old = mem_fmt("{'Topics': ['%s', '%s'], 'PolicyDocument': {'Id': 'mine'}}", a, b);
	changed = mem_fmt("{'Topics': ['%s'], 'PolicyDocument': {'Id': 'other'}}", b);
	id = trial_make(&t, &sns_service, POLICY_TYPE, old);
	assert_non_null(id);
	assert_non_null(strstr(attribute(&t, a, "Policy"), "mine"));
	assert_true(trial_change(&t, &sns_service, POLICY_TYPE, id, old, changed));
	assert_non_null(strstr(attribute(&t, a, "Policy"), "__default_policy_ID"));
	assert_non_null(strstr(attribute(&t, b, "Policy"), "other"));
	assert_true(trial_unmake(&t, &sns_service, POLICY_TYPE, id, changed));
	assert_non_null(strstr(attribute(&t, b, "Policy"), "__default_policy_ID"));
	trial_close(&t);
}

static void a_subscription_by_mail_waits_to_be_confirmed(void **state)
{
	struct trial t;
	AUTO_FREE char *props = NULL, *changed = NULL;
	const char *topic, *arn;
	const json_t *out;

	trial_open(&t, services);
	topic = trial_make(&t, &sns_service, TOPIC_TYPE, "{}");
	props = mem_fmt("{'TopicArn': '%s', 'Protocol': 'email', 'Endpoint': 'a@b.c'}", topic);
	changed = mem_fmt("{'TopicArn': '%s', 'Protocol': 'email', 'Endpoint': 'a@b.c', "
			  "'FilterPolicy': {'a': ['b']}}",
			  topic);
	arn = trial_make(&t, &sns_service, SUBSCRIPTION_TYPE, props);
	assert_non_null(arn);
	assert_string_equal(attribute(&t, topic, "SubscriptionsPending"), "1");
	assert_true(trial_change(&t, &sns_service, SUBSCRIPTION_TYPE, arn, props, changed));
	out = trial_ask(&t, &sns_model, SNS_GetSubscriptionAttributes, "{'SubscriptionArn': '%s'}",
			arn);
	assert_string_equal(json_path_str(out, "Attributes.FilterPolicy"), "{\"a\":[\"b\"]}");
	assert_string_equal(json_path_str(out, "Attributes.PendingConfirmation"), "true");
	out = trial_ask(&t, &sns_model, SNS_ListSubscriptionsByTopic, "{'TopicArn': '%s'}", topic);
	assert_string_equal(json_path_str(out, "Subscriptions.0.SubscriptionArn"),
			    "PendingConfirmation");
	assert_true(trial_unmake(&t, &sns_service, SUBSCRIPTION_TYPE, arn, changed));
	assert_string_equal(attribute(&t, topic, "SubscriptionsPending"), "0");
	trial_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_topic_is_changed_in_place),
		cmocka_unit_test(a_topic_that_a_policy_no_longer_names_gets_its_first_one_back),
		cmocka_unit_test(a_subscription_by_mail_waits_to_be_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
