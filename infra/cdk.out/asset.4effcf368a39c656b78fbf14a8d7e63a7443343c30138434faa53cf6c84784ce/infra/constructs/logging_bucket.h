/*
 * logging_bucket.h - where a load balancer's access logs go.
 */
#ifndef CONSTRUCTS_LOGGING_BUCKET_H
#define CONSTRUCTS_LOGGING_BUCKET_H

#include "infra/cdk/s3.h"

struct logging_bucket_props {
	int days; /* after which objects expire */
};

/* Outlives its stack: logs of what is gone are what one wants to read. */
struct s3_bucket *logging_bucket_new(struct constructs_construct *scope, const char *id,
				     const struct logging_bucket_props *props);

#endif
