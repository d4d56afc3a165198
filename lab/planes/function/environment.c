/*
 * environment.c - what a function finds in its environment.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
#include "lab/planes/function/function.h"

struct list {
	struct arena *arena;
	char **at;
	size_t count;
};

static void add(struct list *list, const char *name, const char *value)
{
	if (value)
		list->at[list->count++] = arena_fmt(list->arena, "%s=%s", name, value);
}

char **function_environment(struct arena *arena, const struct function *function)
{
	const json_t *desired = function->desired;
	const json_t *own = json_get(desired, "environment");
	const json_t *key = json_get(desired, "credentials");
	const char *region = json_str(desired, "region");
	const char *root =
		arena_fmt(arena, "%s/%s", function->folder, json_str_or(desired, "tree", ""));
	struct list list = {.arena = arena};
	const json_t *value;
	const char *name;

	list.at = arena_alloc(arena, (json_object_size(own) + 32) * sizeof(*list.at));
	add(&list, "PATH", "/usr/local/bin:/usr/bin:/bin");
	add(&list, "LANG", "en_US.UTF-8");
	add(&list, "TZ", ":UTC");
	add(&list, "AWS_ENDPOINT_URL", json_str(desired, "endpoint"));
	json_each_member (own, name, value)
		add(&list, name, json_string_value(value));
	add(&list, "_HANDLER", json_str(desired, "handler"));
	add(&list, "AWS_REGION", region);
	add(&list, "AWS_DEFAULT_REGION", region);
	add(&list, "AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023");
	add(&list, "AWS_LAMBDA_FUNCTION_NAME", json_str(desired, "name"));
	add(&list, "AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
	add(&list, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
	    arena_fmt(arena, "%lld", (long long)json_int_or(desired, "memory", 128)));
	add(&list, "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
	add(&list, "AWS_LAMBDA_LOG_GROUP_NAME", json_path_str(desired, "log.group"));
	add(&list, "AWS_LAMBDA_LOG_STREAM_NAME", json_path_str(desired, "log.stream"));
	add(&list, "AWS_ACCESS_KEY_ID", json_str(key, "AccessKeyId"));
	add(&list, "AWS_SECRET_ACCESS_KEY", json_str(key, "SecretAccessKey"));
	add(&list, "AWS_SESSION_TOKEN", json_str(key, "SessionToken"));
	add(&list, "AWS_LAMBDA_RUNTIME_API",
	    arena_fmt(arena, "127.0.0.1:%d", http_server_port(function->api)));
	add(&list, "LAMBDA_TASK_ROOT", root);
	add(&list, "LAMBDA_RUNTIME_DIR", root);
	list.at[list.count] = NULL;
	return list.at;
}
