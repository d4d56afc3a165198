/*
 * environment.c - what a container finds in its environment, and what it runs.
 *
 * Later ones win: the image's Env, what the lab offers (endpoint, region, bind address), the template's
 * environment and secrets, and last what only the agent can know (metadata, credentials).
 */
#include "lab/planes/task/environment.h"
#include "lib/base/buf.h"

#include <ctype.h>
#include <string.h>

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CONFIG_MAX ((size_t)1 << 20)

json_t *image_config(const char *tree)
{
	AUTO_FREE char *path = mem_fmt("%s/config.json", tree);
	struct buf text AUTO_BUF = {.limit = CONFIG_MAX};
	AUTO_JSON json_t *config = NULL;
	FILE *file = fopen(path, "re");
	char piece[4096];
	size_t got;

	if (!file)
		return NULL;
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&text, piece, got);
	fclose(file);
	config = buf_failed(&text) ? NULL : json_read(buf_text(&text), text.len);
	return json_is_object(config)
		       ? json_incref(json_has(config, "config") ? json_object_get(config, "config")
								: config)
		       : NULL;
}

/* The first "127.0.0.1:" or "localhost:" in text that is a whole host before a port, and its end. */
static const char *find_loopback(const char *text, const char *begin, const char **ret_port)
{
	static const char *const hosts[] = {"127.0.0.1:", "localhost:"};
	const char *first = NULL;

	for (size_t i = 0; i < array_len(hosts); i++) {
		const char *at = text;

		while ((at = strstr(at, hosts[i]))) {
			const char *port = at + strlen(hosts[i]);
			bool whole = at == begin || !(isalnum((unsigned char)at[-1]) ||
						      at[-1] == '.' || at[-1] == '-');

			if (whole && isdigit((unsigned char)*port) && (!first || at < first)) {
				first = at;
				*ret_port = port;
			}
			at = port;
		}
	}
	return first;
}

const char *loopback_rewrite(struct arena *arena, const char *text, const char *address)
{
	struct buf out AUTO_BUF = {0};
	const char *at = text;
	const char *port;
	const char *hit;

	while ((hit = find_loopback(at, text, &port))) {
		buf_add(&out, at, (size_t)(hit - at));
		buf_fmt(&out, "%s:", address);
		at = port;
	}
	if (at == text)
		return text;
	buf_str(&out, at);
	return arena_strndup(arena, buf_text(&out), out.len);
}

static void add_image(json_t *all, const json_t *image)
{
	const json_t *element;
	size_t i;

	json_each (json_get(image, "Env"), i, element) {
		const char *text = json_string_value(element);
		const char *equals = text ? strchr(text, '=') : NULL;

		if (equals && equals != text) {
			AUTO_FREE char *name = mem_strndup(text, (size_t)(equals - text));

			json_set_str(all, name, equals + 1);
		}
	}
}

static void add_lab(json_t *all, const struct surroundings *around)
{
	const char *region = json_str(around->desired, "region");

	json_set_str(all, "AWS_ENDPOINT_URL", json_str(around->desired, "endpoint"));
	json_set_str(all, "AWS_REGION", region);
	json_set_str(all, "AWS_DEFAULT_REGION", region);
	json_set_str(all, "AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
	json_set_str(all, "BIND_ADDRESS", json_str(around->desired, "address"));
}

/* A task's loopback is its own address: its containers share one network, but not the machine's. */
static void add_template(json_t *all, const struct surroundings *around, const json_t *container)
{
	const char *address = json_str_or(around->desired, "address", "127.0.0.1");
	struct arena *arena = arena_open();
	const char *name;
	const json_t *value;

	json_each_member (json_get(container, "environment"), name, value) {
		if (json_is_string(value))
			json_set_str(all, name,
				     loopback_rewrite(arena, json_string_value(value), address));
	}
	json_each_member (json_get(container, "secrets"), name, value) {
		if (json_is_string(value))
			json_set(all, name, value);
	}
	arena_close(arena);
}

static void add_agent(json_t *all, const struct surroundings *around)
{
	json_set_str(all, "ECS_CONTAINER_METADATA_URI_V4", around->metadata_uri);
	json_set_str(all, "AWS_CONTAINER_CREDENTIALS_FULL_URI", around->credentials_uri);
	json_set_str(all, "AWS_CONTAINER_AUTHORIZATION_TOKEN", around->token);
}

char **environment_make(struct arena *arena, const struct surroundings *around,
			const json_t *container, const json_t *image)
{
	AUTO_JSON json_t *all = json_object();
	const json_t *value;
	const char *name;
	char **env;
	size_t i = 0;

	json_set_str(all, "PATH", PATH_DEFAULT);
	json_set_str(all, "HOME", "/");
	add_image(all, image);
	add_lab(all, around);
	add_template(all, around, container);
	add_agent(all, around);

	env = arena_alloc(arena, (json_object_size(all) + 1) * sizeof(*env));
	json_each_member (all, name, value)
		env[i++] = arena_fmt(arena, "%s=%s", name, json_string_value(value));
	return env;
}

const char *environment_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}

static size_t add_words(struct arena *arena, char **args, size_t n, const json_t *words)
{
	const json_t *word;
	size_t i;

	json_each (words, i, word) {
		if (json_is_string(word))
			args[n++] = arena_strdup(arena, json_string_value(word));
	}
	return n;
}

char **command_make(struct arena *arena, const json_t *container, const json_t *image)
{
	const json_t *entry = json_get(container, "entry_point");
	const json_t *command = json_get(container, "command");
	bool own_entry = json_array_size(entry) > 0;
	char **args;
	size_t n;

	if (!own_entry)
		entry = json_get(image, "Entrypoint");
	if (json_array_size(command) == 0 && !own_entry)
		command = json_get(image, "Cmd");

	args = arena_alloc(arena,
			   (json_array_size(entry) + json_array_size(command) + 1) * sizeof(*args));
	n = add_words(arena, args, 0, entry);
	add_words(arena, args, n, command);
	return args;
}
