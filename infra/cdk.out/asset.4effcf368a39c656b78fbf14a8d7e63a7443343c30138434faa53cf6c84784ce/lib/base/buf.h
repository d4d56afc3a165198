/*
 * buf.h - a growing row of bytes.
 *
 * Zero-initialised is empty: struct buf b = {0}. Data is always followed by a NUL, so it can be read
 * as a string. A buf with a limit remembers that it was exceeded and stays as it was: write freely,
 * check buf_failed() once.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "lib/base/mem.h"

#include <stdbool.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len;
	size_t cap;
	size_t limit; /* in bytes; 0: none */
	bool failed;
};

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_str(struct buf *buf, const char *text);
void buf_byte(struct buf *buf, char byte);
void buf_fmt(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Room for at least `len` bytes behind the data; write there, then buf_wrote(). */
char *buf_room(struct buf *buf, size_t len);
void buf_wrote(struct buf *buf, size_t len);

void buf_drop(struct buf *buf, size_t len);  /* forgets the first bytes */
void buf_clear(struct buf *buf);	     /* empty; keeps the memory and the limit */
void buf_free(struct buf *buf);		     /* empty; gives the memory back */
const char *buf_text(const struct buf *buf); /* "" when empty */
char *buf_take(struct buf *buf);	     /* the bytes, owned by the caller; leaves it empty */

static inline bool buf_failed(const struct buf *buf)
{
	return buf->failed;
}

/* For what lives in one block. */
#define AUTO_BUF __attribute__((cleanup(buf_free)))

#endif
