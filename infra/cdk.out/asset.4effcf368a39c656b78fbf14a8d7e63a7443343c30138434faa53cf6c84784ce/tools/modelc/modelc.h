/*
 * modelc.h - the two halves of the generator: reading (modelc.c) and writing (emit.c).
 */
#ifndef MODELC_H
#define MODELC_H

#include "lib/base/buf.h"
#include "lib/base/json.h"

/* `kept` is an object whose names are the operations to keep. Ends the program on a bad model. */
void modelc_emit(const char *name, const json_t *model, const json_t *kept, struct buf *header,
		 struct buf *source);

void modelc_die(const char *fmt, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));

#endif
