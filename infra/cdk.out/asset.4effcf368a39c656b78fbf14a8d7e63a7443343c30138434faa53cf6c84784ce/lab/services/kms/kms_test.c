/*
 * kms_test.c - keys: what they seal opens again under the same context only, and their states.
 */
#include "lab/services/kms/kms.h"
#include "lab/aws/trial.h"
#include "lab/models/kms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&kms_service, NULL};
static struct trial t;
static char key[64];

static int opened(void **state)
{
	const json_t *out;

	trial_open(&t, services);
	out = trial_ask(&t, &kms_model, KMS_CreateKey, "{'Description': 'test'}");
	snprintf(key, sizeof(key), "%s", json_path_str(out, "KeyMetadata.KeyId"));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

static const json_t *ask(int op, const char *rest)
{
	return trial_ask(&t, &kms_model, op, "{'KeyId': '%s'%s}", key, rest);
}

static void a_new_key_is_described(void **state)
{
	const json_t *out = ask(KMS_DescribeKey, "");

	assert_string_equal(json_path_str(out, "KeyMetadata.KeyState"), "Enabled");
	assert_string_equal(json_path_str(out, "KeyMetadata.KeyManager"), "CUSTOMER");
	assert_int_equal(strlen(key), 36);
	out = ask(KMS_GetKeyPolicy, "");
	assert_non_null(strstr(json_str(out, "Policy"), "arn:aws:iam::123456789012:root"));
	out = ask(KMS_GetKeyRotationStatus, "");
	assert_false(json_bool_or(out, "KeyRotationEnabled", true));
	assert_non_null(ask(KMS_EnableKeyRotation, ""));
	out = ask(KMS_GetKeyRotationStatus, "");
	assert_true(json_bool_or(out, "KeyRotationEnabled", false));
}

static json_t *sealed(const char *context)
{
	AUTO_FREE char *rest =
		mem_fmt(", 'Plaintext': 'secret', 'EncryptionContext': {%s}", context);
	const json_t *out = ask(KMS_Encrypt, rest);

	return json_incref((json_t *)(uintptr_t)json_get(out, "CiphertextBlob"));
}

static const json_t *opens(const json_t *blob, const char *context)
{
	AUTO_FREE char *text = mem_fmt("{'EncryptionContext': {%s}}", context);
	AUTO_JSON json_t *in = trial_tree(text);

	json_set(in, "CiphertextBlob", blob);
	return trial_ask_tree(&t, &kms_model, KMS_Decrypt, in);
}

static void what_was_encrypted_opens_under_the_same_context(void **state)
{
	AUTO_JSON json_t *blob = sealed("'a': '1', 'b': '2'");
	const json_t *out = opens(blob, "'b': '2', 'a': '1'");

	assert_string_equal(json_str(out, "Plaintext"), "secret");
	assert_null(opens(blob, "'a': '1'"));
	assert_string_equal(t.code, "InvalidCiphertextException");
	assert_null(opens(blob, ""));
}

static void a_ciphertext_of_another_key_or_of_nobody_is_refused(void **state)
{
	AUTO_JSON json_t *blob = sealed("");
	AUTO_JSON json_t *in = json_object();

	json_set(in, "CiphertextBlob", blob);
	json_set_str(in, "KeyId", "alias/aws/ssm");
	assert_null(trial_ask_tree(&t, &kms_model, KMS_Decrypt, in));
	assert_string_equal(t.code, "IncorrectKeyException");
	json_give(in, "CiphertextBlob", json_string("nonsense"));
	assert_null(trial_ask_tree(&t, &kms_model, KMS_Decrypt, in));
	assert_string_equal(t.code, "InvalidCiphertextException");
}

static void a_data_key_comes_plain_and_wrapped(void **state)
{
	const json_t *out = ask(KMS_GenerateDataKey, ", 'KeySpec': 'AES_256'");
	AUTO_JSON json_t *plain = json_deep_copy(json_get(out, "Plaintext"));
	AUTO_JSON json_t *blob = json_deep_copy(json_get(out, "CiphertextBlob"));

	assert_int_equal(json_string_length(plain), 32);
	out = opens(blob, "");
	assert_true(json_equal(json_get(out, "Plaintext"), plain));
	assert_null(ask(KMS_GenerateDataKey, ""));
	assert_string_equal(t.code, "ValidationException");
}

static void a_key_is_found_by_its_aliases(void **state)
{
	const json_t *out;

	assert_non_null(trial_ask(&t, &kms_model, KMS_CreateAlias,
				  "{'AliasName': 'alias/golden', 'TargetKeyId': '%s'}", key));
	assert_null(trial_ask(&t, &kms_model, KMS_CreateAlias,
			      "{'AliasName': 'alias/golden', 'TargetKeyId': '%s'}", key));
	assert_string_equal(t.code, "AlreadyExistsException");
	out = trial_ask(&t, &kms_model, KMS_DescribeKey,
			"{'KeyId': 'arn:aws:kms:us-east-1:123456789012:alias/golden'}");
	assert_string_equal(json_path_str(out, "KeyMetadata.KeyId"), key);
	assert_null(trial_ask(&t, &kms_model, KMS_DescribeKey, "{'KeyId': 'alias/other'}"));
	assert_string_equal(t.message,
			    "Alias arn:aws:kms:us-east-1:123456789012:alias/other is not found.");
	assert_null(trial_ask(&t, &kms_model, KMS_DescribeKey,
			      "{'KeyId': '00000000-0000-0000-0000-000000000000'}"));
	assert_string_equal(t.message, "Key 'arn:aws:kms:us-east-1:123456789012:key/"
				       "00000000-0000-0000-0000-000000000000' does not exist");
	out = trial_ask(&t, &kms_model, KMS_DescribeKey, "{'KeyId': 'alias/aws/secretsmanager'}");
	assert_string_equal(json_path_str(out, "KeyMetadata.KeyManager"), "AWS");
	out = trial_ask(&t, &kms_model, KMS_ListAliases, "{}");
	assert_int_equal(json_array_size(json_get(out, "Aliases")), 2);
}

static void a_disabled_key_does_nothing(void **state)
{
	assert_non_null(ask(KMS_DisableKey, ""));
	assert_null(ask(KMS_Encrypt, ", 'Plaintext': 'x'"));
	assert_string_equal(t.code, "DisabledException");
	assert_non_null(ask(KMS_EnableKey, ""));
	assert_non_null(ask(KMS_Encrypt, ", 'Plaintext': 'x'"));
}

static void a_key_is_deleted_when_its_days_are_over(void **state)
{
	assert_null(ask(KMS_ScheduleKeyDeletion, ", 'PendingWindowInDays': 3"));
	assert_non_null(ask(KMS_ScheduleKeyDeletion, ", 'PendingWindowInDays': 7"));
	assert_null(ask(KMS_Encrypt, ", 'Plaintext': 'x'"));
	assert_string_equal(t.code, "KMSInvalidStateException");
	trial_pass(&t, 6 * DAY);
	assert_non_null(ask(KMS_DescribeKey, ""));
	trial_pass(&t, DAY);
	assert_null(ask(KMS_DescribeKey, ""));
	assert_string_equal(t.code, "NotFoundException");
}

static void tags_are_kept(void **state)
{
	const json_t *out;

	assert_non_null(ask(KMS_TagResource, ", 'Tags': [{'TagKey': 'a', 'TagValue': '1'}]"));
	assert_non_null(ask(KMS_TagResource, ", 'Tags': [{'TagKey': 'a', 'TagValue': '2'},"
					     " {'TagKey': 'b', 'TagValue': '3'}]"));
	assert_non_null(ask(KMS_UntagResource, ", 'TagKeys': ['b']"));
	out = ask(KMS_ListResourceTags, "");
	assert_int_equal(json_array_size(json_get(out, "Tags")), 1);
	assert_string_equal(json_path_str(out, "Tags.0.TagValue"), "2");
}

static void a_template_makes_a_key_and_its_alias(struct request *rq, void *user)
{
	AUTO_JSON json_t *props = trial_tree(
		"{'EnableKeyRotation': true, 'KeyPolicy': {'Version': '2012-10-17', 'Statement':"
		" [{'Action': 'kms:*', 'Effect': 'Allow', 'Resource': '*',"
		" 'Principal': {'AWS': 'arn:aws:iam::123456789012:root'}}]}}");
	AUTO_JSON json_t *alias_props = NULL;
	const struct resource *type = lab_resource(rq->lab, "AWS::KMS::Key");
	const struct resource *alias_type = lab_resource(rq->lab, "AWS::KMS::Alias");
	struct cfn_resource r = {.stack_name = "S", .logical_id = "Key", .props = props};
	struct cfn_resource alias = {.stack_name = "S", .logical_id = "Alias"};
	json_t *out = rq_object(rq), *in = rq_object(rq);

	assert_int_equal(type->create(rq, &r, &r.physical_id), 0);
	AUTO_JSON json_t *arn = type->get_att(rq, &r, "Arn");

	assert_non_null(strstr(json_string_value(arn), r.physical_id));
	alias_props = json_pack("{s:s, s:O}", "AliasName", "alias/data", "TargetKeyId", arn);
	alias.props = alias_props;
	assert_int_equal(alias_type->create(rq, &alias, &alias.physical_id), 0);
	assert_string_equal(alias.physical_id, "alias/data");
	json_set_str(in, "KeyId", "alias/data");
	assert_int_equal(aws_call(rq, rq->caller, &kms_model, KMS_GetKeyRotationStatus, in, out),
			 0);
	assert_true(json_bool_or(out, "KeyRotationEnabled", false));
	assert_int_equal(alias_type->delete (rq, &alias), 0);
	assert_int_equal(alias_type->delete (rq, &alias), 0);
	assert_int_equal(type->delete (rq, &r), 0);
	assert_int_equal(type->delete (rq, &r), 0);
}

static void a_template_may_make_keys(void **state)
{
	trial_within(&t, &kms_model, a_template_makes_a_key_and_its_alias, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_is_described),
		TEST(what_was_encrypted_opens_under_the_same_context),
		TEST(a_ciphertext_of_another_key_or_of_nobody_is_refused),
		TEST(a_data_key_comes_plain_and_wrapped),
		TEST(a_key_is_found_by_its_aliases),
		TEST(a_disabled_key_does_nothing),
		TEST(a_key_is_deleted_when_its_days_are_over),
		TEST(tags_are_kept),
		TEST(a_template_may_make_keys),
	};

	return cmocka_run_group_tests_name("kms", tests, NULL, NULL);
}
