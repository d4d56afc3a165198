/*
 * dockerfile.c - what app/Dockerfile says of the image's config.
 *
 *   left out  ARG, heredocs, ONBUILD, the shell form of ENTRYPOINT and CMD
 */
#include "cli/dockerfile.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCKERFILE_MAX ((size_t)64 << 10)
#define COPIED " " DOCKERFILE_PROGRAM

struct reading {
	json_t *config;
	bool copied; /* golden-app, in this stage */
};

/* True if it is understood. `rest` is the instruction's text, on one line. */
typedef bool take_fn(struct reading *r, const char *name, const char *rest);

static bool take_from(struct reading *r, const char *name, const char *rest)
{
	json_object_clear(r->config);
	r->copied = false;
	return true;
}

static bool take_run(struct reading *r, const char *name, const char *rest)
{
	return true; /* judged when its stage is known to be the last */
}

static bool take_copy(struct reading *r, const char *name, const char *rest)
{
	size_t len = strlen(rest), tail = strlen(COPIED);

	r->copied = strncmp(rest, "--from=", 7) == 0 && len > tail &&
		    strcmp(rest + len - tail, COPIED) == 0;
	return true;
}

static bool take_list(struct reading *r, const char *name, const char *rest)
{
	json_t *words = json_read(rest, strlen(rest));

	if (!json_is_array(words)) {
		json_decref(words);
		return false;
	}
	json_give(r->config, strcmp(name, "CMD") == 0 ? "Cmd" : "Entrypoint", words);
	return true;
}

static bool take_user(struct reading *r, const char *name, const char *rest)
{
	json_set_str(r->config, "User", rest);
	return true;
}

static bool take_workdir(struct reading *r, const char *name, const char *rest)
{
	json_set_str(r->config, "WorkingDir", rest);
	return true;
}

static bool take_expose(struct reading *r, const char *name, const char *rest)
{
	AUTO_FREE char *port = strchr(rest, '/') ? mem_strdup(rest) : mem_fmt("%s/tcp", rest);
	json_t *ports = json_get(r->config, "ExposedPorts")
				? json_object_get(r->config, "ExposedPorts")
				: json_add_object(r->config, "ExposedPorts");

	json_add_object(ports, port);
	return true;
}

/* One "NAME=value" without quotes. */
static bool take_env(struct reading *r, const char *name, const char *rest)
{
	json_t *list = json_object_get(r->config, "Env");

	if (!strchr(rest, '=') || strpbrk(rest, " \"'"))
		return false;
	json_push_str(list ? list : json_add_array(r->config, "Env"), rest);
	return true;
}

static bool take_stop_signal(struct reading *r, const char *name, const char *rest)
{
	return strcmp(rest, "SIGTERM") == 0; /* what ECS sends anyway */
}

/* ECS looks at the task definition's health check only. */
static bool take_nothing(struct reading *r, const char *name, const char *rest)
{
	return true;
}

static const struct {
	const char *name;
	take_fn *take;
} instructions[] = {
	{"FROM", take_from},
	{"RUN", take_run},
	{"COPY", take_copy},
	{"ENTRYPOINT", take_list},
	{"CMD", take_list},
	{"USER", take_user},
	{"WORKDIR", take_workdir},
	{"EXPOSE", take_expose},
	{"ENV", take_env},
	{"STOPSIGNAL", take_stop_signal},
	{"HEALTHCHECK", take_nothing},
};

static bool take(struct reading *r, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *rest = line + len + strspn(line + len, " ");

	for (size_t i = 0; i < array_len(instructions); i++) {
		const char *name = instructions[i].name;

		if (strlen(name) == len && strncmp(line, name, len) == 0)
			return instructions[i].take(r, name, rest);
	}
	return false;
}

/* The next instruction with its continued lines as one, blanks squeezed; false at the end. */
static bool next_instruction(char **text, struct buf *out)
{
	bool more = true;

	buf_clear(out);
	while (more && **text) {
		char *line = *text + strspn(*text, " \t");
		size_t len = strcspn(line, "\n");

		*text = line + len + (line[len] == '\n');
		if (line[0] == '#' || len == 0)
			continue;
		more = line[len - 1] == '\\';
		for (size_t i = 0; i < len - more; i++) {
			bool blank = line[i] == ' ' || line[i] == '\t';

			if (!blank)
				buf_add(out, line + i, 1);
			else if (out->len > 0 && out->data[out->len - 1] != ' ')
				buf_add(out, " ", 1);
		}
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->len--;
	return out->len > 0;
}

static char *last_stage(char *text)
{
	char *last = text;

	for (char *at = text; (at = strstr(at, "FROM ")); at++) {
		if (at == text || at[-1] == '\n')
			last = at;
	}
	return last;
}

/* What is not understood, owned by the caller; NULL: nothing. */
static char *read_stage(struct reading *r, char *text)
{
	AUTO_BUF struct buf line = {0};

	while (next_instruction(&text, &line)) {
		const char *it = buf_text(&line);
		bool runs = strncmp(it, "RUN ", 4) == 0;

		if ((runs && strncmp(it, "RUN apt-get ", 12) != 0) || !take(r, it) ||
		    (strncmp(it, "COPY ", 5) == 0 && !r->copied))
			return mem_fmt(
				"without Docker only golden-app is made into an image, not: %s",
				it);
	}
	return r->copied
		       ? NULL
		       : mem_strdup("without Docker only golden-app is made into an image, and it "
				    "is not copied to " DOCKERFILE_PROGRAM);
}

int dockerfile_read(const char *path, json_t **ret_config, char **ret_why)
{
	FILE *file = fopen(path, "re");
	AUTO_BUF struct buf text = {0};
	struct reading r = {.config = NULL};

	*ret_why = NULL;
	if (!file)
		return -errno;
	buf_wrote(&text, fread(buf_room(&text, DOCKERFILE_MAX), 1, DOCKERFILE_MAX, file));
	fclose(file);
	if (text.len == DOCKERFILE_MAX)
		return -EFBIG;

	r.config = json_object();
	buf_byte(&text, '\n');
	*ret_why = read_stage(&r, last_stage(text.data));
	if (*ret_why) {
		json_decref(r.config);
		return -EINVAL;
	}
	*ret_config = r.config;
	return 0;
}
