/*
 * http1.c - HTTP/1.1 heads, read strictly.
 *
 *   left out   authority-form (CONNECT), obsolete folding, HTTP/0.9
 *
 * One pass, byte by byte, in the order in which the bytes come, so that the verdict does not depend on
 * how they were split. What smuggling lives on is refused here and never seen by anybody else.
 */
#include "lib/net/http1.h"

#include "lib/net/http1_chars.h"

#include <string.h>
#include <strings.h>

#define HEAD_LIMIT ((size_t)65536)
#define LENGTH_DIGITS 18 /* what surely fits an int64_t */

/* Answers of the readers below, beside enum http1_error. */
enum { MORE = 0, READ = 1 };

struct reader {
	const char *data;
	size_t len;
	size_t at;
	size_t end; /* nothing at or behind it is read: the limits */
	int too_large;
	struct http1_head *head;
	/* What was seen so far. */
	int hosts, lengths, codings, expects;
	bool coding_unknown, expect_unknown;
	bool close, keep_alive, upgrade_listed, upgrade_named;
};

static int refuse(struct reader *r, int error, const char *why)
{
	r->head->why = why;
	return error;
}

/* The byte at `at`: READ, MORE, or an error when the limit is reached. */
static inline int look(struct reader *r, size_t at, unsigned char *ret_byte)
{
	if (at >= r->end)
		return refuse(r, r->too_large, "TooLarge");
	if (at >= r->len)
		return MORE;
	*ret_byte = (unsigned char)r->data[at];
	return READ;
}

/* Bytes of one class from r->at on, at least `least`; leaves r->at behind them. */
static int read_run(struct reader *r, unsigned int class, size_t least, const char *why,
		    struct span *ret_run)
{
	size_t at = r->at;
	unsigned char byte = 0;
	int done;

	while ((done = look(r, at, &byte)) == READ && char_is(byte, class))
		at++;
	if (done != READ)
		return done;
	if (at - r->at < least)
		return refuse(r, HTTP1_BAD, why);

	*ret_run = (struct span){r->data + r->at, at - r->at};
	r->at = at;
	return READ;
}

static int read_text(struct reader *r, const char *text, const char *why)
{
	unsigned char byte = 0;
	int done;

	for (; *text; text++, r->at++) {
		done = look(r, r->at, &byte);
		if (done != READ)
			return done;
		if (byte != (unsigned char)*text)
			return refuse(r, HTTP1_BAD, why);
	}
	return READ;
}

static void limit_to(struct reader *r, size_t bytes, size_t all, int too_large)
{
	bool shorter = bytes && bytes < all - r->at;

	r->end = shorter ? r->at + bytes : all;
	r->too_large = shorter ? too_large : HTTP1_HEAD_TOO_LARGE;
}

/* HTTP/d.d, of which 1.0 and 1.1 are ours. */
static int read_version(struct reader *r)
{
	unsigned char major = 0;
	unsigned char minor = 0;
	int done;

	if ((done = read_text(r, "HTTP/", "BadVersion")) != READ ||
	    (done = look(r, r->at, &major)) != READ)
		return done;
	r->at++;
	if ((done = read_text(r, ".", "BadVersion")) != READ ||
	    (done = look(r, r->at, &minor)) != READ)
		return done;
	r->at++;

	if (!char_is(major, CHAR_DIGIT) || !char_is(minor, CHAR_DIGIT))
		return refuse(r, HTTP1_BAD, "BadVersion");
	if (major != '1' || minor > '1')
		return refuse(r, HTTP1_BAD_VERSION, "BadVersion");
	r->head->minor = minor - '0';
	return READ;
}

static bool host_is_fine(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (!char_is((unsigned char)host.at[i], CHAR_HOST))
			return false;
	}
	return true;
}

/* http://host/path?query: what clients send to a proxy, and what every server must take. */
static bool split_absolute(struct http1_head *head, size_t scheme)
{
	const char *at = head->target.at + scheme;
	const char *end = head->target.at + head->target.len;
	const char *slash = at;

	while (slash < end && *slash != '/' && *slash != '?')
		slash++;
	head->host = (struct span){at, (size_t)(slash - at)};
	head->path = (struct span){slash, (size_t)(end - slash)};
	return head->host.len > 0 && host_is_fine(head->host);
}

