/*
 * trace_fuzz.c - a stranger's X-Amzn-Trace-Id is read, and his text written into lines that stay JSON.
 */
#include "app/json_line.h"
#include "app/trace.h"
#include "lib/base/json.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf line = {0};
	AUTO_JSON json_t *tree = NULL;
	struct trace trace = {0};
	char header[TRACE_HEADER_MAX];

	if (trace_read_header((const char *)data, size, &trace)) {
		struct trace again = {0};
		bool read;

		trace_random_hex(trace.id, 16);
		trace_header(&trace, header);
		read = trace_read_header(header, strlen(header), &again);
		assert(read && strcmp(again.root, trace.root) == 0);
		assert(strcmp(again.parent, trace.id) == 0);
	}
	json_line_text(&line, "{\"a\":", (const char *)data, size);
	buf_byte(&line, '}');
	if (memchr(data, '\0', size) == NULL) {
		tree = json_read(line.data, line.len);
		assert(tree);
	}
	return 0;
}
