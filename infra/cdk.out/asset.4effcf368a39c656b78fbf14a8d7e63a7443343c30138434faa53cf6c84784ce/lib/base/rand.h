/*
 * rand.h - chance, from the kernel. Seeded ids are the lab's own business (lab/aws).
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *data, size_t len); /* ends the process if the kernel has none */
uint64_t rand_u64(void);

/* `len` characters of `alphabet` and a NUL, each equally likely, into text. */
void rand_text(char *text, size_t len, const char *alphabet);
void rand_hex(char *text, size_t len); /* lower case */

#endif
