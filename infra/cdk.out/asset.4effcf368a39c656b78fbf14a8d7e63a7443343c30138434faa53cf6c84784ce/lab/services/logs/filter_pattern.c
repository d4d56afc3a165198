/*
 * filter_pattern.c - CloudWatch Logs' filter patterns: read once, matched often.
 *
 *   left out   space-delimited patterns; arrays addressed as $.[0]
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lab/services/logs/filter_pattern.h"
#include "lib/base/json.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16	  /* of parentheses */
#define REGEX_MAX 2	  /* of a pattern, as AWS has it */
#define MATCH_LIMIT 20000 /* steps of one match: an expression must not stop the lab */

enum kind { ALL, TERMS, JSON };

struct text_test {
	const char *text; /* literal, with '*' where globs are meant; NULL: regex */
	size_t len;
	pcre2_code *regex;
};

struct term {
	struct text_test test;
	char sign; /* '?', '-' or 0 */
	struct term *next;
};

enum node_kind {
	NODE_AND,
	NODE_OR,
	NODE_TEXT,
	NODE_NUMBER,
	NODE_NULL,
	NODE_TRUE,
	NODE_FALSE,
	NODE_ABSENT
};
enum compare { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct step {
	const char *name; /* NULL: an element */
	size_t index;
	struct step *next;
};

struct node {
	enum node_kind kind;
	struct node *left, *right; /* AND, OR */
	struct step *selector;
	enum compare compare;
	double number;
	struct text_test text;
};

struct filter_pattern {
	enum kind kind;
	struct term *terms;
	bool has_plain; /* terms that are not ?…: then those do not count */
	struct node *root;
};

struct reader {
	struct arena *arena;
	const char *at;
	const char *why; /* the first complaint */
	int depth;
	int regexes;
};

static void *complain(struct reader *reader, const char *why)
{
	if (!reader->why)
		reader->why = why;
	return NULL;
}

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
}

static bool take(struct reader *reader, const char *text)
{
	size_t len = strlen(text);

	skip_blanks(reader);
	if (strncmp(reader->at, text, len) != 0)
		return false;
	reader->at += len;
	return true;
}

/* Text */

static void free_regex(void *regex)
{
	pcre2_code_free(regex);
}

/* %…%, the first percent sign taken. */
static bool read_regex(struct reader *reader, struct text_test *ret_test)
{
	size_t len = strcspn(reader->at, "%");
	size_t where;
	int error;

	if (reader->at[len] != '%' || len == 0) {
		complain(reader, "Invalid regular expression");
		return false;
	}
	if (++reader->regexes > REGEX_MAX) {
		complain(reader, "A pattern has at most two regular expressions");
		return false;
	}
	ret_test->regex = pcre2_compile((PCRE2_SPTR)reader->at, len, PCRE2_NO_AUTO_CAPTURE, &error,
					&where, NULL);
	if (!ret_test->regex) {
		complain(reader, "Invalid regular expression");
		return false;
	}
	arena_defer(reader->arena, free_regex, ret_test->regex);
	ret_test->text = NULL;
	reader->at += len + 1;
	return true;
}

/* "…", the first quote taken; \" and \\ stand for themselves. */
static bool read_quoted(struct reader *reader, struct text_test *ret_test)
{
	char *text = arena_alloc(reader->arena, strlen(reader->at) + 1);
	size_t len = 0;

	for (; *reader->at && *reader->at != '"'; reader->at++) {
		if (*reader->at == '\\' && (reader->at[1] == '"' || reader->at[1] == '\\'))
			reader->at++;
		text[len++] = *reader->at;
	}
	if (*reader->at != '"') {
		complain(reader, "Unclosed quotation mark");
		return false;
	}
	reader->at++;
	*ret_test = (struct text_test){.text = text, .len = len};
	return true;
}

