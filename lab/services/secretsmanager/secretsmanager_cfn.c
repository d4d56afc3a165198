/*
 * secretsmanager_cfn.c - AWS::SecretsManager::Secret and what hangs on one.
 *
 *   left out   HostedRotationLambda; ReplicaRegions; targets other than RDS
 */
#include "lab/aws/cfn_call.h"
#include "lab/models/rds.h"
#include "lab/services/secretsmanager/secret.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in, json_t *out)
{
	return cfn_call(rq, &secretsmanager_model, op, in, out);
}

/* GenerateSecretString: a password alone, or put into a JSON template under its key. */
static int generate(struct request *rq, const json_t *wishes, json_t *in)
{
	const char *template = json_str(wishes, "SecretStringTemplate");
	const char *key = json_str(wishes, "GenerateStringKey");
	const char *wrong = NULL, *password = password_make(rq, wishes, &wrong);
	AUTO_FREE char *text = NULL;
	json_t *tree;

	if (!password)
		return fault(rq, SECRETSMANAGER_InvalidParameterException, "%s", wrong);
	if (!template && !key) {
		json_set_str(in, "SecretString", password);
		return 0;
	}
	tree = template ? rq_keep(rq, json_read(template, strlen(template))) : NULL;
	if (!json_is_object(tree) || !key)
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "SecretStringTemplate must be a JSON object and GenerateStringKey its "
			     "new key.");
	json_set_str(tree, key, password);
	text = json_text(tree);
	json_set_str(in, "SecretString", text);
	return 0;
}

static int set_value(struct request *rq, const json_t *props, json_t *in)
{
	if (json_has(props, "GenerateSecretString"))
		return generate(rq, json_get(props, "GenerateSecretString"), in);
	json_set(in, "SecretString", json_get(props, "SecretString"));
	return 0;
}

static int create_secret(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const char *name = json_str(r->props, "Name");
	json_t *in = rq_object(rq), *out = rq_object(rq);
	int result = set_value(rq, r->props, in);

	if (result != 0)
		return result;
	/* Without the stack's name: AWS does it so for secrets. */
	if (!name)
		name = rq_fmt(rq, "%s-%s", r->logical_id, id_text(rq, 12, letters));
	json_set_str(in, "Name", name);
	json_set(in, "Description", json_get(r->props, "Description"));
	json_set(in, "KmsKeyId", json_get(r->props, "KmsKeyId"));
	json_set(in, "AddReplicaRegions", json_get(r->props, "ReplicaRegions"));
	json_set(in, "Tags", cfn_tags(rq, r));
	result = call(rq, SECRETSMANAGER_CreateSecret, in, out);
	if (result == 0)
		*ret_id = rq_strdup(rq, json_str(out, "ARN"));
	return result;
}

static const struct cfn_tagging tagging = {
	.model = &secretsmanager_model,
	.tag_op = SECRETSMANAGER_TagResource,
	.untag_op = SECRETSMANAGER_UntagResource,
	.id = "SecretId",
	.tags = "Tags",
	.keys = "TagKeys",
	.key = "Key",
	.value = "Value",
};

/* A value is made anew only where what makes it has changed: else the password would go. */
static int update_secret(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const char *const makers[] = {"GenerateSecretString", "SecretString"};
	json_t *in = rq_object(rq);
	bool changed = false;
	int result = 0;
	size_t i;

	for (i = 0; i < array_len(makers); i++) {
		const json_t *is = json_get(r->props, makers[i]), *was = json_get(old, makers[i]);

		changed = changed || (is && (!was || !json_equal(is, was)));
	}
	if (changed)
		result = set_value(rq, r->props, in);
	json_set_str(in, "SecretId", r->physical_id);
	json_set_str(in, "Description", json_str_or(r->props, "Description", ""));
	json_set(in, "KmsKeyId", json_get(r->props, "KmsKeyId"));
	if (result == 0)
		result = call(rq, SECRETSMANAGER_UpdateSecret, in, NULL);
	return result ? result : cfn_retag(rq, r, old, &tagging, r->physical_id);
}

