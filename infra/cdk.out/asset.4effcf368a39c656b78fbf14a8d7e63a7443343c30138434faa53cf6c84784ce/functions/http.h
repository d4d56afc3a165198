/*
 * http.h - a plain HTTP request, blocking: Lambda's Runtime API, and the service under test.
 *
 * What goes to AWS itself is signed: that is lib/aws.
 */
#ifndef FUNCTIONS_HTTP_H
#define FUNCTIONS_HTTP_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

struct http_call {
	const char *url;
	const char *body;   /* NULL: GET; else POST, as JSON */
	const char *header; /* one more, "Name: value"; NULL: none */
	msec timeout;	    /* real; 0: as long as it takes */
};

struct http_answer {
	int status;	    /* 0: none came */
	const char *why;    /* … because; a literal */
	struct buf body;    /* at most 8 MiB */
	struct buf headers; /* as they came, a line each */
};

/* The answer is the caller's to clear, also when none came. */
void http_ask(const struct http_call *call, struct http_answer *ret_answer);
void http_clear(struct http_answer *answer);

/* The value of a header, owned by the caller; NULL: it is not there. */
char *http_header_of(const struct http_answer *answer, const char *name);

#endif
