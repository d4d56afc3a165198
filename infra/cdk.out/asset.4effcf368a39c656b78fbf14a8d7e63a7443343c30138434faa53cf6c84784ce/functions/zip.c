/*
 * zip.c - packs a folder for Lambda: the same files make the same bytes, so that CDK sees a change only
 * where there is one.
 *
 *   zip FOLDER FILE.zip
 *
 * Regular files only, by name; no times, no owners; everything may be read, programs run.
 */
#include "lib/base/buf.h"

#include <archive.h>
#include <archive_entry.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_content(struct archive *zip, const char *path)
{
	FILE *file = fopen(path, "re");
	char piece[65536];
	bool whole;
	size_t got;

	if (!file)
		return false;
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		archive_write_data(zip, piece, got);
	whole = !ferror(file);
	fclose(file);
	return whole;
}

static bool add_file(struct archive *zip, const char *path, const char *name, const struct stat *st)
{
	struct archive_entry *entry = archive_entry_new();
	bool added;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, st->st_mode & 0111 ? 0755 : 0644);
	archive_entry_set_size(entry, st->st_size);
	archive_entry_set_mtime(entry, 315532800, 0); /* 1980, where zip's time begins */
	added = archive_write_header(zip, entry) == ARCHIVE_OK && add_content(zip, path);
	archive_entry_free(entry);
	return added;
}

static bool add_folder(struct archive *zip, char *folder)
{
	char *paths[] = {folder, NULL};
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	size_t skip = strlen(folder) + 1;
	bool added = tree != NULL;
	FTSENT *at;

	while (added && (at = fts_read(tree))) {
		if (at->fts_info == FTS_F)
			added = add_file(zip, at->fts_path, at->fts_path + skip, at->fts_statp);
	}
	if (tree)
		fts_close(tree);
	return added;
}

int main(int argc, char **argv)
{
	struct archive *zip = archive_write_new();
	bool packed;

	if (argc != 3) {
		fputs("usage: zip FOLDER FILE.zip\n", stderr);
		return EXIT_FAILURE;
	}
	setenv("TZ", "UTC", 1); /* zip's times are local */
	archive_write_set_format_zip(zip);
	packed = archive_write_open_filename(zip, argv[2]) == ARCHIVE_OK &&
		 add_folder(zip, argv[1]) && archive_write_close(zip) == ARCHIVE_OK;
	if (!packed)
		fprintf(stderr, "zip: %s\n",
			archive_error_string(zip) ? archive_error_string(zip) : argv[1]);
	archive_write_free(zip);
	return packed ? EXIT_SUCCESS : EXIT_FAILURE;
}
