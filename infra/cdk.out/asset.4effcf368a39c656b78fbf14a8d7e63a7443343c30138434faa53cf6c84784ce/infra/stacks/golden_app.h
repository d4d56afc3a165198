/*
 * golden_app.h - the CDK app: its context read, its stacks made.
 */
#ifndef STACKS_GOLDEN_APP_H
#define STACKS_GOLDEN_APP_H

#include "infra/stacks/options.h"

struct golden_app_props {
	const char *outdir;    /* of the cloud assembly; NULL: CDK_OUTDIR */
	const json_t *context; /* beneath what the CLI gives; NULL: none */
};

/* The kernel must be open. NULL: the context is wrong, as *ret_wrong says until cdk_close(). */
struct cdk_app *golden_app_new(const struct golden_app_props *props, const char **ret_wrong);

#endif
