/*
 * page_child.h - a page's commands run as children that end when the page does.
 *
 * A page is run by two processes: the one that was started waits, the other, in a session of its own,
 * runs the page. Each adopts what its descendants leave behind, and whichever outlives the other ends
 * that and removes the page's folder; so nothing stays when one of them is killed.
 */
#ifndef CLI_PAGE_CHILD_H
#define CLI_PAGE_CHILD_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

/* What a page has to itself while it runs. */
struct page_nest {
	char folder[32]; /* in /tmp; TMPDIR of its blocks */
	const char *lab; /* the state folder of its own lab, in `folder`; NULL: it has none */
	bool owns_all;	 /* ends whatever it started, labs too; else only what is in its session */
	int (*run)(void *); /* runs the page; its exit status */
	void *user;
};

/* Calls run() in a process of its own and cleans up after it. run()'s answer, or EXIT_FAILED. */
int page_nest_run(struct page_nest *nest);

/*
 * Runs argv with stdin empty and both outputs in `out`; its exit status, 127 if it could not be
 * started, 128 + N if signal N ended it. It is ended after `patience`, or when the page is told to end.
 */
int page_child_run(const char *const *argv, msec patience, struct buf *out);

/* Was the page told to end (Ctrl-C, SIGTERM, the death of who started it)? */
bool page_was_told_to_end(void);

#endif
