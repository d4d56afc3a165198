/*
 * nouns.h - what ECR keeps, and what its files call of each other. For services/ecr alone.
 *
 * In the state folder: layers/sha256-<hex> (blobs by their digest), uploads/<id> (half of one) and
 * images/sha256-<hex of the manifest>/{rootfs, config.json} (what can run).
 */
#ifndef ECR_NOUNS_H
#define ECR_NOUNS_H

#include "lab/aws/lab.h"
#include "lab/aws/service.h"
#include "lab/models/ecr.h"

#define REPOSITORY "ecr/repository" /* by name */
#define IMAGE "ecr/image"	    /* by name@sha256:… */
#define TAG "ecr/tag"		    /* by name:tag */
#define LAYER "ecr/layer"	    /* by name@sha256:… */
#define UPLOAD "ecr/upload"	    /* by upload id */

#define DIGEST_PREFIX "sha256:"
#define DIGEST_LEN (sizeof(DIGEST_PREFIX) - 1 + 64)

/* repository.c */
extern op_fn create_repository, delete_repository, describe_repositories, put_image_tag_mutability,
	put_image_scanning_configuration, set_repository_policy, get_repository_policy,
	delete_repository_policy, put_lifecycle_policy, get_lifecycle_policy,
	delete_lifecycle_policy, ecr_tag_resource, ecr_untag_resource, ecr_list_tags_for_resource,
	get_authorization_token;
/* A fault if there is none. */
int repository_find(struct request *rq, const json_t *in, const json_t **ret_repository);
const json_t *repository_policy(struct request *rq, const char *arn);

/* layer.c */
extern op_fn batch_check_layer_availability, initiate_layer_upload, upload_layer_part,
	complete_layer_upload;
/* "sha256:" and 64 hex digits, in lower case? */
bool is_digest(const char *text);
const char *layer_key(struct request *rq, const char *repository, const char *digest);
const char *layer_path(struct request *rq, const char *digest);
const char *digest_of(struct request *rq, const void *data, size_t len);
/* NULL: cannot be read. */
const char *digest_of_file(struct request *rq, const char *path);
int folder_make(const char *path, unsigned int mode); /* 0 if it is there already */
const char *state_path(struct request *rq, const char *path);

/* image.c */
extern op_fn put_image, batch_get_image, batch_delete_image, describe_images, list_images;

/* ecr_cfn.c */
extern const struct resource ecr_resources[];

#endif
