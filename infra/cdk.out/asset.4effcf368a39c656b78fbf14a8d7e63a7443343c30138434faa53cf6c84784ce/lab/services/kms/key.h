/*
 * key.h - what the files of this service share: keys, found by any of their names.
 */
#ifndef SERVICES_KMS_KEY_H
#define SERVICES_KMS_KEY_H

#include "lab/aws/lab.h"
#include "lab/aws/service.h"
#include "lab/models/kms.h"
#include "lib/base/buf.h"

#define KMS_KEY "kms/key"     /* by key id: KeyMetadata, and _Policy _Rotation _Material _Tags */
#define KMS_ALIAS "kms/alias" /* by name, "alias/x": AliasListEntry */

/* By id, ARN, alias or alias ARN; an AWS-managed alias makes its key. NULL: there is none. */
const json_t *key_find(struct request *rq, const char *name);
/* The same, with the fault said: use it as `key = key_get(…); if (!key) return rq_result`. */
int key_get(struct request *rq, const char *name, const json_t **ret_key);
/* … and it must be Enabled. */
int key_get_usable(struct request *rq, const char *name, const json_t **ret_key);
/* A copy of the document, to be changed and put by key_put(). */
int key_edit(struct request *rq, const char *name, json_t **ret_key);
void key_put(struct request *rq, const json_t *key);
/* A new one, put into the store. manager "CUSTOMER" or "AWS". */
const json_t *key_make(struct request *rq, const char *description, const char *manager,
		       const json_t *policy);
void key_delete(struct request *rq, const char *id);

/* The key that a ciphertext says it is of; NULL: it is no ciphertext of ours. */
const char *ciphertext_key_id(struct request *rq, const json_t *blob);

op_fn kms_create_alias, kms_delete_alias, kms_update_alias, kms_list_aliases;
op_fn kms_encrypt, kms_decrypt, kms_generate_data_key, kms_generate_data_key_without_plaintext;
op_fn kms_re_encrypt, kms_generate_random;

extern const struct resource kms_resources[];

#endif
