/*
 * ecs_cfn.c - AWS::ECS::Cluster, ::TaskDefinition and ::Service.
 *
 * A service is there when it is steady: CloudFormation waits for the same, whoever deploys it.
 *
 *   left out   capacity providers, task sets and primary task sets as resources
 */
#include "lab/services/ecs/nouns.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

#define SETTLES_WITHIN (3 * HOUR) /* CloudFormation gives up */

static int make_input(struct request *rq, int op, const struct cfn_resource *r, json_t **ret_in)
{
	json_t *props = rq_copy(rq, r->props);

	json_set(props, "Tags", cfn_tags(rq, r));
	return cfn_input(rq, &ecs_model, op, props, ret_in);
}

/* CloudFormation calls a cluster's settings ClusterSettings. */
static struct cfn_resource as_cluster(struct request *rq, const struct cfn_resource *r)
{
	struct cfn_resource renamed = *r;
	json_t *props = rq_copy(rq, r->props);

	json_set(props, "Settings", json_get(props, "ClusterSettings"));
	json_drop(props, "ClusterSettings");
	renamed.props = props;
	return renamed;
}

static int cluster_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	struct cfn_resource named = as_cluster(rq, r);
	json_t *in;
	int err;

	err = make_input(rq, ECS_CreateCluster, &named, &in);
	if (err)
		return err;
	json_set_str(in, "clusterName", cfn_name_prop(rq, r, "ClusterName", 255, false));
	*ret_id = json_str(in, "clusterName");
	return cfn_call(rq, &ecs_model, ECS_CreateCluster, in, NULL);
}

static const struct cfn_tagging tagging = {
	.model = &ecs_model,
	.tag_op = ECS_TagResource,
	.untag_op = ECS_UntagResource,
	.id = "resourceArn",
	.tags = "tags",
	.keys = "tagKeys",
	.key = "key",
	.value = "value",
};

static int cluster_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	struct cfn_resource named = as_cluster(rq, r);
	json_t *in = rq_object(rq), *all;
	int err;

	err = cfn_input(rq, &ecs_model, ECS_CreateCluster, named.props, &all);
	if (err)
		return err;
	json_set_str(in, "cluster", r->physical_id);
	json_set(in, "settings", json_get(all, "settings"));
	json_set(in, "configuration", json_get(all, "configuration"));
	err = cfn_call(rq, &ecs_model, ECS_UpdateCluster, in, NULL);
	return err ? err
		   : cfn_retag(rq, r, old, &tagging,
			       rq_arn(rq, "ecs", rq_fmt(rq, "cluster/%s", r->physical_id)));
}

static int cluster_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "cluster", r->physical_id);
	return cfn_call_unless(rq, &ecs_model, ECS_DeleteCluster, in, "NotFoundException");
}

static json_t *cluster_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "Arn") != 0)
		return NULL;
	return json_string(rq_arn(rq, "ecs", rq_fmt(rq, "cluster/%s", r->physical_id)));
}

static int definition_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *out = rq_object(rq), *in;
	int err;

	err = make_input(rq, ECS_RegisterTaskDefinition, r, &in);
	if (err)
		return err;
	json_set_str(in, "family", cfn_name_prop(rq, r, "Family", 255, false));
	err = cfn_call(rq, &ecs_model, ECS_RegisterTaskDefinition, in, out);
	if (err)
		return err;
	*ret_id = json_path_str(out, "taskDefinition.taskDefinitionArn");
	return 0;
}

/* All but the tags makes a new revision. */
static int definition_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	return cfn_retag(rq, r, old, &tagging, r->physical_id);
}

static int definition_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	json_set_str(in, "taskDefinition", r->physical_id);
	return cfn_call_unless(rq, &ecs_model, ECS_DeregisterTaskDefinition, in, "ClientException");
}

static json_t *definition_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return strcmp(name, "TaskDefinitionArn") == 0 ? json_string(r->physical_id) : NULL;
}

/* arn:aws:ecs:region:account:service/cluster/name */
static void set_service(struct request *rq, const char *arn, json_t *in)
{
	const char *cluster = arn ? strchr(arn, '/') : NULL;
	const char *name = ecs_ref_name(arn);

	if (!cluster || name == cluster + 1)
		return;
	json_set_str(in, "cluster", rq_fmt(rq, "%.*s", (int)(name - cluster - 2), cluster + 1));
	json_set_str(in, "service", name);
}

static int service_create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	json_t *out = rq_object(rq), *in;
	int err;

	err = make_input(rq, ECS_CreateService, r, &in);
	if (err)
		return err;
	json_set_str(in, "serviceName", cfn_name_prop(rq, r, "ServiceName", 255, false));
	/* Unlike the API, CloudFormation starts one task where nothing is said. */
	if (!json_has(in, "desiredCount"))
		json_set_int(in, "desiredCount", 1);
	err = cfn_call(rq, &ecs_model, ECS_CreateService, in, out);
	if (err)
		return err;
	*ret_id = json_path_str(out, "service.serviceArn");
	return 0;
}

/* What UpdateService takes. */
static const char *const changeable[] = {
	"DesiredCount",		"TaskDefinition",	   "NetworkConfiguration",
	"PlatformVersion",	"DeploymentConfiguration", "LoadBalancers",
	"EnableECSManagedTags", "EnableExecuteCommand",	   "HealthCheckGracePeriodSeconds",
	"PropagateTags",
};

