/*
 * codedeploy.c - CodeDeploy: applications and deployment groups, kept.
 *
 *   keeps      codedeploy/application  by name                 as GetApplication shows it, _Tags
 *              codedeploy/group        by application/name     as GetDeploymentGroup shows it
 *   publishes  nothing
 *   left out   deployments, so there are none to list; configurations of one's own
 */
#include "lab/services/codedeploy/codedeploy.h"

#include "lab/aws/page.h"
#include "lab/models/codedeploy.h"
#include "lab/services/codedeploy/codedeploy_cfn.h"

#include <string.h>

#define APPLICATION "codedeploy/application"
#define GROUP "codedeploy/group"

#define PAGE 100

static const char *group_key(struct request *rq, const json_t *in)
{
	return rq_fmt(rq, "%s/%s", json_str(in, "applicationName"),
		      json_str(in, "deploymentGroupName"));
}

static int no_application(struct request *rq, const json_t *in)
{
	return fault(rq, CODEDEPLOY_ApplicationDoesNotExistException,
		     "No application found for name: %s", json_str(in, "applicationName"));
}

static int create_application(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "applicationName");
	json_t *application = rq_object(rq);

	if (store_has(rq->tx, APPLICATION, name))
		return fault(rq, CODEDEPLOY_ApplicationAlreadyExistsException,
			     "Application %s already exists.", name);
	json_set_str(application, "applicationId", id_uuid(rq));
	json_set_str(application, "applicationName", name);
	json_set_time(application, "createTime", rq->now);
	json_set_bool(application, "linkedToGitHub", false);
	json_set_str(application, "computePlatform", json_str_or(in, "computePlatform", "Server"));
	json_set(application, "_Tags", json_get(in, "tags"));
	store_put(rq->tx, APPLICATION, name, application);
	json_set(out, "applicationId", json_get(application, "applicationId"));
	return 0;
}

static int get_application(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *application = store_get(rq->tx, APPLICATION, json_str(in, "applicationName"));

	if (!application)
		return no_application(rq, in);
	json_set(out, "application", application);
	return 0;
}

static int put_page(struct request *rq, const json_t *in, json_t *out, const json_t *all,
		    const char *member)
{
	const char *next = NULL;
	json_t *page = page_of(rq, all, PAGE, json_str(in, "nextToken"), &next);

	if (!page)
		return fault(rq, CODEDEPLOY_InvalidNextTokenException,
			     "The specified token is not valid.");
	json_set(out, member, page);
	json_set_str(out, "nextToken", next);
	return 0;
}

static int list_applications(struct request *rq, const json_t *in, json_t *out)
{
	return put_page(rq, in, out, store_keys(rq->tx, APPLICATION, ""), "applications");
}

/* Its groups go with it. What is not there is gone already. */
static int delete_application(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "applicationName");
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, GROUP, rq_fmt(rq, "%s/", name)), i, key)
		store_delete(rq->tx, GROUP, json_string_value(key));
	store_delete(rq->tx, APPLICATION, name);
	return 0;
}

/* What a group has when nothing was said. */
static void set_defaults(json_t *group, const char *platform)
{
	static const char *const lists[] = {"ec2TagFilters", "onPremisesInstanceTagFilters",
					    "autoScalingGroups", "triggerConfigurations"};
	bool ecs = strcmp(platform, "ECS") == 0;

	for (size_t i = 0; i < array_len(lists); i++)
		if (!json_has(group, lists[i]))
			json_add_array(group, lists[i]);
	if (!json_has(group, "deploymentConfigName"))
		json_set_str(group, "deploymentConfigName",
			     ecs ? "CodeDeployDefault.ECSAllAtOnce"
				 : "CodeDeployDefault.OneAtATime");
	if (!json_has(group, "outdatedInstancesStrategy"))
		json_set_str(group, "outdatedInstancesStrategy", "UPDATE");
	json_set_str(group, "computePlatform", platform);
}