static bool split_target(struct http1_head *head)
{
	struct span target = head->target;
	const char *mark;

	head->path = target;
	if (target.len >= 7 && strncasecmp(target.at, "http://", 7) == 0) {
		if (!split_absolute(head, 7))
			return false;
	} else if (target.len >= 8 && strncasecmp(target.at, "https://", 8) == 0) {
		if (!split_absolute(head, 8))
			return false;
	} else if (target.at[0] != '/') {
		return span_is(target, "*") && span_is(head->method, "OPTIONS");
	}

	mark = head->path.len ? memchr(head->path.at, '?', head->path.len) : NULL;
	if (mark) {
		head->query.at = mark + 1;
		head->query.len = (size_t)(head->path.at + head->path.len - head->query.at);
		head->path.len = (size_t)(mark - head->path.at);
	}
	if (head->path.len == 0)
		head->path = (struct span){"/", 1};
	return true;
}

static int read_request_line(struct reader *r)
{
	struct http1_head *head = r->head;
	int done;

	/* RFC 9112, 2.2: one empty line before it is forgiven. */
	if (r->len > 0 && r->data[0] == '\r' && (done = read_text(r, "\r\n", "BadMethod")) != READ)
		return done;

	if ((done = read_run(r, CHAR_TOKEN, 1, "BadMethod", &head->method)) != READ ||
	    (done = read_text(r, " ", "BadMethod")) != READ ||
	    (done = read_run(r, CHAR_TARGET, 1, "BadUri", &head->target)) != READ ||
	    (done = read_text(r, " ", "BadUri")) != READ)
		return done;
	if (!split_target(head))
		return refuse(r, HTTP1_BAD, "BadUri");
	if ((done = read_version(r)) != READ)
		return done;
	return read_text(r, "\r\n", "BadVersion");
}

static int read_status_line(struct reader *r)
{
	struct span code;
	unsigned char byte = 0;
	int done;

	if ((done = read_version(r)) != READ || (done = read_text(r, " ", "BadStatus")) != READ ||
	    (done = read_run(r, CHAR_DIGIT, 3, "BadStatus", &code)) != READ)
		return done;
	if (code.len != 3 || code.at[0] == '0')
		return refuse(r, HTTP1_BAD, "BadStatus");
	r->head->status = (code.at[0] - '0') * 100 + (code.at[1] - '0') * 10 + (code.at[2] - '0');

	/* Many servers leave out the space before an empty reason; nothing can hide in it. */
	if ((done = look(r, r->at, &byte)) != READ)
		return done;
	if (byte != '\r') {
		if ((done = read_text(r, " ", "BadStatus")) != READ ||
		    (done = read_run(r, CHAR_VALUE, 0, "BadStatus", &r->head->reason)) != READ)
			return done;
	}
	return read_text(r, "\r\n", "BadStatus");
}

static const char *take_host(struct reader *r, struct span value)
{
	if (++r->hosts > 1 || !host_is_fine(value))
		return "BadHeader";
	/* An absolute target wins over Host; that they differ is somebody's trick. */
	if (r->head->host.at && !span_same_nocase(r->head->host, value))
		return "BadHeader";
	r->head->host = value;
	return NULL;
}

static const char *take_content_length(struct reader *r, struct span value)
{
	int64_t length = 0;

	if (++r->lengths > 1)
		return "MultipleContentLength";
	if (value.len == 0 || value.len > LENGTH_DIGITS)
		return "BadContentLength";
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is((unsigned char)value.at[i], CHAR_DIGIT))
			return "BadContentLength";
		length = length * 10 + (value.at[i] - '0');
	}
	r->head->content_length = length;
	return NULL;
}

static const char *take_transfer_encoding(struct reader *r, struct span value)
{
	if (++r->codings > 1)
		return "MultipleTransferEncodingChunked";
	r->head->chunked = span_is_nocase(value, "chunked");
	r->coding_unknown = !r->head->chunked;
	return NULL;
}

