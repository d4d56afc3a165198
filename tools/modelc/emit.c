/*
 * emit.c - writes a merged model as a header of enumerators and a source of tables.
 *
 * Shapes are numbered in the order in which the kept operations reach them; operations and faults
 * by name, so that ids are easy to look up and a new operation moves few of them.
 */
#include "tools/modelc/modelc.h"

#include "lib/base/mem.h"
#include "tools/generated.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct emit {
	const char *name;
	char *upper; /* "ELBV2" */
	char *lower; /* "application_autoscaling" */
	const json_t *model;
	const json_t *shapes;
	const json_t *kept;
	json_t *ids;   /* shape name → number */
	json_t *order; /* shape names by number */
	struct buf *out;
};

struct word {
	const char *name;
	const char *constant;
};

static const struct word kinds[] = {
	{"structure", "SHAPE_STRUCTURE"},
	{"list", "SHAPE_LIST"},
	{"map", "SHAPE_MAP"},
	{"string", "SHAPE_STRING"},
	{"character", "SHAPE_STRING"},
	{"integer", "SHAPE_INTEGER"},
	{"long", "SHAPE_INTEGER"},
	{"double", "SHAPE_DOUBLE"},
	{"float", "SHAPE_DOUBLE"},
	{"boolean", "SHAPE_BOOLEAN"},
	{"timestamp", "SHAPE_TIMESTAMP"},
	{"blob", "SHAPE_BLOB"},
};
static const struct word locations[] = {
	{"uri", "AT_URI"},	   {"querystring", "AT_QUERY"}, {"header", "AT_HEADER"},
	{"headers", "AT_HEADERS"}, {"statusCode", "AT_STATUS"},
};
static const struct word timestamps[] = {
	{"iso8601", "TIMESTAMP_ISO"},
	{"unixTimestamp", "TIMESTAMP_EPOCH"},
	{"rfc822", "TIMESTAMP_HTTP"},
};
static const struct word protocols[] = {
	{"json", "PROTOCOL_JSON"},	   {"query", "PROTOCOL_QUERY"},
	{"ec2", "PROTOCOL_EC2"},	   {"rest-json", "PROTOCOL_REST_JSON"},
	{"rest-xml", "PROTOCOL_REST_XML"},
};

static const char *constant(const struct word *words, size_t count, const char *name,
			    const char *otherwise)
{
	for (size_t i = 0; name && i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].constant;
	if (!otherwise)
		modelc_die("do not know \"%s\"", name ? name : "(nothing)");
	return otherwise;
}

static void quote(struct buf *out, const char *text)
{
	if (!text) {
		buf_str(out, "NULL");
		return;
	}
	buf_byte(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_fmt(out, "\\%c", *p);
		else if (*p == '?' || *p < 0x20 || *p >= 0x7f) /* no trigraphs */
			buf_fmt(out, "\\%03o", *p);
		else
			buf_byte(out, (char)*p);
	}
	buf_byte(out, '"');
}

/* , .name = "text"; left out where there is none. */
static void field(struct buf *out, const char *name, const char *text)
{
	if (!text)
		return;
	buf_fmt(out, ", .%s = ", name);
	quote(out, text);
}

static void flag(struct buf *out, const char *name, bool value)
{
	if (value)
		buf_fmt(out, ", .%s = true", name);
}

static char *identifier(const char *name, int (*letter)(int))
{
	char *text = mem_strdup(name);

	for (char *p = text; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)letter((unsigned char)*p) : '_';
	return text;
}

static const json_t *shape_of(const struct emit *e, const char *name)
{
	const json_t *shape = json_get(e->shapes, name);

	if (!shape)
		modelc_die("%s has no shape %s", e->name, name ? name : "(nothing)");
	return shape;
}

static const json_t *operation_of(const struct emit *e, const char *name)
{
	const json_t *operation = json_path(e->model, "operations");

	operation = json_get(operation, name);
	if (!operation)
		modelc_die("%s has no operation %s (lab/models/operations.txt)", e->name, name);
	return operation;
}

static void reach(struct emit *e, const char *name);

static void reach_member(struct emit *e, const json_t *member)
{
	if (member)
		reach(e, json_str(member, "shape"));
}

static void reach(struct emit *e, const char *name)
{
	const json_t *shape = shape_of(e, name);
	const json_t *member;
	const char *key;

	if (json_has(e->ids, name))
		return;
	json_set_int(e->ids, name, (int64_t)json_array_size(e->order));
	json_push_str(e->order, name);

	json_each_member (json_get(shape, "members"), key, member)
		reach_member(e, member);
	reach_member(e, json_get(shape, "member"));
	reach_member(e, json_get(shape, "key"));
	reach_member(e, json_get(shape, "value"));
}

