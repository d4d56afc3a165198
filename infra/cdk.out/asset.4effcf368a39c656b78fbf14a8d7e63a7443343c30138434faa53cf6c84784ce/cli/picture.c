/*
 * picture.c - what is there now: stacks, services, tasks, targets, databases, as one tree.
 */
#include "cli/picture.h"
#include "lib/base/xml.h"

#include <string.h>

/* The last part of an ARN or path: the name behind the last '/'. */
static const char *tail(const char *arn)
{
	const char *slash = arn ? strrchr(arn, '/') : NULL;

	return slash ? slash + 1 : arn;
}

static bool take_stacks(struct account *account, json_t *picture)
{
	const json_t *body = account_ask(account, &cloudformation, "DescribeStacks", NULL);
	AUTO_JSON json_t *stacks = xml_list(json_get(body, "Stacks"), "member");
	json_t *out = json_add_array(picture, "stacks");
	const json_t *stack;
	size_t i;

	json_each (stacks, i, stack) {
		json_t *it = json_push_object(out);

		json_set_str(it, "name", json_str(stack, "StackName"));
		json_set_str(it, "status", json_str(stack, "StackStatus"));
	}
	return body;
}

/* What a cluster has of one noun, listed and then described: both take and give ARNs under their
 * own names. */
struct ecs_noun {
	const char *list, *arns;	/* "ListTasks", "taskArns" */
	const char *describe, *members; /* "DescribeTasks", "tasks" */
};

/* The describing answer, or the listing one if there is nothing to describe; NULL: no answer. */
static const json_t *describe_all(struct account *account, const struct ecs_noun *noun,
				  const char *cluster)
{
	AUTO_JSON json_t *input = json_pack("{s:s}", "cluster", cluster);
	const json_t *listed = account_ask(account, &ecs, noun->list, input);

	if (json_array_size(json_get(listed, noun->arns)) == 0)
		return listed;
	json_set(input, noun->members, json_get(listed, noun->arns));
	return account_ask(account, &ecs, noun->describe, input);
}

static bool take_cluster_services(struct account *account, const char *cluster, json_t *out)
{
	static const struct ecs_noun services = {
		"ListServices",
		"serviceArns",
		"DescribeServices",
		"services",
	};
	const json_t *body = describe_all(account, &services, cluster), *service;
	size_t i;

	json_each (json_get(body, "services"), i, service) {
		json_t *it = json_push_object(out);

		json_set_str(it, "name", json_str(service, "serviceName"));
		json_set_int(it, "desired", json_int_or(service, "desiredCount", 0));
		json_set_int(it, "running", json_int_or(service, "runningCount", 0));
		json_set_int(it, "pending", json_int_or(service, "pendingCount", 0));
		json_set_bool(it, "balanced",
			      json_array_size(json_get(service, "loadBalancers")) > 0 ||
				      json_path(service, "taskSets.0.loadBalancers.0"));
	}
	return body;
}

static const char *attachment_address(const json_t *task)
{
	const json_t *detail;
	size_t i;

	json_each (json_path(task, "attachments.0.details"), i, detail) {
		if (strcmp(json_str_or(detail, "name", ""), "privateIPv4Address") == 0)
			return json_str(detail, "value");
	}
	return NULL;
}

static bool take_cluster_tasks(struct account *account, const char *cluster, json_t *out)
{
	static const struct ecs_noun tasks = {"ListTasks", "taskArns", "DescribeTasks", "tasks"};
	const json_t *body = describe_all(account, &tasks, cluster), *task;
	size_t i;

	json_each (json_get(body, "tasks"), i, task) {
		json_t *it = json_push_object(out);

		json_set_str(it, "id", tail(json_str(task, "taskArn")));
		json_set_str(it, "status", json_str(task, "lastStatus"));
		json_set_str(it, "health", json_str(task, "healthStatus"));
		json_set_str(it, "zone", json_str(task, "availabilityZone"));
		json_set_str(it, "address", attachment_address(task));
		json_set_str(it, "definition", tail(json_str(task, "taskDefinitionArn")));
	}
	return body;
}

static bool take_ecs(struct account *account, json_t *picture)
{
	json_t *services = json_add_array(picture, "services");
	json_t *tasks = json_add_array(picture, "tasks");
	AUTO_JSON json_t *clusters = json_object();
	const json_t *body = account_ask(account, &ecs, "ListClusters", NULL), *cluster;
	bool ok = body;
	size_t i;

	json_set(clusters, "arns", json_get(body, "clusterArns"));
	json_each (json_get(clusters, "arns"), i, cluster) {
		const char *arn = json_string_value(cluster);

		ok = ok && take_cluster_services(account, arn, services) &&
		     take_cluster_tasks(account, arn, tasks);
	}
	return ok;
}

