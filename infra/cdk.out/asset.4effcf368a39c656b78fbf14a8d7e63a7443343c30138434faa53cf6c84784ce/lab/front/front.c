/*
 * front.c - one request through the door, and its answer back.
 *
 *   left out   TLS, CORS, S3's anonymous requests, CBOR
 */
#include "lab/front/front.h"

#include "lab/aws/protocol.h"
#include "lab/front/route.h"
#include "lab/front/signature.h"
#include "lab/front/transport.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"
#include "lib/net/http_server.h"

#include <stdlib.h>
#include <string.h>

/* An image layer comes in one piece (ecr UploadLayerPart, s3 PutObject). */
#define BODY_MAX ((size_t)256 << 20)

struct front {
	struct lab *lab;
	struct http_server *server;
	char *region;
};

/* One request on its way. Lives in the exchange's arena. */
struct passage {
	struct front *front;
	struct http_exchange *x;
	struct wire_call call;
	struct fault fault;
};

/* Ids of requests that never reached the lab. */
static const char *new_id(struct arena *arena)
{
	char hex[33];

	rand_hex(hex, 32);
	return arena_fmt(arena, "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
			 hex + 20);
}

static void reply(struct passage *passage, const struct wire_reply *answer)
{
	struct http_exchange *x = passage->x;
	size_t len = answer->body->len;

	for (size_t i = 0; i < answer->nheaders; i++)
		http_reply_header(x, answer->headers[i].name, answer->headers[i].value);
	if (span_is(x->method, "HEAD") && answer->content_length >= 0)
		len = (size_t)answer->content_length;
	http_reply(x, answer->status, answer->content_type, buf_text(answer->body), len);
}

static void reply_fault(struct passage *passage, const struct fault *fault)
{
	struct wire_reply answer = {0};

	passage->call.request_id = new_id(passage->x->arena);
	protocol_write_fault(&passage->call, fault, &answer);
	reply(passage, &answer);
}

/* A handler's slip: a bug of ours that no client would tell us of. */
static void look_for_slips(const struct passage *passage, const json_t *out)
{
#ifdef __SANITIZE_ADDRESS__
	const struct wire_call *call = &passage->call;
	const char *wrong = protocol_mismatch(call->arena, call->model, call->operation, out);

	if (wrong)
		log_event(LOG_ERROR, "operation.output", F_STR("service", call->model->name),
			  F_STR("wrong", wrong));
#endif
}

static void on_done(const struct lab_reply *lab_reply, void *user)
{
	struct passage *passage = user;
	struct wire_reply answer = {0};

	passage->call.request_id = lab_reply->request_id;
	if (lab_reply->result == 0)
		look_for_slips(passage, lab_reply->out);
	if (lab_reply->result == 0)
		protocol_write(&passage->call, lab_reply->out, &answer);
	else
		protocol_write_fault(&passage->call, lab_reply->fault, &answer);
	reply(passage, &answer);
}

static bool find_key(void *user, struct arena *arena, const char *access_key_id,
		     struct key_owner *ret_owner)
{
	return lab_find_key(user, arena, access_key_id, ret_owner);
}

/* Which service, who asks, which operation. */
static bool find_call(struct passage *passage, struct principal *ret_caller)
{
	struct front *front = passage->front;
	struct wire_call *call = &passage->call;
	struct signature signature;
	struct signature_terms terms = {
		.region = front->region,
		.now = clock_real(),
		.find_key = find_key,
		.user = front->lab,
	};
	struct route route;

	signature_read(call->arena, &call->request, &signature);
	route = route_find(lab_services(front->lab), call->arena, &call->request,
			   signature.service);
	terms.protocol = call->protocol = route.protocol;
	call->model = route.model;
	if (!signature_check(call->arena, &call->request, &signature, &terms, ret_caller,
			     &passage->fault))
		return false;
	if (route.model)
		return true;
	passage->fault = (struct fault){"NotImplemented",
					arena_fmt(call->arena, "%s is not in the lab",
						  route.service ? route.service : "This service"),
					501, true};
	return false;
}

static bool read_call(struct passage *passage, json_t **ret_in)
{
	struct wire_call *call = &passage->call;
	bool s3 = call->model->protocol == PROTOCOL_REST_XML;
	json_t *in;

	if (!transport_undo(call->arena, &call->request, s3, &passage->fault))
		return false;
	if (s3)
		route_virtual_host(call->arena, &call->request);
	if (!protocol_find(call, &passage->fault))
		return false;
	in = protocol_read(call, &passage->fault);
	if (!in ||
	    !protocol_validate(call->arena, call->model, call->operation, in, &passage->fault))
		return false;
	*ret_in = in;
	return true;
}

/* "127.0.0.1:51234" without the port. */
static const char *address_of(struct arena *arena, const char *peer)
{
	const char *colon = strrchr(peer, ':');

	return arena_strndup(arena, peer, colon ? (size_t)(colon - peer) : strlen(peer));
}

static void run_call(struct passage *passage, const struct principal *caller, const json_t *in)
{
	const struct wire_call *call = &passage->call;

	lab_run(passage->front->lab,
		&(struct lab_call){
			.model = call->model,
			.op = (int)(call->operation - call->model->ops),
			.in = in,
			.caller = caller,
			.host = span_dup(call->arena, wire_header(&call->request, "host")),
			.source_address = address_of(call->arena, passage->x->peer),
			.done = on_done,
			.user = passage,
		});
}

static void on_request(struct http_exchange *x, void *user)
{
	struct passage *passage = arena_alloc(x->arena, sizeof(*passage));
	struct principal caller;
	const char *refused;
	json_t *in;

	*passage = (struct passage){
		.front = user,
		.x = x,
		.call =
			{
				.arena = x->arena,
				.request =
					{
						.method = x->method,
						.path = x->path,
						.query = x->query,
						.headers = x->headers,
						.nheaders = x->nheaders,
						.body = x->body,
					},
			},
	};
	refused = route_refuses(&passage->call.request);
	if (refused)
		http_reply(x, 403, "text/plain", refused, strlen(refused));
	else if (find_call(passage, &caller) && read_call(passage, &in))
		run_call(passage, &caller, in);
	else
		reply_fault(passage, &passage->fault);
}

int front_open(uv_loop_t *loop, struct lab *lab, const struct front_options *options,
	       struct front **ret_front)
{
	struct front *front = mem_new(struct front);
	const struct http_server_options server = {
		.handle = on_request,
		.user = front,
		.body_limit = BODY_MAX,
		.server = "golden",
	};
	int err;

	front->lab = lab;
	front->region = mem_strdup(options->region ? options->region : "us-east-1");
	err = http_server_open(loop, options->address ? options->address : "127.0.0.1",
			       options->port, &server, &front->server);
	if (err < 0) {
		front_close(front);
		return err;
	}
	*ret_front = front;
	return 0;
}

int front_port(const struct front *front)
{
	return http_server_port(front->server);
}

void front_close(struct front *front)
{
	if (!front)
		return;
	http_server_close(front->server);
	free(front->region);
	free(front);
}
