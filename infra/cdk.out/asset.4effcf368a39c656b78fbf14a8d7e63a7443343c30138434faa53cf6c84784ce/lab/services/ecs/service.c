/*
 * service.c - services: so many tasks of one definition, kept alive.
 *
 *   keeps      ecs/service  by cluster/name  as DescribeServices shows it; counts and events apart
 *   left out   DAEMON, capacity provider strategies, service registries, Service Connect, the native
 *              BLUE_GREEN, LINEAR and CANARY strategies, deployment alarms
 */
#include "lab/services/ecs/nouns.h"

#include <string.h>

#define SLR "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"

const char *service_key(struct request *rq, const json_t *service)
{
	return rq_fmt(rq, "%s/%s", json_str(service, "_cluster"), json_str(service, "serviceName"));
}

json_t *service_edit(struct request *rq, const json_t *service)
{
	return store_edit(rq->tx, SERVICE, service_key(rq, service));
}

void service_put(struct request *rq, json_t *service)
{
	store_put(rq->tx, SERVICE, service_key(rq, service), service);
	lab_wake(rq->lab, &ecs_model);
}

int service_find(struct request *rq, const char *cluster, const char *ref,
		 const json_t **ret_service)
{
	const json_t *found;
	const json_t *service;
	int err;

	err = cluster_find(rq, cluster, &found);
	if (err)
		return err;
	service =
		store_get(rq->tx, SERVICE,
			  rq_fmt(rq, "%s/%s", cluster_name(cluster), ref ? ecs_ref_name(ref) : ""));
	if (!service)
		return fault(rq, ECS_ServiceNotFoundException, "Service not found.");
	*ret_service = service;
	return 0;
}

bool service_has_controller(const json_t *service, const char *type)
{
	const char *controller = json_path_str(service, "deploymentController.type");

	return strcmp(controller ? controller : "ECS", type) == 0;
}

const json_t *service_units(const json_t *service)
{
	return json_get(service,
			service_has_controller(service, "ECS") ? "deployments" : "taskSets");
}

const json_t *service_unit(const json_t *service, const char *status)
{
	const json_t *units = service_units(service);
	const json_t *unit;
	size_t i;

	json_each (units, i, unit)
		if (strcmp(json_str_or(unit, "status", ""), status) == 0)
			return unit;
	return NULL;
}

static int check_deployment(struct request *rq, const json_t *configuration)
{
	int64_t maximum = json_int_or(configuration, "maximumPercent", 200);
	int64_t minimum = json_int_or(configuration, "minimumHealthyPercent", 100);

	if (maximum < 100 || maximum > 200 || minimum < 0 || minimum > 100)
		return fault(rq, ECS_InvalidParameterException,
			     "minimumHealthyPercent must be between 0 and 100 and maximumPercent "
			     "between 100 and 200.");
	if (maximum == 100 && minimum == 100)
		return fault(rq, ECS_InvalidParameterException,
			     "Both maximumPercent and minimumHealthyPercent cannot be 100 as this "
			     "will block deployments.");
	return 0;
}

static int check_kind(struct request *rq, const json_t *in)
{
	const char *launch = json_str_or(in, "launchType", "EC2");
	const json_t *strategy = json_get(in, "capacityProviderStrategy");

	if (strcmp(json_str_or(in, "schedulingStrategy", "REPLICA"), "REPLICA") != 0)
		return fault(rq, ECS_UnsupportedFeatureException,
			     "The DAEMON scheduling strategy is not in the lab.");
	if (json_array_size(strategy) &&
	    strncmp(json_str_or(json_at(strategy, 0), "capacityProvider", ""), "FARGATE", 7) == 0)
		return 0;
	if (strcmp(launch, "FARGATE") != 0)
		return fault(rq, ECS_UnsupportedFeatureException,
			     "Launch type %s is not in the lab: only FARGATE is.", launch);
	return 0;
}

