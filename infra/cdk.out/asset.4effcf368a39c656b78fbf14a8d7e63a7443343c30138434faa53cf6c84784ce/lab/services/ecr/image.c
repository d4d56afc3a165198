/*
 * image.c - images: manifests by digest, tags that point at them, and the trees that run.
 *
 *   keeps      ecr/image  by name@digest  as DescribeImages shows it, and _manifest
 *              ecr/tag    by name:tag     {imageDigest}
 *              images/sha256-<hex>/{rootfs, config.json}, content-addressed, never changed
 *   left out   image lists and indexes; a tree stays when its image is deleted: a task may run from it
 */
#include "lab/services/ecr/nouns.h"

#include "lab/services/ecr/image_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_MAX (1 << 20) /* bytes */
#define LAYERS_MAX 128

static const char *const manifest_types[] = {
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.manifest.v1+json",
};

static const char *image_key(struct request *rq, const char *name, const char *digest)
{
	return rq_fmt(rq, "%s@%s", name, digest);
}

static const char *tag_key(struct request *rq, const char *name, const char *tag)
{
	return rq_fmt(rq, "%s:%s", name, tag);
}

/* The digest that an identifier means: its own, or its tag's. NULL if there is no such tag. */
static const char *digest_meant(struct request *rq, const char *name, const json_t *identifier)
{
	const char *digest = json_str(identifier, "imageDigest");
	const char *tag = json_str(identifier, "imageTag");
	const char *tagged = NULL;

	if (tag)
		tagged = json_str(store_get(rq->tx, TAG, tag_key(rq, name, tag)), "imageDigest");
	if (tag && digest)
		return tagged && strcmp(tagged, digest) == 0 ? digest : NULL;
	return tag ? tagged : digest;
}

static const json_t *image_find(struct request *rq, const char *name, const json_t *identifier)
{
	const char *digest = digest_meant(rq, name, identifier);

	return digest ? store_get(rq->tx, IMAGE, image_key(rq, name, digest)) : NULL;
}

struct manifest {
	const char *name; /* the repository */
	const char *text;
	const char *type;
	const char *digest;
	const json_t *tree;
};

static int read_manifest(struct request *rq, const json_t *in, struct manifest *ret_manifest)
{
	const char *text = json_str_or(in, "imageManifest", "");
	json_t *tree = json_read(text, strlen(text));
	struct manifest manifest = {
		.name = json_str(in, "repositoryName"),
		.text = text,
		.digest = ecr_digest_of(rq, text, strlen(text)),
	};
	bool known = false;

	if (!tree)
		return fault(rq, ECR_InvalidParameterException,
			     "Invalid parameter at 'ImageManifest' failed to satisfy constraint: "
			     "'Invalid JSON syntax'");
	manifest.tree = rq_keep(rq, tree);
	manifest.type = json_str(in, "imageManifestMediaType");
	if (!manifest.type)
		manifest.type = json_str_or(tree, "mediaType", manifest_types[1]);
	for (size_t i = 0; i < array_len(manifest_types); i++)
		known |= strcmp(manifest.type, manifest_types[i]) == 0;
	if (!known)
		return fault(rq, ECR_UnsupportedImageTypeException,
			     "Images of type '%s' are not in the lab.", manifest.type);
	if (!ecr_is_digest(json_path_str(tree, "config.digest")) ||
	    !json_array_size(json_get(tree, "layers")) ||
	    json_array_size(json_get(tree, "layers")) > LAYERS_MAX)
		return fault(rq, ECR_InvalidParameterException,
			     "Invalid parameter at 'ImageManifest' failed to satisfy constraint: "
			     "'Invalid image manifest: a config and 1 to 128 layers are needed'");
	*ret_manifest = manifest;
	return 0;
}

static int check_blob(struct request *rq, const struct manifest *manifest, const json_t *blob)
{
	const char *digest = json_str_or(blob, "digest", "");

	if (ecr_is_digest(digest) &&
	    store_has(rq->tx, LAYER, ecr_layer_key(rq, manifest->name, digest)))
		return 0;
	return fault(
		rq, ECR_LayersNotFoundException,
		"Required layers [%s] not found in the repository with name '%s' in registry with "
		"id '%s'",
		digest, manifest->name, rq->account);
}

