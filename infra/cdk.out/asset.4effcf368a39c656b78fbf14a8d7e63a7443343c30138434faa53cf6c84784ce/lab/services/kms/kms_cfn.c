/*
 * kms_cfn.c - AWS::KMS::Key and AWS::KMS::Alias.
 *
 *   left out   KeySpec and KeyUsage other than symmetric encryption
 */
#include "lab/services/kms/key.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static bool is_true(const json_t *props, const char *name, bool otherwise)
{
	const char *text = json_str(props, name);

	return text ? strcmp(text, "true") == 0 : json_bool_or(props, name, otherwise);
}

/* Calls an operation that takes a KeyId and little else. */
static int call(struct request *rq, int op, const char *id, json_t *in)
{
	json_set_str(in, "KeyId", id);
	return cfn_call(rq, &kms_model, op, in, NULL);
}

/* EnableKeyRotation and Enabled have operations of their own. */
static int set_flags(struct request *rq, const char *id, const json_t *props)
{
	bool rotates = is_true(props, "EnableKeyRotation", false);
	bool enabled = is_true(props, "Enabled", true);
	int result = call(rq, rotates ? KMS_EnableKeyRotation : KMS_DisableKeyRotation, id,
			  rq_object(rq));

	if (result == 0)
		result = call(rq, enabled ? KMS_EnableKey : KMS_DisableKey, id, rq_object(rq));
	return result;
}

/* CloudFormation says Key and Value, KMS TagKey and TagValue. */
static void add_tags(json_t *in, const json_t *tags)
{
	json_t *list = json_add_array(in, "Tags");
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag) {
		json_t *one = json_push_object(list);

		json_set(one, "TagKey", json_get(tag, "Key"));
		json_set(one, "TagValue", json_get(tag, "Value"));
	}
}

static int create_key(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const char *id;
	int result;

	json_set(in, "Description", json_get(r->props, "Description"));
	json_set(in, "KeySpec", json_get(r->props, "KeySpec"));
	json_set(in, "KeyUsage", json_get(r->props, "KeyUsage"));
	json_set(in, "MultiRegion", json_get(r->props, "MultiRegion"));
	json_set(in, "Policy", json_get(r->props, "KeyPolicy"));
	add_tags(in, cfn_tags(rq, r));
	result = cfn_call(rq, &kms_model, KMS_CreateKey, in, out);
	if (result != 0)
		return result;

	id = rq_strdup(rq, json_path_str(out, "KeyMetadata.KeyId"));
	result = set_flags(rq, id, r->props);
	if (result == 0)
		*ret_id = id;
	return result;
}

static const struct cfn_tagging tagging = {
	.model = &kms_model,
	.tag_op = KMS_TagResource,
	.untag_op = KMS_UntagResource,
	.id = "KeyId",
	.tags = "Tags",
	.keys = "TagKeys",
	.key = "TagKey",
	.value = "TagValue",
};

static int update_key(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *description = rq_object(rq), *policy = rq_object(rq);
	int result = set_flags(rq, r->physical_id, r->props);

	json_set_str(description, "Description", json_str_or(r->props, "Description", ""));
	if (result == 0)
		result = call(rq, KMS_UpdateKeyDescription, r->physical_id, description);
	if (result == 0)
		result = cfn_retag(rq, r, old, &tagging, r->physical_id);
	if (result != 0 || !json_has(r->props, "KeyPolicy"))
		return result;
	json_set_str(policy, "PolicyName", "default");
	json_set(policy, "Policy", json_get(r->props, "KeyPolicy"));
	return call(rq, KMS_PutKeyPolicy, r->physical_id, policy);
}

static bool is_gone(const struct request *rq)
{
	return strcmp(rq->called.code, "NotFoundException") == 0 ||
	       strcmp(rq->called.code, "KMSInvalidStateException") == 0;
}

static int delete_key(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "KeyId", r->physical_id);
	json_set(in, "PendingWindowInDays", json_get(r->props, "PendingWindowInDays"));
	if (aws_call(rq, rq->caller, &kms_model, KMS_ScheduleKeyDeletion, in, NULL))
		return is_gone(rq) ? 0 : fault_pass(rq);
	return 0;
}

static json_t *key_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "KeyId") == 0)
		return json_string(r->physical_id);
	if (strcmp(name, "Arn") == 0)
		return json_string(rq_arn(rq, "kms", rq_fmt(rq, "key/%s", r->physical_id)));
	return NULL;
}

static int call_alias(struct request *rq, int op, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set(in, "AliasName", json_get(r->props, "AliasName"));
	json_set(in, "TargetKeyId", json_get(r->props, "TargetKeyId"));
	return cfn_call(rq, &kms_model, op, in, NULL);
}

static int create_alias(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	int result = call_alias(rq, KMS_CreateAlias, r);

	if (result == 0)
		*ret_id = rq_strdup(rq, json_str(r->props, "AliasName"));
	return result;
}

static int update_alias(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return call_alias(rq, KMS_UpdateAlias, r);
}

static int delete_alias(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "AliasName", r->physical_id);
	if (aws_call(rq, rq->caller, &kms_model, KMS_DeleteAlias, in, NULL))
		return is_gone(rq) ? 0 : fault_pass(rq);
	return 0;
}

const struct resource kms_resources[] = {
	{
		.type = "AWS::KMS::Key",
		.create = create_key,
		.update = update_key,
		.delete = delete_key,
		.get_att = key_att,
	},
	{
		.type = "AWS::KMS::Alias",
		.create = create_alias,
		.update = update_alias,
		.delete = delete_alias,
	},
	{.type = NULL},
};