static int find_definition(struct request *rq, const json_t *in, const json_t **ret_definition)
{
	const char *ref = json_str(in, "taskDefinition");
	const json_t *definition = task_definition_find(rq, ref);

	if (!ref)
		return fault(rq, ECS_InvalidParameterException, "TaskDefinition cannot be blank.");
	if (!definition)
		return fault(rq, ECS_ClientException, "TaskDefinition not found.");
	if (strcmp(json_str(definition, "status"), "ACTIVE") != 0)
		return fault(rq, ECS_ClientException, "TaskDefinition is inactive");
	if (!json_list_has(json_get(definition, "compatibilities"), "FARGATE"))
		return fault(rq, ECS_InvalidParameterException,
			     "Task definition does not support launch_type FARGATE.");
	*ret_definition = definition;
	return 0;
}

static int check_new(struct request *rq, const json_t *in, const char *key)
{
	const json_t *old = store_get(rq->tx, SERVICE, key);
	const char *status = json_str_or(old, "status", "INACTIVE");
	const char *name = json_str_or(in, "serviceName", "");
	int err;

	if (!*name || strlen(name) > 255 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
		    strlen(name))
		return fault(rq, ECS_InvalidParameterException, "Invalid service name.");
	if (strcmp(status, "ACTIVE") == 0)
		return fault(rq, ECS_InvalidParameterException,
			     "Creation of service was not idempotent.");
	if (strcmp(status, "DRAINING") == 0)
		return fault(rq, ECS_InvalidParameterException,
			     "Unable to Start a service that is still Draining.");
	if (json_has(in, "healthCheckGracePeriodSeconds") &&
	    !json_array_size(json_get(in, "loadBalancers")))
		return fault(rq, ECS_InvalidParameterException,
			     "Health check grace period is only valid for services configured to "
			     "use load balancers");
	err = check_kind(rq, in);
	return err ? err : check_deployment(rq, json_get(in, "deploymentConfiguration"));
}

static void set_deployment_configuration(json_t *service, const json_t *in)
{
	const json_t *given = json_get(in, "deploymentConfiguration");
	json_t *kept = json_object_get(service, "deploymentConfiguration");

	if (!kept)
		kept = json_add_object(service, "deploymentConfiguration");
	json_set_int(
		kept, "maximumPercent",
		json_int_or(given, "maximumPercent", json_int_or(kept, "maximumPercent", 200)));
	json_set_int(kept, "minimumHealthyPercent",
		     json_int_or(given, "minimumHealthyPercent",
				 json_int_or(kept, "minimumHealthyPercent", 100)));
	if (service_has_controller(service, "ECS") && !json_has(kept, "deploymentCircuitBreaker")) {
		json_t *breaker = json_add_object(kept, "deploymentCircuitBreaker");

		json_set_bool(breaker, "enable", false);
		json_set_bool(breaker, "rollback", false);
	}
	json_set(kept, "deploymentCircuitBreaker", json_get(given, "deploymentCircuitBreaker"));
}

