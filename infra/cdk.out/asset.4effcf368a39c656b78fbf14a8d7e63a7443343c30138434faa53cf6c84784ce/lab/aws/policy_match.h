/*
 * policy_match.h - patterns, variables and conditions of a policy. For policy.c only.
 */
#ifndef LAB_AWS_POLICY_MATCH_H
#define LAB_AWS_POLICY_MATCH_H

#include "lab/aws/policy.h"
#include "lib/base/buf.h"

/* MAYBE: it hangs on something the lab does not know. An Allow needs YES; a Deny only not NO. */
enum match { MATCH_NO, MATCH_YES, MATCH_MAYBE };

/* How a statement's text is to be read. */
struct reading {
	const struct question *question;
	bool variables; /* ${…} is replaced: Version 2012-10-17 */
};

/* A pattern ready to match. False: it holds a variable that has no value here. */
bool pattern_read(struct buf *out, const char *text, bool wildcards, const struct reading *reading);
bool pattern_matches(const char *pattern, const char *text, bool nocase);
/* Part by part: a wildcard does not reach across a colon of the first five. */
bool pattern_matches_arn(const char *pattern, const char *arn);

/*
 * The value of a condition key: a string or an array of them; NULL when the request has none.
 * ret_known: the lab knows this key, so that absence means something.
 */
const json_t *condition_key(const struct question *question, const char *name, bool *ret_known);

/* A whole Condition block; NULL is YES. */
enum match condition_matches(const json_t *block, const struct reading *reading);

#endif
