/*
 * page.h - a page for people that also runs.
 *
 * Markdown. A ```sh block is a command; an ```expect block after it says what must be seen: a glob a line
 * ('*' any text, '?' any character), a line "..." for any number of lines. "expect within 90s" runs the
 * command again until it is so, for 90 seconds of lab time. Headings are the sections; blocks under a
 * heading "Cleanup" run whatever happened before. A comment <!-- lab: --speed 10 --> says what the
 * lab of its own is started with, <!-- lab: none --> that the page starts what it needs itself.
 *
 * The blocks of a page share their variables. `aws` is the stock one, pointed at the lab.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

struct page_block {
	char *section; /* the heading above it; "" before the first */
	char *script;
	char *expect; /* NULL: it only has to succeed */
	msec within;  /* lab time; 0: at once */
	int line;     /* of the script in the file */
};

struct page {
	char *title;
	char *lab; /* options of its lab; NULL: none were named; "none" */
	struct page_block *blocks;
	size_t count;
};

/* 0 or -errno; a page without commands, or with an expectation of nothing, is -EINVAL and ret_why,
 * owned by the caller, says what is wrong. */
int page_read(const char *path, struct page *ret_page, char **ret_why);
void page_free(struct page *page);

/* Does the output, line by line, look as expected? */
bool page_matches(const char *expect, const char *output);

#endif
