/*
 * key.c - KMS keys: made, found by id, ARN or alias, kept with their material sealed.
 */
#include "lab/services/kms/key.h"
#include "lab/aws/seal.h"
#include "lib/base/base64.h"
#include "lib/base/rand.h"

#include <string.h>

/* Every AWS-managed key has this one: the account, by way of its service. */
static json_t *managed_policy(struct request *rq, const char *service)
{
	return json_pack(
		"{s:s, s:s, s:[{s:s, s:s, s:{s:s}, s:[s,s,s,s,s], s:s, s:{s:{s:s, s:s}}},"
		" {s:s, s:s, s:{s:s}, s:[s,s,s], s:s}]}",
		"Version", "2012-10-17", "Id", rq_fmt(rq, "auto-%s", service), "Statement", "Sid",
		"Allow access through the service for all principals in the account", "Effect",
		"Allow", "Principal", "AWS", "*", "Action", "kms:Encrypt", "kms:Decrypt",
		"kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey", "Resource", "*",
		"Condition", "StringEquals", "kms:CallerAccount", rq->account, "kms:ViaService",
		rq_fmt(rq, "%s.%s.amazonaws.com", service, rq->region), "Sid",
		"Allow direct access to key metadata to the account", "Effect", "Allow",
		"Principal", "AWS", rq_fmt(rq, "arn:aws:iam::%s:root", rq->account), "Action",
		"kms:Describe*", "kms:Get*", "kms:List*", "Resource", "*");
}

static void set_material(struct request *rq, json_t *key)
{
	AUTO_BUF struct buf sealed = {0}, text = {0};
	unsigned char material[SEAL_KEY];

	rand_bytes(material, sizeof(material));
	seal(lab_master_key(rq->lab), json_str(key, "KeyId"), material, sizeof(material), &sealed);
	base64_encode(&text, sealed.data, sealed.len);
	json_set_str(key, "_Material", buf_text(&text));
}

const json_t *key_make(struct request *rq, const char *description, const char *manager,
		       const json_t *policy)
{
	json_t *key = store_new(rq->tx);
	const char *id = id_uuid(rq);

	json_set_str(key, "AWSAccountId", rq->account);
	json_set_str(key, "KeyId", id);
	json_set_str(key, "Arn", rq_arn(rq, "kms", rq_fmt(rq, "key/%s", id)));
	json_set_time(key, "CreationDate", rq->now);
	json_set_bool(key, "Enabled", true);
	json_set_str(key, "Description", description);
	json_set_str(key, "KeyUsage", "ENCRYPT_DECRYPT");
	json_set_str(key, "KeyState", "Enabled");
	json_set_str(key, "Origin", "AWS_KMS");
	json_set_str(key, "KeyManager", manager);
	json_set_str(key, "CustomerMasterKeySpec", "SYMMETRIC_DEFAULT");
	json_set_str(key, "KeySpec", "SYMMETRIC_DEFAULT");
	json_push_str(json_add_array(key, "EncryptionAlgorithms"), "SYMMETRIC_DEFAULT");
	json_set_bool(key, "MultiRegion", false);
	json_set_bool(key, "_Rotation", strcmp(manager, "AWS") == 0);
	json_set(key, "_Policy", policy);
	json_add_array(key, "_Tags");
	set_material(rq, key);
	store_put(rq->tx, KMS_KEY, id, key);
	return key;
}

void key_put(struct request *rq, const json_t *key)
{
	store_put(rq->tx, KMS_KEY, json_str(key, "KeyId"), key);
}

void key_delete(struct request *rq, const char *id)
{
	const json_t *aliases = store_list(rq->tx, KMS_ALIAS);
	const json_t *alias;
	size_t i;

	json_each (aliases, i, alias)
		if (strcmp(json_str_or(alias, "TargetKeyId", ""), id) == 0)
			store_delete(rq->tx, KMS_ALIAS, json_str(alias, "AliasName"));
	store_delete(rq->tx, KMS_KEY, id);
}

