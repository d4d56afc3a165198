/*
 * protocol_validate.c - inputs against the model's constraints, in AWS's words.
 *
 *   1 validation error detected: Value 'x' at 'name' failed to satisfy constraint: Member must …
 *
 * Most services say it like that; the code differs. EC2 names one parameter, S3 says MalformedXML.
 * Patterns are Java's and must match the whole value. PCRE2 cannot read four of them (surrogates,
 * \p{Print}); nothing is held against a value there.
 */
#include "lab/aws/protocol_wire.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <string.h>

#define ERRORS_MAX 10
#define VALUE_SHOWN_MAX 1000
#define MATCH_LIMIT 100000

struct check {
	struct arena *arena;
	const struct model *model;
	struct buf *errors;
	int count;
	/* Of the first error, for EC2: what is wrong with which parameter. */
	const char *name;
	const char *shown;
	bool missing;
};

static void check_value(struct check *check, const struct shape *shape, const char *path,
			const json_t *value);

/* Compiled patterns live as long as the process; a pattern is known by its address in the model. */
struct compiled {
	const char *pattern;
	pcre2_code *code; /* NULL: PCRE2 cannot read it; nothing is held against it */
};

#define COMPILED_SIZE 4096

static struct compiled compiled[COMPILED_SIZE];
static size_t ncompiled;

static pcre2_code *compile(const char *pattern)
{
	int error;
	size_t at;

	/* ALT_BSUX: \u0009 is a character, as in Java. */
	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_BSUX | PCRE2_ANCHORED |
				     PCRE2_ENDANCHORED,
			     &error, &at, NULL);
}

static const pcre2_code *compiled_pattern(const char *pattern)
{
	size_t slot = ((uintptr_t)pattern >> 3) % COMPILED_SIZE;

	while (compiled[slot].pattern) {
		if (compiled[slot].pattern == pattern)
			return compiled[slot].code;
		slot = (slot + 1) % COMPILED_SIZE;
	}
	if (ncompiled == COMPILED_SIZE / 2)
		return NULL;
	ncompiled++;
	compiled[slot] = (struct compiled){pattern, compile(pattern)};
	return compiled[slot].code;
}

static bool matches(const char *pattern, const char *text, size_t len)
{
	const pcre2_code *code = compiled_pattern(pattern);
	pcre2_match_context *context;
	pcre2_match_data *data;
	int result;

	if (!code)
		return true;
	context = pcre2_match_context_create(NULL);
	data = pcre2_match_data_create(1, NULL);
	pcre2_set_match_limit(context, MATCH_LIMIT);
	result = pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, data, context);
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return result >= 0 || result == PCRE2_ERROR_MATCHLIMIT;
}

/* A value as Java prints it: [a, b] for a list. */
static void show(struct buf *out, const json_t *value)
{
	const json_t *element;
	size_t i;

	if (json_is_string(value)) {
		buf_add(out, json_string_value(value),
			json_string_length(value) > VALUE_SHOWN_MAX ? VALUE_SHOWN_MAX
								    : json_string_length(value));
	} else if (json_is_integer(value)) {
		buf_fmt(out, "%lld", (long long)json_integer_value(value));
	} else if (json_is_real(value)) {
		buf_fmt(out, "%.15g", json_real_value(value));
	} else if (json_is_array(value)) {
		buf_byte(out, '[');
		json_each (value, i, element) {
			buf_str(out, i ? ", " : "");
			show(out, element);
		}
		buf_byte(out, ']');
	} else {
		buf_str(out,
			json_is_boolean(value) ? (json_is_true(value) ? "true" : "false") : "{}");
	}
}

static void __attribute__((format(printf, 5, 6)))
complain(struct check *check, const char *path, const struct shape *shape, const json_t *value,
	 const char *fmt, ...)
{
	struct buf *shown = arena_buf(check->arena);
	va_list args;

	if (check->count >= ERRORS_MAX)
		return;
	if (value)
		show(shown, value);
	if (check->count++ == 0) {
		check->name = path;
		check->shown = buf_text(shown);
		check->missing = !value;
	}

	buf_str(check->errors, check->count > 1 ? "; " : "");
	if (!value)
		buf_str(check->errors, "Value null");
	else if (shape->sensitive)
		buf_str(check->errors, "Value");
	else
		buf_fmt(check->errors, "Value '%s'", buf_text(shown));
	buf_fmt(check->errors, " at '%s' failed to satisfy constraint: ", path);

	va_start(args, fmt);
	buf_str(check->errors, arena_vfmt(check->arena, fmt, args));
	va_end(args);
}

/* "Filters" at "" is "filters"; below "filters.1.member" it is "filters.1.member.name". */
static const char *path_to(struct check *check, const char *path, const char *name)
{
	char *first = arena_strdup(check->arena, name);

	*first = (char)tolower((unsigned char)*first);
	return *path ? arena_fmt(check->arena, "%s.%s", path, first) : first;
}

static void check_structure(struct check *check, const struct shape *shape, const char *path,
			    const json_t *value)
{
	size_t i;

	for (i = 0; i < shape->nmembers; i++) {
		const struct member *member = &shape->members[i];
		const json_t *there = json_get(value, member->name);
		const struct shape *target = shape_at(check->model, member->shape);

		if (there)
			check_value(check, target, path_to(check, path, member->name), there);
		else if (member->required)
			complain(check, path_to(check, path, member->name), target, NULL,
				 "Member must not be null");
	}
}

