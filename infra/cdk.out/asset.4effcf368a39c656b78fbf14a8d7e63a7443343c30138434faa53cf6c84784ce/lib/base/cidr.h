/*
 * cidr.h - IPv4 addresses and blocks, as numbers.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stdint.h>

/* A value to be copied; address is in host order, its host bits are zero. */
struct cidr {
	uint32_t address;
	int bits; /* 0 to 32 */
};

#define CIDR_TEXT 20 /* bytes that hold any address or block, with its NUL */

/* Strict dotted decimal: four numbers, no leading zeros, nothing behind. */
bool ipv4_parse(const char *text, uint32_t *ret_address);
char *ipv4_text(uint32_t address, char text[CIDR_TEXT]); /* returns text */

/* "10.0.0.0/16"; host bits are cut off, as AWS does. */
bool cidr_parse(const char *text, struct cidr *ret_cidr);
char *cidr_text(struct cidr cidr, char text[CIDR_TEXT]);

uint64_t cidr_size(struct cidr cidr); /* addresses in it */
bool cidr_holds(struct cidr outer, struct cidr inner);
bool cidr_overlaps(struct cidr one, struct cidr other);

#endif
