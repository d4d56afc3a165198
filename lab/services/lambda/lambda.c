/*
 * lambda.c - Lambda: functions, kept. None of them runs, and their state says so.
 *
 *   keeps      lambda/function  by name   as GetFunctionConfiguration shows it, _Code, _Tags
 *   publishes  nothing
 *   left out   Invoke, versions, aliases, layers; the code itself (only its size and hash)
 */
#include "lab/services/lambda/lambda.h"

#include "lab/aws/page.h"
#include "lab/models/lambda.h"
#include "lab/models/s3.h"
#include "lab/services/lambda/lambda_cfn.h"
#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"

#include <string.h>

#define FUNCTION "lambda/function"

#define PAGE 50

/* A function is asked for by name, "account:function:name" or ARN; a version may follow. */
static const char *name_of(struct request *rq, const json_t *in)
{
	const char *text = json_str(in, "FunctionName");
	const char *mark = strstr(text, "function:");
	const char *name = mark ? mark + strlen("function:") : text;

	return rq_fmt(rq, "%.*s", (int)strcspn(name, ":"), name);
}

static const char *function_arn(struct request *rq, const char *name)
{
	return rq_arn(rq, "lambda", rq_fmt(rq, "function:%s", name));
}

static int missing(struct request *rq, const char *name)
{
	return fault(rq, LAMBDA_ResourceNotFoundException, "Function not found: %s",
		     function_arn(rq, name));
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
	json_set_str(function, "FunctionArn", function_arn(rq, name));
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
	const char *name = name_of(rq, in);
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

static int get_function_configuration(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);

	if (!function)
		return missing(rq, name);
	json_object_update(out, rq_copy(rq, function));
	return 0;
}

static int get_function(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = name_of(rq, in);
	const json_t *function = store_get(rq->tx, FUNCTION, name);
	json_t *code;

	if (!function)
		return missing(rq, name);
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
	const char *name = name_of(rq, in);

	return store_delete(rq->tx, FUNCTION, name) ? 0 : missing(rq, name);
}

static int list_tags(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "Resource");
	json_t *named = rq_object(rq);
	const json_t *function;

	json_set_str(named, "FunctionName", arn);
	function = store_get(rq->tx, FUNCTION, name_of(rq, named));
	if (!function)
		return missing(rq, name_of(rq, named));
	json_set(out, "Tags", json_get(function, "_Tags"));
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	return json_has(in, "FunctionName") ? function_arn(rq, name_of(rq, in)) : NULL;
}

static op_fn *const ops[LAMBDA_NOPS] = {
	[LAMBDA_CreateFunction] = create_function,
	[LAMBDA_DeleteFunction] = delete_function,
	[LAMBDA_GetFunction] = get_function,
	[LAMBDA_GetFunctionConfiguration] = get_function_configuration,
	[LAMBDA_ListFunctions] = list_functions,
	[LAMBDA_ListTags] = list_tags,
};

const struct service lambda_service = {
	.model = &lambda_model,
	.ops = ops,
	.resources = lambda_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
