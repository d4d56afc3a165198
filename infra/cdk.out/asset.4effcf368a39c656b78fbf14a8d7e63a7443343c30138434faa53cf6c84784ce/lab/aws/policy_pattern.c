/*
 * policy_pattern.c - wildcards and variables in a policy's text.
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags", "Resource".
 */
#include "lab/aws/policy_match.h"

#include <ctype.h>
#include <string.h>

/* In a pattern that was read, so that a '*' out of a variable is only a star. */
#define ANY '\1'
#define ONE '\2'
#define NOTHING '\3' /* what the document had in their place: matches nothing of ours */

static void add_text(struct buf *out, const char *text, size_t len, bool wildcards)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char byte = text[i];

		if (wildcards && byte == '*')
			byte = ANY;
		else if (wildcards && byte == '?')
			byte = ONE;
		else if (byte == ANY || byte == ONE)
			byte = NOTHING;
		buf_byte(out, byte);
	}
}

/* ${*}, ${?} and ${$} are these characters themselves. */
static bool is_escape(const char *name, size_t len)
{
	return len == 1 && strchr("*?$", name[0]);
}

/* "aws:username" or "aws:username, 'nobody'" between the braces. */
static bool add_variable(struct buf *out, const char *text, size_t len,
			 const struct question *question)
{
	const char *comma = memchr(text, ',', len);
	size_t name_len = comma ? (size_t)(comma - text) : len;
	AUTO_FREE char *name = NULL;
	const char *value;
	bool known;

	while (name_len > 0 && text[name_len - 1] == ' ')
		name_len--;
	name = mem_strndup(text, name_len);
	/* One with several values has none that could stand here. */
	value = json_string_value(condition_key(question, name, &known));
	if (value) {
		add_text(out, value, strlen(value), false);
		return true;
	}
	if (!comma)
		return false;

	value = memchr(comma, '\'', (size_t)(text + len - comma));
	if (!value || text[len - 1] != '\'' || value == text + len - 1)
		return false;
	add_text(out, value + 1, (size_t)(text + len - value) - 2, false);
	return true;
}

bool pattern_read(struct buf *out, const char *text, bool wildcards, const struct reading *reading)
{
	buf_clear(out);
	while (*text) {
		const char *open = reading->variables ? strstr(text, "${") : NULL;
		const char *close = open ? strchr(open, '}') : NULL;
		size_t len;

		if (!close) {
			add_text(out, text, strlen(text), wildcards);
			break;
		}
		add_text(out, text, (size_t)(open - text), wildcards);
		len = (size_t)(close - open) - 2;
		if (is_escape(open + 2, len))
			buf_byte(out, open[2]);
		else if (!add_variable(out, open + 2, len, reading->question))
			return false;
		text = close + 1;
	}
	return true;
}

static bool same(char a, char b, bool nocase)
{
	return a == b || (nocase && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* The last star is the only one that ever has to give more: no recursion. */
static bool matches(const char *pattern, size_t pattern_len, const char *text, size_t len,
		    bool nocase)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < len) {
		if (p < pattern_len && pattern[p] == ANY) {
			star = p++;
			mark = t;
		} else if (p < pattern_len &&
			   (pattern[p] == ONE || same(pattern[p], text[t], nocase))) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == ANY)
		p++;
	return p == pattern_len;
}

bool pattern_matches(const char *pattern, const char *text, bool nocase)
{
	return matches(pattern, strlen(pattern), text, strlen(text), nocase);
}

bool pattern_matches_arn(const char *pattern, const char *arn)
{
	int part;

	if (pattern[0] == ANY && pattern[1] == '\0')
		return true;
	for (part = 0; part < 5; part++) {
		size_t pattern_len = strcspn(pattern, ":");
		size_t len = strcspn(arn, ":");

		if (pattern[pattern_len] != ':' || arn[len] != ':' ||
		    !matches(pattern, pattern_len, arn, len, false))
			return false;
		pattern += pattern_len + 1;
		arn += len + 1;
	}
	return pattern_matches(pattern, arn, false);
}
