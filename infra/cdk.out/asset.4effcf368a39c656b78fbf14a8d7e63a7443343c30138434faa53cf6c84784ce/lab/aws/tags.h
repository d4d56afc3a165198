/*
 * tags.h - lists of tags, [{Key, Value}], as most services keep them.
 */
#ifndef LAB_AWS_TAGS_H
#define LAB_AWS_TAGS_H

#include "lib/base/json.h"

void tags_put(json_t *tags, const json_t *more);  /* a key that is there gets the new value */
void tags_drop(json_t *tags, const json_t *keys); /* ["…"]; NULL tags are fine */

#endif
