/*
 * transfer.c - one HTTP exchange over libcurl, on a libuv loop or blocking.
 *
 * libcurl's multi interface tells which sockets to watch and when to wake it; uv does both.
 */
#include "lib/aws/transfer.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_TIMEOUT (5 * SECOND)

struct transfer_pool {
	uv_loop_t *loop;
	CURLM *multi;	  /* NULL until the first transfer */
	CURL *blocking;	  /* kept, for its connections */
	uv_timer_t timer; /* libcurl's wish to be woken */
};

/* A socket that libcurl wants watched. */
struct watch {
	uv_poll_t poll;
	struct transfer_pool *pool;
	curl_socket_t fd;
};

/* --- one exchange ----------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;

	buf_add(&transfer->reply, data, size * count);
	return buf_failed(&transfer->reply) ? 0 : size * count;
}

static void keep_value(const char *line, size_t len, const char *name, char *value, size_t max)
{
	size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (len >= max)
		len = max - 1;
	memcpy(value, line, len);
	value[len] = '\0';
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct transfer *transfer = user;
	size_t len = size * count;

	keep_value(data, len, "x-amzn-errortype", transfer->error_type,
		   sizeof(transfer->error_type));
	keep_value(data, len, "x-amzn-requestid", transfer->request_id,
		   sizeof(transfer->request_id));
	keep_value(data, len, "x-amz-request-id", transfer->request_id,
		   sizeof(transfer->request_id));
	return len;
}

static int errno_of(CURL *easy, CURLcode code)
{
	long os_errno = 0;

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
		return os_errno > 0 ? (int)-os_errno : -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return -ECONNRESET;
	case CURLE_WRITE_ERROR:
		return -EMSGSIZE;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return -EINVAL;
	default:
		return -EPROTO; /* TLS, or no HTTP */
	}
}

static void start_libcurl(void)
{
	static bool started;

	if (!started && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort(); /* out of memory, or a broken OpenSSL */
	started = true;
}

static void prepare(struct transfer *transfer, CURL *easy)
{
	msec connect = transfer->timeout < CONNECT_TIMEOUT ? transfer->timeout : CONNECT_TIMEOUT;

	transfer->easy = easy;
	transfer->reply.limit = TRANSFER_REPLY_MAX;
	for (size_t i = 0; transfer->headers && transfer->headers[i]; i++)
		transfer->list = curl_slist_append(transfer->list, transfer->headers[i]);
	transfer->list = curl_slist_append(transfer->list, "Expect:");

	curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
	if (getenv("AWS_CA_BUNDLE")) /* as AWS's own clients have it */
		curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("AWS_CA_BUNDLE"));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* what was signed is what is sent */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "golden/" GOLDEN_VERSION);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->list);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)transfer->timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	/* Plain HTTP is a machine next to us (agents, the lab); a proxy could not reach it. */
	if (strncasecmp(transfer->url, "http://", 7) == 0)
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");

	if (strcmp(transfer->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
	if (transfer->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->len);
	}
}

static void conclude(struct transfer *transfer, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->err = errno_of(transfer->easy, code);
	transfer->status = (int)status;
}

static void let_go(struct transfer *transfer)
{
	curl_slist_free_all(transfer->list);
	transfer->list = NULL;
	transfer->easy = NULL;
}

void transfer_clear(struct transfer *transfer)
{
	buf_free(&transfer->reply);
	transfer->err = 0;
	transfer->status = 0;
	transfer->error_type[0] = '\0';
	transfer->request_id[0] = '\0';
}

void transfer_run(struct transfer_pool *pool, struct transfer *transfer)
{
	start_libcurl();
	if (!pool->blocking)
		pool->blocking = curl_easy_init();
	curl_easy_reset(pool->blocking);
	prepare(transfer, pool->blocking);
	conclude(transfer, curl_easy_perform(pool->blocking));
	let_go(transfer);
}

/* --- many, on a loop -------------------------------------------------------------------------- */

static void take_concluded(struct transfer_pool *pool)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left))) {
		struct transfer *transfer = NULL;
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
		conclude(transfer, code);
		curl_multi_remove_handle(pool->multi, easy);
		curl_easy_cleanup(easy);
		let_go(transfer);
		transfer->done(transfer);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct transfer_pool *pool = timer->data;
	int running;

	curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_concluded(pool);
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct transfer_pool *pool = user;

	if (timeout_ms < 0)
		uv_timer_stop(&pool->timer);
	else
		uv_timer_start(&pool->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct transfer_pool *pool = watch->pool;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0;
	int running;

	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(pool->multi, watch->fd, flags, &running);
	take_concluded(pool);
}

static void free_watch(uv_handle_t *handle)
{
	free(handle->data);
}

static int set_watch(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
	struct transfer_pool *pool = user;
	struct watch *watch = of_socket;
	int events =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	if (what == CURL_POLL_REMOVE) {
		if (watch) {
			uv_poll_stop(&watch->poll);
			uv_close((uv_handle_t *)&watch->poll, free_watch);
			curl_multi_assign(pool->multi, fd, NULL);
		}
		return 0;
	}
	if (!watch) {
		watch = mem_new(struct watch);
		watch->pool = pool;
		watch->fd = fd;
		watch->poll.data = watch;
		if (uv_poll_init_socket(pool->loop, &watch->poll, fd) < 0) {
			free(watch);
			return -1; /* libcurl then fails the transfer */
		}
		curl_multi_assign(pool->multi, fd, watch);
	}
	uv_poll_start(&watch->poll, events, on_ready);
	return 0;
}

void transfer_start(struct transfer_pool *pool, struct transfer *transfer)
{
	assert(pool->loop);
	if (!pool->multi) {
		start_libcurl();
		pool->multi = curl_multi_init();
		curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, set_watch);
		curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
		curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, set_timer);
		curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
		curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, 8L);
	}
	transfer->pool = pool;
	prepare(transfer, curl_easy_init());
	curl_multi_add_handle(pool->multi, transfer->easy);
}

void transfer_cancel(struct transfer *transfer)
{
	if (!transfer->easy)
		return;
	curl_multi_remove_handle(transfer->pool->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	let_go(transfer);
}

struct transfer_pool *transfer_pool_open(uv_loop_t *loop)
{
	struct transfer_pool *pool = mem_new(struct transfer_pool);

	pool->loop = loop;
	if (loop) {
		uv_timer_init(loop, &pool->timer);
		pool->timer.data = pool;
	}
	return pool;
}

static void free_pool(uv_handle_t *handle)
{
	free(handle->data);
}

void transfer_pool_close(struct transfer_pool *pool)
{
	if (pool->blocking)
		curl_easy_cleanup(pool->blocking);
	if (pool->multi)
		curl_multi_cleanup(pool->multi);
	if (pool->loop)
		uv_close((uv_handle_t *)&pool->timer, free_pool);
	else
		free(pool);
}
