/*
 * sub.c - the text of Fn::Sub, piece by piece.
 */
#include "lab/services/cloudformation/template.h"

#include <string.h>

static const char variable_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:";

/* "${" stands at text: its variable, or ${!literal}, which stands for ${literal}. */
static bool read_variable(const char **at, struct sub_piece *ret_piece, bool *ret_bad)
{
	const char *name = *at + 2, *end = strchr(name, '}');
	size_t len = end ? (size_t)(end - name) : 0;

	if (end && *name == '!') {
		/* The literal is "${" and what follows the '!': two pieces, this is the first. */
		*ret_piece = (struct sub_piece){.text = *at, .len = 2};
		*at = name + 1;
		return true;
	}
	if (len == 0 || strspn(name, variable_letters) != len) {
		*ret_bad = true;
		return false;
	}
	*ret_piece = (struct sub_piece){.text = name, .len = len, .variable = true};
	*at = end + 1;
	return true;
}

bool sub_next(const char **at, struct sub_piece *ret_piece, bool *ret_bad)
{
	const char *text = *at, *next;

	if (!*text)
		return false;
	if (strncmp(text, "${", 2) == 0)
		return read_variable(at, ret_piece, ret_bad);
	next = strstr(text, "${");
	*ret_piece = (struct sub_piece){
		.text = text,
		.len = next ? (size_t)(next - text) : strlen(text),
	};
	*at = text + ret_piece->len;
	return true;
}

const char *sub_format(const json_t *argument)
{
	return json_string_value(json_is_array(argument) ? json_at(argument, 0) : argument);
}