static void reach_all(struct emit *e)
{
	AUTO_FREE const char **names = generated_order(e->kept);

	for (size_t i = 0; names[i]; i++) {
		const json_t *operation = operation_of(e, names[i]);

		reach_member(e, json_get(operation, "input"));
		reach_member(e, json_get(operation, "output"));
	}
	if (json_array_size(e->order) >= UINT16_MAX)
		modelc_die("%s has too many shapes", e->name);
}

static void emit_member(struct emit *e, const char *name, const json_t *member, bool required)
{
	const char *location = json_str(member, "location");
	const char *format = json_str(member, "timestampFormat");
	const char *shape = json_str(member, "shape");

	buf_str(e->out, "\t{.name = ");
	quote(e->out, name);
	field(e->out, "wire", json_str(member, "locationName"));
	field(e->out, "query_name", json_str(member, "queryName"));
	buf_fmt(e->out, ", .shape = %d", (int)json_int_or(e->ids, shape, 0));
	if (location)
		buf_fmt(e->out, ", .location = %s",
			constant(locations, array_len(locations), location, NULL));
	if (format)
		buf_fmt(e->out, ", .timestamp = %s",
			constant(timestamps, array_len(timestamps), format, NULL));
	flag(e->out, "required", required);
	flag(e->out, "flattened", json_bool_or(member, "flattened", false));
	flag(e->out, "attribute", json_bool_or(member, "xmlAttribute", false));
	flag(e->out, "idempotency_token", json_bool_or(member, "idempotencyToken", false));
	buf_str(e->out, "},\n");
}

static size_t count_members(const json_t *shape)
{
	if (json_has(shape, "members"))
		return json_object_size(json_get(shape, "members"));
	return json_has(shape, "member") ? 1 : json_has(shape, "key") ? 2 : 0;
}

static void emit_members(struct emit *e, size_t number, const json_t *shape)
{
	const json_t *member;
	const char *name;

	if (count_members(shape) == 0)
		return;
	buf_fmt(e->out, "static const struct member members_%zu[] = {\n", number);
	json_each_member (json_get(shape, "members"), name, member)
		emit_member(e, name, member, json_list_has(json_get(shape, "required"), name));
	if (json_has(shape, "member"))
		emit_member(e, "member", json_get(shape, "member"), false);
	if (json_has(shape, "key")) {
		emit_member(e, "key", json_get(shape, "key"), false);
		emit_member(e, "value", json_get(shape, "value"), false);
	}
	buf_str(e->out, "};\n");
}

static void emit_values(struct emit *e, size_t number, const json_t *shape)
{
	const json_t *value;
	size_t i;

	if (!json_has(shape, "enum"))
		return;
	buf_fmt(e->out, "static const char *const values_%zu[] = {", number);
	json_each (json_get(shape, "enum"), i, value) {
		quote(e->out, json_string_value(value));
		buf_str(e->out, ", ");
	}
	buf_str(e->out, "NULL};\n");
}

/* The member that is the body, by number. */
static void emit_payload(struct emit *e, const json_t *shape)
{
	const char *payload = json_str(shape, "payload");
	const json_t *member;
	const char *name;
	int i = 0;

	json_each_member (json_get(shape, "members"), name, member) {
		if (payload && strcmp(name, payload) == 0) {
			buf_fmt(e->out, ", .payload = %d", i);
			return;
		}
		i++;
	}
	buf_str(e->out, ", .payload = MODEL_NONE");
}

static void emit_limit(struct emit *e, const json_t *shape, const char *name, const char *none)
{
	const json_t *limit = json_get(shape, name);

	if (json_is_number(limit))
		buf_fmt(e->out, ", .%s = %lldLL", name, (long long)json_number_value(limit));
	else
		buf_fmt(e->out, ", .%s = %s", name, none);
}

static void emit_shape(struct emit *e, size_t number, const char *name, const json_t *shape)
{
	const char *format = json_str(shape, "timestampFormat");

	buf_str(e->out, "\t{.name = ");
	quote(e->out, name);
	buf_fmt(e->out, ", .kind = %s",
		constant(kinds, array_len(kinds), json_str(shape, "type"), NULL));
	if (format)
		buf_fmt(e->out, ", .timestamp = %s",
			constant(timestamps, array_len(timestamps), format, NULL));
	flag(e->out, "flattened", json_bool_or(shape, "flattened", false));
	flag(e->out, "sensitive", json_bool_or(shape, "sensitive", false));
	if (count_members(shape) > 0)
		buf_fmt(e->out, ", .members = members_%zu, .nmembers = %zu", number,
			count_members(shape));
	emit_payload(e, shape);
	emit_limit(e, shape, "min", "INT64_MIN");
	emit_limit(e, shape, "max", "INT64_MAX");
	field(e->out, "pattern", json_str(shape, "pattern"));
	if (json_has(shape, "enum"))
		buf_fmt(e->out, ", .values = values_%zu", number);
	buf_str(e->out, "},\n");
}