static bool is_changeable(const char *prop)
{
	for (size_t i = 0; i < array_len(changeable); i++)
		if (strcmp(changeable[i], prop) == 0)
			return true;
	return strcmp(prop, "Tags") == 0;
}

/* Of what changed: CodeDeploy's services refuse to be told what stays the same. */
static int changes_of(struct request *rq, const struct cfn_resource *r, const json_t *old,
		      json_t *changes)
{
	const json_t *value;
	const char *prop;

	json_each_member (r->props, prop, value) {
		const json_t *was = json_get(old, prop);

		if (was && json_equal(value, was))
			continue;
		if (!is_changeable(prop))
			return fault_named(rq, "InvalidRequest",
					   "A change of %s of %s is not in the lab", prop,
					   r->logical_id);
		if (strcmp(prop, "Tags") != 0)
			json_set(changes, prop, value);
	}
	return 0;
}

/* Steady was what was wanted before; and CloudFormation's patience begins anew. */
static void note_change(struct request *rq, const json_t *in)
{
	const json_t *found;
	json_t *service;

	if (service_find(rq, json_str(in, "cluster"), json_str(in, "service"), &found))
		return;
	service = service_edit(rq, found);
	json_set_bool(service, "_steady", false);
	json_set_time(service, "_awaited", rq->now);
	service_put(rq, service);
}

static int service_update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	json_t *changes = rq_object(rq), *in;
	int err = changes_of(rq, r, old, changes);

	if (!err)
		err = cfn_input(rq, &ecs_model, ECS_UpdateService, changes, &in);
	if (err)
		return err;
	set_service(rq, r->physical_id, in);
	if (json_object_size(changes) > 0) {
		err = cfn_call(rq, &ecs_model, ECS_UpdateService, in, NULL);
		note_change(rq, in);
	}
	return err ? err : cfn_retag(rq, r, old, &tagging, r->physical_id);
}

static int service_read(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
			int *ret_there)
{
	/* A cluster may be named in many ways, and a family stands for its newest revision. */
	static const struct cfn_alias aliases[] = {
		{"Cluster", "_"}, {"TaskDefinition", "_"}, {NULL, NULL}};
	json_t *ref = rq_object(rq);
	const json_t *service;

	set_service(rq, r->physical_id, ref);
	*ret_there = service_find(rq, json_str(ref, "cluster"), json_str(ref, "service"),
				  &service) == 0 &&
		     strcmp(json_str_or(service, "status", ""), "ACTIVE") == 0;
	if (*ret_there)
		cfn_show(r, service, aliases, ret_props);
	return 0;
}

static int service_delete(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);

	set_service(rq, r->physical_id, in);
	json_set_bool(in, "force", true);
	/* ClusterNotFound, ServiceNotFound, ServiceNotActive */
	return cfn_call_unless(rq, &ecs_model, ECS_DeleteService, in, "Not");
}

static int service_settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	json_t *ref = rq_object(rq);
	const json_t *service;
	lab_ms since;
	int err;

	set_service(rq, r->physical_id, ref);
	err = service_find(rq, json_str(ref, "cluster"), json_str(ref, "service"), &service);
	if (err)
		return err;
	if (deployment_is_failed(service))
		return fault_named(
			rq, "NotStabilized",
			"Error occurred during operation 'ECS Deployment Circuit Breaker "
			"was triggered'.");
	*ret_there = json_bool_or(service, "_steady", false);
	since = json_time_or(service, "_awaited", json_time_or(service, "createdAt", rq->now));
	if (!*ret_there && rq->now.ms - since.ms > SETTLES_WITHIN)
		return fault_named(rq, "NotStabilized",
				   "Resource timed out waiting for completion: the service did not "
				   "stabilize within 3 hours");
	return 0;
}

/* Its tasks go first: they drain and stop, and with them go their addresses. */
static int service_gone(struct request *rq, const struct cfn_resource *r, int *ret_gone)
{
	json_t *ref = rq_object(rq);
	const json_t *service;

	set_service(rq, r->physical_id, ref);
	*ret_gone = service_find(rq, json_str(ref, "cluster"), json_str(ref, "service"),
				 &service) != 0 ||
		    strcmp(json_str_or(service, "status", "INACTIVE"), "INACTIVE") == 0;
	return 0;
}

static json_t *service_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	if (strcmp(name, "Name") == 0)
		return json_string(ecs_ref_name(r->physical_id));
	return strcmp(name, "ServiceArn") == 0 ? json_string(r->physical_id) : NULL;
}

const struct resource ecs_resources[] = {
	{
		.type = "AWS::ECS::Cluster",
		.create = cluster_create,
		.update = cluster_update,
		.delete = cluster_delete,
		.get_att = cluster_att,
	},
	{
		.type = "AWS::ECS::TaskDefinition",
		.create = definition_create,
		.update = definition_update,
		.delete = definition_delete,
		.get_att = definition_att,
	},
	{
		.type = "AWS::ECS::Service",
		.create = service_create,
		.update = service_update,
		.read = service_read,
		.delete = service_delete,
		.settled = service_settled,
		.gone = service_gone,
		.get_att = service_att,
	},
	{.type = NULL},
};
