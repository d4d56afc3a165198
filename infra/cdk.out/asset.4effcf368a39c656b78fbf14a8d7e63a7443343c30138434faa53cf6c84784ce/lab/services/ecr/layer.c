/*
 * layer.c - layers: blobs that come in parts and are kept by their digest.
 *
 *   keeps      ecr/upload  by id           {repositoryName, received, begun}
 *              ecr/layer   by name@digest  {layerSize}; one blob serves all repositories
 *   left out   GetDownloadUrlForLayer: images run here, nobody pulls them
 */
#include "lab/services/ecr/nouns.h"

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_SIZE 10485760 /* what we ask for; bytes */
#define LAYER_MAX ((int64_t)2 << 30)
#define UPLOADS_MAX 64 /* at once */
#define UPLOAD_LIFE (1 * DAY)

bool ecr_is_digest(const char *text)
{
	size_t prefix = strlen(DIGEST_PREFIX);

	return text && strlen(text) == DIGEST_LEN && strncmp(text, DIGEST_PREFIX, prefix) == 0 &&
	       strspn(text + prefix, "0123456789abcdef") == DIGEST_LEN - prefix;
}

const char *ecr_layer_key(struct request *rq, const char *repository, const char *digest)
{
	return rq_fmt(rq, "%s@%s", repository, digest);
}

const char *ecr_state_path(struct request *rq, const char *path)
{
	const char *dir = lab_dir(rq->lab);

	return rq_fmt(rq, "%s/%s", dir ? dir : ".", path);
}

const char *ecr_layer_path(struct request *rq, const char *digest)
{
	return ecr_state_path(rq, rq_fmt(rq, "layers/sha256-%s", digest + strlen(DIGEST_PREFIX)));
}

static const char *upload_path(struct request *rq, const char *id)
{
	return ecr_state_path(rq, rq_fmt(rq, "uploads/%s", id));
}

int ecr_make_folder(const char *path, unsigned int mode)
{
	if (mkdir(path, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod(path, mode) < 0 ? -errno : 0;
}

static const char *digest_text(struct request *rq, EVP_MD_CTX *context)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[2 * sizeof(sum) + 1] = "";
	unsigned int len = 0;

	EVP_DigestFinal_ex(context, sum, &len);
	for (unsigned int i = 0; i < len; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", sum[i]);
	return rq_fmt(rq, DIGEST_PREFIX "%s", hex);
}

const char *ecr_digest_of(struct request *rq, const void *data, size_t len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const char *digest;

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, data, len);
	digest = digest_text(rq, context);
	EVP_MD_CTX_free(context);
	return digest;
}

const char *ecr_digest_of_file(struct request *rq, const char *path)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FREE char *piece = mem_alloc(PART_SIZE / 10);
	EVP_MD_CTX *context;
	const char *digest = NULL;
	ssize_t got;

	if (fd < 0)
		return NULL;
	context = EVP_MD_CTX_new();
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	while ((got = read(fd, piece, PART_SIZE / 10)) > 0)
		EVP_DigestUpdate(context, piece, (size_t)got);
	if (got == 0)
		digest = digest_text(rq, context);
	EVP_MD_CTX_free(context);
	return digest;
}

int ecr_batch_check_layer_availability(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *digests = json_get(in, "layerDigests");
	json_t *layers = json_add_array(out, "layers");
	json_t *failures = json_add_array(out, "failures");
	const json_t *repository, *element;
	size_t i;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	json_each (digests, i, element) {
		const char *digest = json_string_value(element);
		const char *key = ecr_layer_key(rq, json_str(in, "repositoryName"), digest);
		const json_t *layer = NULL;
		json_t *said;

		if (!ecr_is_digest(digest)) {
			said = json_push_object(failures);
			json_set_str(said, "layerDigest", digest);
			json_set_str(said, "failureCode", "InvalidLayerDigest");
			json_set_str(said, "failureReason", "Invalid layer digest format");
			continue;
		}
		if (access(ecr_layer_path(rq, digest), R_OK) == 0)
			layer = store_get(rq->tx, LAYER, key);
		said = json_push_object(layers);
		json_set_str(said, "layerDigest", digest);
		json_set_str(said, "layerAvailability", layer ? "AVAILABLE" : "UNAVAILABLE");
		json_set(said, "layerSize", json_get(layer, "layerSize"));
		json_set_str(said, "mediaType",
			     layer ? "application/vnd.docker.image.rootfs.diff.tar.gzip" : NULL);
	}
	return 0;
}

/* Nobody comes back for these. */
static void drop_old_uploads(struct request *rq)
{
	const json_t *ids = store_keys(rq->tx, UPLOAD, "");
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		const char *text = json_string_value(id);
		const json_t *upload = store_get(rq->tx, UPLOAD, text);
		lab_ms begun = json_time_or(upload, "begun", rq->now);

		if (rq->now.ms - begun.ms < UPLOAD_LIFE)
			continue;
		unlink(upload_path(rq, text));
		store_delete(rq->tx, UPLOAD, text);
	}
}

