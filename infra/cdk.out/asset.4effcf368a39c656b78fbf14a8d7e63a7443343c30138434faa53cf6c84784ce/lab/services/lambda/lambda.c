/*
 * lambda.c - Lambda: functions, kept. None of them runs, and their state says so.
 *
 *   keeps      lambda/function, lambda/permission (nouns.h)
 *   publishes  nothing
 *   left out   Invoke, versions, aliases, layers; the code itself (only its size and hash)
 */
#include "lab/services/lambda/lambda.h"

#include "lab/aws/page.h"
#include "lab/models/s3.h"
#include "lab/services/lambda/nouns.h"
#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"

#include <string.h>

#define PAGE 50

/* A function is asked for by name, "account:function:name" or ARN; a version may follow. */
const char *lambda_name(struct request *rq, const json_t *in)
{
	const char *text = json_str(in, "FunctionName");
	const char *mark = strstr(text, "function:");
	const char *name = mark ? mark + strlen("function:") : text;

	return rq_fmt(rq, "%.*s", (int)strcspn(name, ":"), name);
}

const char *lambda_arn(struct request *rq, const char *name)
{
	return rq_arn(rq, "lambda", rq_fmt(rq, "function:%s", name));
}

int lambda_missing(struct request *rq, const char *name)
{
	return fault(rq, LAMBDA_ResourceNotFoundException, "Function not found: %s",
		     lambda_arn(rq, name));
}

/* SHA-256 in base64, as Lambda shows it. */
static const char *hash_of(struct request *rq, const char *data, size_t len)
{
	AUTO_BUF struct buf text = {0};
	unsigned char digest[32];
	char hex[65];

	sigv4_sha256_hex(data, len, hex);
	for (size_t i = 0; i < sizeof(digest); i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		digest[i] = (unsigned char)strtoul(byte, NULL, 16);
	}
	base64_encode(&text, digest, sizeof(digest));
	return rq_strdup(rq, buf_text(&text));
}

/* Size and hash of an archive; one that is not in the bucket (yet) has neither. */
static void measure_code(struct request *rq, const json_t *code, json_t *function)
{
	const json_t *zip = json_get(code, "ZipFile");
	json_t *out = rq_object(rq);
	json_t *in = rq_object(rq);

	if (!zip && json_has(code, "S3Bucket")) {
		json_set(in, "Bucket", json_get(code, "S3Bucket"));
		json_set(in, "Key", json_get(code, "S3Key"));
		if (aws_call(rq, rq->caller, &s3_model, S3_GetObject, in, out) == 0)
			zip = json_get(out, "Body");
	}
	json_set_int(function, "CodeSize", (int64_t)json_string_length(zip));
	if (zip)
		json_set_str(function, "CodeSha256",
			     hash_of(rq, json_string_value(zip), json_string_length(zip)));
}

static int check_function(struct request *rq, const json_t *in, const char *name)
{
	const json_t *code = json_get(in, "Code");
	bool image = strcmp(json_str_or(in, "PackageType", "Zip"), "Image") == 0;

	if (store_has(rq->tx, FUNCTION, name))
		return fault(rq, LAMBDA_ResourceConflictException, "Function already exist: %s",
			     name);
	if (!image && (!json_has(in, "Runtime") || !json_has(in, "Handler")))
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Runtime and Handler are mandatory parameters for functions created "
			     "with deployment packages.");
	if (!json_has(code, "ZipFile") && !json_has(code, "S3Bucket") &&
	    !json_has(code, "ImageUri"))
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Please provide a source for function code.");
	return pass_role(rq, json_str(in, "Role"), "lambda.amazonaws.com");
}

/* "2026-01-02T03:04:05.678+0000": Lambda's own form. */
static const char *last_modified(struct request *rq)
{
	char text[CLOCK_TEXT];

	clock_iso(rq->now.ms, text);
	return rq_fmt(rq, "%.23s+0000", text);
}

