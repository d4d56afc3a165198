/*
 * crypto.c - KMS's cryptography: AES-256-GCM under a key's material.
 *
 *   left out   asymmetric and HMAC keys; grant tokens are taken and not looked at
 *
 * A ciphertext is a version byte, the key's id, and the sealed text; the encryption context is bound
 * to it, so that only the same one opens it again.
 */
#include "lab/services/kms/key.h"
#include "lab/aws/seal.h"
#include "lib/base/base64.h"
#include "lib/base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VERSION '\1'
#define ID 36 /* characters of a key id */
#define HEAD (1 + ID)

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* name=value pairs in order, each with its length, so that no two contexts read alike. */
static const char *bound_text(struct request *rq, const json_t *context)
{
	size_t count = json_object_size(context), i = 0;
	const char **names = arena_alloc(rq->arena, (count + 1) * sizeof(*names));
	const json_t *value;
	const char *name;
	char *text = rq_strdup(rq, "");

	json_each_member (context, name, value)
		names[i++] = name;
	qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count; i++) {
		const char *content = json_str_or(context, names[i], "");

		text = rq_fmt(rq, "%s%zu:%s%zu:%s", text, strlen(names[i]), names[i],
			      strlen(content), content);
	}
	return text;
}

static int material_of(struct request *rq, const json_t *key, unsigned char ret_material[SEAL_KEY])
{
	const char *kept = json_str_or(key, "_Material", "");
	AUTO_BUF struct buf sealed = {0}, material = {0};

	if (!base64_decode(&sealed, kept, strlen(kept)) ||
	    !seal_open(lab_master_key(rq->lab), json_str(key, "KeyId"), sealed.data, sealed.len,
		       &material) ||
	    material.len != SEAL_KEY)
		return -EUCLEAN;
	memcpy(ret_material, material.data, SEAL_KEY);
	return 0;
}

/* Under `key`; a new blob in ret_blob, belonging to nobody yet. */
static int encrypt(struct request *rq, const json_t *key, const json_t *context, const void *text,
		   size_t len, json_t **ret_blob)
{
	unsigned char material[SEAL_KEY];
	AUTO_BUF struct buf blob = {0};
	int err = material_of(rq, key, material);

	if (err < 0)
		return err;
	buf_byte(&blob, VERSION);
	buf_str(&blob, json_str(key, "KeyId"));
	seal(material, bound_text(rq, context), text, len, &blob);
	*ret_blob = json_stringn_nocheck(blob.data, blob.len);
	return 0;
}

const char *ciphertext_key_id(struct request *rq, const json_t *blob)
{
	const char *bytes = json_string_value(blob);

	if (json_string_length(blob) < HEAD + SEAL_EXTRA || bytes[0] != VERSION ||
	    memchr(bytes, '\0', HEAD))
		return NULL;
	return rq_fmt(rq, "%.*s", ID, bytes + 1);
}

/* The key of a ciphertext, which must be the one that `wanted` names, if it does. */
static int key_of_blob(struct request *rq, const json_t *blob, const char *wanted,
		       const json_t **ret_key)
{
	const char *id = ciphertext_key_id(rq, blob);
	const json_t *key = NULL;
	int result;

	if (!id)
		return fault(rq, KMS_InvalidCiphertextException, "%s", "");
	if (!wanted)
		return key_get_usable(rq, id, ret_key);

	result = key_get_usable(rq, wanted, &key);
	if (result != 0)
		return result;
	if (strcmp(json_str(key, "KeyId"), id) != 0)
		return fault(rq, KMS_IncorrectKeyException,
			     "The key ID in the request does not identify a CMK that can perform "
			     "this operation.");
	*ret_key = key;
	return 0;
}

static int decrypt(struct request *rq, const json_t *key, const json_t *blob, const json_t *context,
		   struct buf *out)
{
	unsigned char material[SEAL_KEY];
	int err = material_of(rq, key, material);

	if (err < 0)
		return err;
	if (!seal_open(material, bound_text(rq, context), json_string_value(blob) + HEAD,
		       json_string_length(blob) - HEAD, out))
		return fault(rq, KMS_InvalidCiphertextException, "%s", "");
	return 0;
}