static int delete_secret(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "SecretId", r->physical_id);
	json_set_bool(in, "ForceDeleteWithoutRecovery", true);
	return cfn_call_unless(rq, &secretsmanager_model, SECRETSMANAGER_DeleteSecret, in,
			       "ResourceNotFoundException");
}

static json_t *secret_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "Id") == 0 ? json_string(r->physical_id) : NULL;
}

/* What an attachment can point at, and how RDS says it. */
static const struct target {
	const char *type;
	int op;
	const char *id_member;
	const char *list;
	const char *host; /* path in the answer */
	const char *port;
	const char *database;
	const char *written_id; /* in the secret */
} targets[] = {
	{"AWS::RDS::DBCluster", RDS_DescribeDBClusters, "DBClusterIdentifier", "DBClusters",
	 "Endpoint", "Port", "DatabaseName", "dbClusterIdentifier"},
	{"AWS::RDS::DBInstance", RDS_DescribeDBInstances, "DBInstanceIdentifier", "DBInstances",
	 "Endpoint.Address", "Endpoint.Port", "DBName", "dbInstanceIdentifier"},
};

static const struct target *target_of(const json_t *props)
{
	const char *type = json_str_or(props, "TargetType", "");
	size_t i;

	for (i = 0; i < array_len(targets); i++)
		if (strcmp(targets[i].type, type) == 0)
			return &targets[i];
	return NULL;
}

static int create_attachment(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const json_t *secret = NULL;
	int result;

	if (!target_of(r->props))
		return fault(rq, SECRETSMANAGER_InvalidParameterException,
			     "TargetType %s is not in the lab.",
			     json_str_or(r->props, "TargetType", ""));
	result = secret_get(rq, json_str_or(r->props, "SecretId", ""), &secret);
	if (result == 0)
		*ret_id = rq_strdup(rq, json_str(secret, "ARN"));
	return result;
}

/* "aurora-postgresql" is "postgres" in a secret, as rotation functions read it. */
static const char *engine_of(const char *engine)
{
	return strstr(engine, "postgres") ? "postgres" : strstr(engine, "mysql") ? "mysql" : engine;
}

/* The secret's JSON with the target's data; NULL while the target has no endpoint. */
static json_t *filled_in(struct request *rq, const struct target *target, const json_t *found,
			 const json_t *value, const char *target_id)
{
	const char *text = json_str_or(value, "SecretString", "{}");
	json_t *tree = rq_keep(rq, json_read(text, strlen(text)));
	const char *host = json_path_str(found, target->host);
	const json_t *port = json_path(found, target->port);

	if (!host || !port)
		return NULL;
	if (!json_is_object(tree))
		tree = rq_object(rq);
	json_set_str(tree, target->written_id, target_id);
	json_set_str(tree, "engine", engine_of(json_str_or(found, "Engine", "")));
	json_set(tree, "port", port);
	json_set_str(tree, "host", host);
	json_set(tree, "dbname", json_get(found, target->database));
	if (!json_has(tree, "username"))
		json_set(tree, "username", json_get(found, "MasterUsername"));
	return tree;
}

static int write_secret(struct request *rq, const char *id, const json_t *value, const json_t *tree)
{
	AUTO_FREE char *text = json_text(tree);
	json_t *in = rq_object(rq);

	if (strcmp(text, json_str_or(value, "SecretString", "")) == 0)
		return 0;
	json_set_str(in, "SecretId", id);
	json_set_str(in, "SecretString", text);
	return call(rq, SECRETSMANAGER_PutSecretValue, in, NULL);
}

