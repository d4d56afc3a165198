/*
 * object.c - objects: put, get, head, copy, delete.
 */
#include "lab/services/s3/nouns.h"

#include "lib/aws/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 1024 /* bytes */
#define DELETE_MAX 1000

const char *s3_object_key(struct request *rq, const json_t *in)
{
	return rq_fmt(rq, "%s/%s", json_str(in, "Bucket"), json_str(in, "Key"));
}

/* What a client says about an object and reads again. */
static const char *const described[] = {
	"CacheControl",
	"ContentDisposition",
	"ContentEncoding",
	"ContentLanguage",
	"ContentType",
	"Expires",
	"Metadata",
	"StorageClass",
	"WebsiteRedirectLocation",
	"ServerSideEncryption",
	"SSEKMSKeyId",
	"BucketKeyEnabled",
};

/* What encrypts it if the request does not say: the bucket's default, else S3's own key. */
static void set_encryption(struct request *rq, const json_t *in, json_t *object)
{
	const json_t *rule = json_path(s3_bucket(rq, in), "_Encryption.Rules.0");
	const json_t *otherwise = json_get(rule, "ApplyServerSideEncryptionByDefault");

	if (json_has(object, "ServerSideEncryption"))
		return;
	json_set_str(object, "ServerSideEncryption",
		     json_str_or(otherwise, "SSEAlgorithm", "AES256"));
	json_set(object, "SSEKMSKeyId", json_get(otherwise, "KMSMasterKeyID"));
	json_set(object, "BucketKeyEnabled", json_get(rule, "BucketKeyEnabled"));
}

void s3_describe_object(struct request *rq, const json_t *in, json_t *object)
{
	for (size_t i = 0; i < array_len(described); i++)
		json_set(object, described[i], json_get(in, described[i]));
	if (!json_has(object, "ContentType"))
		json_set_str(object, "ContentType", "binary/octet-stream");
	json_set(object, "_Tagging", json_get(in, "Tagging"));
	json_set(object, "Key", json_get(in, "Key"));
	set_encryption(rq, in, object);
}

/* Removes an object and lets go of its body. False: there was none. */
static bool remove_object(struct request *rq, const char *bucket, const char *key)
{
	const char *full = rq_fmt(rq, "%s/%s", bucket, key);
	const json_t *object = store_get(rq->tx, OBJECT, full);

	if (!object)
		return false;
	body_drop(rq, json_str(object, "_Body"));
	store_delete(rq->tx, OBJECT, full);
	return true;
}

void s3_keep_object(struct request *rq, const char *bucket, json_t *object)
{
	const char *key = json_str(object, "Key");

	json_set_time(object, "LastModified", rq->now);
	remove_object(rq, bucket, key);
	store_put(rq->tx, OBJECT, rq_fmt(rq, "%s/%s", bucket, key), object);
}

/* What an answer to a write says of the object. */
static void show_written(const json_t *object, json_t *out)
{
	static const char *const members[] = {
		"ETag",		  "ChecksumCRC32",	  "ChecksumCRC32C", "ChecksumSHA1",
		"ChecksumSHA256", "ServerSideEncryption", "SSEKMSKeyId",    "BucketKeyEnabled",
	};

	for (size_t i = 0; i < array_len(members); i++)
		json_set(out, members[i], json_get(object, members[i]));
}

static int check_put(struct request *rq, const json_t *in)
{
	const json_t *old;

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	if (strlen(json_str(in, "Key")) > KEY_MAX)
		return fault(rq, S3_KeyTooLongError, "Your key is too long");
	old = store_get(rq->tx, OBJECT, s3_object_key(rq, in));
	if (old && strcmp(json_str_or(in, "IfNoneMatch", ""), "*") == 0)
		return fault(rq, S3_PreconditionFailed,
			     "At least one of the pre-conditions you specified did not hold");
	return 0;
}

int s3_put_object(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *body = json_get(in, "Body");
	const char *data = json_is_string(body) ? json_string_value(body) : "";
	size_t len = json_string_length(body);
	json_t *object = rq_object(rq);
	const char *hash = NULL;
	const char *wrong;
	int err = check_put(rq, in);

	if (err)
		return err;
	wrong = digest_check(rq, in, object);
	if (wrong)
		return fault(rq, S3_BadDigest,
			     "The %s you specified did not match the calculated checksum.", wrong);
	err = body_put(rq, data, len, &hash);
	if (err)
		return err;
	s3_describe_object(rq, in, object);
	json_set_int(object, "Size", (int64_t)len);
	json_set_str(object, "ETag", rq_fmt(rq, "\"%s\"", digest_md5_hex(rq, data, len)));
	json_set_str(object, "_Body", hash);
	s3_keep_object(rq, json_str(in, "Bucket"), object);
	show_written(object, out);
	return 0;
}

