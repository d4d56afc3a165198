/*
 * ids.c - ids, made in one place. With a seed they repeat from start to start of a fresh lab.
 */
#include "lab/aws/inside.h"
#include "lib/base/rand.h"

#include <string.h>

/* SplitMix64: any state is as good as any other, and one number is all of it. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void ids_seed(struct lab *lab, uint64_t seed, int64_t start)
{
	/* A later start must not make the ids of an earlier one again. */
	lab->ids = seed ? seed : rand_u64();
	lab->ids += (uint64_t)start * 0xd1342543de82ef95u;
	lab->request_ids = rand_u64();
}

/* Sixteen bytes as a version 4 UUID. */
static char *uuid_text(struct arena *arena, const uint8_t bytes[16])
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(arena, 37);
	size_t i, at = 0;

	for (i = 0; i < 16; i++) {
		uint8_t byte = bytes[i];

		if (i == 6)
			byte = (uint8_t)((byte & 0x0f) | 0x40);
		if (i == 8)
			byte = (uint8_t)((byte & 0x3f) | 0x80);
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		text[at++] = digits[byte >> 4];
		text[at++] = digits[byte & 15];
	}
	return text;
}

static char *uuid(struct arena *arena, uint64_t *state)
{
	uint64_t numbers[2] = {next(state), next(state)};
	uint8_t bytes[16];

	memcpy(bytes, numbers, sizeof(bytes));
	return uuid_text(arena, bytes);
}

const char *ids_request(struct lab *lab, struct arena *arena)
{
	return uuid(arena, &lab->request_ids);
}

const char *id_text(struct request *rq, int len, const char *alphabet)
{
	char *text = arena_alloc(rq->arena, (size_t)len + 1);
	size_t letters = strlen(alphabet);
	int i;

	for (i = 0; i < len; i++)
		text[i] = alphabet[next(&rq->lab->ids) % letters];
	return text;
}

const char *id_new(struct request *rq, const char *prefix, int hex)
{
	return rq_fmt(rq, "%s%s", prefix, id_text(rq, hex, "0123456789abcdef"));
}

const char *id_uuid(struct request *rq)
{
	return uuid(rq->arena, &rq->lab->ids);
}

/* Cut so that both names and the whole random part are left: "Golde-Alb16-1A2B3C4D5E6F". */
const char *cfn_name(struct request *rq, const struct cfn_resource *r, size_t max, bool lower)
{
	size_t stack = strlen(r->stack_name), logical = strlen(r->logical_id);
	size_t room = max > 16 ? max - 14 : 2;
	const char *end = id_text(rq, 12, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	char *name;
	size_t i;

	if (stack + logical > room) {
		size_t half = room / 2;

		if (stack > half)
			stack = logical < room - half ? room - logical : half;
		if (logical > room - stack)
			logical = room - stack;
	}
	name = rq_fmt(rq, "%.*s-%.*s-%s", (int)stack, r->stack_name, (int)logical, r->logical_id,
		      end);
	for (i = 0; lower && name[i]; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
	return name;
}
