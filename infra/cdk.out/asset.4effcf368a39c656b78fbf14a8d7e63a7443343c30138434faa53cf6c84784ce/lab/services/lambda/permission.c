/*
 * permission.c - who may call a function: its policy, a statement at a time.
 *
 *   keeps      lambda/permission   by name:sid   the statement
 *   left out   policies of versions and aliases, revision ids
 */
#include "lab/services/lambda/nouns.h"

#include <string.h>

static const char *key_of(struct request *rq, const char *name, const char *sid)
{
	return rq_fmt(rq, "%s:%s", name, sid);
}

/* "events.amazonaws.com" is a service, the rest is of an account. */
static void set_principal(struct request *rq, json_t *statement, const char *principal)
{
	json_t *who;

	if (strcmp(principal, "*") == 0) {
		json_set_str(statement, "Principal", "*");
		return;
	}
	who = json_add_object(statement, "Principal");
	if (strstr(principal, ".amazonaws.com"))
		json_set_str(who, "Service", principal);
	else if (strncmp(principal, "arn:", 4) == 0)
		json_set_str(who, "AWS", principal);
	else
		json_set_str(who, "AWS", rq_fmt(rq, "arn:aws:iam::%s:root", principal));
}

static void set_condition(json_t *statement, const json_t *in)
{
	static const struct {
		const char *member, *op, *key;
	} conditions[] = {
		{"SourceAccount", "StringEquals", "AWS:SourceAccount"},
		{"SourceArn", "ArnLike", "AWS:SourceArn"},
		{"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
		{"FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"},
	};
	json_t *condition = json_add_object(statement, "Condition"), *op;

	for (size_t i = 0; i < array_len(conditions); i++) {
		if (!json_has(in, conditions[i].member))
			continue;
		op = json_object_get(condition, conditions[i].op);
		op = op ? op : json_add_object(condition, conditions[i].op);
		json_set(op, conditions[i].key, json_get(in, conditions[i].member));
	}
	if (json_object_size(condition) == 0)
		json_drop(statement, "Condition");
}

int lambda_add_permission(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const char *sid = json_str(in, "StatementId");
	AUTO_FREE char *text = NULL;
	json_t *statement = rq_object(rq);

	if (!store_has(rq->tx, FUNCTION, name))
		return lambda_missing(rq, name);
	if (store_has(rq->tx, PERMISSION, key_of(rq, name, sid)))
		return fault(rq, LAMBDA_ResourceConflictException,
			     "The statement id (%s) provided already exists. Please provide a new "
			     "statement id, or remove the existing statement.",
			     sid);
	json_set_str(statement, "Sid", sid);
	json_set_str(statement, "Effect", "Allow");
	set_principal(rq, statement, json_str(in, "Principal"));
	json_set(statement, "Action", json_get(in, "Action"));
	json_set_str(statement, "Resource", lambda_arn(rq, name));
	set_condition(statement, in);
	store_put(rq->tx, PERMISSION, key_of(rq, name, sid), statement);
	text = json_text(statement);
	json_set_str(out, "Statement", text);
	return 0;
}

int lambda_remove_permission(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const char *sid = json_str(in, "StatementId");

	if (!store_delete(rq->tx, PERMISSION, key_of(rq, name, sid)))
		return fault(rq, LAMBDA_ResourceNotFoundException,
			     "Statement %s is not found in resource policy.", sid);
	return 0;
}

int lambda_get_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = lambda_name(rq, in);
	const json_t *all = store_list_prefix(rq->tx, PERMISSION, key_of(rq, name, ""));
	AUTO_FREE char *text = NULL;
	json_t *policy = rq_object(rq);

	if (!store_has(rq->tx, FUNCTION, name))
		return lambda_missing(rq, name);
	if (json_array_size(all) == 0)
		return fault(rq, LAMBDA_ResourceNotFoundException,
			     "The resource you requested does not exist.");
	json_set_str(policy, "Version", "2012-10-17");
	json_set_str(policy, "Id", "default");
	json_set(policy, "Statement", all);
	text = json_text(policy);
	json_set_str(out, "Policy", text);
	return 0;
}

void lambda_drop_permissions(struct request *rq, const char *name)
{
	const json_t *keys = store_keys(rq->tx, PERMISSION, key_of(rq, name, "")), *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, PERMISSION, json_string_value(key));
}
