/*
 * typesdb.c - what CloudFormation's resource types are made of, as C tables.
 *
 *   typesdb DB.json.gz RESOURCE_TYPES OUT.inc
 *
 * Reads the type database that the aws-cdk package carries (facts only), keeps the types that
 * RESOURCE_TYPES lists with the structures they reach, and the names of all others, and writes what
 * lab/services/cloudformation/types.c includes.
 *
 * A property's form is a text: "s" string, "i" integer, "n" number, "b" boolean, "*" anything, "S" a
 * structure; "[" a list and "{" a map of what follows.
 *
 *   left out   documentation, patterns and lengths; which of several alternatives a value is
 */
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "tools/generated.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define DB_MAX ((size_t)256 << 20)

struct table {
	json_t *resources;  /* type → its entity */
	json_t *structures; /* $id → its entity */
	json_t *reached;    /* $ids, in the order in which they were reached */
	json_t *names;	    /* $id → the enumerator */
	struct buf ids, properties, structs;
};

static void die(const char *fmt, ...) __attribute__((noreturn)) PRINTF_LIKE(1, 2);

static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("typesdb: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static json_t *load(const char *path)
{
	AUTO_BUF struct buf text = {.limit = DB_MAX};
	gzFile file = gzopen(path, "rb");
	json_error_t error;
	json_t *tree;
	int got;

	if (!file)
		die("cannot read %s", path);
	while ((got = gzread(file, buf_room(&text, 1 << 16), 1 << 16)) > 0)
		buf_wrote(&text, (size_t)got);
	gzclose(file);
	tree = json_loadb(text.data, text.len, 0, &error);
	if (!tree)
		die("%s: %s", path, error.text);
	return tree;
}

/* Entities of one kind by the value of a member. They belong to the database. */
static json_t *index_by(const json_t *db, const char *kind, const char *member)
{
	AUTO_FREE char *path = mem_fmt("schema.%s.entities", kind);
	json_t *index = json_object();
	const json_t *entity;
	size_t i;

	json_each (json_path(db, path), i, entity)
		json_object_set(index, json_str_or(entity, member, ""),
				(json_t *)(uintptr_t)entity);
	if (json_object_size(index) == 0)
		die("there is no %s in this database", kind);
	return index;
}

static json_t *read_list(const char *path)
{
	json_t *list = json_array();
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		die("cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, " #\r\n")] = '\0';
		if (line[0])
			json_push_str(list, line);
	}
	fclose(file);
	return list;
}

/* The structure will be written too; its enumerator. */
static const char *reach(struct table *table, const char *id, const char *owner)
{
	const json_t *entity = json_get(table->structures, id);
	AUTO_FREE char *name = NULL;

	if (!json_has(table->names, id)) {
		name = mem_fmt("%s_%s", owner, json_str_or(entity, "name", "?"));
		json_set_str(table->names, id, name);
		json_push_str(table->reached, id);
	}
	return json_str(table->names, id);
}

/* Adds the form of `type`; ret_structure: what S in it stands for. */
static void add_form(struct table *table, const json_t *type, const char *owner, struct buf *form,
		     const char **ret_structure)
{
	static const char *const forms[][2] = {
		{"string", "s"},  {"date-time", "s"}, {"integer", "i"}, {"number", "n"},
		{"boolean", "b"}, {"json", "*"},      {"union", "*"},	{"null", "*"},
	};
	const char *kind = json_str_or(type, "type", "");

	if (strcmp(kind, "array") == 0 || strcmp(kind, "map") == 0) {
		buf_byte(form, *kind == 'a' ? '[' : '{');
		add_form(table, json_get(type, "element"), owner, form, ret_structure);
		return;
	}
	if (strcmp(kind, "ref") == 0 || strcmp(kind, "tag") == 0) {
		const char *id = json_path_str(type, "reference.$ref");

		buf_byte(form, 'S');
		*ret_structure = id ? reach(table, id, owner) : "Tag";
		return;
	}
	for (size_t i = 0; i < array_len(forms); i++)
		if (strcmp(forms[i][0], kind) == 0) {
			buf_str(form, forms[i][1]);
			return;
		}
	die("a property is of the kind '%s', which is not known here", kind);
}

static void add_allowed(struct buf *out, const json_t *values)
{
	const json_t *value;
	size_t i;

	if (!json_array_size(values)) {
		buf_str(out, "NULL");
		return;
	}
	buf_byte(out, '"');
	json_each (values, i, value) {
		AUTO_FREE char *text = json_text(value);
		size_t len = strlen(text);

		/* Without its quotes. */
		if (json_is_string(value))
			buf_fmt(out, "|%.*s", (int)len - 2, text + 1);
		else
			buf_fmt(out, "|%s", text);
	}
	buf_str(out, "|\"");
}

static const char *changes(const json_t *property)
{
	const char *causes = json_str_or(property, "causesReplacement", "no");

	return strcmp(causes, "yes") == 0     ? "CFN_REPLACES_ALWAYS"
	       : strcmp(causes, "maybe") == 0 ? "CFN_REPLACES_MAYBE"
					      : "CFN_REPLACES_NEVER";
}

static void add_property(struct table *table, const char *owner, const char *name,
			 const json_t *property)
{
	const json_t *type = json_get(property, "type"), *inner = type;
	AUTO_BUF struct buf form = {0};
	const char *structure = "Tag";

	while (json_has(inner, "element"))
		inner = json_get(inner, "element");
	add_form(table, type, owner, &form, &structure);
	buf_fmt(&table->properties, "\t{\"%s\", \"%s\", TYPE_%s, %s, %d, ", name, buf_text(&form),
		structure, changes(property), json_bool_or(property, "required", false));
	add_allowed(&table->properties, json_get(inner, "allowedValues"));
	buf_str(&table->properties, "},\n");
}

static size_t add_properties(struct table *table, const char *enumerator, const char *owner,
			     const json_t *properties)
{
	AUTO_FREE const char **names = generated_order(properties);

	buf_fmt(&table->properties, "\t/* %s */\n", enumerator);
	for (size_t i = 0; names[i]; i++)
		add_property(table, owner, names[i], json_get(properties, names[i]));
	return json_object_size(properties);
}

static void add_structure(struct table *table, const char *enumerator, size_t *first, size_t count)
{
	buf_fmt(&table->ids, "\tTYPE_%s,\n", enumerator);
	buf_fmt(&table->structs, "\t[TYPE_%s] = {%zu, %zu},\n", enumerator, *first, count);
	*first += count;
}

/* The property that names the resource: what identifies it, where the template may say it. */
static char *name_property(const json_t *entity)
{
	const json_t *properties = json_get(entity, "properties");
	const json_t *identifier = json_get(entity, "primaryIdentifier");
	const char *entity_name = json_str_or(entity, "name", "");
	const char *only =
		json_array_size(identifier) == 1 ? json_string_value(json_at(identifier, 0)) : NULL;
	AUTO_FREE char *named = mem_fmt("%sName", entity_name);
	bool group = strcmp(entity_name, "SecurityGroup") == 0;
	const char *candidates[] = {only, named, group ? "GroupName" : NULL, "Name"};

	for (size_t i = 0; i < array_len(candidates); i++) {
		const json_t *property = candidates[i] ? json_get(properties, candidates[i]) : NULL;

		if (property && strcmp(changes(property), "CFN_REPLACES_ALWAYS") == 0)
			return mem_strdup(candidates[i]);
	}
	return NULL;
}

static char *enumerator_of(const char *type)
{
	char *name = mem_strdup(type + strlen("AWS::"));
	char *to = name;

	for (const char *from = name; *from; from++)
		if (isalnum((unsigned char)*from))
			*to++ = *from;
	*to = '\0';
	return name;
}

static void add_attributes(struct buf *out, const json_t *entity)
{
	AUTO_FREE const char **names = generated_order(json_get(entity, "attributes"));

	buf_byte(out, '"');
	for (size_t i = 0; names[i]; i++)
		buf_fmt(out, "|%s", names[i]);
	buf_str(out, "|\"");
}

static void add_resource(struct table *table, const char *type, size_t *first, struct buf *out)
{
	const json_t *entity = json_get(table->resources, type);
	AUTO_FREE char *enumerator = enumerator_of(type);
	AUTO_FREE char *name = NULL;

	if (!entity)
		die("the database has no type %s", type);
	name = name_property(entity);
	buf_fmt(out, "\t{\"%s\", TYPE_%s, ", type, enumerator);
	if (name)
		buf_fmt(out, "\"%s\",\n\t ", name);
	else
		buf_str(out, "NULL,\n\t ");
	add_attributes(out, entity);
	buf_str(out, "},\n");
	add_structure(
		table, enumerator, first,
		add_properties(table, enumerator, enumerator, json_get(entity, "properties")));
	/* Structures that these reach are reached in turn; each is written once. */
	for (size_t i = 0; i < json_array_size(table->reached); i++) {
		const char *id = json_string_value(json_at(table->reached, i));
		const char *own = json_str(table->names, id);

		add_structure(
			table, own, first,
			add_properties(table, own, enumerator,
				       json_path(json_get(table->structures, id), "properties")));
	}
	json_array_clear(table->reached);
}

static void add_names(const json_t *resources, struct buf *out)
{
	AUTO_FREE const char **names = generated_order(resources);

	for (size_t i = 0; names[i]; i++)
		buf_fmt(out, "\t\"%s\",\n", names[i]);
}

static void close_table(struct table *table)
{
	json_decref(table->resources);
	json_decref(table->structures);
	json_decref(table->reached);
	json_decref(table->names);
	buf_free(&table->ids);
	buf_free(&table->properties);
	buf_free(&table->structs);
}

static void write_table(const struct table *table, const struct buf *types, const char *path)
{
	AUTO_BUF struct buf out = {0};

	buf_fmt(&out, "/* Made by tools/typesdb from the aws-cdk package's database. */\n");
	buf_fmt(&out, "enum {\n%s};\n", buf_text(&table->ids));
	buf_fmt(&out, "\nstatic const struct property properties[] = {\n%s};\n",
		buf_text(&table->properties));
	buf_fmt(&out, "\nstatic const struct structure structures[] = {\n%s};\n",
		buf_text(&table->structs));
	buf_fmt(&out, "\nstatic const struct type types[] = {\n%s};\n", buf_text(types));
	buf_str(&out, "\n/* Every type there is. */\nstatic const char *const names[] = {\n");
	add_names(table->resources, &out);
	buf_str(&out, "};\n");
	if (generated_write(path, &out) < 0)
		die("cannot write %s", path);
}

int main(int argc, char **argv)
{
	AUTO_JSON json_t *db = argc == 4 ? load(argv[1]) : NULL;
	AUTO_JSON json_t *list = argc == 4 ? read_list(argv[2]) : NULL;
	AUTO_BUF struct buf types = {0};
	struct table table = {.reached = json_array(), .names = json_object()};
	size_t first = 0, i;
	const json_t *type;

	if (argc != 4)
		die("usage: typesdb DB.json.gz RESOURCE_TYPES OUT.inc");
	table.resources = index_by(db, "resource", "cloudFormationType");
	table.structures = index_by(db, "typeDefinition", "$id");
	buf_str(&table.properties,
		"\t{\"Key\", \"s\", TYPE_Tag, CFN_REPLACES_NEVER, 1, NULL},\n"
		"\t{\"Value\", \"s\", TYPE_Tag, CFN_REPLACES_NEVER, 1, NULL},\n");
	add_structure(&table, "Tag", &first, 2);
	json_each (list, i, type) {
		const char *before = i > 0 ? json_string_value(json_at(list, i - 1)) : "";

		if (strcmp(before, json_string_value(type)) >= 0)
			die("%s: %s is not in its place", argv[2], json_string_value(type));
		add_resource(&table, json_string_value(type), &first, &types);
	}
	write_table(&table, &types, argv[3]);
	close_table(&table);
	return 0;
}
