/*
 * secretsmanager.c - AWS Secrets Manager.
 *
 *   keeps      secretsmanager/secret   by name             DescribeSecret's answer; _Deletion, _Policy
 *              secretsmanager/version  by name:version id  sealed
 *   publishes  secretsmanager.secret.changed {ARN, Name}
 *   hears      nothing; tick() deletes what was scheduled for it
 *   left out   rotation by a function, replicas
 */
#include "lab/services/secretsmanager/secretsmanager.h"
#include "lab/aws/policy.h"
#include "lab/services/secretsmanager/secret.h"

#include <ctype.h>
#include <string.h>

#define RANDOM_PART 7 /* "-AbCdEf" */

/* By name, ARN, or an ARN without its six random characters. NULL: there is none. */
static const json_t *find_secret(struct request *rq, const char *id)
{
	const char *prefix = rq_arn(rq, "secretsmanager", "secret:");
	const json_t *secret;
	size_t len;

	if (strncmp(id, prefix, strlen(prefix)) != 0)
		return store_get(rq->tx, SECRET, id);

	id += strlen(prefix);
	secret = store_get(rq->tx, SECRET, id);
	len = strlen(id);
	if (secret || len <= RANDOM_PART)
		return secret;
	secret = store_get(rq->tx, SECRET, rq_fmt(rq, "%.*s", (int)(len - RANDOM_PART), id));
	/* A secret made anew under an old name has another ARN. */
	return strcmp(json_str_or(secret, "ARN", ""), id - strlen(prefix)) == 0 ? secret : NULL;
}

int secret_get(struct request *rq, const char *id, const json_t **ret_secret)
{
	const json_t *secret = find_secret(rq, id);

	if (!secret)
		return fault(rq, SECRETSMANAGER_ResourceNotFoundException,
			     "Secrets Manager can't find the specified secret.");
	if (json_has(secret, "DeletedDate"))
		return fault(rq, SECRETSMANAGER_InvalidRequestException,
			     "You can't perform this operation on the secret because it was marked "
			     "for deletion.");
	*ret_secret = secret;
	return 0;
}

int secret_edit(struct request *rq, const char *id, json_t **ret_secret)
{
	const json_t *secret = NULL;
	int result = secret_get(rq, id, &secret);

	if (result == 0)
		*ret_secret = store_edit(rq->tx, SECRET, json_str(secret, "Name"));
	return result;
}

void secret_name_set(json_t *out, const json_t *secret)
{
	json_set(out, "ARN", json_get(secret, "ARN"));
	json_set(out, "Name", json_get(secret, "Name"));
}

void secret_put(struct request *rq, const json_t *secret)
{
	json_t *detail = rq_object(rq);

	store_put(rq->tx, SECRET, json_str(secret, "Name"), secret);
	secret_name_set(detail, secret);
	publish(rq->tx, "secretsmanager.secret.changed", detail);
}

static void delete_at_once(struct request *rq, const char *name)
{
	const json_t *keys = store_keys(rq->tx, VERSION, rq_fmt(rq, "%s:", name)), *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, VERSION, json_string_value(key));
	store_delete(rq->tx, SECRET, name);
}

static int check_new(struct request *rq, const json_t *in)
{
	const char *name = json_str(in, "Name"), *at;
	const json_t *old = store_get(rq->tx, SECRET, name);

	for (at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-/_+=.@!", *at))
			return fault_named(rq, "ValidationException",
					   "Invalid name. Must be a valid name containing "
					   "alphanumeric characters, or any of the following: "
					   "-/_+=.@!");
	if (json_array_size(json_get(in, "AddReplicaRegions")) > 0)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "Replicas are not in the lab: it has one region.");
	if (json_has(old, "DeletedDate"))
		return fault(rq, SECRETSMANAGER_InvalidRequestException,
			     "You can't create this secret because a secret with this name is "
			     "already scheduled for deletion.");
	if (old && !store_has(rq->tx, VERSION,
			      version_key(rq, old, json_str_or(in, "ClientRequestToken", ""))))
		return fault(rq, SECRETSMANAGER_ResourceExistsException,
			     "The operation failed because the secret %s already exists.", name);
	return 0;
}

