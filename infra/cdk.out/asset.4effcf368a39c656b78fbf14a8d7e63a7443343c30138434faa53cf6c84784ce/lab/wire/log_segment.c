/*
 * log_segment.c - log events on disk.
 *
 *   keeps      logs/<group>/<stream>, files of events, one behind the other
 *   left out   an index (services/logs keeps a sparse one in memory), compression
 */
#include "lab/wire/log_segment.h"
#include "lib/base/buf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_MAX ((size_t)64) /* three numbers, two blanks, a line end */
#define READ_AHEAD ((size_t)64 * 1024)
#define WRITE_AT_ONCE ((size_t)1 << 20) /* more than this queued goes out by itself */
#define ELEMENT_MAX ((size_t)200)	/* NAME_MAX is 255 */

/* Three characters a byte; '+' is never in an encoded name and so marks "goes on below". */
static void add_element(struct buf *path, const char *name)
{
	size_t begun = path->len;

	for (const char *c = name; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || *c == '-' || *c == '_' ||
			     (*c == '.' && c != name); /* "." and ".." are no names */

		if (path->len - begun >= ELEMENT_MAX) {
			buf_str(path, "+/");
			begun = path->len;
		}
		if (plain)
			buf_byte(path, *c);
		else
			buf_fmt(path, "%%%02X", (unsigned char)*c);
	}
}

char *log_segment_path(const char *group, const char *stream)
{
	struct buf path = {0};

	buf_str(&path, "logs/");
	add_element(&path, group);
	buf_byte(&path, '/');
	add_element(&path, stream);
	return buf_take(&path);
}

/* Reading */

struct log_reader {
	int fd;
	int64_t at;  /* in the file: the first byte of data */
	size_t used; /* of data: events already handed out */
	char *patch; /* where a NUL stands for the line end behind a message */
	struct buf data;
};

int log_reader_open(const char *path, int64_t offset, struct log_reader **ret_reader)
{
	struct log_reader *reader;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;

	reader = mem_new(struct log_reader);
	reader->fd = fd;
	reader->at = offset;
	*ret_reader = reader;
	return 0;
}

void log_reader_close(struct log_reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	buf_free(&reader->data);
	free(reader);
}

int64_t log_reader_offset(const struct log_reader *reader)
{
	return reader->at + (int64_t)reader->used;
}

/* Has `need` bytes from the current event on, if the file has. 1, 0 or -errno. */
static int fill(struct log_reader *reader, size_t need)
{
	struct buf *data = &reader->data;

	while (data->len - reader->used < need) {
		size_t ahead = need > READ_AHEAD ? need : READ_AHEAD;
		ssize_t got;

		if (reader->used > 0) {
			reader->at += (int64_t)reader->used;
			buf_drop(data, reader->used);
			reader->used = 0;
		}
		got = pread(reader->fd, buf_room(data, ahead), ahead,
			    (off_t)(reader->at + (int64_t)data->len));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		buf_wrote(data, (size_t)got);
	}
	return 1;
}

/* A number and the one character that must follow it. NULL: not one. */
static const char *read_number(const char *at, char end, int64_t *ret_number)
{
	int64_t number = 0;
	int digits = 0;

	for (; *at >= '0' && *at <= '9'; at++, digits++) {
		if (digits == 18)
			return NULL;
		number = number * 10 + (*at - '0');
	}
	if (digits == 0 || *at != end)
		return NULL;
	*ret_number = number;
	return at + 1;
}

/* Length of the head, 0 when it is not all there yet, -EBADMSG. */
static ssize_t read_head(const char *at, size_t len, struct log_event *ret_event)
{
	const char *end = memchr(at, '\n', len < HEAD_MAX ? len : HEAD_MAX);
	const char *next = at;
	int64_t size;

	if (!end)
		return len < HEAD_MAX ? 0 : -EBADMSG;

	next = read_number(next, ' ', &ret_event->timestamp.ms);
	next = next ? read_number(next, ' ', &ret_event->ingested.ms) : NULL;
	next = next ? read_number(next, '\n', &size) : NULL;
	if (!next || size > (int64_t)LOG_MESSAGE_MAX)
		return -EBADMSG;

	ret_event->len = (size_t)size;
	return next - at;
}

int log_reader_next(struct log_reader *reader, struct log_event *ret_event)
{
	struct log_event event = {0};
	ssize_t head;
	char *at;
	int err;

	if (reader->patch) {
		*reader->patch = '\n';
		reader->patch = NULL;
	}
	/* The last event of a file may be shorter than a head can be. */
	err = fill(reader, HEAD_MAX);
	if (err < 0)
		return err;
	if (reader->data.len == reader->used)
		return 0;
	head = read_head(reader->data.data + reader->used, reader->data.len - reader->used, &event);
	if (head <= 0)
		return (int)head;
	err = fill(reader, (size_t)head + event.len + 1);
	if (err <= 0)
		return err;

	at = reader->data.data + reader->used + head;
	if (at[event.len] != '\n')
		return -EBADMSG;
	at[event.len] = '\0';
	reader->patch = at + event.len;
	event.message = at;
	event.offset = log_reader_offset(reader);
	reader->used += (size_t)head + event.len + 1;
	*ret_event = event;
	return 1;
}

