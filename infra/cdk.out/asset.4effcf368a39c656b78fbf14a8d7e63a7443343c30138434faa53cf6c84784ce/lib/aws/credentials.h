/*
 * credentials.h - where a program's AWS keys come from, as the SDKs find them.
 *
 * AWS_ACCESS_KEY_ID / AWS_SECRET_ACCESS_KEY / AWS_SESSION_TOKEN; else the container endpoint
 * (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]),
 * asked again before they expire. A full URI must be https or name this machine or the addresses
 * where ECS and EKS put their agents; anything else would hand the token to a stranger.
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

struct aws_credential_source;

enum aws_credential_state {
	AWS_CREDENTIALS_GOOD,
	AWS_CREDENTIALS_DUE,   /* usable, and time to ask for the next ones */
	AWS_CREDENTIALS_STALE, /* to be asked for before anything can be signed */
	AWS_CREDENTIALS_NONE,  /* this program was given none */
};

/* What to GET for new ones. Both texts are owned by the caller. */
struct aws_credential_request {
	char *url;
	char *authorization; /* the header's value; NULL: none */
};

/* `fixed` is copied; NULL: from the environment. */
struct aws_credential_source *aws_credential_source_open(const struct aws_credentials *fixed);
void aws_credential_source_close(struct aws_credential_source *source); /* NULL is fine */

/* The credentials, which stay until the next read or expire, in states GOOD and DUE. */
enum aws_credential_state aws_credential_source_look(const struct aws_credential_source *source,
						     real_ms now,
						     struct aws_credentials *ret_credentials);

/* 0, or -EINVAL: no URI, -EPERM: a host that may not see the token, -errno: its file. */
int aws_credential_source_request(const struct aws_credential_source *source,
				  struct aws_credential_request *ret_request);

/* What the endpoint answered. -EBADMSG, and the old ones stay, if it holds no credentials. */
int aws_credential_source_read(struct aws_credential_source *source, const char *text, size_t len);

/* AWS calls them expired, whatever our clock says. Fixed ones and the environment's stay. */
void aws_credential_source_expire(struct aws_credential_source *source);

#endif