static json_t *new_secret(struct request *rq, const json_t *in)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	json_t *secret = store_new(rq->tx);
	const char *name = json_str(in, "Name");

	json_set_str(secret, "ARN",
		     rq_arn(rq, "secretsmanager",
			    rq_fmt(rq, "secret:%s-%s", name, id_text(rq, 6, letters))));
	json_set_str(secret, "Name", name);
	json_set(secret, "Description", json_get(in, "Description"));
	json_set(secret, "KmsKeyId", json_get(in, "KmsKeyId"));
	json_set_time(secret, "LastChangedDate", rq->now);
	json_set_time(secret, "CreatedDate", rq->now);
	json_set(secret, "Tags", json_get(in, "Tags"));
	json_add_object(secret, "VersionIdsToStages");
	return secret;
}

static int create_secret(struct request *rq, const json_t *in, json_t *out)
{
	const char *version_id = NULL;
	json_t *secret;
	int result = check_new(rq, in);

	if (result != 0)
		return result;
	/* The same request again, by its token, makes nothing new. */
	secret = store_edit(rq->tx, SECRET, json_str(in, "Name"));
	if (!secret)
		secret = new_secret(rq, in);
	result = version_add(rq, secret, in, NULL, &version_id);
	if (result != 0)
		return result;
	secret_put(rq, secret);
	secret_name_set(out, secret);
	json_set_str(out, "VersionId", version_id);
	return 0;
}

static int update_secret(struct request *rq, const json_t *in, json_t *out)
{
	const char *version_id = NULL;
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result != 0)
		return result;
	json_set(secret, "Description", json_get(in, "Description"));
	json_set(secret, "KmsKeyId", json_get(in, "KmsKeyId"));
	json_set_time(secret, "LastChangedDate", rq->now);
	result = version_add(rq, secret, in, NULL, &version_id);
	if (result != 0)
		return result;
	secret_put(rq, secret);
	secret_name_set(out, secret);
	json_set_str(out, "VersionId", version_id);
	return 0;
}

/* Also of one that is marked for deletion. */
static int describe_secret(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *secret = find_secret(rq, json_str(in, "SecretId")), *member;
	const char *name;

	if (!secret)
		return secret_get(rq, json_str(in, "SecretId"), &secret);
	json_each_member (secret, name, member)
		json_set(out, name, member);
	return 0;
}

static bool begins_nocase(const char *text, const char *prefix)
{
	return text && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool filter_value_matches(const char *key, const char *value, const json_t *secret)
{
	bool all = strcmp(key, "all") == 0;
	const json_t *tag;
	size_t i;

	if ((all || strcmp(key, "name") == 0) && begins_nocase(json_str(secret, "Name"), value))
		return true;
	if ((all || strcmp(key, "description") == 0) &&
	    begins_nocase(json_str(secret, "Description"), value))
		return true;
	json_each (json_get(secret, "Tags"), i, tag) {
		if ((all || strcmp(key, "tag-key") == 0) &&
		    begins_nocase(json_str(tag, "Key"), value))
			return true;
		if ((all || strcmp(key, "tag-value") == 0) &&
		    begins_nocase(json_str(tag, "Value"), value))
			return true;
	}
	return false;
}

/* Filters AND; a filter's values OR, a '!' in front of one turns it round. */
static bool is_wanted(const json_t *filters, const json_t *secret)
{
	const json_t *filter, *value;
	size_t i, j;

	json_each (filters, i, filter) {
		bool any = false;

		json_each (json_get(filter, "Values"), j, value) {
			const char *text = json_string_value(value);
			bool turned = text[0] == '!';
			bool match = filter_value_matches(json_str_or(filter, "Key", "all"),
							  text + turned, secret);

			any = any || match != turned;
		}
		if (!any)
			return false;
	}
	return true;
}

static int list_secrets(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all = store_list(rq->tx, SECRET), *secret;
	const char *after = json_str_or(in, "NextToken", ""), *last = NULL;
	size_t room = (size_t)json_int_or(in, "MaxResults", 100), i;
	json_t *list = json_add_array(out, "SecretList");

	json_each (all, i, secret) {
		const char *name = json_str(secret, "Name");
		json_t *entry;

		if (strcmp(name, after) <= 0 || json_has(secret, "DeletedDate") ||
		    !is_wanted(json_get(in, "Filters"), secret))
			continue;
		if (json_array_size(list) == room) {
			json_set_str(out, "NextToken", last);
			break;
		}
		last = name;
		json_push(list, secret);
		entry = json_array_get(list, json_array_size(list) - 1);
		json_set(entry, "SecretVersionsToStages", json_get(secret, "VersionIdsToStages"));
	}
	return 0;
}

static int check_window(struct request *rq, const json_t *in, int64_t *ret_days)
{
	int64_t days = json_int_or(in, "RecoveryWindowInDays", 30);
	bool force = json_bool_or(in, "ForceDeleteWithoutRecovery", false);

	if (force && json_has(in, "RecoveryWindowInDays"))
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "You can't use ForceDeleteWithoutRecovery in conjunction with "
			     "RecoveryWindowInDays.");
	if (days < 7 || days > 30)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "The RecoveryWindowInDays value must be between 7 and 30 days "
			     "(inclusive).");
	*ret_days = force ? 0 : days;
	return 0;
}