static void set_int_default(json_t *function, const char *name, int64_t number)
{
	if (!json_has(function, name))
		json_set_int(function, name, number);
}

static void set_defaults(struct request *rq, json_t *function, const char *name)
{
	json_set_str(function, "FunctionName", name);
	json_set_str(function, "FunctionArn", lambda_arn(rq, name));
	json_set_str(function, "LastModified", last_modified(rq));
	json_set_str(function, "Version", "$LATEST");
	json_set_str(function, "RevisionId", id_uuid(rq));
	json_set_str(function, "State", "Inactive");
	json_set_str(function, "StateReason", "The lab keeps functions, it does not run them yet.");
	json_set_str(function, "StateReasonCode", "Idle");
	json_set_str(function, "LastUpdateStatus", "Successful");
	set_int_default(function, "Timeout", 3);
	set_int_default(function, "MemorySize", 128);
	if (!json_has(function, "Description"))
		json_set_str(function, "Description", "");
	if (!json_has(function, "PackageType"))
		json_set_str(function, "PackageType", "Zip");
	if (!json_has(function, "TracingConfig"))
		json_set_str(json_add_object(function, "TracingConfig"), "Mode", "PassThrough");
	if (!json_has(function, "Architectures"))
		json_push_str(json_add_array(function, "Architectures"), "x86_64");
	if (!json_has(function, "EphemeralStorage"))
		json_set_int(json_add_object(function, "EphemeralStorage"), "Size", 512);
}

static int create_function(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const json_t *code = json_get(in, "Code");
	json_t *function;
	int err = check_function(rq, in, name);

	if (err)
		return err;
	function = rq_copy(rq, in);
	measure_code(rq, code, function);
	json_drop(function, "Code");
	json_drop(function, "Tags");
	json_drop(function, "Publish");
	json_drop(function, "Layers");
	set_defaults(rq, function, name);
	json_set(function, "_Code", code);
	json_drop(json_object_get(function, "_Code"), "ZipFile"); /* bytes; documents are text */
	json_set(function, "_Tags", json_get(in, "Tags"));
	store_put(rq->tx, FUNCTION, name, function);
	json_object_update(out, function);
	return 0;
}

/* What a change of either kind leaves. */
static void put_changed(struct request *rq, const char *name, json_t *function, json_t *out)
{
	json_set_str(function, "LastModified", last_modified(rq));
	json_set_str(function, "RevisionId", id_uuid(rq));
	store_put(rq->tx, FUNCTION, name, function);
	json_object_update(out, rq_copy(rq, function));
}

static int update_function_configuration(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {
		"Role",		 "Handler",	     "Description",   "Timeout",
		"MemorySize",	 "VpcConfig",	     "Environment",   "Runtime",
		"KMSKeyArn",	 "DeadLetterConfig", "TracingConfig", "EphemeralStorage",
		"LoggingConfig", "ImageConfig",
	};
	const char *name = lambda_name(rq, in);
	json_t *function = store_edit(rq->tx, FUNCTION, name);
	int err = 0;

	if (!function)
		return lambda_missing(rq, name);
	if (json_has(in, "Role"))
		err = pass_role(rq, json_str(in, "Role"), "lambda.amazonaws.com");
	if (err)
		return err;
	for (size_t i = 0; i < array_len(members); i++)
		json_set(function, members[i], json_get(in, members[i]));
	put_changed(rq, name, function, out);
	return 0;
}

static int update_function_code(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion",
					      "ImageUri"};
	const char *name = lambda_name(rq, in);
	json_t *function = store_edit(rq->tx, FUNCTION, name);
	json_t *code = rq_object(rq);

	if (!function)
		return lambda_missing(rq, name);
	for (size_t i = 0; i < array_len(members); i++)
		json_set(code, members[i], json_get(in, members[i]));
	if (json_object_size(code) == 0)
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Please provide a source for function code.");
	measure_code(rq, code, function);
	json_set(function, "Architectures", json_get(in, "Architectures"));
	json_drop(code, "ZipFile");
	json_set(function, "_Code", code);
	put_changed(rq, name, function, out);
	return 0;
}