static void emit_shapes(struct emit *e)
{
	const json_t *name;
	size_t i;

	json_each (e->order, i, name) {
		const json_t *shape = shape_of(e, json_string_value(name));

		emit_members(e, i, shape);
		emit_values(e, i, shape);
	}
	buf_str(e->out, "\nstatic const struct shape shapes[] = {\n");
	json_each (e->order, i, name)
		emit_shape(e, i, json_string_value(name), shape_of(e, json_string_value(name)));
	buf_str(e->out, "};\n\n");
}

static void emit_target(struct emit *e, const char *what, const json_t *target)
{
	if (target)
		buf_fmt(e->out, ", .%s = %d", what,
			(int)json_int_or(e->ids, json_str(target, "shape"), 0));
	else
		buf_fmt(e->out, ", .%s = MODEL_NONE", what);
}

static bool streams(const struct emit *e, const json_t *output)
{
	const json_t *shape = output ? shape_of(e, json_str(output, "shape")) : NULL;
	const char *payload = json_str(shape, "payload");
	const json_t *member = payload ? json_get(json_get(shape, "members"), payload) : NULL;
	const char *target = json_str(member, "shape");

	return json_bool_or(member, "streaming", false) ||
	       (target && json_bool_or(shape_of(e, target), "streaming", false));
}

static void emit_operation(struct emit *e, const char *name)
{
	const json_t *operation = operation_of(e, name);
	const json_t *input = json_get(operation, "input");
	const json_t *output = json_get(operation, "output");

	buf_str(e->out, "\t{.name = ");
	quote(e->out, name);
	field(e->out, "method", json_path_str(operation, "http.method"));
	field(e->out, "uri", json_path_str(operation, "http.requestUri"));
	emit_target(e, "input", input);
	emit_target(e, "output", output);
	field(e->out, "input_wrapper", json_str(input, "locationName"));
	field(e->out, "input_xmlns", json_path_str(input, "xmlNamespace.uri"));
	field(e->out, "result_wrapper", json_str(output, "resultWrapper"));
	buf_fmt(e->out, ", .status = %d",
		(int)json_int_or(json_get(operation, "http"), "responseCode", 200));
	flag(e->out, "streaming_output", streams(e, output));
	flag(e->out, "unwrapped_output", json_bool_or(output, "unwrapped", false));
	buf_str(e->out, "},\n");
}

static void emit_operations(struct emit *e)
{
	AUTO_FREE const char **names = generated_order(e->kept);

	buf_str(e->out, "static const struct operation ops[] = {\n");
	for (size_t i = 0; names[i]; i++)
		emit_operation(e, names[i]);
	buf_str(e->out, "};\n\n");
}

static void emit_known(struct emit *e)
{
	const json_t *operations = json_get(e->model, "operations");
	AUTO_FREE const char **names = generated_order(operations);

	buf_str(e->out, "static const struct known_op known_ops[] = {\n");
	for (size_t i = 0; names[i]; i++) {
		const json_t *http = json_get(json_get(operations, names[i]), "http");

		buf_str(e->out, "\t{.name = ");
		quote(e->out, names[i]);
		field(e->out, "method", json_str_or(http, "method", "POST"));
		field(e->out, "uri", json_str_or(http, "requestUri", "/"));
		buf_str(e->out, "},\n");
	}
	buf_str(e->out, "\t{.name = NULL},\n};\n\n");
}

/* Every exception of the service, whoever may raise it: names only, so they cost nothing. */
static const char **fault_names(const struct emit *e)
{
	AUTO_JSON json_t *faults = json_object();
	const json_t *shape;
	const char *name;

	json_each_member (e->shapes, name, shape)
		if (json_bool_or(shape, "exception", false) || json_has(shape, "error"))
			json_set_bool(faults, name, true);

	const char **names = generated_order(faults);

	for (size_t i = 0; names[i]; i++) /* back to texts that outlive `faults` */
		json_each_member (e->shapes, name, shape)
			if (strcmp(name, names[i]) == 0) {
				names[i] = name;
				break;
			}
	return names;
}

