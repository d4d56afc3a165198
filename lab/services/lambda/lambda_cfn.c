/*
 * lambda_cfn.c - AWS::Lambda::Function.
 *
 *   left out   updates in place; code written into the template (ZipFile as text)
 */
#include "lab/services/lambda/lambda_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/lambda.h"

#include <string.h>

/* The API's tags are a map. */
static json_t *tag_map(struct request *rq, const struct cfn_resource *r)
{
	json_t *map = rq_object(rq);
	const json_t *tag;
	size_t i;

	json_each (cfn_tags(rq, r), i, tag)
		json_set(map, json_str(tag, "Key"), json_get(tag, "Value"));
	return map;
}

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
	json_set(in, "Tags", tag_map(rq, r));
	err = cfn_call(rq, &lambda_model, LAMBDA_CreateFunction, in, NULL);
	if (err == 0)
		*ret_id = json_str(in, "FunctionName");
	return err;
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

const struct resource lambda_resources[] = {
	{
		.type = "AWS::Lambda::Function",
		.create = create_function,
		.delete = delete_function,
		.get_att = get_function_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
