/*
 * cluster.c - clusters: a name that services and tasks share.
 *
 *   keeps      ecs/cluster  by name  as DescribeClusters shows it, counts apart
 *   left out   container instances, capacity providers but FARGATE and FARGATE_SPOT
 */
#include "lab/services/ecs/nouns.h"

#include <string.h>

const char *ecs_ref_name(const char *ref)
{
	const char *slash = ref ? strrchr(ref, '/') : NULL;

	return slash ? slash + 1 : ref;
}

const char *cluster_name(const char *ref)
{
	return ref && *ref ? ecs_ref_name(ref) : "default";
}

int cluster_find(struct request *rq, const char *ref, const json_t **ret_cluster)
{
	const json_t *cluster = store_get(rq->tx, CLUSTER, cluster_name(ref));

	if (!cluster || strcmp(json_str_or(cluster, "status", ""), "ACTIVE") != 0)
		return fault(rq, ECS_ClusterNotFoundException, "Cluster not found.");
	*ret_cluster = cluster;
	return 0;
}

int ecs_list_page(struct request *rq, const json_t *in, const json_t *all, const char *name,
		  json_t *out)
{
	size_t max = (size_t)json_int_or(in, "maxResults", 100);
	const char *token = json_str(in, "nextToken");
	json_t *page = json_add_array(out, name);
	size_t from = 0, i;

	if (token) {
		char *end;

		from = strtoul(token, &end, 10);
		if (*end || !*token)
			return fault(rq, ECS_InvalidParameterException, "Invalid token");
	}
	for (i = from; i < json_array_size(all) && i - from < max; i++)
		json_push(page, json_at(all, i));
	if (i < json_array_size(all))
		json_set_str(out, "nextToken", rq_fmt(rq, "%zu", i));
	return 0;
}

void ecs_push_missing(struct request *rq, json_t *failures, const char *resource)
{
	bool is_arn = strncmp(resource, "arn:", 4) == 0;
	json_t *failure = json_push_object(failures);

	json_set_str(failure, "arn", is_arn ? resource : rq_arn(rq, "ecs", resource));
	json_set_str(failure, "reason", "MISSING");
}

/* The cluster an operation names, to be changed. */
static int edit_cluster(struct request *rq, const json_t *in, json_t **ret_cluster)
{
	const json_t *found;
	int err = cluster_find(rq, json_str(in, "cluster"), &found);

	if (!err)
		*ret_cluster = rq_copy(rq, found);
	return err;
}

static void put_cluster(struct request *rq, json_t *cluster, json_t *out)
{
	store_put(rq->tx, CLUSTER, json_str(cluster, "clusterName"), cluster);
	json_set(out, "cluster", cluster);
}

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-");

	return len > 0 && len <= 255 && !name[len];
}

static void copy_settings(json_t *cluster, const json_t *in)
{
	json_set(cluster, "configuration", json_get(in, "configuration"));
	json_set(cluster, "serviceConnectDefaults", json_get(in, "serviceConnectDefaults"));
	json_set(cluster, "settings", json_get(in, "settings"));
	json_set(cluster, "capacityProviders", json_get(in, "capacityProviders"));
	json_set(cluster, "defaultCapacityProviderStrategy",
		 json_get(in, "defaultCapacityProviderStrategy"));
	json_set(cluster, "tags", json_get(in, "tags"));
}

static const json_t *default_settings(struct request *rq)
{
	json_t *settings = rq_array(rq);
	json_t *insights = json_push_object(settings);

	json_set_str(insights, "name", "containerInsights");
	json_set_str(insights, "value", "disabled");
	return settings;
}

int ecs_create_cluster(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str_or(in, "clusterName", "default");
	const json_t *old = store_get(rq->tx, CLUSTER, name);
	json_t *cluster;

	if (!is_name(name))
		return fault(rq, ECS_InvalidParameterException, "Invalid cluster name.");
	/* Creating what is there already answers it as it is. */
	if (old && strcmp(json_str(old, "status"), "ACTIVE") == 0) {
		json_set(out, "cluster", old);
		return 0;
	}

	cluster = store_new(rq->tx);
	json_set_str(cluster, "clusterArn", rq_arn(rq, "ecs", rq_fmt(rq, "cluster/%s", name)));
	json_set_str(cluster, "clusterName", name);
	json_set_str(cluster, "status", "ACTIVE");
	json_set_int(cluster, "registeredContainerInstancesCount", 0);
	json_set_int(cluster, "runningTasksCount", 0);
	json_set_int(cluster, "pendingTasksCount", 0);
	json_set_int(cluster, "activeServicesCount", 0);
	json_add_array(cluster, "statistics");
	json_add_array(cluster, "tags");
	json_set(cluster, "settings", default_settings(rq));
	json_add_array(cluster, "capacityProviders");
	json_add_array(cluster, "defaultCapacityProviderStrategy");
	copy_settings(cluster, in);
	put_cluster(rq, cluster, out);
	return 0;
}

