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
extern op_fn ecr_create_repository, ecr_delete_repository, ecr_describe_repositories,
	ecr_put_image_tag_mutability, ecr_put_image_scanning_configuration,
	ecr_set_repository_policy, ecr_get_repository_policy, ecr_delete_repository_policy,
	ecr_put_lifecycle_policy, ecr_get_lifecycle_policy, ecr_delete_lifecycle_policy,
	ecr_tag_resource, ecr_untag_resource, ecr_list_tags_for_resource,
	ecr_get_authorization_token;
/* A fault if there is none. */
int ecr_find_repository(struct request *rq, const json_t *in, const json_t **ret_repository);
const json_t *ecr_repository_policy(struct request *rq, const char *arn);

/* layer.c */
extern op_fn ecr_batch_check_layer_availability, ecr_initiate_layer_upload, ecr_upload_layer_part,
	ecr_complete_layer_upload;
/* "sha256:" and 64 hex digits, in lower case? */
bool ecr_is_digest(const char *text);
const char *ecr_layer_key(struct request *rq, const char *repository, const char *digest);
const char *ecr_layer_path(struct request *rq, const char *digest);
const char *ecr_digest_of(struct request *rq, const void *data, size_t len);
/* NULL: cannot be read. */
const char *ecr_digest_of_file(struct request *rq, const char *path);
int ecr_make_folder(const char *path, unsigned int mode); /* 0 if it is there already */
const char *ecr_state_path(struct request *rq, const char *path);

/* image.c */
extern op_fn ecr_put_image, ecr_batch_get_image, ecr_batch_delete_image, ecr_describe_images,
	ecr_list_images;

/* ecr_cfn.c */
extern const struct resource ecr_resources[];

#endif
