/*
 * version.c - the versions of a secret, sealed, and the stages that point at them.
 *
 * Values are sealed under a data key of the secret's KMS key: who reads one needs kms:Decrypt on it,
 * by way of Secrets Manager.
 */
#include "lab/services/secretsmanager/secret.h"
#include "lab/aws/envelope.h"

#include <string.h>

#define VERSIONS_MAX 100

const char *version_key(struct request *rq, const json_t *secret, const char *version_id)
{
	return rq_fmt(rq, "%s:%s", json_str(secret, "Name"), version_id);
}

/* Which version has this stage; NULL: none. */
static const char *staged_version(const json_t *secret, const char *stage)
{
	const json_t *stages;
	const char *id;

	json_each_member (json_get(secret, "VersionIdsToStages"), id, stages)
		if (json_list_has(stages, stage))
			return id;
	return NULL;
}

static void drop_stage(json_t *map, const char *id, const char *stage)
{
	json_t *stages = json_object_get(map, id);
	size_t i;

	for (i = json_array_size(stages); i > 0; i--)
		if (strcmp(json_string_value(json_at(stages, i - 1)), stage) == 0)
			json_array_remove(stages, i - 1);
	/* A version without a stage is deprecated: it is not in the map. */
	if (stages && json_array_size(stages) == 0)
		json_drop(map, id);
}

static void move_stage(json_t *secret, const char *stage, const char *from, const char *to)
{
	json_t *map = json_object_get(secret, "VersionIdsToStages");
	json_t *stages;

	if (to) {
		stages = json_object_get(map, to);
		json_push_str(stages ? stages : json_add_array(map, to), stage);
	}
	if (from)
		drop_stage(map, from, stage);
}

/* Moves a stage to a version (NULL: off all); AWSCURRENT leaves AWSPREVIOUS where it was. */
static void move_to(json_t *secret, const char *stage, const char *version_id)
{
	AUTO_FREE char *from = mem_strdup(staged_version(secret, stage));

	if (from && version_id && strcmp(from, version_id) == 0)
		return;
	if (from && version_id && strcmp(stage, CURRENT) == 0) {
		AUTO_FREE char *before = mem_strdup(staged_version(secret, PREVIOUS));

		move_stage(secret, PREVIOUS, before, from);
	}
	move_stage(secret, stage, from, version_id);
}

static json_t *context_of(struct request *rq, const json_t *secret, const char *version_id)
{
	json_t *context = rq_object(rq);

	json_set(context, "SecretARN", json_get(secret, "ARN"));
	json_set_str(context, "SecretVersionId", version_id);
	return context;
}

static int kms_refused(struct request *rq, int result)
{
	if (result < 0)
		return result;
	if (strncmp(rq->called.code, "AccessDenied", 12) == 0)
		return fault_named(rq, "AccessDeniedException", "Access to KMS is not allowed");
	return fault_pass(rq);
}

static int seal_version(struct request *rq, const json_t *secret, const json_t *value,
			json_t *version)
{
	const char *id = json_str(version, "VersionId");
	json_t *sealed = rq_object(rq);
	int result = envelope_seal(rq, json_str_or(secret, "KmsKeyId", "alias/aws/secretsmanager"),
				   context_of(rq, secret, id), json_string_value(value),
				   json_string_length(value), sealed);

	if (result != 0)
		return kms_refused(rq, result);
	json_set(version, "_Sealed", sealed);
	json_push_str(json_add_array(version, "KmsKeyIds"),
		      json_str_or(secret, "KmsKeyId", "DefaultEncryptionKey"));
	return 0;
}

static int open_version(struct request *rq, const json_t *secret, const json_t *version,
			struct buf *out)
{
	const char *id = json_str(version, "VersionId");
	int result =
		envelope_open(rq, json_get(version, "_Sealed"), context_of(rq, secret, id), out);

	return result != 0 ? kms_refused(rq, result) : 0;
}