static bool search(const pcre2_code *regex, const char *message, size_t len)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int found;

	pcre2_set_match_limit(context, MATCH_LIMIT);
	found = pcre2_match(regex, (PCRE2_SPTR)message, len, 0, 0, data, context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return found >= 0;
}

/* '*' stands for anything. */
static bool glob(const char *pattern, size_t plen, const char *text, size_t len)
{
	size_t p = 0, t = 0, star = plen, mark = 0;

	while (t < len) {
		if (p < plen && pattern[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < plen && pattern[p] == text[t]) {
			p++;
			t++;
		} else if (star < plen) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < plen && pattern[p] == '*')
		p++;
	return p == plen;
}

/* Terms */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.*@#", c)) || (unsigned char)c >= 0x80;
}

static bool read_word(struct reader *reader, struct text_test *ret_test)
{
	size_t len = 0;

	while (is_word(reader->at[len]))
		len++;
	if (len == 0 || (reader->at[len] && !strchr(" \t\r\n", reader->at[len]))) {
		size_t all = strcspn(reader->at, " \t\r\n");

		complain(reader, arena_fmt(reader->arena, "Invalid character(s) in term '%.*s'",
					   (int)all, reader->at));
		return false;
	}
	*ret_test = (struct text_test){
		.text = arena_strndup(reader->arena, reader->at, len),
		.len = len,
	};
	reader->at += len;
	return true;
}

static struct term *read_term(struct reader *reader)
{
	struct term *term = arena_alloc(reader->arena, sizeof(*term));
	bool good;

	if (*reader->at == '?' || *reader->at == '-')
		term->sign = *reader->at++;
	if (*reader->at == '"') {
		reader->at++;
		good = read_quoted(reader, &term->test);
	} else if (*reader->at == '%') {
		reader->at++;
		good = read_regex(reader, &term->test);
	} else {
		good = read_word(reader, &term->test);
	}
	return good ? term : NULL;
}

static bool read_terms(struct reader *reader, struct filter_pattern *pattern)
{
	struct term **end = &pattern->terms;

	pattern->kind = TERMS;
	for (skip_blanks(reader); *reader->at; skip_blanks(reader)) {
		struct term *term = read_term(reader);

		if (!term)
			return false;
		pattern->has_plain = pattern->has_plain || term->sign != '?';
		*end = term;
		end = &term->next;
	}
	return true;
}

static bool has_text(const struct text_test *test, const char *message, size_t len)
{
	return test->regex ? search(test->regex, message, len)
			   : test->len == 0 || memmem(message, len, test->text, test->len) != NULL;
}

static bool match_terms(const struct filter_pattern *pattern, const char *message, size_t len)
{
	for (const struct term *term = pattern->terms; term; term = term->next) {
		if (pattern->has_plain && term->sign == '?')
			continue;
		if (has_text(&term->test, message, len)) {
			if (term->sign == '-')
				return false;
			if (term->sign == '?')
				return true;
		} else if (!term->sign) {
			return false;
		}
	}
	return pattern->has_plain;
}

/* JSON */

static struct step *read_step(struct reader *reader)
{
	struct step *step = arena_alloc(reader->arena, sizeof(*step));
	size_t len;

	if (*reader->at == '[') {
		char *end;

		step->index = strtoul(reader->at + 1, &end, 10);
		if (end == reader->at + 1 || *end != ']')
			return complain(reader, "Invalid selector: [number] is expected");
		reader->at = end + 1;
		return step;
	}
	reader->at++; /* '.' */
	len = strcspn(reader->at, " \t\r\n.[]{}()=!<>&|\"%");
	if (len == 0)
		return complain(reader, "Invalid selector: a name is expected after '.'");
	step->name = arena_strndup(reader->arena, reader->at, len);
	reader->at += len;
	return step;
}

static struct step *read_selector(struct reader *reader)
{
	struct step *first = NULL;
	struct step **end = &first;

