/*
 * modelc.c - AWS service models into C tables.
 *
 *   modelc NAME BOTOCORE_DATA OVERLAY OPERATIONS OUT.h OUT.c
 *
 * Reads botocore's newest NAME/<version>/service-2.json where there is one, lays our overlay (same
 * form, lab/models/NAME.json, may be missing) over it, keeps the operations that OPERATIONS lists
 * for NAME with the shapes they reach, and writes what lab/aws/model.h describes (emit.c).
 *
 *   left out   documentation, event streams, endpoint rules, paginators, waiters
 */
#include "tools/modelc/modelc.h"

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "tools/generated.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void modelc_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("modelc: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *tree = json_load_file(path, 0, &error);

	if (!tree)
		modelc_die("%s:%d: %s", path, error.line, error.text);
	return tree;
}

/* Versions are dates, so the greatest name is the newest. */
static char *newest_version(const char *folder)
{
	DIR *dir = opendir(folder);
	char *newest = NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || (newest && strcmp(entry->d_name, newest) <= 0))
			continue;
		free(newest);
		newest = mem_strdup(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return newest;
}

static json_t *load_botocore(const char *data, const char *name)
{
	AUTO_FREE char *folder = mem_fmt("%s/%s", data, name);
	AUTO_FREE char *version = newest_version(folder);
	AUTO_FREE char *path = NULL;

	if (!version)
		return NULL;
	path = mem_fmt("%s/%s/service-2.json", folder, version);
	return load(path);
}

static void lay_over(json_t *base, const json_t *overlay)
{
	const char *name;
	const json_t *value;

	json_each_member (overlay, name, value) {
		json_t *old = json_object_get(base, name);

		if (json_is_object(old) && json_is_object(value))
			lay_over(old, value);
		else
			json_set(base, name, value);
	}
}

static json_t *load_model(const char *name, const char *data, const char *overlay)
{
	json_t *model = load_botocore(data, name);
	bool ours = access(overlay, R_OK) == 0;

	if (!model && !ours)
		modelc_die("no model of %s in %s, and no %s (Debian: python3-botocore)", name, data,
			   overlay);
	if (!model)
		return load(overlay);
	if (ours) {
		AUTO_JSON json_t *over = load(overlay);

		lay_over(model, over);
	}
	return model;
}

/* A line is "service Operation Operation …"; a service may have many lines; '#' comments. */
static void read_line(char *line, const char *name, json_t *kept)
{
	char *rest = NULL;
	char *word;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t", &rest);
	if (!word || strcmp(word, name) != 0)
		return;
	while ((word = strtok_r(NULL, " \t", &rest)))
		json_object_set_new(kept, word, json_true());
}

static json_t *read_operations(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	json_t *kept = json_object();
	char *line = NULL;
	size_t size = 0;

	if (!file)
		modelc_die("%s: %s", path, strerror(errno));
	while (getline(&line, &size, file) >= 0)
		read_line(line, name, kept);
	free(line);
	fclose(file);
	return kept;
}

static void write_file(const char *path, const struct buf *text)
{
	int err = generated_write(path, text);

	if (err < 0)
		modelc_die("%s: %s", path, strerror(-err));
}

int main(int argc, char **argv)
{
	AUTO_BUF struct buf header = {0};
	AUTO_BUF struct buf source = {0};

	if (argc != 7)
		modelc_die("usage: modelc NAME BOTOCORE_DATA OVERLAY OPERATIONS OUT.h OUT.c");

	AUTO_JSON json_t *model = load_model(argv[1], argv[2], argv[3]);
	AUTO_JSON json_t *kept = read_operations(argv[4], argv[1]);

	modelc_emit(argv[1], model, kept, &header, &source);
	write_file(argv[5], &header);
	write_file(argv[6], &source);
	return 0;
}
