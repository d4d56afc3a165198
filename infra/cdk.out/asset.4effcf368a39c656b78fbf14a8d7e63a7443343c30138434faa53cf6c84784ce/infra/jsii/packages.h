/*
 * packages.h - the npm packages the kernel is given: whether they are there, and in what form.
 *
 * The kernel wants a package as a tar file. npm has unpacked them already, so the tar file given holds
 * three small files that point at node_modules (measured: same templates, no second copy of 160 MB).
 */
#ifndef JSII_PACKAGES_H
#define JSII_PACKAGES_H

#include "lib/base/clock.h"

#include <stdbool.h>

struct packages {
	char *home;    /* has package.json and node_modules */
	char *node;    /* program */
	char *program; /* the kernel's */
	char *scratch; /* a folder of our own under TMPDIR, for this run */
	char *cache;   /* where the kernel keeps indexes of types; NULL: nowhere */
	int lock;      /* held while the first index is made; -1: not */
};

/* NULL: the packages are there. Otherwise what is wrong, and how to mend it: the caller's to free().
 * In both cases packages_close() must follow. */
char *packages_open(const char *home, struct packages *ret_packages);
void packages_close(struct packages *packages);

/* Writes the tar file of an installed package. NULL, or what is wrong: the caller's to free(). */
char *packages_pack(const struct packages *packages, const char *name, char **ret_version,
		    char **ret_tar);

/* Is the index of a package that was loaded there? Without, each load parses all its metadata. */
bool packages_indexed(const struct packages *packages, const char *name);

/* The index is made: others who wait for it may go on. */
void packages_unlock(struct packages *packages);

#endif
