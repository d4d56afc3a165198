/*
 * base64.h - RFC 4648, section 4: the standard alphabet, with padding.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "lib/base/buf.h"

void base64_encode(struct buf *out, const void *data, size_t len);

/* Strict: no white space, padding where it belongs. False, and nothing added, otherwise. */
bool base64_decode(struct buf *out, const char *text, size_t len);

#endif
