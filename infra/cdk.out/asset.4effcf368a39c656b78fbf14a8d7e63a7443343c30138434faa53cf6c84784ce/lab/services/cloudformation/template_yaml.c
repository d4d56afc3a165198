/*
 * template_yaml.c - a template written in YAML.
 */
#include "lab/services/cloudformation/template_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 128 /* of nesting; the template's own limit is lower */

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	const char *error;
	int depth;
};

/* Always "return fail(reader, …)": NULL. */
static json_t *fail(struct reader *reader, const char *text, const yaml_mark_t *mark)
{
	if (!reader->error)
		reader->error = arena_fmt(reader->arena,
					  "Template format error: YAML not well-formed. (line %zu, "
					  "column %zu)%s%s",
					  mark->line + 1, mark->column + 1, text ? ": " : "",
					  text ? text : "");
	return NULL;
}

/* The next event, to be deleted. False: the text is no YAML. */
static bool next(struct reader *reader, yaml_event_t *ret_event)
{
	if (yaml_parser_parse(&reader->parser, ret_event))
		return true;
	fail(reader, NULL, &reader->parser.problem_mark);
	return false;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, text) == 0)
			return true;
	return false;
}

/* Digits, and no zero in front: 012345678901 is an account, not a number. */
static bool is_integer(const char *text)
{
	size_t digits;

	text += *text == '-' || *text == '+';
	digits = strspn(text, "0123456789");
	return digits > 0 && digits < 16 && text[digits] == '\0' && (*text != '0' || digits == 1);
}

static bool is_real(const char *text)
{
	const char *point = strchr(text, '.');
	char *end;

	if (!point || strspn(text, "+-.0123456789eE") != strlen(text) || strlen(text) < 2)
		return false;
	strtod(text, &end);
	return *end == '\0';
}

/* A word without quotes, as YAML 1.1 understands it. */
static json_t *plain_value(const char *text)
{
	static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
					  "YES",  "on",	  "On",	  "ON",	 NULL};
	static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
					 "NO",	  "off",   "Off",   "OFF", NULL};
	static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL};

	if (is_one_of(text, nothing))
		return json_null();
	if (is_one_of(text, yes))
		return json_true();
	if (is_one_of(text, no))
		return json_false();
	if (is_integer(text))
		return json_integer(strtoll(text, NULL, 10));
	return is_real(text) ? json_real(strtod(text, NULL)) : json_string(text);
}

/* The words as they stand; NULL: they are no UTF-8, or hold a NUL. */
static json_t *scalar_text(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	return strlen(text) == event->data.scalar.length ? json_string(text) : NULL;
}

static json_t *scalar(struct reader *reader, const yaml_event_t *event)
{
	json_t *text = scalar_text(event), *value;

	if (!text)
		return fail(reader, "a text that is no UTF-8", &event->start_mark);
	if (event->data.scalar.tag || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return text;
	value = plain_value(json_string_value(text));
	json_decref(text);
	return value;
}

/* !Name as the function that it stands for: {"Fn::Name": value}. Takes the value. */
static json_t *apply_tag(struct reader *reader, const char *tag, json_t *value,
			 const yaml_mark_t *mark)
{
	static const char *const bare[] = {"Ref", "Condition", NULL};
	const char *name = tag + 1, *text = json_string_value(value), *dot;
	AUTO_JSON json_t *held = value;
	json_t *pair;

	if (!value)
		return NULL;
	/* !!str and its like say what a value is already. */
	if (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, YAML_SEQ_TAG) == 0 ||
	    strcmp(tag, YAML_MAP_TAG) == 0)
		return json_incref(held);
	if (*tag != '!' || !*name ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
			 "vwxyz0123456789") != strlen(name))
		return fail(reader, arena_fmt(reader->arena, "the tag %s is not supported", tag),
			    mark);
	if (is_one_of(name, bare))
		return json_pack("{s:O}", name, held);
	dot = text ? strchr(text, '.') : NULL;
	if (strcmp(name, "GetAtt") == 0 && dot) {
		pair = json_pack("[o,s]", json_stringn(text, (size_t)(dot - text)), dot + 1);
		return json_pack("{s:o}", "Fn::GetAtt", pair);
	}
	return json_pack("{s:O}", arena_fmt(reader->arena, "Fn::%s", name), held);
}

static json_t *value_of(struct reader *reader, const yaml_event_t *event);