static int get_function_configuration(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);

	if (!function)
		return lambda_missing(rq, name);
	json_object_update(out, rq_copy(rq, function));
	return 0;
}

static int get_function(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);
	json_t *code;

	if (!function)
		return lambda_missing(rq, name);
	json_set(out, "Configuration", function);
	code = json_add_object(out, "Code");
	json_set_str(code, "RepositoryType", json_path(function, "_Code.ImageUri") ? "ECR" : "S3");
	json_set(code, "ImageUri", json_path(function, "_Code.ImageUri"));
	json_set(out, "Tags", json_get(function, "_Tags"));
	return 0;
}

static int list_functions(struct request *rq, const json_t *in, json_t *out)
{
	const char *next = NULL;
	json_t *page = page_of(rq, store_list(rq->tx, FUNCTION), json_int_or(in, "MaxItems", PAGE),
			       json_str(in, "Marker"), &next);

	if (!page)
		return fault(rq, LAMBDA_InvalidParameterValueException, "Invalid Marker.");
	json_set(out, "Functions", page);
	json_set_str(out, "NextMarker", next);
	return 0;
}

static int delete_function(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);

	lambda_drop_permissions(rq, name);
	return store_delete(rq->tx, FUNCTION, name) ? 0 : lambda_missing(rq, name);
}

/* Tags are of what an ARN names. */
static const char *name_of_resource(struct request *rq, const json_t *in)
{
	json_t *named = rq_object(rq);

	json_set_str(named, "FunctionName", json_str(in, "Resource"));
	return lambda_name(rq, named);
}

static int list_tags(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of_resource(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);

	if (!function)
		return lambda_missing(rq, name);
	json_set(out, "Tags", json_get(function, "_Tags"));
	return 0;
}

static int tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of_resource(rq, in);
	json_t *function = store_edit(rq->tx, FUNCTION, name), *tags;

	if (!function)
		return lambda_missing(rq, name);
	tags = json_object_get(function, "_Tags");
	tags = tags ? tags : json_add_object(function, "_Tags");
	json_object_update(tags, rq_copy(rq, json_get(in, "Tags")));
	store_put(rq->tx, FUNCTION, name, function);
	return 0;
}

static int untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of_resource(rq, in);
	json_t *function = store_edit(rq->tx, FUNCTION, name);
	const json_t *key;
	size_t i;

	if (!function)
		return lambda_missing(rq, name);
	json_each (json_get(in, "TagKeys"), i, key)
		json_object_del(json_object_get(function, "_Tags"), json_string_value(key));
	store_put(rq->tx, FUNCTION, name, function);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	if (json_has(in, "Resource"))
		return json_str(in, "Resource");
	return json_has(in, "FunctionName") ? lambda_arn(rq, lambda_name(rq, in)) : NULL;
}

static op_fn *const ops[LAMBDA_NOPS] = {
	[LAMBDA_AddPermission] = lambda_add_permission,
	[LAMBDA_CreateFunction] = create_function,
	[LAMBDA_DeleteFunction] = delete_function,
	[LAMBDA_GetFunction] = get_function,
	[LAMBDA_GetFunctionConfiguration] = get_function_configuration,
	[LAMBDA_GetPolicy] = lambda_get_policy,
	[LAMBDA_ListFunctions] = list_functions,
	[LAMBDA_ListTags] = list_tags,
	[LAMBDA_RemovePermission] = lambda_remove_permission,
	[LAMBDA_TagResource] = tag_resource,
	[LAMBDA_UntagResource] = untag_resource,
	[LAMBDA_UpdateFunctionCode] = update_function_code,
	[LAMBDA_UpdateFunctionConfiguration] = update_function_configuration,
};

const struct service lambda_service = {
	.model = &lambda_model,
	.ops = ops,
	.resources = lambda_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
