/*
 * log_segment_test.c - events on disk, whole and torn.
 */
#include "lab/wire/log_segment.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AT(number) ((lab_ms){number})

static char folder[] = "/tmp/golden-segment-XXXXXX";
static const char path[] = "logs/g/s";

static int in_a_folder(void **state)
{
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int and_out(void **state)
{
	AUTO_FREE char *gone = log_segment_path("g", "s");

	unlink(gone);
	rmdir("logs/g");
	rmdir("logs");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static struct log_writer *fresh(void)
{
	struct log_writer *writer;

	unlink(path);
	assert_int_equal(log_writer_open(path, &writer), 0);
	return writer;
}

static int count_events(void)
{
	struct log_reader *reader;
	struct log_event event;
	int count = 0;

	assert_int_equal(log_reader_open(path, 0, &reader), 0);
	while (log_reader_next(reader, &event) == 1)
		count++;
	log_reader_close(reader);
	return count;
}

static void names_become_path_elements(void **state)
{
	char name[513];
	AUTO_FREE char *plain = log_segment_path("/golden/app", "app/app/0123");
	AUTO_FREE char *dots = log_segment_path("..", ".");
	AUTO_FREE char *big = NULL;

	assert_string_equal(plain, "logs/%2Fgolden%2Fapp/app%2Fapp%2F0123");
	assert_string_equal(dots, "logs/%2E./%2E");

	memset(name, 'a', 512);
	name[512] = '\0';
	big = log_segment_path(name, "s");
	assert_int_equal(strlen(big), strlen("logs/") + 512 + 2 * 2 + strlen("/s"));
	assert_memory_equal(big + strlen("logs/") + 200, "+/", 2);
}

static void what_was_written_is_read(void **state)
{
	struct log_writer *writer = fresh();
	struct log_reader *reader;
	struct log_event event;
	int64_t second;

	assert_int_equal(log_writer_add(writer, AT(1000), AT(1005), "one", 3), 1);
	assert_int_equal(log_writer_add(writer, AT(2000), AT(2005), "a\nb", 3), 1);
	assert_int_equal(log_writer_add(writer, AT(2000), AT(2005), "", 0), 0);
	assert_int_equal(log_writer_flush(writer), 0);

	assert_int_equal(log_reader_open(path, 0, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_int_equal(event.timestamp.ms, 1000);
	assert_int_equal(event.ingested.ms, 1005);
	assert_string_equal(event.message, "one");
	second = log_reader_offset(reader);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_string_equal(event.message, "a\nb");
	assert_int_equal(event.offset, second);
	assert_int_equal(log_reader_next(reader, &event), 0);

	/* A reader at the end goes on when there is more: that is tail -f. */
	log_writer_add(writer, AT(3000), AT(3000), "three", 5);
	log_writer_close(writer);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_string_equal(event.message, "three");
	log_reader_close(reader);

	assert_int_equal(log_reader_open(path, second, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_string_equal(event.message, "a\nb");
	log_reader_close(reader);
}

static void a_torn_last_event_is_cut_off(void **state)
{
	static const char *const torn[] = {"1",
					   "1000 1000 ",
					   "1000 1000 5\n",
					   "1000 1000 5\nabc",
					   "1000 1000 5\nabcde",
					   "1000 1000 5\nabcdef"};

	for (size_t i = 0; i < array_len(torn); i++) {
		struct log_writer *writer = fresh();
		int fd;

		log_writer_add(writer, AT(1000), AT(1000), "whole", 5);
		log_writer_close(writer);
		fd = open(path, O_WRONLY | O_APPEND);
		assert_int_equal(write(fd, torn[i], strlen(torn[i])), strlen(torn[i]));
		close(fd);
		assert_int_equal(count_events(), 1);

		assert_int_equal(log_writer_open(path, &writer), 0);
		log_writer_add(writer, AT(2000), AT(2000), "next", 4);
		log_writer_close(writer);
		assert_int_equal(count_events(), 2);
	}
}

static void a_long_line_becomes_several_events(void **state)
{
	struct log_writer *writer = fresh();
	struct log_reader *reader;
	struct log_event event;
	size_t len = LOG_MESSAGE_MAX * 2 + 10;
	AUTO_FREE char *line = mem_alloc(len + 1);

	/* A two-byte character lies across the limit: it is not cut in two. */
	memset(line, 'x', len);
	memcpy(line + LOG_MESSAGE_MAX - 1, "\xc3\xa4", 2);
	assert_int_equal(log_writer_add(writer, AT(1), AT(1), line, len), 3);
	log_writer_close(writer);

	assert_int_equal(log_reader_open(path, 0, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_int_equal(event.len, LOG_MESSAGE_MAX - 1);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_int_equal(event.len, LOG_MESSAGE_MAX);
	assert_memory_equal(event.message, "\xc3\xa4", 2);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_int_equal(event.len, 11);
	assert_int_equal(log_reader_next(reader, &event), 0);
	log_reader_close(reader);
}

static void what_is_no_utf8_is_replaced(void **state)
{
	static const char bad[] = "a\xff\0\xc3(\xed\xa0\x80\xc3";
	struct log_writer *writer = fresh();
	struct log_reader *reader;
	struct log_event event;

	log_writer_add(writer, AT(1), AT(1), bad, sizeof(bad) - 1);
	log_writer_close(writer);
	assert_int_equal(log_reader_open(path, 0, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), 1);
	assert_string_equal(event.message,
			    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
			    "\xef\xbf\xbd\xef\xbf\xbd");
	log_reader_close(reader);
}

static void a_file_has_one_writer(void **state)
{
	struct log_writer *writer = fresh();
	struct log_writer *other;

	assert_int_equal(log_writer_open(path, &other), -EBUSY);
	log_writer_close(writer);
	assert_int_equal(log_writer_open(path, &other), 0);
	log_writer_close(other);
}

static void a_file_that_is_no_segment_ends_there(void **state)
{
	struct log_writer *writer = fresh();
	struct log_reader *reader;
	struct log_event event;
	int fd;

	log_writer_close(writer);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "1 1 99999999999999\nx\n", 21), 21);
	close(fd);
	assert_int_equal(log_reader_open(path, 0, &reader), 0);
	assert_int_equal(log_reader_next(reader, &event), -EBADMSG);
	log_reader_close(reader);
	assert_int_equal(log_reader_open("logs/g/none", 0, &reader), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_path_elements),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(a_torn_last_event_is_cut_off),
		cmocka_unit_test(a_long_line_becomes_several_events),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
		cmocka_unit_test(a_file_has_one_writer),
		cmocka_unit_test(a_file_that_is_no_segment_ends_there),
	};

	return cmocka_run_group_tests(tests, in_a_folder, and_out);
}
