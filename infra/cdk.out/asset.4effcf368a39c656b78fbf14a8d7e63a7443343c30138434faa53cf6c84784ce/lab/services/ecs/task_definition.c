/*
 * task_definition.c - task definitions: families and their revisions.
 *
 *   keeps      ecs/task-definition  by family:0000000007  as DescribeTaskDefinition shows it
 *   left out   EC2 and EXTERNAL checks (only Fargate runs here), volumes, App Mesh proxies,
 *              DeleteTaskDefinitions
 */
#include "lab/services/ecs/nouns.h"

#include <limits.h>
#include <string.h>

#define REVISION_DIGITS 10
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Fargate's sizes. Source: ECS Developer Guide, "Task CPU and memory". */
static const struct size {
	int cpu;
	int memory_min, memory_max, memory_step; /* MiB */
} sizes[] = {
	{256, 512, 1024, 512},	    {256, 2048, 2048, 1},	  {512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},   {2048, 4096, 16384, 1024},	  {4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096}, {16384, 32768, 122880, 8192},
};

static const char *key_of(struct request *rq, const char *family, int64_t revision)
{
	return rq_fmt(rq, "%s:%0*lld", family, REVISION_DIGITS, (long long)revision);
}

static const json_t *newest_active(struct request *rq, const char *family)
{
	const json_t *all = store_list_prefix(rq->tx, TASK_DEFINITION, rq_fmt(rq, "%s:", family));

	for (size_t i = json_array_size(all); i > 0; i--) {
		const json_t *definition = json_at(all, i - 1);

		if (strcmp(json_str(definition, "status"), "ACTIVE") == 0)
			return definition;
	}
	return NULL;
}

static bool read_number(const char *text, int64_t max, int64_t *ret_number)
{
	int64_t number = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && number <= max; p++)
		number = number * 10 + (*p - '0');
	if (p == text || *p || number > max)
		return false;
	*ret_number = number;
	return true;
}

const json_t *task_definition_find(struct request *rq, const char *ref)
{
	const char *name = ecs_ref_name(ref);
	const char *colon = name ? strchr(name, ':') : NULL;
	int64_t revision;

	if (!name)
		return NULL;
	if (!colon)
		return newest_active(rq, name);
	if (!read_number(colon + 1, INT_MAX, &revision))
		return NULL;
	return store_get(rq->tx, TASK_DEFINITION,
			 key_of(rq, rq_fmt(rq, "%.*s", (int)(colon - name), name), revision));
}

const json_t *container_definition(const json_t *task_definition, const char *name)
{
	const json_t *containers = json_get(task_definition, "containerDefinitions");
	const json_t *container;
	size_t i;

	json_each (containers, i, container)
		if (name && strcmp(json_str_or(container, "name", ""), name) == 0)
			return container;
	return NULL;
}

/* "256", "0.25 vCPU", ".5 vcpu"; "512", "1GB", "1 GB". Kept and shown as units and MiB. */
static bool read_amount(const char *text, const char *unit, int64_t per_unit, int64_t *ret_amount)
{
	char *end;
	double number;

	if (read_number(text, INT_MAX, ret_amount))
		return true;
	number = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (end == text || strcasecmp(end, unit) != 0 || !(number > 0 && number < 1024))
		return false;
	*ret_amount = (int64_t)(number * (double)per_unit);
	return true;
}

static bool is_fargate_size(int64_t cpu, int64_t memory)
{
	for (size_t i = 0; i < array_len(sizes); i++) {
		const struct size *size = &sizes[i];

		if (cpu == size->cpu && memory >= size->memory_min && memory <= size->memory_max &&
		    (memory - size->memory_min) % size->memory_step == 0)
			return true;
	}
	return false;
}

