/*
 * cidr.c - IPv4 addresses and blocks, as numbers.
 */
#include "lib/base/cidr.h"

#include <ctype.h>
#include <stdio.h>

static uint32_t mask_of(int bits)
{
	return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

/* A decimal number up to `most` at *at, without leading zeros; moves *at behind it. */
static bool read_number(const char **at, uint32_t most, uint32_t *ret_number)
{
	const char *start = *at;
	uint32_t number = 0;

	while (isdigit((unsigned char)**at) && *at - start < 3)
		number = number * 10 + (uint32_t)(*(*at)++ - '0');
	if (*at == start || number > most || (*start == '0' && *at - start > 1))
		return false;
	*ret_number = number;
	return true;
}

static bool read_address(const char **at, uint32_t *ret_address)
{
	uint32_t address = 0, byte;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && *(*at)++ != '.')
			return false;
		if (!read_number(at, 255, &byte))
			return false;
		address = address << 8 | byte;
	}
	*ret_address = address;
	return true;
}

bool ipv4_parse(const char *text, uint32_t *ret_address)
{
	uint32_t address;

	if (!text || !read_address(&text, &address) || *text)
		return false;
	*ret_address = address;
	return true;
}

char *ipv4_text(uint32_t address, char text[CIDR_TEXT])
{
	snprintf(text, CIDR_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
	return text;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
	uint32_t address, bits;

	if (!text || !read_address(&text, &address) || *text++ != '/' ||
	    !read_number(&text, 32, &bits) || *text)
		return false;
	*ret_cidr = (struct cidr){address & mask_of((int)bits), (int)bits};
	return true;
}

char *cidr_text(struct cidr cidr, char text[CIDR_TEXT])
{
	uint32_t a = cidr.address;

	snprintf(text, CIDR_TEXT, "%u.%u.%u.%u/%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255,
		 (unsigned)cidr.bits & 63);
	return text;
}

uint64_t cidr_size(struct cidr cidr)
{
	return (uint64_t)1 << (32 - cidr.bits);
}

bool cidr_holds(struct cidr outer, struct cidr inner)
{
	return inner.bits >= outer.bits && (inner.address & mask_of(outer.bits)) == outer.address;
}

bool cidr_overlaps(struct cidr one, struct cidr other)
{
	return cidr_holds(one, other) || cidr_holds(other, one);
}
