/*
 * deployment.c - the deployments of a service that deploys by itself: rolled out, completed, failed.
 *
 * They live in their service's document, the PRIMARY one first. The circuit breaker trips when half of
 * the desired count failed, at least 3 and at most 200 tasks; it goes back to the deployment that was
 * completed last, or leaves things as they are and starts no more.
 *
 * Source: ECS Developer Guide, "Deployment circuit breaker".
 *
 *   left out   deployment alarms, thresholdConfiguration, service deployments and revisions
 */
#include "lab/services/ecs/nouns.h"

#include <string.h>

#define BREAKER_MIN 3
#define BREAKER_MAX 200

static bool is(const json_t *deployment, const char *member, const char *value)
{
	return strcmp(json_str_or(deployment, member, ""), value) == 0;
}

static json_t *primary_of(json_t *service)
{
	json_t *deployments = json_object_get(service, "deployments");
	json_t *deployment;
	size_t i;

	json_array_foreach (deployments, i, deployment)
		if (is(deployment, "status", "PRIMARY"))
			return deployment;
	return NULL;
}

static void start_over(json_t *service)
{
	json_set_bool(service, "_steady", false);
	json_set_int(service, "_failures", 0);
	json_drop(service, "_held_until");
}

void deployment_new(struct request *rq, json_t *service)
{
	json_t *deployments = json_object_get(service, "deployments");
	json_t *before = primary_of(service);
	json_t *deployment = json_object();
	const char *id = rq_fmt(rq, "ecs-svc/%s%s", id_text(rq, 1, "123456789"),
				id_text(rq, 18, "0123456789"));

	if (before)
		json_set_str(before, "status", "ACTIVE");
	json_set_str(deployment, "id", id);
	json_set_str(deployment, "status", "PRIMARY");
	json_set(deployment, "taskDefinition", json_get(service, "taskDefinition"));
	json_set(deployment, "desiredCount", json_get(service, "desiredCount"));
	json_set_int(deployment, "pendingCount", 0);
	json_set_int(deployment, "runningCount", 0);
	json_set_int(deployment, "failedTasks", 0);
	json_set_time(deployment, "createdAt", rq->now);
	json_set_time(deployment, "updatedAt", rq->now);
	json_set(deployment, "launchType", json_get(service, "launchType"));
	json_set(deployment, "platformVersion", json_get(service, "platformVersion"));
	json_set(deployment, "platformFamily", json_get(service, "platformFamily"));
	json_set(deployment, "networkConfiguration", json_get(service, "networkConfiguration"));
	json_set_str(deployment, "rolloutState", "IN_PROGRESS");
	json_set_str(deployment, "rolloutStateReason",
		     rq_fmt(rq, "ECS deployment %s in progress.", id));
	json_array_insert_new(deployments, 0, deployment);
	start_over(service);
}

void deployments_scale(struct request *rq, json_t *service)
{
	json_t *primary = primary_of(service);

	if (!primary)
		return;
	json_set(primary, "desiredCount", json_get(service, "desiredCount"));
	json_set_time(primary, "updatedAt", rq->now);
}

void deployment_count_failed(json_t *service, const char *id)
{
	json_t *deployments = json_object_get(service, "deployments");
	json_t *deployment;
	size_t i;

	json_array_foreach (deployments, i, deployment)
		if (id && is(deployment, "id", id) && is(deployment, "rolloutState", "IN_PROGRESS"))
			json_set_int(deployment, "failedTasks",
				     json_int_or(deployment, "failedTasks", 0) + 1);
}

bool deployment_is_failed(const json_t *service)
{
	const json_t *primary = service_unit(service, "PRIMARY");

	return primary && is(primary, "rolloutState", "FAILED");
}

static int64_t threshold(const json_t *service)
{
	int64_t half = (json_int_or(service, "desiredCount", 0) + 1) / 2;

	if (half < BREAKER_MIN)
		return BREAKER_MIN;
	return half < BREAKER_MAX ? half : BREAKER_MAX;
}

/* The deployment that was completed last becomes the PRIMARY one again. */
static bool roll_back(struct request *rq, json_t *service, json_t *failed)
{
	json_t *deployments = json_object_get(service, "deployments");
	json_t *deployment = NULL;
	const char *reason;
	size_t i;

	json_array_foreach (deployments, i, deployment)
		if (is(deployment, "rolloutState", "COMPLETED"))
			break;
	if (i == json_array_size(deployments))
		return false;
	deployment = rq_copy(rq, deployment);
	json_array_remove(deployments, i);
	reason = rq_fmt(rq, "ECS deployment circuit breaker: rolling back to deploymentId %s.",
			json_str(deployment, "id"));
	json_set_str(failed, "status", "ACTIVE");
	json_set_int(failed, "desiredCount", 0);
	json_set_str(failed, "rolloutStateReason", reason);
	json_set_str(deployment, "status", "PRIMARY");
	json_set_str(deployment, "rolloutState", "IN_PROGRESS");
	json_set_str(deployment, "rolloutStateReason", reason);
	json_set_int(deployment, "failedTasks", 0);
	json_set(deployment, "desiredCount", json_get(service, "desiredCount"));
	json_set_time(deployment, "updatedAt", rq->now);
	json_array_insert(deployments, 0, deployment);
	json_set(service, "taskDefinition", json_get(deployment, "taskDefinition"));
	service_event(rq, service, NULL, "rolling back to deployment %s.",
		      json_str(deployment, "id"));
	start_over(service);
	return true;
}

bool deployment_judge(struct request *rq, json_t *service)
{
	const json_t *breaker =
		json_path(service, "deploymentConfiguration.deploymentCircuitBreaker");
	json_t *primary = primary_of(service);

	if (!primary || !json_bool_or(breaker, "enable", false) ||
	    !is(primary, "rolloutState", "IN_PROGRESS") ||
	    json_int_or(primary, "failedTasks", 0) < threshold(service))
		return false;
	json_set_str(primary, "rolloutState", "FAILED");
	json_set_str(primary, "rolloutStateReason",
		     "ECS deployment circuit breaker: tasks failed to start.");
	json_set_time(primary, "updatedAt", rq->now);
	service_event(rq, service, NULL,
		      "(deployment %s) deployment failed: tasks failed to start.",
		      json_str(primary, "id"));
	if (json_bool_or(breaker, "rollback", false))
		roll_back(rq, service, primary);
	return true;
}

void deployment_complete(struct request *rq, json_t *service)
{
	json_t *deployments = json_object_get(service, "deployments");
	json_t *primary = json_array_get(deployments, 0);
	const char *id = json_str(primary, "id");

	if (!is(primary, "rolloutState", "IN_PROGRESS"))
		return;
	json_set_str(primary, "rolloutState", "COMPLETED");
	json_set_str(primary, "rolloutStateReason", rq_fmt(rq, "ECS deployment %s completed.", id));
	json_set_time(primary, "updatedAt", rq->now);
	while (json_array_size(deployments) > 1)
		json_array_remove(deployments, 1);
	service_event(rq, service, NULL, "(deployment %s) deployment completed.", id);
}
