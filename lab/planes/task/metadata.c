/*
 * metadata.c - what a task's containers can ask.
 *
 * Source: ECS developer guide, "Task metadata endpoint version 4 for tasks on Fargate".
 *
 *   left out   what the lab has none of (MAC addresses, subnet and DNS details, network rates) is
 *              absent rather than made up; no tags
 */
#include "lab/planes/task/metadata.h"
#include "lab/planes/task/environment.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"
#include "lib/net/http_server.h"

#include <stdlib.h>
#include <string.h>

#define ID_LEN 32
#define TOKEN_LEN 64
#define CONNECTIONS_MAX 64

struct metadata {
	struct task *task;
	struct http_server *server;
	char *uris[TASK_CONTAINERS_MAX];
	char ids[TASK_CONTAINERS_MAX][ID_LEN + 1];
	char *credentials_uri;
	char credentials_id[ID_LEN + 1];
	char token[TOKEN_LEN + 1];
};

static void add_time(json_t *object, const char *name, lab_ms when)
{
	char text[CLOCK_TEXT];

	if (when.ms > 0)
		json_set_str(object, name, clock_iso(when.ms, text));
}

static void add_labels(json_t *out, const struct task *task, const struct container *container)
{
	json_t *labels = json_add_object(out, "Labels");
	const json_t *desired = task->desired;

	json_set_str(labels, "com.amazonaws.ecs.cluster", json_str(desired, "cluster_arn"));
	json_set_str(labels, "com.amazonaws.ecs.container-name", container->name);
	json_set_str(labels, "com.amazonaws.ecs.task-arn", json_str(desired, "arn"));
	json_set_str(labels, "com.amazonaws.ecs.task-definition-family",
		     json_str(desired, "family"));
	json_set(labels, "com.amazonaws.ecs.task-definition-version",
		 json_get(desired, "revision"));
}

static void add_networks(json_t *out, const struct task *task)
{
	json_t *network = json_push_object(json_add_array(out, "Networks"));
	json_t *addresses;

	json_set_str(network, "NetworkMode", "awsvpc");
	addresses = json_add_array(network, "IPv4Addresses");
	json_push_str(addresses, json_str(task->desired, "private_address"));
	json_set_int(network, "AttachmentIndex", 0);
}

static void add_log(json_t *out, const struct task *task, const json_t *log)
{
	json_t *options;

	if (!json_str(log, "group"))
		return;
	json_set_str(out, "LogDriver", "awslogs");
	options = json_add_object(out, "LogOptions");
	json_set_str(options, "awslogs-group", json_str(log, "group"));
	json_set_str(options, "awslogs-region", json_str(task->desired, "region"));
	json_set_str(options, "awslogs-stream", json_str(log, "stream"));
}

static json_t *container_metadata(const struct task *task, const struct container *container)
{
	const json_t *spec = container->options.spec;
	json_t *out = json_object();
	json_t *limits;

	json_set_str(out, "DockerId", json_str(spec, "runtime_id"));
	json_set_str(out, "Name", container->name);
	json_set_str(out, "DockerName", container->name);
	json_set_str(out, "Image", json_str(spec, "image"));
	json_set_str(out, "ImageID", json_str(spec, "image_digest"));
	add_labels(out, task, container);
	json_set_str(out, "DesiredStatus", container->stopping ? "STOPPED" : "RUNNING");
	json_set_str(out, "KnownStatus", container_status_text(container));
	if (container->exited)
		json_set_int(out, "ExitCode", container->exit_code);
	limits = json_add_object(out, "Limits");
	json_set_int(limits, "CPU", json_int_or(spec, "cpu", 2));
	if (json_int_or(spec, "memory", 0) > 0)
		json_set_int(limits, "Memory", json_int_or(spec, "memory", 0));
	add_time(out, "CreatedAt", task->created);
	add_time(out, "StartedAt", container->started);
	add_time(out, "FinishedAt", container->finished);
	json_set_str(out, "Type", "NORMAL");
	if (container->health)
		json_set_str(json_add_object(out, "Health"), "status",
			     health_text(health_status(container->health)));
	add_log(out, task, json_get(spec, "log"));
	json_set_str(out, "ContainerARN", json_str(spec, "arn"));
	add_networks(out, task);
	json_set_str(out, "Snapshotter", "overlayfs");
	return out;
}

