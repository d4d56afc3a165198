/*
 * image.c - a container's image: from a name to a tree that can run, or to a role of ours.
 *
 * The manifest is asked of ECR as the task's execution role; the tree was unpacked when the image was
 * pushed (services/ecr), with its config beside it.
 *
 *   left out   registries other than this account's, platforms
 */
#include "lab/services/ecs/nouns.h"

#include "lab/models/ecr.h"

#include <string.h>
#include <unistd.h>

#define DIGEST "sha256:"

/* Images of others that we run as a role of goldend. The tag does not matter. */
static const struct {
	const char *repository;
	const char *role;
} roles[] = {
	{"public.ecr.aws/xray/aws-xray-daemon", "xray-daemon"},
	{"amazon/aws-xray-daemon", "xray-daemon"},
};

static const char *role_of(const char *name)
{
	for (size_t i = 0; i < array_len(roles); i++) {
		size_t len = strlen(roles[i].repository);

		if (strncmp(name, roles[i].repository, len) == 0 &&
		    (!name[len] || name[len] == ':' || name[len] == '@'))
			return roles[i].role;
	}
	return NULL;
}

/* "repository", "repository:tag", "repository@sha256:…" into an ImageIdentifier. */
static const char *split(struct request *rq, const char *path, json_t *identifier)
{
	const char *at = strchr(path, '@');
	const char *colon = strrchr(path, ':');

	if (at) {
		json_set_str(identifier, "imageDigest", at + 1);
		return rq_fmt(rq, "%.*s", (int)(at - path), path);
	}
	if (colon && !strchr(colon, '/')) {
		json_set_str(identifier, "imageTag", colon + 1);
		return rq_fmt(rq, "%.*s", (int)(colon - path), path);
	}
	json_set_str(identifier, "imageTag", "latest");
	return path;
}

/* What a registry is asked for and answers, in containerd's words. */
static const char *cannot_pull(struct request *rq, const char *name, const char *why)
{
	return rq_fmt(rq,
		      "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
		      "failed to resolve ref %s: %s",
		      name, why);
}

static const char *refused(struct request *rq, const char *name, const char *registry,
			   const char *repository, const json_t *identifier)
{
	const char *version = json_str(identifier, "imageTag");
	const char *denied = "AccessDenied";

	if (strncmp(rq->called.code, denied, strlen(denied)) != 0)
		return cannot_pull(rq, name, rq_fmt(rq, "%s: not found", name));
	return cannot_pull(rq, name,
			   rq_fmt(rq,
				  "unexpected status from HEAD request to "
				  "https://%s/v2/%s/manifests/%s: 403 Forbidden",
				  registry, repository,
				  version ? version : json_str(identifier, "imageDigest")));
}

/* The tree is there when its config is (services/ecr): a half-unpacked one never gets its name. */
static const char *find_tree(struct request *rq, const char *name, struct image *image)
{
	const char *dir = lab_dir(rq->lab);

	image->tree = rq_fmt(rq, "images/sha256-%s", image->digest + strlen(DIGEST));
	if (dir && access(rq_fmt(rq, "%s/%s/config.json", dir, image->tree), R_OK) != 0)
		return cannot_pull(rq, name, "its layers are missing");
	return NULL;
}

const char *ecs_image_resolve(struct request *rq, const struct principal *execution_role,
			      const char *name, struct image *ret_image)
{
	const char *ours = rq_fmt(rq, "%s.dkr.ecr.%s.amazonaws.com", rq->account, rq->region);
	struct image image = {.role = role_of(name)};
	json_t *in = rq_object(rq), *out = rq_object(rq);
	const char *repository, *reason;
	json_t *identifier;

	if (image.role) {
		*ret_image = image;
		return NULL;
	}
	if (strncmp(name, ours, strlen(ours)) != 0 || name[strlen(ours)] != '/')
		return cannot_pull(rq, name,
				   "registries other than this account's are not in the lab");

	identifier = json_push_object(json_add_array(in, "imageIds"));
	repository = split(rq, name + strlen(ours) + 1, identifier);
	json_set_str(in, "repositoryName", repository);
	if (aws_call(rq, execution_role, &ecr_model, ECR_BatchGetImage, in, out) != 0)
		return refused(rq, name, ours, repository, identifier);
	image.digest = json_path_str(out, "images.0.imageId.imageDigest");
	if (!image.digest || strncmp(image.digest, DIGEST, strlen(DIGEST)) != 0)
		return cannot_pull(rq, name, rq_fmt(rq, "%s: not found", name));
	reason = find_tree(rq, name, &image);
	if (reason)
		return reason;
	*ret_image = image;
	return NULL;
}
