/*
 * trace.c - X-Ray segments over UDP.
 *
 *   left out   sampling rules from X-Ray (GetSamplingRules), sending a long request's beginning
 */
#include "app/trace.h"
#include "app/json_line.h"
#include "lib/base/mem.h"
#include "lib/base/rand.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEGMENT_MAX ((size_t)64 * 1024) /* X-Ray's own limit */
#define SUBSEGMENTS_MAX ((size_t)32 * 1024)
#define TEXT_MAX ((size_t)250)
#define SAMPLED_PER_SECOND 1
#define SAMPLED_ONE_IN 20

struct tracer {
	char *name;
	int fd; /* -1 until the daemon's address is known */
	uv_getaddrinfo_t lookup;
	bool looking, closing;
	int64_t offset_us; /* real time minus monotonic */
	int64_t second;	   /* of the reservoir */
	int taken;
};

/* --- chance ----------------------------------------------------------------------------------- */

/* splitmix64: the kernel is asked once, not once an id. */
static uint64_t next_random(void)
{
	static uint64_t state;
	uint64_t mixed;

	if (!state)
		state = rand_u64() | 1;
	state += 0x9e3779b97f4a7c15;
	mixed = state;
	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

/* Eight hex digits at once, one a byte: ids are half of what a log line holds. */
static uint64_t hex_of(uint64_t bits)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t letters; /* 1 where a digit is above 9 */

	bits = (bits | bits << 16) & 0x0000ffff0000ffff;
	bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
	bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
	letters = ((bits + 6 * each) >> 4) & each;
	return bits + '0' * each + ('a' - '0' - 10) * letters;
}

void trace_random_hex(char *text, size_t digits)
{
	assert(digits % 8 == 0);
	for (size_t i = 0; i < digits; i += 8) {
		uint64_t eight = hex_of(next_random() >> 32);

		memcpy(text + i, &eight, 8);
	}
	text[digits] = '\0';
}

/* --- the header ------------------------------------------------------------------------------- */

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (!digit && !(text[i] >= 'a' && text[i] <= 'f'))
			return false;
	}
	return true;
}

static bool is_root(const char *text, size_t len)
{
	return len == 35 && text[0] == '1' && text[1] == '-' && text[10] == '-' &&
	       is_hex(text + 2, 8) && is_hex(text + 11, 24);
}

static bool starts(const char *part, size_t len, const char *name)
{
	return len >= strlen(name) && strncmp(part, name, strlen(name)) == 0;
}

bool trace_read_header(const char *value, size_t len, struct trace *ret_trace)
{
	char root[36] = "", parent[17] = "", decision = '\0';

	for (size_t at = 0; at < len;) {
		const char *part = value + at;
		const char *end = memchr(part, ';', len - at);
		size_t part_len = end ? (size_t)(end - part) : len - at;

		at += part_len + 1;
		while (part_len > 0 && *part == ' ') {
			part++;
			part_len--;
		}
		if (starts(part, part_len, "Root=") && is_root(part + 5, part_len - 5))
			memcpy(root, part + 5, 35);
		else if (starts(part, part_len, "Parent=") && part_len == 23 &&
			 is_hex(part + 7, 16))
			memcpy(parent, part + 7, 16);
		else if (starts(part, part_len, "Sampled=") && part_len == 9)
			decision = part[8];
	}
	if (!root[0])
		return false;

	memcpy(ret_trace->root, root, sizeof(root));
	memcpy(ret_trace->parent, parent, sizeof(parent));
	ret_trace->sampled = decision == '1';
	ret_trace->decision = decision;
	return true;
}

char *trace_header(const struct trace *trace, char text[TRACE_HEADER_MAX])
{
	struct buf out = {0};

	buf_fmt(&out, "Root=%s;Parent=%s;Sampled=%d", trace->root, trace->id, trace->sampled);
	memcpy(text, out.data, out.len + 1); /* 35 + 16 + 22: fits */
	buf_free(&out);
	return text;
}

/* --- a request's beginning -------------------------------------------------------------------- */

static bool decide(struct tracer *tracer, int64_t now_us)
{
	if (now_us / 1000000 != tracer->second) {
		tracer->second = now_us / 1000000;
		tracer->taken = 0;
	}
	if (tracer->taken < SAMPLED_PER_SECOND) {
		tracer->taken++;
		return true;
	}
	return next_random() % SAMPLED_ONE_IN == 0;
}

static void new_root(struct tracer *tracer, int64_t now_us, char root[36])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t seconds = (uint64_t)((now_us + tracer->offset_us) / 1000000);

	root[0] = '1';
	root[1] = root[10] = '-';
	for (int i = 9; i >= 2; i--, seconds >>= 4)
		root[i] = hex[seconds & 15];
	trace_random_hex(root + 11, 24);
}

