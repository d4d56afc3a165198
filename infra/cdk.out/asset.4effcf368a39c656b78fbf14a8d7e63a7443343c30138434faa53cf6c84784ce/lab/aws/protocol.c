/*
 * protocol.c - a call from request to tree and from tree to reply, whatever its protocol.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/base/base64.h"
#include "lib/base/xml.h"

#include <stdlib.h>
#include <string.h>

static void free_buf(void *buf)
{
	buf_free(buf);
}

struct buf *arena_buf(struct arena *arena)
{
	struct buf *buf = arena_alloc(arena, sizeof(*buf));

	arena_defer(arena, free_buf, buf);
	return buf;
}

static void free_tree(void *tree)
{
	json_decref(tree);
}

void reply_header(struct wire_reply *reply, const char *name, const char *value)
{
	if (value && reply->nheaders < WIRE_HEADERS_MAX)
		reply->headers[reply->nheaders++] = (struct wire_header){name, value};
}

const char *reading_fail(struct reading *reading, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!reading->wrong)
		reading->wrong = arena_vfmt(reading->call->arena, fmt, args);
	va_end(args);
	return reading->wrong;
}

struct span wire_header(const struct wire_request *request, const char *name)
{
	for (size_t i = 0; i < request->nheaders; i++)
		if (span_is_nocase(request->headers[i].name, name))
			return request->headers[i].value;
	return (struct span){0};
}

/* Finding. */

static int by_name(const void *name, const void *operation)
{
	return strcmp(name, ((const struct operation *)operation)->name);
}

static bool is_known(const struct model *model, const char *name)
{
	for (const struct known_op *op = model->known_ops; op->name; op++)
		if (strcmp(op->name, name) == 0)
			return true;
	return false;
}

static bool find_by_name(struct wire_call *call, const char *name, struct fault *ret_fault)
{
	const struct model *model = call->model;

	call->operation = bsearch(name, model->ops, model->nops, sizeof(*model->ops), by_name);
	if (call->operation)
		return true;
	if (is_known(model, name))
		*ret_fault = (struct fault){"NotImplemented",
					    arena_fmt(call->arena, "%s is not in the lab", name),
					    501, true};
	else if (call->protocol == PROTOCOL_QUERY || call->protocol == PROTOCOL_EC2)
		*ret_fault = (struct fault){
			"InvalidAction",
			arena_fmt(call->arena, "The action %s is not valid for this web service.",
				  name),
			400, true};
	else
		*ret_fault = (struct fault){
			"UnknownOperationException",
			arena_fmt(call->arena, "%s has no operation %s", model->name, name), 400,
			true};
	return false;
}

/* X-Amz-Target: AmazonSSM.GetParameter */
static const char *target_name(const struct wire_call *call)
{
	struct span target = wire_header(&call->request, "x-amz-target");
	const char *dot = target.at ? memrchr(target.at, '.', target.len) : NULL;

	if (!dot)
		return NULL;
	return arena_strndup(call->arena, dot + 1, target.len - (size_t)(dot + 1 - target.at));
}

bool protocol_find(struct wire_call *call, struct fault *ret_fault)
{
	const struct wire_request *request = &call->request;
	const struct known_op *known;
	const char *name = target_name(call);

	call->protocol = call->model->protocol;
	if (name && call->model->also_json)
		call->protocol = PROTOCOL_JSON;

	switch (call->protocol) {
	case PROTOCOL_JSON:
		break;
	case PROTOCOL_QUERY:
	case PROTOCOL_EC2:
		name = protocol_form_field(call->arena, request->body, "Action");
		if (!name)
			name = protocol_form_field(call->arena, request->query, "Action");
		break;
	default:
		known = uri_find(call);
		name = known ? known->name : NULL;
		break;
	}
	return find_by_name(call, name ? name : "(none)", ret_fault);
}

/* Reading. */

