/*
 * kms.c - AWS Key Management Service: symmetric keys, their policies and states.
 *
 *   keeps      kms/key    by key id   KeyMetadata; _Policy, _Rotation, _Material (sealed), _Tags
 *              kms/alias  by name     AliasListEntry
 *   hears      nothing; tick() deletes what was scheduled for it
 *   left out   asymmetric and HMAC keys, imported material, multi-Region keys, grants; rotation is a
 *              flag, the material stays
 */
#include "lab/services/kms/kms.h"
#include "lab/aws/policy.h"
#include "lab/services/kms/key.h"

#include <string.h>

/* What CreateKey gives a key without a policy: the account decides by its identity policies. */
static json_t *default_policy(struct request *rq)
{
	return json_pack("{s:s, s:s, s:[{s:s, s:s, s:{s:s}, s:s, s:s}]}", "Version", "2012-10-17",
			 "Id", "key-default-1", "Statement", "Sid", "Enable IAM User Permissions",
			 "Effect", "Allow", "Principal", "AWS",
			 rq_fmt(rq, "arn:aws:iam::%s:root", rq->account), "Action", "kms:*",
			 "Resource", "*");
}

static int read_policy(struct request *rq, const char *text, json_t **ret_policy)
{
	json_t *policy = rq_keep(rq, text ? json_read(text, strlen(text)) : default_policy(rq));

	if (!policy || policy_check(policy))
		return fault(rq, KMS_MalformedPolicyDocumentException,
			     "Policy contains a statement with one or more invalid principals, or "
			     "is not valid JSON.");
	*ret_policy = policy;
	return 0;
}

static int only_symmetric(struct request *rq, const json_t *in)
{
	const char *spec = json_str_or(
		in, "KeySpec", json_str_or(in, "CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"));

	if (strcmp(spec, "SYMMETRIC_DEFAULT") != 0 ||
	    strcmp(json_str_or(in, "KeyUsage", "ENCRYPT_DECRYPT"), "ENCRYPT_DECRYPT") != 0)
		return fault(rq, KMS_UnsupportedOperationException,
			     "KeySpec %s is not in the lab: symmetric encryption keys only.", spec);
	if (strcmp(json_str_or(in, "Origin", "AWS_KMS"), "AWS_KMS") != 0 ||
	    json_bool_or(in, "MultiRegion", false))
		return fault(rq, KMS_UnsupportedOperationException,
			     "Imported key material and multi-Region keys are not in the lab.");
	return 0;
}

static int create_key(struct request *rq, const json_t *in, json_t *out)
{
	json_t *policy = NULL, *key;
	const json_t *made;
	int result = only_symmetric(rq, in);

	if (result == 0)
		result = read_policy(rq, json_str(in, "Policy"), &policy);
	if (result != 0)
		return result;
	made = key_make(rq, json_str_or(in, "Description", ""), "CUSTOMER", policy);
	key = store_edit(rq->tx, KMS_KEY, json_str(made, "KeyId"));
	json_set(key, "_Tags", json_get(in, "Tags"));
	key_put(rq, key);
	json_set(out, "KeyMetadata", key);
	return 0;
}

static int describe_key(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *key = NULL;
	int result = key_get(rq, json_str(in, "KeyId"), &key);

	if (result == 0)
		json_set(out, "KeyMetadata", key);
	return result;
}

static int list_keys(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all = store_list(rq->tx, KMS_KEY), *key;
	json_t *list = json_add_array(out, "Keys");
	size_t i;

	json_each (all, i, key) {
		json_t *entry = json_push_object(list);

		json_set(entry, "KeyId", json_get(key, "KeyId"));
		json_set(entry, "KeyArn", json_get(key, "Arn"));
	}
	json_set_bool(out, "Truncated", false);
	return 0;
}

/* Customers' own keys only: AWS's are as they are. */
static int edit_own(struct request *rq, const json_t *in, json_t **ret_key)
{
	json_t *key = NULL;
	int result = key_edit(rq, json_str(in, "KeyId"), &key);

	if (result != 0)
		return result;
	if (strcmp(json_str(key, "KeyManager"), "AWS") == 0)
		return fault_named(rq, "AccessDeniedException",
				   "%s is an AWS managed key: it cannot be changed.",
				   json_str(key, "Arn"));
	*ret_key = key;
	return 0;
}

static int edit_undeleted(struct request *rq, const json_t *in, json_t **ret_key)
{
	int result = edit_own(rq, in, ret_key);

	if (result == 0 && strcmp(json_str(*ret_key, "KeyState"), "PendingDeletion") == 0)
		return fault(rq, KMS_KMSInvalidStateException, "%s is pending deletion.",
			     json_str(*ret_key, "Arn"));
	return result;
}

static int set_enabled(struct request *rq, const json_t *in, bool enabled)
{
	json_t *key = NULL;
	int result = edit_undeleted(rq, in, &key);

	if (result != 0)
		return result;
	json_set_bool(key, "Enabled", enabled);
	json_set_str(key, "KeyState", enabled ? "Enabled" : "Disabled");
	key_put(rq, key);
	return 0;
}

