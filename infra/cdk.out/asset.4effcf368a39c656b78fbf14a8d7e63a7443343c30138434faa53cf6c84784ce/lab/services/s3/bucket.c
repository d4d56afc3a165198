/*
 * bucket.c - buckets.
 */
#include "lab/services/s3/nouns.h"

#include <ctype.h>
#include <string.h>

#define OWNER_ID "a4e1f0c2b39d4c7f8e5a6b1d0c9f8e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e"

int s3_no_bucket(struct request *rq, const char *name)
{
	return fault(rq, S3_NoSuchBucket, "The specified bucket does not exist");
}

const json_t *s3_bucket(struct request *rq, const json_t *in)
{
	return store_get(rq->tx, BUCKET, json_str_or(in, "Bucket", ""));
}

/* Lower case, digits, hyphens and dots; 3 to 63; begins and ends with a letter or digit. */
static bool name_is_good(const char *name)
{
	size_t len = strlen(name);

	if (len < 3 || len > 63)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
		    (i == 0 || i == len - 1 || (name[i] != '-' && name[i] != '.')))
			return false;
	return !strstr(name, "..");
}

/* What AWS gives every bucket since 2023: SSE-S3, no public access, no ACLs. */
static void set_defaults(json_t *bucket)
{
	static const char *const blocks[] = {"BlockPublicAcls", "IgnorePublicAcls",
					     "BlockPublicPolicy", "RestrictPublicBuckets"};
	json_t *access = json_add_object(bucket, "_PublicAccess");
	json_t *rules = json_add_array(json_add_object(bucket, "_Ownership"), "Rules");

	for (size_t i = 0; i < array_len(blocks); i++)
		json_set_bool(access, blocks[i], true);
	json_set_str(json_push_object(rules), "ObjectOwnership", "BucketOwnerEnforced");
}

int s3_create_bucket(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Bucket");
	const char *place = json_path_str(in, "CreateBucketConfiguration.LocationConstraint");
	json_t *bucket;

	if (!name_is_good(name))
		return fault(rq, S3_InvalidBucketName, "The specified bucket is not valid.");
	if (place && strcmp(place, rq->region) != 0)
		return fault(rq, S3_IllegalLocationConstraintException,
			     "The %s location constraint is incompatible for the region specific "
			     "endpoint this request was sent to.",
			     place);
	json_set_str(out, "Location", rq_fmt(rq, "/%s", name));
	/* In us-east-1 making one's own bucket again succeeds, and changes nothing. */
	if (store_has(rq->tx, BUCKET, name))
		return 0;
	bucket = rq_object(rq);
	json_set_str(bucket, "Name", name);
	json_set_time(bucket, "CreationDate", rq->now);
	set_defaults(bucket);
	store_put(rq->tx, BUCKET, name, bucket);
	return 0;
}

int s3_delete_bucket(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Bucket");

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, name);
	if (json_array_size(store_keys(rq->tx, OBJECT, rq_fmt(rq, "%s/", name))) > 0)
		return fault(rq, S3_BucketNotEmpty, "The bucket you tried to delete is not empty");
	store_delete(rq->tx, BUCKET, name);
	return 0;
}

int s3_head_bucket(struct request *rq, const json_t *in, json_t *out)
{
	return s3_bucket(rq, in) ? 0 : s3_no_bucket(rq, json_str(in, "Bucket"));
}

int s3_list_buckets(struct request *rq, const json_t *in, json_t *out)
{
	json_t *owner = json_add_object(out, "Owner");

	json_set_str(owner, "ID", OWNER_ID);
	json_set(out, "Buckets", store_list(rq->tx, BUCKET));
	return 0;
}

/* us-east-1 is the place that has no name. */
int s3_get_bucket_location(struct request *rq, const json_t *in, json_t *out)
{
	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	if (strcmp(rq->region, "us-east-1") != 0)
		json_set_str(out, "LocationConstraint", rq->region);
	return 0;
}
