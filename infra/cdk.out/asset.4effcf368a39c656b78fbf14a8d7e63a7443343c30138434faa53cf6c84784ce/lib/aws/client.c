/*
 * client.c - an AWS client: calls, their credentials and their second tries.
 *
 * A call is signed anew for each try. While credentials are fetched, calls wait; while they are
 * only due, calls go on with the old ones.
 */
#include "lib/aws/client.h"
#include "lib/aws/protocol.h"
#include "lib/aws/sigv4.h"
#include "lib/aws/transfer.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/rand.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define DEFAULT_TIMEOUT (10 * SECOND)
#define DEFAULT_ATTEMPTS 3
#define HEADERS_MAX 12

/* The SDKs' back-off: base * 2^tries, and of that a random part. */
#define BACKOFF_BASE ((msec)100)
#define BACKOFF_THROTTLED ((msec)500)
#define BACKOFF_MAX (20 * SECOND)

#define CREDENTIALS_TIMEOUT (5 * SECOND)
#define CREDENTIALS_AGAIN (1 * SECOND) /* after a fetch that failed */

enum call_state { CALL_WAITING, CALL_WANTS_CREDENTIALS, CALL_FLYING };

struct call {
	LIST_ENTRY(call) entry;
	struct aws_client *client;
	enum call_state state;
	struct aws_service service;
	bool is_signed;
	const char *method;
	char *path; /* behind the endpoint, with query; of an unsigned call the whole URL */
	char *content_type;
	char *target;
	char *trace;
	char *authorization; /* of an unsigned call */
	struct buf body;
	bool has_body;

	msec due; /* WAITING: when to start; monotonic */
	int fate; /* WAITING: below 0, not to start but to conclude with this */
	msec deadline;
	int64_t started_us;
	int tries;
	int attempts;
	struct transfer transfer;
	char *url;
	char *headers[HEADERS_MAX + 1];
	size_t nheaders;

	aws_done *done;
	void *user;
};

struct aws_client {
	uv_loop_t *loop;
	char *endpoint; /* NULL: AWS itself; no slash at its end */
	char *region;
	msec timeout;
	int attempts;
	struct aws_credential_source *source;
	struct call *fetch; /* of credentials, in flight */
	msec fetch_not_before;
	struct transfer_pool *pool;
	uv_timer_t *wake;
	LIST_HEAD(, call) calls;

	/* The blocking call's answer. */
	struct call *asked;
	struct aws_reading reading;
	struct aws_answer answer;
};

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* --- one call --------------------------------------------------------------------------------- */

static void drop_try(struct call *call)
{
	for (size_t i = 0; i < call->nheaders; i++) {
		free(call->headers[i]);
		call->headers[i] = NULL;
	}
	call->nheaders = 0;
	free(call->url);
	call->url = NULL;
	transfer_clear(&call->transfer);
}

static void call_free(struct call *call)
{
	if (!call)
		return;
	drop_try(call);
	free(call->path);
	free(call->content_type);
	free(call->target);
	free(call->trace);
	free(call->authorization);
	buf_free(&call->body);
	free(call);
}

static struct call *call_new(struct aws_client *client, const struct aws_service *service)
{
	struct call *call = mem_new(struct call);

	call->client = client;
	call->is_signed = service != NULL;
	if (service)
		call->service = *service;
	call->method = "GET";
	call->started_us = clock_monotonic_us();
	call->due = clock_monotonic();
	call->deadline = call->due + client->timeout;
	call->attempts = client->attempts;
	return call;
}

static struct call *call_operation(struct aws_client *client, const struct aws_service *service,
				   const char *operation, const json_t *input)
{
	struct call *call = call_new(client, service);

	assert(service->protocol != AWS_REST);
	call->method = "POST";
	call->path = mem_strdup("/");
	call->has_body = true;
	if (service->protocol == AWS_QUERY || service->protocol == AWS_EC2) {
		call->content_type = mem_strdup("application/x-www-form-urlencoded; charset=utf-8");
		aws_write_query(&call->body, service, operation, input);
	} else {
		AUTO_FREE char *text = input ? json_text(input) : mem_strdup("{}");

		call->content_type = mem_fmt("application/x-amz-json-%s",
					     service->protocol == AWS_JSON_1_0 ? "1.0" : "1.1");
		call->target = mem_fmt("%s.%s", service->target_prefix, operation);
		buf_str(&call->body, text);
	}
	return call;
}