static void emit_fault(struct emit *e, const char *name)
{
	const json_t *shape = shape_of(e, name);
	const json_t *error = json_get(shape, "error");
	bool ours = json_bool_or(shape, "fault", false) || json_bool_or(error, "fault", false);
	bool sender = json_bool_or(error, "senderFault", !ours);

	buf_str(e->out, "\t{.name = ");
	quote(e->out, name);
	field(e->out, "code", json_str_or(error, "code", name));
	buf_fmt(e->out, ", .status = %d, .sender = %s},\n",
		(int)json_int_or(error, "httpStatusCode", sender ? 400 : 500),
		sender ? "true" : "false");
}

static void emit_faults(struct emit *e, const char *const *faults)
{
	buf_str(e->out, "static const struct fault_shape faults[] = {\n\t{.name = NULL},\n");
	for (size_t i = 0; faults[i]; i++)
		emit_fault(e, faults[i]);
	buf_str(e->out, "};\n\n");
}

static void line(struct emit *e, const char *name, const char *text)
{
	buf_fmt(e->out, "\t.%s = ", name);
	quote(e->out, text);
	buf_str(e->out, ",\n");
}

static void emit_model(struct emit *e)
{
	const json_t *metadata = json_get(e->model, "metadata");
	const char *endpoint = json_str(metadata, "endpointPrefix");
	const char *signing = json_str_or(metadata, "signingName", endpoint);

	buf_fmt(e->out, "const struct model %s_model = {\n", e->lower);
	line(e, "name", e->name);
	line(e, "signing_name", signing);
	line(e, "iam_prefix", json_str_or(metadata, "iamPrefix", signing));
	line(e, "service_id", json_str(metadata, "serviceId"));
	buf_fmt(e->out, "\t.protocol = %s,\n",
		constant(protocols, array_len(protocols), json_str(metadata, "protocol"), NULL));
	buf_fmt(e->out, "\t.also_json = %s,\n",
		json_bool_or(metadata, "alsoJson", false) ? "true" : "false");
	line(e, "json_version", json_str(metadata, "jsonVersion"));
	line(e, "target_prefix", json_str(metadata, "targetPrefix"));
	line(e, "api_version", json_str(metadata, "apiVersion"));
	line(e, "xmlns", json_path_str(metadata, "xmlNamespace"));
	buf_fmt(e->out,
		"\t.ops = ops,\n\t.nops = %s_NOPS,\n\t.known_ops = known_ops,\n"
		"\t.shapes = shapes,\n\t.faults = faults,\n"
		"\t.nfaults = sizeof(faults) / sizeof(faults[0]),\n};\n",
		e->upper);
}

static void emit_header(struct emit *e, const char *const *faults)
{
	AUTO_FREE const char **ops = generated_order(e->kept);

	buf_fmt(e->out,
		"/* Written by tools/modelc. */\n#ifndef LAB_MODELS_%s_H\n#define "
		"LAB_MODELS_%s_H\n\n#include \"lab/aws/model.h\"\n\nenum %s_op {\n",
		e->upper, e->upper, e->lower);
	for (size_t i = 0; ops[i]; i++)
		buf_fmt(e->out, "\t%s_%s,\n", e->upper, ops[i]);
	buf_fmt(e->out, "\t%s_NOPS\n};\n\nenum %s_fault {\n\t%s_NO_FAULT,\n", e->upper, e->lower,
		e->upper);
	for (size_t i = 0; faults[i]; i++)
		buf_fmt(e->out, "\t%s_%s,\n", e->upper, faults[i]);
	buf_fmt(e->out, "};\n\nextern const struct model %s_model;\n\n#endif\n", e->lower);
}

void modelc_emit(const char *name, const json_t *model, const json_t *kept, struct buf *header,
		 struct buf *source)
{
	struct emit e = {
		.name = name,
		.upper = identifier(name, toupper),
		.lower = identifier(name, tolower),
		.model = model,
		.shapes = json_get(model, "shapes"),
		.kept = kept,
		.ids = json_object(),
		.order = json_array(),
		.out = header,
	};
	const char **faults = fault_names(&e);

	if (json_object_size(kept) == 0)
		modelc_die("lab/models/operations.txt keeps no operation of %s", name);
	reach_all(&e);
	emit_header(&e, faults);

	e.out = source;
	buf_fmt(source, "/* Written by tools/modelc. */\n#include \"lab/models/%s.h\"\n\n", name);
	emit_shapes(&e);
	emit_operations(&e);
	emit_known(&e);
	emit_faults(&e, faults);
	emit_model(&e);

	free(faults);
	free(e.upper);
	free(e.lower);
	json_decref(e.ids);
	json_decref(e.order);
}
