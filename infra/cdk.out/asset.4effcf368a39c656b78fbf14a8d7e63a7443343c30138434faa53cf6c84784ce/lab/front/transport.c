/*
 * transport.c - gzip and aws-chunked, undone.
 */
#include "lab/front/transport.h"

#define ZLIB_CONST
#include <zlib.h>

#include <stdlib.h>
#include <string.h>

#define TRAILERS_MAX 8

static void free_buf(void *buf)
{
	buf_free(buf);
}

static struct buf *new_buf(struct arena *arena)
{
	struct buf *buf = arena_alloc(arena, sizeof(*buf));

	arena_defer(arena, free_buf, buf);
	return buf;
}

bool transport_inflate(struct arena *arena, struct span body, struct span *ret_body)
{
	struct buf *out = new_buf(arena);
	z_stream stream = {0};
	int result = Z_OK;

	if (body.len > UINT32_MAX || inflateInit2(&stream, 15 + 16) != Z_OK)
		return false;
	stream.next_in = (const Bytef *)body.at;
	stream.avail_in = (uInt)body.len;
	while (result == Z_OK && out->len <= TRANSPORT_INFLATED_MAX) {
		uInt room = 65536;

		stream.next_out = (Bytef *)buf_room(out, room);
		stream.avail_out = room;
		result = inflate(&stream, Z_NO_FLUSH);
		buf_wrote(out, room - stream.avail_out);
	}
	inflateEnd(&stream);
	if (result != Z_STREAM_END || out->len > TRANSPORT_INFLATED_MAX)
		return false;
	*ret_body = (struct span){buf_text(out), out->len};
	return true;
}

/* Up to the next line end, which is used up. False: there is none. */
static bool next_line(struct span *rest, struct span *ret_line)
{
	const char *end = memchr(rest->at, '\n', rest->len);

	if (!end || end == rest->at || end[-1] != '\r')
		return false;
	*ret_line = (struct span){rest->at, (size_t)(end - 1 - rest->at)};
	rest->len -= (size_t)(end + 1 - rest->at);
	rest->at = end + 1;
	return true;
}

/* "1f;chunk-signature=…" */
static bool read_size(struct span line, size_t *ret_size)
{
	char digits[9] = {0};
	const char *semicolon = memchr(line.at, ';', line.len);
	size_t len = semicolon ? (size_t)(semicolon - line.at) : line.len;
	char *end;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, line.at, len);
	*ret_size = strtoul(digits, &end, 16);
	return !*end;
}

/* Chunks up to the empty one. */
static bool read_chunks(struct span *rest, struct buf *out)
{
	struct span line;
	size_t size;

	for (;;) {
		if (!next_line(rest, &line) || !read_size(line, &size))
			return false;
		if (size == 0)
			return true;
		if (rest->len < size + 2 || memcmp(rest->at + size, "\r\n", 2) != 0)
			return false;
		buf_add(out, rest->at, size);
		rest->at += size + 2;
		rest->len -= size + 2;
	}
}

/* "x-amz-checksum-crc32:sOO8/Q==" */
static bool read_trailer(struct span line, struct http_header *ret_header)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct span value;

	if (!colon || colon == line.at)
		return false;
	value = (struct span){colon + 1, line.len - (size_t)(colon + 1 - line.at)};
	while (value.len && (*value.at == ' ' || *value.at == '\t')) {
		value.at++;
		value.len--;
	}
	*ret_header = (struct http_header){{line.at, (size_t)(colon - line.at)}, value};
	return true;
}

static bool read_trailers(struct arena *arena, struct wire_request *request, struct span rest)
{
	struct http_header *all =
		arena_alloc(arena, (request->nheaders + TRAILERS_MAX) * sizeof(*all));
	size_t n = request->nheaders;
	struct span line;

	if (n)
		memcpy(all, request->headers, n * sizeof(*all));
	while (rest.len && next_line(&rest, &line) && line.len) {
		if (n == request->nheaders + TRAILERS_MAX || !read_trailer(line, &all[n]))
			return false;
		n++;
	}
	request->headers = all;
	request->nheaders = n;
	return true;
}

/*
 * Takes the chunks apart ("5;chunk-signature=…\r\nhello\r\n0;…\r\n"), signed or not, and puts the
 * trailers behind the request's headers, from where checksums are read. Chunk signatures are not
 * checked: the head's signature is. False: malformed, or not as long as was said.
 */
static bool dechunk(struct arena *arena, struct wire_request *request)
{
	struct span said = wire_header(request, "x-amz-decoded-content-length");
	struct buf *out = new_buf(arena);
	struct span rest = request->body;

	if (!read_chunks(&rest, out) || !read_trailers(arena, request, rest))
		return false;
	if (said.at && strtoull(span_dup(arena, said), NULL, 10) != out->len)
		return false;
	request->body = (struct span){buf_text(out), out->len};
	return true;
}

/* "aws-chunked,gzip" leaves "gzip"; alone, it leaves nothing. */
static void drop_chunked(struct arena *arena, struct wire_request *request)
{
	struct http_header *all = arena_alloc(arena, (request->nheaders + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < request->nheaders; i++) {
		struct http_header header = request->headers[i];

		if (span_is_nocase(header.name, "content-encoding") && header.value.len >= 11 &&
		    strncasecmp(header.value.at, "aws-chunked", 11) == 0) {
			const char *comma = memchr(header.value.at, ',', header.value.len);
			const char *end = header.value.at + header.value.len;

			if (!comma)
				continue;
			comma += 1 + strspn(comma + 1, " ");
			header.value = (struct span){comma, (size_t)(end - comma)};
		}
		all[n++] = header;
	}
	request->headers = all;
	request->nheaders = n;
}

static bool undo_chunked(struct arena *arena, struct wire_request *request, struct fault *ret_fault)
{
	struct span sha = wire_header(request, "x-amz-content-sha256");

	if (sha.len < 10 || memcmp(sha.at, "STREAMING-", 10) != 0)
		return true;
	if (!dechunk(arena, request)) {
		*ret_fault = (struct fault){"IncompleteBody",
					    "The request body terminated unexpectedly", 400, true};
		return false;
	}
	drop_chunked(arena, request);
	return true;
}

bool transport_undo(struct arena *arena, struct wire_request *request, bool object,
		    struct fault *ret_fault)
{
	/* What S3 is sent gzipped is an object that is gzipped. */
	if (object)
		return undo_chunked(arena, request, ret_fault);
	if (!span_is_nocase(wire_header(request, "content-encoding"), "gzip"))
		return true;
	if (transport_inflate(arena, request->body, &request->body))
		return true;
	*ret_fault = (struct fault){
		"SerializationException",
		"The body is not gzip, or is more than the lab takes once it is unpacked", 400,
		true};
	return false;
}