static struct call *call_raw(struct aws_client *client, const struct aws_service *service,
			     const struct aws_raw *raw)
{
	struct call *call = call_new(client, service);

	call->method = raw->method;
	call->path = mem_strdup(raw->path);
	call->has_body = raw->body != NULL;
	buf_add(&call->body, raw->body, raw->len);
	if (raw->body)
		call->content_type = mem_strdup(raw->content_type ? raw->content_type
								  : "application/octet-stream");
	return call;
}

static void add_header(struct call *call, const char *name, const char *value)
{
	if (!value)
		return;
	assert(call->nheaders < HEADERS_MAX);
	call->headers[call->nheaders++] = mem_fmt("%s: %s", name, value);
}

/* "https://ssm.us-east-1.amazonaws.com"; owned by the caller. */
static char *endpoint_of(const struct aws_client *client, const struct aws_service *service)
{
	const char *suffix = strncmp(client->region, "cn-", 3) == 0 ? ".cn" : "";

	if (client->endpoint)
		return mem_strdup(client->endpoint);
	if (strcmp(service->endpoint_prefix, "iam") == 0) /* one for all regions */
		return mem_strdup("https://iam.amazonaws.com");
	return mem_fmt("https://%s.%s.amazonaws.com%s", service->endpoint_prefix, client->region,
		       suffix);
}

/* The headers of a signed request: made, signed and put into the call. */
static void sign(struct call *call, const char *host, const char *path_and_query,
		 const struct aws_credentials *credentials)
{
	size_t path_len = strcspn(path_and_query, "?");
	AUTO_FREE char *path = mem_strndup(path_and_query, path_len);
	AUTO_FREE char *authorization = NULL;
	char amz_date[CLOCK_TEXT], date[9] = "", hash[65];
	struct sigv4_header headers[6];
	struct sigv4_request request = {
		.method = call->method,
		.path = path,
		.query = path_and_query + path_len + (path_and_query[path_len] == '?'),
		.headers = headers,
		.payload_sha256 = hash,
	};
	struct sigv4_scope scope = {date, call->client->region, call->service.signing_name};
	const struct sigv4_header all[] = {
		{"Host", host},
		{"X-Amz-Date", clock_amz(clock_real(), amz_date)},
		{"X-Amz-Security-Token", credentials->session_token},
		{"Content-Type", call->content_type},
		{"X-Amz-Target", call->target},
		{"X-Amz-Content-Sha256", strcmp(scope.service, "s3") == 0 ? hash : NULL},
	};

	memcpy(date, amz_date, 8);
	sigv4_sha256_hex(buf_text(&call->body), call->body.len, hash);
	for (size_t i = 0; i < array_len(all); i++) {
		if (!all[i].value)
			continue;
		headers[request.nheaders++] = all[i];
		add_header(call, all[i].name, all[i].value);
	}
	authorization = sigv4_authorization(&request, &scope, amz_date, credentials);
	add_header(call, "Authorization", authorization);
}

static void prepare_signed(struct call *call, const struct aws_credentials *credentials)
{
	AUTO_FREE char *endpoint = endpoint_of(call->client, &call->service);
	const char *host_start = strstr(endpoint, "://");
	AUTO_FREE char *host = NULL;

	host_start = host_start ? host_start + 3 : endpoint;
	host = mem_strndup(host_start, strcspn(host_start, "/"));
	call->url = mem_fmt("%s%s", endpoint, call->path);
	sign(call, host, call->url + (host_start - endpoint) + strlen(host), credentials);
	add_header(call, "X-Amzn-Trace-Id", call->trace);
}

