/*
 * http.c - a plain HTTP request, blocking, over libcurl.
 */
#include "functions/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX ((size_t)8 << 20) /* an invocation has 6 MB */
#define HEADERS_MAX ((size_t)64 << 10)
#define CONNECT_TIMEOUT (5 * SECOND)

static size_t take(char *data, size_t size, size_t count, void *user)
{
	struct buf *into = user;

	buf_add(into, data, size * count);
	return buf_failed(into) ? 0 : size * count;
}

static struct curl_slist *write_headers(const struct http_call *call)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

	if (call->body)
		headers = curl_slist_append(headers, "Content-Type: application/json");
	if (call->header)
		headers = curl_slist_append(headers, call->header);
	return headers;
}

void http_ask(const struct http_call *call, struct http_answer *ret_answer)
{
	struct curl_slist *headers = write_headers(call);
	CURL *easy = curl_easy_init();
	CURLcode result;
	long status = 0;

	*ret_answer = (struct http_answer){
		.body = {.limit = BODY_MAX},
		.headers = {.limit = HEADERS_MAX},
	};
	curl_easy_setopt(easy, CURLOPT_URL, call->url);
	if (getenv("AWS_CA_BUNDLE"))
		curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("AWS_CA_BUNDLE"));
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &ret_answer->body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &ret_answer->headers);
	if (call->body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);

	result = curl_easy_perform(easy);
	if (result == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	else
		ret_answer->why = curl_easy_strerror(result);
	ret_answer->status = (int)status;
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
}

void http_clear(struct http_answer *answer)
{
	buf_free(&answer->body);
	buf_free(&answer->headers);
}

char *http_header_of(const struct http_answer *answer, const char *name)
{
	const char *line = answer->headers.len ? answer->headers.data : "";
	const char *end = line + answer->headers.len;
	size_t len = strlen(name);

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((stop ? stop : end) - line);

		if (size > len && line[len] == ':' && strncasecmp(line, name, len) == 0) {
			const char *value = line + len + 1;

			while (value < line + size && *value == ' ')
				value++;
			size -= (size_t)(value - line);
			while (size > 0 && value[size - 1] == '\r')
				size--;
			return mem_strndup(value, size);
		}
		line += size + 1;
	}
	return NULL;
}