void trace_begin(struct tracer *tracer, const struct http_exchange *x, struct trace *ret_trace)
{
	struct span header = http_header(x, "x-amzn-trace-id");

	*ret_trace = (struct trace){.tracer = tracer, .subsegments = {.limit = SUBSEGMENTS_MAX}};
	if (!header.at || !trace_read_header(header.at, header.len, ret_trace))
		new_root(tracer, x->started_us, ret_trace->root);
	if (ret_trace->decision != '0' && ret_trace->decision != '1')
		ret_trace->sampled = tracer->fd >= 0 && decide(tracer, x->started_us);
	trace_random_hex(ret_trace->id, 16);
}

/* --- segments --------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *prefix, const char *text, size_t len)
{
	json_line_text(out, prefix, text, len < TEXT_MAX ? len : TEXT_MAX);
}

static void add_flags(struct buf *out, int status)
{
	if (status == 429)
		buf_str(out, ",\"error\":true,\"throttle\":true");
	else if (status >= 400 && status < 500)
		buf_str(out, ",\"error\":true");
	else if (status >= 500)
		buf_str(out, ",\"fault\":true");
}

static void add_span_header(struct buf *out, const char *prefix, const struct http_exchange *x,
			    const char *name)
{
	struct span value = http_header(x, name);

	if (value.at)
		add_text(out, prefix, value.at, value.len);
}

/* Who asked: the load balancer's client where there is one. */
static void add_client(struct buf *out, const struct http_exchange *x)
{
	struct span forwarded = http_header(x, "x-forwarded-for");
	const char *comma;

	if (!forwarded.at) {
		add_text(out, ",\"client_ip\":", x->peer, strcspn(x->peer, ":"));
		return;
	}
	comma = memchr(forwarded.at, ',', forwarded.len);
	add_text(out, ",\"client_ip\":", forwarded.at,
		 comma ? (size_t)(comma - forwarded.at) : forwarded.len);
	buf_str(out, ",\"x_forwarded_for\":true");
}

static void add_http(struct buf *out, const struct segment_end *end)
{
	const struct http_exchange *x = end->x;
	struct span host = http_header(x, "host");
	AUTO_BUF struct buf url = {0};

	buf_str(&url, "http://");
	buf_add(&url, host.at, host.len);
	buf_add(&url, x->target.at, x->target.len);
	json_line_text(out, ",\"http\":{\"request\":{\"method\":", x->method.at, x->method.len);
	add_text(out, ",\"url\":", url.data, url.len);
	add_span_header(out, ",\"user_agent\":", x, "user-agent");
	add_client(out, x);
	json_line_int(out, "},\"response\":{\"status\":", end->status);
	json_line_int(out, ",\"content_length\":", (int64_t)end->len);
	buf_str(out, "}}");
}