static int delete_secret(struct request *rq, const json_t *in, json_t *out)
{
	int64_t days = 0;
	json_t *secret = NULL;
	lab_ms when;
	int result = check_window(rq, in, &days);

	if (result == 0)
		result = secret_edit(rq, json_str(in, "SecretId"), &secret);
	if (result != 0)
		return result;

	when = (lab_ms){rq->now.ms + days * DAY};
	json_set_time(secret, "DeletedDate", rq->now);
	json_set_time(secret, "_Deletion", when);
	secret_put(rq, secret);
	if (days == 0)
		delete_at_once(rq, json_str(secret, "Name"));
	lab_wake(rq->lab, &secretsmanager_model);
	secret_name_set(out, secret);
	json_set_time(out, "DeletionDate", when);
	return 0;
}

static int restore_secret(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *found = find_secret(rq, json_str(in, "SecretId"));
	json_t *secret;

	if (!found)
		return secret_get(rq, json_str(in, "SecretId"), &found);
	secret = store_edit(rq->tx, SECRET, json_str(found, "Name"));
	json_drop(secret, "DeletedDate");
	json_drop(secret, "_Deletion");
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}

static msec tick(struct request *rq)
{
	const json_t *all = store_list(rq->tx, SECRET), *secret;
	msec next = TICK_NEVER;
	size_t i;

	json_each (all, i, secret) {
		lab_ms due = json_time_or(secret, "_Deletion", (lab_ms){INT64_MAX});

		if (due.ms == INT64_MAX)
			continue;
		if (due.ms <= rq->now.ms)
			delete_at_once(rq, json_str(secret, "Name"));
		else if (next == TICK_NEVER || due.ms - rq->now.ms < next)
			next = due.ms - rq->now.ms;
	}
	return next;
}

static void drop_tags(json_t *tags, const char *key)
{
	size_t i;

	for (i = json_array_size(tags); i > 0; i--)
		if (strcmp(json_str(json_at(tags, i - 1), "Key"), key) == 0)
			json_array_remove(tags, i - 1);
}

static int tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL, *tags;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);
	const json_t *tag;
	size_t i;

	if (result != 0)
		return result;
	tags = json_object_get(secret, "Tags");
	tags = tags ? tags : json_add_array(secret, "Tags");
	json_each (json_get(in, "Tags"), i, tag) {
		drop_tags(tags, json_str(tag, "Key"));
		json_push(tags, tag);
	}
	secret_put(rq, secret);
	return 0;
}

static int untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);
	const json_t *key;
	size_t i;

	if (result != 0)
		return result;
	json_each (json_get(in, "TagKeys"), i, key)
		drop_tags(json_object_get(secret, "Tags"), json_string_value(key));
	secret_put(rq, secret);
	return 0;
}

