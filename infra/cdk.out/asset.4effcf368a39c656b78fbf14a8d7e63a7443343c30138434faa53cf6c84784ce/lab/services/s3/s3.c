/*
 * s3.c - S3: the table, and what IAM is asked about each call.
 *
 *   keeps      see nouns.h; bodies as files under objects/ in the state folder
 *   publishes  nothing
 *   left out   versions (a bucket's setting is kept), ACLs, events, website, replication, select,
 *              encryption at rest: what encrypts an object is kept and shown, its file is as it came
 */
#include "lab/services/s3/s3.h"

#include "lab/services/s3/nouns.h"

#include <string.h>

static op_fn *const ops[S3_NOPS] = {
	[S3_AbortMultipartUpload] = s3_abort_upload,
	[S3_CompleteMultipartUpload] = s3_complete_upload,
	[S3_CopyObject] = s3_copy_object,
	[S3_CreateBucket] = s3_create_bucket,
	[S3_CreateMultipartUpload] = s3_create_upload,
	[S3_DeleteBucket] = s3_delete_bucket,
	[S3_DeleteBucketEncryption] = s3_delete_encryption,
	[S3_DeleteBucketLifecycle] = s3_delete_lifecycle,
	[S3_DeleteBucketPolicy] = s3_delete_policy,
	[S3_DeleteBucketTagging] = s3_delete_tagging,
	[S3_DeleteObject] = s3_delete_object,
	[S3_DeleteObjects] = s3_delete_objects,
	[S3_DeletePublicAccessBlock] = s3_delete_public_access,
	[S3_GetBucketEncryption] = s3_get_encryption,
	[S3_GetBucketLifecycleConfiguration] = s3_get_lifecycle,
	[S3_GetBucketLocation] = s3_get_bucket_location,
	[S3_GetBucketOwnershipControls] = s3_get_ownership,
	[S3_GetBucketPolicy] = s3_get_policy,
	[S3_GetBucketTagging] = s3_get_tagging,
	[S3_GetBucketVersioning] = s3_get_versioning,
	[S3_GetObject] = s3_get_object,
	[S3_GetPublicAccessBlock] = s3_get_public_access,
	[S3_HeadBucket] = s3_head_bucket,
	[S3_HeadObject] = s3_head_object,
	[S3_ListBuckets] = s3_list_buckets,
	[S3_ListObjects] = s3_list_objects,
	[S3_ListObjectsV2] = s3_list_objects_v2,
	[S3_ListParts] = s3_list_parts,
	[S3_PutBucketEncryption] = s3_put_encryption,
	[S3_PutBucketLifecycleConfiguration] = s3_put_lifecycle,
	[S3_PutBucketOwnershipControls] = s3_put_ownership,
	[S3_PutBucketPolicy] = s3_put_policy,
	[S3_PutBucketTagging] = s3_put_tagging,
	[S3_PutBucketVersioning] = s3_put_versioning,
	[S3_PutObject] = s3_put_object,
	[S3_PutPublicAccessBlock] = s3_put_public_access,
	[S3_UploadPart] = s3_upload_part,
};

/* Where an action is not called like its operation. */
static const char *const actions[S3_NOPS] = {
	[S3_CompleteMultipartUpload] = "s3:PutObject",
	[S3_CopyObject] = "s3:PutObject",
	[S3_CreateMultipartUpload] = "s3:PutObject",
	[S3_DeleteBucketEncryption] = "s3:PutEncryptionConfiguration",
	[S3_DeleteBucketLifecycle] = "s3:PutLifecycleConfiguration",
	[S3_DeleteBucketTagging] = "s3:PutBucketTagging",
	[S3_DeleteObjects] = "s3:DeleteObject",
	[S3_DeletePublicAccessBlock] = "s3:PutBucketPublicAccessBlock",
	[S3_GetBucketEncryption] = "s3:GetEncryptionConfiguration",
	[S3_GetBucketLifecycleConfiguration] = "s3:GetLifecycleConfiguration",
	[S3_GetPublicAccessBlock] = "s3:GetBucketPublicAccessBlock",
	[S3_HeadBucket] = "s3:ListBucket",
	[S3_HeadObject] = "s3:GetObject",
	[S3_ListBuckets] = "s3:ListAllMyBuckets",
	[S3_ListObjects] = "s3:ListBucket",
	[S3_ListObjectsV2] = "s3:ListBucket",
	[S3_ListParts] = "s3:ListMultipartUploadParts",
	[S3_PutBucketEncryption] = "s3:PutEncryptionConfiguration",
	[S3_PutBucketLifecycleConfiguration] = "s3:PutLifecycleConfiguration",
	[S3_PutPublicAccessBlock] = "s3:PutBucketPublicAccessBlock",
	[S3_UploadPart] = "s3:PutObject",
};

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *bucket = json_str(in, "Bucket");
	const char *key = op == S3_DeleteObjects ? "*" : json_str(in, "Key");

	*ret_action = actions[op];
	if (!bucket)
		return NULL;
	if (!key)
		return rq_fmt(rq, "arn:%s:s3:::%s", rq->partition, bucket);
	return rq_fmt(rq, "arn:%s:s3:::%s/%s", rq->partition, bucket, key);
}

/* arn:aws:s3:::bucket or arn:aws:s3:::bucket/key */
static const json_t *policy_of(struct request *rq, const char *arn)
{
	const char *name = strstr(arn, ":::");
	const char *text;
	json_t *policy;

	if (!name)
		return NULL;
	name += 3;
	name = rq_fmt(rq, "%.*s", (int)strcspn(name, "/"), name);
	text = json_str(store_get(rq->tx, BUCKET, name), "_Policy");
	policy = text ? json_read(text, strlen(text)) : NULL;
	return policy ? rq_keep(rq, policy) : NULL;
}

static void conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	json_set(keys, "s3:x-amz-acl", json_get(in, "ACL"));
	json_set(keys, "s3:prefix", json_get(in, "Prefix"));
	json_set(keys, "s3:delimiter", json_get(in, "Delimiter"));
	json_set(keys, "s3:x-amz-server-side-encryption", json_get(in, "ServerSideEncryption"));
	json_set(keys, "s3:x-amz-server-side-encryption-aws-kms-key-id",
		 json_get(in, "SSEKMSKeyId"));
}

static msec tick(struct request *rq)
{
	bodies_sweep(rq);
	return TICK_NEVER;
}

const struct service s3_service = {
	.model = &s3_model,
	.ops = ops,
	.resources = s3_resources,
	.tick = tick,
	.arn_of = arn_of,
	.policy_of = policy_of,
	.conditions = conditions,
};
