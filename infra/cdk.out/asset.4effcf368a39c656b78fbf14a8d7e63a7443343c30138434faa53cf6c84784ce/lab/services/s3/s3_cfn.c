/*
 * s3_cfn.c - AWS::S3::Bucket and AWS::S3::BucketPolicy.
 *
 * A bucket's properties are settings that the API has one call each for; some names differ.
 */
#include "lab/aws/cfn_call.h"
#include "lab/services/s3/nouns.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	return cfn_call(rq, &s3_model, op, in, NULL);
}

static json_t *input(struct request *rq, const char *bucket)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "Bucket", bucket);
	return in;
}

/* ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault is Apply… in the API. */
static json_t *encryption(struct request *rq, const json_t *prop)
{
	json_t *value = rq_object(rq);
	json_t *rules = json_add_array(value, "Rules");
	const json_t *rule;
	size_t i;

	json_each (json_get(prop, "ServerSideEncryptionConfiguration"), i, rule) {
		json_t *shown = json_push_object(rules);

		json_set(shown, "ApplyServerSideEncryptionByDefault",
			 json_get(rule, "ServerSideEncryptionByDefault"));
		json_set(shown, "BucketKeyEnabled", json_get(rule, "BucketKeyEnabled"));
	}
	return value;
}

/* A number of days in a property of its own is a structure in the API. */
static void move_days(json_t *rule, const char *prop, const char *member, const char *name)
{
	if (!json_has(rule, prop))
		return;
	json_set(json_add_object(rule, member), name, json_get(rule, prop));
	json_drop(rule, prop);
}

static json_t *lifecycle(struct request *rq, const json_t *prop)
{
	json_t *value = rq_copy(rq, prop);
	json_t *rules = json_object_get(value, "Rules");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		json_t *rule = json_array_get(rules, i);

		json_set(rule, "ID", json_get(rule, "Id"));
		json_drop(rule, "Id");
		move_days(rule, "ExpirationInDays", "Expiration", "Days");
		move_days(rule, "NoncurrentVersionExpirationInDays", "NoncurrentVersionExpiration",
			  "NoncurrentDays");
		if (!json_has(rule, "Prefix") && !json_has(rule, "Filter"))
			json_set_str(rule, "Prefix", "");
	}
	return value;
}

static json_t *as_it_is(struct request *rq, const json_t *prop)
{
	return rq_copy(rq, prop);
}

/* A property, the call that sets it, the call's member, how it gets there, the call without it. */
static const struct setting {
	const char *prop;
	int op;
	const char *member;
	json_t *(*convert)(struct request *rq, const json_t *prop);
	int delete_op; /* -1: stays */
} settings[] = {
	{"BucketEncryption", S3_PutBucketEncryption, "ServerSideEncryptionConfiguration",
	 encryption, S3_DeleteBucketEncryption},
	{"LifecycleConfiguration", S3_PutBucketLifecycleConfiguration, "LifecycleConfiguration",
	 lifecycle, S3_DeleteBucketLifecycle},
	{"PublicAccessBlockConfiguration", S3_PutPublicAccessBlock,
	 "PublicAccessBlockConfiguration", as_it_is, S3_DeletePublicAccessBlock},
	{"VersioningConfiguration", S3_PutBucketVersioning, "VersioningConfiguration", as_it_is,
	 -1},
	{"OwnershipControls", S3_PutBucketOwnershipControls, "OwnershipControls", as_it_is, -1},
};

static const struct setting *setting_of(const char *prop)
{
	for (size_t i = 0; i < array_len(settings); i++)
		if (strcmp(settings[i].prop, prop) == 0)
			return &settings[i];
	return NULL;
}

static int check_props(struct request *rq, const struct cfn_resource *r)
{
	const json_t *value;
	const char *prop;

	json_each_member (r->props, prop, value) {
		if (setting_of(prop) || strcmp(prop, "BucketName") == 0 ||
		    strcmp(prop, "Tags") == 0)
			continue;
		/* The only ACL there is: what `cdk bootstrap` asks for. */
		if (strcmp(prop, "AccessControl") == 0 &&
		    strcmp(json_string_value(value) ? json_string_value(value) : "", "Private") ==
			    0)
			continue;
		return fault_named(rq, "NotImplemented", "%s of AWS::S3::Bucket is not in the lab",
				   prop);
	}
	return 0;
}

