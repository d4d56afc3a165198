/*
 * ecr_cfn.c - AWS::ECR::Repository.
 *
 *   left out   updates of anything but policies, scanning and tag mutability
 */
#include "lab/services/ecr/nouns.h"

#include "lab/aws/cfn_input.h"

#include <string.h>

static int call(struct request *rq, int op, const json_t *in)
{
	int err = aws_call(rq, rq->caller, &ecr_model, op, in, NULL);

	return err > 0 ? fault_pass(rq) : err;
}

/* A policy is an object in a template and a text in the API. */
static const char *text_of(struct request *rq, const json_t *policy)
{
	AUTO_FREE char *text = NULL;

	if (!policy || json_is_string(policy))
		return json_string_value(policy);
	text = json_text(policy);
	return rq_strdup(rq, text);
}

static int put_policies(struct request *rq, const json_t *props, const char *name)
{
	const char *policy = text_of(rq, json_get(props, "RepositoryPolicyText"));
	const char *lifecycle = json_path_str(props, "LifecyclePolicy.LifecyclePolicyText");
	json_t *in = rq_object(rq);
	int err = 0;

	json_set_str(in, "repositoryName", name);
	if (policy) {
		json_set_str(in, "policyText", policy);
		err = call(rq, ECR_SetRepositoryPolicy, in);
		json_drop(in, "policyText");
	}
	if (!err && lifecycle) {
		json_set_str(in, "lifecyclePolicyText", lifecycle);
		err = call(rq, ECR_PutLifecyclePolicy, in);
	}
	return err;
}

/* Properties that CreateRepository does not have. */
static const char *const others[] = {"RepositoryPolicyText", "LifecyclePolicy", "EmptyOnDelete"};

static int create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *props = rq_copy(rq, r->props), *in;
	const json_t *tag;
	json_t *tags;
	size_t i;
	int err;

	for (i = 0; i < array_len(others); i++)
		json_drop(props, others[i]);
	err = cfn_input(rq, &ecr_model, ECR_CreateRepository, props, &in);
	if (err)
		return err;
	if (!json_has(in, "repositoryName"))
		json_set_str(in, "repositoryName", cfn_name(rq, r, 256, true));
	tags = json_object_get(in, "tags");
	if (!tags)
		tags = json_add_array(in, "tags");
	json_each (r->tags, i, tag)
		json_push(tags, tag);
	err = call(rq, ECR_CreateRepository, in);
	if (err)
		return err;
	*ret_id = rq_strdup(rq, json_str(in, "repositoryName"));
	return put_policies(rq, r->props, *ret_id);
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
	return err ? err : put_policies(rq, r->props, r->physical_id);
}

static int delete (struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);
	int err;

	json_set_str(in, "repositoryName", r->physical_id);
	json_set_bool(in, "force", json_bool_or(r->props, "EmptyOnDelete", false));
	err = aws_call(rq, rq->caller, &ecr_model, ECR_DeleteRepository, in, NULL);
	if (err > 0 && strcmp(rq->called.code, "RepositoryNotFoundException") == 0)
		return 0;
	return err > 0 ? fault_pass(rq) : err;
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
