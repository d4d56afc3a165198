/*
 * upload.c - multipart uploads: the aws CLI sends everything above 8 MiB this way.
 *
 *   left out   checksums of the whole object, UploadPartCopy, ListMultipartUploads
 */
#include "lab/services/s3/nouns.h"

#include "lib/base/buf.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 10000
#define PART_MIN (5 << 20) /* bytes; the last one may be smaller */

static const char *upload_key(struct request *rq, const json_t *in)
{
	return rq_fmt(rq, "%s/%s", s3_object_key(rq, in), json_str(in, "UploadId"));
}

/* Parts in the order of their numbers. */
static const char *part_key(struct request *rq, const json_t *in, int64_t number)
{
	return rq_fmt(rq, "%s/%05d", upload_key(rq, in), (int)number);
}

static int find_upload(struct request *rq, const json_t *in, const json_t **ret_upload)
{
	*ret_upload = store_get(rq->tx, UPLOAD, upload_key(rq, in));
	if (*ret_upload)
		return 0;
	return fault(rq, S3_NoSuchUpload,
		     "The specified upload does not exist. The upload ID may be invalid, or the "
		     "upload may have been aborted or completed.");
}

int s3_create_upload(struct request *rq, const json_t *in, json_t *out)
{
	json_t *object = rq_object(rq);
	json_t *named = rq_copy(rq, in);

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	json_set_str(named, "UploadId", id_new(rq, "", 32));
	s3_describe_object(rq, in, object);
	store_put(rq->tx, UPLOAD, upload_key(rq, named), object);
	json_set(out, "Bucket", json_get(in, "Bucket"));
	json_set(out, "Key", json_get(in, "Key"));
	json_set(out, "UploadId", json_get(named, "UploadId"));
	json_set(out, "ServerSideEncryption", json_get(object, "ServerSideEncryption"));
	return 0;
}

static void drop_part(struct request *rq, const char *key)
{
	const json_t *part = store_get(rq->tx, PART, key);

	if (part)
		body_drop(rq, json_str(part, "_Body"));
	store_delete(rq->tx, PART, key);
}

int s3_upload_part(struct request *rq, const json_t *in, json_t *out)
{
	int64_t number = json_int_or(in, "PartNumber", 0);
	const json_t *body = json_get(in, "Body");
	const json_t *upload = NULL;
	json_t *part = rq_object(rq);
	const char *hash = NULL, *data, *wrong;
	int err = find_upload(rq, in, &upload);

	if (err)
		return err;
	if (number < 1 || number > PARTS_MAX)
		return fault(rq, S3_InvalidArgument,
			     "Part number must be an integer between 1 and 10000, inclusive");
	wrong = digest_check(rq, in, part);
	if (wrong)
		return fault(rq, S3_BadDigest,
			     "The %s you specified did not match the calculated checksum.", wrong);
	data = json_is_string(body) ? json_string_value(body) : "";
	err = body_put(rq, data, json_string_length(body), &hash);
	if (err)
		return err;
	json_set_int(part, "PartNumber", number);
	json_set_int(part, "Size", (int64_t)json_string_length(body));
	json_set_str(part, "ETag",
		     rq_fmt(rq, "\"%s\"", digest_md5_hex(rq, data, json_string_length(body))));
	json_set_str(part, "_Body", hash);
	json_set_time(part, "LastModified", rq->now);
	drop_part(rq, part_key(rq, in, number));
	store_put(rq->tx, PART, part_key(rq, in, number), part);
	json_set(out, "ETag", json_get(part, "ETag"));
	json_set(out, "ChecksumCRC32", json_get(part, "ChecksumCRC32"));
	json_set(out, "ServerSideEncryption", json_get(upload, "ServerSideEncryption"));
	return 0;
}

/* Without the quotes some clients leave off. */
static bool same_tag(struct request *rq, const char *kept, const char *said)
{
	return said && (strcmp(kept, said) == 0 || strcmp(kept, rq_fmt(rq, "\"%s\"", said)) == 0);
}

/* One part behind the others. */
static int append_part(struct request *rq, const json_t *in, const json_t *named, bool last,
		       struct buf *bytes, struct buf *digests)
{
	const json_t *part =
		store_get(rq->tx, PART, part_key(rq, in, json_int_or(named, "PartNumber", 0)));
	size_t size = (size_t)json_int_or(part, "Size", 0);
	json_t *body;