static int no_key(struct request *rq)
{
	return fault(rq, S3_NoSuchKey, "The specified key does not exist.");
}

static int find_object(struct request *rq, const json_t *in, const json_t **ret_object)
{
	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	*ret_object = store_get(rq->tx, OBJECT, s3_object_key(rq, in));
	return *ret_object ? 0 : no_key(rq);
}

/* "*", or a list of entity tags with or without their quotes. */
static bool tag_listed(struct request *rq, const char *list, const char *etag)
{
	const char *bare = rq_fmt(rq, "%.*s", (int)strlen(etag) - 2, etag + 1);

	return strcmp(list, "*") == 0 || strstr(list, bare) != NULL;
}

static int precondition_failed(struct request *rq)
{
	return fault(rq, S3_PreconditionFailed,
		     "At least one of the pre-conditions you specified did not hold");
}

/* RFC 9110: the tags count more than the times. Times are whole seconds on the wire. */
static int check_conditions(struct request *rq, const json_t *in, const json_t *object)
{
	const char *etag = json_str(object, "ETag");
	const char *match = json_str(in, "IfMatch");
	const char *none = json_str(in, "IfNoneMatch");
	int64_t modified = (int64_t)json_num_or(object, "LastModified", 0);

	if (match && !tag_listed(rq, match, etag))
		return precondition_failed(rq);
	if (!match && json_has(in, "IfUnmodifiedSince") &&
	    modified > (int64_t)json_num_or(in, "IfUnmodifiedSince", 0))
		return precondition_failed(rq);
	if (none && tag_listed(rq, none, etag))
		return fault(rq, S3_NotModified, "Not Modified");
	if (!none && json_has(in, "IfModifiedSince") &&
	    modified <= (int64_t)json_num_or(in, "IfModifiedSince", 0))
		return fault(rq, S3_NotModified, "Not Modified");
	return 0;
}

/* "bytes=0-9", "bytes=10-", "bytes=-5". False: no range of this kind, all is meant. */
static bool read_range(const char *text, size_t size, size_t *ret_start, size_t *ret_len,
		       bool *ret_satisfiable)
{
	const char *first = text ? text + strlen("bytes=") : NULL;
	unsigned long long start, end;
	char *rest;

	if (!text || strncmp(text, "bytes=", 6) != 0 || strchr(text, ','))
		return false;
	if (*first == '-' && isdigit((unsigned char)first[1])) {
		end = strtoull(first + 1, &rest, 10);
		if (*rest)
			return false;
		start = end < size ? size - end : 0;
		*ret_satisfiable = end > 0 && size > 0;
		*ret_start = (size_t)start;
		*ret_len = size - (size_t)start;
		return true;
	}
	if (!isdigit((unsigned char)*first))
		return false;
	start = strtoull(first, &rest, 10);
	if (*rest++ != '-')
		return false;
	end = *rest ? strtoull(rest, &rest, 10) : size;
	if (*rest || end < start)
		return false;
	*ret_satisfiable = start < size;
	*ret_start = (size_t)start;
	*ret_len = (end < size ? (size_t)end + 1 : size) - (size_t)start;
	return true;
}

/* The answer's head: all but the bytes. */
static int show_object(struct request *rq, const json_t *in, const json_t *object, json_t *out,
		       size_t *ret_start, size_t *ret_len)
{
	static const char *const shown[] = {"ETag", "LastModified"};
	static const char *const sums[] = {"ChecksumCRC32", "ChecksumCRC32C", "ChecksumSHA1",
					   "ChecksumSHA256"};
	size_t size = (size_t)json_int_or(object, "Size", 0);
	bool satisfiable = true;

	*ret_start = 0;
	*ret_len = size;
	for (size_t i = 0; i < array_len(shown); i++)
		json_set(out, shown[i], json_get(object, shown[i]));
	for (size_t i = 0; i < array_len(described); i++)
		json_set(out, described[i], json_get(object, described[i]));
	json_set_str(out, "AcceptRanges", "bytes");
	if (read_range(json_str(in, "Range"), size, ret_start, ret_len, &satisfiable)) {
		if (!satisfiable)
			return fault(rq, S3_InvalidRange, "The requested range is not satisfiable");
		json_set_int(out, "_Status", 206);
		json_set_str(out, "ContentRange",
			     rq_fmt(rq, "bytes %zu-%zu/%zu", *ret_start, *ret_start + *ret_len - 1,
				    size));
	} else if (json_has(in, "ChecksumMode")) {
		for (size_t i = 0; i < array_len(sums); i++)
			json_set(out, sums[i], json_get(object, sums[i]));
	}
	json_set_int(out, "ContentLength", (int64_t)*ret_len);
	return 0;
}

