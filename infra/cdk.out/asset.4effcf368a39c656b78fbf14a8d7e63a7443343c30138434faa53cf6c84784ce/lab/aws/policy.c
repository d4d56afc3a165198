/*
 * policy.c - IAM policy documents: do their statements speak of this question, and what do they say?
 *
 *   left out   permissions boundaries, session policies, SCPs; Federated and CanonicalUser principals
 *              are never the asker
 */
#include "lab/aws/policy_match.h"

#include <string.h>
#include <strings.h>

/* A member that is one text or a list of them. */
static size_t count_of(const json_t *texts)
{
	return json_is_array(texts) ? json_array_size(texts) : (texts ? 1 : 0);
}

static const char *text_at(const json_t *texts, size_t i)
{
	return json_string_value(json_is_array(texts) ? json_at(texts, i) : texts);
}

static bool action_matches(const json_t *actions, const struct reading *reading)
{
	AUTO_BUF struct buf pattern = {0};
	/* No variables in actions. */
	const struct reading plain = {.question = reading->question};
	size_t i;

	for (i = 0; i < count_of(actions); i++) {
		const char *text = text_at(actions, i);

		if (text && pattern_read(&pattern, text, true, &plain) &&
		    pattern_matches(buf_text(&pattern), reading->question->action, true))
			return true;
	}
	return false;
}

/* MAYBE: a variable in it has no value here. */
static enum match resource_matches(const json_t *resources, const struct reading *reading)
{
	const char *arn = reading->question->resource;
	AUTO_BUF struct buf pattern = {0};
	enum match result = MATCH_NO;
	size_t i;

	for (i = 0; i < count_of(resources); i++) {
		const char *text = text_at(resources, i);

		if (!text || !pattern_read(&pattern, text, true, reading))
			result = MATCH_MAYBE;
		else if (strcmp(arn, "*") == 0 ? strcmp(text, "*") == 0
					       : pattern_matches_arn(buf_text(&pattern), arn))
			return MATCH_YES;
	}
	return result;
}

static enum match both(enum match a, enum match b)
{
	if (a == MATCH_NO || b == MATCH_NO)
		return MATCH_NO;
	return a == MATCH_MAYBE || b == MATCH_MAYBE ? MATCH_MAYBE : MATCH_YES;
}

/* Action, Resource and Condition; who asks is looked at elsewhere. */
static enum match statement_matches(const json_t *statement, const struct reading *reading)
{
	const json_t *action = json_get(statement, "Action");
	const json_t *resource = json_get(statement, "Resource");
	const json_t *not_action = json_get(statement, "NotAction");
	const json_t *not_resource = json_get(statement, "NotResource");
	enum match match = MATCH_YES;

	if (action ? !action_matches(action, reading) : action_matches(not_action, reading))
		return MATCH_NO;
	if (!action && !not_action)
		return MATCH_NO;

	if (resource) {
		/* As AWS: what has no value names no resource. */
		match = resource_matches(resource, reading) == MATCH_YES ? MATCH_YES : MATCH_NO;
	} else if (not_resource) {
		match = resource_matches(not_resource, reading);
		if (match != MATCH_MAYBE)
			match = match == MATCH_YES ? MATCH_NO : MATCH_YES;
	}
	return both(match, condition_matches(json_get(statement, "Condition"), reading));
}

static const json_t *statement_at(const json_t *document, size_t i)
{
	const json_t *statements = json_get(document, "Statement");

	if (json_is_object(statements))
		return i == 0 ? statements : NULL;
	return json_at(statements, i);
}

static struct reading reading_of(const json_t *document, const struct question *question)
{
	return (struct reading){
		.question = question,
		.variables = strcmp(json_str_or(document, "Version", ""), "2012-10-17") == 0,
	};
}

static bool denies(const json_t *statement)
{
	return strcmp(json_str_or(statement, "Effect", ""), "Deny") == 0;
}

static bool allows(const json_t *statement)
{
	return strcmp(json_str_or(statement, "Effect", ""), "Allow") == 0;
}

enum verdict policy_identity(const json_t *document, const struct question *question)
{
	struct reading reading = reading_of(document, question);
	enum verdict verdict = VERDICT_NONE;
	const json_t *statement;
	size_t i;

	for (i = 0; (statement = statement_at(document, i)); i++) {
		enum match match = statement_matches(statement, &reading);

		if (denies(statement) && match != MATCH_NO)
			return VERDICT_DENY;
		if (allows(statement) && match == MATCH_YES)
			verdict = VERDICT_ALLOW;
	}
	return verdict;
}

/* How a Principal means the asker: himself, or everybody in his account. */
enum meant { MEANT_NOT, MEANT_ACCOUNT, MEANT_HIMSELF };

/* arn:aws:iam::ACCOUNT:role/path/Name against arn:aws:sts::ACCOUNT:assumed-role/Name/session. */
static bool is_session_of(const char *role_arn, const char *asker)
{
	static const char marker[] = ":assumed-role/";
	const char *role = strstr(role_arn, ":role/");
	const char *session = strstr(asker, marker);
	const char *name, *end;
	size_t len;

	if (!role || !session)
		return false;
	name = strrchr(role, '/') + 1;
	session += strlen(marker);
	end = strchr(session, '/');
	len = end ? (size_t)(end - session) : strlen(session);
	return strlen(name) == len && strncmp(name, session, len) == 0;
}

static enum meant aws_principal(const char *text, const struct question *question)
{
	const char *account = question->principal_account;
	size_t len;