	if (!part || !same_tag(rq, json_str(part, "ETag"), json_str(named, "ETag")))
		return fault(
			rq, S3_InvalidPart,
			"One or more of the specified parts could not be found. The part may "
			"not have been uploaded, or the specified entity tag may not match the "
			"part's entity tag.");
	if (!last && size < PART_MIN)
		return fault(rq, S3_EntityTooSmall,
			     "Your proposed upload is smaller than the minimum allowed size");
	body = body_read(rq, json_str(part, "_Body"), 0, size);
	if (!body)
		return fault_named(rq, "InternalError",
				   "The file that held this part's bytes is gone.");
	buf_add(bytes, json_string_value(body), size);
	buf_add(digests, json_str(part, "ETag") + 1, 32);
	json_decref(body);
	return 0;
}

static int join_parts(struct request *rq, const json_t *in, struct buf *bytes, struct buf *digests)
{
	const json_t *parts = json_get(json_get(in, "MultipartUpload"), "Parts");
	size_t count = json_array_size(parts);
	int64_t before = 0;
	int err = 0;

	if (count == 0)
		return fault(rq, S3_MalformedXML,
			     "The XML you provided was not well-formed or did not validate against "
			     "our published schema");
	for (size_t i = 0; !err && i < count; i++) {
		const json_t *named = json_at(parts, i);
		int64_t number = json_int_or(named, "PartNumber", 0);

		if (number <= before)
			return fault(rq, S3_InvalidPartOrder,
				     "The list of parts was not in ascending order. Parts must be "
				     "ordered by part number.");
		before = number;
		err = append_part(rq, in, named, i + 1 == count, bytes, digests);
	}
	return err;
}

static void forget(struct request *rq, const json_t *in)
{
	const char *key = upload_key(rq, in);
	const json_t *name;
	size_t i;

	json_each (store_keys(rq->tx, PART, rq_fmt(rq, "%s/", key)), i, name)
		drop_part(rq, json_string_value(name));
	store_delete(rq->tx, UPLOAD, key);
}

/* The ETag is the MD5 of the parts' MD5s, and how many there were. */
static const char *joint_etag(struct request *rq, const struct buf *digests)
{
	AUTO_BUF struct buf raw = {0};

	for (size_t i = 0; i + 1 < digests->len; i += 2) {
		char byte[3] = {digests->data[i], digests->data[i + 1], '\0'};

		buf_byte(&raw, (char)strtoul(byte, NULL, 16));
	}
	return rq_fmt(rq, "\"%s-%zu\"", digest_md5_hex(rq, buf_text(&raw), raw.len),
		      digests->len / 32);
}

int s3_complete_upload(struct request *rq, const json_t *in, json_t *out)
{
	AUTO_BUF struct buf bytes = {0};
	AUTO_BUF struct buf digests = {0};
	const json_t *upload = NULL;
	const char *hash = NULL;
	json_t *object;
	int err = find_upload(rq, in, &upload);

	if (!err)
		err = join_parts(rq, in, &bytes, &digests);
	if (!err)
		err = body_put(rq, buf_text(&bytes), bytes.len, &hash);
	if (err)
		return err;
	object = rq_copy(rq, upload);
	json_set_int(object, "Size", (int64_t)bytes.len);
	json_set_str(object, "ETag", joint_etag(rq, &digests));
	json_set_str(object, "_Body", hash);
	s3_keep_object(rq, json_str(in, "Bucket"), object);
	forget(rq, in);
	json_set(out, "Bucket", json_get(in, "Bucket"));
	json_set(out, "Key", json_get(in, "Key"));
	json_set(out, "ETag", json_get(object, "ETag"));
	json_set_str(out, "Location",
		     rq_fmt(rq, "http://%s/%s", rq->host ? rq->host : "localhost",
			    s3_object_key(rq, in)));
	return 0;
}

int s3_abort_upload(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *upload = NULL;
	int err = find_upload(rq, in, &upload);

	if (!err)
		forget(rq, in);
	return err;
}

int s3_list_parts(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *upload = NULL;
	int err = find_upload(rq, in, &upload);

	if (err)
		return err;
	json_set(out, "Bucket", json_get(in, "Bucket"));
	json_set(out, "Key", json_get(in, "Key"));
	json_set(out, "UploadId", json_get(in, "UploadId"));
	json_set(out, "Parts",
		 store_list_prefix(rq->tx, PART, rq_fmt(rq, "%s/", upload_key(rq, in))));
	json_set_bool(out, "IsTruncated", false);
	return 0;
}
