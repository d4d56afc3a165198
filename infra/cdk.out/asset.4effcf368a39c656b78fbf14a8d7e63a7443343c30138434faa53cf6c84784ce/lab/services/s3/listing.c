/*
 * listing.c - what is in a bucket, a page at a time, in the order of the keys' bytes.
 */
#include "lab/services/s3/nouns.h"

#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"

#include <string.h>

#define PAGE_MAX 1000

struct listing {
	struct request *rq;
	const json_t *in;
	json_t *contents;
	json_t *prefixes;
	const char *prefix;
	const char *delimiter; /* or NULL */
	const char *after;     /* keys up to this one were seen */
	const char *last;      /* of this page: a key, or a common prefix */
	int64_t max;
	int64_t count;
	bool truncated;
	bool encode; /* encoding-type=url */
};

static const char *encoded(const struct listing *l, const char *text)
{
	AUTO_BUF struct buf out = {0};

	if (!l->encode)
		return text;
	sigv4_uri_encode(&out, text, strlen(text), true);
	return rq_strdup(l->rq, buf_text(&out));
}

/* "photos/2006/" of "photos/2006/a.jpg", for prefix "photos/" and delimiter "/"; NULL: a key. */
static const char *common_prefix(const struct listing *l, const char *key)
{
	const char *rest = key + strlen(l->prefix);
	const char *end = l->delimiter ? strstr(rest, l->delimiter) : NULL;

	if (!end)
		return NULL;
	return rq_fmt(l->rq, "%.*s", (int)(end - key + (long)strlen(l->delimiter)), key);
}

static void add_key(struct listing *l, const json_t *object)
{
	static const char *const members[] = {"LastModified", "ETag", "Size"};
	json_t *shown = json_push_object(l->contents);

	json_set_str(shown, "Key", encoded(l, json_str(object, "Key")));
	for (size_t i = 0; i < array_len(members); i++)
		json_set(shown, members[i], json_get(object, members[i]));
	json_set_str(shown, "StorageClass", json_str_or(object, "StorageClass", "STANDARD"));
}

/* False: the page is full. */
static bool add_object(struct listing *l, const json_t *object)
{
	const char *key = json_str(object, "Key");
	const char *common = common_prefix(l, key);
	const char *name = common ? common : key;

	/* A common prefix stands for all keys below it: one entry, and one place to go on from. */
	if (strcmp(name, l->after) <= 0 || (common && l->last && strcmp(common, l->last) == 0))
		return true;
	if (l->count == l->max) {
		l->truncated = true;
		return false;
	}
	if (common)
		json_set_str(json_push_object(l->prefixes), "Prefix", encoded(l, common));
	else
		add_key(l, object);
	l->last = name;
	l->count++;
	return true;
}

static void walk(struct listing *l)
{
	const char *below = rq_fmt(l->rq, "%s/%s", json_str(l->in, "Bucket"), l->prefix);
	const json_t *object;
	size_t i;

	json_each (store_list_prefix(l->rq->tx, OBJECT, below), i, object)
		if (!add_object(l, object))
			return;
}

static struct listing listing_of(struct request *rq, const json_t *in, json_t *out,
				 const char *after)
{
	struct listing l = {
		.rq = rq,
		.in = in,
		.contents = json_add_array(out, "Contents"),
		.prefixes = json_add_array(out, "CommonPrefixes"),
		.prefix = json_str_or(in, "Prefix", ""),
		.delimiter = json_str(in, "Delimiter"),
		.after = after ? after : "",
		.max = json_int_or(in, "MaxKeys", PAGE_MAX),
		.encode = json_has(in, "EncodingType"),
	};

	if (l.delimiter && !*l.delimiter)
		l.delimiter = NULL;
	if (l.max > PAGE_MAX || l.max < 0)
		l.max = PAGE_MAX;
	return l;
}

static void show(const struct listing *l, json_t *out)
{
	json_set(out, "Name", json_get(l->in, "Bucket"));
	json_set_str(out, "Prefix", encoded(l, l->prefix));
	if (l->delimiter)
		json_set_str(out, "Delimiter", encoded(l, l->delimiter));
	json_set_int(out, "MaxKeys", l->max);
	json_set_bool(out, "IsTruncated", l->truncated);
	json_set(out, "EncodingType", json_get(l->in, "EncodingType"));
}

static const char *token_of(struct request *rq, const char *last)
{
	AUTO_BUF struct buf token = {0};

	base64_encode(&token, last, strlen(last));
	return rq_strdup(rq, buf_text(&token));
}

int s3_list_objects_v2(struct request *rq, const json_t *in, json_t *out)
{
	const char *token = json_str(in, "ContinuationToken");
	const char *after = json_str(in, "StartAfter");
	AUTO_BUF struct buf decoded = {0};
	struct listing l;

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	if (token && !base64_decode(&decoded, token, strlen(token)))
		return fault(rq, S3_InvalidArgument,
			     "The continuation token provided is incorrect");
	l = listing_of(rq, in, out, token ? rq_strdup(rq, buf_text(&decoded)) : after);
	walk(&l);
	show(&l, out);
	json_set_int(out, "KeyCount", l.count);
	json_set_str(out, "ContinuationToken", token);
	json_set_str(out, "StartAfter", after);
	if (l.truncated && l.last)
		json_set_str(out, "NextContinuationToken", token_of(rq, l.last));
	return 0;
}

int s3_list_objects(struct request *rq, const json_t *in, json_t *out)
{
	const char *marker = json_str(in, "Marker");
	struct listing l;

	if (!s3_bucket(rq, in))
		return s3_no_bucket(rq, json_str(in, "Bucket"));
	l = listing_of(rq, in, out, marker);
	walk(&l);
	show(&l, out);
	json_set_str(out, "Marker", marker ? marker : "");
	/* AWS gives it with a delimiter only; without one the last key says the same. */
	if (l.truncated && l.last && l.delimiter)
		json_set_str(out, "NextMarker", encoded(&l, l.last));
	return 0;
}