/* What AWS makes when a service first needs it: "alias/aws/secretsmanager". */
static const json_t *make_managed(struct request *rq, const char *alias)
{
	static const struct {
		const char *service;
		const char *description;
	} services[] = {
		{"ecr", "Default key that protects my ECR data when no other key is defined"},
		{"lambda", "Default key that protects my Lambda functions when no other key is "
			   "defined"},
		{"rds", "Default key that protects my RDS database volumes when no other key is "
			"defined"},
		{"s3", "Default key that protects my S3 objects when no other key is defined"},
		{"secretsmanager", "Default key that protects my Secrets Manager data when no "
				   "other key is defined"},
		{"sns", "Default key that protects my SNS data when no other key is defined"},
		{"sqs", "Default key that protects my SQS messages when no other key is defined"},
		{"ssm", "Default key that protects my SSM data when no other key is defined"},
	};
	const char *service = alias + strlen("alias/aws/");
	AUTO_JSON json_t *policy = NULL;
	const json_t *key;
	json_t *entry;
	size_t i;

	for (i = 0; i < array_len(services); i++)
		if (strcmp(services[i].service, service) == 0)
			break;
	if (i == array_len(services))
		return NULL;

	policy = managed_policy(rq, service);
	key = key_make(rq, services[i].description, "AWS", policy);
	entry = store_new(rq->tx);
	json_set_str(entry, "AliasName", alias);
	json_set_str(entry, "AliasArn", rq_arn(rq, "kms", alias));
	json_set_str(entry, "TargetKeyId", json_str(key, "KeyId"));
	json_set_time(entry, "CreationDate", rq->now);
	json_set_time(entry, "LastUpdatedDate", rq->now);
	store_put(rq->tx, KMS_ALIAS, alias, entry);
	return key;
}

/* An ARN's last part, if it is one of this account's: "key/…", "alias/…". Else the name itself. */
static const char *without_arn(struct request *rq, const char *name)
{
	const char *prefix = rq_arn(rq, "kms", "");
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 ? name + len : name;
}

const json_t *key_find(struct request *rq, const char *name)
{
	const json_t *alias;

	name = without_arn(rq, name);
	if (strncmp(name, "key/", 4) == 0)
		return store_get(rq->tx, KMS_KEY, name + 4);
	if (strncmp(name, "alias/", 6) != 0)
		return store_get(rq->tx, KMS_KEY, name);

	alias = store_get(rq->tx, KMS_ALIAS, name);
	if (alias)
		return store_get(rq->tx, KMS_KEY, json_str(alias, "TargetKeyId"));
	return strncmp(name, "alias/aws/", 10) == 0 ? make_managed(rq, name) : NULL;
}

int key_get(struct request *rq, const char *name, const json_t **ret_key)
{
	const json_t *key = key_find(rq, name);

	if (key) {
		*ret_key = key;
		return 0;
	}
	name = without_arn(rq, name);
	if (strncmp(name, "alias/", 6) == 0)
		return fault(rq, KMS_NotFoundException, "Alias %s is not found.",
			     rq_arn(rq, "kms", name));
	if (strncmp(name, "key/", 4) == 0)
		name += 4;
	if (strlen(name) != 36)
		return fault(rq, KMS_NotFoundException, "Invalid keyId '%s'", name);
	return fault(rq, KMS_NotFoundException, "Key '%s' does not exist",
		     rq_arn(rq, "kms", rq_fmt(rq, "key/%s", name)));
}

int key_get_usable(struct request *rq, const char *name, const json_t **ret_key)
{
	const json_t *key = NULL;
	int result = key_get(rq, name, &key);
	const char *state = json_str_or(key, "KeyState", "");

	if (result != 0)
		return result;
	if (strcmp(state, "Disabled") == 0)
		return fault(rq, KMS_DisabledException, "%s is disabled.", json_str(key, "Arn"));
	if (strcmp(state, "PendingDeletion") == 0)
		return fault(rq, KMS_KMSInvalidStateException, "%s is pending deletion.",
			     json_str(key, "Arn"));
	*ret_key = key;
	return 0;
}

int key_edit(struct request *rq, const char *name, json_t **ret_key)
{
	const json_t *key = NULL;
	int result = key_get(rq, name, &key);

	if (result == 0)
		*ret_key = store_edit(rq->tx, KMS_KEY, json_str(key, "KeyId"));
	return result;
}
