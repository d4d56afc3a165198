/*
 * page.c - a token is where the next page starts, in base64: clients must not think it a number.
 */
#include "lab/aws/page.h"

#include "lib/base/base64.h"

#include <stdlib.h>
#include <string.h>

#define MARK "page:"

static const char *token_of(struct request *rq, size_t start)
{
	AUTO_BUF struct buf token = {0};
	const char *text = rq_fmt(rq, MARK "%zu", start);

	base64_encode(&token, text, strlen(text));
	return rq_strdup(rq, buf_text(&token));
}

static bool read_token(const char *token, size_t *ret_start)
{
	AUTO_BUF struct buf text = {0};
	char *end;

	if (!base64_decode(&text, token, strlen(token)) ||
	    strncmp(buf_text(&text), MARK, strlen(MARK)) != 0)
		return false;
	*ret_start = strtoul(text.data + strlen(MARK), &end, 10);
	return !*end;
}

json_t *page_of(struct request *rq, const json_t *all, int64_t limit, const char *token,
		const char **ret_next)
{
	size_t start = 0, count = json_array_size(all), end = count;
	json_t *page = rq_array(rq);

	if (token && !read_token(token, &start))
		return NULL;
	if (start > count)
		start = count;
	if (limit > 0 && (uint64_t)limit < count - start)
		end = start + (size_t)limit;
	for (size_t i = start; i < end; i++)
		json_push(page, json_at(all, i));
	*ret_next = end < count ? token_of(rq, end) : NULL;
	return page;
}
