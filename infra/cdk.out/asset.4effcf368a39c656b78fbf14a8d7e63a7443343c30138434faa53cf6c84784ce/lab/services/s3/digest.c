/*
 * digest.c - MD5 for ETags, and the checksums that clients send along.
 *
 *   left out   CRC64NVME
 */
#include "lab/services/s3/nouns.h"

#include "lib/base/base64.h"

#include <openssl/evp.h>
#include <string.h>
#include <zlib.h>

static const char *base64_of(struct request *rq, const void *data, size_t len)
{
	AUTO_BUF struct buf text = {0};

	base64_encode(&text, data, len);
	return rq_strdup(rq, buf_text(&text));
}

static size_t digest(const EVP_MD *type, const char *data, size_t len, unsigned char *out)
{
	unsigned int size = 0;

	EVP_Digest(data, len, out, &size, type, NULL);
	return size;
}

const char *digest_md5_hex(struct request *rq, const char *data, size_t len)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	size_t size = digest(EVP_md5(), data, len, out);
	AUTO_BUF struct buf text = {0};

	for (size_t i = 0; i < size; i++)
		buf_fmt(&text, "%02x", out[i]);
	return rq_strdup(rq, buf_text(&text));
}

static const char *md5(struct request *rq, const char *data, size_t len)
{
	unsigned char out[EVP_MAX_MD_SIZE];

	return base64_of(rq, out, digest(EVP_md5(), data, len, out));
}

static const char *sha1(struct request *rq, const char *data, size_t len)
{
	unsigned char out[EVP_MAX_MD_SIZE];

	return base64_of(rq, out, digest(EVP_sha1(), data, len, out));
}

static const char *sha256(struct request *rq, const char *data, size_t len)
{
	unsigned char out[EVP_MAX_MD_SIZE];

	return base64_of(rq, out, digest(EVP_sha256(), data, len, out));
}

/* Checksums go over the wire with the most significant byte first. */
static const char *crc_text(struct request *rq, uint32_t crc)
{
	const unsigned char out[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
				      (unsigned char)(crc >> 8), (unsigned char)crc};

	return base64_of(rq, out, sizeof(out));
}

static const char *crc_32(struct request *rq, const char *data, size_t len)
{
	return crc_text(rq, (uint32_t)crc32_z(0, (const Bytef *)data, len));
}

/* Castagnoli's polynomial, reflected. */
static uint32_t crc_32c_byte(uint32_t value)
{
	for (int bit = 0; bit < 8; bit++)
		value = value & 1 ? value >> 1 ^ 0x82f63b78 : value >> 1;
	return value;
}

static const char *crc_32c(struct request *rq, const char *data, size_t len)
{
	uint32_t table[256];
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < 256; i++)
		table[i] = crc_32c_byte(i);
	for (size_t i = 0; i < len; i++)
		crc = table[(crc ^ (unsigned char)data[i]) & 255] ^ crc >> 8;
	return crc_text(rq, ~crc);
}

static const struct {
	const char *member;
	const char *(*compute)(struct request *rq, const char *data, size_t len);
	bool kept; /* shown again by GetObject */
} checks[] = {
	{"ContentMD5", md5, false},	   {"ChecksumCRC32", crc_32, true},
	{"ChecksumCRC32C", crc_32c, true}, {"ChecksumSHA1", sha1, true},
	{"ChecksumSHA256", sha256, true},
};

const char *digest_check(struct request *rq, const json_t *in, json_t *object)
{
	const json_t *body = json_get(in, "Body");
	const char *data = json_is_string(body) ? json_string_value(body) : "";
	size_t len = json_string_length(body);

	for (size_t i = 0; i < array_len(checks); i++) {
		const char *said = json_str(in, checks[i].member);

		if (!said)
			continue;
		if (strcmp(said, checks[i].compute(rq, data, len)) != 0)
			return checks[i].member;
		if (checks[i].kept)
			json_set_str(object, checks[i].member, said);
	}
	return NULL;
}
