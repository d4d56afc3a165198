/*
 * cloudformation.c - stacks: templates become resources, in order, and go again.
 *
 *   keeps      see stack.h
 *   hears      what load balancers, services, tasks and databases say of themselves, so that a stack
 *              which waits for them goes on at once; tick() looks all the same, 100 ms later
 *   left out   nested stacks, macros, custom resources, imports of resources; stack policies,
 *              rollback triggers, notifications, costs
 */
#include "lab/services/cloudformation/cloudformation.h"
#include "lab/services/cloudformation/stack.h"

#include <string.h>

static op_fn *const ops[CLOUDFORMATION_NOPS] = {
	[CLOUDFORMATION_CancelUpdateStack] = cloudformation_cancel_update_stack,
	[CLOUDFORMATION_ContinueUpdateRollback] = cloudformation_continue_update_rollback,
	[CLOUDFORMATION_CreateChangeSet] = cloudformation_create_change_set,
	[CLOUDFORMATION_CreateStack] = cloudformation_create_stack,
	[CLOUDFORMATION_DeleteChangeSet] = cloudformation_delete_change_set,
	[CLOUDFORMATION_DeleteStack] = cloudformation_delete_stack,
	[CLOUDFORMATION_DescribeChangeSet] = cloudformation_describe_change_set,
	[CLOUDFORMATION_DescribeStackEvents] = cloudformation_describe_stack_events,
	[CLOUDFORMATION_DescribeStackResource] = cloudformation_describe_stack_resource,
	[CLOUDFORMATION_DescribeStackResources] = cloudformation_describe_stack_resources,
	[CLOUDFORMATION_DescribeStacks] = cloudformation_describe_stacks,
	[CLOUDFORMATION_DescribeStackDriftDetectionStatus] =
		cloudformation_describe_stack_drift_detection_status,
	[CLOUDFORMATION_DescribeStackResourceDrifts] =
		cloudformation_describe_stack_resource_drifts,
	[CLOUDFORMATION_DetectStackDrift] = cloudformation_detect_stack_drift,
	[CLOUDFORMATION_DetectStackResourceDrift] = cloudformation_detect_stack_resource_drift,
	[CLOUDFORMATION_ExecuteChangeSet] = cloudformation_execute_change_set,
	[CLOUDFORMATION_GetTemplate] = cloudformation_get_template,
	[CLOUDFORMATION_GetTemplateSummary] = cloudformation_get_template_summary,
	[CLOUDFORMATION_ListChangeSets] = cloudformation_list_change_sets,
	[CLOUDFORMATION_ListExports] = cloudformation_list_exports,
	[CLOUDFORMATION_ListImports] = cloudformation_list_imports,
	[CLOUDFORMATION_ListStackResources] = cloudformation_list_stack_resources,
	[CLOUDFORMATION_ListStacks] = cloudformation_list_stacks,
	[CLOUDFORMATION_RollbackStack] = cloudformation_rollback_stack,
	[CLOUDFORMATION_UpdateStack] = cloudformation_update_stack,
	[CLOUDFORMATION_UpdateTerminationProtection] = cloudformation_update_termination_protection,
	[CLOUDFORMATION_ValidateTemplate] = cloudformation_validate_template,
};

/* What the CDK says of itself in a template: on AWS, too, nothing is made of it. */
static int metadata_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	*ret_id = id_uuid(rq);
	return 0;
}

static const struct resource resources[] = {
	{.type = "AWS::CDK::Metadata", .create = metadata_create},
	{.type = NULL},
};

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str(in, "StackName"), *id = name ? stack_find(rq, name) : NULL;

	if (id || !name)
		return id;
	return strncmp(name, "arn:", 4) == 0
		       ? name
		       : rq_arn(rq, "cloudformation", rq_fmt(rq, "stack/%s/*", name));
}

/* Something that a stack may wait for has moved: asked at once, not when the clock says so. */
static void hear_change(struct request *rq, const json_t *detail)
{
	if (store_count(rq->tx, STACK_MOVING) > 0)
		lab_wake(rq->lab, rq->model);
}

static const struct hearing hears[] = {
	{"ecs.service.changed", hear_change},	      {"ecs.task.changed", hear_change},
	{"elbv2.load-balancer.changed", hear_change}, {"elbv2.target.changed", hear_change},
	{"rds.instance.changed", hear_change},	      {NULL, NULL},
};

const struct service cloudformation_service = {
	.model = &cloudformation_model,
	.ops = ops,
	.hears = hears,
	.resources = resources,
	.tick = cloudformation_tick,
	.arn_of = arn_of,
};