static int get_resource_policy(struct request *rq, const json_t *in, json_t *out)
{
	AUTO_FREE char *text = NULL;
	const json_t *secret = NULL;
	int result = secret_get(rq, json_str(in, "SecretId"), &secret);

	if (result != 0)
		return result;
	secret_name_set(out, secret);
	if (json_has(secret, "_Policy")) {
		text = json_text(json_get(secret, "_Policy"));
		json_set_str(out, "ResourcePolicy", text);
	}
	return 0;
}

static int put_resource_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *text = json_str(in, "ResourcePolicy");
	json_t *policy = rq_keep(rq, json_read(text, strlen(text))), *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result != 0)
		return result;
	if (!policy || policy_check(policy))
		return fault(rq, SECRETSMANAGER_MalformedPolicyDocumentException,
			     "This resource policy contains invalid Json");
	json_set(secret, "_Policy", policy);
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}

static int delete_resource_policy(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result != 0)
		return result;
	json_drop(secret, "_Policy");
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *id = json_str(in, "SecretId");
	const json_t *secret = id ? find_secret(rq, id) : NULL;

	if (secret)
		return json_str(secret, "ARN");
	if (id && strncmp(id, "arn:", 4) == 0)
		return id;
	if (!id)
		id = json_str(in, "Name");
	return id ? rq_arn(rq, "secretsmanager", rq_fmt(rq, "secret:%s", id)) : NULL;
}

static const json_t *policy_of(struct request *rq, const char *arn)
{
	return json_get(find_secret(rq, arn), "_Policy");
}

static void conditions(struct request *rq, int op, const json_t *in, json_t *keys)
{
	const char *id = json_str(in, "SecretId");
	const json_t *secret = id ? find_secret(rq, id) : NULL, *tag;
	size_t i;

	json_set(keys, "secretsmanager:SecretId", json_get(secret, "ARN"));
	json_give(keys, "secretsmanager:VersionStage", json_null());
	json_set(keys, "secretsmanager:VersionStage", json_get(in, "VersionStage"));
	json_each (json_get(secret, "Tags"), i, tag) {
		const char *key = json_str(tag, "Key");

		json_set(keys, rq_fmt(rq, "aws:ResourceTag/%s", key), json_get(tag, "Value"));
		json_set(keys, rq_fmt(rq, "secretsmanager:ResourceTag/%s", key),
			 json_get(tag, "Value"));
	}
}

static op_fn *const ops[SECRETSMANAGER_NOPS] = {
	[SECRETSMANAGER_CancelRotateSecret] = secretsmanager_cancel_rotate_secret,
	[SECRETSMANAGER_CreateSecret] = create_secret,
	[SECRETSMANAGER_DeleteResourcePolicy] = delete_resource_policy,
	[SECRETSMANAGER_DeleteSecret] = delete_secret,
	[SECRETSMANAGER_DescribeSecret] = describe_secret,
	[SECRETSMANAGER_GetRandomPassword] = secretsmanager_get_random_password,
	[SECRETSMANAGER_GetResourcePolicy] = get_resource_policy,
	[SECRETSMANAGER_GetSecretValue] = secretsmanager_get_secret_value,
	[SECRETSMANAGER_ListSecretVersionIds] = secretsmanager_list_secret_version_ids,
	[SECRETSMANAGER_ListSecrets] = list_secrets,
	[SECRETSMANAGER_PutResourcePolicy] = put_resource_policy,
	[SECRETSMANAGER_PutSecretValue] = secretsmanager_put_secret_value,
	[SECRETSMANAGER_RestoreSecret] = restore_secret,
	[SECRETSMANAGER_RotateSecret] = secretsmanager_rotate_secret,
	[SECRETSMANAGER_TagResource] = tag_resource,
	[SECRETSMANAGER_UntagResource] = untag_resource,
	[SECRETSMANAGER_UpdateSecret] = update_secret,
	[SECRETSMANAGER_UpdateSecretVersionStage] = secretsmanager_update_secret_version_stage,
};

const struct service secretsmanager_service = {
	.model = &secretsmanager_model,
	.ops = ops,
	.resources = secretsmanager_resources,
	.tick = tick,
	.arn_of = arn_of,
	.policy_of = policy_of,
	.conditions = conditions,
};
