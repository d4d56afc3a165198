/*
 * ecr.c - Elastic Container Registry: where an app's versions are kept, each as a tree that can run.
 *
 *   keeps      see nouns.h; a file a noun
 *   publishes  ecr.image.pushed
 *   hears      nothing
 *   left out   docker's own registry protocol, scanning, replication, public repositories
 */
#include "lab/services/ecr/ecr.h"
#include "lab/services/ecr/nouns.h"

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str(in, "repositoryName");

	if (op == ECR_GetAuthorizationToken || op == ECR_DescribeRegistry)
		return NULL;
	if (!name)
		return json_str(in, "resourceArn");
	return rq_arn(rq, "ecr", rq_fmt(rq, "repository/%s", name));
}

static op_fn *const ops[ECR_NOPS] = {
	[ECR_BatchCheckLayerAvailability] = ecr_batch_check_layer_availability,
	[ECR_BatchDeleteImage] = ecr_batch_delete_image,
	[ECR_BatchGetImage] = ecr_batch_get_image,
	[ECR_CompleteLayerUpload] = ecr_complete_layer_upload,
	[ECR_CreateRepository] = ecr_create_repository,
	[ECR_DeleteLifecyclePolicy] = ecr_delete_lifecycle_policy,
	[ECR_DeleteRepository] = ecr_delete_repository,
	[ECR_DeleteRepositoryPolicy] = ecr_delete_repository_policy,
	[ECR_DescribeImages] = ecr_describe_images,
	[ECR_DescribeRepositories] = ecr_describe_repositories,
	[ECR_GetAuthorizationToken] = ecr_get_authorization_token,
	[ECR_GetLifecyclePolicy] = ecr_get_lifecycle_policy,
	[ECR_GetRepositoryPolicy] = ecr_get_repository_policy,
	[ECR_InitiateLayerUpload] = ecr_initiate_layer_upload,
	[ECR_ListImages] = ecr_list_images,
	[ECR_ListTagsForResource] = ecr_list_tags_for_resource,
	[ECR_PutImage] = ecr_put_image,
	[ECR_PutImageScanningConfiguration] = ecr_put_image_scanning_configuration,
	[ECR_PutImageTagMutability] = ecr_put_image_tag_mutability,
	[ECR_PutLifecyclePolicy] = ecr_put_lifecycle_policy,
	[ECR_SetRepositoryPolicy] = ecr_set_repository_policy,
	[ECR_TagResource] = ecr_tag_resource,
	[ECR_UntagResource] = ecr_untag_resource,
	[ECR_UploadLayerPart] = ecr_upload_layer_part,
};

const struct service ecr_service = {
	.model = &ecr_model,
	.ops = ops,
	.resources = ecr_resources,
	.arn_of = arn_of,
	.policy_of = ecr_repository_policy,
};
