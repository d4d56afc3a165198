/*
 * ecr_cfn.c - AWS::ECR::Repository.
 *
 *   left out   updates of anything but policies, scanning and tag mutability
 */
#include "lab/services/ecr/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	return cfn_call(rq, &ecr_model, op, in, NULL);
}

static int put_policies(struct request *rq, const json_t *props, const char *name)
{
	const json_t *policy = json_get(props, "RepositoryPolicyText");
	const json_t *lifecycle = json_path(props, "LifecyclePolicy.LifecyclePolicyText");
	json_t *in = rq_object(rq);
	int err = 0;

	json_set_str(in, "repositoryName", name);
	if (policy) {
		json_set(in, "policyText", policy);
		err = call(rq, ECR_SetRepositoryPolicy, in);
		json_drop(in, "policyText");
	}
	if (!err && lifecycle) {
		json_set(in, "lifecyclePolicyText", lifecycle);
		err = call(rq, ECR_PutLifecyclePolicy, in);
	}
	return err;
}

/* Properties that CreateRepository does not have. */
static const char *const others[] = {"RepositoryPolicyText", "LifecyclePolicy", "EmptyOnDelete"};

static int create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *props = rq_copy(rq, r->props), *in;
	int err;

	for (size_t i = 0; i < array_len(others); i++)
		json_drop(props, others[i]);
	err = cfn_input(rq, &ecr_model, ECR_CreateRepository, props, &in);
	if (err)
		return err;
	json_set_str(in, "repositoryName", cfn_name_prop(rq, r, "RepositoryName", 256, true));
	json_set(in, "tags", cfn_tags(rq, r));
	err = call(rq, ECR_CreateRepository, in);
	if (err)
		return err;
	*ret_id = rq_strdup(rq, json_str(in, "repositoryName"));
	return put_policies(rq, r->props, *ret_id);
}

static const struct cfn_tagging tagging = {
	.model = &ecr_model,
	.tag_op = ECR_TagResource,
	.untag_op = ECR_UntagResource,
	.id = "resourceArn",
	.tags = "tags",
	.keys = "tagKeys",
	.key = "Key",
	.value = "Value",
};

/* A policy that the template no longer has goes. */
static int drop_policies(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct {
		const char *prop;
		int op;
	} policies[] = {
		{"RepositoryPolicyText", ECR_DeleteRepositoryPolicy},
		{"LifecyclePolicy", ECR_DeleteLifecyclePolicy},
	};
	json_t *in = rq_object(rq);
	int err = 0;

	json_set_str(in, "repositoryName", r->physical_id);
	for (size_t i = 0; !err && i < array_len(policies); i++)
		if (json_has(old, policies[i].prop) && !json_has(r->props, policies[i].prop))
			err = cfn_call_unless(rq, &ecr_model, policies[i].op, in, "NotFound");
	return err;
}

static int update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct {
		const char *prop;
		const char *member;
		int op;
	} settings[] = {
		{"ImageTagMutability", "imageTagMutability", ECR_PutImageTagMutability},
		{"ImageScanningConfiguration", "imageScanningConfiguration",
		 ECR_PutImageScanningConfiguration},
	};
	int err = 0;

	for (size_t i = 0; !err && i < array_len(settings); i++) {
		const json_t *wanted = json_get(r->props, settings[i].prop);
		json_t *props = rq_object(rq), *in;

		if (!wanted || json_equal(wanted, json_get(old, settings[i].prop)))
			continue;
		json_set(props, settings[i].prop, wanted);
		json_set_str(props, "RepositoryName", r->physical_id);
		err = cfn_input(rq, &ecr_model, settings[i].op, props, &in);
		if (!err)
			err = call(rq, settings[i].op, in);
	}
	if (!err)
		err = put_policies(rq, r->props, r->physical_id);
	if (!err)
		err = drop_policies(rq, r, old);
	return err ? err
		   : cfn_retag(rq, r, old, &tagging,
			       rq_arn(rq, "ecr", rq_fmt(rq, "repository/%s", r->physical_id)));
}

static int delete (struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "repositoryName", r->physical_id);
	json_set(in, "force", json_get(r->props, "EmptyOnDelete"));
	return cfn_call_unless(rq, &ecr_model, ECR_DeleteRepository, in,
			       "RepositoryNotFoundException");
}

static json_t *get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *repository = store_get(rq->tx, REPOSITORY, r->physical_id);

	if (strcmp(name, "Arn") == 0)
		return json_string(json_str(repository, "repositoryArn"));
	if (strcmp(name, "RepositoryUri") == 0)
		return json_string(json_str(repository, "repositoryUri"));
	return NULL;
}

const struct resource ecr_resources[] = {
	{
		.type = "AWS::ECR::Repository",
		.create = create,
		.update = update,
		.delete = delete,
		.get_att = get_att,
	},
	{.type = NULL},
};