/* A new try, ready to be transferred. credentials is NULL for a call that is not signed. */
static void prepare(struct call *call, const struct aws_credentials *credentials)
{
	msec left = call->deadline - clock_monotonic();

	drop_try(call);
	call->tries++;
	if (credentials) {
		prepare_signed(call, credentials);
	} else {
		call->url = mem_strdup(call->path);
		add_header(call, "Authorization", call->authorization);
	}
	call->transfer.method = call->method;
	call->transfer.url = call->url;
	call->transfer.headers = (const char *const *)call->headers;
	call->transfer.body = call->has_body ? buf_text(&call->body) : NULL;
	call->transfer.len = call->body.len;
	call->transfer.timeout = left > 1 ? left : 1;
}

/* --- what came back --------------------------------------------------------------------------- */

static void read_answer(const struct call *call, int err, struct aws_reading *reading,
			struct aws_answer *answer)
{
	static const struct aws_service plain = {.protocol = AWS_JSON_1_0};
	const struct transfer *transfer = &call->transfer;
	struct aws_reply reply = {
		.status = transfer->status,
		.error_type = transfer->error_type,
		.request_id = transfer->request_id,
		.body = buf_text(&transfer->reply),
		.len = transfer->reply.len,
	};

	*answer = (struct aws_answer){
		.err = err,
		.took_us = clock_monotonic_us() - call->started_us,
	};
	if (err < 0)
		return;

	aws_read_reply(call->is_signed ? &call->service : &plain, &reply, reading);
	answer->status = reply.status;
	answer->error = reading->code;
	answer->message = reading->message;
	answer->body = reading->body;
	answer->raw = reply.body;
	answer->raw_len = reply.len;
	answer->request_id = reading->request_id;
}

/* How long to wait before the next try; -1: this was the last. */
static msec retry_delay(struct call *call, const struct aws_answer *answer)
{
	bool throttled = !answer->err && aws_is_throttling(answer->status, answer->error);
	bool transient = answer->err == -EMSGSIZE || answer->err == -EINVAL ? false
			 : answer->err					    ? true
				       : aws_is_transient(answer->status, answer->error);
	msec base = throttled ? BACKOFF_THROTTLED : BACKOFF_BASE;
	msec most, delay;

	if (call->tries >= call->attempts)
		return -1;
	if (!answer->err && call->is_signed && aws_is_expired(answer->error)) {
		aws_credential_source_expire(call->client->source);
		return 0;
	}
	if (!throttled && !transient)
		return -1;

	most = base << (call->tries - 1 < 8 ? call->tries - 1 : 8);
	most = most < BACKOFF_MAX ? most : BACKOFF_MAX;
	delay = (msec)(rand_u64() % (uint64_t)most) + 1;
	return clock_monotonic() + delay < call->deadline ? delay : -1;
}

/* --- on the loop ------------------------------------------------------------------------------ */

static void on_wake(uv_timer_t *timer);

static void wake_soon(struct aws_client *client)
{
	uv_timer_start(client->wake, on_wake, 0, 0);
}

static void enlist(struct call *call, aws_done *done, void *user)
{
	assert(call->client->loop);
	call->done = done;
	call->user = user;
	LIST_INSERT_HEAD(&call->client->calls, call, entry);
	wake_soon(call->client);
}

static void conclude(struct call *call, int err)
{
	struct aws_reading reading = {0};
	struct aws_answer answer;

	LIST_REMOVE(call, entry);
	read_answer(call, err, &reading, &answer);
	call->done(&answer, call->user);
	aws_reading_free(&reading);
	call_free(call);
}

static void on_transferred(struct transfer *transfer)
{
	struct call *call = transfer->user;
	struct aws_reading reading = {0};
	struct aws_answer answer;
	msec delay;

	read_answer(call, transfer->err, &reading, &answer);
	delay = retry_delay(call, &answer);
	aws_reading_free(&reading);
	if (delay < 0) {
		conclude(call, transfer->err);
		return;
	}
	call->state = CALL_WAITING;
	call->due = clock_monotonic() + delay;
	wake_soon(call->client);
}

