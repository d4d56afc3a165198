/*
 * page_run.h - runs the blocks of a page and compares what they print.
 */
#ifndef CLI_PAGE_RUN_H
#define CLI_PAGE_RUN_H

#include "cli/cli.h"
#include "cli/page.h"

/* Runs every block, says how each went; EXIT_DONE if all went as expected. The environment is that of
 * this process; GOLDEN_DIR names the lab. `folder` is for the page's own files. */
int page_run_blocks(const struct place *place, const struct page *page, const char *folder);

#endif