	if (!take(reader, "$") || (*reader->at != '.' && *reader->at != '['))
		return complain(reader, "A selector begins with '$.'");
	while (*reader->at == '.' || *reader->at == '[') {
		*end = read_step(reader);
		if (!*end)
			return NULL;
		end = &(*end)->next;
	}
	return first;
}

static bool read_compare(struct reader *reader, enum compare *ret_compare)
{
	/* Longer ones first. */
	static const struct {
		const char *text;
		enum compare compare;
	} compares[] = {
		{"!=", NOT_EQUAL}, {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL},
		{"=", EQUAL},	   {"<", LESS},	       {">", GREATER},
	};

	for (size_t i = 0; i < array_len(compares); i++) {
		if (take(reader, compares[i].text)) {
			*ret_compare = compares[i].compare;
			return true;
		}
	}
	complain(reader, "An operator is expected: = != < <= > >= IS NOT EXISTS");
	return false;
}

static bool read_bare(struct reader *reader, struct node *node)
{
	size_t len = strcspn(reader->at, " \t\r\n{}()&|\"");
	char *text = arena_strndup(reader->arena, reader->at, len);
	char *end;

	if (len == 0) {
		complain(reader, "A value is expected");
		return false;
	}
	reader->at += len;
	node->number = strtod(text, &end);
	if (*end == '\0' && strspn(text, "+-.0123456789eE") == len) {
		node->kind = NODE_NUMBER;
		return true;
	}
	node->kind = NODE_TEXT;
	node->text = (struct text_test){.text = text, .len = len};
	return true;
}

static struct node *read_value(struct reader *reader, struct node *node)
{
	bool good;

	skip_blanks(reader);
	node->kind = NODE_TEXT;
	if (*reader->at == '"') {
		reader->at++;
		good = read_quoted(reader, &node->text);
	} else if (*reader->at == '%') {
		reader->at++;
		good = read_regex(reader, &node->text);
	} else {
		good = read_bare(reader, node);
	}
	if (good && node->kind == NODE_TEXT && node->compare > NOT_EQUAL)
		return complain(reader, "A string is compared with = or != only");
	return good ? node : NULL;
}

static struct node *read_test(struct reader *reader)
{
	struct node *node = arena_alloc(reader->arena, sizeof(*node));

	node->selector = read_selector(reader);
	if (!node->selector)
		return NULL;
	if (take(reader, "NOT")) {
		node->kind = NODE_ABSENT;
		return take(reader, "EXISTS") ? node : complain(reader, "NOT EXISTS is expected");
	}
	if (take(reader, "IS")) {
		if (take(reader, "NULL"))
			node->kind = NODE_NULL;
		else if (take(reader, "TRUE"))
			node->kind = NODE_TRUE;
		else if (take(reader, "FALSE"))
			node->kind = NODE_FALSE;
		else
			return complain(reader, "IS is followed by NULL, TRUE or FALSE");
		return node;
	}
	return read_compare(reader, &node->compare) ? read_value(reader, node) : NULL;
}

static struct node *read_or(struct reader *reader);

static struct node *read_factor(struct reader *reader)
{
	struct node *node;

	if (!take(reader, "("))
		return read_test(reader);
	if (++reader->depth > DEPTH_MAX)
		return complain(reader, "Too many parentheses");
	node = read_or(reader);
	reader->depth--;
	if (node && !take(reader, ")"))
		return complain(reader, "')' is expected");
	return node;
}

static struct node *join(struct reader *reader, enum node_kind kind, struct node *left,
			 struct node *right)
{
	struct node *node = arena_alloc(reader->arena, sizeof(*node));

	*node = (struct node){.kind = kind, .left = left, .right = right};
	return left && right ? node : NULL;
}

static struct node *read_and(struct reader *reader)
{
	struct node *node = read_factor(reader);

	while (node && take(reader, "&&"))
		node = join(reader, NODE_AND, node, read_factor(reader));
	return node;
}

static struct node *read_or(struct reader *reader)
{
	struct node *node = read_and(reader);

