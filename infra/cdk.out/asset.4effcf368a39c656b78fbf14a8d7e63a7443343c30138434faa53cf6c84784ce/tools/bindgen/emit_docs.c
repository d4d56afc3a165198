/*
 * emit_docs.c - documentation of the packages as C comments.
 */
#include "tools/bindgen/emit.h"

#include <string.h>

#define WIDTH 98

/* One word's length; what would end or begin a comment is broken. */
static void add_word(struct buf *line, const char *word, size_t len)
{
	if (line->len > 0)
		buf_byte(line, ' ');
	for (size_t i = 0; i < len; i++) {
		char before = line->len > 0 ? line->data[line->len - 1] : ' ';

		if ((before == '*' && word[i] == '/') || (before == '/' && word[i] == '*'))
			buf_byte(line, ' ');
		buf_byte(line, word[i]);
	}
}

void emit_comment(struct buf *out, const char *indent, const char *text)
{
	AUTO_BUF struct buf line = {0};
	size_t width = WIDTH - 8 * strlen(indent) - strlen("/* ");
	bool first = true;

	while (*(text += strspn(text, " \t\r\n"))) {
		size_t len = strcspn(text, " \t\r\n");

		if (line.len > 0 && line.len + 1 + len > width) {
			buf_fmt(out, "%s%s%s\n", indent, first ? "/* " : " * ", buf_text(&line));
			buf_clear(&line);
			first = false;
		}
		add_word(&line, text, len);
		text += len;
	}
	if (line.len > 0)
		buf_fmt(out, "%s%s%s */\n", indent, first ? "/* " : " * ", buf_text(&line));
}

static void add_sentence(struct buf *text, const char *before, const char *sentence)
{
	size_t len = strlen(sentence);

	buf_fmt(text, "%s%s", before, sentence);
	if (len > 0 && !strchr(".!?:", sentence[len - 1]))
		buf_byte(text, '.');
}

void emit_docs(struct buf *out, const char *indent, const json_t *docs, const char *note)
{
	AUTO_BUF struct buf text = {0};
	const char *summary = json_str(docs, "summary");
	const char *otherwise = json_str(docs, "default");

	if (summary)
		add_sentence(&text, "", summary);
	if (otherwise)
		add_sentence(&text, " Default: ", otherwise + strspn(otherwise, "- "));
	if (note && docs)
		add_sentence(&text, " ", note);
	emit_comment(out, indent, buf_text(&text));
}