/* On ECS a deployment is blue/green, between two target groups of one service. */
static int check_group(struct request *rq, const json_t *in, const char *platform)
{
	if (strcmp(platform, "ECS") != 0)
		return 0;
	if (strcmp(json_str_or(json_get(in, "deploymentStyle"), "deploymentType", ""),
		   "BLUE_GREEN") != 0)
		return fault(rq, CODEDEPLOY_InvalidDeploymentStyleException,
			     "Deployment group's deployment style is invalid for the ECS compute "
			     "platform.");
	if (json_array_size(json_get(in, "ecsServices")) != 1)
		return fault(rq, CODEDEPLOY_InvalidECSServiceException,
			     "The number of ECS services must be one.");
	if (json_array_size(json_path(in, "loadBalancerInfo.targetGroupPairInfoList")) != 1)
		return fault(rq, CODEDEPLOY_InvalidTargetGroupPairException,
			     "The number of target group pairs must be one.");
	return 0;
}

static int put_group(struct request *rq, const json_t *in, json_t *group, const char *platform)
{
	int err = pass_role(rq, json_str(group, "serviceRoleArn"), "codedeploy.amazonaws.com");

	if (!err)
		err = check_group(rq, group, platform);
	if (err)
		return err;
	set_defaults(group, platform);
	store_put(rq->tx, GROUP, group_key(rq, group), group);
	return 0;
}

static int create_deployment_group(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *application = store_get(rq->tx, APPLICATION, json_str(in, "applicationName"));
	json_t *group = rq_copy(rq, in);
	int err;

	if (!application)
		return no_application(rq, in);
	if (store_has(rq->tx, GROUP, group_key(rq, in)))
		return fault(rq, CODEDEPLOY_DeploymentGroupAlreadyExistsException,
			     "Deployment Group %s already exists.",
			     json_str(in, "deploymentGroupName"));
	json_set(group, "_Tags", json_get(in, "tags"));
	json_drop(group, "tags");
	json_set_str(group, "deploymentGroupId", id_uuid(rq));
	err = put_group(rq, in, group, json_str(application, "computePlatform"));
	if (err)
		return err;
	json_set(out, "deploymentGroupId", json_get(group, "deploymentGroupId"));
	return 0;
}

static int no_group(struct request *rq, const json_t *in)
{
	return fault(rq, CODEDEPLOY_DeploymentGroupDoesNotExistException,
		     "No Deployment Group found for name: %s", json_str(in, "deploymentGroupName"));
}

/* What is named is replaced; the rest stays. */
static int update_deployment_group(struct request *rq, const json_t *in, json_t *out)
{
	json_t *changed = rq_copy(rq, in);
	json_t *names = rq_object(rq);
	json_t *group;
	const char *old_key;

	if (!store_has(rq->tx, APPLICATION, json_str(in, "applicationName")))
		return no_application(rq, in);
	json_set(names, "applicationName", json_get(in, "applicationName"));
	json_set(names, "deploymentGroupName", json_get(in, "currentDeploymentGroupName"));
	old_key = group_key(rq, names);
	group = store_edit(rq->tx, GROUP, old_key);
	if (!group)
		return no_group(rq, names);
	json_set(changed, "deploymentGroupName", json_get(in, "newDeploymentGroupName"));
	json_drop(changed, "newDeploymentGroupName");
	json_drop(changed, "currentDeploymentGroupName");
	store_delete(rq->tx, GROUP, old_key);
	json_object_update(group, changed);
	return put_group(rq, in, group, json_str(group, "computePlatform"));
}

static int get_deployment_group(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *group = store_get(rq->tx, GROUP, group_key(rq, in));

	if (!store_has(rq->tx, APPLICATION, json_str(in, "applicationName")))
		return no_application(rq, in);
	if (!group)
		return no_group(rq, in);
	json_set(out, "deploymentGroupInfo", group);
	return 0;
}

static int list_deployment_groups(struct request *rq, const json_t *in, json_t *out)
{
	const char *application = json_str(in, "applicationName");
	const char *prefix = rq_fmt(rq, "%s/", application);
	json_t *names = rq_array(rq);
	const json_t *key;
	size_t i;

	if (!store_has(rq->tx, APPLICATION, application))
		return no_application(rq, in);
	json_each (store_keys(rq->tx, GROUP, prefix), i, key)
		json_push_str(names, json_string_value(key) + strlen(prefix));
	json_set_str(out, "applicationName", application);
	return put_page(rq, in, out, names, "deploymentGroups");
}

