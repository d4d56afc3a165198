/*
 * xml.c - XML in, as a JSON tree; XML out, escaped.
 *
 * Read with expat. A document type declaration ends the reading: nothing AWS sends has one, and
 * without one there are no entities to expand.
 */
#include "lib/base/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

struct element {
	char *name;
	json_t *children; /* NULL while there are none */
	struct buf text;
};

struct reader {
	XML_Parser parser;
	struct element open[DEPTH_MAX];
	size_t depth;
	json_t *root;
};

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct reader *reader = user;

	if (reader->depth == DEPTH_MAX) {
		XML_StopParser(reader->parser, XML_FALSE);
		return;
	}
	reader->open[reader->depth++] = (struct element){.name = mem_strdup(local_name(name))};
}

/* The second of a name makes the first a list. */
static void add_child(json_t *parent, const char *name, json_t *value)
{
	json_t *there = json_object_get(parent, name);

	if (!there) {
		json_give(parent, name, value);
	} else if (json_is_array(there)) {
		json_push_give(there, value);
	} else {
		json_t *list = json_array();

		json_push_give(list, json_incref(there));
		json_push_give(list, value);
		json_give(parent, name, list);
	}
}

static void on_end(void *user, const char *name)
{
	struct reader *reader = user;
	struct element *done = &reader->open[--reader->depth];
	struct element *parent = reader->depth ? &reader->open[reader->depth - 1] : NULL;
	json_t *value = done->children;

	if (!value)
		value = json_stringn_nocheck(buf_text(&done->text), done->text.len);

	if (parent && !parent->children)
		parent->children = json_object();
	if (!parent)
		reader->root = json_object();
	add_child(parent ? parent->children : reader->root, done->name, value);

	free(done->name);
	buf_free(&done->text);
}

static void on_text(void *user, const char *text, int len)
{
	struct reader *reader = user;

	/* White space between children is nobody's; so is text after the first child. */
	if (reader->depth && !reader->open[reader->depth - 1].children)
		buf_add(&reader->open[reader->depth - 1].text, text, (size_t)len);
}

static void on_doctype(void *user, const char *name, const char *system, const char *public,
		       int internal)
{
	struct reader *reader = user;

	XML_StopParser(reader->parser, XML_FALSE);
}

json_t *xml_read(const char *text, size_t len)
{
	struct reader reader = {0};
	bool whole;

	if (len > INT_MAX)
		return NULL;
	reader.parser = XML_ParserCreate(NULL);
	if (!reader.parser)
		return NULL;

	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
	whole = XML_Parse(reader.parser, text, (int)len, 1) == XML_STATUS_OK;
	XML_ParserFree(reader.parser);

	while (reader.depth > 0) {
		struct element *left = &reader.open[--reader.depth];

		free(left->name);
		json_decref(left->children);
		buf_free(&left->text);
	}
	if (!whole) {
		json_decref(reader.root);
		return NULL;
	}
	return reader.root;
}

json_t *xml_list(const json_t *parent, const char *name)
{
	const json_t *there = json_get(parent, name);
	json_t *list = json_array();

	if (json_is_array(there)) {
		const json_t *element;
		size_t i;

		json_each (there, i, element)
			json_push(list, element);
	} else {
		json_push(list, there);
	}
	return list;
}

/* XML 1.0 has no way to write most control characters; readers refuse the whole document. */
#define REPLACEMENT "\xEF\xBF\xBD"

static const char *escaped(unsigned char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\r': /* as it is, readers would take it for a line feed */
		return "&#xD;";
	case '\n':
	case '\t':
		return NULL;
	default:
		return byte < 0x20 ? REPLACEMENT : NULL;
	}
}

void xml_escape(struct buf *out, const char *text, size_t len)
{
	size_t i, plain = 0;

	for (i = 0; i < len; i++) {
		const char *instead = escaped((unsigned char)text[i]);

		if (!instead)
			continue;
		buf_add(out, text + plain, i - plain);
		buf_str(out, instead);
		plain = i + 1;
	}
	buf_add(out, text + plain, len - plain);
}