/* All that waited for credentials try again: with new ones, or to hear that there are none. */
static void on_credentials(const struct aws_answer *answer, void *user)
{
	struct aws_client *client = user;
	struct aws_credentials credentials;
	struct call *call, *next;
	bool usable;

	client->fetch = NULL;
	if (answer->err || answer->status != 200 ||
	    aws_credential_source_read(client->source, answer->raw, answer->raw_len) < 0)
		client->fetch_not_before = clock_monotonic() + CREDENTIALS_AGAIN;

	usable = aws_credential_source_look(client->source, clock_real(), &credentials) <=
		 AWS_CREDENTIALS_DUE;
	for (call = LIST_FIRST(&client->calls); call; call = next) {
		next = LIST_NEXT(call, entry);
		if (call->state != CALL_WANTS_CREDENTIALS)
			continue;
		call->state = CALL_WAITING;
		call->due = 0;
		call->fate = usable ? 0 : -ENOKEY;
	}
	wake_soon(client);
}

/* NULL: nobody to ask. */
static struct call *call_for_credentials(struct aws_client *client)
{
	struct aws_credential_request request;
	struct call *call;

	if (aws_credential_source_request(client->source, &request) < 0)
		return NULL;
	call = call_new(client, NULL);
	call->path = request.url;
	call->authorization = request.authorization;
	call->deadline = clock_monotonic() + CREDENTIALS_TIMEOUT;
	call->attempts = DEFAULT_ATTEMPTS;
	return call;
}

static bool fetch_credentials(struct aws_client *client)
{
	if (client->fetch)
		return true;
	if (clock_monotonic() < client->fetch_not_before)
		return false;
	client->fetch = call_for_credentials(client);
	if (!client->fetch)
		return false;
	enlist(client->fetch, on_credentials, client);
	return true;
}

static void start(struct call *call)
{
	struct aws_client *client = call->client;
	struct aws_credentials credentials;

	if (call->is_signed) {
		switch (aws_credential_source_look(client->source, clock_real(), &credentials)) {
		case AWS_CREDENTIALS_NONE:
			conclude(call, -ENOKEY);
			return;
		case AWS_CREDENTIALS_STALE:
			if (fetch_credentials(client))
				call->state = CALL_WANTS_CREDENTIALS;
			else
				conclude(call, -ENOKEY);
			return;
		case AWS_CREDENTIALS_DUE:
			fetch_credentials(client);
			break;
		case AWS_CREDENTIALS_GOOD:
			break;
		}
	}
	prepare(call, call->is_signed ? &credentials : NULL);
	call->state = CALL_FLYING;
	call->transfer.done = on_transferred;
	call->transfer.user = call;
	transfer_start(client->pool, &call->transfer);
}

static void on_wake(uv_timer_t *timer)
{
	struct aws_client *client = timer->data;
	msec now = clock_monotonic();
	msec next = -1;
	struct call *call, *after;

	/* One at a time, from the start: done() may add calls. */
again:
	for (call = LIST_FIRST(&client->calls); call; call = after) {
		after = LIST_NEXT(call, entry);
		if (call->state != CALL_WAITING || call->due > now)
			continue;
		if (call->fate < 0)
			conclude(call, call->fate);
		else
			start(call);
		goto again;
	}
	LIST_FOREACH(call, &client->calls, entry)
	{
		if (call->state == CALL_WAITING && (next < 0 || call->due < next))
			next = call->due;
	}
	if (next >= 0)
		uv_timer_start(client->wake, on_wake, next > now ? (uint64_t)(next - now) : 0, 0);
}

void aws_send(struct aws_client *client, const struct aws_service *service, const char *operation,
	      const json_t *input, const char *trace_header, aws_done *done, void *user)
{
	struct call *call = call_operation(client, service, operation, input);

	call->trace = mem_strdup(trace_header);
	enlist(call, done, user);
}

void aws_send_raw(struct aws_client *client, const struct aws_service *service,
		  const struct aws_raw *raw, aws_done *done, void *user)
{
	enlist(call_raw(client, service, raw), done, user);
}

void aws_get(struct aws_client *client, const char *url, aws_done *done, void *user)
{
	struct call *call = call_new(client, NULL);

	call->path = mem_strdup(url);
	call->attempts = 1;
	enlist(call, done, user);
}

/* --- blocking --------------------------------------------------------------------------------- */

static void renew(struct aws_client *client);

