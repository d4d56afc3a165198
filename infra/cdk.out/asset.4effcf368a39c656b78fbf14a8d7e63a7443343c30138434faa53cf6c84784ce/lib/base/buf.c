/*
 * buf.c - a growing row of bytes.
 */
#include "lib/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)64)
#define FIRST_SIZE ((size_t)256)

char *buf_room(struct buf *buf, size_t len)
{
	size_t need = buf->len + len + 1;

	if (need > buf->cap) {
		size_t cap = buf->cap ? buf->cap * 2 : FIRST_SIZE;

		buf->cap = cap > need ? cap : need;
		buf->data = mem_resize(buf->data, buf->cap);
	}
	return buf->data + buf->len;
}

void buf_wrote(struct buf *buf, size_t len)
{
	assert(buf->len + len < buf->cap);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (buf->failed || (buf->limit && len > buf->limit - buf->len)) {
		buf->failed = true;
		return;
	}
	buf_room(buf, len);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf_wrote(buf, len);
}

void buf_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_byte(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void buf_fmt(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	va_list again;
	size_t room;
	int len;

	/* Most of what is formatted fits at once: formatting twice, only to measure, would show. */
	buf_room(buf, FIRST_ROOM);
	room = buf->cap - buf->len;
	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(buf->data + buf->len, room, fmt, args);
	va_end(args);
	assert(len >= 0);

	if (buf->failed || (buf->limit && (size_t)len > buf->limit - buf->len)) {
		buf->failed = true;
		buf->data[buf->len] = '\0';
	} else {
		if ((size_t)len >= room)
			vsnprintf(buf_room(buf, (size_t)len), (size_t)len + 1, fmt, again);
		buf_wrote(buf, (size_t)len);
	}
	va_end(again);
}

void buf_drop(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	if (len == 0)
		return;
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){.limit = buf->limit};
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *data = buf->data ? buf->data : mem_strdup("");

	*buf = (struct buf){.limit = buf->limit};
	return data;
}
