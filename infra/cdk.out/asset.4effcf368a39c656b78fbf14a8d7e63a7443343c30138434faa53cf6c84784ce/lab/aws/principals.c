/*
 * principals.c - who may be named when one service calls another.
 */
#include "lab/aws/inside.h"

#include <string.h>

const struct principal *principal_service(struct request *rq, const char *service)
{
	struct principal *who = arena_alloc(rq->arena, sizeof(*who));

	*who = (struct principal){
		.kind = PRINCIPAL_SERVICE,
		.arn = rq_strdup(rq, service),
		.user_id = rq_strdup(rq, service),
		.service = rq_strdup(rq, service),
	};
	return who;
}

/* What follows the last slash: a role's path is not in its sessions' ARNs. */
static const char *role_name(const char *role_arn)
{
	const char *slash = strrchr(role_arn, '/');

	return slash ? slash + 1 : role_arn;
}

const struct principal *principal_role(struct request *rq, const char *role_arn,
				       const char *session)
{
	const char *name = role_name(role_arn);
	const json_t *role = lab_role(rq, name);
	struct principal *who;

	/* Without an authority, in unit tests, there is every role. */
	if (rq->lab->authority && !role)
		return NULL;
	who = arena_alloc(rq->arena, sizeof(*who));
	*who = (struct principal){
		.kind = PRINCIPAL_SESSION,
		.arn = rq_fmt(rq, "arn:%s:sts::%s:assumed-role/%s/%s", rq->partition, rq->account,
			      name, session),
		.user_id = rq_fmt(rq, "%s:%s", json_str_or(role, "RoleId", "AROA"), session),
		.role = rq_strdup(rq, name),
	};
	return who;
}

const struct principal *principal_of(struct request *rq, const char *arn)
{
	static const char assumed[] = ":assumed-role/";
	const char *at = strstr(arn, assumed);
	const char *slash;

	if (strcmp(arn, rq->lab->person.arn) == 0)
		return &rq->lab->person;
	if (!at)
		return strstr(arn, ":role/") ? principal_role(rq, arn, "golden") : NULL;

	at += strlen(assumed);
	slash = strchr(at, '/');
	if (!slash)
		return NULL;
	return principal_role(rq, rq_fmt(rq, "%.*s", (int)(slash - at), at), slash + 1);
}
