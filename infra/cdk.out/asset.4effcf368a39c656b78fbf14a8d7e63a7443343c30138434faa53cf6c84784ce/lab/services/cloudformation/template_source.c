/*
 * template_source.c - where the template of a call comes from: the call itself, or an S3 object.
 */
#include "lab/services/cloudformation/stack.h"
#include "lab/models/s3.h"

#include <string.h>

static int hex_of(char digit)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = strchr(digits, digit);

	return digit && at ? (int)(at - digits) % 16 : -1;
}

/* %2B and friends, in place. */
static void percent_decode(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '%' && hex_of(text[1]) >= 0 && hex_of(text[2]) >= 0) {
			*to++ = (char)(hex_of(text[1]) * 16 + hex_of(text[2]));
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/*
 * https://s3.us-east-1.amazonaws.com/bucket/key, http://127.0.0.1:4566/bucket/key, or
 * https://bucket.s3.us-east-1.amazonaws.com/key; what stands behind '?' is a signature.
 */
static bool read_url(struct request *rq, const char *url, const char **ret_bucket,
		     const char **ret_key)
{
	char *host = strstr(url, "://") ? rq_strdup(rq, strstr(url, "://") + 3) : NULL;
	char *path = host ? strchr(host, '/') : NULL, *virtual;

	if (!path)
		return false;
	*path++ = '\0';
	path[strcspn(path, "?")] = '\0';
	virtual = strstr(host, ".s3");
	if (virtual && (virtual[3] == '.' || virtual[3] == '-')) {
		*virtual = '\0';
		*ret_bucket = host;
	} else {
		*ret_bucket = path;
		path = strchr(path, '/');
		if (!path)
			return false;
		*path++ = '\0';
	}
	percent_decode(path);
	*ret_key = path;
	return **ret_bucket && *path;
}

static int read_object(struct request *rq, const char *url, const char **ret_text, size_t *ret_len)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const char *bucket, *key;
	const json_t *body;

	if (!read_url(rq, url, &bucket, &key))
		return fault_named(rq, "ValidationError", "TemplateURL must be a supported URL.");
	json_set_str(in, "Bucket", bucket);
	json_set_str(in, "Key", key);
	if (aws_call(rq, rq->caller, &s3_model, S3_GetObject, in, out))
		return fault_named(
			rq, "ValidationError",
			"S3 error: %s\nFor more information check "
			"http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
			rq->called.message);
	body = json_get(out, "Body");
	if (!json_is_string(body) || json_string_length(body) > TEMPLATE_URL_MAX)
		return fault_named(rq, "ValidationError",
				   "Template may not exceed 1000000 bytes in size.");
	*ret_text = json_string_value(body);
	*ret_len = json_string_length(body);
	return 0;
}

int template_of_call(struct request *rq, const json_t *in, const char **ret_text, size_t *ret_len)
{
	const char *body = json_str(in, "TemplateBody"), *url = json_str(in, "TemplateURL");

	if (body && url)
		return fault_named(rq, "ValidationError",
				   "Both TemplateBody and TemplateURL cannot be specified.");
	if (!body && !url)
		return fault_named(rq, "ValidationError",
				   "Either Template URL or Template Body must be specified.");
	if (url)
		return read_object(rq, url, ret_text, ret_len);
	*ret_text = body;
	*ret_len = strlen(body);
	if (*ret_len > TEMPLATE_BODY_MAX)
		return fault_named(rq, "ValidationError",
				   "1 validation error detected: Value at 'templateBody' failed to "
				   "satisfy constraint: Member must have length less than or equal "
				   "to 51200");
	return 0;
}
