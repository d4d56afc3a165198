/*
 * trim.h - gives back the pages of libraries that only starting needed.
 */
#ifndef APP_TRIM_H
#define APP_TRIM_H

/*
 * The dynamic linker reads the symbol tables of some thirty libraries (libcurl's and libpq's own),
 * which then stay in our resident set for ever. Read-only pages come back from the page cache when
 * they are touched again.
 */
void trim_libraries(void);

#endif