static int check_size(struct request *rq, const json_t *in, json_t *definition)
{
	const char *cpu = json_str(in, "cpu");
	const char *memory = json_str(in, "memory");
	int64_t units, mib;

	if (!cpu)
		return fault(rq, ECS_ClientException,
			     "Fargate requires that 'cpu' be defined at the task level.");
	if (!memory)
		return fault(rq, ECS_ClientException,
			     "Fargate requires that 'memory' be defined at the task level.");
	if (!read_amount(cpu, "vcpu", 1024, &units))
		return fault(rq, ECS_ClientException, "Invalid 'cpu' setting for task.");
	if (!read_amount(memory, "gb", 1024, &mib))
		return fault(rq, ECS_ClientException, "Invalid 'memory' setting for task.");
	if (!is_fargate_size(units, mib))
		return fault(rq, ECS_ClientException,
			     "No Fargate configuration exists for given values.");
	json_set_str(definition, "cpu", rq_fmt(rq, "%lld", (long long)units));
	json_set_str(definition, "memory", rq_fmt(rq, "%lld", (long long)mib));
	return 0;
}

static bool is_in_ecr(const char *image)
{
	return strstr(image, ".dkr.ecr.") != NULL;
}

static int check_fargate(struct request *rq, const json_t *in, json_t *definition)
{
	const json_t *containers = json_get(in, "containerDefinitions");
	const json_t *container;
	size_t i;

	/* The quotation marks are AWS's own. */
	if (strcmp(json_str_or(in, "networkMode", ""), "awsvpc") != 0)
		return fault(rq, ECS_ClientException,
			     "Fargate only supports network mode \u2018awsvpc\u2019.");
	json_each (containers, i, container) {
		const json_t *log = json_get(container, "logConfiguration");

		if (json_has(in, "executionRoleArn"))
			break;
		if (is_in_ecr(json_str_or(container, "image", "")))
			return fault(rq, ECS_ClientException,
				     "Fargate requires task definition to have execution role ARN "
				     "to support ECR images.");
		if (json_array_size(json_get(container, "secrets")))
			return fault(rq, ECS_ClientException,
				     "When you are specifying container secrets, you must also "
				     "specify a value for 'executionRoleArn'.");
		if (log)
			return fault(rq, ECS_ClientException,
				     "Fargate requires task definition to have execution role ARN "
				     "to support log driver %s.",
				     json_str(log, "logDriver"));
	}
	return check_size(rq, in, definition);
}

static int check_ports(struct request *rq, const json_t *in, const json_t *container)
{
	const json_t *ports = json_get(container, "portMappings");
	bool awsvpc = strcmp(json_str_or(in, "networkMode", ""), "awsvpc") == 0;
	const json_t *port;
	size_t i;

	json_each (ports, i, port) {
		int64_t inside = json_int_or(port, "containerPort", 0);
		int64_t outside = json_int_or(port, "hostPort", inside);

		if (inside < 1 || inside > 65535)
			return fault(rq, ECS_ClientException,
				     "Invalid 'containerPort' setting for container '%s'",
				     json_str(container, "name"));
		if (awsvpc && outside != inside)
			return fault(rq, ECS_ClientException,
				     "When networkMode=awsvpc, the host ports and container ports "
				     "in port mappings must match.");
	}
	return 0;
}

static int check_health_check(struct request *rq, const json_t *container)
{
	static const struct {
		const char *member;
		int64_t min, max;
	} ranges[] = {{"interval", 5, 300},
		      {"timeout", 2, 60},
		      {"retries", 1, 10},
		      {"startPeriod", 0, 300}};
	const json_t *check = json_get(container, "healthCheck");

	for (size_t i = 0; check && i < array_len(ranges); i++) {
		int64_t value = json_int_or(check, ranges[i].member, ranges[i].min);

		if (value < ranges[i].min || value > ranges[i].max)
			return fault(rq, ECS_ClientException,
				     "Invalid healthCheck %s for container '%s': must be between "
				     "%lld and %lld.",
				     ranges[i].member, json_str(container, "name"),
				     (long long)ranges[i].min, (long long)ranges[i].max);
	}
	return 0;
}

