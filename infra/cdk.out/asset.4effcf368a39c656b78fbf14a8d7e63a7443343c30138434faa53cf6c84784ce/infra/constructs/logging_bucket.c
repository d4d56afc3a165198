/*
 * logging_bucket.c - where a load balancer's access logs go.
 *
 * Encrypted by S3's own keys: an Application Load Balancer cannot write to a bucket with a KMS key
 * (docs.aws.amazon.com, "Enable access logs for your Application Load Balancer").
 */
#include "infra/constructs/logging_bucket.h"

#include "infra/cdk/cdk.h"

static void accept_findings(struct s3_bucket *bucket)
{
	static const char *const a_log =
		"It holds access logs itself; logs of reading logs would go on for ever.";
	static const char *const written_once =
		"Objects are written once, under names with time and node, and expire.";

	cdk_validations_acknowledge(
		cdk_validations_of(&bucket->iconstruct), {.id = "AwsSolutions-S1", .reason = a_log},
		{.id = "NIST.800.53.R5-S3BucketLoggingEnabled", .reason = a_log},
		{.id = "NIST.800.53.R5-S3BucketVersioningEnabled", .reason = written_once},
		{.id = "NIST.800.53.R5-S3BucketReplicationEnabled",
		 .reason = "Access logs are an aid, not a record; losing a region loses them."},
		{.id = "NIST.800.53.R5-S3DefaultEncryptionKMS",
		 .reason = "A load balancer cannot write to a bucket with a KMS key."});
}

struct s3_bucket *logging_bucket_new(struct constructs_construct *scope, const char *id,
				     const struct logging_bucket_props *props)
{
	struct s3_lifecycle_rule expire = {
		.expiration = cdk_duration_days(props->days),
		.abort_incomplete_multipart_upload_after = cdk_duration_days(1),
	};
	struct s3_bucket_props bucket_props = {
		.encryption = S3_BUCKET_ENCRYPTION_S3_MANAGED,
		.block_public_access = s3_block_public_access_BLOCK_ALL(),
		.enforce_ssl = YES,
		.lifecycle_rules = LIST(s3_lifecycle_rule, expire),
		.removal_policy = CDK_REMOVAL_POLICY_RETAIN,
	};
	struct s3_bucket *bucket = s3_bucket_new(scope, id, &bucket_props);

	accept_findings(bucket);
	return bucket;
}
