/*
 * bindgen.c - classes of jsii packages into C.
 *
 *   bindgen BINDINGS NODE_MODULES OUT
 *
 * BINDINGS (infra/cdk/bindings.txt) names what to bind, a line each: aws-cdk-lib.aws_ec2.Vpc, or all of a
 * module, aws-cdk-lib.aws_ec2.*; what stands before the first '.' is a folder of NODE_MODULES.
 *
 * Writes a header and a source a module, and what emit.h lists besides, into the folder OUT. Types of
 * modules that BINDINGS does not name are reached all the same; they go into others.h and others.c.
 *
 *   left out   deprecated members, protected ones, subclasses written in C (interfaces can be)
 */
#include "tools/bindgen/bindgen.h"

#include "tools/bindgen/emit.h"
#include "tools/bindgen/names.h"
#include "tools/generated.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bindgen_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("bindgen: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void write_file(const char *folder, const char *name, const struct buf *text)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", folder, name);
	int err = generated_write(path, text);

	if (err < 0)
		bindgen_die("%s: %s", path, strerror(-err));
}

/* ---- bindings.txt ---- */

static json_t *read_bindings(const char *path)
{
	FILE *file = fopen(path, "re");
	json_t *names = json_array();
	char *line = NULL;
	size_t size = 0;

	if (!file)
		bindgen_die("%s: %s", path, strerror(errno));
	while (getline(&line, &size, file) >= 0) {
		line[strcspn(line, "# \t\r\n")] = '\0';
		if (*line)
			json_push_str(names, line);
	}
	free(line);
	fclose(file);
	return names;
}

static void add_packages(struct plan *plan, const json_t *names, const char *node_modules)
{
	AUTO_JSON json_t *seen = json_object();
	const json_t *name;
	size_t i;

	json_each (names, i, name) {
		const char *fqn = json_string_value(name);
		AUTO_FREE char *package = mem_strndup(fqn, strcspn(fqn, "."));
		AUTO_FREE char *folder = mem_fmt("%s/%s", node_modules, package);

		if (json_has(seen, package))
			continue;
		json_set_bool(seen, package, true);
		assembly_add(plan->assembly, folder);
	}
	plan_name(plan);
}

/* Answers the modules' names. */
static json_t *bind_all(struct plan *plan, const json_t *names)
{
	json_t *modules = json_object();
	const json_t *name;
	size_t i;

	json_each (names, i, name) {
		const char *fqn = json_string_value(name);

		json_set_bool(modules, name_module(plan->arena, fqn), true);
		plan_bind(plan, fqn);
	}
	return modules;
}

/* ---- the files ---- */

static bool is_of_module(const void *context, const struct type *type)
{
	return strcmp(type->module, context) == 0;
}

static bool is_of_none(const void *context, const struct type *type)
{
	return !json_has(context, type->module);
}

static void write_module(struct plan *plan, const char *out, const char *name, belongs_fn *belongs,
			 const void *context)
{
	AUTO_FREE char *header = mem_fmt("%s.h", name);
	AUTO_FREE char *source = mem_fmt("%s.c", name);
	AUTO_BUF struct buf text = {0};

	emit_module_header(plan, name, belongs, context, &text);
	write_file(out, header, &text);
	buf_clear(&text);
	emit_module_source(plan, name, belongs, context, &text);
	write_file(out, source, &text);
}

static void write_common(struct plan *plan, const char *out)
{
	static const struct common {
		const char *name;
		void (*emit)(struct plan *plan, struct buf *out);
	} files[] = {
		{"types.h", emit_types_header},
		{"types.c", emit_types_source},
		{"tables.h", emit_tables},
	};

	for (size_t i = 0; i < array_len(files); i++) {
		AUTO_BUF struct buf text = {0};

		files[i].emit(plan, &text);
		write_file(out, files[i].name, &text);
	}
}

int main(int argc, char **argv)
{
	struct plan *plan = plan_open();
	const json_t *one;
	const char *name;

	if (argc != 4)
		bindgen_die("usage: bindgen BINDINGS NODE_MODULES OUT");

	AUTO_JSON json_t *names = read_bindings(argv[1]);

	add_packages(plan, names, argv[2]);

	AUTO_JSON json_t *modules = bind_all(plan, names);

	write_common(plan, argv[3]);
	json_each_member (modules, name, one)
		write_module(plan, argv[3], name, is_of_module, name);
	write_module(plan, argv[3], "others", is_of_none, modules);
	plan_close(plan);
	return 0;
}