/* A request may ask for other headers than were stored: presigned downloads do. */
static void override_headers(const json_t *in, json_t *out)
{
	static const char *const members[] = {"CacheControl", "ContentDisposition",
					      "ContentEncoding", "ContentLanguage", "ContentType"};
	static const char *const asked[] = {"ResponseCacheControl", "ResponseContentDisposition",
					    "ResponseContentEncoding", "ResponseContentLanguage",
					    "ResponseContentType"};

	for (size_t i = 0; i < array_len(members); i++)
		if (json_has(in, asked[i]))
			json_set(out, members[i], json_get(in, asked[i]));
}

int s3_get_object(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *object = NULL;
	size_t start, len;
	json_t *body;
	int err = find_object(rq, in, &object);

	if (!err)
		err = check_conditions(rq, in, object);
	if (!err)
		err = show_object(rq, in, object, out, &start, &len);
	if (err)
		return err;
	override_headers(in, out);
	body = body_read(rq, json_str(object, "_Body"), start, len);
	if (!body)
		return fault_named(rq, "InternalError",
				   "The file that held this object's bytes is gone.");
	json_give(out, "Body", body);
	return 0;
}

int s3_head_object(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *object = NULL;
	size_t start, len;
	int err = find_object(rq, in, &object);

	if (!err)
		err = check_conditions(rq, in, object);
	return err ? err : show_object(rq, in, object, out, &start, &len);
}

/* "bucket/key", "/bucket/key", percent-encoded, maybe with ?versionId=. */
static int find_source(struct request *rq, const json_t *in, const json_t **ret_object)
{
	const char *text = json_str(in, "CopySource");
	AUTO_BUF struct buf path = {0};
	const char *slash;
	json_t *source = rq_object(rq);

	text += *text == '/';
	sigv4_uri_decode(&path, text, strcspn(text, "?"));
	slash = strchr(buf_text(&path), '/');
	if (!slash)
		return fault(rq, S3_InvalidArgument,
			     "Copy Source must mention the source bucket and key: "
			     "sourcebucket/sourcekey");
	json_set_str(source, "Bucket", rq_fmt(rq, "%.*s", (int)(slash - path.data), path.data));
	json_set_str(source, "Key", slash + 1);
	return find_object(rq, source, ret_object);
}

/* Whoever copies must be able to read what he copies. */
int s3_copy_object(struct request *rq, const json_t *in, json_t *out)
{
	bool replace = strcmp(json_str_or(in, "MetadataDirective", "COPY"), "REPLACE") == 0;
	const json_t *source = NULL;
	json_t *object, *result;
	int err = check_put(rq, in);

	if (!err)
		err = find_source(rq, in, &source);
	if (err)
		return err;
	object = rq_copy(rq, source);
	if (replace)
		for (size_t i = 0; i < array_len(described); i++)
			json_drop(object, described[i]);
	json_drop(object, "ServerSideEncryption");
	for (size_t i = 0; replace && i < array_len(described); i++)
		json_set(object, described[i], json_get(in, described[i]));
	json_set(object, "ServerSideEncryption", json_get(in, "ServerSideEncryption"));
	json_set(object, "Key", json_get(in, "Key"));
	set_encryption(rq, in, object);
	body_hold(rq, json_str(object, "_Body"));
	s3_keep_object(rq, json_str(in, "Bucket"), object);
	result = json_add_object(out, "CopyObjectResult");
	json_set(result, "ETag", json_get(object, "ETag"));
	json_set(result, "LastModified", json_get(object, "LastModified"));
	json_set(out, "ServerSideEncryption", json_get(object, "ServerSideEncryption"));
	return 0;
}

/* Deleting what is not there succeeds. */
int s3_delete_object(struct request *rq, const json_t *in, json_t *out)
{
	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	remove_object(rq, json_str(in, "Bucket"), json_str(in, "Key"));
	return 0;
}

int s3_delete_objects(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *wanted = json_get(json_get(in, "Delete"), "Objects");
	bool quiet = json_bool_or(json_get(in, "Delete"), "Quiet", false);
	const json_t *object;
	json_t *deleted;
	size_t i;

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	if (json_array_size(wanted) > DELETE_MAX)
		return fault(rq, S3_MalformedXML,
			     "The XML you provided was not well-formed or did not validate against "
			     "our published schema");
	deleted = json_add_array(out, "Deleted");
	json_each (wanted, i, object) {
		remove_object(rq, json_str(in, "Bucket"), json_str(object, "Key"));
		if (!quiet)
			json_set(json_push_object(deleted), "Key", json_get(object, "Key"));
	}
	return 0;
}
