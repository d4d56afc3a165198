/*
 * filter_pattern.h - CloudWatch Logs' filter patterns. Knows nothing of the lab.
 *
 * Source: CloudWatch Logs user guide, "Filter and pattern syntax". Case-sensitive.
 *   ""  " "                        every event
 *   ERROR "out of" -DEBUG ?a ?b    terms: all of them, none of -…, one of ?… if there is nothing else
 *   { $.status >= 500 && … }       JSON events
 *   %regex%                        in the place of a term or a JSON string
 * Space-delimited patterns ([ip, …]) are not in the lab.
 */
#ifndef LOGS_FILTER_PATTERN_H
#define LOGS_FILTER_PATTERN_H

#include "lib/base/arena.h"

#include <stdbool.h>

#define FILTER_PATTERN_MAX ((size_t)1024) /* characters of a pattern */

struct filter_pattern;

/* In the arena, its regular expressions too. NULL, and what is wrong with it. */
const struct filter_pattern *filter_pattern_read(struct arena *arena, const char *text,
						 const char **ret_why);
bool filter_pattern_match(const struct filter_pattern *pattern, const char *message, size_t len);

#endif
