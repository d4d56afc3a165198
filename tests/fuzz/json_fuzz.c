/*
 * json_fuzz.c - what json_read accepts, json_text writes so that it reads the same.
 */
#include "lib/base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON json_t *tree = json_read((const char *)data, size);
	AUTO_JSON json_t *again = NULL;
	char *text;

	if (!tree)
		return 0;
	text = json_text(tree);
	again = json_read(text, strlen(text));
	assert(again);
	free(text);
	return 0;
}
