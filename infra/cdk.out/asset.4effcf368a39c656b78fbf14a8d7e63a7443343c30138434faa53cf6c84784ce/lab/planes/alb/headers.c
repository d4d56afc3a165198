/*
 * headers.c - the heads of forwarded requests and answers: what AWS adds, takes away, rewrites.
 */
#include "lab/planes/alb/headers.h"
#include "lab/planes/alb/chance.h"
#include "lib/base/clock.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define FORWARDED_MAX 30	       /* addresses in X-Forwarded-For; more: 463 */
#define TRACED_HEAD_MAX ((size_t)7168) /* above it a trace id is not extended but replaced */

enum header_kind {
	HEADER_OTHER,
	HEADER_HOP, /* concerns one connection only */
	HEADER_CONNECTION,
	HEADER_HOST, /* written anew */
	HEADER_FORWARDED_FOR,
	HEADER_REPLACED, /* X-Forwarded-Proto, -Port */
	HEADER_TRACE,
	HEADER_DATE,
	HEADER_TYPE,
	HEADER_LENGTH,
};

static const struct known {
	const char *name;
	size_t len;
	enum header_kind kind;
} known_headers[] = {
#define KNOWN(name, kind)                    \
	{                                    \
		name, sizeof(name) - 1, kind \
	}
	KNOWN("te", HEADER_HOP),
	KNOWN("host", HEADER_HOST),
	KNOWN("date", HEADER_DATE),
	KNOWN("expect", HEADER_HOP),
	KNOWN("upgrade", HEADER_HOP),
	KNOWN("trailer", HEADER_HOP),
	KNOWN("connection", HEADER_CONNECTION),
	KNOWN("keep-alive", HEADER_HOP),
	KNOWN("content-type", HEADER_TYPE),
	KNOWN("content-length", HEADER_LENGTH),
	KNOWN("x-forwarded-for", HEADER_FORWARDED_FOR),
	KNOWN("x-amzn-trace-id", HEADER_TRACE),
	KNOWN("x-forwarded-port", HEADER_REPLACED),
	KNOWN("proxy-connection", HEADER_HOP),
	KNOWN("transfer-encoding", HEADER_HOP),
	KNOWN("x-forwarded-proto", HEADER_REPLACED),
#undef KNOWN
};

static enum header_kind kind_of(struct span name)
{
	for (size_t i = 0; i < array_len(known_headers); i++) {
		if (known_headers[i].len == name.len &&
		    strncasecmp(known_headers[i].name, name.at, name.len) == 0)
			return known_headers[i].kind;
	}
	return HEADER_OTHER;
}

static bool is_named_in(struct span list, struct span name)
{
	const char *at = list.at;
	const char *end = list.at + list.len;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		while (at < stop && (*at == ' ' || *at == '\t'))
			at++;
		while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if ((size_t)(stop - at) == name.len && strncasecmp(at, name.at, name.len) == 0)
			return true;
		at = comma ? comma + 1 : end;
	}
	return false;
}

static bool is_valid_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!isalnum((unsigned char)name.at[i]) && name.at[i] != '-')
			return false;
	}
	return true;
}

static void add_span(struct buf *out, struct span text)
{
	buf_add(out, text.at, text.len);
}

#define add_literal(out, text) buf_add(out, text, sizeof(text) - 1)

static void add_header(struct buf *out, const struct http_header *header)
{
	char *to = buf_room(out, header->name.len + header->value.len + 4);

	memcpy(to, header->name.at, header->name.len);
	to += header->name.len;
	*to++ = ':';
	*to++ = ' ';
	memcpy(to, header->value.at, header->value.len);
	to += header->value.len;
	*to++ = '\r';
	*to++ = '\n';
	buf_wrote(out, header->name.len + header->value.len + 4);
}

static void add_named(struct buf *out, const char *name, struct span value)
{
	buf_str(out, name);
	add_literal(out, ": ");
	add_span(out, value);
	add_literal(out, "\r\n");
}

static void add_number(struct buf *out, int number)
{
	char text[12];
	size_t i = sizeof(text);

	do
		text[--i] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	buf_add(out, text + i, sizeof(text) - i);
}

static void add_hex(char *text, uint64_t number, size_t digits)
{
	for (size_t i = digits; i > 0; i--) {
		text[i - 1] = "0123456789abcdef"[number & 15];
		number >>= 4;
	}
}

