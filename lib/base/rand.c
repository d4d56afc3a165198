/*
 * rand.c - chance, from the kernel.
 */
#include "lib/base/rand.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

void rand_bytes(void *data, size_t len)
{
	char *next = data;

	while (len > 0) {
		ssize_t got = getrandom(next, len, 0);

		assert(got > 0);
		next += got;
		len -= (size_t)got;
	}
}

uint64_t rand_u64(void)
{
	uint64_t number;

	rand_bytes(&number, sizeof(number));
	return number;
}

void rand_text(char *text, size_t len, const char *alphabet)
{
	size_t letters = strlen(alphabet);
	unsigned char byte;
	size_t i = 0;

	while (i < len) {
		rand_bytes(&byte, 1);
		/* Bytes above the last whole multiple would favour the first letters. */
		if (byte < 256 - 256 % letters)
			text[i++] = alphabet[byte % letters];
	}
	text[len] = '\0';
}

void rand_hex(char *text, size_t len)
{
	rand_text(text, len, "0123456789abcdef");
}
