/*
 * log_segment_fuzz.c - any bytes as a log segment: read them, then write behind them.
 */
#include "lab/wire/log_segment.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("segment", MFD_CLOEXEC);
	struct log_reader *reader;
	struct log_event event;
	struct log_writer *writer;
	char path[64];
	int before = 0;
	int after = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

	if (log_reader_open(path, 0, &reader) == 0) {
		while (log_reader_next(reader, &event) > 0)
			before++;
		log_reader_close(reader);
	}
	if (log_writer_open(path, &writer) == 0) {
		log_writer_add(writer, (lab_ms){1}, (lab_ms){2}, (const char *)data, size);
		log_writer_close(writer);
		assert(log_reader_open(path, 0, &reader) == 0);
		while (log_reader_next(reader, &event) > 0)
			after++;
		log_reader_close(reader);
		assert(after >= before);
	}
	close(fd);
	return 0;
}