static void fill_service(struct request *rq, const json_t *in, const json_t *cluster,
			 const json_t *definition, json_t *service)
{
	const char *name = json_str(in, "serviceName");
	const char *cluster_is = json_str(cluster, "clusterName");

	json_set_str(service, "serviceArn",
		     rq_arn(rq, "ecs", rq_fmt(rq, "service/%s/%s", cluster_is, name)));
	json_set_str(service, "serviceName", name);
	json_set(service, "clusterArn", json_get(cluster, "clusterArn"));
	json_set_str(service, "_cluster", cluster_is);
	json_add_array(service, "loadBalancers");
	json_set(service, "loadBalancers", json_get(in, "loadBalancers"));
	json_add_array(service, "serviceRegistries");
	json_set_str(service, "status", "ACTIVE");
	json_set_int(service, "desiredCount", json_int_or(in, "desiredCount", 0));
	json_set_str(service, "launchType", "FARGATE");
	json_set_str(service, "platformVersion", json_str_or(in, "platformVersion", "LATEST"));
	json_set_str(service, "platformFamily", "Linux");
	json_set(service, "taskDefinition", json_get(definition, "taskDefinitionArn"));
	json_add_array(service, "deployments");
	json_set_str(service, "roleArn", rq_fmt(rq, "arn:aws:iam::%s:%s", rq->account, SLR));
	json_set_time(service, "createdAt", rq->now);
	json_add_array(service, "placementConstraints");
	json_add_array(service, "placementStrategy");
	json_set(service, "networkConfiguration", json_get(in, "networkConfiguration"));
	if (json_array_size(json_get(in, "loadBalancers")))
		json_set_int(service, "healthCheckGracePeriodSeconds",
			     json_int_or(in, "healthCheckGracePeriodSeconds", 0));
	json_set_str(service, "schedulingStrategy", "REPLICA");
	json_set_str(json_add_object(service, "deploymentController"), "type", "ECS");
	json_set(service, "deploymentController", json_get(in, "deploymentController"));
	set_deployment_configuration(service, in);
	json_set_str(service, "createdBy", rq->caller->arn);
	json_set_bool(service, "enableECSManagedTags",
		      json_bool_or(in, "enableECSManagedTags", false));
	json_set_str(service, "propagateTags", json_str_or(in, "propagateTags", "NONE"));
	json_set_bool(service, "enableExecuteCommand",
		      json_bool_or(in, "enableExecuteCommand", false));
	json_set(service, "tags", json_get(in, "tags"));
}

/* As DescribeServices shows it: with counts and events. */
static void show_service(struct request *rq, const json_t *service, bool tags, json_t *ret_shown)
{
	static const char *const lists[] = {"deployments", "taskSets"};
	int64_t all_running = 0, all_pending = 0;

	json_object_update(ret_shown, rq_copy(rq, service));
	if (!tags)
		json_drop(ret_shown, "tags");
	for (size_t list = 0; list < array_len(lists); list++) {
		json_t *units = json_object_get(ret_shown, lists[list]);
		json_t *unit;
		size_t i;

		json_array_foreach (units, i, unit) {
			int running, pending;

			service_unit_counts(rq, service, json_str(unit, "id"), &running, &pending);
			json_set_int(unit, "runningCount", running);
			json_set_int(unit, "pendingCount", pending);
			all_running += running;
			all_pending += pending;
		}
	}
	json_set_int(ret_shown, "runningCount", all_running);
	json_set_int(ret_shown, "pendingCount", all_pending);
	json_set(ret_shown, "events", service_events(rq, service));
}

static void answer(struct request *rq, const json_t *service, json_t *out)
{
	show_service(rq, service, true, json_add_object(out, "service"));
}

/* A CODE_DEPLOY service brings its first task set along; an EXTERNAL one gets none. */
static void first_unit(struct request *rq, json_t *service)
{
	json_t *wish = rq_object(rq);

	if (service_has_controller(service, "ECS")) {
		deployment_new(rq, service);
		return;
	}
	json_add_array(service, "taskSets");
	if (!service_has_controller(service, "CODE_DEPLOY"))
		return;
	json_set(wish, "taskDefinition", json_get(service, "taskDefinition"));
	json_set(wish, "networkConfiguration", json_get(service, "networkConfiguration"));
	json_set(wish, "loadBalancers", json_get(service, "loadBalancers"));
	json_set_num(json_add_object(wish, "scale"), "value", 100);
	task_set_new(rq, service, wish, "PRIMARY");
}

int ecs_create_service(struct request *rq, const json_t *in, json_t *out)
{
	const char *controller = json_path_str(in, "deploymentController.type");
	bool external = controller && strcmp(controller, "EXTERNAL") == 0;
	const json_t *cluster, *definition = NULL;
	const char *key;
	json_t *service;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (err)
		return err;
	key = rq_fmt(rq, "%s/%s", json_str(cluster, "clusterName"),
		     json_str_or(in, "serviceName", ""));
	err = external ? 0 : check_new(rq, in, key);
	if (!err && !external)
		err = find_definition(rq, in, &definition);
	if (!err && !external)
		err = service_check_network(rq, json_get(in, "networkConfiguration"), definition);
	if (!err && !external)
		err = service_check_load_balancers(rq, json_get(in, "loadBalancers"), definition);
	if (err)
		return err;

	service = store_new(rq->tx);
	fill_service(rq, in, cluster, definition, service);
	store_delete(rq->tx, SERVICE_EVENTS, key);
	first_unit(rq, service);
	service_put(rq, service);
	publish(rq->tx, "ecs.service.changed", service);
	answer(rq, service, out);
	return 0;
}