static int check_log(struct request *rq, const json_t *container)
{
	static const char *const required[] = {"awslogs-group", "awslogs-region",
					       "awslogs-stream-prefix"};
	const json_t *log = json_get(container, "logConfiguration");
	const json_t *options = json_get(log, "options");

	if (!log)
		return 0;
	if (strcmp(json_str_or(log, "logDriver", ""), "awslogs") != 0)
		return fault(rq, ECS_ClientException, "Log driver %s is not in the lab.",
			     json_str_or(log, "logDriver", ""));
	for (size_t i = 0; i < array_len(required); i++)
		if (!json_str(options, required[i]))
			return fault(rq, ECS_ClientException,
				     "Log driver awslogs requires options: awslogs-group, "
				     "awslogs-region, awslogs-stream-prefix");
	return 0;
}

static int check_container(struct request *rq, const json_t *in, size_t index)
{
	const json_t *containers = json_get(in, "containerDefinitions");
	const json_t *container = json_at(containers, index);
	const char *name = json_str_or(container, "name", "");
	int err;

	if (!*name)
		return fault(rq, ECS_ClientException,
			     "Container.name should not be null or empty.");
	if (strspn(name, NAME_CHARACTERS) != strlen(name) || strlen(name) > 255)
		return fault(rq, ECS_ClientException,
			     "Container.name contains invalid characters.");
	if (!*json_str_or(container, "image", ""))
		return fault(rq, ECS_ClientException,
			     "Container.image should not be null or empty.");
	if (container_definition(in, name) != container)
		return fault(rq, ECS_ClientException, "Container.name '%s' is used more than once.",
			     name);
	err = check_ports(rq, in, container);
	if (!err)
		err = check_health_check(rq, container);
	return err ? err : check_log(rq, container);
}

/* At least one must be essential: else nothing would ever end the task. */
static bool has_essential(const json_t *containers)
{
	const json_t *container;
	size_t i;

	json_each (containers, i, container)
		if (json_bool_or(container, "essential", true))
			return true;
	return false;
}

static int check_definition(struct request *rq, const json_t *in, json_t *definition)
{
	const json_t *containers = json_get(in, "containerDefinitions");
	const char *family = json_str_or(in, "family", "");
	int err;

	if (!*family)
		return fault(rq, ECS_ClientException, "Family should not be null or empty.");
	if (strspn(family, NAME_CHARACTERS) != strlen(family) || strlen(family) > 255)
		return fault(rq, ECS_ClientException, "Family contains invalid characters.");
	if (!json_array_size(containers))
		return fault(rq, ECS_ClientException, "Container list cannot be empty.");
	if (json_array_size(json_get(in, "volumes")))
		return fault(rq, ECS_ClientException, "Volumes are not in the lab.");
	for (size_t i = 0; i < json_array_size(containers); i++) {
		err = check_container(rq, in, i);
		if (err)
			return err;
	}
	if (!has_essential(containers))
		return fault(rq, ECS_ClientException,
			     "Invalid container definition: At least one container must be marked "
			     "essential.");
	if (json_list_has(json_get(in, "requiresCompatibilities"), "FARGATE"))
		return check_fargate(rq, in, definition);
	return 0;
}

static void fill_list(json_t *object, const char *name)
{
	if (!json_has(object, name))
		json_add_array(object, name);
}

static void fill_int(json_t *object, const char *name, int64_t number)
{
	if (!json_has(object, name))
		json_set_int(object, name, number);
}