static int delete_deployment_group(struct request *rq, const json_t *in, json_t *out)
{
	store_delete(rq->tx, GROUP, group_key(rq, in));
	json_add_array(out, "hooksNotCleanedUp");
	return 0;
}

/* There is no way to start one yet. */
static int list_deployments(struct request *rq, const json_t *in, json_t *out)
{
	if (json_has(in, "applicationName") &&
	    !store_has(rq->tx, APPLICATION, json_str(in, "applicationName")))
		return no_application(rq, in);
	json_add_array(out, "deployments");
	return 0;
}

/* The ones AWS brings along for ECS: name, kind, percentage, minutes. */
static const struct {
	const char *name, *type, *member, *percentage, *interval;
	int percent, minutes;
} configs[] = {
	{.name = "CodeDeployDefault.ECSAllAtOnce", .type = "AllAtOnce"},
	{"CodeDeployDefault.ECSCanary10Percent15Minutes", "TimeBasedCanary", "timeBasedCanary",
	 "canaryPercentage", "canaryInterval", 10, 15},
	{"CodeDeployDefault.ECSCanary10Percent5Minutes", "TimeBasedCanary", "timeBasedCanary",
	 "canaryPercentage", "canaryInterval", 10, 5},
	{"CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "TimeBasedLinear", "timeBasedLinear",
	 "linearPercentage", "linearInterval", 10, 1},
	{"CodeDeployDefault.ECSLinear10PercentEvery3Minutes", "TimeBasedLinear", "timeBasedLinear",
	 "linearPercentage", "linearInterval", 10, 3},
};

static int get_deployment_config(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "deploymentConfigName");

	for (size_t i = 0; i < array_len(configs); i++) {
		json_t *info, *routing, *step;

		if (strcmp(configs[i].name, name) != 0)
			continue;
		info = json_add_object(out, "deploymentConfigInfo");
		json_set_str(info, "deploymentConfigName", name);
		json_set_str(info, "computePlatform", "ECS");
		routing = json_add_object(info, "trafficRoutingConfig");
		json_set_str(routing, "type", configs[i].type);
		if (!configs[i].member)
			return 0;
		step = json_add_object(routing, configs[i].member);
		json_set_int(step, configs[i].percentage, configs[i].percent);
		json_set_int(step, configs[i].interval, configs[i].minutes);
		return 0;
	}
	return fault(rq, CODEDEPLOY_DeploymentConfigDoesNotExistException,
		     "No deployment configuration found for name: %s", name);
}

static int list_deployment_configs(struct request *rq, const json_t *in, json_t *out)
{
	json_t *names = json_add_array(out, "deploymentConfigsList");

	for (size_t i = 0; i < array_len(configs); i++)
		json_push_str(names, configs[i].name);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *application = json_str(in, "applicationName");
	const char *group = json_str(in, "deploymentGroupName");

	if (!group)
		group = json_str(in, "currentDeploymentGroupName");
	if (application && group)
		return rq_arn(rq, "codedeploy",
			      rq_fmt(rq, "deploymentgroup:%s/%s", application, group));
	if (application)
		return rq_arn(rq, "codedeploy", rq_fmt(rq, "application:%s", application));
	return NULL;
}

static op_fn *const ops[CODEDEPLOY_NOPS] = {
	[CODEDEPLOY_CreateApplication] = create_application,
	[CODEDEPLOY_CreateDeploymentGroup] = create_deployment_group,
	[CODEDEPLOY_DeleteApplication] = delete_application,
	[CODEDEPLOY_DeleteDeploymentGroup] = delete_deployment_group,
	[CODEDEPLOY_GetApplication] = get_application,
	[CODEDEPLOY_GetDeploymentConfig] = get_deployment_config,
	[CODEDEPLOY_GetDeploymentGroup] = get_deployment_group,
	[CODEDEPLOY_ListApplications] = list_applications,
	[CODEDEPLOY_ListDeploymentConfigs] = list_deployment_configs,
	[CODEDEPLOY_ListDeploymentGroups] = list_deployment_groups,
	[CODEDEPLOY_ListDeployments] = list_deployments,
	[CODEDEPLOY_UpdateDeploymentGroup] = update_deployment_group,
};

const struct service codedeploy_service = {
	.model = &codedeploy_model,
	.ops = ops,
	.resources = codedeploy_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
