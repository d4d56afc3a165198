/*
 * folder.c - nftw() for what everybody does with it.
 */
#include "lib/base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

#define OPEN_FOLDERS 16

static _Thread_local int first_error;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	if (remove(path) < 0 && !first_error)
		first_error = -errno;
	return 0;
}

int folder_remove(const char *path)
{
	first_error = 0;
	if (nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
	    !first_error)
		first_error = errno == ENOENT ? 0 : -errno;
	return first_error;
}
