/*
 * session.c - temporary credentials.
 */
#include "lab/aws/session.h"
#include "lab/aws/inside.h"
#include "lab/aws/seal.h"
#include "lib/base/base64.h"
#include "lib/base/rand.h"

#include <string.h>

#define SESSION "lab/session"

/* `len` characters of base64 out of what is derived from the id; `len` below 120. */
static const char *derived(struct request *rq, const char *what, const char *id, int len)
{
	AUTO_BUF struct buf text = {0};
	unsigned char bytes[3 * SEAL_KEY];
	int i;

	for (i = 0; i < 3; i++)
		seal_derive(rq->lab->master_key, rq_fmt(rq, "%s %d %s", what, i, id),
			    bytes + (size_t)i * SEAL_KEY);
	base64_encode(&text, bytes, sizeof(bytes));
	return rq_fmt(rq, "%.*s", len, buf_text(&text));
}

/* They pile up otherwise: a task renews its own every few hours. */
static void forget_expired(struct request *rq)
{
	const json_t *ids = store_keys(rq->tx, SESSION, "");
	const json_t *id;
	size_t i;

	json_each (ids, i, id) {
		const char *key = json_string_value(id);
		const json_t *session = store_get(rq->tx, SESSION, key);

		if (json_int_or(session, "Expires", 0) + HOUR < rq->real.ms)
			store_delete(rq->tx, SESSION, key);
	}
}

void session_issue(struct request *rq, const json_t *role, const char *session, msec lifetime,
		   json_t *ret_credentials)
{
	json_t *document = store_new(rq->tx);
	char random[17];
	const char *id;

	forget_expired(rq);
	rand_text(random, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
	id = rq_fmt(rq, "ASIA%s", random);

	json_set_str(document, "Role", json_str(role, "RoleName"));
	json_set_str(document, "RoleId", json_str(role, "RoleId"));
	json_set_str(document, "Session", session);
	json_set_int(document, "Expires", rq->real.ms + lifetime);
	store_put(rq->tx, SESSION, id, document);

	json_set_str(ret_credentials, "AccessKeyId", id);
	json_set_str(ret_credentials, "SecretAccessKey", derived(rq, "secret", id, 40));
	json_set_str(ret_credentials, "SessionToken", derived(rq, "token", id, 116));
	/* Real time: it is the clients' own clocks that look at it. Whole seconds, as AWS has them. */
	json_set_num(ret_credentials, "Expiration", (double)((rq->real.ms + lifetime) / 1000));
}

bool session_find(struct request *rq, const char *access_key_id, struct key_owner *ret_owner)
{
	const json_t *session = store_get(rq->tx, SESSION, access_key_id);
	const char *role_name = json_str(session, "Role");
	struct principal principal = rq->lab->person;

	if (!session)
		return false;
	if (role_name) {
		const char *name = json_str_or(session, "Session", "session");
		const json_t *role = lab_role(rq, role_name);
		const struct principal *who = principal_role(rq, role_name, name);

		/* A role made anew under an old name is another role. */
		if (!who || strcmp(json_str_or(role, "RoleId", ""),
				   json_str_or(session, "RoleId", "")) != 0)
			return false;
		principal = *who;
	}
	*ret_owner = (struct key_owner){
		.secret_access_key = derived(rq, "secret", access_key_id, 40),
		.session_token = derived(rq, "token", access_key_id, 116),
		.expires = {json_int_or(session, "Expires", 0)},
		.principal = principal,
	};
	return true;
}
