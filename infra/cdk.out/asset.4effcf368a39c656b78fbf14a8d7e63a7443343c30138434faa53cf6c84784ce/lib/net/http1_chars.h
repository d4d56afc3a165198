/*
 * http1_chars.h - the bytes HTTP/1.1 is made of. For lib/net/http1*.c only.
 */
#ifndef NET_HTTP1_CHARS_H
#define NET_HTTP1_CHARS_H

#include <stdbool.h>

#define CHAR_TOKEN 1u  /* RFC 9110, 5.6.2 */
#define CHAR_VALUE 2u  /* header values: blank, visible, obs-text */
#define CHAR_TARGET 4u /* visible ASCII but '#': a fragment never travels */
#define CHAR_HOST 8u   /* names, addresses, [::1], a port */
#define CHAR_DIGIT 16u
#define CHAR_BLANK 32u

extern const unsigned char http1_chars[256];

static inline bool char_is(unsigned char byte, unsigned int class)
{
	return (http1_chars[byte] & class) != 0;
}

#endif
