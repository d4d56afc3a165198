/*
 * trim.h - gives back the pages of libraries that only starting and logging in needed.
 *
 * The kernel maps 64 KiB around each first touch of a library, so that what ran once (the linker's
 * work, OpenSSL's beginning, a password's proof) stays resident and counts, six megabytes of it, against the
 * task. What is used again is mapped again, from the page cache, without reading a disk.
 */
#ifndef APP_TRIM_H
#define APP_TRIM_H

#include <uv.h>

struct trim;

/* Trims now, a few seconds later and once a minute. Does not keep the loop alive. */
struct trim *trim_open(uv_loop_t *loop);
void trim_soon(struct trim *trim);  /* something rare was just done */
void trim_close(struct trim *trim); /* NULL is fine; the loop must run once more */

#endif
