/*
 * nouns.h - what the files of services/lambda share.
 *
 *   lambda/function     by name          as GetFunctionConfiguration shows it; _Code, _Tags
 *   lambda/permission   by name:sid      a statement of its policy
 */
#ifndef SERVICES_LAMBDA_NOUNS_H
#define SERVICES_LAMBDA_NOUNS_H

#include "lab/aws/service.h"
#include "lab/models/lambda.h"

#define FUNCTION "lambda/function"
#define PERMISSION "lambda/permission"

/* lambda.c */
const char *lambda_name(struct request *rq, const json_t *in); /* of FunctionName: name, ARN, … */
const char *lambda_arn(struct request *rq, const char *name);
int lambda_missing(struct request *rq, const char *name);

/* permission.c */
void lambda_drop_permissions(struct request *rq, const char *name);
op_fn lambda_add_permission, lambda_remove_permission, lambda_get_policy;

/* lambda_cfn.c */
extern const struct resource lambda_resources[];

#endif
