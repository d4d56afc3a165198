/*
 * assembly.c - finds the types in a jsii assembly's text without parsing it all.
 *
 *   left out   the assembly's readme, submodules' settings, dependencies
 */
#include "tools/bindgen/assembly.h"

#include "lib/base/buf.h"
#include "tools/bindgen/bindgen.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct slice {
	const char *start;
	size_t len;
};

struct assembly {
	char *texts[8];
	size_t ntexts;
	struct slice *types; /* by number */
	size_t ntypes;
	size_t room;
	json_t *numbers; /* fqn → number */
	json_t *parsed;	 /* fqn → type */
};

struct assembly *assembly_open(void)
{
	struct assembly *assembly = mem_new(struct assembly);

	assembly->numbers = json_object();
	assembly->parsed = json_object();
	return assembly;
}

void assembly_close(struct assembly *assembly)
{
	for (size_t i = 0; i < assembly->ntexts; i++)
		free(assembly->texts[i]);
	free(assembly->types);
	json_decref(assembly->numbers);
	json_decref(assembly->parsed);
	free(assembly);
}

/* ---- a reader that only knows where values end; NULL: the text is cut off or no JSON ---- */

static const char *skip_space(const char *p, const char *end)
{
	while (p && p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p && p < end ? p : NULL;
}

/* Behind the closing quote; `p` is at the opening one. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

static const char *skip_nested(const char *p, const char *end)
{
	size_t depth = 0;

	while (p && p < end) {
		switch (*p) {
		case '"':
			p = skip_string(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		}
		p++;
	}
	return NULL;
}

static const char *skip_value(const char *p, const char *end)
{
	p = skip_space(p, end);
	if (!p)
		return NULL;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_nested(p, end);
	while (p < end && !strchr(",}] \n\r\t", *p))
		p++;
	return p < end ? p : NULL;
}

static const char *expect(const char *p, const char *end, char byte)
{
	p = skip_space(p, end);
	return p && *p == byte ? p + 1 : NULL;
}

/* One member: `p` is behind '{' or ','. Answers where its value ends. */
static const char *next_member(const char *p, const char *end, struct slice *ret_name,
			       struct slice *ret_value)
{
	const char *name = skip_space(p, end);
	const char *name_end = name && *name == '"' ? skip_string(name, end) : NULL;
	const char *value = skip_space(expect(name_end, end, ':'), end);
	const char *value_end = skip_value(value, end);

	if (!value_end)
		return NULL;
	*ret_name = (struct slice){name + 1, (size_t)(name_end - name) - 2};
	*ret_value = (struct slice){value, (size_t)(value_end - value)};
	return value_end;
}

static void add_type(struct assembly *assembly, struct slice name, struct slice type)
{
	AUTO_FREE char *fqn = mem_strndup(name.start, name.len);

	if (assembly->ntypes == assembly->room) {
		assembly->room = assembly->room ? assembly->room * 2 : 1024;
		assembly->types =
			mem_resize(assembly->types, assembly->room * sizeof(*assembly->types));
	}
	assembly->types[assembly->ntypes] = type;
	json_set_int(assembly->numbers, fqn, (int64_t)assembly->ntypes++);
}

/* Walks an object; `types` is what an assembly calls the member that holds them. */
static bool walk(struct assembly *assembly, const char *p, const char *end, bool types)
{
	p = expect(p, end, '{');
	if (p && expect(p, end, '}'))
		return true;
	while (p) {
		struct slice name;
		struct slice value;

		p = skip_space(next_member(p, end, &name, &value), end);
		if (!p)
			return false;
		if (types)
			add_type(assembly, name, value);
		else if (name.len == 5 && memcmp(name.start, "types", 5) == 0 &&
			 !walk(assembly, value.start, value.start + value.len, true))
			return false;
		if (*p == '}')
			return true;
		p = expect(p, end, ',');
	}
	return false;
}

bool assembly_add_text(struct assembly *assembly, char *text, size_t len)
{
	if (assembly->ntexts == array_len(assembly->texts))
		bindgen_die("more than %zu packages", assembly->ntexts);
	assembly->texts[assembly->ntexts++] = text;
	return walk(assembly, text, text + len, false);
}

/* gzread() reads what is not compressed as it is. */
static void read_all(const char *path, struct buf *text)
{
	gzFile file = gzopen(path, "re");
	int n;

	if (!file)
		bindgen_die("%s: cannot be read", path);
	gzbuffer(file, 1 << 17);
	while ((n = gzread(file, buf_room(text, 1 << 20), 1 << 20)) > 0)
		buf_wrote(text, (size_t)n);
	if (gzclose(file) != Z_OK || n < 0)
		bindgen_die("%s: is damaged", path);
}

void assembly_add(struct assembly *assembly, const char *folder)
{
	AUTO_FREE char *packed = mem_fmt("%s/.jsii.gz", folder);
	AUTO_FREE char *plain = mem_fmt("%s/.jsii", folder);
	const char *path = access(packed, R_OK) == 0 ? packed : plain;
	struct buf text = {0};

	read_all(path, &text);

	size_t len = text.len;

	if (!assembly_add_text(assembly, buf_take(&text), len))
		bindgen_die("%s: is no jsii assembly", path);
}

const json_t *assembly_names(const struct assembly *assembly)
{
	return assembly->numbers;
}

const json_t *assembly_type(struct assembly *assembly, const char *fqn)
{
	json_t *type = json_object_get(assembly->parsed, fqn);
	int64_t number = json_int_or(assembly->numbers, fqn, -1);

	if (type || number < 0)
		return type;

	struct slice slice = assembly->types[number];
	json_error_t error;

	type = json_loadb(slice.start, slice.len, 0, &error);
	if (!type)
		bindgen_die("%s: %s", fqn, error.text);
	json_object_set_new(assembly->parsed, fqn, type);
	return type;
}