static void check_length(struct check *check, const struct shape *shape, const char *path,
			 const json_t *value, size_t length)
{
	if (shape->min != INT64_MIN && (int64_t)length < shape->min)
		complain(check, path, shape, value,
			 "Member must have length greater than or equal to %lld",
			 (long long)shape->min);
	else if (shape->max != INT64_MAX && (int64_t)length > shape->max)
		complain(check, path, shape, value,
			 "Member must have length less than or equal to %lld",
			 (long long)shape->max);
}

static void check_list(struct check *check, const struct shape *shape, const char *path,
		       const json_t *value)
{
	const struct shape *target = shape_at(check->model, shape->members[0].shape);
	const json_t *element;
	size_t i;

	check_length(check, shape, path, value, json_array_size(value));
	json_each (value, i, element)
		check_value(check, target, arena_fmt(check->arena, "%s.%zu.member", path, i + 1),
			    element);
}

static void check_map(struct check *check, const struct shape *shape, const char *path,
		      const json_t *value)
{
	const struct shape *keys = shape_at(check->model, shape->members[0].shape);
	const struct shape *target = shape_at(check->model, shape->members[1].shape);
	const json_t *element;
	const char *key;

	check_length(check, shape, path, value, json_object_size(value));
	json_each_member (value, key, element) {
		AUTO_JSON json_t *name = json_string_nocheck(key);

		check_value(check, keys, path, name);
		check_value(check, target, arena_fmt(check->arena, "%s.%s.member", path, key),
			    element);
	}
}

static size_t characters(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static bool listed(const char *const *values, const char *text)
{
	for (; *values; values++)
		if (strcmp(*values, text) == 0)
			return true;
	return false;
}

static const char *all_of(struct check *check, const char *const *values)
{
	struct buf *text = arena_buf(check->arena);

	for (size_t i = 0; values[i]; i++)
		buf_fmt(text, "%s%s", i ? ", " : "", values[i]);
	return buf_text(text);
}

static void check_string(struct check *check, const struct shape *shape, const char *path,
			 const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text)
		return;
	if (shape->values && !listed(shape->values, text))
		complain(check, path, shape, value, "Member must satisfy enum value set: [%s]",
			 all_of(check, shape->values));
	check_length(check, shape, path, value, characters(text, len));
	if (shape->pattern && !matches(shape->pattern, text, len))
		complain(check, path, shape, value,
			 "Member must satisfy regular expression pattern: %s", shape->pattern);
}

static void check_number(struct check *check, const struct shape *shape, const char *path,
			 const json_t *value)
{
	double number = json_number_value(value);

	if (shape->min != INT64_MIN && number < (double)shape->min)
		complain(check, path, shape, value,
			 "Member must have value greater than or equal to %lld",
			 (long long)shape->min);
	else if (shape->max != INT64_MAX && number > (double)shape->max)
		complain(check, path, shape, value,
			 "Member must have value less than or equal to %lld",
			 (long long)shape->max);
}

static void check_value(struct check *check, const struct shape *shape, const char *path,
			const json_t *value)
{
	switch (shape->kind) {
	case SHAPE_STRUCTURE:
		check_structure(check, shape, path, value);
		break;
	case SHAPE_LIST:
		check_list(check, shape, path, value);
		break;
	case SHAPE_MAP:
		check_map(check, shape, path, value);
		break;
	case SHAPE_STRING:
		check_string(check, shape, path, value);
		break;
	case SHAPE_BLOB:
		check_length(check, shape, path, value, json_string_length(value));
		break;
	case SHAPE_INTEGER:
	case SHAPE_DOUBLE:
		check_number(check, shape, path, value);
		break;
	default:
		break;
	}
}

/* Services whose code is not the one of their protocol. */
static const struct {
	const char *service;
	const char *code;
} own_codes[] = {
	{"logs", "InvalidParameterException"}, {"ecs", "InvalidParameterException"},
	{"ecr", "InvalidParameterException"},  {"xray", "InvalidRequestException"},
	{"sns", "InvalidParameter"},
};

static const char *code_of(const struct model *model)
{
	for (size_t i = 0; i < array_len(own_codes); i++)
		if (strcmp(own_codes[i].service, model->name) == 0)
			return own_codes[i].code;
	return model->protocol == PROTOCOL_QUERY ? "ValidationError" : "ValidationException";
}

static struct fault ec2_fault(const struct check *check)
{
	char *name = arena_strdup(check->arena, check->name);

	*name = (char)toupper((unsigned char)*name);
	if (check->missing)
		return (struct fault){
			"MissingParameter",
			arena_fmt(check->arena, "The request must contain the parameter %s", name),
			400, true};
	return (struct fault){"InvalidParameterValue",
			      arena_fmt(check->arena, "Value (%s) for parameter %s is invalid.",
					check->shown, name),
			      400, true};
}

static struct fault fault_of(const struct check *check)
{
	if (check->model->protocol == PROTOCOL_EC2)
		return ec2_fault(check);
	if (check->model->protocol == PROTOCOL_REST_XML)
		return (struct fault){"MalformedXML",
				      "The XML you provided was not well-formed or did not "
				      "validate against our published schema",
				      400, true};
	return (struct fault){code_of(check->model),
			      arena_fmt(check->arena, "%d validation error%s detected: %s",
					check->count, check->count == 1 ? "" : "s",
					buf_text(check->errors)),
			      400, true};
}

bool protocol_validate(struct arena *arena, const struct model *model,
		       const struct operation *operation, const json_t *in, struct fault *ret_fault)
{
	struct check check = {.arena = arena, .model = model};

	if (operation->input == MODEL_NONE)
		return true;
	check.errors = arena_buf(arena);
	check_structure(&check, shape_at(model, operation->input), "", in);
	if (check.count == 0)
		return true;
	*ret_fault = fault_of(&check);
	return false;
}
