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