/* 1-<8 hex: now>-<24 hex> */
static void trace_id_new(char text[TRACE_ID_TEXT])
{
	memcpy(text, "1-", 2);
	add_hex(text + 2, (uint64_t)(clock_real().ms / SECOND), 8);
	text[10] = '-';
	add_hex(text + 11, chance(), 16);
	add_hex(text + 27, chance(), 8);
	text[TRACE_ID_TEXT - 1] = '\0';
}

/*
 * No id: a new Root. A Root: our Self goes in front of it, and what was there stays. A Self (another
 * load balancer was before us): its value becomes ours.
 */
static void add_trace(struct buf *out, struct span old)
{
	char id[TRACE_ID_TEXT];
	const char *self = old.len ? memmem(old.at, old.len, "Self=", 5) : NULL;

	trace_id_new(id);
	add_literal(out, "X-Amzn-Trace-Id: ");
	if (!old.len) {
		add_literal(out, "Root=");
		buf_add(out, id, TRACE_ID_TEXT - 1);
	} else if (self) {
		const char *end = old.at + old.len;
		const char *stop = memchr(self, ';', (size_t)(end - self));

		buf_add(out, old.at, (size_t)(self - old.at) + 5);
		buf_add(out, id, TRACE_ID_TEXT - 1);
		if (stop)
			buf_add(out, stop, (size_t)(end - stop));
	} else {
		add_literal(out, "Self=");
		buf_add(out, id, TRACE_ID_TEXT - 1);
		buf_byte(out, ';');
		add_span(out, old);
	}
	add_literal(out, "\r\n");
}

static struct span without_port(struct span host)
{
	const char *colon = host.len ? memrchr(host.at, ':', host.len) : NULL;

	/* [::1] has colons, and no port behind the last of them. */
	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.at)))
		host.len = (size_t)(colon - host.at);
	return host;
}

struct span headers_host(const struct http1_head *head)
{
	return without_port(head->host);
}

static void add_host(struct buf *out, const struct http1_head *head,
		     const struct headers_options *options, const struct headers_from *from)
{
	struct span host = head->host;
	struct span name = without_port(host);
	int port = from->listener_port;

	add_literal(out, "Host: ");
	if (!host.len) {
		buf_str(out, from->node_ip); /* HTTP/1.0 needs none */
	} else if (options->preserve_host) {
		add_span(out, host);
	} else if (port == 80 || port == 443) {
		add_span(out, name);
	} else {
		add_span(out, host);
		if (name.len == host.len) {
			buf_byte(out, ':');
			add_number(out, port);
		}
	}
	add_literal(out, "\r\n");
}

static void add_client(struct buf *out, const struct headers_options *options,
		       const struct headers_from *from)
{
	buf_str(out, from->client_ip);
	if (options->xff_client_port) {
		buf_byte(out, ':');
		add_number(out, from->client_port);
	}
}

/* What our own headers are made of, and which of the sender's are to go on as they are. */
struct sorted {
	struct span trace, date, type, length;
	size_t nforwarded;
	size_t nconnection;
	uint8_t kinds[HTTP1_HEADERS_MAX];
};

static void sort_headers(const struct http1_head *head, struct sorted *sorted)
{
	sorted->trace = sorted->date = sorted->type = sorted->length = (struct span){0};
	sorted->nforwarded = sorted->nconnection = 0;

	for (size_t i = 0; i < head->nheaders; i++) {
		const struct http_header *header = &head->headers[i];
		enum header_kind kind = kind_of(header->name);

		sorted->kinds[i] = (uint8_t)kind;
		if (kind == HEADER_TRACE)
			sorted->trace = header->value;
		else if (kind == HEADER_DATE)
			sorted->date = header->value;
		else if (kind == HEADER_TYPE)
			sorted->type = header->value;
		else if (kind == HEADER_LENGTH)
			sorted->length = header->value;
		sorted->nconnection += kind == HEADER_CONNECTION;
		sorted->nforwarded += kind == HEADER_FORWARDED_FOR;
	}
}

/* Headers that the sender's Connection header declares to be for this connection only. */
static bool is_hop(const struct http1_head *head, const struct sorted *sorted, struct span name)
{
	for (size_t i = 0; i < head->nheaders && sorted->nconnection > 0; i++) {
		if (sorted->kinds[i] == HEADER_CONNECTION &&
		    is_named_in(head->headers[i].value, name))
			return true;
	}
	return false;
}

