/*
 * alias.c - names for keys.
 */
#include "lab/services/kms/key.h"

#include <string.h>

static int check_name(struct request *rq, const char *name)
{
	if (strncmp(name, "alias/", 6) != 0 || !name[6])
		return fault_named(rq, "ValidationException",
				   "Alias must start with the prefix \"alias/\". Please see "
				   "https://docs.aws.amazon.com/kms/latest/developerguide/"
				   "programming-aliases.html");
	/* "aws/" is AWS's own. */
	if (strncmp(name, "alias/aws/", 10) == 0)
		return fault_named(rq, "NotAuthorizedException", "Not authorized");
	return 0;
}

static void put_alias(struct request *rq, const char *name, const json_t *key, const json_t *old)
{
	json_t *alias = store_new(rq->tx);

	json_set_str(alias, "AliasName", name);
	json_set_str(alias, "AliasArn", rq_arn(rq, "kms", name));
	json_set(alias, "TargetKeyId", json_get(key, "KeyId"));
	json_set_time(alias, "CreationDate", json_time_or(old, "CreationDate", rq->now));
	json_set_time(alias, "LastUpdatedDate", rq->now);
	store_put(rq->tx, KMS_ALIAS, name, alias);
}

int kms_create_alias(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "AliasName");
	const json_t *key = NULL;
	int result = check_name(rq, name);

	if (result != 0)
		return result;
	if (store_has(rq->tx, KMS_ALIAS, name))
		return fault(rq, KMS_AlreadyExistsException,
			     "An alias with the name %s already exists", rq_arn(rq, "kms", name));
	result = key_get_usable(rq, json_str(in, "TargetKeyId"), &key);
	if (result == 0)
		put_alias(rq, name, key, NULL);
	return result;
}

static int no_alias(struct request *rq, const char *name)
{
	return fault(rq, KMS_NotFoundException, "Alias %s is not found.", rq_arn(rq, "kms", name));
}

int kms_update_alias(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "AliasName");
	const json_t *old = store_get(rq->tx, KMS_ALIAS, name), *key = NULL;
	int result = check_name(rq, name);

	if (result != 0)
		return result;
	if (!old)
		return no_alias(rq, name);
	result = key_get_usable(rq, json_str(in, "TargetKeyId"), &key);
	if (result == 0)
		put_alias(rq, name, key, old);
	return result;
}

int kms_delete_alias(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "AliasName");
	int result = check_name(rq, name);

	if (result != 0)
		return result;
	return store_delete(rq->tx, KMS_ALIAS, name) ? 0 : no_alias(rq, name);
}

int kms_list_aliases(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all = store_list(rq->tx, KMS_ALIAS), *alias, *key = NULL;
	json_t *list = json_add_array(out, "Aliases");
	size_t i;

	if (json_has(in, "KeyId")) {
		int result = key_get(rq, json_str(in, "KeyId"), &key);

		if (result != 0)
			return result;
	}
	json_each (all, i, alias)
		if (!key || strcmp(json_str(alias, "TargetKeyId"), json_str(key, "KeyId")) == 0)
			json_push(list, alias);
	json_set_bool(out, "Truncated", false);
	return 0;
}