/* The next element of a comma-separated list; false at its end. */
static bool list_next(struct span *list, struct span *ret_element)
{
	size_t start = 0;
	size_t end;
	size_t next;

	while (start < list->len &&
	       (list->at[start] == ' ' || list->at[start] == '\t' || list->at[start] == ','))
		start++;
	if (start == list->len)
		return false;

	for (end = start; end < list->len && list->at[end] != ','; end++)
		;
	next = end;
	while (list->at[end - 1] == ' ' || list->at[end - 1] == '\t')
		end--;
	*ret_element = (struct span){list->at + start, end - start};
	*list = (struct span){list->at + next, list->len - next};
	return true;
}

static const char *take_connection(struct reader *r, struct span value)
{
	struct span option;

	while (list_next(&value, &option)) {
		r->close |= span_is_nocase(option, "close");
		r->keep_alive |= span_is_nocase(option, "keep-alive");
		r->upgrade_listed |= span_is_nocase(option, "upgrade");
	}
	return NULL;
}

static const char *take_expect(struct reader *r, struct span value)
{
	r->expects++;
	r->expect_unknown |= !span_is_nocase(value, "100-continue");
	return NULL;
}

static const char *take_upgrade(struct reader *r, struct span value)
{
	r->upgrade_named |= value.len > 0;
	return NULL;
}

/* Headers that say how to read the message. They answer NULL, or why it must not be read. */
static const struct known {
	const char *name;
	size_t len;
	bool in_responses;
	const char *(*take)(struct reader *r, struct span value);
} known[] = {
	{"Host", 4, false, take_host},
	{"Content-Length", 14, true, take_content_length},
	{"Transfer-Encoding", 17, true, take_transfer_encoding},
	{"Connection", 10, true, take_connection},
	{"Expect", 6, false, take_expect},
	{"Upgrade", 7, true, take_upgrade},
};

static int take_known(struct reader *r, const struct http_header *header)
{
	for (size_t i = 0; i < array_len(known); i++) {
		const char *why;

		if (known[i].len != header->name.len ||
		    strncasecmp(known[i].name, header->name.at, known[i].len) != 0)
			continue;
		if (r->head->status && !known[i].in_responses)
			return READ;
		why = known[i].take(r, header->value);
		return why ? refuse(r, HTTP1_BAD, why) : READ;
	}
	return READ;
}

static int read_field(struct reader *r)
{
	struct http_header header;
	int done;

	/* A name that does not begin is folding; a space before the colon is a hidden header. */
	if ((done = read_run(r, CHAR_TOKEN, 1, "BadHeader", &header.name)) != READ ||
	    (done = read_text(r, ":", "BadHeader")) != READ ||
	    (done = read_run(r, CHAR_VALUE, 0, "BadHeader", &header.value)) != READ ||
	    (done = read_text(r, "\r\n", "BadHeader")) != READ)
		return done;

	while (header.value.len && char_is((unsigned char)header.value.at[0], CHAR_BLANK)) {
		header.value.at++;
		header.value.len--;
	}
	while (header.value.len &&
	       char_is((unsigned char)header.value.at[header.value.len - 1], CHAR_BLANK))
		header.value.len--;

	if (r->head->nheaders == HTTP1_HEADERS_MAX)
		return refuse(r, HTTP1_HEAD_TOO_LARGE, "TooManyHeaders");
	r->head->headers[r->head->nheaders++] = header;
	return take_known(r, &header);
}

static int read_fields(struct reader *r, size_t field, size_t all)
{
	unsigned char byte = 0;
	int done;

	for (;;) {
		limit_to(r, field, all, HTTP1_HEAD_TOO_LARGE);
		done = look(r, r->at, &byte);
		if (done != READ)
			return done;
		if (byte == '\r')
			return read_text(r, "\r\n", "BadHeader");
		done = read_field(r);
		if (done != READ)
			return done;
	}
}

static int judge(struct reader *r)
{
	struct http1_head *head = r->head;

	if (r->codings && r->lengths)
		return refuse(r, HTTP1_BAD, "BothTeClPresent");
	if (r->codings && head->minor == 0)
		return refuse(r, HTTP1_BAD, "UndefinedTransferEncodingSemantics");
	if (r->coding_unknown)
		return refuse(r, HTTP1_BAD_ENCODING, "BadTransferEncoding");

	head->keep_alive = !r->close && (head->minor == 1 || r->keep_alive);
	head->upgrade = head->minor == 1 && r->upgrade_listed && r->upgrade_named;
	if (head->status || head->minor == 0)
		return READ;

	if (!r->hosts)
		return refuse(r, HTTP1_BAD, "MissingHost");
	if (r->expect_unknown)
		return refuse(r, HTTP1_BAD_EXPECTATION, "BadExpectation");
	head->expect_continue = r->expects > 0;
	return READ;
}