/* The body is one member alone: a document, or bytes as they are. */
static void read_payload(struct reading *reading, const struct member *member, json_t *in)
{
	const struct shape *shape = shape_at(reading->model, member->shape);
	struct span body = reading->call->request.body;

	if (shape->kind == SHAPE_BLOB || shape->kind == SHAPE_STRING) {
		if (body.len || shape->kind == SHAPE_BLOB)
			json_give(in, member->name,
				  json_stringn_nocheck(body.len ? body.at : "", body.len));
	} else if (reading->call->protocol == PROTOCOL_REST_JSON) {
		if (body.len)
			json_give(in, member->name, json_body_read(reading, shape, body));
	} else {
		json_give(in, member->name, xml_body_read(reading, shape, body));
	}
}

static json_t *read_rest(struct reading *reading, const struct shape *shape)
{
	struct span body = reading->call->request.body;
	json_t *in = NULL;

	if (shape->payload != MODEL_NONE)
		in = json_object();
	else if (reading->call->protocol == PROTOCOL_REST_JSON)
		in = json_body_read(reading, shape, body);
	else
		in = xml_body_read(reading, shape, body);
	if (!in)
		in = json_object();

	rest_read(reading, shape, in);
	if (shape->payload != MODEL_NONE)
		read_payload(reading, &shape->members[shape->payload], in);
	return in;
}

static json_t *read_input(struct reading *reading, const struct shape *shape)
{
	switch (reading->call->protocol) {
	case PROTOCOL_JSON:
		return json_body_read(reading, shape, reading->call->request.body);
	case PROTOCOL_QUERY:
	case PROTOCOL_EC2:
		return query_read(reading, shape);
	default:
		return read_rest(reading, shape);
	}
}

static const char *malformed_code(uint8_t protocol)
{
	static const char *const codes[] = {
		[PROTOCOL_JSON] = "SerializationException",
		[PROTOCOL_QUERY] = "MalformedInput",
		[PROTOCOL_EC2] = "InvalidParameterValue",
		[PROTOCOL_REST_JSON] = "SerializationException",
		[PROTOCOL_REST_XML] = "MalformedXML",
	};

	return codes[protocol];
}

json_t *protocol_read(const struct wire_call *call, struct fault *ret_fault)
{
	struct reading reading = {.call = call, .model = call->model};
	json_t *in = NULL;

	if (call->operation->input != MODEL_NONE)
		in = read_input(&reading, shape_at(call->model, call->operation->input));
	if (!in)
		in = json_object();
	arena_defer(call->arena, free_tree, in);
	if (!reading.wrong)
		return in;
	*ret_fault = (struct fault){malformed_code(call->protocol), reading.wrong, 400, true};
	return NULL;
}

/* Writing. */

static const char *id_header(const struct wire_call *call)
{
	return call->protocol == PROTOCOL_REST_XML ? "x-amz-request-id" : "x-amzn-RequestId";
}

/* S3's second id says, at AWS, which machine it was. */
const char *reply_host_id(const struct wire_call *call)
{
	struct buf *id = arena_buf(call->arena);

	base64_encode(id, call->request_id, strlen(call->request_id));
	return buf_text(id);
}

void reply_start(const struct wire_call *call, struct wire_reply *reply, int status,
		 const char *content_type)
{
	reply->status = status;
	reply->content_type = content_type;
	reply->content_length = -1;
	reply->body = arena_buf(call->arena);
	reply_header(reply, id_header(call), call->request_id);
	if (call->protocol == PROTOCOL_REST_XML)
		reply_header(reply, "x-amz-id-2", reply_host_id(call));
}

const char *reply_json_type(const struct wire_call *call)
{
	const char *version = call->model ? call->model->json_version : NULL;

	if (call->protocol == PROTOCOL_REST_JSON)
		return "application/json";
	return arena_fmt(call->arena, "application/x-amz-json-%s", version ? version : "1.1");
}

static void write_query(const struct wire_call *call, const struct shape *shape, const json_t *out,
			struct wire_reply *reply)
{
	const struct operation *operation = call->operation;

	reply->content_type = "text/xml";
	buf_fmt(reply->body, "<%sResponse xmlns=\"%s\">", operation->name, call->model->xmlns);
	if (operation->result_wrapper)
		xml_element_write(reply->body, call, operation->result_wrapper, NULL, shape, out);
	buf_fmt(reply->body,
		"<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
		call->request_id, operation->name);
}

static void write_ec2(const struct wire_call *call, const struct shape *shape, const json_t *out,
		      struct wire_reply *reply)
{
	const struct operation *operation = call->operation;

