/*
 * policy.h - IAM policy evaluation. Knows nothing of the lab.
 *
 * Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements". An explicit Deny
 * wins; else one Allow is enough. An unknown condition key or operator does not match an Allow and
 * matches a Deny, so that what we do not know never lets anyone in.
 */
#ifndef LAB_AWS_POLICY_H
#define LAB_AWS_POLICY_H

#include "lib/base/json.h"

enum verdict { VERDICT_NONE, VERDICT_ALLOW, VERDICT_DENY };

struct question {
	const char *action;	   /* "ssm:GetParameter" */
	const char *resource;	   /* an ARN, or "*" */
	const char *principal_arn; /* for resource policies */
	const char *principal_account;
	const char *principal_service; /* or NULL */
	const json_t *keys;	       /* condition keys: name → string or array of strings */
};

/* Identity policies: Principal is not looked at. */
enum verdict policy_identity(const json_t *document, const struct question *question);
/* Resource policies: only statements whose Principal is the asker. A statement for the whole
 * account ("arn:aws:iam::123456789012:root") delegates to identity policies: ret_delegates. */
enum verdict policy_resource(const json_t *document, const struct question *question,
			     bool *ret_delegates);

/* NULL if the document is well formed, else what is wrong: for PutRolePolicy and friends. */
const char *policy_check(const json_t *document);

#endif