static bool take_group_targets(struct account *account, const json_t *group, json_t *out)
{
	AUTO_JSON json_t *input =
		json_pack("{s:s}", "TargetGroupArn", json_str_or(group, "TargetGroupArn", ""));
	const json_t *body = account_ask(account, &elbv2, "DescribeTargetHealth", input), *target;
	AUTO_JSON json_t *targets = xml_list(json_get(body, "TargetHealthDescriptions"), "member");
	size_t i;

	json_each (targets, i, target) {
		json_t *it = json_push_object(out);

		json_set_str(it, "group", json_str(group, "TargetGroupName"));
		json_set_str(it, "id", json_path_str(target, "Target.Id"));
		json_set_str(it, "port", json_path_str(target, "Target.Port"));
		json_set_str(it, "state", json_path_str(target, "TargetHealth.State"));
		json_set_str(it, "reason", json_path_str(target, "TargetHealth.Description"));
	}
	return body;
}

static bool take_targets(struct account *account, json_t *picture)
{
	json_t *out = json_add_array(picture, "targets");
	const json_t *body = account_ask(account, &elbv2, "DescribeTargetGroups", NULL), *group;
	AUTO_JSON json_t *groups = xml_list(json_get(body, "TargetGroups"), "member");
	bool ok = body;
	size_t i;

	json_each (groups, i, group) {
		ok = ok && take_group_targets(account, group, out);
	}
	return ok;
}

static bool take_databases(struct account *account, json_t *picture)
{
	const json_t *body = account_ask(account, &rds, "DescribeDBClusters", NULL), *cluster;
	AUTO_JSON json_t *clusters = xml_list(json_get(body, "DBClusters"), "DBCluster");
	json_t *out = json_add_array(picture, "databases");
	size_t i;

	json_each (clusters, i, cluster) {
		json_t *it = json_push_object(out);

		json_set_str(it, "name", json_str(cluster, "DBClusterIdentifier"));
		json_set_str(it, "engine", json_str(cluster, "Engine"));
		json_set_str(it, "status", json_str(cluster, "Status"));
		json_set_str(it, "endpoint", json_str(cluster, "Endpoint"));
	}
	return body;
}

static void take_notes(const json_t *list, const char *name, json_t *out)
{
	const json_t *entry;
	size_t i;

	json_each (list, i, entry) {
		const char *note = json_str(entry, "Note");
		AUTO_FREE char *line =
			note ? mem_fmt("%s: %s", json_str_or(entry, name, "?"), note) : NULL;

		json_push_str(out, line);
	}
}

/* Only the lab has this to say. */
static bool take_lab(struct account *account, json_t *picture)
{
	json_t *kept = json_add_array(picture, "kept");
	const json_t *body = account_ask(account, &golden, "DescribeLab", NULL);

	take_notes(json_get(body, "Services"), "Name", kept);
	take_notes(json_get(body, "ResourceTypes"), "Type", kept);
	return body;
}

static void take_clock(struct account *account, json_t *picture)
{
	json_t *clock = json_add_object(picture, "clock");
	char text[CLOCK_TEXT];
	double speed;
	lab_ms now = account_now(account, &speed);

	json_set_str(clock, "lab", clock_iso(now.ms, text));
	json_set_num(clock, "speed", speed);
}

json_t *picture_take(struct account *account)
{
	json_t *picture = json_object();
	char *url;

	json_set_str(picture, "endpoint", account->endpoint);
	take_clock(account, picture);
	if (!take_stacks(account, picture) || !take_ecs(account, picture) ||
	    !take_targets(account, picture) || !take_databases(account, picture) ||
	    (account->endpoint && !take_lab(account, picture))) {
		json_decref(picture);
		return NULL;
	}
	url = account_service_url(account);
	json_set_str(picture, "url", url);
	mem_auto_free(&url);
	return picture;
}

/* A target of a task that is gone may still be called healthy when a lab comes back. */
static bool runs_at(const json_t *picture, const char *address)
{
	const json_t *task;
	size_t i;

	json_each (json_get(picture, "tasks"), i, task) {
		if (strcmp(json_str_or(task, "address", ""), address) == 0 &&
		    strcmp(json_str_or(task, "status", ""), "RUNNING") == 0)
			return true;
	}
	return false;
}

bool picture_is_healthy(const json_t *picture, int64_t *ret_healthy)
{
	const json_t *service, *target;
	int64_t balanced = 0, healthy = 0;
	size_t i;

	json_each (json_get(picture, "services"), i, service) {
		int64_t desired = json_int_or(service, "desired", 0);

		if (json_int_or(service, "running", 0) != desired)
			return false;
		if (json_bool_or(service, "balanced", false))
			balanced += desired;
	}
	json_each (json_get(picture, "targets"), i, target) {
		const char *state = json_str_or(target, "state", "");

		if (strcmp(state, "healthy") != 0 && strcmp(state, "draining") != 0)
			return false;
		if (state[0] == 'h' && runs_at(picture, json_str_or(target, "id", "")))
			healthy++;
	}
	if (healthy < balanced)
		return false;
	*ret_healthy = healthy;
	return true;
}