static int check_put(struct request *rq, const json_t *in, const json_t *repository,
		     const struct manifest *manifest)
{
	const char *wanted = json_str(in, "imageDigest");
	const char *tag = json_str(in, "imageTag");
	const json_t *layers = json_get(manifest->tree, "layers");
	const json_t *layer, *tagged;
	size_t i;
	int err;

	if (wanted && strcmp(wanted, manifest->digest) != 0)
		return fault(rq, ECR_ImageDigestDoesNotMatchException,
			     "Image digest '%s' does not match the digest '%s' of the manifest",
			     wanted, manifest->digest);
	err = check_blob(rq, manifest, json_get(manifest->tree, "config"));
	for (i = 0; !err && i < json_array_size(layers); i++) {
		layer = json_at(layers, i);
		err = check_blob(rq, manifest, layer);
	}
	if (err || !tag)
		return err;
	tagged = store_get(rq->tx, TAG, tag_key(rq, manifest->name, tag));
	if (!tagged)
		return 0;
	if (strcmp(json_str(tagged, "imageDigest"), manifest->digest) == 0)
		return fault(
			rq, ECR_ImageAlreadyExistsException,
			"Image with digest '%s' and tag '%s' already exists in the repository with "
			"name '%s' in registry with id '%s'",
			manifest->digest, tag, manifest->name, rq->account);
	if (strcmp(json_str(repository, "imageTagMutability"), "IMMUTABLE") == 0)
		return fault(
			rq, ECR_ImageTagAlreadyExistsException,
			"The image tag '%s' already exists in the '%s' repository and cannot be "
			"overwritten because the repository is immutable.",
			tag, manifest->name);
	return 0;
}

static int write_config(const char *from, const char *to)
{
	AUTO_FD int in = open(from, O_RDONLY | O_CLOEXEC);
	AUTO_FD int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	AUTO_FREE char *text = mem_alloc(CONFIG_MAX + 1);
	ssize_t len = in < 0 ? -1 : read(in, text, CONFIG_MAX + 1);
	json_t *config;

	if (len < 0 || out < 0 || fchmod(out, 0444) < 0)
		return -errno;
	config = len > CONFIG_MAX ? NULL : json_read(text, (size_t)len);
	if (!config)
		return -EBADMSG;
	json_decref(config);
	return write(out, text, (size_t)len) == len ? 0 : -EIO;
}

/* A blob that rotted on disk never becomes part of a tree; it goes, so that it can be uploaded again. */
static int check_bytes(struct request *rq, const char *digest)
{
	const char *path = ecr_layer_path(rq, digest);
	const char *is = ecr_digest_of_file(rq, path);

	if (is && strcmp(is, digest) == 0)
		return 0;
	unlink(path);
	return fault(rq, ECR_LayersNotFoundException,
		     "The layer %s was damaged in the lab's state folder; upload it again", digest);
}

static int unpack_layers(struct request *rq, const struct manifest *manifest, const char *rootfs)
{
	const json_t *layers = json_get(manifest->tree, "layers");
	struct image_tree *tree;
	const json_t *layer;
	size_t i;
	int err;

	err = image_tree_open(rootfs, &tree);
	if (err)
		return err;
	for (i = 0; !err && i < json_array_size(layers); i++) {
		const char *digest;

		layer = json_at(layers, i);
		digest = json_str(layer, "digest");
		err = check_bytes(rq, digest);
		if (!err && image_tree_add(tree, ecr_layer_path(rq, digest)) != 0)
			err = fault(rq, ECR_InvalidParameterException,
				    "Layer %s can't run here: %s", digest, image_tree_error(tree));
	}
	image_tree_close(tree);
	return err;
}

