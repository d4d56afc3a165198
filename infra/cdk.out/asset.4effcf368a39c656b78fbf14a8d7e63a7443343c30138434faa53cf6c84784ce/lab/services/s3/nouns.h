/*
 * nouns.h - buckets, objects and their bodies. Only lab/services/s3 includes it.
 */
#ifndef SERVICES_S3_NOUNS_H
#define SERVICES_S3_NOUNS_H

#include "lab/aws/service.h"
#include "lab/models/s3.h"

/*
 * s3/bucket  by name         Name, CreationDate, and each configuration as its Get shows it
 * s3/object  by bucket/key   as HeadObject shows it, and Key, Size, _Body
 * s3/body    by SHA-256      Count: objects that have this body; Text, base64, in a lab in memory
 * s3/upload  by bucket/key/id            of a multipart upload: its object-to-be
 * s3/part    by bucket/key/id/number     PartNumber, Size, ETag, _Body
 */
#define BUCKET "s3/bucket"
#define OBJECT "s3/object"
#define BODY "s3/body"
#define UPLOAD "s3/upload"
#define PART "s3/part"

op_fn s3_create_bucket, s3_delete_bucket, s3_head_bucket, s3_list_buckets, s3_get_bucket_location;
op_fn s3_put_policy, s3_get_policy, s3_delete_policy;
op_fn s3_put_encryption, s3_get_encryption, s3_delete_encryption;
op_fn s3_put_public_access, s3_get_public_access, s3_delete_public_access;
op_fn s3_put_lifecycle, s3_get_lifecycle, s3_delete_lifecycle;
op_fn s3_put_versioning, s3_get_versioning;
op_fn s3_put_ownership, s3_get_ownership;
op_fn s3_put_tagging, s3_get_tagging, s3_delete_tagging;
op_fn s3_put_object, s3_get_object, s3_head_object, s3_copy_object;
op_fn s3_delete_object, s3_delete_objects;
op_fn s3_list_objects, s3_list_objects_v2;
op_fn s3_create_upload, s3_upload_part, s3_complete_upload, s3_abort_upload, s3_list_parts;

int s3_no_bucket(struct request *rq, const char *name);
/* The bucket of the input, or NULL. */
const json_t *s3_bucket(struct request *rq, const json_t *in);
const char *s3_object_key(struct request *rq, const json_t *in);
/* What a stored object shows of itself: `object` gets encryption, class and content type. */
void s3_describe_object(struct request *rq, const json_t *in, json_t *object);
/* Stores it in place of an older one. */
void s3_keep_object(struct request *rq, const char *bucket, json_t *object);

/* Bodies are files named by what they hold: the same bytes are kept once. */
int body_put(struct request *rq, const char *data, size_t len, const char **ret_hash);
void body_hold(struct request *rq, const char *hash); /* one more has it */
void body_drop(struct request *rq, const char *hash); /* one less */
/* Bytes from `start`, as a string that may hold NULs. A new reference; NULL: cannot be read. */
json_t *body_read(struct request *rq, const char *hash, size_t start, size_t len);
void bodies_sweep(struct request *rq); /* removes the files that nobody has any more */

/* Digests as S3 shows them. */
const char *digest_md5_hex(struct request *rq, const char *data, size_t len);
/* The name of the checksum that is wrong, NULL if all that were given are right. They are put into
 * `object`. */
const char *digest_check(struct request *rq, const json_t *in, json_t *object);

extern const struct resource s3_resources[];

#endif
