/*
 * nouns.h - what the files of services/lambda share.
 *
 *   lambda/function     by name          as GetFunctionConfiguration shows it; _Code, _Tags, _Tree, _Slot
 *   lambda/invocation   by name/number   that was not answered yet: id, event, async, tail
 *   lambda/session      by name          its role's credentials, sealed; its log stream
 *   lambda/permission   by name:sid      a statement of its policy
 */
#ifndef SERVICES_LAMBDA_NOUNS_H
#define SERVICES_LAMBDA_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/aws/service.h"
#include "lab/models/lambda.h"

#define FUNCTION "lambda/function"
#define INVOCATION "lambda/invocation"
#define PERMISSION "lambda/permission"
#define SESSION "lambda/session"

/* lambda.c */
const char *lambda_name(struct request *rq, const json_t *in); /* of FunctionName: name, ARN, … */
const char *lambda_arn(struct request *rq, const char *name);
int lambda_missing(struct request *rq, const char *name);

/* code.c: fetches what `code` names, unpacks it; CodeSize, CodeSha256 and _Tree go into function. */
int lambda_take_code(struct request *rq, const json_t *code, json_t *function);

/* invoke.c */
op_fn lambda_invoke;
void lambda_fact(struct request *rq, const char *name, const json_t *fact);
void lambda_plane_gone(struct request *rq, const char *name);
void lambda_forget(struct request *rq, const char *name); /* its environment goes */
msec lambda_tick(struct request *rq);

/* permission.c */
void lambda_drop_permissions(struct request *rq, const char *name);
op_fn lambda_add_permission, lambda_remove_permission, lambda_get_policy;

/* lambda_cfn.c */
extern const struct resource lambda_resources[];

#endif
