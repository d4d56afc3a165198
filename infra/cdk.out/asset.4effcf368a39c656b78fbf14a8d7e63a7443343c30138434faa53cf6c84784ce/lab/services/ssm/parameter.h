/*
 * parameter.h - what the files of this service share: parameters, their versions, how they are named.
 */
#ifndef SERVICES_SSM_PARAMETER_H
#define SERVICES_SSM_PARAMETER_H

#include "lab/aws/lab.h"
#include "lab/models/ssm.h"

/* By name: Parameter and ParameterMetadata in one; _Tags, _Sealed (long SecureStrings). */
#define PARAMETER "ssm/parameter"
/* By "name:000000000001": the same, and Labels. */
#define HISTORY "ssm/history"

const char *parameter_arn(struct request *rq, const char *name);
/* "/golden/x", "x:3", "x:label" or an ARN of these, taken apart; ret_selector NULL: the latest. */
const char *parameter_name(struct request *rq, const char *text, const char **ret_selector);
const char *history_key(struct request *rq, const char *name, int64_t version);

/* The document that a selector means: a fault if there is none. */
int parameter_get(struct request *rq, const char *text, const json_t **ret_parameter);

/* Value, decrypted if it is wanted and needed, into `out` (a copy of the document). */
int parameter_reveal(struct request *rq, json_t *out, bool decrypt);
/* Seals `value` into a SecureString's document. */
int parameter_seal(struct request *rq, json_t *parameter, const char *value);

/* Does it pass the ParameterFilters? < 0 never: a bad filter is a fault. */
int filters_match(struct request *rq, const json_t *filters, const json_t *parameter,
		  bool *ret_match);

op_fn ssm_put_parameter, ssm_delete_parameter, ssm_delete_parameters, ssm_label_parameter_version;

extern const struct resource ssm_resources[];

#endif