static json_t *task_metadata(const struct task *task)
{
	const json_t *desired = task->desired;
	json_t *out = json_object();
	json_t *containers;
	json_t *limits;
	json_t *drift;

	json_set_str(out, "Cluster", json_str(desired, "cluster_arn"));
	json_set_str(out, "TaskARN", json_str(desired, "arn"));
	json_set_str(out, "Family", json_str(desired, "family"));
	json_set(out, "Revision", json_get(desired, "revision"));
	json_set_str(out, "DesiredStatus", task->status >= TASK_STOPPING ? "STOPPED" : "RUNNING");
	json_set_str(out, "KnownStatus", task_status_text(task));
	limits = json_add_object(out, "Limits");
	/* In vCPU here, unlike a container's. */
	json_set_num(limits, "CPU", (double)json_int_or(desired, "cpu", 0) / 1024);
	json_set_int(limits, "Memory", json_int_or(desired, "memory", 0));
	add_time(out, "PullStartedAt", task->created);
	add_time(out, "PullStoppedAt", task->created);
	json_set_str(out, "AvailabilityZone", json_str(desired, "zone"));
	json_set_str(out, "LaunchType", "FARGATE");
	containers = json_add_array(out, "Containers");
	for (size_t i = 0; i < task->ncontainers; i++)
		json_push_give(containers, container_metadata(task, task->containers[i]));
	drift = json_add_object(out, "ClockDrift");
	json_set_num(drift, "ClockErrorBound", 0.0);
	add_time(drift, "ReferenceTimestamp", lab_clock_now(plane_clock(task->plane)));
	json_set_str(drift, "ClockSynchronizationStatus", "SYNCHRONIZED");
	return out;
}

/* Docker's stats, as far as the lab has them. */
static json_t *container_stats(const struct task *task, const struct container *container)
{
	json_t *out = json_object();
	struct limit_usage usage;
	json_t *cpu;
	json_t *memory;

	limit_group_usage(container->limits, &usage);
	add_time(out, "read", lab_clock_now(plane_clock(task->plane)));
	json_set_str(out, "name", container->name);
	json_set_str(out, "id", json_str(container->options.spec, "runtime_id"));
	cpu = json_add_object(out, "cpu_stats");
	json_set_int(json_add_object(cpu, "cpu_usage"), "total_usage", usage.cpu_us * 1000);
	memory = json_add_object(out, "memory_stats");
	json_set_int(memory, "usage", usage.memory);
	json_set_int(memory, "max_usage", usage.memory_max);
	json_set_int(memory, "limit", usage.memory_limit);
	return out;
}

static json_t *task_stats(const struct task *task)
{
	json_t *out = json_object();

	for (size_t i = 0; i < task->ncontainers; i++) {
		const struct container *container = task->containers[i];
		const char *id = json_str(container->options.spec, "runtime_id");

		if (id && container->pid)
			json_give(out, id, container_stats(task, container));
	}
	return out;
}

static void answer(struct http_exchange *x, int status, json_t *body)
{
	AUTO_JSON json_t *tree = body;
	AUTO_FREE char *text = json_text(tree);

	http_reply(x, status, "application/json", text, strlen(text));
}

static void refuse(struct http_exchange *x, int status, const char *code, const char *message)
{
	json_t *body = json_object();

	json_set_str(body, "code", code);
	json_set_str(body, "message", message);
	json_set_int(body, "HTTPErrorCode", status);
	answer(x, status, body);
}

/* In constant time, since what is compared is a secret. */
static bool same(struct span given, const char *secret)
{
	size_t len = strlen(secret);
	unsigned char differs = given.len != len;

	for (size_t i = 0; i < len && i < given.len; i++)
		differs |= (unsigned char)(given.at[i] ^ secret[i]);
	return !differs;
}

