/*
 * seal.h - bytes sealed under a key: AES-256-GCM, so that a changed byte is seen.
 *
 * A sealed text is 12 bytes of IV, 16 of tag and as many as the text has.
 */
#ifndef LAB_AWS_SEAL_H
#define LAB_AWS_SEAL_H

#include "lib/base/buf.h"

#define SEAL_KEY 32 /* bytes */
#define SEAL_EXTRA 28

/* `bound` is not in the sealed text, but has to be the same to open it. */
void seal(const unsigned char key[SEAL_KEY], const char *bound, const void *text, size_t len,
	  struct buf *out);
/* False, and nothing added: it was not sealed by this key, with this, or it was changed. */
bool seal_open(const unsigned char key[SEAL_KEY], const char *bound, const void *sealed, size_t len,
	       struct buf *out);

/* HMAC-SHA256 of a text: what is derived from a key. */
void seal_derive(const unsigned char key[SEAL_KEY], const char *text,
		 unsigned char ret_bytes[SEAL_KEY]);

#endif
