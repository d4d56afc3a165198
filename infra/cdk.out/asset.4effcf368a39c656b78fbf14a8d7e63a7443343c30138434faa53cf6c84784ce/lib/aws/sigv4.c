/*
 * sigv4.c - Signature Version 4, both sides.
 *
 * Keys are derived once a day and kept: four HMACs cost ten times what the signature itself does.
 *
 *   left out   SigV4A (asymmetric), chunk signatures of aws-chunked bodies
 */
#include "lib/aws/sigv4.h"
#include "lib/base/arena.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST_BYTES 32
#define QUERY_PAIRS_MAX 1000

/* --- what a thread keeps ---------------------------------------------------------------------- */

#define KEYS_KEPT 64

struct signing_key {
	char *of; /* date, region, service and a hash of the secret; NULL: free */
	unsigned char key[DIGEST_BYTES];
};

/* OpenSSL 3 looks an algorithm up by name each time it is asked for: fetched once a thread. */
struct kept {
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_MAC_CTX *mac;
	bool mac_keyed;
	struct signing_key keys[KEYS_KEPT];
	size_t oldest;
};

static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

static void free_kept(void *object)
{
	struct kept *kept = object;

	for (size_t i = 0; i < KEYS_KEPT; i++)
		free(kept->keys[i].of);
	EVP_MAC_CTX_free(kept->mac);
	EVP_MD_CTX_free(kept->digest);
	EVP_MD_free(kept->sha256);
	OPENSSL_cleanse(kept, sizeof(*kept));
	free(kept);
}

static void make_key(void)
{
	int err = pthread_key_create(&kept_key, free_kept);

	assert(err == 0);
}

static struct kept *get_kept(void)
{
	struct kept *kept;
	EVP_MAC *mac;

	pthread_once(&kept_once, make_key);
	kept = pthread_getspecific(kept_key);
	if (kept)
		return kept;

	kept = mem_new(struct kept);
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	kept->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	kept->digest = EVP_MD_CTX_new();
	kept->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	pthread_setspecific(kept_key, kept);
	return kept;
}

/* --- hashes ----------------------------------------------------------------------------------- */

static void hex(const unsigned char *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = '\0';
}

void sigv4_sha256_hex(const void *data, size_t len, char text[65])
{
	struct kept *kept = get_kept();
	unsigned char digest[DIGEST_BYTES];
	int ok = EVP_DigestInit_ex2(kept->digest, kept->sha256, NULL) &&
		 EVP_DigestUpdate(kept->digest, data, len) &&
		 EVP_DigestFinal_ex(kept->digest, digest, NULL);

	assert(ok);
	hex(digest, sizeof(digest), text);
}

