/*
 * bucket_config.c - a bucket's settings: one document each, put whole and shown as they were put.
 */
#include "lab/services/s3/nouns.h"

#include "lab/aws/policy.h"

#include <string.h>

/* A setting: where it is in the bucket's document, in Put's input, and what Get says without it. */
struct setting {
	const char *kept;
	const char *member;
	int fault; /* 0: an empty answer */
	const char *message;
};

static const struct setting policy = {"_Policy", "Policy", S3_NoSuchBucketPolicy,
				      "The bucket policy does not exist"};
static const struct setting encryption = {"_Encryption", "ServerSideEncryptionConfiguration",
					  S3_ServerSideEncryptionConfigurationNotFoundError,
					  "The server side encryption configuration was not found"};
static const struct setting public_access = {"_PublicAccess", "PublicAccessBlockConfiguration",
					     S3_NoSuchPublicAccessBlockConfiguration,
					     "The public access block configuration was not found"};
static const struct setting lifecycle = {"_Lifecycle", "LifecycleConfiguration",
					 S3_NoSuchLifecycleConfiguration,
					 "The lifecycle configuration does not exist"};
static const struct setting versioning = {"_Versioning", "VersioningConfiguration", 0, NULL};
static const struct setting ownership = {"_Ownership", "OwnershipControls",
					 S3_OwnershipControlsNotFoundError,
					 "The bucket ownership controls were not found"};
static const struct setting tagging = {"_Tagging", "Tagging", S3_NoSuchTagSet,
				       "The TagSet does not exist"};

static int put_setting(struct request *rq, const json_t *in, const struct setting *setting)
{
	const char *name = json_str(in, "Bucket");
	json_t *bucket = store_edit(rq->tx, BUCKET, name);

	if (!bucket)
		return s3_no_bucket(rq, name);
	if (!json_has(in, setting->member))
		return fault(rq, S3_MalformedXML,
			     "The XML you provided was not well-formed or did not validate against "
			     "our published schema");
	json_set(bucket, setting->kept, json_get(in, setting->member));
	store_put(rq->tx, BUCKET, name, bucket);
	return 0;
}

static int get_setting(struct request *rq, const json_t *in, const struct setting *setting,
		       const json_t **ret_value)
{
	const json_t *bucket = s3_bucket(rq, in);

	if (!bucket)
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	*ret_value = json_get(bucket, setting->kept);
	if (!*ret_value && setting->fault)
		return fault(rq, setting->fault, "%s", setting->message);
	return 0;
}

static int delete_setting(struct request *rq, const json_t *in, const struct setting *setting)
{
	const char *name = json_str(in, "Bucket");
	json_t *bucket = store_edit(rq->tx, BUCKET, name);

	if (!bucket)
		return s3_no_bucket(rq, name);
	json_drop(bucket, setting->kept);
	store_put(rq->tx, BUCKET, name, bucket);
	return 0;
}

/* The answer is the setting's members themselves … */
static int show_members(struct request *rq, const json_t *in, json_t *out,
			const struct setting *setting)
{
	const json_t *value = NULL;
	int err = get_setting(rq, in, setting, &value);

	if (!err && value)
		json_object_update(out, rq_copy(rq, value));
	return err;
}

/* … or has it as a member. */
static int show_setting(struct request *rq, const json_t *in, json_t *out,
			const struct setting *setting)
{
	const json_t *value = NULL;
	int err = get_setting(rq, in, setting, &value);

	if (!err)
		json_set(out, setting->member, value);
	return err;
}

int s3_put_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *text = json_str_or(in, "Policy", "");
	AUTO_JSON json_t *document = json_read(text, strlen(text));
	const char *wrong = document ? policy_check(document) : NULL;

	if (!document)
		return fault(rq, S3_MalformedPolicy,
			     "Policies must be valid JSON and the first byte must be '{'");
	if (wrong)
		return fault(rq, S3_MalformedPolicy, "%s", wrong);
	return put_setting(rq, in, &policy);
}

int s3_get_policy(struct request *rq, const json_t *in, json_t *out)
{
	return show_setting(rq, in, out, &policy);
}

int s3_delete_policy(struct request *rq, const json_t *in, json_t *out)
{
	return delete_setting(rq, in, &policy);
}

int s3_put_encryption(struct request *rq, const json_t *in, json_t *out)
{
	return put_setting(rq, in, &encryption);
}

/* A bucket is never without: SSE-S3 is what it has if nobody said more. */
int s3_get_encryption(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *bucket = s3_bucket(rq, in);
	json_t *rule;

	if (!bucket || json_has(bucket, encryption.kept))
		return show_setting(rq, in, out, &encryption);
	rule = json_push_object(json_add_array(json_add_object(out, encryption.member), "Rules"));
	json_set_str(json_add_object(rule, "ApplyServerSideEncryptionByDefault"), "SSEAlgorithm",
		     "AES256");
	json_set_bool(rule, "BucketKeyEnabled", false);
	return 0;
}

int s3_delete_encryption(struct request *rq, const json_t *in, json_t *out)
{
	return delete_setting(rq, in, &encryption);
}

int s3_put_public_access(struct request *rq, const json_t *in, json_t *out)
{
	return put_setting(rq, in, &public_access);
}

int s3_get_public_access(struct request *rq, const json_t *in, json_t *out)
{
	return show_setting(rq, in, out, &public_access);
}

int s3_delete_public_access(struct request *rq, const json_t *in, json_t *out)
{
	return delete_setting(rq, in, &public_access);
}

/* A rule without an id gets one. */
int s3_put_lifecycle(struct request *rq, const json_t *in, json_t *out)
{
	json_t *named = rq_copy(rq, in);
	json_t *rules = json_object_get(json_object_get(named, lifecycle.member), "Rules");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		json_t *rule = json_array_get(rules, i);

		if (!json_has(rule, "ID"))
			json_set_str(rule, "ID", id_new(rq, "", 32));
	}
	return put_setting(rq, named, &lifecycle);
}

int s3_get_lifecycle(struct request *rq, const json_t *in, json_t *out)
{
	return show_members(rq, in, out, &lifecycle);
}

int s3_delete_lifecycle(struct request *rq, const json_t *in, json_t *out)
{
	return delete_setting(rq, in, &lifecycle);
}

int s3_put_versioning(struct request *rq, const json_t *in, json_t *out)
{
	return put_setting(rq, in, &versioning);
}

int s3_get_versioning(struct request *rq, const json_t *in, json_t *out)
{
	return show_members(rq, in, out, &versioning);
}

int s3_put_ownership(struct request *rq, const json_t *in, json_t *out)
{
	return put_setting(rq, in, &ownership);
}

int s3_get_ownership(struct request *rq, const json_t *in, json_t *out)
{
	return show_setting(rq, in, out, &ownership);
}

int s3_put_tagging(struct request *rq, const json_t *in, json_t *out)
{
	return put_setting(rq, in, &tagging);
}

int s3_get_tagging(struct request *rq, const json_t *in, json_t *out)
{
	return show_members(rq, in, out, &tagging);
}

int s3_delete_tagging(struct request *rq, const json_t *in, json_t *out)
{
	return delete_setting(rq, in, &tagging);
}
