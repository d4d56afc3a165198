/*
 * chance.c - splitmix64 (Steele, Lea, Flood 2014), seeded by the kernel.
 */
#include "lab/planes/alb/chance.h"
#include "lib/base/rand.h"

uint64_t chance(void)
{
	static uint64_t state;
	uint64_t z;

	if (state == 0)
		state = rand_u64();
	z = (state += 0x9e3779b97f4a7c15U);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}
