/*
 * codedeploy_cfn.c - AWS::CodeDeploy::Application and AWS::CodeDeploy::DeploymentGroup.
 */
#include "lab/services/codedeploy/codedeploy_cfn.h"

#include "lab/aws/cfn_call.h"
#include "lab/models/codedeploy.h"

static int create_application(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = NULL;
	int err = cfn_input(rq, &codedeploy_model, CODEDEPLOY_CreateApplication, r->props, &in);

	if (err)
		return err;
	json_set_str(in, "applicationName", cfn_name_prop(rq, r, "ApplicationName", 100, false));
	json_set(in, "tags", cfn_tags(rq, r));
	err = cfn_call(rq, &codedeploy_model, CODEDEPLOY_CreateApplication, in, NULL);
	if (err == 0)
		*ret_id = json_str(in, "applicationName");
	return err;
}

static int delete_application(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "applicationName", r->physical_id);
	return cfn_call_unless(rq, &codedeploy_model, CODEDEPLOY_DeleteApplication, in,
			       "ApplicationDoesNotExistException");
}

/* CloudFormation's ECSServices is the API's ecsServices. */
static int group_input(struct request *rq, const struct cfn_resource *r, int op, json_t **ret_in)
{
	json_t *props = rq_copy(rq, r->props);

	json_set(props, "EcsServices", json_get(props, "ECSServices"));
	json_drop(props, "ECSServices");
	if (op == CODEDEPLOY_UpdateDeploymentGroup) {
		json_drop(props, "DeploymentGroupName");
		json_drop(props, "Tags");
	}
	return cfn_input(rq, &codedeploy_model, op, props, ret_in);
}

static int create_group(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *in = NULL;
	int err = group_input(rq, r, CODEDEPLOY_CreateDeploymentGroup, &in);

	if (err)
		return err;
	json_set_str(in, "deploymentGroupName",
		     cfn_name_prop(rq, r, "DeploymentGroupName", 100, false));
	json_set(in, "tags", cfn_tags(rq, r));
	err = cfn_call(rq, &codedeploy_model, CODEDEPLOY_CreateDeploymentGroup, in, NULL);
	if (err == 0)
		*ret_id = json_str(in, "deploymentGroupName");
	return err;
}

static int update_group(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *in = NULL;
	int err = group_input(rq, r, CODEDEPLOY_UpdateDeploymentGroup, &in);

	if (err)
		return err;
	json_set_str(in, "currentDeploymentGroupName", r->physical_id);
	return cfn_call(rq, &codedeploy_model, CODEDEPLOY_UpdateDeploymentGroup, in, NULL);
}

static int delete_group(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set(in, "applicationName", json_get(r->props, "ApplicationName"));
	json_set_str(in, "deploymentGroupName", r->physical_id);
	return cfn_call_unless(rq, &codedeploy_model, CODEDEPLOY_DeleteDeploymentGroup, in,
			       "DeploymentGroupDoesNotExistException");
}

const struct resource codedeploy_resources[] = {
	{
		.type = "AWS::CodeDeploy::Application",
		.create = create_application,
		.delete = delete_application,
		.note = "kept, does not act yet",
	},
	{
		.type = "AWS::CodeDeploy::DeploymentGroup",
		.create = create_group,
		.update = update_group,
		.delete = delete_group,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
