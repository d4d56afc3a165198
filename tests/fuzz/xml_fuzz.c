/*
 * xml_fuzz.c - what xml_read accepts is text, objects and lists of them, and no deeper than it says.
 */
#include "lib/base/xml.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const json_t *tree, int depth)
{
	const json_t *member;
	const char *name;
	size_t i;

	assert(depth <= 128); /* 64 elements, each at most in a list */
	json_each_member (tree, name, member)
		check(member, depth + 1);
	json_each (tree, i, member)
		check(member, depth + 1);
	assert(json_is_object(tree) || json_is_array(tree) || json_is_string(tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON json_t *tree = xml_read((const char *)data, size);
	AUTO_BUF struct buf escaped = {0};

	if (tree)
		check(tree, 0);

	buf_str(&escaped, "<R>");
	xml_escape(&escaped, (const char *)data, size);
	buf_str(&escaped, "</R>");
	json_decref(xml_read(escaped.data, escaped.len)); /* control bytes may be refused */
	return 0;
}