static int enable_key(struct request *rq, const json_t *in, json_t *out)
{
	return set_enabled(rq, in, true);
}

static int disable_key(struct request *rq, const json_t *in, json_t *out)
{
	return set_enabled(rq, in, false);
}

static int set_rotation(struct request *rq, const json_t *in, bool on)
{
	json_t *key = NULL;
	int result = edit_undeleted(rq, in, &key);

	if (result != 0)
		return result;
	json_set_bool(key, "_Rotation", on);
	key_put(rq, key);
	return 0;
}

static int enable_key_rotation(struct request *rq, const json_t *in, json_t *out)
{
	return set_rotation(rq, in, true);
}

static int disable_key_rotation(struct request *rq, const json_t *in, json_t *out)
{
	return set_rotation(rq, in, false);
}

static int get_key_rotation_status(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *key = NULL;
	int result = key_get(rq, json_str(in, "KeyId"), &key);

	if (result == 0)
		json_set_bool(out, "KeyRotationEnabled", json_bool_or(key, "_Rotation", false));
	return result;
}

static int update_key_description(struct request *rq, const json_t *in, json_t *out)
{
	json_t *key = NULL;
	int result = edit_undeleted(rq, in, &key);

	if (result != 0)
		return result;
	json_set(key, "Description", json_get(in, "Description"));
	key_put(rq, key);
	return 0;
}

/* A key has one policy, of this name. */
static int check_policy_name(struct request *rq, const json_t *in)
{
	if (strcmp(json_str_or(in, "PolicyName", "default"), "default") != 0)
		return fault(rq, KMS_NotFoundException, "No such policy exists");
	return 0;
}

static int get_key_policy(struct request *rq, const json_t *in, json_t *out)
{
	AUTO_FREE char *text = NULL;
	const json_t *key = NULL;
	int result = check_policy_name(rq, in);

	if (result == 0)
		result = key_get(rq, json_str(in, "KeyId"), &key);
	if (result != 0)
		return result;
	text = json_text(json_get(key, "_Policy"));
	json_set_str(out, "Policy", text);
	return 0;
}

static int put_key_policy(struct request *rq, const json_t *in, json_t *out)
{
	json_t *key = NULL, *policy = NULL;
	int result = check_policy_name(rq, in);

	if (result == 0)
		result = edit_undeleted(rq, in, &key);
	if (result == 0)
		result = read_policy(rq, json_str(in, "Policy"), &policy);
	if (result != 0)
		return result;
	json_set(key, "_Policy", policy);
	key_put(rq, key);
	return 0;
}

static int list_key_policies(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *key = NULL;
	int result = key_get(rq, json_str(in, "KeyId"), &key);

	if (result != 0)
		return result;
	json_push_str(json_add_array(out, "PolicyNames"), "default");
	json_set_bool(out, "Truncated", false);
	return 0;
}

static int schedule_key_deletion(struct request *rq, const json_t *in, json_t *out)
{
	int64_t days = json_int_or(in, "PendingWindowInDays", 30);
	json_t *key = NULL;
	int result = edit_undeleted(rq, in, &key);

	if (result != 0)
		return result;
	if (days < 7 || days > 30)
		return fault_named(rq, "ValidationException",
				   "PendingWindowInDays must be between 7 and 30.");
	json_set_bool(key, "Enabled", false);
	json_set_str(key, "KeyState", "PendingDeletion");
	json_set_time(key, "DeletionDate", (lab_ms){rq->now.ms + days * DAY});
	key_put(rq, key);
	lab_wake(rq->lab, &kms_model);

	json_set(out, "KeyId", json_get(key, "Arn"));
	json_set(out, "DeletionDate", json_get(key, "DeletionDate"));
	json_set_str(out, "KeyState", "PendingDeletion");
	json_set_int(out, "PendingWindowInDays", days);
	return 0;
}

static int cancel_key_deletion(struct request *rq, const json_t *in, json_t *out)
{
	json_t *key = NULL;
	int result = edit_own(rq, in, &key);

	if (result != 0)
		return result;
	if (strcmp(json_str(key, "KeyState"), "PendingDeletion") != 0)
		return fault(rq, KMS_KMSInvalidStateException, "%s is not pending deletion.",
			     json_str(key, "Arn"));
	/* It comes back disabled: somebody has to want it. */
	json_set_str(key, "KeyState", "Disabled");
	json_drop(key, "DeletionDate");
	key_put(rq, key);
	json_set(out, "KeyId", json_get(key, "Arn"));
	return 0;
}

static msec tick(struct request *rq)
{
	const json_t *all = store_list(rq->tx, KMS_KEY), *key;
	msec next = TICK_NEVER;
	size_t i;

	json_each (all, i, key) {
		lab_ms due = json_time_or(key, "DeletionDate", (lab_ms){INT64_MAX});

		if (due.ms == INT64_MAX)
			continue;
		if (due.ms <= rq->now.ms)
			key_delete(rq, json_str(key, "KeyId"));
		else if (next == TICK_NEVER || due.ms - rq->now.ms < next)
			next = due.ms - rq->now.ms;
	}
	return next;
}