static void send_segment(struct trace *trace, const struct segment_end *end)
{
	struct tracer *tracer = trace->tracer;
	AUTO_BUF struct buf out = {.limit = SEGMENT_MAX};
	int64_t now_us = clock_monotonic_us();

	/* Taken anew each time: the kernel's clock may have been set. */
	tracer->offset_us = clock_real_us() - now_us;
	buf_str(&out, "{\"format\":\"json\",\"version\":1}\n");
	json_line_str(&out, "{\"name\":", tracer->name);
	json_line_str(&out, ",\"id\":", trace->id);
	json_line_str(&out, ",\"trace_id\":", trace->root);
	if (trace->parent[0])
		json_line_str(&out, ",\"parent_id\":", trace->parent);
	json_line_seconds(&out, ",\"start_time\":", end->x->started_us + tracer->offset_us);
	json_line_seconds(&out, ",\"end_time\":", now_us + tracer->offset_us);
	buf_str(&out, ",\"origin\":\"AWS::ECS::Container\",\"service\":{\"version\":"
		      "\"" GOLDEN_VERSION "\"}");
	add_http(&out, end);
	add_flags(&out, end->status);
	if (end->error_type) {
		json_line_str(&out, ",\"annotations\":{\"error_type\":", end->error_type);
		buf_byte(&out, '}');
	}
	if (trace->subsegments.len > 0)
		buf_fmt(&out, ",\"subsegments\":[%s]", trace->subsegments.data);
	buf_byte(&out, '}');

	/* Lost if the daemon is not there or does not keep up: that is the bargain of UDP. */
	if (!buf_failed(&out))
		(void)!send(tracer->fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void trace_end(struct trace *trace, const struct segment_end *end)
{
	if (trace->sampled && trace->tracer->fd >= 0)
		send_segment(trace, end);
	buf_free(&trace->subsegments);
}

/* --- subsegments ------------------------------------------------------------------------------ */

/* False: nobody will read it. Leaves an object open. */
static bool begin_subsegment(struct trace *trace, const char *name, const char *namespace,
			     int64_t started_us)
{
	struct buf *out = &trace->subsegments;
	struct tracer *tracer = trace->tracer;
	int64_t now_us;
	char id[17];

	if (!trace->sampled || tracer->fd < 0 || out->len + 4 * TEXT_MAX * 6 > SUBSEGMENTS_MAX)
		return false;

	now_us = clock_monotonic_us();
	tracer->offset_us = clock_real_us() - now_us;
	trace_random_hex(id, 16);
	json_line_str(out, out->len > 0 ? ",{\"id\":" : "{\"id\":", id);
	add_text(out, ",\"name\":", name, strlen(name));
	json_line_str(out, ",\"namespace\":", namespace);
	json_line_seconds(out, ",\"start_time\":", started_us + tracer->offset_us);
	json_line_seconds(out, ",\"end_time\":", now_us + tracer->offset_us);
	return true;
}

void trace_add_aws(struct trace *trace, const char *service, const char *operation,
		   int64_t started_us, const struct aws_answer *answer)
{
	struct buf *out = &trace->subsegments;

	if (!begin_subsegment(trace, service, "aws", started_us))
		return;
	json_line_str(out, ",\"aws\":{\"operation\":", operation);
	if (answer->request_id)
		add_text(out, ",\"request_id\":", answer->request_id, strlen(answer->request_id));
	buf_byte(out, '}');
	if (answer->err) {
		buf_str(out, ",\"fault\":true}");
		return;
	}
	json_line_int(out, ",\"http\":{\"response\":{\"status\":", answer->status);
	buf_str(out, "}}");
	add_flags(out, answer->status);
	buf_byte(out, '}');
}

void trace_add_sql(struct trace *trace, int64_t started_us, const struct trace_sql *sql)
{
	struct buf *out = &trace->subsegments;
	const char *host = sql->host ? sql->host : "unknown";
	AUTO_BUF struct buf name = {0};

	if (!trace->sampled)
		return;
	buf_fmt(&name, "%s@%s", sql->database ? sql->database : "postgres", host);
	if (!begin_subsegment(trace, name.data, "remote", started_us))
		return;
	buf_clear(&name);
	buf_fmt(&name, "postgresql://%s:%s/%s", host, sql->port ? sql->port : "5432",
		sql->database ? sql->database : "");
	add_text(out, ",\"sql\":{\"url\":", name.data, name.len);
	buf_str(out, ",\"database_type\":\"PostgreSQL\",\"preparation\":\"statement\"");
	if (sql->user)
		add_text(out, ",\"user\":", sql->user, strlen(sql->user));
	json_line_str(out, ",\"sanitized_query\":", sql->query);
	buf_str(out, sql->error_type ? "},\"fault\":true}" : "}}");
}

/* --- the daemon's address --------------------------------------------------------------------- */

static void connect_to(struct tracer *tracer, const struct sockaddr *address, socklen_t len)
{
	int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, address, len) < 0) {
		close(fd);
		fd = -1;
	}
	tracer->fd = fd;
}

static void tracer_free(struct tracer *tracer)
{
	if (tracer->fd >= 0)
		close(tracer->fd);
	free(tracer->name);
	free(tracer);
}

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct tracer *tracer = lookup->data;

	tracer->looking = false;
	if (status == 0 && !tracer->closing)
		connect_to(tracer, found->ai_addr, found->ai_addrlen);
	uv_freeaddrinfo(found);
	if (tracer->closing)
		tracer_free(tracer);
}

/* "host:port" of "tcp:host:port udp:host:port", or of itself; false if there is no port. */
static bool split_address(const char *address, char **ret_host, char **ret_port)
{
	const char *udp = strstr(address, "udp:");
	const char *host = udp ? udp + 4 : address;
	size_t len = strcspn(host, " ");
	const char *colon = memrchr(host, ':', len);

	if (!colon || colon == host)
		return false;
	*ret_host = mem_strndup(host, (size_t)(colon - host));
	*ret_port = mem_strndup(colon + 1, len - (size_t)(colon + 1 - host));
	return true;
}

struct tracer *tracer_open(uv_loop_t *loop, const char *address, const char *name)
{
	struct tracer *tracer = mem_new(struct tracer);
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found = NULL;
	AUTO_FREE char *host = NULL;
	AUTO_FREE char *port = NULL;

	tracer->fd = -1;
	tracer->name = mem_strdup(name);
	tracer->offset_us = clock_real_us() - clock_monotonic_us();
	if (!address || !split_address(address, &host, &port))
		return tracer;

	if (getaddrinfo(host, port, &hints, &found) == 0) {
		connect_to(tracer, found->ai_addr, found->ai_addrlen);
		freeaddrinfo(found);
		return tracer;
	}
	/* A name: a lookup may take seconds, and the app is needed now. */
	hints.ai_flags = 0;
	tracer->lookup.data = tracer;
	tracer->looking =
		uv_getaddrinfo(loop, &tracer->lookup, on_looked_up, host, port, &hints) == 0;
	return tracer;
}

void tracer_close(struct tracer *tracer)
{
	if (!tracer)
		return;
	tracer->closing = true;
	if (tracer->looking)
		uv_cancel((uv_req_t *)&tracer->lookup);
	else
		tracer_free(tracer);
}
