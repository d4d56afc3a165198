/*
 * json_line.c - JSON written straight into a buf.
 */
#include "app/json_line.h"

#include <string.h>

static bool plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void escape(struct buf *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte == '"' || byte == '\\') {
		buf_byte(out, '\\');
		buf_byte(out, (char)byte);
	} else {
		buf_add(out, "\\u00", 4);
		buf_byte(out, digits[byte >> 4]);
		buf_byte(out, digits[byte & 15]);
	}
}

void json_line_text(struct buf *out, const char *prefix, const char *text, size_t len)
{
	size_t done = 0;

	buf_str(out, prefix);
	buf_byte(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (plain((unsigned char)text[i]))
			continue;
		buf_add(out, text + done, i - done);
		escape(out, (unsigned char)text[i]);
		done = i + 1;
	}
	buf_add(out, text + done, len - done);
	buf_byte(out, '"');
}

void json_line_str(struct buf *out, const char *prefix, const char *text)
{
	json_line_text(out, prefix, text, strlen(text));
}

/* The decimal digits of number, at least `least` of them. */
static void add_digits(struct buf *out, uint64_t number, int least)
{
	char text[24];
	size_t at = sizeof(text);

	while (number > 0 || least > 0) {
		text[--at] = (char)('0' + number % 10);
		number /= 10;
		least--;
	}
	buf_add(out, text + at, sizeof(text) - at);
}

void json_line_int(struct buf *out, const char *prefix, int64_t number)
{
	buf_str(out, prefix);
	if (number < 0)
		buf_byte(out, '-');
	add_digits(out, number < 0 ? -(uint64_t)number : (uint64_t)number, 1);
}

void json_line_milli(struct buf *out, const char *prefix, int64_t thousandths)
{
	if (thousandths < 0)
		thousandths = 0;
	json_line_int(out, prefix, thousandths / 1000);
	buf_byte(out, '.');
	add_digits(out, (uint64_t)(thousandths % 1000), 3);
}

void json_line_seconds(struct buf *out, const char *prefix, int64_t us)
{
	json_line_int(out, prefix, us / 1000000);
	buf_byte(out, '.');
	add_digits(out, (uint64_t)(us % 1000000), 6);
}