/* The same token with the same value again is no error, and nothing new. */
static int check_again(struct request *rq, const json_t *secret, const json_t *version,
		       const json_t *value)
{
	AUTO_BUF struct buf text = {0};
	int result = open_version(rq, secret, version, &text);

	if (result != 0)
		return result;
	if (text.len == json_string_length(value) &&
	    memcmp(buf_text(&text), json_string_value(value), text.len) == 0)
		return 0;
	return fault(rq, SECRETSMANAGER_ResourceExistsException,
		     "You can't use ClientRequestToken %s because that value is already in use for "
		     "a version of secret %s.",
		     json_str(version, "VersionId"), json_str(secret, "ARN"));
}

/* Beyond a hundred, the oldest without a stage go. */
static void forget_deprecated(struct request *rq, const json_t *secret)
{
	const json_t *all =
		store_list_prefix(rq->tx, VERSION, rq_fmt(rq, "%s:", json_str(secret, "Name")));
	const json_t *version, *oldest = NULL;
	size_t i;

	if (json_array_size(all) <= VERSIONS_MAX)
		return;
	json_each (all, i, version) {
		if (json_has(json_get(secret, "VersionIdsToStages"),
			     json_str(version, "VersionId")))
			continue;
		if (!oldest ||
		    json_num_or(version, "CreatedDate", 0) < json_num_or(oldest, "CreatedDate", 0))
			oldest = version;
	}
	if (oldest)
		store_delete(rq->tx, VERSION,
			     version_key(rq, secret, json_str(oldest, "VersionId")));
}

static void set_stages(json_t *secret, const char *id, const json_t *stages)
{
	const json_t *stage;
	size_t i;

	/* The first version of all is current, whatever was asked. */
	if (!staged_version(secret, CURRENT) || !stages)
		move_to(secret, CURRENT, id);
	json_each (stages, i, stage)
		move_to(secret, json_string_value(stage), id);
}

int version_add(struct request *rq, json_t *secret, const json_t *in, const json_t *stages,
		const char **ret_version_id)
{
	const json_t *text = json_get(in, "SecretString"), *binary = json_get(in, "SecretBinary");
	const char *id = json_str(in, "ClientRequestToken");
	const json_t *value = text ? text : binary, *there;
	json_t *version;
	int result;

	*ret_version_id = NULL;
	if (text && binary)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "You can't specify both a binary secret value and a string secret "
			     "value in the same secret.");
	if (!value)
		return 0;
	id = id ? rq_strdup(rq, id) : id_uuid(rq);
	*ret_version_id = id;
	there = store_get(rq->tx, VERSION, version_key(rq, secret, id));
	if (there)
		return check_again(rq, secret, there, value);

	version = store_new(rq->tx);
	json_set_str(version, "VersionId", id);
	json_set_time(version, "CreatedDate", rq->now);
	json_set_bool(version, "_Binary", !text);
	result = seal_version(rq, secret, value, version);
	if (result != 0)
		return result;
	store_put(rq->tx, VERSION, version_key(rq, secret, id), version);
	set_stages(secret, id, stages);
	json_set_time(secret, "LastChangedDate", rq->now);
	forget_deprecated(rq, secret);
	return 0;
}

/* By VersionId, VersionStage or both; AWSCURRENT by default. */
static int find_version(struct request *rq, const json_t *secret, const json_t *in,
			const json_t **ret_version)
{
	const char *id = json_str(in, "VersionId");
	const char *stage = json_str(in, "VersionStage");
	const json_t *version;

	if (!id) {
		stage = stage ? stage : CURRENT;
		id = staged_version(secret, stage);
		if (!id)
			return fault(rq, SECRETSMANAGER_ResourceNotFoundException,
				     "Secrets Manager can't find the specified secret value for "
				     "staging label: %s",
				     stage);
		stage = NULL;
	}
	version = store_get(rq->tx, VERSION, version_key(rq, secret, id));
	if (!version)
		return fault(rq, SECRETSMANAGER_ResourceNotFoundException,
			     "Secrets Manager can't find the specified secret value for VersionId: "
			     "%s",
			     id);
	if (stage && !json_list_has(json_get(json_get(secret, "VersionIdsToStages"), id), stage))
		return fault(rq, SECRETSMANAGER_InvalidRequestException,
			     "You provided a VersionStage that is not associated to the provided "
			     "VersionId.");
	*ret_version = version;
	return 0;
}