/* Once the database has an address it goes into the secret, and the attachment is there. */
static int attachment_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	const struct target *target = target_of(r->props);
	const char *target_id = json_str_or(r->props, "TargetId", "");
	json_t *in = rq_object(rq), *out = rq_object(rq), *value = rq_object(rq), *tree;
	int result;

	json_set_str(in, target->id_member, target_id);
	if (aws_call(rq, rq->caller, &rds_model, target->op, in, out))
		return fault_pass(rq);
	in = rq_object(rq);
	json_set_str(in, "SecretId", r->physical_id);
	result = call(rq, SECRETSMANAGER_GetSecretValue, in, value);
	if (result != 0)
		return result;
	tree = filled_in(rq, target, json_at(json_get(out, target->list), 0), value, target_id);
	result = tree ? write_secret(rq, r->physical_id, value, tree) : 0;
	if (result == 0)
		*ret_there = tree != NULL;
	return result;
}

static int update_attachment(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	int there;

	return attachment_settled(rq, r, &there);
}

/* The secret keeps what was written: somebody may still read it. */
static int delete_attachment(struct request *rq, const struct cfn_resource *r)
{
	return 0;
}

/* What hangs on a secret has the secret's ARN for its id. */
static int told(struct request *rq, int op, const json_t *in, const char **ret_id)
{
	json_t *out = rq_object(rq);
	int result = call(rq, op, in, out);

	if (result == 0)
		*ret_id = rq_strdup(rq, json_str(out, "ARN"));
	return result;
}

static int untold(struct request *rq, int op, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "SecretId", r->physical_id);
	return cfn_call_unless(rq, &secretsmanager_model, op, in, "ResourceNotFoundException");
}

static int create_policy(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	AUTO_FREE char *text = json_text(json_get(r->props, "ResourcePolicy"));
	json_t *in = rq_object(rq);

	json_set(in, "SecretId", json_get(r->props, "SecretId"));
	json_set(in, "BlockPublicPolicy", json_get(r->props, "BlockPublicPolicy"));
	json_set_str(in, "ResourcePolicy", text);
	return told(rq, SECRETSMANAGER_PutResourcePolicy, in, ret_id);
}

static int update_policy(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *id = NULL;

	return create_policy(rq, r, &id);
}

static int delete_policy(struct request *rq, const struct cfn_resource *r)
{
	return untold(rq, SECRETSMANAGER_DeleteResourcePolicy, r);
}

static int create_schedule(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *props = rq_copy(rq, r->props), *in = NULL;
	int result;

	json_drop(props, "RotateImmediatelyOnUpdate");
	result = cfn_input(rq, &secretsmanager_model, SECRETSMANAGER_RotateSecret, props, &in);
	if (result != 0)
		return result;
	json_set_bool(in, "RotateImmediately", false);
	return told(rq, SECRETSMANAGER_RotateSecret, in, ret_id);
}

static int update_schedule(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	const char *id = NULL;

	return create_schedule(rq, r, &id);
}

static int delete_schedule(struct request *rq, const struct cfn_resource *r)
{
	return untold(rq, SECRETSMANAGER_CancelRotateSecret, r);
}

const struct resource secretsmanager_resources[] = {
	{
		.type = "AWS::SecretsManager::Secret",
		.create = create_secret,
		.update = update_secret,
		.delete = delete_secret,
		.get_att = secret_att,
	},
	{
		.type = "AWS::SecretsManager::SecretTargetAttachment",
		.create = create_attachment,
		.update = update_attachment,
		.delete = delete_attachment,
		.settled = attachment_settled,
		.get_att = secret_att,
	},
	{
		.type = "AWS::SecretsManager::ResourcePolicy",
		.create = create_policy,
		.update = update_policy,
		.delete = delete_policy,
		.get_att = secret_att,
	},
	{
		.type = "AWS::SecretsManager::RotationSchedule",
		.create = create_schedule,
		.update = update_schedule,
		.delete = delete_schedule,
		.get_att = secret_att,
		.note = "kept; nothing rotates",
	},
	{.type = NULL},
};