static json_t *sequence(struct reader *reader)
{
	AUTO_JSON json_t *list = json_array();
	yaml_event_t event;

	for (;;) {
		json_t *value;
		bool end;

		if (!next(reader, &event))
			return NULL;
		end = event.type == YAML_SEQUENCE_END_EVENT;
		value = end ? NULL : value_of(reader, &event);
		yaml_event_delete(&event);
		if (end)
			return json_incref(list);
		if (!value)
			return NULL;
		json_push_give(list, value);
	}
}

/* The key that the event is; NULL: it cannot be one, or is there already. */
static const char *key_of(struct reader *reader, const yaml_event_t *event, const json_t *object)
{
	const char *key;
	AUTO_JSON json_t *text = NULL;

	if (event->type != YAML_SCALAR_EVENT) {
		fail(reader, "a key must be text", &event->start_mark);
		return NULL;
	}
	text = scalar_text(event);
	if (!text) {
		fail(reader, "a key must be text", &event->start_mark);
		return NULL;
	}
	key = arena_strdup(reader->arena, json_string_value(text));
	if (strcmp(key, "<<") == 0)
		fail(reader, "hash merges are not allowed", &event->start_mark);
	else if (json_get(object, key))
		fail(reader, arena_fmt(reader->arena, "the key %s is there twice", key),
		     &event->start_mark);
	return reader->error ? NULL : key;
}

static json_t *mapping(struct reader *reader)
{
	AUTO_JSON json_t *object = json_object();
	yaml_event_t event;

	for (;;) {
		const char *key;
		json_t *value;
		bool end;

		if (!next(reader, &event))
			return NULL;
		end = event.type == YAML_MAPPING_END_EVENT;
		key = end ? NULL : key_of(reader, &event, object);
		yaml_event_delete(&event);
		if (end)
			return json_incref(object);
		if (!key || !next(reader, &event))
			return NULL;
		value = value_of(reader, &event);
		yaml_event_delete(&event);
		if (!value)
			return NULL;
		json_give(object, key, value);
	}
}

static json_t *collection(struct reader *reader, const yaml_event_t *event)
{
	json_t *value;

	if (++reader->depth > DEPTH_MAX)
		return fail(reader, "nested too deeply", &event->start_mark);
	value = event->type == YAML_SEQUENCE_START_EVENT ? sequence(reader) : mapping(reader);
	reader->depth--;
	return value;
}

/* The value that begins with the event. */
static json_t *value_of(struct reader *reader, const yaml_event_t *event)
{
	const char *tag = NULL;
	json_t *value = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		reader->error = "Template error: YAML aliases are not allowed in CloudFormation "
				"templates";
		return NULL;
	case YAML_SCALAR_EVENT:
		tag = (const char *)event->data.scalar.tag;
		value = scalar(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		tag = (const char *)event->data.sequence_start.tag;
		value = collection(reader, event);
		break;
	case YAML_MAPPING_START_EVENT:
		tag = (const char *)event->data.mapping_start.tag;
		value = collection(reader, event);
		break;
	default:
		return fail(reader, "there is no value", &event->start_mark);
	}
	return tag && value ? apply_tag(reader, tag, value, &event->start_mark) : value;
}

/* One document, from the stream's start to its end. */
static json_t *document(struct reader *reader)
{
	static const yaml_event_type_t before[] = {YAML_STREAM_START_EVENT,
						   YAML_DOCUMENT_START_EVENT};
	static const yaml_event_type_t after[] = {YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT};
	AUTO_JSON json_t *value = NULL;
	yaml_event_t event;

	for (size_t i = 0; i < array_len(before) + 1 + array_len(after); i++) {
		bool fits = true;

		if (!next(reader, &event))
			return NULL;
		if (i < array_len(before))
			fits = event.type == before[i];
		else if (i == array_len(before))
			fits = (value = value_of(reader, &event)) != NULL;
		else
			fits = event.type == after[i - array_len(before) - 1];
		if (!fits && !reader->error)
			fail(reader, "a template is one document", &event.start_mark);
		yaml_event_delete(&event);
		if (!fits)
			return NULL;
	}
	return json_incref(value);
}

const char *template_read_yaml(struct arena *arena, const char *text, size_t len, json_t **ret_tree)
{
	struct reader reader = {.arena = arena};

	*ret_tree = NULL;
	if (!yaml_parser_initialize(&reader.parser))
		return "Template format error: YAML not well-formed.";
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, len);
	*ret_tree = document(&reader);
	yaml_parser_delete(&reader.parser);
	return reader.error;
}