static void hmac(const void *key, size_t key_len, const char *data, size_t len,
		 unsigned char digest[DIGEST_BYTES])
{
	static char name[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	struct kept *kept = get_kept();
	int ok = EVP_MAC_init(kept->mac, key, key_len, kept->mac_keyed ? NULL : params) &&
		 EVP_MAC_update(kept->mac, (const unsigned char *)data, len) &&
		 EVP_MAC_final(kept->mac, digest, NULL, DIGEST_BYTES);

	assert(ok);
	kept->mac_keyed = true;
}

/* --- percent-encoding ------------------------------------------------------------------------- */

static bool unreserved(unsigned char byte)
{
	return isalnum(byte) || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void sigv4_uri_encode(struct buf *out, const char *text, size_t len, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (unreserved(byte) || (byte == '/' && keep_slash)) {
			buf_byte(out, (char)byte);
		} else {
			buf_byte(out, '%');
			buf_byte(out, digits[byte >> 4]);
			buf_byte(out, digits[byte & 15]);
		}
	}
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

void sigv4_uri_decode(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = text[i] == '%' && i + 2 < len ? digit_value(text[i + 1]) : -1;
		int low = high >= 0 ? digit_value(text[i + 2]) : -1;

		if (low >= 0) {
			buf_byte(out, (char)(high << 4 | low));
			i += 2;
		} else {
			buf_byte(out, text[i]);
		}
	}
}

/* --- the canonical request -------------------------------------------------------------------- */

/* "/a//./b/../c/" is "/a/c/": what every service but S3 signs. */
static void add_normal_path(struct buf *out, const char *path)
{
	AUTO_BUF struct buf normal = {0};
	size_t len = strlen(path);

	for (size_t at = 0; at < len;) {
		size_t end = at + strcspn(path + at, "/");
		size_t part = end - at;

		if (part == 2 && memcmp(path + at, "..", 2) == 0) {
			while (normal.len > 0 && normal.data[--normal.len] != '/')
				;
		} else if (part > 0 && !(part == 1 && path[at] == '.')) {
			buf_byte(&normal, '/');
			buf_add(&normal, path + at, part);
		}
		at = end + 1;
	}
	if (normal.len == 0 || path[len - 1] == '/')
		buf_byte(&normal, '/');
	sigv4_uri_encode(out, normal.data, normal.len, true);
}

static void add_path(struct buf *out, const char *service, const char *path)
{
	/* S3's keys may hold "//" and "..", and clients encode them once, on the request line. */
	if (strcmp(service, "s3") == 0)
		buf_str(out, *path ? path : "/");
	else
		add_normal_path(out, path);
}

struct pair {
	char *name;
	char *value;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *one = a;
	const struct pair *other = b;
	int order = strcmp(one->name, other->name);

	return order ? order : strcmp(one->value, other->value);
}

static char *reencoded(const char *text, size_t len)
{
	AUTO_BUF struct buf plain = {0};
	struct buf encoded = {0};

	sigv4_uri_decode(&plain, text, len);
	sigv4_uri_encode(&encoded, buf_text(&plain), plain.len, false);
	return buf_take(&encoded);
}

static void add_query(struct buf *out, const char *query)
{
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count = 0;

	while (*query && count < QUERY_PAIRS_MAX) {
		size_t len = strcspn(query, "&");
		size_t name = strcspn(query, "=&");
		size_t value = name < len ? name + 1 : len; /* a missing '=' counts as empty */

		if (len > 0) {
			pairs[count].name = reencoded(query, name);
			pairs[count++].value = reencoded(query + value, len - value);
		}
		query += len + (query[len] == '&');
	}

	qsort(pairs, count, sizeof(pairs[0]), compare_pairs);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, '&');
		buf_str(out, pairs[i].name);
		buf_byte(out, '=');
		buf_str(out, pairs[i].value);
		free(pairs[i].name);
		free(pairs[i].value);
	}
	buf_str(out, query); /* what is past the limit is signed too, if not as AWS would */
}

/* Without white space around it, and one space for each run inside. */
static void add_trimmed(struct buf *out, const char *value)
{
	const char *gap = "";

	while (*value) {
		const char *word = value;

		while (*value && !isspace((unsigned char)*value))
			value++;
		if (value > word) {
			buf_str(out, gap);
			buf_add(out, word, (size_t)(value - word));
			gap = " ";
		}
		while (isspace((unsigned char)*value))
			value++;
	}
}

static bool same_name(const char *name, const char *lower, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (tolower((unsigned char)name[i]) != lower[i])
			return false;
	}
	return name[len] == '\0';
}

static void add_headers(struct buf *out, const struct sigv4_request *request,
			const char *signed_headers)
{
	const char *name = signed_headers;

	while (*name) {
		size_t len = strcspn(name, ";");
		bool more = false;

		buf_add(out, name, len);
		buf_byte(out, ':');
		for (size_t i = 0; i < request->nheaders; i++) {
			if (!same_name(request->headers[i].name, name, len))
				continue;
			if (more)
				buf_byte(out, ',');
			add_trimmed(out, request->headers[i].value);
			more = true;
		}
		buf_byte(out, '\n');
		name += len + (name[len] == ';');
	}
}

static void write_canonical_request(const struct sigv4_request *request, const char *service,
				    const char *signed_headers, struct buf *out)
{
	buf_str(out, request->method);
	buf_byte(out, '\n');
	add_path(out, service, request->path);
	buf_byte(out, '\n');
	add_query(out, request->query ? request->query : "");
	buf_byte(out, '\n');
	add_headers(out, request, signed_headers);
	buf_byte(out, '\n');
	buf_str(out, signed_headers);
	buf_byte(out, '\n');
	buf_str(out, request->payload_sha256);
}

/* --- the signature ---------------------------------------------------------------------------- */

static void derive_key(const struct sigv4_scope *scope, const char *secret,
		       unsigned char key[DIGEST_BYTES])
{
	AUTO_BUF struct buf first = {0};

	buf_str(&first, "AWS4");
	buf_str(&first, secret);
	hmac(first.data, first.len, scope->date, strlen(scope->date), key);
	hmac(key, DIGEST_BYTES, scope->region, strlen(scope->region), key);
	hmac(key, DIGEST_BYTES, scope->service, strlen(scope->service), key);
	hmac(key, DIGEST_BYTES, "aws4_request", strlen("aws4_request"), key);
	OPENSSL_cleanse(first.data, first.len);
}

