/*
 * page.h - a part of a long list, and the token for the rest.
 */
#ifndef LAB_AWS_PAGE_H
#define LAB_AWS_PAGE_H

#include "lab/aws/request.h"

/*
 * At most `limit` elements of `all` (below 1: all) from where `token` says (NULL: the start). Answers
 * an array that lives as long as the request, or NULL: no token of ours. ret_next: the token for what
 * is left; NULL: nothing.
 */
json_t *page_of(struct request *rq, const json_t *all, int64_t limit, const char *token,
		const char **ret_next);

#endif
