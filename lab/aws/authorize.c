/*
 * authorize.c - may the caller do this? Asked of his policies and of the resource's, each request.
 *
 *   left out   permissions boundaries, session policies, SCPs
 *
 * The operator and AWS services on their own behalf may do everything. In one account either an
 * identity policy or the resource's is enough, except where the resource's policy rules (KMS keys).
 */
#include "lab/aws/inside.h"
#include "lab/aws/policy.h"

#include <assert.h>
#include <string.h>

/* What AWS calls a refusal, and how it begins, by protocol. */
static const struct {
	const char *code;
	int status;
	const char *prefix;
} refusals[] = {
	[PROTOCOL_JSON] = {"AccessDeniedException", 400, ""},
	[PROTOCOL_QUERY] = {"AccessDenied", 403, ""},
	[PROTOCOL_EC2] = {"UnauthorizedOperation", 403,
			  "You are not authorized to perform this operation. "},
	[PROTOCOL_REST_JSON] = {"AccessDeniedException", 403, ""},
	[PROTOCOL_REST_XML] = {"AccessDenied", 403, ""},
};

static int refuse(struct request *rq, const struct question *question, const char *why)
{
	size_t protocol = rq->model->protocol;
	int result = fault_named(rq, refusals[protocol].code,
				 "%sUser: %s is not authorized to perform: %s on resource: %s %s",
				 refusals[protocol].prefix, rq->caller->arn, question->action,
				 question->resource, why);

	rq->fault.status = refusals[protocol].status;
	return result;
}

static void add_time_keys(const struct request *rq, json_t *keys)
{
	char text[CLOCK_TEXT];

	json_set_str(keys, "aws:CurrentTime", clock_iso_seconds(rq->now.ms, text));
	AUTO_FREE char *epoch = mem_fmt("%lld", (long long)(rq->now.ms / 1000));

	json_set_str(keys, "aws:EpochTime", epoch);
}

/* Of a session, aws:PrincipalArn is the role's ARN. */
static void add_principal_keys(struct request *rq, json_t *keys)
{
	const json_t *role = lab_role(rq, rq->caller->role);

	json_set_str(keys, "aws:PrincipalArn", json_str_or(role, "Arn", rq->caller->arn));
	json_set_str(keys, "aws:PrincipalAccount", rq->account);
	json_set_str(keys, "aws:PrincipalType", "AssumedRole");
	json_set_str(keys, "aws:PrincipalIsAWSService", "false");
	json_set_str(keys, "aws:MultiFactorAuthPresent", "false");
	json_set_str(keys, "aws:userid", rq->caller->user_id);
	json_set_str(keys, "kms:CallerAccount", rq->account);
}

static json_t *condition_keys(struct request *rq)
{
	json_t *keys = rq_object(rq);

	/* Nothing leaves the machine: as good as TLS. */
	json_set_str(keys, "aws:SecureTransport", "true");
	json_set_str(keys, "aws:RequestedRegion", rq->region);
	json_set_str(keys, "aws:SourceIp", rq->source_address);
	/* There is one account: whatever is asked for is its own. */
	json_set_str(keys, "aws:ResourceAccount", rq->account);
	json_set_str(keys, "s3:ResourceAccount", rq->account);
	json_set_str(keys, "aws:ViaAWSService", rq->via ? "true" : "false");
	if (rq->via) {
		const char *via = rq_fmt(rq, "%s.amazonaws.com", rq->via);

		json_push_str(json_add_array(keys, "aws:CalledVia"), via);
		json_set_str(keys, "kms:ViaService",
			     rq_fmt(rq, "%s.%s.amazonaws.com", rq->via, rq->region));
	}
	add_time_keys(rq, keys);
	add_principal_keys(rq, keys);
	return keys;
}

/* The session's own policies together. */
static enum verdict identity_says(struct request *rq, const struct question *question)
{
	const json_t *documents = rq->lab->authority->policies_of(rq, rq->caller);
	enum verdict verdict = VERDICT_NONE;
	const json_t *document;
	size_t i;

	json_each (documents, i, document) {
		enum verdict one = policy_identity(document, question);

		if (one == VERDICT_DENY)
			return one;
		if (one == VERDICT_ALLOW)
			verdict = one;
	}
	return verdict;
}

/* `policy` is the resource's own, or NULL; `rules`: it must itself allow. */
static int decide(struct request *rq, const struct question *question, const json_t *policy,
		  bool rules)
{
	enum verdict identity = identity_says(rq, question);
	enum verdict resource = VERDICT_NONE;
	bool delegates = false;

	if (policy)
		resource = policy_resource(policy, question, &delegates);
	if (identity == VERDICT_DENY)
		return refuse(rq, question, "with an explicit deny in an identity-based policy");
	if (resource == VERDICT_DENY)
		return refuse(rq, question, "with an explicit deny in a resource-based policy");
	if (resource == VERDICT_ALLOW)
		return 0;
	if (rules && policy && !delegates)
		return refuse(rq, question,
			      rq_fmt(rq, "because no resource-based policy allows the %s action",
				     question->action));
	if (identity == VERDICT_ALLOW)
		return 0;
	return refuse(rq, question,
		      rq_fmt(rq, "because no identity-based policy allows the %s action",
			     question->action));
}

/* Of a request of a session; anybody else may. */
static bool is_asked(const struct request *rq)
{
	if (rq->caller->kind != PRINCIPAL_SESSION)
		return false;
	/* Only a lab in memory may go without. */
	assert(rq->lab->authority || !rq->lab->dir);
	return rq->lab->authority != NULL;
}

int authorize(struct request *rq, const struct service *service, int op, const json_t *in)
{
	const char *action = NULL, *resource = NULL;
	struct question question;
	json_t *keys;

	if (!is_asked(rq))
		return 0;
	if (service->arn_of)
		resource = service->arn_of(rq, op, in, &action);
	if (action && strcmp(action, ACTION_FREE) == 0)
		return 0;

	keys = condition_keys(rq);
	if (service->conditions)
		service->conditions(rq, op, in, keys);
	question = (struct question){
		.action = action ? action
				 : rq_fmt(rq, "%s:%s", rq->model->iam_prefix, rq->operation->name),
		.resource = resource ? resource : "*",
		.principal_arn = rq->caller->arn,
		.principal_account = rq->account,
		.keys = keys,
	};
	return decide(rq, &question,
		      service->policy_of ? service->policy_of(rq, question.resource) : NULL,
		      service->policy_rules);
}

/* A question that no operation asks by itself. `more` may be NULL. */
static int ask(struct request *rq, const char *action, const char *resource, const json_t *more)
{
	struct question question;
	json_t *keys;

	if (!is_asked(rq))
		return 0;
	keys = condition_keys(rq);
	if (more)
		json_object_update(keys, (json_t *)(uintptr_t)more);
	question = (struct question){
		.action = action,
		.resource = resource,
		.principal_arn = rq->caller->arn,
		.principal_account = rq->account,
		.keys = keys,
	};
	return decide(rq, &question, NULL, false);
}

int permit(struct request *rq, const char *action, const char *resource)
{
	return ask(rq, action, resource, NULL);
}

int pass_role(struct request *rq, const char *role_arn, const char *to_service)
{
	json_t *keys = rq_object(rq);

	json_set_str(keys, "iam:PassedToService", to_service);
	return ask(rq, "iam:PassRole", role_arn, keys);
}
