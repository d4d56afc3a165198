/*
 * names.c - camel case into snake case, and packages into prefixes.
 */
#include "tools/bindgen/names.h"

#include <ctype.h>
#include <string.h>

/* Words whose capitals do not begin words; both forms are of one length. */
static const struct word {
	const char *js;
	const char *plain;
} words[] = {
	{"KiB", "Kib"},		  {"MiB", "Mib"},
	{"GiB", "Gib"},		  {"TiB", "Tib"},
	{"IPv", "Ipv"},		  {"MySQL", "Mysql"},
	{"MySql", "Mysql"},	  {"PostgreSQL", "Postgresql"},
	{"DynamoDB", "Dynamodb"}, {"OAuth", "Oauth"},
	{"GitHub", "Github"},	  {"SQLServer", "SqlServer"},
};

static const struct prefix {
	const char *js;
	const char *prefix;
} prefixes[] = {
	{"aws-cdk-lib", "cdk"},
	{"cdk-nag", "nag"},
	{"aws_elasticloadbalancingv2", "elbv2"},
	{"aws_elasticloadbalancingv2_targets", "elbv2_targets"},
	{"aws_elasticloadbalancingv2_actions", "elbv2_actions"},
};

/* C's keywords, and object-like macros of the headers that bindings are used with. */
static const char *const reserved[] = {
	"auto",	    "bool",   "break",	  "case",   "char",    "const",	 "continue", "default",
	"do",	    "double", "else",	  "enum",   "errno",   "extern", "false",    "float",
	"for",	    "goto",   "if",	  "inline", "int",     "linux",	 "long",     "register",
	"restrict", "return", "short",	  "signed", "sizeof",  "static", "stderr",   "stdin",
	"stdout",   "struct", "switch",	  "true",   "typedef", "typeof", "union",    "unix",
	"unsigned", "void",   "volatile", "while",  "asm",     "i386",	 "environ",
};

static bool is_upper(char c)
{
	return isupper((unsigned char)c) != 0;
}

static bool is_lower(char c)
{
	return islower((unsigned char)c) != 0;
}

/* "AZs", "ARNs": the s belongs to the capitals. */
static bool is_plural(const char *s)
{
	return s[0] == 's' && !is_lower(s[1]) && !isdigit((unsigned char)s[1]);
}

static bool begins_word(const char *name, size_t i)
{
	bool interface = i == 1 && name[0] == 'I';
	char before = name[i - 1];

	if (!is_upper(name[i]) || interface)
		return false;
	if (is_lower(before) || isdigit((unsigned char)before))
		return true;
	return is_upper(before) && is_lower(name[i + 1]) && !is_plural(name + i + 1);
}

/* Replaces the words of the table. */
static char *plain_words(struct arena *arena, const char *name)
{
	char *text = arena_strdup(arena, name);

	for (size_t i = 0; i < array_len(words); i++)
		for (char *at = text; (at = strstr(at, words[i].js)); at++)
			memcpy(at, words[i].plain, strlen(words[i].plain));
	return text;
}

char *name_snake(struct arena *arena, const char *name)
{
	const char *text = plain_words(arena, name);
	char *snake = arena_alloc(arena, strlen(text) * 2 + 1);
	size_t n = 0;

	for (size_t i = 0; text[i]; i++) {
		if (i > 0 && begins_word(text, i))
			snake[n++] = '_';
		snake[n++] = isalnum((unsigned char)text[i]) ? (char)tolower((unsigned char)text[i])
							     : '_';
	}
	return snake;
}

/* A name in capitals keeps its words: VER_15_4, T3_MICRO. */
char *name_upper(struct arena *arena, const char *name)
{
	bool capitals = true;

	for (const char *p = name; *p; p++)
		capitals = capitals && !is_lower(*p);

	char *text = capitals ? arena_strdup(arena, name) : name_snake(arena, name);

	for (char *p = text; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	return text;
}

char *name_member(struct arena *arena, const char *name)
{
	char *snake = name_snake(arena, name);

	for (size_t i = 0; i < array_len(reserved); i++)
		if (strcmp(reserved[i], snake) == 0)
			return arena_fmt(arena, "%s_", snake);
	if (isdigit((unsigned char)snake[0]))
		return arena_fmt(arena, "_%s", snake);
	return snake;
}

/* Submodules begin with a small letter, types with a capital one. */
static const char *own_name(const char *fqn)
{
	const char *p = strchr(fqn, '.');

	while (p && !is_upper(p[1]) && p[1] != '*')
		p = strchr(p + 1, '.');
	return p ? p + 1 : fqn;
}

char *name_module(struct arena *arena, const char *fqn)
{
	const char *end = own_name(fqn) - 1;
	const char *start = fqn;

	for (const char *p = fqn; p < end; p++)
		if (*p == '.')
			start = p + 1;

	char *name = arena_strndup(arena, start, (size_t)(end - start));

	for (size_t i = 0; i < array_len(prefixes); i++)
		if (strcmp(prefixes[i].js, name) == 0)
			return arena_strdup(arena, prefixes[i].prefix);
	return name_snake(arena, strncmp(name, "aws_", 4) == 0 ? name + 4 : name);
}

char *name_type(struct arena *arena, const char *fqn, bool whole)
{
	static const char property[] = "Property";
	char *name = arena_strdup(arena, own_name(fqn));
	char *dot = strchr(name, '.');
	size_t len = strlen(name);
	char *snake = NULL;
	char *rest = NULL;

	if (!whole && dot && len > sizeof(property) &&
	    strcmp(name + len - (sizeof(property) - 1), property) == 0)
		name[len - (sizeof(property) - 1)] = '\0';
	for (char *part = strtok_r(name, ".", &rest); part; part = strtok_r(NULL, ".", &rest))
		snake = snake ? arena_fmt(arena, "%s_%s", snake, name_snake(arena, part))
			      : name_snake(arena, part);
	return snake;
}

/* cdk-nag says Nag in most of its names. */
char *name_tag(struct arena *arena, const char *fqn, bool whole)
{
	const char *module = name_module(arena, fqn);
	const char *type = name_type(arena, fqn, whole);

	if (strcmp(module, "nag") == 0 && strncmp(type, "nag_", 4) == 0)
		return arena_strdup(arena, type);
	return arena_fmt(arena, "%s_%s", module, type);
}
