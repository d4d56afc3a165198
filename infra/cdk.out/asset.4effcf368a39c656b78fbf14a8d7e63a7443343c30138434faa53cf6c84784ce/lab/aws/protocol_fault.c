/*
 * protocol_fault.c - why a call did not succeed, as each protocol says it.
 *
 * A call may have no model yet: the front door refuses before it knows whose it is.
 */
#include "lab/aws/protocol_wire.h"

#include "lib/base/xml.h"

#include <stdlib.h>
#include <string.h>

/* Several may share a code: the one that is called like it comes first. */
static const struct fault_shape *fault_shape_of(const struct model *model, const char *code)
{
	const struct fault_shape *found = NULL;

	for (size_t i = 1; i < model->nfaults; i++) {
		if (strcmp(model->faults[i].name, code) == 0)
			return &model->faults[i];
		if (!found && strcmp(model->faults[i].code, code) == 0)
			found = &model->faults[i];
	}
	return found;
}

/*
 * A service that moved from query to JSON names the shape in __type; the code that its clients knew
 * before goes into a header of its own.
 */
static void write_json_fault(const struct wire_call *call, const struct fault *fault,
			     struct wire_reply *reply)
{
	const struct fault_shape *shape = NULL;
	AUTO_JSON json_t *body = json_object();
	char *text;

	if (call->model && call->model->also_json) {
		shape = fault_shape_of(call->model, fault->code);
		reply_header(reply, "x-amzn-query-error",
			     arena_fmt(call->arena, "%s;%s", fault->code,
				       fault->sender ? "Sender" : "Receiver"));
	}
	json_set_str(body, "__type", shape ? shape->name : fault->code);
	json_set_str(body, "message", fault->message);
	text = json_text(body);
	buf_str(reply->body, text);
	free(text);
}

static void write_rest_json_fault(const struct wire_call *call, const struct fault *fault,
				  struct wire_reply *reply)
{
	AUTO_JSON json_t *body = json_object();
	char *text;

	reply_header(reply, "x-amzn-ErrorType", fault->code);
	if (call->model && strcmp(call->model->name, "lambda") == 0) {
		json_set_str(body, "Type", fault->sender ? "User" : "Service");
		json_set_str(body, "Message", fault->message);
	} else {
		json_set_str(body, "message", fault->message);
	}
	text = json_text(body);
	buf_str(reply->body, text);
	free(text);
}

static void element(struct buf *out, const char *name, const char *text)
{
	buf_fmt(out, "<%s>", name);
	xml_escape(out, text, strlen(text));
	buf_fmt(out, "</%s>", name);
}

static void write_query_fault(const struct wire_call *call, const struct fault *fault,
			      struct wire_reply *reply)
{
	const char *xmlns = call->model ? call->model->xmlns : NULL;

	buf_fmt(reply->body, "<ErrorResponse xmlns=\"%s\"><Error>",
		xmlns ? xmlns : "http://webservices.amazon.com/AWSFault/2005-15-09");
	element(reply->body, "Type", fault->sender ? "Sender" : "Receiver");
	element(reply->body, "Code", fault->code);
	element(reply->body, "Message", fault->message);
	buf_str(reply->body, "</Error>");
	element(reply->body, "RequestId", call->request_id);
	buf_str(reply->body, "</ErrorResponse>");
}

static void write_ec2_fault(const struct wire_call *call, const struct fault *fault,
			    struct wire_reply *reply)
{
	buf_str(reply->body,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
	element(reply->body, "Code", fault->code);
	element(reply->body, "Message", fault->message);
	buf_str(reply->body, "</Error></Errors>");
	element(reply->body, "RequestID", call->request_id);
	buf_str(reply->body, "</Response>");
}

/* No namespace here. A HEAD has no body: its client goes by the status. */
static void write_s3_fault(const struct wire_call *call, const struct fault *fault,
			   struct wire_reply *reply)
{
	if (span_is(call->request.method, "HEAD") || fault->status == 304) {
		reply->content_type = NULL;
		return;
	}
	buf_str(reply->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
	element(reply->body, "Code", fault->code);
	element(reply->body, "Message", fault->message);
	element(reply->body, "RequestId", call->request_id);
	element(reply->body, "HostId", reply_host_id(call));
	buf_str(reply->body, "</Error>");
}

/* A fault quotes what it was sent, which need not be text: neither JSON nor XML can say that. */
static const char *as_text(struct arena *arena, const char *quoted)
{
	AUTO_JSON json_t *text = json_string(quoted);
	char *plain;

	if (text)
		return quoted;
	plain = arena_strdup(arena, quoted ? quoted : "");
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return plain;
}

void protocol_write_fault(const struct wire_call *call, const struct fault *said,
			  struct wire_reply *reply)
{
	struct fault sayable = *said;
	const struct fault *fault = &sayable;

	sayable.code = as_text(call->arena, said->code);
	sayable.message = as_text(call->arena, said->message);
	reply_start(call, reply, fault->status ? fault->status : 400, "text/xml");
	switch (call->protocol) {
	case PROTOCOL_JSON:
		reply->content_type = reply_json_type(call);
		write_json_fault(call, fault, reply);
		break;
	case PROTOCOL_REST_JSON:
		reply->content_type = reply_json_type(call);
		write_rest_json_fault(call, fault, reply);
		break;
	case PROTOCOL_QUERY:
		write_query_fault(call, fault, reply);
		break;
	case PROTOCOL_EC2:
		write_ec2_fault(call, fault, reply);
		break;
	default:
		reply->content_type = "application/xml";
		write_s3_fault(call, fault, reply);
		break;
	}
}