int ecr_initiate_layer_upload(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *repository;
	json_t *upload;
	const char *id;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	drop_old_uploads(rq);
	if (store_count(rq->tx, UPLOAD) >= UPLOADS_MAX)
		return fault(rq, ECR_LimitExceededException,
			     "Too many uploads are under way at once.");
	err = ecr_make_folder(ecr_state_path(rq, "uploads"), 0700);
	if (err)
		return err;
	id = id_uuid(rq);
	upload = store_new(rq->tx);
	json_set(upload, "repositoryName", json_get(in, "repositoryName"));
	json_set_int(upload, "received", 0);
	json_set_time(upload, "begun", rq->now);
	store_put(rq->tx, UPLOAD, id, upload);
	json_set_str(out, "uploadId", id);
	json_set_int(out, "partSize", PART_SIZE);
	return 0;
}

static int upload_find(struct request *rq, const json_t *in, json_t **ret_upload)
{
	const char *id = json_str(in, "uploadId");
	const char *name = json_str(in, "repositoryName");
	const json_t *repository;
	json_t *upload;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	upload = store_edit(rq->tx, UPLOAD, id);
	if (!upload || strcmp(json_str(upload, "repositoryName"), name) != 0)
		return fault(
			rq, ECR_UploadNotFoundException,
			"The upload ID '%s' for the repository with name '%s' in registry with id "
			"'%s' was not found",
			id, name, rq->account);
	*ret_upload = upload;
	return 0;
}

/* At its place in the file: what an undone request wrote is written over by the next. */
static int write_part(const char *path, int64_t at, const char *data, size_t len)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	while (len > 0) {
		ssize_t wrote = pwrite(fd, data, len, at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		data += wrote;
		at += wrote;
		len -= (size_t)wrote;
	}
	return ftruncate(fd, at) < 0 ? -errno : 0;
}

int ecr_upload_layer_part(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *blob = json_get(in, "layerPartBlob");
	int64_t first = json_int_or(in, "partFirstByte", 0);
	int64_t last = json_int_or(in, "partLastByte", 0);
	size_t len = json_string_length(blob);
	int64_t received;
	json_t *upload;
	int err;

	err = upload_find(rq, in, &upload);
	if (err)
		return err;
	received = json_int_or(upload, "received", 0);
	if (first != received || last - first + 1 != (int64_t)len || !len)
		return fault(
			rq, ECR_InvalidLayerPartException,
			"Invalid layer part: expected bytes from %lld on, got bytes %lld-%lld (%zu "
			"in the part)",
			(long long)received, (long long)first, (long long)last, len);
	if (last >= LAYER_MAX)
		return fault(rq, ECR_LimitExceededException, "The layer is larger than %lld bytes.",
			     (long long)LAYER_MAX);
	err = write_part(upload_path(rq, json_str(in, "uploadId")), first, json_string_value(blob),
			 len);
	if (err)
		return err;
	json_set_int(upload, "received", last + 1);
	store_put(rq->tx, UPLOAD, json_str(in, "uploadId"), upload);
	json_set_str(out, "registryId", rq->account);
	json_set(out, "repositoryName", json_get(in, "repositoryName"));
	json_set(out, "uploadId", json_get(in, "uploadId"));
	json_set_int(out, "lastByteReceived", last);
	return 0;
}

/* Its bytes are on disk before its name is: a name never stands for half a layer. */
static int settle_blob(struct request *rq, const char *upload, const char *digest)
{
	AUTO_FD int fd = open(upload, O_RDONLY | O_CLOEXEC);
	int err;

	err = ecr_make_folder(ecr_state_path(rq, "layers"), 0700);
	if (err)
		return err;
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return rename(upload, ecr_layer_path(rq, digest)) < 0 ? -errno : 0;
}

int ecr_complete_layer_upload(struct request *rq, const json_t *in, json_t *out)
{
	const char *wanted = json_string_value(json_at(json_get(in, "layerDigests"), 0));
	const char *name = json_str(in, "repositoryName");
	const char *id = json_str(in, "uploadId");
	const char *digest, *key;
	json_t *upload, *layer;
	int err;

	err = upload_find(rq, in, &upload);
	if (err)
		return err;
	if (!json_int_or(upload, "received", 0))
		return fault(rq, ECR_EmptyUploadException,
			     "There are no layer parts to upload for the upload ID '%s'", id);
	digest = ecr_digest_of_file(rq, upload_path(rq, id));
	if (!digest)
		return -EIO;
	if (!wanted || strcmp(digest, wanted) != 0)
		return fault(rq, ECR_InvalidLayerException,
			     "Layer upload '%s' has the digest '%s', not '%s'", id, digest,
			     wanted ? wanted : "");
	key = ecr_layer_key(rq, name, digest);
	if (store_has(rq->tx, LAYER, key) && access(ecr_layer_path(rq, digest), R_OK) == 0)
		return fault(
			rq, ECR_LayerAlreadyExistsException,
			"The layer with digest '%s' already exists in the repository with name "
			"'%s' in registry with id '%s'",
			digest, name, rq->account);
	err = settle_blob(rq, upload_path(rq, id), digest);
	if (err)
		return err;
	layer = store_new(rq->tx);
	json_set(layer, "layerSize", json_get(upload, "received"));
	store_put(rq->tx, LAYER, key, layer);
	store_delete(rq->tx, UPLOAD, id);
	json_set_str(out, "registryId", rq->account);
	json_set_str(out, "repositoryName", name);
	json_set_str(out, "uploadId", id);
	json_set_str(out, "layerDigest", digest);
	return 0;
}
