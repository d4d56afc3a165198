/*
 * http1_chars.c - the bytes HTTP/1.1 is made of, and its words for a status.
 */
#include "lib/net/http1_chars.h"

#include "lib/net/http1.h"

#define TOKEN (CHAR_TOKEN | CHAR_VALUE | CHAR_TARGET)
#define NAME (TOKEN | CHAR_HOST)

const unsigned char http1_chars[256] = {
	['\t'] = CHAR_VALUE | CHAR_BLANK,
	[' '] = CHAR_VALUE | CHAR_BLANK,
	['!'] = NAME,
	['"'] = CHAR_VALUE | CHAR_TARGET,
	['#'] = CHAR_TOKEN | CHAR_VALUE,
	['$' ... '\''] = NAME,
	['(' ... ')'] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['*' ... '+'] = NAME,
	[','] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['-' ... '.'] = NAME,
	['/'] = CHAR_VALUE | CHAR_TARGET,
	['0' ... '9'] = NAME | CHAR_DIGIT,
	[':' ... ';'] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['<'] = CHAR_VALUE | CHAR_TARGET,
	['='] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['>' ... '@'] = CHAR_VALUE | CHAR_TARGET,
	['A' ... 'Z'] = NAME,
	['['] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['\\'] = CHAR_VALUE | CHAR_TARGET,
	[']'] = CHAR_VALUE | CHAR_TARGET | CHAR_HOST,
	['^'] = TOKEN,
	['_'] = NAME,
	['`'] = TOKEN,
	['a' ... 'z'] = NAME,
	['{'] = CHAR_VALUE | CHAR_TARGET,
	['|'] = TOKEN,
	['}'] = CHAR_VALUE | CHAR_TARGET,
	['~'] = NAME,
	[0x80 ... 0xff] = CHAR_VALUE,
};

const char *http1_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{100, "Continue"},
		{101, "Switching Protocols"},
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{206, "Partial Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Payload Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{416, "Range Not Satisfiable"},
		{417, "Expectation Failed"},
		{422, "Unprocessable Entity"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < array_len(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}