/* Several headers of this name are one list; -1: it is too long. */
static int add_forwarded_for(struct buf *out, const struct http1_head *head,
			     const struct sorted *sorted, const struct headers_options *options,
			     const struct headers_from *from)
{
	size_t addresses = 0;

	if (options->xff == XFF_REMOVE || (options->xff == XFF_PRESERVE && !sorted->nforwarded))
		return 0;

	add_literal(out, "X-Forwarded-For: ");
	for (size_t i = 0; i < head->nheaders && sorted->nforwarded > 0; i++) {
		struct span value = head->headers[i].value;

		if (sorted->kinds[i] != HEADER_FORWARDED_FOR || !value.len)
			continue;
		if (addresses)
			add_literal(out, ", ");
		add_span(out, value);
		addresses++;
		for (size_t j = 0; j < value.len; j++)
			addresses += value.at[j] == ',';
	}
	if (addresses > FORWARDED_MAX)
		return -1;
	if (options->xff == XFF_APPEND) {
		if (addresses)
			add_literal(out, ", ");
		add_client(out, options, from);
	}
	add_literal(out, "\r\n");
	return 0;
}

static void add_request_line(struct buf *out, const struct http1_head *head)
{
	add_span(out, head->method);
	buf_byte(out, ' ');
	if (head->target.at[0] == '/' || span_is(head->target, "*")) {
		add_span(out, head->target);
	} else {
		/* absolute-form: AWS sends the path, and the host from here as Host. */
		add_span(out, head->path);
		if (head->query.at) {
			buf_byte(out, '?');
			add_span(out, head->query);
		}
	}
	add_literal(out, " HTTP/1.1\r\n");
}

int headers_request(struct buf *out, const struct http1_head *head,
		    const struct headers_options *options, const struct headers_from *from)
{
	struct sorted sorted;

	sort_headers(head, &sorted);
	if (from->head_len > TRACED_HEAD_MAX)
		sorted.trace = (struct span){0};

	add_request_line(out, head);
	if (add_forwarded_for(out, head, &sorted, options, from) < 0)
		return 463;
	add_literal(out, "X-Forwarded-Proto: http\r\nX-Forwarded-Port: ");
	add_number(out, from->listener_port);
	add_literal(out, "\r\n");
	add_host(out, head, options, from);
	add_trace(out, sorted.trace);
	if (head->chunked)
		add_literal(out, "Transfer-Encoding: chunked\r\n");

	for (size_t i = 0; i < head->nheaders; i++) {
		const struct http_header *header = &head->headers[i];
		enum header_kind kind = sorted.kinds[i];

		if (kind == HEADER_LENGTH) {
			add_header(out, header); /* no Connection header talks this away */
			continue;
		}
		if ((kind != HEADER_OTHER && kind != HEADER_TYPE && kind != HEADER_DATE) ||
		    is_hop(head, &sorted, header->name))
			continue;
		if (!options->drop_invalid || is_valid_name(header->name))
			add_header(out, header);
	}
	add_literal(out, "\r\n");
	return 0;
}

static void add_status_line(struct buf *out, const struct http1_head *head)
{
	add_literal(out, "HTTP/1.1 ");
	add_number(out, head->status);
	buf_byte(out, ' ');
	if (head->reason.len)
		add_span(out, head->reason);
	else
		buf_str(out, http1_reason(head->status));
	add_literal(out, "\r\n");
}

static void add_date(struct buf *out, struct span date)
{
	char now[CLOCK_TEXT];

	if (!date.len) {
		clock_http(clock_real(), now);
		date = (struct span){now, strlen(now)};
	}
	add_named(out, "Date", date);
}

void headers_answer(struct buf *out, const struct http1_head *head, enum http1_body body,
		    bool keep_alive)
{
	struct sorted sorted;

	sort_headers(head, &sorted);

	/* AWS's order: these first, then the target's own. */
	add_status_line(out, head);
	add_date(out, sorted.date);
	if (sorted.type.at)
		add_named(out, "Content-Type", sorted.type);
	if (body == HTTP1_BODY_CHUNKED || (body == HTTP1_BODY_NONE && head->chunked))
		add_literal(out, "Transfer-Encoding: chunked\r\n");
	else if (sorted.length.len && body != HTTP1_BODY_UNTIL_CLOSE)
		add_named(out, "Content-Length", sorted.length);
	if (keep_alive)
		add_literal(out, "Connection: keep-alive\r\n");
	else
		add_literal(out, "Connection: close\r\n");

	for (size_t i = 0; i < head->nheaders; i++) {
		const struct http_header *header = &head->headers[i];
		enum header_kind kind = sorted.kinds[i];

		if (kind == HEADER_HOP || kind == HEADER_CONNECTION || kind == HEADER_DATE ||
		    kind == HEADER_TYPE || kind == HEADER_LENGTH)
			continue;
		if (!is_hop(head, &sorted, header->name))
			add_header(out, header);
	}
	add_literal(out, "\r\n");
}
