/*
 * signature.h - who sent this, and is it signed with his key?
 */
#ifndef LAB_FRONT_SIGNATURE_H
#define LAB_FRONT_SIGNATURE_H

#include "lab/aws/lab.h"
#include "lab/aws/protocol.h"
#include "lib/aws/sigv4.h"

/* A request's claim, before anybody believed it. */
struct signature {
	struct sigv4_claim claim;
	bool there;	     /* it has an Authorization header or is presigned */
	bool wellformed;     /* … that could be read */
	bool presigned;	     /* in the query */
	const char *query;   /* what was signed: without X-Amz-Signature */
	const char *service; /* of the credential scope; NULL: none */
};

void signature_read(struct arena *arena, const struct wire_request *request,
		    struct signature *ret_signature);

struct signature_terms {
	uint8_t protocol;   /* whose words a fault is said in */
	const char *region; /* that must be in the scope */
	real_ms now;
	/* The key's owner; false: nobody's. */
	bool (*find_key)(void *user, struct arena *arena, const char *access_key_id,
			 struct key_owner *ret_owner);
	void *user;
};

/* The request as it came: raw body, the path that was signed. */
bool signature_check(struct arena *arena, const struct wire_request *request,
		     const struct signature *signature, const struct signature_terms *terms,
		     struct principal *ret_caller, struct fault *ret_fault);

#endif
