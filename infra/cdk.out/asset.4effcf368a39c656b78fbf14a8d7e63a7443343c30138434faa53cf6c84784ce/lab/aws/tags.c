/*
 * tags.c - lists of tags as most services keep them.
 */
#include "lab/aws/tags.h"

#include <string.h>

void tags_drop(json_t *tags, const json_t *keys)
{
	size_t i = 0;

	while (i < json_array_size(tags)) {
		if (json_list_has(keys, json_str(json_at(tags, i), "Key")))
			json_array_remove(tags, i);
		else
			i++;
	}
}

void tags_put(json_t *tags, const json_t *more)
{
	const json_t *tag;
	size_t i;

	json_each (more, i, tag) {
		AUTO_JSON json_t *key = json_pack("[O]", json_get(tag, "Key"));

		tags_drop(tags, key);
		json_push(tags, tag);
	}
}
