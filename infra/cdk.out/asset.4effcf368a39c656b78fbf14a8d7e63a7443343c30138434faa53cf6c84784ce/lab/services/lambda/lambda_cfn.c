/*
 * lambda_cfn.c - AWS::Lambda::Function and AWS::Lambda::Permission.
 *
 *   left out   code written into the template (ZipFile as text)
 */
#include "lab/services/lambda/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int create_function(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *props = rq_copy(rq, r->props);
	json_t *in = NULL;
	int err;

	json_drop(props, "Tags");
	err = cfn_input(rq, &lambda_model, LAMBDA_CreateFunction, props, &in);
	if (err)
		return err;
	json_set_str(in, "FunctionName", cfn_name_prop(rq, r, "FunctionName", 64, false));
	json_set(in, "Tags", cfn_tag_map(rq, r));
	err = cfn_call(rq, &lambda_model, LAMBDA_CreateFunction, in, NULL);
	if (err == 0)
		*ret_id = json_str(in, "FunctionName");
	return err;
}

static bool changed(const struct cfn_resource *r, const json_t *old, const char *prop)
{
	const json_t *is = json_get(r->props, prop), *was = json_get(old, prop);

	return is != was && !(is && was && json_equal(is, was));
}

static int update_code(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_copy(rq, json_get(r->props, "Code"));

	json_set(in, "Architectures", json_get(r->props, "Architectures"));
	json_set_str(in, "FunctionName", r->physical_id);
	return cfn_call(rq, &lambda_model, LAMBDA_UpdateFunctionCode, in, NULL);
}

/* What a template no longer says is as if nobody had said it. */
static const char *const text_defaults[][2] = {{"Description", ""}};
static const struct {
	const char *prop;
	int64_t value;
} number_defaults[] = {{"Timeout", 3}, {"MemorySize", 128}};

static int update_configuration(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const others[] = {"Code", "Tags", "Architectures", "PackageType"};
	json_t *props = rq_copy(rq, r->props), *in;
	int err;

	for (size_t i = 0; i < array_len(others); i++)
		json_drop(props, others[i]);
	for (size_t i = 0; i < array_len(text_defaults); i++)
		if (!json_has(props, text_defaults[i][0]))
			json_set_str(props, text_defaults[i][0], text_defaults[i][1]);
	for (size_t i = 0; i < array_len(number_defaults); i++)
		if (!json_has(props, number_defaults[i].prop))
			json_set_int(props, number_defaults[i].prop, number_defaults[i].value);
	if (!json_has(props, "Environment") && json_has(old, "Environment"))
		json_add_object(json_add_object(props, "Environment"), "Variables");
	err = cfn_input(rq, &lambda_model, LAMBDA_UpdateFunctionConfiguration, props, &in);
	if (err)
		return err;
	json_set_str(in, "FunctionName", r->physical_id);
	return cfn_call(rq, &lambda_model, LAMBDA_UpdateFunctionConfiguration, in, NULL);
}

static int update_function(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct cfn_tagging tagging = {
		.model = &lambda_model,
		.tag_op = LAMBDA_TagResource,
		.untag_op = LAMBDA_UntagResource,
		.id = "Resource",
		.tags = "Tags",
		.keys = "TagKeys",
	};
	int err = 0;

	if (changed(r, old, "Code") || changed(r, old, "Architectures"))
		err = update_code(rq, r);
	if (!err)
		err = update_configuration(rq, r, old);
	return err ? err : cfn_retag(rq, r, old, &tagging, lambda_arn(rq, r->physical_id));
}

static int read_function(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			 int *ret_there)
{
	static const struct cfn_reading reading = {
		.model = &lambda_model,
		.op = LAMBDA_GetFunctionConfiguration,
		.id = "FunctionName",
		.gone = "ResourceNotFound",
	};

	return cfn_read(rq, r, &reading, NULL, ret_props, ret_there);
}

static int delete_function(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "FunctionName", r->physical_id);
	return cfn_call_unless(rq, &lambda_model, LAMBDA_DeleteFunction, in,
			       "ResourceNotFoundException");
}

static json_t *get_function_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "Arn") != 0)
		return NULL;
	return json_string(rq_arn(rq, "lambda", rq_fmt(rq, "function:%s", r->physical_id)));
}

/* The statement's id is the resource's: Ref answers it. */
static int create_permission(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = NULL;
	int err = cfn_input(rq, &lambda_model, LAMBDA_AddPermission, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "StatementId", cfn_name(rq, r, 100, false));
	err = cfn_call(rq, &lambda_model, LAMBDA_AddPermission, in, NULL);
	if (err == 0)
		*ret_id = json_str(in, "StatementId");
	return err;
}

static int delete_permission(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set(in, "FunctionName", json_get(r->props, "FunctionName"));
	json_set_str(in, "StatementId", r->physical_id);
	return cfn_call_unless(rq, &lambda_model, LAMBDA_RemovePermission, in,
			       "ResourceNotFoundException");
}

static json_t *get_permission_att(struct request *rq, const struct cfn_resource *r,
				  const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource lambda_resources[] = {
	{
		.type = "AWS::Lambda::Function",
		.create = create_function,
		.update = update_function,
		.delete = delete_function,
		.read = read_function,
		.get_att = get_function_att,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::Lambda::Permission",
		.create = create_permission,
		.delete = delete_permission,
		.get_att = get_permission_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
