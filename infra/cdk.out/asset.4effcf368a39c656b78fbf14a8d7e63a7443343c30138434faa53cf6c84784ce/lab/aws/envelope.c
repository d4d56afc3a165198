/*
 * envelope.c - a data key from KMS seals a text; KMS opens the data key again for who may.
 */
#include "lab/aws/envelope.h"
#include "lab/aws/seal.h"
#include "lab/models/kms.h"
#include "lib/base/base64.h"

#include <errno.h>
#include <string.h>

static void set_base64(json_t *object, const char *name, const void *data, size_t len)
{
	AUTO_BUF struct buf text = {0};

	base64_encode(&text, data, len);
	json_set_str(object, name, buf_text(&text));
}

static bool get_base64(const json_t *object, const char *name, struct buf *out)
{
	const char *text = json_str_or(object, name, "");

	return base64_decode(out, text, strlen(text));
}

int envelope_seal(struct request *rq, const char *key_id, const json_t *context, const void *text,
		  size_t len, json_t *ret_sealed)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);
	AUTO_BUF struct buf sealed = {0};
	const json_t *key, *wrapped;
	int result;

	json_set_str(in, "KeyId", key_id);
	json_set_str(in, "KeySpec", "AES_256");
	json_set(in, "EncryptionContext", context);
	result = aws_call(rq, rq->caller, &kms_model, KMS_GenerateDataKey, in, out);
	if (result != 0)
		return result;

	key = json_get(out, "Plaintext");
	wrapped = json_get(out, "CiphertextBlob");
	if (json_string_length(key) != SEAL_KEY)
		return -EPROTO;
	seal((const unsigned char *)json_string_value(key), "", text, len, &sealed);
	set_base64(ret_sealed, "Key", json_string_value(wrapped), json_string_length(wrapped));
	set_base64(ret_sealed, "Text", sealed.data, sealed.len);
	json_set_str(ret_sealed, "KeyId", json_str(out, "KeyId"));
	return 0;
}

int envelope_open(struct request *rq, const json_t *sealed, const json_t *context, struct buf *out)
{
	json_t *in = rq_object(rq), *answer = rq_object(rq);
	AUTO_BUF struct buf wrapped = {0}, text = {0};
	const json_t *key;
	int result;

	if (!get_base64(sealed, "Key", &wrapped) || !get_base64(sealed, "Text", &text))
		return -EUCLEAN;
	json_give(in, "CiphertextBlob", json_stringn_nocheck(buf_text(&wrapped), wrapped.len));
	json_set_str(in, "KeyId", json_str(sealed, "KeyId"));
	json_set(in, "EncryptionContext", context);
	result = aws_call(rq, rq->caller, &kms_model, KMS_Decrypt, in, answer);
	if (result != 0)
		return result;

	key = json_get(answer, "Plaintext");
	if (json_string_length(key) != SEAL_KEY ||
	    !seal_open((const unsigned char *)json_string_value(key), "", text.data, text.len, out))
		return -EUCLEAN;
	return 0;
}