	while (node && take(reader, "||"))
		node = join(reader, NODE_OR, node, read_and(reader));
	return node;
}

static bool read_json(struct reader *reader, struct filter_pattern *pattern)
{
	pattern->kind = JSON;
	pattern->root = read_or(reader);
	if (pattern->root && !take(reader, "}"))
		complain(reader, "'}' is expected");
	skip_blanks(reader);
	if (*reader->at)
		complain(reader, "Nothing may follow '}'");
	return !reader->why;
}

static const json_t *follow(const json_t *tree, const struct step *step)
{
	for (; tree && step; step = step->next)
		tree = step->name ? json_get(tree, step->name) : json_at(tree, step->index);
	return tree;
}

static bool compare_numbers(double value, enum compare compare, double number)
{
	switch (compare) {
	case EQUAL:
		return value >= number && value <= number;
	case NOT_EQUAL:
		return value < number || value > number;
	case LESS:
		return value < number;
	case LESS_EQUAL:
		return value <= number;
	case GREATER:
		return value > number;
	case GREATER_EQUAL:
		return value >= number;
	}
	return false;
}

/* A number's text counts, too; an array or an object never matches. */
static bool compare_text(const json_t *value, const struct node *node)
{
	AUTO_FREE char *number = json_is_number(value) ? json_text(value) : NULL;
	const char *text = number ? number : json_string_value(value);
	size_t len = number ? strlen(number) : json_string_length(value);
	bool same;

	if (!text)
		return false;
	same = node->text.regex ? search(node->text.regex, text, len)
				: glob(node->text.text, node->text.len, text, len);
	return same == (node->compare == EQUAL);
}

static bool match_node(const struct node *node, const json_t *tree)
{
	const json_t *value = follow(tree, node->selector);

	switch (node->kind) {
	case NODE_AND:
		return match_node(node->left, tree) && match_node(node->right, tree);
	case NODE_OR:
		return match_node(node->left, tree) || match_node(node->right, tree);
	case NODE_TEXT:
		return compare_text(value, node);
	case NODE_NUMBER:
		return json_is_number(value) &&
		       compare_numbers(json_number_value(value), node->compare, node->number);
	case NODE_NULL:
		return json_is_null(value);
	case NODE_TRUE:
		return json_is_true(value);
	case NODE_FALSE:
		return json_is_false(value);
	case NODE_ABSENT:
		return !value;
	}
	return false;
}

static bool match_json(const struct filter_pattern *pattern, const char *message, size_t len)
{
	size_t blanks = strspn(message, " \t\r\n");
	AUTO_JSON json_t *tree = NULL;

	if (blanks >= len || message[blanks] != '{')
		return false;
	tree = json_read(message, len);
	return tree && match_node(pattern->root, tree);
}

/* The whole */

const struct filter_pattern *filter_pattern_read(struct arena *arena, const char *text,
						 const char **ret_why)
{
	struct reader reader = {.arena = arena, .at = text};
	struct filter_pattern *pattern = arena_alloc(arena, sizeof(*pattern));

	skip_blanks(&reader);
	if (strlen(text) > FILTER_PATTERN_MAX)
		complain(&reader, "A pattern has at most 1024 characters");
	else if (*reader.at == '\0' || strcmp(text, "\" \"") == 0)
		pattern->kind = ALL;
	else if (*reader.at == '[')
		complain(&reader, "Space-delimited filter patterns are not in the lab");
	else if (take(&reader, "{"))
		read_json(&reader, pattern);
	else
		read_terms(&reader, pattern);

	if (reader.why) {
		*ret_why = reader.why;
		return NULL;
	}
	return pattern;
}

bool filter_pattern_match(const struct filter_pattern *pattern, const char *message, size_t len)
{
	switch (pattern->kind) {
	case ALL:
		return true;
	case TERMS:
		return match_terms(pattern, message, len);
	case JSON:
		return match_json(pattern, message, len);
	}
	return false;
}