static int set_tags(struct request *rq, const struct cfn_resource *r, const char *bucket)
{
	json_t *tags = cfn_tags(rq, r);
	json_t *in = input(rq, bucket);

	if (!tags)
		return 0;
	json_set(json_add_object(in, "Tagging"), "TagSet", tags);
	return call(rq, S3_PutBucketTagging, in);
}

/* `old`: the properties it had; NULL at its creation. */
static int apply(struct request *rq, const struct cfn_resource *r, const char *bucket,
		 const json_t *old)
{
	int err = set_tags(rq, r, bucket);

	for (size_t i = 0; !err && i < array_len(settings); i++) {
		const struct setting *setting = &settings[i];
		const json_t *prop = json_get(r->props, setting->prop);
		json_t *in = input(rq, bucket);

		if (prop) {
			json_set(in, setting->member, setting->convert(rq, prop));
			err = call(rq, setting->op, in);
		} else if (json_has(old, setting->prop) && setting->delete_op >= 0) {
			err = call(rq, setting->delete_op, in);
		}
	}
	return err;
}

static int create_bucket(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = cfn_name_prop(rq, r, "BucketName", 63, true);
	int err = check_props(rq, r);

	if (!err && aws_call(rq, rq->caller, &s3_model, S3_HeadBucket, input(rq, name), NULL) == 0)
		return fault_named(rq, "BucketAlreadyOwnedByYou", "%s already exists", name);
	if (!err)
		err = call(rq, S3_CreateBucket, input(rq, name));
	if (!err)
		err = apply(rq, r, name, NULL);
	if (!err)
		*ret_id = name;
	return err;
}

static int update_bucket(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int err = check_props(rq, r);

	return err ? err : apply(rq, r, r->physical_id, old);
}

static int delete_bucket(struct request *rq, const struct cfn_resource *r)
{
	return cfn_call_unless(rq, &s3_model, S3_DeleteBucket, input(rq, r->physical_id),
			       "NoSuchBucket");
}

static json_t *get_bucket_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const char *bucket = r->physical_id;
	const char *text = NULL;

	if (strcmp(name, "Arn") == 0)
		text = rq_fmt(rq, "arn:%s:s3:::%s", rq->partition, bucket);
	else if (strcmp(name, "DomainName") == 0)
		text = rq_fmt(rq, "%s.s3.amazonaws.com", bucket);
	else if (strcmp(name, "RegionalDomainName") == 0)
		text = rq_fmt(rq, "%s.s3.%s.amazonaws.com", bucket, rq->region);
	else if (strcmp(name, "DualStackDomainName") == 0)
		text = rq_fmt(rq, "%s.s3.dualstack.%s.amazonaws.com", bucket, rq->region);
	else if (strcmp(name, "WebsiteURL") == 0)
		text = rq_fmt(rq, "http://%s.s3-website-%s.amazonaws.com", bucket, rq->region);
	return text ? json_string(text) : NULL;
}

static int put_policy(struct request *rq, const struct cfn_resource *r, const char *bucket)
{
	AUTO_FREE char *text = json_text(json_get(r->props, "PolicyDocument"));
	json_t *in = input(rq, bucket);

	json_set_str(in, "Policy", text);
	return call(rq, S3_PutBucketPolicy, in);
}

static int create_policy(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *bucket = json_str(r->props, "Bucket");
	int err;

	if (!bucket || !json_has(r->props, "PolicyDocument"))
		return fault_named(rq, "ValidationError",
				   "Properties validation failed: required keys [Bucket, "
				   "PolicyDocument]");
	err = put_policy(rq, r, bucket);
	if (!err)
		*ret_id = bucket;
	return err;
}

static int update_policy(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return put_policy(rq, r, r->physical_id);
}

static int delete_policy(struct request *rq, const struct cfn_resource *r)
{
	return cfn_call_unless(rq, &s3_model, S3_DeleteBucketPolicy, input(rq, r->physical_id),
			       "NoSuchBucket");
}

const struct resource s3_resources[] = {
	{
		.type = "AWS::S3::Bucket",
		.create = create_bucket,
		.update = update_bucket,
		.delete = delete_bucket,
		.get_att = get_bucket_att,
	},
	{
		.type = "AWS::S3::BucketPolicy",
		.create = create_policy,
		.update = update_policy,
		.delete = delete_policy,
	},
	{.type = NULL},
};
