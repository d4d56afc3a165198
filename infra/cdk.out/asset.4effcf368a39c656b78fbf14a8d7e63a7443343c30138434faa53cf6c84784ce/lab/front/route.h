/*
 * route.h - which service a request is for, and whether its sender is local.
 */
#ifndef LAB_FRONT_ROUTE_H
#define LAB_FRONT_ROUTE_H

#include "lab/aws/lab.h"
#include "lab/aws/protocol.h"

struct route {
	const struct model *model; /* NULL: no service in the lab */
	uint8_t protocol;	   /* how to say so then */
	const char *service;	   /* … and which one was meant; NULL: nobody can tell */
};

/*
 * X-Amz-Target first, then the service of the credential scope (NULL: unsigned), Action and Version
 * of a form, and S3 for what is left.
 */
struct route route_find(const struct service *const *services, struct arena *arena,
			const struct wire_request *request, const char *scope);

/* NULL: a local client's own request. Else why not, a sentence. */
const char *route_refuses(const struct wire_request *request);

/* S3's "bucket.localhost" becomes a path: /bucket/… */
void route_virtual_host(struct arena *arena, struct wire_request *request);

#endif