/* What of an update makes a new deployment, and is CodeDeploy's business where that one deploys. */
static const char *const deploying[] = {"taskDefinition", "networkConfiguration", "platformVersion",
					"loadBalancers"};

static int check_controlled(struct request *rq, const json_t *service, const json_t *in)
{
	const char *controller = json_path_str(service, "deploymentController.type");

	if (strcmp(controller, "CODE_DEPLOY") != 0)
		return 0;
	if (json_has(in, "taskDefinition"))
		return fault(
			rq, ECS_InvalidParameterException,
			"Unable to update task definition on services with a CODE_DEPLOY "
			"deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
	if (json_has(in, "networkConfiguration"))
		return fault(
			rq, ECS_InvalidParameterException,
			"Unable to update network parameters on services with a CODE_DEPLOY "
			"deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
	if (json_has(in, "platformVersion"))
		return fault(
			rq, ECS_InvalidParameterException,
			"Unable to update platform version on services with a CODE_DEPLOY "
			"deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
	if (json_array_size(json_get(in, "loadBalancers")))
		return fault(
			rq, ECS_InvalidParameterException,
			"Unable to update load balancers on services with a CODE_DEPLOY "
			"deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
	if (json_bool_or(in, "forceNewDeployment", false))
		return fault(
			rq, ECS_InvalidParameterException,
			"Cannot force a new deployment on services with a CODE_DEPLOY "
			"deployment controller. Use AWS CodeDeploy to trigger a new deployment.");
	return 0;
}

static int update_deployed(struct request *rq, const json_t *in, json_t *service)
{
	bool deploys = json_bool_or(in, "forceNewDeployment", false);
	const json_t *definition;
	int err;

	if (json_has(in, "taskDefinition")) {
		err = find_definition(rq, in, &definition);
		if (err)
			return err;
		json_set(service, "taskDefinition", json_get(definition, "taskDefinitionArn"));
	}
	definition = task_definition_find(rq, json_str(service, "taskDefinition"));
	json_set(service, "networkConfiguration", json_get(in, "networkConfiguration"));
	json_set(service, "platformVersion", json_get(in, "platformVersion"));
	json_set(service, "loadBalancers", json_get(in, "loadBalancers"));
	err = service_check_network(rq, json_get(service, "networkConfiguration"), definition);
	if (!err)
		err = service_check_load_balancers(rq, json_get(service, "loadBalancers"),
						   definition);
	if (err)
		return err;
	for (size_t i = 0; i < array_len(deploying); i++)
		deploys |= json_has(in, deploying[i]);
	if (deploys)
		deployment_new(rq, service);
	return 0;
}

static void update_plain(struct request *rq, const json_t *in, json_t *service)
{
	json_set(service, "desiredCount", json_get(in, "desiredCount"));
	json_set(service, "healthCheckGracePeriodSeconds",
		 json_get(in, "healthCheckGracePeriodSeconds"));
	json_set(service, "enableExecuteCommand", json_get(in, "enableExecuteCommand"));
	json_set(service, "enableECSManagedTags", json_get(in, "enableECSManagedTags"));
	json_set(service, "propagateTags", json_get(in, "propagateTags"));
	set_deployment_configuration(service, in);
}

/* The service of an update or a deletion. */
static int find_active(struct request *rq, const json_t *in, const json_t **ret_service)
{
	int err = service_find(rq, json_str(in, "cluster"), json_str(in, "service"), ret_service);

	if (!err && strcmp(json_str(*ret_service, "status"), "ACTIVE") != 0)
		return fault(rq, ECS_ServiceNotActiveException, "Service was not ACTIVE.");
	return err;
}

int ecs_update_service(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *found;
	json_t *service;
	int err;

	err = find_active(rq, in, &found);
	if (err)
		return err;
	if (json_has(in, "healthCheckGracePeriodSeconds") &&
	    !json_array_size(json_get(found, "loadBalancers")))
		return fault(rq, ECS_InvalidParameterException,
			     "Health check grace period is only valid for services configured to "
			     "use load balancers");
	err = check_controlled(rq, found, in);
	if (!err)
		err = check_deployment(rq, json_get(in, "deploymentConfiguration"));
	if (err)
		return err;

	service = service_edit(rq, found);
	update_plain(rq, in, service);
	if (service_has_controller(service, "ECS")) {
		err = update_deployed(rq, in, service);
		if (err)
			return err;
		deployments_scale(rq, service);
	} else {
		task_sets_scale(rq, service);
	}
	service_put(rq, service);
	publish(rq->tx, "ecs.service.changed", service);
	answer(rq, service, out);
	return 0;
}

int ecs_delete_service(struct request *rq, const json_t *in, json_t *out)
{
	bool force = json_bool_or(in, "force", false);
	const json_t *found;
	json_t *service;
	int err;

	err = find_active(rq, in, &found);
	if (err)
		return err;
	if (json_int_or(found, "desiredCount", 0) > 0 && !force)
		return fault(rq, ECS_InvalidParameterException,
			     "The service cannot be stopped while it is scaled above 0.");
	if (json_array_size(json_get(found, "taskSets")) > 0 && !force)
		return fault(rq, ECS_InvalidParameterException,
			     "The service cannot be stopped while deployments are active.");

	service = service_edit(rq, found);
	json_set_str(service, "status", "DRAINING");
	json_set_int(service, "desiredCount", 0);
	deployments_scale(rq, service);
	if (json_has(service, "taskSets"))
		task_sets_scale(rq, service);
	service_put(rq, service);
	publish(rq->tx, "ecs.service.changed", service);
	answer(rq, service, out);
	return 0;
}

int ecs_describe_services(struct request *rq, const json_t *in, json_t *out)
{
	bool tags = json_list_has(json_get(in, "include"), "TAGS");
	const json_t *refs = json_get(in, "services");
	json_t *services = json_add_array(out, "services");
	json_t *failures = json_add_array(out, "failures");
	const json_t *cluster, *element;
	size_t i;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (err)
		return err;
	if (!json_array_size(refs))
		return fault(rq, ECS_InvalidParameterException, "Services cannot be empty.");
	if (json_array_size(refs) > 10)
		return fault(rq, ECS_InvalidParameterException, "Too many services.");
	json_each (refs, i, element) {
		const char *name = ecs_ref_name(json_string_value(element));
		const char *key = rq_fmt(rq, "%s/%s", json_str(cluster, "clusterName"), name);
		const json_t *service = store_get(rq->tx, SERVICE, key);

		if (service)
			show_service(rq, service, tags, json_push_object(services));
		else
			ecs_push_missing(rq, failures, rq_fmt(rq, "service/%s", key));
	}
	return 0;
}

int ecs_list_services(struct request *rq, const json_t *in, json_t *out)
{
	json_t *arns = rq_array(rq);
	const json_t *cluster, *all, *service;
	json_t *asked = rq_copy(rq, in);
	size_t i;
	int err;

	err = cluster_find(rq, json_str(in, "cluster"), &cluster);
	if (err)
		return err;
	all = store_list_prefix(rq->tx, SERVICE,
				rq_fmt(rq, "%s/", json_str(cluster, "clusterName")));
	json_each (all, i, service)
		if (strcmp(json_str(service, "status"), "INACTIVE") != 0)
			json_push_str(arns, json_str(service, "serviceArn"));
	if (!json_has(asked, "maxResults"))
		json_set_int(asked, "maxResults", 10);
	return ecs_list_page(rq, asked, arns, "serviceArns", out);
}
