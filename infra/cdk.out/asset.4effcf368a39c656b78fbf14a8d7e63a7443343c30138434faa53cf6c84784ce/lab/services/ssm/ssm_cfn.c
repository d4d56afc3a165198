/*
 * ssm_cfn.c - AWS::SSM::Parameter.
 *
 *   left out   SecureString, as at AWS; parameter policies
 */
#include "lab/services/ssm/parameter.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int put(struct request *rq, const struct cfn_resource *r, const char *name, bool overwrite)
{
	json_t *in = rq_copy(rq, r->props);

	json_drop(in, "Tags");
	if (overwrite)
		json_set_bool(in, "Overwrite", true);
	else
		json_set(in, "Tags", cfn_tags(rq, r));
	json_set_str(in, "Name", name);
	return cfn_call(rq, &ssm_model, SSM_PutParameter, in, NULL);
}

static int create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = json_str(r->props, "Name");
	int result;

	if (!name)
		name = rq_fmt(rq, "CFN-%s", cfn_name(rq, r, 128, false));
	result = put(rq, r, name, false);
	if (result == 0)
		*ret_id = rq_strdup(rq, name);
	return result;
}

static const struct cfn_tagging tagging = {
	.model = &ssm_model,
	.tag_op = SSM_AddTagsToResource,
	.untag_op = SSM_RemoveTagsFromResource,
	.id = "ResourceId",
	.tags = "Tags",
	.keys = "TagKeys",
	.key = "Key",
	.value = "Value",
	.kind = {"ResourceType", "Parameter"},
};

static int update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int result = put(rq, r, r->physical_id, true);

	return result ? result : cfn_retag(rq, r, old, &tagging, r->physical_id);
}

static int read_it(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		   int *ret_there)
{
	const json_t *parameter = store_get(rq->tx, PARAMETER, r->physical_id);

	*ret_there = parameter != NULL;
	cfn_show(r, parameter, NULL, ret_props);
	return 0;
}

static int delete (struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "Name", r->physical_id);
	return cfn_call_unless(rq, &ssm_model, SSM_DeleteParameter, in, "ParameterNotFound");
}

static json_t *get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *parameter = store_get(rq->tx, PARAMETER, r->physical_id);

	if (strcmp(name, "Type") != 0 && strcmp(name, "Value") != 0)
		return NULL;
	return json_incref((json_t *)(uintptr_t)json_get(parameter, name));
}

const struct resource ssm_resources[] = {
	{
		.type = "AWS::SSM::Parameter",
		.create = create,
		.update = update,
		.read = read_it,
		.delete = delete,
		.get_att = get_att,
	},
	{.type = NULL},
};
