/*
 * secret.c - a container's `secrets`: read once, when the task starts, as its execution role.
 *
 *   arn:aws:secretsmanager:…:secret:name-AbCdEf[:json-key:version-stage:version-id]
 *   arn:aws:ssm:…:parameter/name, or a parameter's name
 *
 * Why not comes in the words that Fargate's agent puts into stoppedReason.
 */
#include "lab/services/ecs/nouns.h"

#include "lab/models/secretsmanager.h"
#include "lab/models/ssm.h"

#include <string.h>

#define FAILED                                                             \
	"ResourceInitializationError: unable to pull secrets or registry " \
	"auth: execution resource retrieval failed: "
#define ASM FAILED "unable to retrieve secret from asm: service call has been retried 1 time(s): "
#define SSM FAILED "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
#define ARN_PARTS 7 /* arn:aws:secretsmanager:region:account:secret:name */

/* As the AWS SDK for Go tells of a fault: one it has a type for, or any other. */
static const char *told(struct request *rq, const char *operation)
{
	bool typed = strcmp(rq->called.code, "ResourceNotFoundException") == 0;

	return rq_fmt(
		rq,
		"operation error %s, https response error StatusCode: %d, RequestID: %s, %s%s: %s",
		operation, rq->called.status, rq->id, typed ? "" : "api error ", rq->called.code,
		rq->called.message);
}

struct selector {
	const char *id;
	const char *key;
	const char *stage;
	const char *version;
};

static const char *next_part(struct request *rq, const char **rest)
{
	const char *from = *rest;
	size_t len = strcspn(from, ":");

	*rest = from[len] ? from + len + 1 : from + len;
	return len ? rq_fmt(rq, "%.*s", (int)len, from) : NULL;
}

static struct selector split(struct request *rq, const char *arn)
{
	struct selector selector = {0};
	const char *end = arn;
	size_t len;

	for (int part = 0; part < ARN_PARTS && end; part++)
		end = strchr(part ? end + 1 : end, ':');
	len = end ? (size_t)(end - arn) : strlen(arn);
	selector.id = rq_fmt(rq, "%.*s", (int)len, arn);
	if (!end)
		return selector;
	end++;
	selector.key = next_part(rq, &end);
	selector.stage = next_part(rq, &end);
	selector.version = next_part(rq, &end);
	return selector;
}

/* Strings as they are; numbers and booleans as JSON writes them. */
static const char *text_of(struct request *rq, const json_t *value)
{
	AUTO_FREE char *text = NULL;

	if (json_is_string(value))
		return json_string_value(value);
	text = json_text(value);
	return rq_strdup(rq, text);
}

static const char *pick_key(struct request *rq, const char *secret, const char *key,
			    const char **ret_value)
{
	json_t *tree = secret ? json_read(secret, strlen(secret)) : NULL;
	const json_t *value;

	if (!tree)
		return ASM "invalid character in secret: it is not a JSON object";
	value = json_get(rq_keep(rq, tree), key);
	if (!value)
		return rq_fmt(
			rq, ASM "retrieved secret from Secrets Manager did not contain json key %s",
			key);
	*ret_value = text_of(rq, value);
	return NULL;
}

static const char *read_secret(struct request *rq, const struct principal *execution_role,
			       const char *arn, const char **ret_value)
{
	struct selector selector = split(rq, arn);
	json_t *in = rq_object(rq), *out = rq_object(rq);

	json_set_str(in, "SecretId", selector.id);
	json_set_str(in, "VersionStage", selector.stage);
	json_set_str(in, "VersionId", selector.version);
	if (aws_call(rq, execution_role, &secretsmanager_model, SECRETSMANAGER_GetSecretValue, in,
		     out) != 0)
		return rq_fmt(rq, ASM "failed to fetch secret %s from secrets manager: %s",
			      selector.id, told(rq, "Secrets Manager: GetSecretValue"));
	if (selector.key)
		return pick_key(rq, json_str(out, "SecretString"), selector.key, ret_value);
	*ret_value = json_str_or(out, "SecretString", "");
	return NULL;
}

static const char *read_parameter(struct request *rq, const struct principal *execution_role,
				  const char *ref, const char **ret_value)
{
	const char *marker = ":parameter";
	const char *found = strncmp(ref, "arn:", 4) == 0 ? strstr(ref, marker) : NULL;
	const char *name = found ? found + strlen(marker) : ref;
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const char *value;

	/* The ARN of "plain" is …:parameter/plain, that of "/a/b" is …:parameter/a/b. */
	if (found && !strchr(name + 1, '/'))
		name++;
	json_push_str(json_add_array(in, "Names"), name);
	json_set_bool(in, "WithDecryption", true);
	if (aws_call(rq, execution_role, &ssm_model, SSM_GetParameters, in, out) != 0)
		return rq_fmt(rq, SSM "%s", told(rq, "SSM: GetParameters"));
	value = json_path_str(out, "Parameters.0.Value");
	if (!value)
		return rq_fmt(rq, SSM "invalid ssm parameters: %s", name);
	*ret_value = value;
	return NULL;
}

const char *ecs_secrets_read(struct request *rq, const struct principal *execution_role,
			     const json_t *secrets, json_t *values)
{
	const json_t *secret;
	size_t i;

	json_each (secrets, i, secret) {
		const char *from = json_str_or(secret, "valueFrom", "");
		bool in_manager =
			strncmp(from, "arn:", 4) == 0 && strstr(from, ":secretsmanager:") != NULL;
		const char *value = "", *reason;

		reason = in_manager ? read_secret(rq, execution_role, from, &value)
				    : read_parameter(rq, execution_role, from, &value);
		if (reason)
			return reason;
		json_set_str(values, json_str(secret, "name"), value);
	}
	return NULL;
}
