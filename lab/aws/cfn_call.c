/*
 * cfn_call.c - what most CloudFormation types do.
 */
#include "lab/aws/cfn_call.h"

#include <string.h>

int cfn_call(struct request *rq, const struct model *model, int op, const json_t *in, json_t *out)
{
	int err = aws_call(rq, rq->caller, model, op, in, out);

	return err > 0 ? fault_pass(rq) : err;
}

int cfn_call_unless(struct request *rq, const struct model *model, int op, const json_t *in,
		    const char *gone)
{
	int err = aws_call(rq, rq->caller, model, op, in, NULL);

	if (err > 0 && strstr(rq->called.code, gone))
		return 0;
	return err > 0 ? fault_pass(rq) : err;
}

const char *cfn_name_prop(struct request *rq, const struct cfn_resource *r, const char *prop,
			  size_t max, bool lower)
{
	const char *given = json_str(r->props, prop);

	return given ? given : cfn_name(rq, r, max, lower);
}

static bool has_key(const json_t *tags, const char *key)
{
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag)
		if (key && strcmp(json_str_or(tag, "Key", ""), key) == 0)
			return true;
	return false;
}

json_t *cfn_tags(struct request *rq, const struct cfn_resource *r)
{
	json_t *tags = rq_array(rq);
	const json_t *tag;
	size_t i;

	json_each (json_get(r->props, "Tags"), i, tag)
		json_push(tags, tag);
	json_each (r->tags, i, tag)
		if (!has_key(tags, json_str(tag, "Key")))
			json_push(tags, tag);
	return json_array_size(tags) ? tags : NULL;
}
