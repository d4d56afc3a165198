/*
 * reply.c - answers of the load balancer's own, byte for byte as AWS sends them.
 *
 * The error pages are nginx's: the same words, the same line ends.
 */
#include "lab/planes/alb/alb.h"

#include <string.h>

static const struct {
	int status;
	const char *title;
} titles[] = {
	{301, "Moved Permanently"},
	{302, "Found"},
	{400, "Bad Request"},
	{403, "Forbidden"},
	{405, "Not Allowed"},
	{408, "Request Time-out"},
	{413, "Request Entity Too Large"},
	{414, "Request-URI Too Large"},
	{463, "Bad Request"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Temporarily Unavailable"},
	{504, "Gateway Time-out"},
	{505, "HTTP Version Not Supported"},
};

static const char *title_of(int status)
{
	for (size_t i = 0; i < array_len(titles); i++) {
		if (titles[i].status == status)
			return titles[i].title;
	}
	return http1_reason(status);
}

static void add_head(struct buf *out, int status, const char *content_type, size_t len,
		     bool keep_alive)
{
	char date[CLOCK_TEXT];

	buf_fmt(out, "HTTP/1.1 %d %s\r\nServer: awselb/2.0\r\nDate: %s\r\n", status,
		title_of(status), clock_http(clock_real(), date));
	buf_fmt(out, "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n", content_type,
		len, keep_alive ? "keep-alive" : "close");
}

static void add_page(struct buf *out, int status)
{
	buf_fmt(out,
		"<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
		"<center><h1>%d %s</h1></center>\r\n</body>\r\n</html>\r\n",
		status, title_of(status), status, title_of(status));
}

void reply_error(struct buf *out, int status, bool head_method, bool keep_alive)
{
	AUTO_BUF struct buf page = {0};

	add_page(&page, status);
	add_head(out, status, "text/html", page.len, keep_alive);
	buf_str(out, "\r\n");
	if (!head_method)
		buf_add(out, page.data, page.len);
}

void reply_fixed(struct buf *out, const struct fixed *fixed, bool head_method, bool keep_alive)
{
	const char *type = fixed->content_type ? fixed->content_type : "text/plain";
	AUTO_FREE char *charset = mem_fmt("%s; charset=utf-8", type);
	size_t len = fixed->body ? strlen(fixed->body) : 0;

	add_head(out, fixed->status, charset, len, keep_alive);
	buf_str(out, "\r\n");
	if (!head_method && len)
		buf_add(out, fixed->body, len);
}

void reply_redirect(struct buf *out, const struct redirect *redirect, const char *location,
		    bool head_method, bool keep_alive)
{
	AUTO_BUF struct buf page = {0};

	add_page(&page, redirect->status);
	add_head(out, redirect->status, "text/html", page.len, keep_alive);
	buf_fmt(out, "Location: %s\r\n\r\n", location);
	if (!head_method)
		buf_add(out, page.data, page.len);
}
