/*
 * s3_test.c - buckets and objects in a lab in memory.
 */
#include "lab/aws/trial.h"
#include "lab/services/s3/nouns.h"
#include "lab/services/s3/s3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct service *const services[] = {&s3_service, NULL};
static struct trial t;

static int opened(void **state)
{
	trial_open(&t, services);
	assert_non_null(trial_ask(&t, &s3_model, S3_CreateBucket, "{'Bucket': 'bkt'}"));
	return 0;
}

static int closed(void **state)
{
	trial_close(&t);
	return 0;
}

static void put(const char *key, const char *body)
{
	assert_non_null(trial_ask(&t, &s3_model, S3_PutObject,
				  "{'Bucket': 'bkt', 'Key': '%s', 'Body': '%s'}", key, body));
}

static void an_object_comes_back_as_it_was_put(void **state)
{
	const json_t *out;

	put("a/b", "hello");
	assert_string_equal(json_str(t.out, "ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
	out = trial_ask(&t, &s3_model, S3_GetObject, "{'Bucket': 'bkt', 'Key': 'a/b'}");
	assert_string_equal(json_str(out, "Body"), "hello");
	assert_string_equal(json_str(out, "ContentType"), "binary/octet-stream");
	assert_string_equal(json_str(out, "ServerSideEncryption"), "AES256");
	assert_int_equal(json_int_or(out, "ContentLength", 0), 5);

	assert_non_null(
		trial_ask(&t, &s3_model, S3_DeleteObject, "{'Bucket': 'bkt', 'Key': 'a/b'}"));
	assert_null(trial_ask(&t, &s3_model, S3_GetObject, "{'Bucket': 'bkt', 'Key': 'a/b'}"));
	assert_string_equal(t.code, "NoSuchKey");
	assert_int_equal(t.status, 404);
	assert_null(trial_ask(&t, &s3_model, S3_HeadObject, "{'Bucket': 'no-bkt', 'Key': 'k'}"));
	assert_string_equal(t.code, "NoSuchBucket");
}

static void bytes_may_be_any(void **state)
{
	json_t *in = json_pack("{s:s, s:s}", "Bucket", "bkt", "Key", "k");
	const json_t *body;

	json_give(in, "Body", json_stringn_nocheck("\0\xff\n", 3));
	assert_non_null(trial_ask_tree(&t, &s3_model, S3_PutObject, in));
	json_decref(in);
	trial_ask(&t, &s3_model, S3_GetObject, "{'Bucket': 'bkt', 'Key': 'k'}");
	body = json_get(t.out, "Body");
	assert_int_equal(json_string_length(body), 3);
	assert_memory_equal(json_string_value(body), "\0\xff\n", 3);
}

static const char *range(const char *text)
{
	const json_t *out = trial_ask(&t, &s3_model, S3_GetObject,
				      "{'Bucket': 'bkt', 'Key': 'k', 'Range': '%s'}", text);

	return out ? json_str(out, "Body") : t.code;
}

static void a_range_is_a_part(void **state)
{
	put("k", "0123456789");
	assert_string_equal(range("bytes=2-4"), "234");
	assert_string_equal(json_str(t.out, "ContentRange"), "bytes 2-4/10");
	assert_int_equal(json_int_or(t.out, "_Status", 0), 206);
	assert_string_equal(range("bytes=8-"), "89");
	assert_string_equal(range("bytes=-3"), "789");
	assert_string_equal(range("bytes=-30"), "0123456789");
	assert_string_equal(range("bytes=5-100"), "56789");
	assert_string_equal(range("bytes=10-"), "InvalidRange");
	assert_string_equal(range("bytes=4-2"), "0123456789");
	assert_string_equal(range("lines=1-2"), "0123456789");
}

static void conditions_are_kept(void **state)
{
	put("k", "hello");
	assert_null(trial_ask(&t, &s3_model, S3_GetObject,
			      "{'Bucket': 'bkt', 'Key': 'k', 'IfMatch': 'other'}"));
	assert_int_equal(t.status, 412);
	assert_null(trial_ask(&t, &s3_model, S3_GetObject,
			      "{'Bucket': 'bkt', 'Key': 'k', 'IfNoneMatch': "
			      "'5d41402abc4b2a76b9719d911017c592'}"));
	assert_int_equal(t.status, 304);
	assert_null(trial_ask(&t, &s3_model, S3_PutObject,
			      "{'Bucket': 'bkt', 'Key': 'k', 'IfNoneMatch': '*'}"));
	assert_int_equal(t.status, 412);
}

static void a_wrong_checksum_is_refused(void **state)
{
	static const char in[] = "{'Bucket': 'bkt', 'Key': 'k', 'Body': '123456789', '%s': '%s'}";

	assert_non_null(trial_ask(&t, &s3_model, S3_PutObject, in, "ChecksumCRC32", "y/Q5Jg=="));
	assert_non_null(trial_ask(&t, &s3_model, S3_PutObject, in, "ChecksumCRC32C", "4waSgw=="));
	assert_non_null(trial_ask(&t, &s3_model, S3_PutObject, in, "ContentMD5",
				  "JfnnlDI7RTiF9RgfG2JNCw=="));
	assert_null(trial_ask(&t, &s3_model, S3_PutObject, in, "ChecksumCRC32", "AAAAAA=="));
	assert_string_equal(t.code, "BadDigest");
}

static void keys_are_listed_in_pages_and_folders(void **state)
{
	static const char *const keys[] = {"a/1", "a/2", "b/1", "c", "d"};
	char token[64];

	for (size_t i = 0; i < array_len(keys); i++)
		put(keys[i], "x");
	trial_ask(&t, &s3_model, S3_ListObjectsV2, "{'Bucket': 'bkt', 'Prefix': 'a/'}");
	assert_int_equal(json_int_or(t.out, "KeyCount", 0), 2);

	trial_ask(&t, &s3_model, S3_ListObjectsV2,
		  "{'Bucket': 'bkt', 'Delimiter': '/', 'MaxKeys': 2}");
	assert_string_equal(json_path_str(t.out, "CommonPrefixes.1.Prefix"), "b/");
	assert_true(json_bool_or(t.out, "IsTruncated", false));
	snprintf(token, sizeof(token), "%s", json_str(t.out, "NextContinuationToken"));
	trial_ask(&t, &s3_model, S3_ListObjectsV2,
		  "{'Bucket': 'bkt', 'Delimiter': '/', 'ContinuationToken': '%s'}", token);
	assert_string_equal(json_path_str(t.out, "Contents.0.Key"), "c");
	assert_int_equal(json_int_or(t.out, "KeyCount", 0), 2);
	assert_false(json_bool_or(t.out, "IsTruncated", true));

	assert_null(trial_ask(&t, &s3_model, S3_DeleteBucket, "{'Bucket': 'bkt'}"));
	assert_string_equal(t.code, "BucketNotEmpty");
	trial_ask(&t, &s3_model, S3_DeleteObjects,
		  "{'Bucket': 'bkt', 'Delete': {'Objects': [{'Key': 'a/1'}, {'Key': 'none'}]}}");
	assert_string_equal(json_path_str(t.out, "Deleted.1.Key"), "none");
}

static void settings_are_shown_as_they_were_put(void **state)
{
	assert_null(trial_ask(&t, &s3_model, S3_GetBucketPolicy, "{'Bucket': 'bkt'}"));
	assert_string_equal(t.code, "NoSuchBucketPolicy");
	assert_null(
		trial_ask(&t, &s3_model, S3_PutBucketPolicy, "{'Bucket': 'bkt', 'Policy': '[]'}"));
	assert_string_equal(t.code, "MalformedPolicy");

	trial_ask(&t, &s3_model, S3_GetPublicAccessBlock, "{'Bucket': 'bkt'}");
	assert_true(
		json_is_true(json_path(t.out, "PublicAccessBlockConfiguration.BlockPublicPolicy")));
	trial_ask(&t, &s3_model, S3_GetBucketEncryption, "{'Bucket': 'bkt'}");
	assert_string_equal(json_path_str(t.out, "ServerSideEncryptionConfiguration.Rules.0."
						 "ApplyServerSideEncryptionByDefault.SSEAlgorithm"),
			    "AES256");
	assert_non_null(trial_ask(&t, &s3_model, S3_PutBucketLifecycleConfiguration,
				  "{'Bucket': 'bkt', 'LifecycleConfiguration': {'Rules': "
				  "[{'Status': 'Enabled', 'Expiration': {'Days': 90}}]}}"));
	trial_ask(&t, &s3_model, S3_GetBucketLifecycleConfiguration, "{'Bucket': 'bkt'}");
	assert_int_equal(json_integer_value(json_path(t.out, "Rules.0.Expiration.Days")), 90);
	assert_non_null(json_path_str(t.out, "Rules.0.ID"));
}

static void parts_make_a_whole(void **state)
{
	static char big[(5 << 20) + 1];
	AUTO_FREE char *id = NULL;
	char etag[64];

	memset(big, 'x', sizeof(big) - 1);
	trial_ask(&t, &s3_model, S3_CreateMultipartUpload, "{'Bucket': 'bkt', 'Key': 'k'}");
	id = mem_strdup(json_str(t.out, "UploadId"));
	trial_ask(&t, &s3_model, S3_UploadPart,
		  "{'Bucket': 'bkt', 'Key': 'k', 'UploadId': '%s', 'PartNumber': 1, 'Body': '%s'}",
		  id, big);
	snprintf(etag, sizeof(etag), "%.32s", json_str(t.out, "ETag") + 1);
	trial_ask(&t, &s3_model, S3_UploadPart,
		  "{'Bucket': 'bkt', 'Key': 'k', 'UploadId': '%s', 'PartNumber': 2, 'Body': 'end'}",
		  id);
	assert_non_null(
		trial_ask(&t, &s3_model, S3_CompleteMultipartUpload,
			  "{'Bucket': 'bkt', 'Key': 'k', 'UploadId': '%s', 'MultipartUpload': "
			  "{'Parts': [{'PartNumber': 1, 'ETag': '%s'}, {'PartNumber': 2, 'ETag': "
			  "'%s'}]}}",
			  id, etag, "7f021a1415b86f2d013b2618fb31ae53"));
	assert_string_equal(strrchr(json_str(t.out, "ETag"), '-'), "-2\"");
	trial_ask(&t, &s3_model, S3_HeadObject, "{'Bucket': 'bkt', 'Key': 'k'}");
	assert_int_equal(json_int_or(t.out, "ContentLength", 0), (5 << 20) + 3);
	assert_null(trial_ask(&t, &s3_model, S3_ListParts,
			      "{'Bucket': 'bkt', 'Key': 'k', 'UploadId': '%s'}", id));
	assert_string_equal(t.code, "NoSuchUpload");
}

static void make_bucket(struct request *rq, void *user)
{
	json_t *props = trial_tree(
		"{'BucketEncryption': {'ServerSideEncryptionConfiguration': [{"
		"'ServerSideEncryptionByDefault': {'SSEAlgorithm': 'AES256'}}]}, "
		"'LifecycleConfiguration': {'Rules': [{'ExpirationInDays': 90, 'Status': "
		"'Enabled'}]}, 'VersioningConfiguration': {'Status': 'Enabled'}}");
	struct cfn_resource r = {.stack_name = "Golden", .logical_id = "AlbLogs", .props = props};
	json_t *in = rq_object(rq);
	json_t *out = rq_object(rq);
	AUTO_JSON json_t *arn = NULL;
	const char *id = NULL;

	assert_int_equal(s3_resources[0].create(rq, &r, &id), 0);
	assert_memory_equal(id, "golden-alblogs-", 15);
	r.physical_id = id;
	arn = s3_resources[0].get_att(rq, &r, "Arn");
	assert_string_equal(json_string_value(arn), rq_fmt(rq, "arn:aws:s3:::%s", id));
	json_set_str(in, "Bucket", id);
	aws_call(rq, rq->caller, &s3_model, S3_GetBucketLifecycleConfiguration, in, out);
	assert_int_equal(json_integer_value(json_path(out, "Rules.0.Expiration.Days")), 90);
	aws_call(rq, rq->caller, &s3_model, S3_GetBucketVersioning, in, out);
	assert_string_equal(json_str(out, "Status"), "Enabled");
	assert_int_equal(s3_resources[0].delete(rq, &r), 0);
	assert_int_equal(s3_resources[0].delete(rq, &r), 0);
	json_decref(props);
}

static void a_stack_makes_a_bucket(void **state)
{
	trial_within(&t, &s3_model, make_bucket, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)
	const struct CMUnitTest tests[] = {
		TEST(an_object_comes_back_as_it_was_put),
		TEST(bytes_may_be_any),
		TEST(a_range_is_a_part),
		TEST(conditions_are_kept),
		TEST(a_wrong_checksum_is_refused),
		TEST(keys_are_listed_in_pages_and_folders),
		TEST(settings_are_shown_as_they_were_put),
		TEST(parts_make_a_whole),
		TEST(a_stack_makes_a_bucket),
	};

	return cmocka_run_group_tests_name("s3", tests, NULL, NULL);
}
