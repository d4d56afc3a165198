/*
 * http1_chunked.c - chunked bodies, decoded in place.
 *
 * Extensions are read over, trailers are checked like headers and dropped; both have limits, for
 * they are work without payload that a stranger may ask for.
 */
#include "lib/net/http1.h"

#include "lib/net/http1_chars.h"

#include <string.h>

#define EXTENSION_LIMIT ((size_t)256)
#define TRAILER_LIMIT ((size_t)8192)
#define SIZE_DIGITS 15 /* 2^60 bytes: never overflows */

enum state {
	SIZE,	   /* hex digits */
	EXTENSION, /* ;name=value */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER, /* a line begins */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
};

static int hex(unsigned char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static int step_size(struct http1_chunked *c, unsigned char byte)
{
	int digit = hex(byte);

	if (digit >= 0) {
		if (++c->digits > SIZE_DIGITS)
			return HTTP1_BAD;
		c->left = c->left << 4 | (uint64_t)digit;
		return SIZE;
	}
	if (c->digits == 0)
		return HTTP1_BAD;
	if (byte == ';')
		return EXTENSION;
	return byte == '\r' ? SIZE_LF : HTTP1_BAD;
}

static int step_extension(struct http1_chunked *c, unsigned char byte)
{
	if (byte == '\r')
		return SIZE_LF;
	if (++c->line > EXTENSION_LIMIT || !char_is(byte, CHAR_VALUE))
		return HTTP1_BAD;
	return EXTENSION;
}

static int step_size_lf(struct http1_chunked *c, unsigned char byte)
{
	c->digits = 0;
	c->line = 0;
	if (byte != '\n')
		return HTTP1_BAD;
	return c->left ? DATA : TRAILER;
}

static int step_trailer(struct http1_chunked *c, unsigned char byte)
{
	if (++c->trailer > TRAILER_LIMIT)
		return HTTP1_BAD;

	switch (c->state) {
	case TRAILER:
		if (byte == '\r')
			return LAST_LF;
		return char_is(byte, CHAR_TOKEN) ? TRAILER_NAME : HTTP1_BAD;
	case TRAILER_NAME:
		if (byte == ':')
			return TRAILER_VALUE;
		return char_is(byte, CHAR_TOKEN) ? TRAILER_NAME : HTTP1_BAD;
	case TRAILER_VALUE:
		if (byte == '\r')
			return TRAILER_LF;
		return char_is(byte, CHAR_VALUE) ? TRAILER_VALUE : HTTP1_BAD;
	case TRAILER_LF:
		return byte == '\n' ? TRAILER : HTTP1_BAD;
	default: /* LAST_LF */
		c->done = byte == '\n';
		return c->done ? LAST_LF : HTTP1_BAD;
	}
}

static int step(struct http1_chunked *c, unsigned char byte)
{
	switch (c->state) {
	case SIZE:
		return step_size(c, byte);
	case EXTENSION:
		return step_extension(c, byte);
	case SIZE_LF:
		return step_size_lf(c, byte);
	case DATA_CR:
		return byte == '\r' ? DATA_LF : HTTP1_BAD;
	case DATA_LF:
		return byte == '\n' ? SIZE : HTTP1_BAD;
	default:
		return step_trailer(c, byte);
	}
}

ssize_t http1_read_chunked(struct http1_chunked *chunked, char *data, size_t len,
			   size_t *ret_payload)
{
	size_t payload = 0;
	size_t at = 0;

	if (chunked->state < 0)
		return HTTP1_BAD;
	while (at < len && !chunked->done) {
		if (chunked->state == DATA) {
			size_t part = chunked->left < len - at ? (size_t)chunked->left : len - at;

			memmove(data + payload, data + at, part);
			payload += part;
			at += part;
			chunked->left -= part;
			if (chunked->left == 0)
				chunked->state = DATA_CR;
			continue;
		}
		chunked->state = step(chunked, (unsigned char)data[at++]);
		if (chunked->state < 0)
			return HTTP1_BAD;
	}

	*ret_payload = payload;
	return (ssize_t)at;
}