/* Whatever has these keys goes; `tags` may name them as {TagKey} or as text. */
static void drop_tags(json_t *tags, const json_t *gone)
{
	size_t i = 0;

	while (i < json_array_size(tags)) {
		const char *key = json_str(json_at(tags, i), "TagKey");
		bool named = json_list_has(gone, key);
		const json_t *tag;
		size_t j;

		json_each (gone, j, tag)
			named = named || strcmp(json_str_or(tag, "TagKey", ""), key) == 0;
		if (named)
			json_array_remove(tags, i);
		else
			i++;
	}
}

static int tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *tag;
	json_t *key = NULL, *tags;
	int result = edit_undeleted(rq, in, &key);
	size_t i;

	if (result != 0)
		return result;
	tags = json_object_get(key, "_Tags");
	drop_tags(tags, json_get(in, "Tags"));
	json_each (json_get(in, "Tags"), i, tag)
		json_push(tags, tag);
	key_put(rq, key);
	return 0;
}

static int untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *key = NULL;
	int result = edit_undeleted(rq, in, &key);

	if (result != 0)
		return result;
	drop_tags(json_object_get(key, "_Tags"), json_get(in, "TagKeys"));
	key_put(rq, key);
	return 0;
}

static int list_resource_tags(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *key = NULL;
	int result = key_get(rq, json_str(in, "KeyId"), &key);

	if (result != 0)
		return result;
	json_set(out, "Tags", json_get(key, "_Tags"));
	json_set_bool(out, "Truncated", false);
	return 0;
}

/* The key an operation uses: named, or said by the ciphertext. Its alias stands for it. */
static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str_or(
		in, "KeyId", json_str_or(in, "TargetKeyId", json_str(in, "DestinationKeyId")));
	const json_t *key;

	if (!name && json_has(in, "CiphertextBlob"))
		name = ciphertext_key_id(rq, json_get(in, "CiphertextBlob"));
	if (!name && json_has(in, "AliasName"))
		name = json_str(in, "AliasName");
	key = name ? key_find(rq, name) : NULL;
	return key ? json_str(key, "Arn") : (name ? rq_arn(rq, "kms", "key/*") : NULL);
}

static const json_t *policy_of(struct request *rq, const char *arn)
{
	return json_get(key_find(rq, arn), "_Policy");
}

static void conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	const json_t *context = json_get(in, "EncryptionContext"), *value;
	json_t *names = json_array();
	const char *name;

	json_each_member (context, name, value) {
		json_set(keys, rq_fmt(rq, "kms:EncryptionContext:%s", name), value);
		json_push_str(names, name);
	}
	json_give(keys, "kms:EncryptionContextKeys", names);
	json_set_str(keys, "kms:KeySpec", "SYMMETRIC_DEFAULT");
	json_give(keys, "kms:GrantIsForAWSResource", json_null());
}

static op_fn *const ops[KMS_NOPS] = {
	[KMS_CancelKeyDeletion] = cancel_key_deletion,
	[KMS_CreateAlias] = kms_create_alias,
	[KMS_CreateKey] = create_key,
	[KMS_Decrypt] = kms_decrypt,
	[KMS_DeleteAlias] = kms_delete_alias,
	[KMS_DescribeKey] = describe_key,
	[KMS_DisableKey] = disable_key,
	[KMS_DisableKeyRotation] = disable_key_rotation,
	[KMS_EnableKey] = enable_key,
	[KMS_EnableKeyRotation] = enable_key_rotation,
	[KMS_Encrypt] = kms_encrypt,
	[KMS_GenerateDataKey] = kms_generate_data_key,
	[KMS_GenerateDataKeyWithoutPlaintext] = kms_generate_data_key_without_plaintext,
	[KMS_GenerateRandom] = kms_generate_random,
	[KMS_GetKeyPolicy] = get_key_policy,
	[KMS_GetKeyRotationStatus] = get_key_rotation_status,
	[KMS_ListAliases] = kms_list_aliases,
	[KMS_ListKeyPolicies] = list_key_policies,
	[KMS_ListKeys] = list_keys,
	[KMS_ListResourceTags] = list_resource_tags,
	[KMS_PutKeyPolicy] = put_key_policy,
	[KMS_ReEncrypt] = kms_re_encrypt,
	[KMS_ScheduleKeyDeletion] = schedule_key_deletion,
	[KMS_TagResource] = tag_resource,
	[KMS_UntagResource] = untag_resource,
	[KMS_UpdateAlias] = kms_update_alias,
	[KMS_UpdateKeyDescription] = update_key_description,
};

const struct service kms_service = {
	.model = &kms_model,
	.ops = ops,
	.resources = kms_resources,
	.tick = tick,
	.arn_of = arn_of,
	.policy_of = policy_of,
	.policy_rules = true,
	.conditions = conditions,
};
