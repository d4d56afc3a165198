/*
 * driver.c - runs a fuzz harness over the files of its corpus, without libFuzzer.
 */
#include "lib/base/buf.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	AUTO_BUF struct buf buf = {0};
	FILE *file = fopen(path, "rb");
	uint8_t *exact;

	if (!file)
		return -1;
	while (!feof(file) && !ferror(file))
		buf_wrote(&buf, fread(buf_room(&buf, 65536), 1, 65536, file));
	fclose(file);

	/* A block of exactly this size, so that AddressSanitizer sees one byte too far. */
	exact = mem_alloc(buf.len);
	memcpy(exact, buf_text(&buf), buf.len);
	LLVMFuzzerTestOneInput(exact, buf.len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	int ran = 0;

	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		AUTO_FREE char *path = mem_fmt("%s/%s", argv[1], entry->d_name);

		if (entry->d_name[0] != '.' && run_file(path) == 0)
			ran++;
	}
	closedir(dir);
	printf("%d inputs\n", ran);
	return ran ? 0 : 1; /* an empty corpus tests nothing */
}
