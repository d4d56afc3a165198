/*
 * json_line.c - JSON written straight into a buf.
 */
#include "app/json_line.h"

#include <string.h>

#define ESCAPED_MAX 6 /* \u00XX */

/* Room is asked for once a value: this is the hottest code of the app that is not the kernel's. */
static bool plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static char *put_escaped(char *at, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*at++ = '\\';
	if (byte == '"' || byte == '\\') {
		*at++ = (char)byte;
		return at;
	}
	memcpy(at, "u00", 3);
	at[3] = digits[byte >> 4];
	at[4] = digits[byte & 15];
	return at + 5;
}

void json_line_text(struct buf *out, const char *prefix, const char *text, size_t len)
{
	size_t prefix_len = strlen(prefix);
	size_t most = prefix_len + len * ESCAPED_MAX + 2;
	char *start, *at;

	if (buf_failed(out) || (out->limit && most > out->limit - out->len)) {
		out->failed = true;
		return;
	}
	start = buf_room(out, most);
	memcpy(start, prefix, prefix_len);
	at = start + prefix_len;
	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (plain((unsigned char)text[i]))
			*at++ = text[i];
		else
			at = put_escaped(at, (unsigned char)text[i]);
	}
	*at++ = '"';
	buf_wrote(out, (size_t)(at - start));
}

void json_line_str(struct buf *out, const char *prefix, const char *text)
{
	json_line_text(out, prefix, text, strlen(text));
}

void json_line_word(struct buf *out, const char *prefix, const char *word)
{
	size_t prefix_len = strlen(prefix);
	size_t len = strlen(word);
	char *at;

	if (buf_failed(out) || (out->limit && prefix_len + len + 2 > out->limit - out->len)) {
		out->failed = true;
		return;
	}
	at = buf_room(out, prefix_len + len + 2);
	at = mempcpy(at, prefix, prefix_len);
	*at++ = '"';
	at = mempcpy(at, word, len);
	*at = '"';
	buf_wrote(out, prefix_len + len + 2);
}

#define DIGITS_MAX 24

/* The decimal digits of number, at least `least` of them, behind `lead`. */
static void add_number(struct buf *out, const char *lead, uint64_t number, int least)
{
	char text[DIGITS_MAX];
	size_t at = sizeof(text);

	while (number > 0 || least > 0) {
		text[--at] = (char)('0' + number % 10);
		number /= 10;
		least--;
	}
	buf_str(out, lead);
	buf_add(out, text + at, sizeof(text) - at);
}

void json_line_int(struct buf *out, const char *prefix, int64_t number)
{
	uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

	if (number < 0) {
		buf_str(out, prefix);
		prefix = "-";
	}
	add_number(out, prefix, size, 1);
}

void json_line_milli(struct buf *out, const char *prefix, int64_t thousandths)
{
	if (thousandths < 0)
		thousandths = 0;
	json_line_int(out, prefix, thousandths / 1000);
	add_number(out, ".", (uint64_t)(thousandths % 1000), 3);
}

void json_line_seconds(struct buf *out, const char *prefix, int64_t us)
{
	json_line_int(out, prefix, us / 1000000);
	add_number(out, ".", (uint64_t)(us % 1000000), 6);
}
