/*
 * session.h - temporary credentials: who has one, and until when.
 *
 *   keeps  lab/session   by access key id   {Role, RoleId, Session, Expires (real ms)}
 *
 * Secret and token are derived from the lab's master key, so that neither is kept.
 */
#ifndef LAB_AWS_SESSION_H
#define LAB_AWS_SESSION_H

#include "lab/aws/lab.h"

/*
 * Credentials of a role, or (role NULL) of the operator himself, for `lifetime` in real time:
 * {AccessKeyId, SecretAccessKey, SessionToken, Expiration} go into ret_credentials.
 */
void session_issue(struct request *rq, const json_t *role, const char *session, msec lifetime,
		   json_t *ret_credentials);

/* False: there is none, or its role is gone. An expired one is found. */
bool session_find(struct request *rq, const char *access_key_id, struct key_owner *ret_owner);

#endif