/* Into a folder of another name first: a tree that has its name is whole. */
static int unpack(struct request *rq, const struct manifest *manifest)
{
	const char *hex = manifest->digest + strlen(DIGEST_PREFIX);
	const char *images = ecr_state_path(rq, "images");
	const char *final = rq_fmt(rq, "%s/sha256-%s", images, hex);
	const char *name = rq_fmt(rq, "unpacking-%s", hex);
	const char *folder = rq_fmt(rq, "%s/%s", images, name);
	const char *rootfs = rq_fmt(rq, "%s/rootfs", folder);
	const char *config = json_path_str(manifest->tree, "config.digest");
	AUTO_FD int parent = -1;
	int err;

	if (access(rq_fmt(rq, "%s/config.json", final), F_OK) == 0)
		return 0;
	err = ecr_make_folder(images, 0755);
	if (err)
		return err;
	parent = open(images, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	tree_remove(parent, name); /* what a kill -9 left */
	err = ecr_make_folder(folder, 0755);
	if (!err)
		err = ecr_make_folder(rootfs, 0755);
	if (!err)
		err = unpack_layers(rq, manifest, rootfs);
	if (!err)
		err = check_bytes(rq, config);
	if (!err)
		err = write_config(ecr_layer_path(rq, config),
				   rq_fmt(rq, "%s/config.json", folder));
	if (err == -EBADMSG)
		err = fault(rq, ECR_InvalidParameterException,
			    "The image's config %s is not JSON of at most 1 MiB", config);
	if (!err && rename(folder, final) < 0)
		err = -errno;
	if (err)
		tree_remove(parent, name);
	return err;
}

static int64_t size_of(const json_t *manifest)
{
	const json_t *layers = json_get(manifest, "layers");
	int64_t size = json_int_or(json_get(manifest, "config"), "size", 0);
	const json_t *layer;
	size_t i;

	json_each (layers, i, layer)
		size += json_int_or(layer, "size", 0);
	return size;
}

static void keep_image(struct request *rq, const struct manifest *manifest, const char *tag)
{
	json_t *image = store_new(rq->tx);
	json_t *pointer = store_new(rq->tx);

	json_set_str(image, "registryId", rq->account);
	json_set_str(image, "repositoryName", manifest->name);
	json_set_str(image, "imageDigest", manifest->digest);
	json_set_int(image, "imageSizeInBytes", size_of(manifest->tree));
	json_set_time(image, "imagePushedAt", rq->now);
	json_set_str(image, "imageManifestMediaType", manifest->type);
	json_set(image, "artifactMediaType", json_path(manifest->tree, "config.mediaType"));
	json_set_str(image, "_manifest", manifest->text);
	store_put(rq->tx, IMAGE, image_key(rq, manifest->name, manifest->digest), image);
	if (!tag)
		return;
	json_set_str(pointer, "imageDigest", manifest->digest);
	json_set_str(pointer, "imageTag", tag);
	store_put(rq->tx, TAG, tag_key(rq, manifest->name, tag), pointer);
}

static void answer(struct request *rq, const json_t *image, const char *tag, json_t *shown)
{
	json_t *identifier;

	json_set_str(shown, "registryId", rq->account);
	json_set(shown, "repositoryName", json_get(image, "repositoryName"));
	identifier = json_add_object(shown, "imageId");
	json_set(identifier, "imageDigest", json_get(image, "imageDigest"));
	json_set_str(identifier, "imageTag", tag);
	json_set(shown, "imageManifest", json_get(image, "_manifest"));
	json_set(shown, "imageManifestMediaType", json_get(image, "imageManifestMediaType"));
}

int ecr_put_image(struct request *rq, const json_t *in, json_t *out)
{
	const char *tag = json_str(in, "imageTag");
	const json_t *repository;
	struct manifest manifest = {0};
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (!err)
		err = read_manifest(rq, in, &manifest);
	if (!err)
		err = check_put(rq, in, repository, &manifest);
	if (!err)
		err = unpack(rq, &manifest);
	if (err)
		return err;
	keep_image(rq, &manifest, tag);
	publish(rq->tx, "ecr.image.pushed", in);
	answer(rq, store_get(rq->tx, IMAGE, image_key(rq, manifest.name, manifest.digest)), tag,
	       json_add_object(out, "image"));
	return 0;
}

static void push_failure(json_t *failures, const json_t *identifier)
{
	bool named = json_has(identifier, "imageTag") || json_has(identifier, "imageDigest");
	json_t *failure = json_push_object(failures);

	json_set(failure, "imageId", identifier);
	json_set_str(failure, "failureCode", named ? "ImageNotFound" : "MissingDigestAndTag");
	json_set_str(failure, "failureReason",
		     named ? "Requested image not found"
			   : "Invalid request parameters: both tag and digest cannot be null");
}

/* Does something with each image of a batch that is there; the others are said to have failed. */
static int each_image(struct request *rq, const json_t *in, json_t *out,
		      void (*act)(struct request *rq, const json_t *image, const char *tag,
				  json_t *list),
		      const char *list_name)
{
	const char *name = json_str(in, "repositoryName");
	json_t *list = json_add_array(out, list_name);
	json_t *failures = json_add_array(out, "failures");
	const json_t *repository, *identifier;
	size_t i;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	json_each (json_get(in, "imageIds"), i, identifier) {
		const json_t *image = image_find(rq, name, identifier);

		if (image)
			act(rq, image, json_str(identifier, "imageTag"), list);
		else
			push_failure(failures, identifier);
	}
	return 0;
}

static void push_image(struct request *rq, const json_t *image, const char *tag, json_t *images)
{
	answer(rq, image, tag, json_push_object(images));
}

int ecr_batch_get_image(struct request *rq, const json_t *in, json_t *out)
{
	return each_image(rq, in, out, push_image, "images");
}

/* The tags that point at an image. */
static json_t *tags_of(struct request *rq, const char *name, const char *digest)
{
	const json_t *all = store_list_prefix(rq->tx, TAG, rq_fmt(rq, "%s:", name));
	json_t *tags = rq_array(rq);
	const json_t *tag;
	size_t i;

	json_each (all, i, tag)
		if (strcmp(json_str(tag, "imageDigest"), digest) == 0)
			json_push(tags, json_get(tag, "imageTag"));
	return tags;
}

static void push_identifier(json_t *list, const char *digest, const char *tag)
{
	json_t *identifier = json_push_object(list);

	json_set_str(identifier, "imageDigest", digest);
	json_set_str(identifier, "imageTag", tag);
}

/* By tag: the tag goes, and the image with its last one. By digest: all of it goes. */
static void delete_image(struct request *rq, const json_t *image, const char *tag, json_t *gone)
{
	const char *name = json_str(image, "repositoryName");
	const char *digest = json_str(image, "imageDigest");
	json_t *tags = tags_of(rq, name, digest);
	const json_t *element;
	size_t i;

	json_each (tags, i, element) {
		const char *each = json_string_value(element);

		if (tag && strcmp(tag, each) != 0)
			continue;
		store_delete(rq->tx, TAG, tag_key(rq, name, each));
		push_identifier(gone, digest, each);
	}
	if (!tag && !json_array_size(tags))
		push_identifier(gone, digest, NULL);
	if (!tag || json_array_size(tags) == 1)
		store_delete(rq->tx, IMAGE, image_key(rq, name, digest));
}

int ecr_batch_delete_image(struct request *rq, const json_t *in, json_t *out)
{
	return each_image(rq, in, out, delete_image, "imageIds");
}

/* TAGGED, UNTAGGED or ANY. */
static bool passes(const json_t *in, size_t tags)
{
	const char *status = json_path_str(in, "filter.tagStatus");

	if (!status || strcmp(status, "ANY") == 0)
		return true;
	return (strcmp(status, "TAGGED") == 0) == (tags > 0);
}

static void push_detail(struct request *rq, const json_t *image, json_t *details)
{
	const char *name = json_str(image, "repositoryName");
	json_t *detail = rq_copy(rq, image);
	json_t *tags = tags_of(rq, name, json_str(image, "imageDigest"));

	if (json_array_size(tags))
		json_set(detail, "imageTags", tags);
	json_push(details, detail);
}

int ecr_describe_images(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "repositoryName");
	const json_t *identifiers = json_get(in, "imageIds");
	json_t *details = json_add_array(out, "imageDetails");
	const json_t *repository, *element, *all;
	size_t i;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	json_each (identifiers, i, element) {
		const json_t *image = image_find(rq, name, element);

		if (!image)
			return fault(
				rq, ECR_ImageNotFoundException,
				"The image with imageId {imageDigest:'%s', imageTag:'%s'} does not "
				"exist within the repository with name '%s' in the registry with "
				"id '%s'",
				json_str_or(element, "imageDigest", "null"),
				json_str_or(element, "imageTag", "null"), name, rq->account);
		push_detail(rq, image, details);
	}
	if (identifiers)
		return 0;
	all = store_list_prefix(rq->tx, IMAGE, rq_fmt(rq, "%s@", name));
	json_each (all, i, element)
		if (passes(in,
			   json_array_size(tags_of(rq, name, json_str(element, "imageDigest")))))
			push_detail(rq, element, details);
	return 0;
}

int ecr_list_images(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "repositoryName");
	json_t *identifiers = json_add_array(out, "imageIds");
	const json_t *repository, *all, *image, *tag;
	size_t i, k;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	all = store_list_prefix(rq->tx, IMAGE, rq_fmt(rq, "%s@", name));
	json_each (all, i, image) {
		const char *digest = json_str(image, "imageDigest");
		const json_t *tags = tags_of(rq, name, digest);

		if (!passes(in, json_array_size(tags)))
			continue;
		json_each (tags, k, tag)
			push_identifier(identifiers, digest, json_string_value(tag));
		if (!json_array_size(tags))
			push_identifier(identifiers, digest, NULL);
	}
	return 0;
}
