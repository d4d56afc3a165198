/*
 * protocol.c - AWS's protocols as a client speaks them.
 *
 *   left out   rest-json and rest-xml bindings: AWS_REST callers write paths and bodies themselves
 */
#include "lib/aws/protocol.h"
#include "lib/aws/sigv4.h"
#include "lib/base/xml.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32
#define NAME_MAX_BYTES 1024

/* --- requests --------------------------------------------------------------------------------- */

struct query {
	struct buf *out;
	struct buf name; /* of what is being written: "Filters.member.1" */
	const char *list_infix;
};

static void write_value(struct query *query, const json_t *value, int depth);

static void write_pair(struct query *query, const char *text)
{
	buf_byte(query->out, '&');
	buf_add(query->out, buf_text(&query->name), query->name.len);
	buf_byte(query->out, '=');
	sigv4_uri_encode(query->out, text, strlen(text), false);
}

/* Writes value under name.part. */
static void write_below(struct query *query, const char *part, const json_t *value, int depth)
{
	size_t before = query->name.len;

	if (before > 0)
		buf_byte(&query->name, '.');
	buf_str(&query->name, part);
	write_value(query, value, depth + 1);
	query->name.len = before;
}

static void write_list(struct query *query, const json_t *list, int depth)
{
	const json_t *element;
	size_t i;

	if (json_array_size(list) == 0)
		write_pair(query, "");
	json_each (list, i, element) {
		AUTO_FREE char *part = mem_fmt("%s%zu", query->list_infix, i + 1);

		write_below(query, part, element, depth);
	}
}

static void write_value(struct query *query, const json_t *value, int depth)
{
	const json_t *member;
	const char *name;

	if (depth > DEPTH_MAX || query->name.len > NAME_MAX_BYTES)
		return;
	if (json_is_object(value)) {
		json_each_member (value, name, member)
			write_below(query, name, member, depth);
	} else if (json_is_array(value)) {
		write_list(query, value, depth);
	} else if (json_is_string(value)) {
		write_pair(query, json_string_value(value));
	} else if (value && !json_is_null(value)) {
		AUTO_FREE char *text = json_text(value); /* numbers, true, false */

		write_pair(query, text);
	}
}

void aws_write_query(struct buf *out, const struct aws_service *service, const char *operation,
		     const json_t *input)
{
	struct query query = {
		.out = out,
		.list_infix = service->protocol == AWS_EC2 ? "" : "member.",
	};

	buf_fmt(out, "Action=%s&Version=%s", operation, service->api_version);
	write_value(&query, input, 0);
	buf_free(&query.name);
}

/* --- replies ---------------------------------------------------------------------------------- */

/* "com.amazonaws.ssm#ParameterNotFound:http://…" is ParameterNotFound. */
static char *plain_code(const char *type)
{
	const char *hash = strchr(type, '#');

	type = hash ? hash + 1 : type;
	return mem_strndup(type, strcspn(type, ":"));
}

static void read_json(const struct aws_reply *reply, struct aws_reading *reading)
{
	const char *type;

	reading->tree = json_read(reply->body, reply->len);
	reading->body = reading->tree;
	if (reply->status < 300)
		return;

	type = *reply->error_type ? reply->error_type : json_str(reading->tree, "__type");
	reading->code = type ? plain_code(type) : NULL;
	reading->message = json_str(reading->tree, "message");
	if (!reading->message)
		reading->message = json_str(reading->tree, "Message");
}

/* The one member of an object that ends so, as in XResponse and XResult. */
static const json_t *member_ending(const json_t *object, const char *end)
{
	const json_t *member;
	const char *name;

	json_each_member (object, name, member) {
		size_t len = strlen(name);

		if (len > strlen(end) && strcmp(name + len - strlen(end), end) == 0)
			return member;
	}
	return NULL;
}

static void read_xml_error(struct aws_reading *reading)
{
	/* Query, EC2 and S3, in this order. */
	static const char *const places[] = {"ErrorResponse.Error", "Response.Errors.Error",
					     "Error"};

	for (size_t i = 0; i < array_len(places); i++) {
		const json_t *error = json_path(reading->tree, places[i]);
		const char *code = json_str(error, "Code");

		if (!code)
			continue;
		reading->code = mem_strdup(code);
		reading->message = json_str(error, "Message");
		return;
	}
}

static const char *first_text(const json_t *tree, const char *const *paths)
{
	for (; *paths; paths++) {
		const char *text = json_path_str(tree, *paths);

		if (text)
			return text;
	}
	return NULL;
}

static void read_xml(const struct aws_reply *reply, struct aws_reading *reading)
{
	static const char *const ids[] = {"ErrorResponse.RequestId", "Response.RequestID",
					  "Error.RequestId", NULL};
	static const char *const good_ids[] = {"ResponseMetadata.RequestId", "requestId", NULL};
	const json_t *response, *result;

	reading->tree = xml_read(reply->body, reply->len);
	if (reply->status >= 300) {
		reading->body = reading->tree;
		reading->request_id = first_text(reading->tree, ids);
		read_xml_error(reading);
		return;
	}

	response = member_ending(reading->tree, "Response");
	result = member_ending(response, "Result");
	reading->request_id = first_text(response, good_ids);
	reading->body = result ? result : response;
}

void aws_read_reply(const struct aws_service *service, const struct aws_reply *reply,
		    struct aws_reading *ret_reading)
{
	struct aws_reading reading = {0};
	bool looks_xml = reply->len > 0 && reply->body[0] == '<';

	switch (service->protocol) {
	case AWS_JSON_1_0:
	case AWS_JSON_1_1:
		read_json(reply, &reading);
		break;
	case AWS_QUERY:
	case AWS_EC2:
		read_xml(reply, &reading);
		break;
	case AWS_REST:
		if (reply->status >= 300 && looks_xml)
			read_xml(reply, &reading);
		else if (reply->status >= 300)
			read_json(reply, &reading);
		break;
	}

	/* A HEAD, or a proxy's page: the status is all there is to say. */
	if (reply->status >= 300 && !reading.code)
		reading.code = mem_fmt("%d", reply->status);
	if (*reply->request_id)
		reading.request_id = reply->request_id;
	*ret_reading = reading;
}

void aws_reading_free(struct aws_reading *reading)
{
	json_decref(reading->tree);
	free(reading->code);
	*reading = (struct aws_reading){0};
}

/* --- errors that pass ------------------------------------------------------------------------- */

static bool one_of(const char *code, const char *const *codes)
{
	for (; code && *codes; codes++) {
		if (strcmp(code, *codes) == 0)
			return true;
	}
	return false;
}

bool aws_is_throttling(int status, const char *code)
{
	/* The SDKs' own list. */
	static const char *const codes[] = {
		"Throttling",
		"ThrottlingException",
		"ThrottledException",
		"RequestThrottledException",
		"RequestThrottled",
		"TooManyRequestsException",
		"ProvisionedThroughputExceededException",
		"TransactionInProgressException",
		"RequestLimitExceeded",
		"BandwidthLimitExceeded",
		"SlowDown",
		"PriorRequestNotComplete",
		"EC2ThrottledException",
		NULL,
	};

	return status == 429 || one_of(code, codes);
}

bool aws_is_transient(int status, const char *code)
{
	static const char *const codes[] = {"RequestTimeout", "RequestTimeoutException",
					    "InternalError", NULL};

	return status == 500 || status == 502 || status == 503 || status == 504 ||
	       one_of(code, codes);
}

bool aws_is_expired(const char *code)
{
	static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException",
					    "TokenRefreshRequired", NULL};

	return one_of(code, codes);
}
