/*
 * transport.h - bodies as they were before they travelled: gzip, and S3's aws-chunked.
 */
#ifndef LAB_FRONT_TRANSPORT_H
#define LAB_FRONT_TRANSPORT_H

#include "lab/aws/protocol.h"

/* Most that a gzip body may grow to, in bytes. */
#define TRANSPORT_INFLATED_MAX ((size_t)64 << 20)

/* False: it is no gzip, or grows past the limit. */
bool transport_inflate(struct arena *arena, struct span body, struct span *ret_body);

/* Undoes what the headers name; Content-Encoding is left with what belongs to an object. */
bool transport_undo(struct arena *arena, struct wire_request *request, bool object,
		    struct fault *ret_fault);

#endif
