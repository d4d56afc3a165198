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
	unsigned char bytes[64];
	size_t i = 0, next = sizeof(bytes);

	while (i < len) {
		/* A system call for each byte would cost more than all the rest. */
		if (next == sizeof(bytes)) {
			rand_bytes(bytes, sizeof(bytes));
			next = 0;
		}
		/* Bytes above the last whole multiple would favour the first letters. */
		if (bytes[next] < 256 - 256 % letters)
			text[i++] = alphabet[bytes[next] % letters];
		next++;
	}
	text[len] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
}

void rand_hex(char *text, size_t len)
{
	rand_text(text, len, "0123456789abcdef");
}