	reply->content_type = "text/xml;charset=UTF-8";
	buf_str(reply->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_fmt(reply->body, "<%sResponse xmlns=\"%s\"><requestId>%s</requestId>", operation->name,
		call->model->xmlns, call->request_id);
	if (shape)
		xml_members_write(reply->body, call, shape, out);
	else /* the model knows no output, but EC2 says so */
		buf_str(reply->body, "<return>true</return>");
	buf_fmt(reply->body, "</%sResponse>", operation->name);
}

static void write_payload(const struct wire_call *call, const struct member *member,
			  const json_t *value, struct wire_reply *reply)
{
	const struct shape *shape = shape_at(call->model, member->shape);

	if (!value)
		return;
	if (shape->kind == SHAPE_BLOB || shape->kind == SHAPE_STRING) {
		if (!reply->content_type)
			reply->content_type = "application/octet-stream";
		buf_add(reply->body, json_string_value(value), json_string_length(value));
	} else if (call->protocol == PROTOCOL_REST_JSON) {
		reply->content_type = reply_json_type(call);
		json_body_write(reply->body, call->model, shape, value);
	} else {
		reply->content_type = "application/xml";
		xml_element_write(reply->body, call, member->wire ? member->wire : shape->name,
				  call->model->xmlns, shape, value);
	}
}

static bool has_body(const struct shape *shape)
{
	for (size_t i = 0; i < shape->nmembers; i++)
		if (shape->members[i].location == AT_BODY)
			return true;
	return false;
}

/* <LocationConstraint>eu-west-1</LocationConstraint> with nothing around it. */
static void write_unwrapped(const struct wire_call *call, const struct shape *shape,
			    const json_t *out, struct wire_reply *reply)
{
	const char *text = json_str_or(out, shape->members[0].name, "");

	buf_fmt(reply->body, "<%s xmlns=\"%s\">", call->operation->result_wrapper,
		call->model->xmlns);
	xml_escape(reply->body, text, strlen(text));
	buf_fmt(reply->body, "</%s>", call->operation->result_wrapper);
}

static void write_xml_body(const struct wire_call *call, const struct shape *shape,
			   const json_t *out, struct wire_reply *reply)
{
	const char *root = call->operation->result_wrapper;

	reply->content_type = "application/xml";
	buf_str(reply->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (call->operation->unwrapped_output)
		write_unwrapped(call, shape, out, reply);
	else
		xml_element_write(reply->body, call, root ? root : shape->name, call->model->xmlns,
				  shape, out);
}

static void write_rest(const struct wire_call *call, const struct shape *shape, const json_t *out,
		       struct wire_reply *reply)
{
	if (!shape)
		return;
	rest_write(call, shape, out, reply);
	if (shape->payload != MODEL_NONE) {
		const struct member *member = &shape->members[shape->payload];

		write_payload(call, member, json_get(out, member->name), reply);
	} else if (call->protocol == PROTOCOL_REST_JSON) {
		reply->content_type = reply_json_type(call);
		json_body_write(reply->body, call->model, shape, out);
	} else if (has_body(shape)) {
		write_xml_body(call, shape, out, reply);
	}
}

void protocol_write(const struct wire_call *call, const json_t *out, struct wire_reply *reply)
{
	const struct operation *operation = call->operation;
	const struct shape *shape = NULL;

	if (operation->output != MODEL_NONE)
		shape = shape_at(call->model, operation->output);
	/* "_Status" is for what the model has no word for: 206, a part of an object. */
	reply_start(call, reply, (int)json_int_or(out, "_Status", operation->status), NULL);
	switch (call->protocol) {
	case PROTOCOL_JSON:
		reply->content_type = reply_json_type(call);
		if (shape) /* json 1.1 without an output has an empty body; 1.0 has {} */
			json_body_write(reply->body, call->model, shape, out);
		else if (strcmp(call->model->json_version, "1.0") == 0)
			buf_str(reply->body, "{}");
		break;
	case PROTOCOL_QUERY:
		write_query(call, shape, out, reply);
		break;
	case PROTOCOL_EC2:
		write_ec2(call, shape, out, reply);
		break;
	default:
		write_rest(call, shape, out, reply);
		break;
	}
}