/* Writing */

struct log_writer {
	int fd;
	int err;
	struct buf data;
};

static int make_folders(const char *path)
{
	AUTO_FREE char *folder = mem_strdup(path);

	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		/* Nobody but us: what an application logs may be private. */
		if (mkdir(folder, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* The offset behind the last whole event. */
static int find_end(const char *path, int64_t *ret_end)
{
	struct log_reader *reader;
	struct log_event event;
	int err = log_reader_open(path, 0, &reader);

	if (err < 0)
		return err;
	do {
		err = log_reader_next(reader, &event);
	} while (err > 0);
	*ret_end = log_reader_offset(reader);
	log_reader_close(reader);
	/* What is not an event was torn, too: a disk that ran full in the middle of one. */
	return err == -EBADMSG ? 0 : err;
}

int log_writer_open(const char *path, struct log_writer **ret_writer)
{
	struct log_writer *writer = mem_new(struct log_writer);
	int64_t end = 0;
	int err;

	writer->fd = -1;
	err = make_folders(path);
	if (err < 0)
		goto fail;

	writer->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (writer->fd < 0) {
		err = -errno;
		goto fail;
	}
	if (flock(writer->fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		goto fail;
	}
	err = find_end(path, &end);
	if (err < 0)
		goto fail;
	if (ftruncate(writer->fd, (off_t)end) < 0) {
		err = -errno;
		goto fail;
	}
	*ret_writer = writer;
	return 0;

fail:
	log_writer_close(writer);
	return err;
}

int log_writer_flush(struct log_writer *writer)
{
	while (writer->data.len > 0 && !writer->err) {
		ssize_t wrote = write(writer->fd, writer->data.data, writer->data.len);

		if (wrote >= 0)
			buf_drop(&writer->data, (size_t)wrote);
		else if (errno != EINTR)
			writer->err = -errno;
	}
	buf_clear(&writer->data);
	return writer->err;
}

void log_writer_close(struct log_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0) {
		log_writer_flush(writer);
		close(writer->fd);
	}
	buf_free(&writer->data);
	free(writer);
}

/* Bytes of the character at `at`; 0 when it is no UTF-8 (overlong, surrogate, torn) or NUL. */
static size_t utf8_len(const unsigned char *at, size_t len)
{
	static const struct {
		unsigned char low, high;   /* of the first byte */
		unsigned char least, most; /* of the second */
		size_t len;
	} forms[] = {
		{0x01, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < array_len(forms); i++) {
		if (at[0] < forms[i].low || at[0] > forms[i].high)
			continue;
		if (forms[i].len > len)
			return 0;
		if (forms[i].len > 1 && (at[1] < forms[i].least || at[1] > forms[i].most))
			return 0;
		for (size_t n = 2; n < forms[i].len; n++) {
			if (at[n] < 0x80 || at[n] > 0xbf)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

/* Bytes from the begin on that are whole characters. */
static size_t utf8_good(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t i = 0;

	while (i < len) {
		size_t size = at[i] >= 0x01 && at[i] < 0x80 ? 1 : utf8_len(at + i, len - i);

		if (size == 0)
			break;
		i += size;
	}
	return i;
}

static void add_event(struct log_writer *writer, lab_ms timestamp, lab_ms ingested,
		      const char *message, size_t len)
{
	buf_fmt(&writer->data, "%lld %lld %zu\n", (long long)timestamp.ms, (long long)ingested.ms,
		len);
	buf_add(&writer->data, message, len);
	buf_byte(&writer->data, '\n');
}

int log_writer_add(struct log_writer *writer, lab_ms timestamp, lab_ms ingested,
		   const char *message, size_t len)
{
	static const char instead[] = "\xef\xbf\xbd"; /* U+FFFD */
	struct buf clean AUTO_BUF = {0};
	int events = 0;
	size_t i = 0;

	assert(timestamp.ms >= 0 && ingested.ms >= 0);
	/* Nearly every line: short, and text. */
	if (len > 0 && len <= LOG_MESSAGE_MAX && !writer->err && utf8_good(message, len) == len) {
		add_event(writer, timestamp, ingested, message, len);
		events++;
		i = len;
	}
	while (i < len && !writer->err) {
		size_t good = utf8_len((const unsigned char *)message + i, len - i);
		size_t size = good ? good : sizeof(instead) - 1;

		if (clean.len + size > LOG_MESSAGE_MAX) {
			add_event(writer, timestamp, ingested, clean.data, clean.len);
			buf_clear(&clean);
			events++;
		}
		buf_add(&clean, good ? message + i : instead, size);
		i += good ? good : 1;
	}
	if (clean.len > 0) {
		add_event(writer, timestamp, ingested, clean.data, clean.len);
		events++;
	}
	if (writer->data.len >= WRITE_AT_ONCE)
		log_writer_flush(writer);
	return writer->err ? writer->err : events;
}
