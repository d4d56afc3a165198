/*
 * seal.c - bytes sealed under a key: AES-256-GCM.
 */
#include "lab/aws/seal.h"
#include "lib/base/rand.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define IV 12
#define TAG 16

void seal(const unsigned char key[SEAL_KEY], const char *bound, const void *text, size_t len,
	  struct buf *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	unsigned char *sealed;
	int written = 0, ok;

	assert(context && len < INT_MAX - SEAL_EXTRA);
	sealed = (unsigned char *)buf_room(out, len + SEAL_EXTRA);
	rand_bytes(sealed, IV);
	ok = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, sealed);
	ok &= EVP_EncryptUpdate(context, NULL, &written, (const unsigned char *)bound,
				(int)strlen(bound));
	ok &= EVP_EncryptUpdate(context, sealed + SEAL_EXTRA, &written, text, (int)len);
	ok &= EVP_EncryptFinal_ex(context, sealed + SEAL_EXTRA + written, &written);
	ok &= EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, sealed + IV);
	assert(ok == 1); /* libcrypto fails here only without memory */
	EVP_CIPHER_CTX_free(context);
	buf_wrote(out, len + SEAL_EXTRA);
}

bool seal_open(const unsigned char key[SEAL_KEY], const char *bound, const void *sealed, size_t len,
	       struct buf *out)
{
	const unsigned char *bytes = sealed;
	EVP_CIPHER_CTX *context;
	unsigned char tag[TAG];
	unsigned char *text;
	int written = 0, ok;

	if (len < SEAL_EXTRA || len > INT_MAX)
		return false;
	context = EVP_CIPHER_CTX_new();
	assert(context);
	text = (unsigned char *)buf_room(out, len - SEAL_EXTRA + 1);
	memcpy(tag, bytes + IV, TAG);
	ok = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes);
	ok &= EVP_DecryptUpdate(context, NULL, &written, (const unsigned char *)bound,
				(int)strlen(bound));
	ok &= EVP_DecryptUpdate(context, text, &written, bytes + SEAL_EXTRA,
				(int)(len - SEAL_EXTRA));
	ok &= EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, tag);
	ok = ok == 1 && EVP_DecryptFinal_ex(context, text + written, &written) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!ok)
		return false;
	buf_wrote(out, len - SEAL_EXTRA);
	return true;
}

void seal_derive(const unsigned char key[SEAL_KEY], const char *text,
		 unsigned char ret_bytes[SEAL_KEY])
{
	unsigned int len = 0;

	HMAC(EVP_sha256(), key, SEAL_KEY, (const unsigned char *)text, strlen(text), ret_bytes,
	     &len);
	assert(len == SEAL_KEY);
}