int kms_encrypt(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *text = json_get(in, "Plaintext"), *key = NULL;
	json_t *blob = NULL;
	int result = key_get_usable(rq, json_str(in, "KeyId"), &key);

	if (result == 0)
		result = encrypt(rq, key, json_get(in, "EncryptionContext"),
				 json_string_value(text), json_string_length(text), &blob);
	if (result != 0)
		return result;
	json_give(out, "CiphertextBlob", blob);
	json_set(out, "KeyId", json_get(key, "Arn"));
	json_set_str(out, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	return 0;
}

int kms_decrypt(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *blob = json_get(in, "CiphertextBlob"), *key = NULL;
	AUTO_BUF struct buf text = {0};
	int result = key_of_blob(rq, blob, json_str(in, "KeyId"), &key);

	if (result == 0)
		result = decrypt(rq, key, blob, json_get(in, "EncryptionContext"), &text);
	if (result != 0)
		return result;
	json_set(out, "KeyId", json_get(key, "Arn"));
	json_give(out, "Plaintext", json_stringn_nocheck(buf_text(&text), text.len));
	json_set_str(out, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	return 0;
}

/* 0: neither was given, or both. */
static size_t data_key_length(const json_t *in)
{
	const char *spec = json_str(in, "KeySpec");
	int64_t bytes = json_int_or(in, "NumberOfBytes", 0);

	if (spec)
		return bytes ? 0 : (strcmp(spec, "AES_128") == 0 ? 16 : 32);
	return (size_t)bytes;
}

static int data_key(struct request *rq, const json_t *in, json_t *out, bool with_plaintext)
{
	const json_t *key = NULL;
	size_t len = data_key_length(in);
	char bytes[1024];
	json_t *blob = NULL;
	int result;

	if (len == 0 || len > sizeof(bytes))
		return fault_named(rq, "ValidationException",
				   "Please specify either number of bytes or key spec.");
	result = key_get_usable(rq, json_str(in, "KeyId"), &key);
	if (result != 0)
		return result;

	rand_bytes(bytes, len);
	result = encrypt(rq, key, json_get(in, "EncryptionContext"), bytes, len, &blob);
	if (result != 0)
		return result;
	json_give(out, "CiphertextBlob", blob);
	if (with_plaintext)
		json_give(out, "Plaintext", json_stringn_nocheck(bytes, len));
	json_set(out, "KeyId", json_get(key, "Arn"));
	return 0;
}

int kms_generate_data_key(struct request *rq, const json_t *in, json_t *out)
{
	return data_key(rq, in, out, true);
}

int kms_generate_data_key_without_plaintext(struct request *rq, const json_t *in, json_t *out)
{
	return data_key(rq, in, out, false);
}

int kms_re_encrypt(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *blob = json_get(in, "CiphertextBlob"), *from = NULL, *to = NULL;
	AUTO_BUF struct buf text = {0};
	json_t *again = NULL;
	int result = key_of_blob(rq, blob, json_str(in, "SourceKeyId"), &from);

	if (result == 0)
		result = key_get_usable(rq, json_str(in, "DestinationKeyId"), &to);
	if (result == 0)
		result = decrypt(rq, from, blob, json_get(in, "SourceEncryptionContext"), &text);
	if (result == 0)
		result = encrypt(rq, to, json_get(in, "DestinationEncryptionContext"),
				 buf_text(&text), text.len, &again);
	if (result != 0)
		return result;
	json_give(out, "CiphertextBlob", again);
	json_set(out, "SourceKeyId", json_get(from, "Arn"));
	json_set(out, "KeyId", json_get(to, "Arn"));
	json_set_str(out, "SourceEncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	json_set_str(out, "DestinationEncryptionAlgorithm", "SYMMETRIC_DEFAULT");
	return 0;
}

int kms_generate_random(struct request *rq, const json_t *in, json_t *out)
{
	char bytes[1024];
	int64_t len = json_int_or(in, "NumberOfBytes", 0);

	if (len < 1 || len > (int64_t)sizeof(bytes))
		return fault_named(rq, "ValidationException",
				   "NumberOfBytes is required, 1 to 1024.");
	rand_bytes(bytes, (size_t)len);
	json_give(out, "Plaintext", json_stringn_nocheck(bytes, (size_t)len));
	return 0;
}
