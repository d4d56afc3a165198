/*
 * json_line.h - JSON written straight into a buf: log lines, segments and answers are hot.
 *
 * `prefix` is everything before the value, as it stands on the page: "{\"time\":" or ",\"path\":".
 */
#ifndef APP_JSON_LINE_H
#define APP_JSON_LINE_H

#include "lib/base/buf.h"

#include <stdint.h>

/* Bytes that are no printable ASCII become \u00XX: what a stranger sends need not be UTF-8. */
void json_line_text(struct buf *out, const char *prefix, const char *text, size_t len);
void json_line_str(struct buf *out, const char *prefix, const char *text);
/* The same for what is ours and holds nothing to escape: ids, times, words. */
void json_line_word(struct buf *out, const char *prefix, const char *word);
void json_line_int(struct buf *out, const char *prefix, int64_t number);
/* Thousandths, as a decimal: 1234567 is 1234.567. */
void json_line_milli(struct buf *out, const char *prefix, int64_t thousandths);
/* Microseconds since 1970 as X-Ray wants them: seconds with six decimals. */
void json_line_seconds(struct buf *out, const char *prefix, int64_t us);

#endif