struct cluster_counts {
	int64_t running, pending, services;
};

static struct cluster_counts count_in(struct request *rq, const char *name)
{
	const json_t *tasks = store_list(rq->tx, TASK);
	const json_t *services = store_list_prefix(rq->tx, SERVICE, rq_fmt(rq, "%s/", name));
	struct cluster_counts counts = {0};
	const json_t *element;
	size_t i;

	json_each (tasks, i, element) {
		if (strcmp(json_str(element, "_cluster"), name) != 0)
			continue;
		counts.running += task_is(element, "RUNNING");
		counts.pending += task_is(element, "PROVISIONING") || task_is(element, "PENDING") ||
				  task_is(element, "ACTIVATING");
	}
	json_each (services, i, element)
		counts.services += strcmp(json_str(element, "status"), "ACTIVE") == 0;
	return counts;
}

int ecs_delete_cluster(struct request *rq, const json_t *in, json_t *out)
{
	struct cluster_counts counts;
	json_t *cluster;
	int err;

	err = edit_cluster(rq, in, &cluster);
	if (err)
		return err;
	counts = count_in(rq, json_str(cluster, "clusterName"));
	if (counts.services)
		return fault(rq, ECS_ClusterContainsServicesException,
			     "The Cluster cannot be deleted while Services are active.");
	if (counts.running || counts.pending)
		return fault(rq, ECS_ClusterContainsTasksException,
			     "The Cluster cannot be deleted while Tasks are active.");

	/* It stays to be described for a while, as at AWS. */
	json_set_str(cluster, "status", "INACTIVE");
	put_cluster(rq, cluster, out);
	return 0;
}

static void describe_one(struct request *rq, const json_t *cluster, const json_t *include,
			 json_t *clusters)
{
	struct cluster_counts counts = count_in(rq, json_str(cluster, "clusterName"));
	json_t *shown = rq_copy(rq, cluster);

	json_set_int(shown, "runningTasksCount", counts.running);
	json_set_int(shown, "pendingTasksCount", counts.pending);
	json_set_int(shown, "activeServicesCount", counts.services);
	/* What was not asked for is there, and empty. */
	if (!json_list_has(include, "SETTINGS"))
		json_add_array(shown, "settings");
	if (!json_list_has(include, "TAGS"))
		json_add_array(shown, "tags");
	if (!json_list_has(include, "CONFIGURATIONS"))
		json_drop(shown, "configuration");
	json_push(clusters, shown);
}

int ecs_describe_clusters(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *include = json_get(in, "include");
	const json_t *refs = json_get(in, "clusters");
	json_t *clusters = json_add_array(out, "clusters");
	json_t *failures = json_add_array(out, "failures");
	json_t *otherwise = rq_array(rq);
	const json_t *element;
	size_t i;

	json_push_str(otherwise, "default");
	if (!json_array_size(refs))
		refs = otherwise;
	json_each (refs, i, element) {
		const char *ref = json_string_value(element);
		const json_t *cluster = store_get(rq->tx, CLUSTER, cluster_name(ref));

		if (cluster)
			describe_one(rq, cluster, include, clusters);
		else
			ecs_push_missing(rq, failures, rq_fmt(rq, "cluster/%s", cluster_name(ref)));
	}
	return 0;
}

int ecs_list_clusters(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *clusters = store_list(rq->tx, CLUSTER);
	json_t *arns = rq_array(rq);
	const json_t *cluster;
	size_t i;

	json_each (clusters, i, cluster)
		if (strcmp(json_str(cluster, "status"), "ACTIVE") == 0)
			json_push_str(arns, json_str(cluster, "clusterArn"));
	return ecs_list_page(rq, in, arns, "clusterArns", out);
}

static int change_cluster(struct request *rq, const json_t *in, json_t *out)
{
	json_t *cluster;
	int err;

	err = edit_cluster(rq, in, &cluster);
	if (err)
		return err;
	copy_settings(cluster, in);
	put_cluster(rq, cluster, out);
	return 0;
}

int ecs_update_cluster(struct request *rq, const json_t *in, json_t *out)
{
	return change_cluster(rq, in, out);
}

int ecs_update_cluster_settings(struct request *rq, const json_t *in, json_t *out)
{
	return change_cluster(rq, in, out);
}

int ecs_put_cluster_capacity_providers(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *providers = json_get(in, "capacityProviders");
	const json_t *provider;
	size_t i;

	json_each (providers, i, provider) {
		const char *name = json_string_value(provider);

		if (strcmp(name, "FARGATE") != 0 && strcmp(name, "FARGATE_SPOT") != 0)
			return fault(rq, ECS_InvalidParameterException,
				     "The specified capacity provider '%s' was not found. "
				     "Specify a valid name or ARN and try again.",
				     name);
	}
	return change_cluster(rq, in, out);
}
