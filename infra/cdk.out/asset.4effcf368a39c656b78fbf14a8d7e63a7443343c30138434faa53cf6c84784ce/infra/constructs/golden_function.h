/*
 * golden_function.h - one of our Lambda functions (functions/), with role and log of its own.
 */
#ifndef CONSTRUCTS_GOLDEN_FUNCTION_H
#define CONSTRUCTS_GOLDEN_FUNCTION_H

#include "infra/cdk/kms.h"
#include "infra/cdk/lambda.h"

struct golden_function_props {
	const char *name;    /* "golden-reset" */
	const char *handler; /* "reset": functions/main.c */
	const char *package; /* path of its zip */
	const char *description;
	struct string_map environment;
	struct kms_key *log_key;
	int log_days;
	bool keep_log;
};

/* It may write its log and nothing else: the caller adds what it is for. */
struct lambda_function *golden_function_new(struct constructs_construct *scope, const char *id,
					    const struct golden_function_props *props);

#endif