/* What AWS adds to what was registered, so that Describe shows it whole. */
static void fill_container(json_t *container)
{
	static const char *const lists[] = {"portMappings", "environment", "mountPoints",
					    "volumesFrom", "systemControls"};
	json_t *check = json_object_get(container, "healthCheck");
	json_t *ports, *port;
	size_t i;

	for (i = 0; i < array_len(lists); i++)
		fill_list(container, lists[i]);
	fill_int(container, "cpu", 0);
	if (!json_has(container, "essential"))
		json_set_bool(container, "essential", true);
	if (check) {
		fill_int(check, "interval", 30);
		fill_int(check, "timeout", 5);
		fill_int(check, "retries", 3);
	}
	ports = json_object_get(container, "portMappings");
	json_array_foreach (ports, i, port) {
		fill_int(port, "hostPort", json_int_or(port, "containerPort", 0));
		if (!json_has(port, "protocol"))
			json_set_str(port, "protocol", "tcp");
	}
}

static void push_attribute(json_t *attributes, const char *name)
{
	json_set_str(json_push_object(attributes), "name", name);
}

static void fill_attributes(json_t *definition)
{
	const json_t *containers = json_get(definition, "containerDefinitions");
	json_t *attributes = json_add_array(definition, "requiresAttributes");
	bool secrets = false, logs = false, ecr = false, checks = false;
	const json_t *container;
	size_t i;

	json_each (containers, i, container) {
		secrets |= json_array_size(json_get(container, "secrets")) > 0;
		logs |= json_has(container, "logConfiguration");
		ecr |= is_in_ecr(json_str_or(container, "image", ""));
		checks |= json_has(container, "healthCheck");
	}
	if (logs)
		push_attribute(attributes, "com.amazonaws.ecs.capability.logging-driver.awslogs");
	if (logs && json_has(definition, "executionRoleArn"))
		push_attribute(attributes, "ecs.capability.execution-role-awslogs");
	if (ecr) {
		push_attribute(attributes, "com.amazonaws.ecs.capability.ecr-auth");
		push_attribute(attributes, "ecs.capability.execution-role-ecr-pull");
	}
	if (secrets)
		push_attribute(attributes, "ecs.capability.secrets.asm.environment-variables");
	if (checks)
		push_attribute(attributes, "ecs.capability.container-health-check");
	if (json_has(definition, "taskRoleArn"))
		push_attribute(attributes, "com.amazonaws.ecs.capability.task-iam-role");
	if (strcmp(json_str_or(definition, "networkMode", ""), "awsvpc") == 0)
		push_attribute(attributes, "ecs.capability.task-eni");
}

static void fill_definition(struct request *rq, json_t *definition)
{
	json_t *containers = json_object_get(definition, "containerDefinitions");
	json_t *compatibilities = json_array();
	json_t *container;
	size_t i;

	json_array_foreach (containers, i, container)
		fill_container(container);
	fill_list(definition, "volumes");
	fill_list(definition, "placementConstraints");
	json_push_str(compatibilities, "EC2");
	if (json_list_has(json_get(definition, "requiresCompatibilities"), "FARGATE"))
		json_push_str(compatibilities, "FARGATE");
	json_give(definition, "compatibilities", compatibilities);
	fill_attributes(definition);
	json_set_str(definition, "status", "ACTIVE");
	json_set_time(definition, "registeredAt", rq->now);
	json_set_str(definition, "registeredBy", rq->caller->arn);
}

static void answer(json_t *out, const json_t *definition, bool with_tags)
{
	json_set(out, "taskDefinition", definition);
	json_drop(json_object_get(out, "taskDefinition"), "tags");
	if (with_tags && json_has(definition, "tags"))
		json_set(out, "tags", json_get(definition, "tags"));
}

/* Who registers it gives its roles to the tasks. */
static int check_roles(struct request *rq, const json_t *in)
{
	static const char *const roles[] = {"taskRoleArn", "executionRoleArn"};
	int err = 0;

	for (size_t i = 0; !err && i < array_len(roles); i++)
		if (json_has(in, roles[i]))
			err = pass_role(rq, json_str(in, roles[i]), "ecs-tasks.amazonaws.com");
	return err;
}

