/*
 * ssm_cfn.c - AWS::SSM::Parameter.
 *
 *   left out   SecureString, as at AWS; parameter policies
 */
#include "lab/services/ssm/parameter.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

/* The property is a map, the API's Tags a list. */
static void add_tags(json_t *in, const struct cfn_resource *r)
{
	const json_t *map = json_get(r->props, "Tags"), *value, *tag;
	json_t *tags = json_array();
	const char *key;
	size_t i;

	json_each_member (map, key, value) {
		json_t *one = json_push_object(tags);

		json_set_str(one, "Key", key);
		json_set(one, "Value", value);
	}
	json_each (r->tags, i, tag)
		if (!json_has(map, json_str_or(tag, "Key", "")))
			json_push(tags, tag);
	json_give(in, "Tags", tags);
}

static int put(struct request *rq, const struct cfn_resource *r, const char *name, bool overwrite)
{
	json_t *in = rq_copy(rq, r->props);

	json_drop(in, "Tags");
	if (overwrite)
		json_set_bool(in, "Overwrite", true);
	else
		add_tags(in, r);
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

static int update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return put(rq, r, r->physical_id, true);
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
		.delete = delete,
		.get_att = get_att,
	},
	{.type = NULL},
};
