/*
 * findings.h - what cdk-nag finds in more than one construct, and why it stays.
 *
 * A finding of one construct is acknowledged in its file, by cdk_validations_acknowledge().
 */
#ifndef CONSTRUCTS_FINDINGS_H
#define CONSTRUCTS_FINDINGS_H

#include "infra/cdk/cdk.h"

#define FINDINGS(rules)                    \
	((struct cdk_acknowledgment_list){ \
		.items = rules,            \
		.count = array_len(rules), \
	})

/* The roles inside have policies of their own. */
void findings_accept_inline_policies(struct constructs_construct *construct);

/* A role inside may act on "*", for `reason`. */
void findings_accept_star(struct constructs_construct *construct, const char *reason);

#endif
