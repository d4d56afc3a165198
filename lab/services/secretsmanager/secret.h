/*
 * secret.h - what the files of this service share: secrets, their versions, passwords.
 */
#ifndef SERVICES_SECRETSMANAGER_SECRET_H
#define SERVICES_SECRETSMANAGER_SECRET_H

#include "lab/aws/lab.h"
#include "lab/models/secretsmanager.h"

/* By name: DescribeSecret's answer; _Deletion (when it goes), _Policy. */
#define SECRET "secretsmanager/secret"
/* By "name:version id": SecretVersionsListEntry; _Sealed (see lab/aws/envelope.h), _Binary. */
#define VERSION "secretsmanager/version"

#define CURRENT "AWSCURRENT"
#define PREVIOUS "AWSPREVIOUS"

/* By name, ARN, or an ARN without its six random characters, or a fault; one that is marked for
 * deletion is as good as gone. */
int secret_get(struct request *rq, const char *id, const json_t **ret_secret);
int secret_edit(struct request *rq, const char *id, json_t **ret_secret);
void secret_put(struct request *rq, const json_t *secret);
/* ARN and Name, which every answer begins with. */
void secret_name_set(json_t *out, const json_t *secret);

const char *version_key(struct request *rq, const json_t *secret, const char *version_id);
/* A new version out of SecretString or SecretBinary of `in`, staged; the secret is changed, not put.
 * ret_version_id NULL: `in` held no value. */
int version_add(struct request *rq, json_t *secret, const json_t *in, const json_t *stages,
		const char **ret_version_id);

/* A password as GetRandomPassword's input says; NULL: its wishes leave no characters. */
const char *password_make(struct request *rq, const json_t *wishes, const char **ret_wrong);

op_fn secretsmanager_get_random_password, secretsmanager_get_secret_value,
	secretsmanager_put_secret_value, secretsmanager_update_secret_version_stage,
	secretsmanager_list_secret_version_ids;
op_fn secretsmanager_rotate_secret, secretsmanager_cancel_rotate_secret;

extern const struct resource secretsmanager_resources[];

#endif
