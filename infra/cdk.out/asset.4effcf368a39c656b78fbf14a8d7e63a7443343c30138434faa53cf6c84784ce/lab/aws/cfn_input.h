/*
 * cfn_input.h - a template's properties as an operation's input.
 */
#ifndef LAB_AWS_CFN_INPUT_H
#define LAB_AWS_CFN_INPUT_H

#include "lab/aws/service.h"

/*
 * Properties by the names of the operation's input, whatever the case of their first letter
 * ("ServiceName" is serviceName); numbers and booleans may be text, text may be a number. Members of
 * maps keep their names. A property that the input does not have is a fault, named. A new object that
 * lives as long as the request.
 */
int cfn_input(struct request *rq, const struct model *model, int op, const json_t *props,
	      json_t **ret_in);

#endif