static ssize_t read_head(const char *data, size_t len, const struct http1_limits *limits,
			 int (*read_first_line)(struct reader *r), struct http1_head *head)
{
	struct reader r = {.data = data, .len = len, .head = head};
	size_t all = limits->head ? limits->head : HEAD_LIMIT;
	int done;

	head->method = head->target = head->path = head->query = (struct span){0};
	head->host = head->reason = (struct span){0};
	head->status = head->minor = 0;
	head->nheaders = 0;
	head->content_length = -1;
	head->chunked = head->keep_alive = head->expect_continue = head->upgrade = false;
	head->why = NULL;

	limit_to(&r, limits->line, all, HTTP1_URI_TOO_LONG);
	if ((done = read_first_line(&r)) != READ ||
	    (done = read_fields(&r, limits->field, all)) != READ || (done = judge(&r)) != READ)
		return done;
	return (ssize_t)r.at;
}

ssize_t http1_read_request(const char *data, size_t len, const struct http1_limits *limits,
			   struct http1_head *ret_head)
{
	return read_head(data, len, limits, read_request_line, ret_head);
}

ssize_t http1_read_response(const char *data, size_t len, const struct http1_limits *limits,
			    struct http1_head *ret_head)
{
	return read_head(data, len, limits, read_status_line, ret_head);
}

struct span http1_find(const struct http1_head *head, const char *name)
{
	for (size_t i = 0; i < head->nheaders; i++) {
		if (span_is_nocase(head->headers[i].name, name))
			return head->headers[i].value;
	}
	return (struct span){0};
}

bool http1_worth_reading(struct http1_pace *pace, const char *data, size_t len)
{
	/* An empty line may have begun in the three bytes before. */
	size_t from = pace->searched > 3 ? pace->searched - 3 : 0;

	/* What is no HTTP at all should hear so before it has sent a whole head. */
	if (len < pace->next) {
		bool ended = memmem(data + from, len - from, "\r\n\r\n", 4);

		pace->searched = len;
		if (!ended)
			return false;
	}
	pace->next = len * 2;
	return true;
}

enum http1_body http1_request_body(const struct http1_head *head)
{
	if (head->chunked)
		return HTTP1_BODY_CHUNKED;
	return head->content_length > 0 ? HTTP1_BODY_LENGTH : HTTP1_BODY_NONE;
}

enum http1_body http1_response_body(const struct http1_head *head, struct span method)
{
	if (head->status < 200 || head->status == 204 || head->status == 304 ||
	    span_is(method, "HEAD"))
		return HTTP1_BODY_NONE;
	if (head->chunked)
		return HTTP1_BODY_CHUNKED;
	if (head->content_length < 0)
		return HTTP1_BODY_UNTIL_CLOSE;
	return head->content_length > 0 ? HTTP1_BODY_LENGTH : HTTP1_BODY_NONE;
}

bool http1_is_hop(const struct http1_head *head, struct span name)
{
	static const char *const hop[] = {"Connection", "Keep-Alive", "Proxy-Connection", "TE",
					  "Trailer",	"Upgrade",    "Transfer-Encoding"};

	for (size_t i = 0; i < array_len(hop); i++) {
		if (span_is_nocase(name, hop[i]))
			return true;
	}
	for (size_t i = 0; i < head->nheaders; i++) {
		struct span list = head->headers[i].value;
		struct span option;

		if (!span_is_nocase(head->headers[i].name, "Connection"))
			continue;
		while (list_next(&list, &option)) {
			if (span_same_nocase(option, name))
				return true;
		}
	}
	return false;
}

int http1_error_status(ssize_t error)
{
	switch (error) {
	case HTTP1_HEAD_TOO_LARGE:
		return 431;
	case HTTP1_URI_TOO_LONG:
		return 414;
	case HTTP1_BAD_VERSION:
		return 505;
	case HTTP1_BAD_ENCODING:
		return 501;
	case HTTP1_BAD_EXPECTATION:
		return 417;
	default:
		return 400;
	}
}
