/*
 * generated.h - what the tools that write C have in common.
 */
#ifndef TOOLS_GENERATED_H
#define TOOLS_GENERATED_H

#include "lib/base/buf.h"

#include <jansson.h>

/* Untouched when it says the same: nothing that includes it is compiled again. 0 or -errno. */
int generated_write(const char *path, const struct buf *text);

/* The names of an object, sorted, so that a newer source moves no line that it did not change. Ended
 * by NULL; owned by the caller, the texts by `object`. */
const char **generated_order(const json_t *object);

#endif