/* Tries until it is over. What came is in the client's answer. */
static void run(struct call *call)
{
	struct aws_client *client = call->client;
	struct aws_credentials credentials;
	msec delay;

	for (;;) {
		if (call->is_signed)
			renew(client);
		aws_reading_free(&client->reading);
		if (call->is_signed &&
		    aws_credential_source_look(client->source, clock_real(), &credentials) >
			    AWS_CREDENTIALS_DUE) {
			client->answer = (struct aws_answer){.err = -ENOKEY};
			return;
		}
		prepare(call, call->is_signed ? &credentials : NULL);
		transfer_run(client->pool, &call->transfer);
		read_answer(call, call->transfer.err, &client->reading, &client->answer);
		delay = retry_delay(call, &client->answer);
		if (delay < 0)
			return;
		poll(NULL, 0, (int)delay);
	}
}

static void renew(struct aws_client *client)
{
	struct aws_credentials credentials;
	enum aws_credential_state state =
		aws_credential_source_look(client->source, clock_real(), &credentials);
	struct call *call = NULL;

	if (state == AWS_CREDENTIALS_DUE || state == AWS_CREDENTIALS_STALE)
		call = call_for_credentials(client);
	if (!call)
		return;
	run(call);
	if (!client->answer.err && client->answer.status == 200)
		aws_credential_source_read(client->source, client->answer.raw,
					   client->answer.raw_len);
	call_free(call);
}

static const struct aws_answer *ask(struct call *call)
{
	call_free(call->client->asked);
	call->client->asked = call;
	run(call);
	return &call->client->answer;
}

const struct aws_answer *aws_ask(struct aws_client *client, const struct aws_service *service,
				 const char *operation, const json_t *input)
{
	return ask(call_operation(client, service, operation, input));
}

const struct aws_answer *aws_ask_raw(struct aws_client *client, const struct aws_service *service,
				     const struct aws_raw *raw)
{
	return ask(call_raw(client, service, raw));
}

/* --- the client ------------------------------------------------------------------------------- */

static const char *first_region(const char *given)
{
	static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};

	for (size_t i = 0; !given && i < array_len(names); i++)
		given = env(names[i]);
	return given ? given : "us-east-1";
}

int aws_client_open(uv_loop_t *loop, const struct aws_options *options,
		    struct aws_client **ret_client)
{
	static const struct aws_options none;
	const struct aws_options *opt = options ? options : &none;
	const char *endpoint = opt->endpoint ? opt->endpoint : env("AWS_ENDPOINT_URL");
	struct aws_client *client;

	if (endpoint && strncmp(endpoint, "http://", 7) != 0 &&
	    strncmp(endpoint, "https://", 8) != 0)
		return -EINVAL;

	client = mem_new(struct aws_client);
	client->loop = loop;
	client->region = mem_strdup(first_region(opt->region));
	client->timeout = opt->timeout ? opt->timeout : DEFAULT_TIMEOUT;
	client->attempts = opt->attempts ? opt->attempts : DEFAULT_ATTEMPTS;
	client->source = aws_credential_source_open(opt->credentials);
	client->pool = transfer_pool_open(loop);
	client->endpoint = mem_strdup(endpoint);
	for (size_t len = endpoint ? strlen(endpoint) : 0;
	     len > 0 && client->endpoint[len - 1] == '/'; len--)
		client->endpoint[len - 1] = '\0';
	LIST_INIT(&client->calls);
	if (loop) {
		client->wake = mem_new(uv_timer_t);
		uv_timer_init(loop, client->wake);
		client->wake->data = client;
	}
	*ret_client = client;
	return 0;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

void aws_client_close(struct aws_client *client)
{
	struct call *call;

	if (!client)
		return;
	while ((call = LIST_FIRST(&client->calls))) {
		LIST_REMOVE(call, entry);
		transfer_cancel(&call->transfer);
		call_free(call);
	}
	transfer_pool_close(client->pool);
	if (client->wake)
		uv_close((uv_handle_t *)client->wake, free_handle);
	call_free(client->asked);
	aws_reading_free(&client->reading);
	aws_credential_source_close(client->source);
	free(client->endpoint);
	free(client->region);
	free(client);
}
