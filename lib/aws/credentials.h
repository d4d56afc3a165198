/*
 * credentials.h - where a program's AWS keys come from, as the SDKs find them.
 *
 * AWS_ACCESS_KEY_ID / AWS_SECRET_ACCESS_KEY / AWS_SESSION_TOKEN; else the container endpoint
 * (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]),
 * asked again before they expire.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include "lib/base/clock.h"

struct aws_credentials {
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token; /* NULL for a long-term key */
	real_ms expires;	   /* ms 0: never */
};

#endif