static const unsigned char *signing_key(const struct sigv4_scope *scope, const char *secret)
{
	struct kept *kept = get_kept();
	AUTO_BUF struct buf of = {0};
	struct signing_key *entry;
	char secret_hash[65];

	sigv4_sha256_hex(secret, strlen(secret), secret_hash);
	buf_str(&of, secret_hash);
	buf_str(&of, scope->date);
	buf_byte(&of, '/');
	buf_str(&of, scope->region);
	buf_byte(&of, '/');
	buf_str(&of, scope->service);

	for (size_t i = 0; i < KEYS_KEPT; i++) {
		if (kept->keys[i].of && strcmp(kept->keys[i].of, of.data) == 0)
			return kept->keys[i].key;
	}

	entry = &kept->keys[kept->oldest++ % KEYS_KEPT];
	free(entry->of);
	entry->of = buf_take(&of);
	derive_key(scope, secret, entry->key);
	return entry->key;
}

void sigv4_signature(const struct sigv4_request *request, const struct sigv4_scope *scope,
		     const char *amz_date, const char *signed_headers,
		     const char *secret_access_key, char text[65])
{
	AUTO_BUF struct buf canonical = {0};
	AUTO_BUF struct buf to_sign = {0};
	unsigned char digest[DIGEST_BYTES];
	char canonical_hash[65];

	write_canonical_request(request, scope->service, signed_headers, &canonical);
	sigv4_sha256_hex(canonical.data, canonical.len, canonical_hash);
	buf_fmt(&to_sign, ALGORITHM "\n%s\n%s/%s/%s/aws4_request\n%s", amz_date, scope->date,
		scope->region, scope->service, canonical_hash);
	hmac(signing_key(scope, secret_access_key), DIGEST_BYTES, to_sign.data, to_sign.len,
	     digest);
	hex(digest, sizeof(digest), text);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "host;x-amz-date": the names of all headers, lower case, sorted, each once. */
static void add_signed_headers(struct buf *out, const struct sigv4_request *request)
{
	char **names = mem_array(char *, request->nheaders);
	size_t i;

	for (i = 0; i < request->nheaders; i++) {
		names[i] = mem_strdup(request->headers[i].name);
		for (char *letter = names[i]; *letter; letter++)
			*letter = (char)tolower((unsigned char)*letter);
	}
	qsort(names, request->nheaders, sizeof(*names), compare_names);

	for (i = 0; i < request->nheaders; i++) {
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0) {
			if (i > 0)
				buf_byte(out, ';');
			buf_str(out, names[i]);
		}
	}
	for (i = 0; i < request->nheaders; i++)
		free(names[i]);
	free(names);
}

char *sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
			  const char *amz_date, const struct aws_credentials *credentials)
{
	AUTO_BUF struct buf signed_headers = {0};
	char signature[65];

	add_signed_headers(&signed_headers, request);
	sigv4_signature(request, scope, amz_date, buf_text(&signed_headers),
			credentials->secret_access_key, signature);
	return mem_fmt(ALGORITHM " Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, "
				 "Signature=%s",
		       credentials->access_key_id, scope->date, scope->region, scope->service,
		       buf_text(&signed_headers), signature);
}

bool sigv4_same(const char *signature, const char *other)
{
	size_t len = strlen(signature);

	return strlen(other) == len && CRYPTO_memcmp(signature, other, len) == 0;
}

/* --- reading what others signed --------------------------------------------------------------- */

/* "AKIA…/20261123/us-east-1/ssm/aws4_request"; key ids hold no slash. */
static bool read_credential(struct arena *arena, char *text, struct sigv4_claim *claim)
{
	char *parts[5];

	for (size_t i = 0; i < array_len(parts); i++) {
		parts[i] = text ? strsep(&text, "/") : NULL;
		if (!parts[i] || !*parts[i])
			return false;
	}
	if (text || strcmp(parts[4], "aws4_request") != 0 || strlen(parts[1]) != 8)
		return false;

	claim->access_key_id = parts[0];
	claim->scope = (struct sigv4_scope){parts[1], parts[2], parts[3]};
	return true;
}