int ecs_register_task_definition(struct request *rq, const json_t *in, json_t *out)
{
	json_t *definition = rq_copy(rq, in);
	const char *family;
	int64_t revision;
	int err;

	err = check_definition(rq, in, definition);
	if (!err)
		err = check_roles(rq, in);
	if (err)
		return err;

	family = json_str(in, "family");
	revision = store_next(rq->tx, rq_fmt(rq, "ecs/revision/%s", family));
	fill_definition(rq, definition);
	json_set_int(definition, "revision", revision);
	json_set_str(definition, "taskDefinitionArn",
		     rq_arn(rq, "ecs",
			    rq_fmt(rq, "task-definition/%s:%lld", family, (long long)revision)));
	store_put(rq->tx, TASK_DEFINITION, key_of(rq, family, revision), definition);
	answer(out, definition, true);
	return 0;
}

int ecs_deregister_task_definition(struct request *rq, const json_t *in, json_t *out)
{
	const char *ref = json_str(in, "taskDefinition");
	const json_t *found = task_definition_find(rq, ref);
	json_t *definition;

	if (!strchr(ecs_ref_name(ref), ':'))
		return fault(rq, ECS_ClientException, "Invalid revision number. Number: %s",
			     ecs_ref_name(ref));
	if (!found)
		return fault(rq, ECS_ClientException,
			     "The specified task definition does not exist.");
	definition = rq_copy(rq, found);
	/* Tasks and services that use it go on; new ones can't. */
	json_set_str(definition, "status", "INACTIVE");
	json_set_time(definition, "deregisteredAt", rq->now);
	store_put(
		rq->tx, TASK_DEFINITION,
		key_of(rq, json_str(definition, "family"), json_int_or(definition, "revision", 0)),
		definition);
	answer(out, definition, false);
	return 0;
}

int ecs_describe_task_definition(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *definition = task_definition_find(rq, json_str(in, "taskDefinition"));

	if (!definition)
		return fault(rq, ECS_ClientException, "Unable to describe task definition.");
	answer(out, definition, json_list_has(json_get(in, "include"), "TAGS"));
	return 0;
}

int ecs_list_task_definitions(struct request *rq, const json_t *in, json_t *out)
{
	const char *family = json_str(in, "familyPrefix");
	const char *status = json_str_or(in, "status", "ACTIVE");
	bool newest_first = strcmp(json_str_or(in, "sort", "ASC"), "DESC") == 0;
	const json_t *all = store_list(rq->tx, TASK_DEFINITION);
	json_t *arns = rq_array(rq);
	size_t count = json_array_size(all);

	/* "familyPrefix" is a whole family name here, whatever it is called. */
	for (size_t i = 0; i < count; i++) {
		const json_t *definition = json_at(all, newest_first ? count - 1 - i : i);

		if (family && strcmp(json_str(definition, "family"), family) != 0)
			continue;
		if (strcmp(json_str(definition, "status"), status) == 0)
			json_push_str(arns, json_str(definition, "taskDefinitionArn"));
	}
	return ecs_list_page(rq, in, arns, "taskDefinitionArns", out);
}

int ecs_list_task_definition_families(struct request *rq, const json_t *in, json_t *out)
{
	const char *prefix = json_str_or(in, "familyPrefix", "");
	const char *status = json_str_or(in, "status", "ACTIVE");
	const json_t *all = store_list(rq->tx, TASK_DEFINITION);
	json_t *families = rq_array(rq);
	const json_t *definition;
	size_t i;

	json_each (all, i, definition) {
		const char *family = json_str(definition, "family");
		bool active = newest_active(rq, family) != NULL;

		if (strncmp(family, prefix, strlen(prefix)) != 0 || json_list_has(families, family))
			continue;
		if (strcmp(status, "ALL") == 0 || active == (strcmp(status, "ACTIVE") == 0))
			json_push_str(families, family);
	}
	return ecs_list_page(rq, in, families, "families", out);
}
