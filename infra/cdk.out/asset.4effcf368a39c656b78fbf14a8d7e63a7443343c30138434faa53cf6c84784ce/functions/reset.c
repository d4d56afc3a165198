/*
 * reset.c - puts back what was broken on purpose.
 *
 *   left out   the database's password: tasks read it when they start, so they have to be replaced
 */
#include "functions/reset.h"

#include "lib/aws/client.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define RATE_LIMIT 2000 /* requests in five minutes, as the template has it */

static const struct aws_service ssm = {"ssm", "ssm", AWS_JSON_1_1, "AmazonSSM", NULL};
static const struct aws_service wafv2 = {"wafv2", "wafv2", AWS_JSON_1_1, "AWSWAF_20190729", NULL};

struct repair {
	struct invocation *invocation;
	struct aws_client *client;
	json_t *done; /* what was reset, by name */
};

/* The answer's tree, which stays until the next call; NULL, and why in the invocation. */
static const json_t *ask(struct repair *repair, const struct aws_service *service,
			 const char *operation, const json_t *in)
{
	const struct aws_answer *answer = aws_ask(repair->client, service, operation, in);

	if (answer->err < 0)
		invocation_fail(repair->invocation, "Reset.NoAnswer", "%s: %s", operation,
				log_strerror(answer->err));
	else if (answer->error)
		invocation_fail(repair->invocation, "Reset.Refused", "%s: %s: %s", operation,
				answer->error, answer->message ? answer->message : "");
	else
		return answer->body;
	return NULL;
}

static int reset_failure_mode(struct repair *repair, const char *parameter)
{
	AUTO_JSON json_t *in = json_object();

	json_set_str(in, "Name", parameter);
	json_set_str(in, "Value", "none");
	json_set_bool(in, "Overwrite", true);
	if (!ask(repair, &ssm, "PutParameter", in))
		return -1;
	json_push_str(repair->done, parameter);
	return 0;
}

/* arn:aws:wafv2:region:account:regional/webacl/<name>/<id> */
static json_t *web_acl_ref(const char *arn)
{
	const char *name = strstr(arn, "/webacl/");
	const char *id = name ? strrchr(name, '/') : NULL;
	AUTO_FREE char *text = NULL;
	json_t *ref;

	if (!name || id < name + strlen("/webacl/"))
		return NULL;
	name += strlen("/webacl/");
	text = mem_strndup(name, (size_t)(id - name));
	ref = json_object();
	json_set_str(ref, "Name", text);
	json_set_str(ref, "Id", id + 1);
	json_set_str(ref, "Scope", strstr(arn, ":global/") ? "CLOUDFRONT" : "REGIONAL");
	return ref;
}

static bool calm_rule(json_t *rules, const char *name, int64_t limit)
{
	json_t *rule;
	size_t i;

	json_array_foreach (rules, i, rule) {
		json_t *rate =
			json_object_get(json_object_get(rule, "Statement"), "RateBasedStatement");

		if (strcmp(json_str_or(rule, "Name", ""), name) != 0 || !rate)
			continue;
		json_set_int(rate, "Limit", limit);
		json_add_object(json_add_object(rule, "Action"), "Count");
		return true;
	}
	return false;
}

/* All of a web ACL is written at once: what we do not change has to be sent back. */
static int reset_rate_rule(struct repair *repair, const char *arn, const char *name)
{
	static const char *const kept[] = {
		"DefaultAction", "Description",	    "VisibilityConfig", "CustomResponseBodies",
		"CaptchaConfig", "ChallengeConfig", "TokenDomains"};
	const char *limit = getenv("RATE_LIMIT");
	AUTO_JSON json_t *in = web_acl_ref(arn);
	const json_t *found, *acl;

	if (!in)
		return invocation_fail(repair->invocation, "Reset.BadArn",
				       "WEB_ACL_ARN is no web ACL: %s", arn);
	found = ask(repair, &wafv2, "GetWebACL", in);
	if (!found)
		return -1;
	acl = json_get(found, "WebACL");
	json_set(in, "LockToken", json_get(found, "LockToken"));
	json_set(in, "Rules", json_get(acl, "Rules"));
	for (size_t i = 0; i < array_len(kept); i++)
		json_set(in, kept[i], json_get(acl, kept[i]));
	if (!calm_rule(json_object_get(in, "Rules"), name,
		       limit ? strtoll(limit, NULL, 10) : RATE_LIMIT))
		return invocation_fail(repair->invocation, "Reset.NoRule",
				       "The web ACL has no rate rule '%s'.", name);
	if (!ask(repair, &wafv2, "UpdateWebACL", in))
		return -1;
	json_push_str(repair->done, name);
	return 0;
}

int reset(struct invocation *invocation, json_t *out)
{
	const char *parameter = getenv("PARAM_FAILURE_MODE");
	const char *arn = getenv("WEB_ACL_ARN");
	const char *rule = getenv("RATE_RULE");
	struct repair repair = {.invocation = invocation, .done = json_add_array(out, "Reset")};
	int err = aws_client_open(NULL, &(struct aws_options){0}, &repair.client);

	if (err < 0)
		return invocation_fail(invocation, "Reset.NoClient", "%s", log_strerror(err));
	if (parameter)
		err = reset_failure_mode(&repair, parameter);
	if (err == 0 && arn && rule)
		err = reset_rate_rule(&repair, arn, rule);
	aws_client_close(repair.client);
	return err;
}