static bool read_signature(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Lower-case names, one semicolon between them. */
static bool read_signed_headers(const char *text)
{
	if (!*text || *text == ';')
		return false;
	for (; *text; text++) {
		if (isupper((unsigned char)*text) || isspace((unsigned char)*text))
			return false;
		if (*text == ';' && (text[1] == ';' || text[1] == '\0'))
			return false;
	}
	return true;
}

/* Takes one "Name=value" and says where it belongs in the claim. */
static bool read_part(struct arena *arena, char *part, struct sigv4_claim *claim)
{
	char *value = strchr(part, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(part, "Credential") == 0)
		return !claim->access_key_id && read_credential(arena, value, claim);
	if (strcmp(part, "SignedHeaders") == 0) {
		if (claim->signed_headers || !read_signed_headers(value))
			return false;
		claim->signed_headers = value;
		return true;
	}
	if (strcmp(part, "Signature") == 0) {
		if (claim->signature || !read_signature(value))
			return false;
		claim->signature = value;
		return true;
	}
	return false;
}

bool sigv4_read_authorization(struct arena *arena, const char *value, struct sigv4_claim *ret_claim)
{
	struct sigv4_claim claim = {.expires_seconds = -1};
	size_t scheme = strlen(ALGORITHM);
	char *rest, *part;

	if (strncmp(value, ALGORITHM, scheme) != 0 || value[scheme] != ' ')
		return false;

	rest = arena_strdup(arena, value + scheme + 1);
	while ((part = strsep(&rest, ","))) {
		part += strspn(part, " ");
		part[strcspn(part, " ")] = '\0';
		if (!read_part(arena, part, &claim))
			return false;
	}
	if (!claim.access_key_id || !claim.signed_headers || !claim.signature)
		return false;

	*ret_claim = claim;
	return true;
}

/* A presigned query's members. */
enum { Q_ALGORITHM, Q_CREDENTIAL, Q_DATE, Q_EXPIRES, Q_HEADERS, Q_SIGNATURE, Q_TOKEN, Q_COUNT };

static const char *const query_names[Q_COUNT] = {
	[Q_ALGORITHM] = "X-Amz-Algorithm",
	[Q_CREDENTIAL] = "X-Amz-Credential",
	[Q_DATE] = "X-Amz-Date",
	[Q_EXPIRES] = "X-Amz-Expires",
	[Q_HEADERS] = "X-Amz-SignedHeaders",
	[Q_SIGNATURE] = "X-Amz-Signature",
	[Q_TOKEN] = "X-Amz-Security-Token",
};

static int find_query_name(const char *pair, size_t name_len)
{
	for (int i = 0; i < Q_COUNT; i++) {
		if (strlen(query_names[i]) == name_len &&
		    memcmp(query_names[i], pair, name_len) == 0)
			return i;
	}
	return -1;
}

/* Fills values with what was given, each at most once, and rest with all but the signature. */
static bool split_query(struct arena *arena, const char *query, char *values[Q_COUNT],
			struct buf *rest)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		size_t name_len = strcspn(query, "=&");
		int which = find_query_name(query, name_len);

		if (which >= 0) {
			AUTO_BUF struct buf plain = {0};

			if (values[which] || name_len == len)
				return false;
			sigv4_uri_decode(&plain, query + name_len + 1, len - name_len - 1);
			values[which] = arena_strdup(arena, buf_text(&plain));
		}
		if (which != Q_SIGNATURE && len > 0) {
			if (rest->len > 0)
				buf_byte(rest, '&');
			buf_add(rest, query, len);
		}
		query += len + (query[len] == '&');
	}
	return true;
}

bool sigv4_read_query(struct arena *arena, const char *query, struct sigv4_claim *ret_claim,
		      const char **ret_rest)
{
	AUTO_BUF struct buf rest = {0};
	char *values[Q_COUNT] = {0};
	struct sigv4_claim claim = {0};
	char *end;

	if (!split_query(arena, query, values, &rest))
		return false;
	for (int i = 0; i < Q_COUNT; i++) {
		if (!values[i] && i != Q_TOKEN)
			return false;
	}
	if (strcmp(values[Q_ALGORITHM], ALGORITHM) != 0 ||
	    !read_credential(arena, values[Q_CREDENTIAL], &claim) ||
	    !read_signed_headers(values[Q_HEADERS]) || !read_signature(values[Q_SIGNATURE]) ||
	    !isdigit((unsigned char)values[Q_EXPIRES][0]))
		return false;

	claim.expires_seconds = strtoll(values[Q_EXPIRES], &end, 10);
	if (*end)
		return false;
	claim.signed_headers = values[Q_HEADERS];
	claim.signature = values[Q_SIGNATURE];
	claim.amz_date = values[Q_DATE];
	claim.session_token = values[Q_TOKEN];
	*ret_claim = claim;
	*ret_rest = arena_strdup(arena, buf_text(&rest));
	return true;
}