/* Whole days, as at AWS: so a busy secret is written once a day, not with each read. */
static void note_access(struct request *rq, const json_t *secret)
{
	lab_ms day = {rq->now.ms - rq->now.ms % DAY};
	json_t *changed;

	if (json_time_or(secret, "LastAccessedDate", (lab_ms){0}).ms == day.ms)
		return;
	changed = store_edit(rq->tx, SECRET, json_str(secret, "Name"));
	json_set_time(changed, "LastAccessedDate", day);
	secret_put(rq, changed);
}

int secretsmanager_get_secret_value(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *secret = NULL, *version = NULL;
	AUTO_BUF struct buf text = {0};
	int result = secret_get(rq, json_str(in, "SecretId"), &secret);

	if (result == 0)
		result = find_version(rq, secret, in, &version);
	if (result == 0)
		result = open_version(rq, secret, version, &text);
	if (result != 0)
		return result;

	secret_name_set(out, secret);
	json_set(out, "VersionId", json_get(version, "VersionId"));
	json_give(out, json_bool_or(version, "_Binary", false) ? "SecretBinary" : "SecretString",
		  json_stringn_nocheck(buf_text(&text), text.len));
	json_set(out, "VersionStages",
		 json_get(json_get(secret, "VersionIdsToStages"), json_str(version, "VersionId")));
	json_set(out, "CreatedDate", json_get(version, "CreatedDate"));
	note_access(rq, secret);
	return 0;
}

int secretsmanager_put_secret_value(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *stages = json_get(in, "VersionStages");
	const char *id = NULL;
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result == 0)
		result = version_add(rq, secret, in, stages, &id);
	if (result != 0)
		return result;
	if (!id)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "You must provide either SecretString or SecretBinary.");
	secret_put(rq, secret);
	secret_name_set(out, secret);
	json_set_str(out, "VersionId", id);
	json_set(out, "VersionStages", json_get(json_get(secret, "VersionIdsToStages"), id));
	return 0;
}

static int check_stage_move(struct request *rq, const json_t *secret, const json_t *in)
{
	const char *stage = json_str(in, "VersionStage");
	const char *from = json_str(in, "RemoveFromVersionId");
	const char *to = json_str(in, "MoveToVersionId");
	const char *has = staged_version(secret, stage);

	if (to && !store_has(rq->tx, VERSION, version_key(rq, secret, to)))
		return fault(rq, SECRETSMANAGER_ResourceNotFoundException,
			     "Secrets Manager can't find the specified secret value for VersionId: "
			     "%s",
			     to);
	if (!to && strcmp(stage, CURRENT) == 0)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "You can only move staging label AWSCURRENT to a different secret "
			     "version. It can't be completely removed.");
	if (has && !from && (!to || strcmp(has, to) != 0))
		return fault(
			rq, SECRETSMANAGER_InvalidParameterException,
			"The parameter RemoveFromVersionId can't be empty. Staging label %s is "
			"currently attached to version %s, so you must explicitly reference "
			"that version in RemoveFromVersionId.",
			stage, has);
	if (from && (!has || strcmp(has, from) != 0))
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "Staging label %s isn't attached to version %s.", stage, from);
	return 0;
}

int secretsmanager_update_secret_version_stage(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result == 0)
		result = check_stage_move(rq, secret, in);
	if (result != 0)
		return result;
	move_to(secret, json_str(in, "VersionStage"), json_str(in, "MoveToVersionId"));
	json_set_time(secret, "LastChangedDate", rq->now);
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}

int secretsmanager_list_secret_version_ids(struct request *rq, const json_t *in, json_t *out)
{
	bool deprecated = json_bool_or(in, "IncludeDeprecated", false);
	json_t *list = json_add_array(out, "Versions");
	const json_t *secret = NULL, *all, *version;
	int result = secret_get(rq, json_str(in, "SecretId"), &secret);
	size_t i;

	if (result != 0)
		return result;
	all = store_list_prefix(rq->tx, VERSION, rq_fmt(rq, "%s:", json_str(secret, "Name")));
	json_each (all, i, version) {
		const json_t *stages = json_get(json_get(secret, "VersionIdsToStages"),
						json_str(version, "VersionId"));

		if (!stages && !deprecated)
			continue;
		json_push(list, version);
		json_set(json_array_get(list, json_array_size(list) - 1), "VersionStages", stages);
	}
	secret_name_set(out, secret);
	return 0;
}
