/*
 * cfn_call.h - what most CloudFormation types do: call their own API, with a name.
 */
#ifndef LAB_AWS_CFN_CALL_H
#define LAB_AWS_CFN_CALL_H

#include "lab/aws/cfn_input.h"
#include "lab/aws/cfn_read.h"
#include "lab/aws/cfn_tags.h"

/* As the stack's caller; 0, or the fault passed on. out may be NULL. */
int cfn_call(struct request *rq, const struct model *model, int op, const json_t *in, json_t *out);

/* The same to delete: a fault whose code has `gone` in it ("NotFound") is none. */
int cfn_call_unless(struct request *rq, const struct model *model, int op, const json_t *in,
		    const char *gone);

/* The property, or a name made for a resource that has none (cfn_name). */
const char *cfn_name_prop(struct request *rq, const struct cfn_resource *r, const char *prop,
			  size_t max, bool lower);

#endif