	if (question->principal_service)
		return strcmp(text, "*") == 0 ? MEANT_HIMSELF : MEANT_NOT;
	if (strcmp(text, "*") == 0 || strcmp(text, question->principal_arn) == 0)
		return MEANT_HIMSELF;
	if (strcmp(text, account) == 0)
		return MEANT_ACCOUNT;
	if (strncmp(text, "arn:aws:iam::", 13) != 0)
		return MEANT_NOT;
	len = strlen(account);
	if (strncmp(text + 13, account, len) == 0 && strcmp(text + 13 + len, ":root") == 0)
		return MEANT_ACCOUNT;
	if (strncmp(text + 13, account, len) == 0 && is_session_of(text, question->principal_arn))
		return MEANT_HIMSELF;
	return MEANT_NOT;
}

static enum meant principal_means(const json_t *principal, const struct question *question)
{
	const json_t *aws = json_get(principal, "AWS");
	const json_t *services = json_get(principal, "Service");
	enum meant meant = MEANT_NOT;
	size_t i;

	if (json_is_string(principal))
		return strcmp(json_string_value(principal), "*") == 0 ? MEANT_HIMSELF : MEANT_NOT;
	for (i = 0; i < count_of(aws); i++) {
		const char *text = text_at(aws, i);
		enum meant one = text ? aws_principal(text, question) : MEANT_NOT;

		if (one > meant)
			meant = one;
	}
	for (i = 0; question->principal_service && i < count_of(services); i++) {
		const char *text = text_at(services, i);

		if (text &&
		    (strcmp(text, question->principal_service) == 0 || strcmp(text, "*") == 0))
			meant = MEANT_HIMSELF;
	}
	return meant;
}

static enum meant statement_means(const json_t *statement, const struct question *question)
{
	const json_t *others = json_get(statement, "NotPrincipal");

	if (!others)
		return principal_means(json_get(statement, "Principal"), question);
	return principal_means(others, question) == MEANT_NOT ? MEANT_HIMSELF : MEANT_NOT;
}

enum verdict policy_resource(const json_t *document, const struct question *question,
			     bool *ret_delegates)
{
	struct reading reading = reading_of(document, question);
	enum verdict verdict = VERDICT_NONE;
	const json_t *statement;
	size_t i;

	*ret_delegates = false;
	for (i = 0; (statement = statement_at(document, i)); i++) {
		enum meant meant = statement_means(statement, question);
		enum match match;

		if (meant == MEANT_NOT)
			continue;
		match = statement_matches(statement, &reading);
		if (denies(statement) && match != MATCH_NO)
			return VERDICT_DENY;
		if (!allows(statement) || match != MATCH_YES)
			continue;
		if (meant == MEANT_HIMSELF)
			verdict = VERDICT_ALLOW;
		else
			*ret_delegates = true;
	}
	return verdict;
}

static const char *const versions[] = {"2012-10-17", "2008-10-17"};

static const char *const members[] = {
	"Sid",	     "Effect",	 "Principal",	"NotPrincipal", "Action",
	"NotAction", "Resource", "NotResource", "Condition",
};

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
	size_t i;

	for (i = 0; text && i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* One text or several, and all of them texts. */
static bool is_texts(const json_t *texts)
{
	size_t i;

	for (i = 0; i < count_of(texts); i++)
		if (!text_at(texts, i))
			return false;
	return count_of(texts) > 0;
}

static const char *check_actions(const json_t *actions)
{
	size_t i;

	if (!is_texts(actions))
		return "Policy statement must contain actions.";
	for (i = 0; i < count_of(actions); i++) {
		const char *text = text_at(actions, i);
		const char *colon = strchr(text, ':');

		if (strcmp(text, "*") != 0 && (!colon || colon == text || !colon[1]))
			return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, "
			       "ec2, etc.";
	}
	return NULL;
}

static const char *check_statement(const json_t *statement)
{
	const json_t *actions = json_get(statement, "Action");
	const json_t *others = json_get(statement, "NotAction");
	const json_t *resources = json_get(statement, "Resource");
	const json_t *other_resources = json_get(statement, "NotResource");
	bool principal = json_has(statement, "Principal") || json_has(statement, "NotPrincipal");
	const json_t *value;
	const char *name;

	json_each_member (statement, name, value)
		if (!is_one_of(name, members, array_len(members)))
			return "Syntax errors in policy.";
	if (!allows(statement) && !denies(statement))
		return "Syntax errors in policy.";
	if ((actions && others) || (resources && other_resources))
		return "Syntax errors in policy.";
	if (!resources && !other_resources && !principal)
		return "Policy statement must contain resources.";
	if ((resources && !is_texts(resources)) || (other_resources && !is_texts(other_resources)))
		return "Policy statement must contain resources.";
	if (json_has(statement, "Condition") && !json_is_object(json_get(statement, "Condition")))
		return "Syntax errors in policy.";
	return check_actions(actions ? actions : others);
}

const char *policy_check(const json_t *document)
{
	const char *version = json_str_or(document, "Version", "2008-10-17");
	const json_t *statement;
	const char *wrong;
	size_t i;

	if (!json_is_object(document) || !is_one_of(version, versions, array_len(versions)))
		return "Syntax errors in policy.";
	if (!statement_at(document, 0))
		return "Syntax errors in policy.";
	for (i = 0; (statement = statement_at(document, i)); i++) {
		wrong = json_is_object(statement) ? check_statement(statement)
						  : "Syntax errors in policy.";
		if (wrong)
			return wrong;
	}
	return NULL;
}
