/*
 * transfer.h - one HTTP exchange over libcurl, on a libuv loop or blocking. For client.c only.
 *
 * libcurl is not started before the first transfer: a program that never calls AWS does not pay.
 */
#ifndef AWS_TRANSFER_H
#define AWS_TRANSFER_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#include <curl/curl.h>
#include <uv.h>

#define TRANSFER_REPLY_MAX ((size_t)64 << 20)

struct transfer_pool;

struct transfer {
	/* Filled in by the owner, and kept until the transfer is over. */
	const char *method;
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end */
	const void *body;
	size_t len;
	msec timeout;
	void (*done)(struct transfer *transfer); /* not called by transfer_run */
	void *user;

	/* What came of it. */
	int err; /* 0 or -errno */
	int status;
	struct buf reply;
	char error_type[128]; /* x-amzn-errortype; "" if there was none */
	char request_id[128];

	/* transfer.c's own. */
	struct transfer_pool *pool;
	CURL *easy;
	struct curl_slist *list;
};

struct transfer_pool *transfer_pool_open(uv_loop_t *loop); /* NULL: blocking only */
void transfer_pool_close(struct transfer_pool *pool);	   /* nothing may be in flight */

/* done() is never called before this returns. */
void transfer_start(struct transfer_pool *pool, struct transfer *transfer);
void transfer_cancel(struct transfer *transfer); /* without done(); harmless when not started */
void transfer_run(struct transfer_pool *pool, struct transfer *transfer);
void transfer_clear(struct transfer *transfer); /* gives back what came; ready to start again */

#endif
