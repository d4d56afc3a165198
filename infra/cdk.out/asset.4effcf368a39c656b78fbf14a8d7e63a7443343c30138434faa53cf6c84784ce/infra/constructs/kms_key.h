/*
 * kms_key.h - a customer managed key that rotates.
 */
#ifndef CONSTRUCTS_KMS_KEY_H
#define CONSTRUCTS_KMS_KEY_H

#include "infra/cdk/kms.h"

struct golden_kms_key_props {
	const char *alias;	    /* without "alias/"; NULL: none */
	const char *description;    /* what it encrypts */
	const char *logs_region;    /* CloudWatch Logs of this region may use it; NULL: may not */
	const char *const *writers; /* services that may encrypt with it; ended by NULL, or NULL */
	bool keep;		    /* outlives its stack */
};

/* Its account's IAM decides who else may use it. */
struct kms_key *golden_kms_key_new(struct constructs_construct *scope, const char *id,
				   const struct golden_kms_key_props *props);

#endif
