/*
 * sts.c - AWS Security Token Service: who am I, and temporary credentials.
 *
 *   keeps      nothing itself: lab/aws/session.h does
 *   left out   web identity and SAML federation, session policies and tags, MFA
 *
 * A role's trust policy must itself allow, whoever asks. AWS does not let the root user assume roles;
 * here the person's key is the root user, and may what the account may.
 */
#include "lab/services/sts/sts.h"
#include "lab/aws/policy.h"
#include "lab/aws/session.h"
#include "lab/models/sts.h"

#include <string.h>

#define HOUR_SECONDS 3600

static int get_caller_identity(struct request *rq, const json_t *in, json_t *out)
{
	json_set_str(out, "UserId", rq->caller->user_id);
	json_set_str(out, "Account", rq->account);
	json_set_str(out, "Arn", rq->caller->arn);
	return 0;
}

static int refused(struct request *rq, const json_t *in)
{
	int result = fault_named(rq, "AccessDenied",
				 "User: %s is not authorized to perform: sts:AssumeRole on "
				 "resource: %s",
				 rq->caller->arn, json_str(in, "RoleArn"));

	rq->fault.status = 403;
	return result;
}

static void conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	json_give(keys, "sts:ExternalId", json_null());
	json_set(keys, "sts:ExternalId", json_get(in, "ExternalId"));
	json_set(keys, "sts:RoleSessionName", json_get(in, "RoleSessionName"));
}

static json_t *trust_keys(struct request *rq, const json_t *in)
{
	json_t *keys = rq_object(rq);
	char text[CLOCK_TEXT];

	json_set_str(keys, "aws:PrincipalAccount", rq->account);
	json_set_str(keys, "aws:PrincipalArn", rq->caller->arn);
	json_set_str(keys, "aws:SecureTransport", "true");
	json_set_str(keys, "aws:RequestedRegion", rq->region);
	json_set_str(keys, "aws:SourceIp", rq->source_address);
	json_set_str(keys, "aws:CurrentTime", clock_iso_seconds(rq->now.ms, text));
	if (rq->caller->kind == PRINCIPAL_SERVICE)
		json_set_str(keys, "aws:SourceAccount", rq->account);
	conditions(rq, STS_AssumeRole, in, keys);
	return keys;
}

/* Does the role trust the caller? Delegated to the account, his own policies were asked before. */
static bool trusts(struct request *rq, const json_t *role, const json_t *in)
{
	struct question question = {
		.action = "sts:AssumeRole",
		.resource = json_str(role, "Arn"),
		.principal_arn = rq->caller->arn,
		.principal_account = rq->account,
		.principal_service = rq->caller->service,
		.keys = trust_keys(rq, in),
	};
	bool delegates = false;
	enum verdict verdict = policy_resource(json_get(role, "_Trust"), &question, &delegates);

	return verdict == VERDICT_ALLOW || (verdict == VERDICT_NONE && delegates);
}

/* The role of an ARN, if it is the ARN the role has, path and all. */
static const json_t *role_of_arn(struct request *rq, const char *arn)
{
	const char *slash = strrchr(arn, '/');
	const json_t *role = slash ? lab_role(rq, slash + 1) : NULL;

	return role && strcmp(json_str_or(role, "Arn", ""), arn) == 0 ? role : NULL;
}

static int check_duration(struct request *rq, const json_t *role, int64_t seconds)
{
	bool chained = rq->caller->kind == PRINCIPAL_SESSION;

	if (seconds > json_int_or(role, "MaxSessionDuration", HOUR_SECONDS))
		return fault_named(rq, "ValidationError",
				   "The requested DurationSeconds exceeds the MaxSessionDuration "
				   "set for this role.");
	if (chained && seconds > HOUR_SECONDS)
		return fault_named(rq, "ValidationError",
				   "The requested DurationSeconds exceeds the 1 hour session limit "
				   "for roles assumed by role chaining.");
	return 0;
}

static int assume_role(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *role = role_of_arn(rq, json_str(in, "RoleArn"));
	const char *session = json_str(in, "RoleSessionName");
	int64_t seconds = json_int_or(in, "DurationSeconds", HOUR_SECONDS);
	const struct principal *who;
	json_t *user;
	int result;

	/* As at AWS: whether there is such a role is nobody's business. */
	if (!role || !trusts(rq, role, in))
		return refused(rq, in);
	if (json_has(in, "Policy") || json_array_size(json_get(in, "PolicyArns")) > 0)
		return fault_named(rq, "NotImplemented", "Session policies are not in the lab.");
	result = check_duration(rq, role, seconds);
	if (result != 0)
		return result;

	session_issue(rq, role, session, seconds * SECOND, json_add_object(out, "Credentials"));
	who = principal_role(rq, json_str(role, "Arn"), session);
	user = json_add_object(out, "AssumedRoleUser");
	json_set_str(user, "AssumedRoleId", who->user_id);
	json_set_str(user, "Arn", who->arn);
	return 0;
}

static int get_session_token(struct request *rq, const json_t *in, json_t *out)
{
	/* An hour is the most the root user gets. */
	int64_t seconds = json_int_or(in, "DurationSeconds", HOUR_SECONDS);

	if (rq->caller->kind != PRINCIPAL_OPERATOR) {
		int result = fault_named(rq, "AccessDenied",
					 "Cannot call GetSessionToken with session credentials");

		rq->fault.status = 403;
		return result;
	}
	if (seconds > HOUR_SECONDS)
		seconds = HOUR_SECONDS;
	session_issue(rq, NULL, "session", seconds * SECOND, json_add_object(out, "Credentials"));
	return 0;
}

static int get_access_key_info(struct request *rq, const json_t *in, json_t *out)
{
	json_set_str(out, "Account", rq->account);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	if (op != STS_AssumeRole)
		*ret_action = ACTION_FREE;
	return json_str(in, "RoleArn");
}

/* A trust policy that names a session's role lets it in, whatever its own policies say. */
static const json_t *policy_of(struct request *rq, const char *arn)
{
	return json_get(role_of_arn(rq, arn), "_Trust");
}

static op_fn *const ops[STS_NOPS] = {
	[STS_AssumeRole] = assume_role,
	[STS_GetAccessKeyInfo] = get_access_key_info,
	[STS_GetCallerIdentity] = get_caller_identity,
	[STS_GetSessionToken] = get_session_token,
};

const struct service sts_service = {
	.model = &sts_model,
	.ops = ops,
	.arn_of = arn_of,
	.policy_of = policy_of,
	.conditions = conditions,
};