static void give_credentials(const struct metadata *metadata, struct http_exchange *x)
{
	const json_t *credentials = json_get(metadata->task->desired, "credentials");

	if (!same(http_header(x, "Authorization"), metadata->token))
		refuse(x, 401, "InvalidAuthorization", "the Authorization header is not the token");
	else if (!json_is_object(credentials))
		refuse(x, 404, "NoCredentials", "the task has no role");
	else
		answer(x, 200, json_deep_copy(credentials));
}

/* The rest of the path behind "/v4/<id>". */
static void give_metadata(const struct metadata *metadata, size_t index, struct span rest,
			  struct http_exchange *x)
{
	const struct task *task = metadata->task;
	const struct container *container = task->containers[index];

	if (rest.len == 0)
		answer(x, 200, container_metadata(task, container));
	else if (span_is(rest, "/task") || span_is(rest, "/taskWithTags"))
		answer(x, 200, task_metadata(task));
	else if (span_is(rest, "/stats"))
		answer(x, 200, container_stats(task, container));
	else if (span_is(rest, "/task/stats"))
		answer(x, 200, task_stats(task));
	else
		refuse(x, 404, "NotFound", "there is /task, /taskWithTags, /stats and /task/stats");
}

static void on_request(struct http_exchange *x, void *user)
{
	const struct metadata *metadata = user;
	struct span path = x->path;
	struct span id;

	if (!span_is(x->method, "GET") && !span_is(x->method, "HEAD")) {
		refuse(x, 405, "MethodNotAllowed", "only GET");
		return;
	}
	if (span_skip(&path, "/v2/credentials/") && same(path, metadata->credentials_id)) {
		give_credentials(metadata, x);
		return;
	}
	path = x->path;
	id = path;
	if (span_skip(&path, "/v4/") && path.len >= ID_LEN) {
		id = (struct span){path.at, ID_LEN};
		path = (struct span){path.at + ID_LEN, path.len - ID_LEN};
		for (size_t i = 0; i < metadata->task->ncontainers; i++) {
			if (same(id, metadata->ids[i])) {
				give_metadata(metadata, i, path, x);
				return;
			}
		}
	}
	refuse(x, 404, "NotFound", "no such endpoint");
}

int metadata_open(struct task *task, struct metadata **ret_metadata)
{
	struct metadata *metadata = mem_new(struct metadata);
	struct http_server_options options = {
		.handle = on_request,
		.user = metadata,
		.connections_limit = CONNECTIONS_MAX,
	};
	int err = http_server_open(task->loop, "127.0.0.1", 0, &options, &metadata->server);
	int port;

	if (err < 0) {
		free(metadata);
		return err;
	}
	metadata->task = task;
	port = http_server_port(metadata->server);
	rand_hex(metadata->token, TOKEN_LEN);
	rand_hex(metadata->credentials_id, ID_LEN);
	metadata->credentials_uri =
		mem_fmt("http://127.0.0.1:%d/v2/credentials/%s", port, metadata->credentials_id);
	for (size_t i = 0; i < TASK_CONTAINERS_MAX; i++) {
		rand_hex(metadata->ids[i], ID_LEN);
		metadata->uris[i] = mem_fmt("http://127.0.0.1:%d/v4/%s", port, metadata->ids[i]);
	}
	*ret_metadata = metadata;
	return 0;
}

void metadata_close(struct metadata *metadata)
{
	if (!metadata)
		return;
	http_server_close(metadata->server);
	free(metadata->credentials_uri);
	for (size_t i = 0; i < TASK_CONTAINERS_MAX; i++)
		free(metadata->uris[i]);
	free(metadata);
}

const char *metadata_uri(struct metadata *metadata, size_t container)
{
	return metadata->uris[container];
}

const char *metadata_credentials_uri(const struct metadata *metadata)
{
	return metadata->credentials_uri;
}

const char *metadata_token(const struct metadata *metadata)
{
	return metadata->token;
}
