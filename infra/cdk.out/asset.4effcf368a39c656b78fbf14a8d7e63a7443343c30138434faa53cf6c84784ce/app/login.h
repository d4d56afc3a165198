/*
 * login.h - how to log in to the database: from the environment, or from Secrets Manager.
 *
 * What ECS put into the environment at task start is what drifts when the secret is rotated. With
 * DB_CREDENTIALS=secret the secret is fetched at run time, kept, and fetched again when the
 * database refuses it.
 */
#ifndef APP_LOGIN_H
#define APP_LOGIN_H

#include "app/settings.h"
#include "lib/aws/client.h"

struct login {
	const char *host, *port, *user, *password, *name; /* NULL where unknown */
};

struct logins;

/* Somebody who wants to log in. Lives until told, which may be before logins_ask returns. */
struct login_asker {
	/* login is NULL if there is none, and why says so; it is gone when this returns. answer is
	 * of the call that this took; NULL: it took none. */
	void (*told)(struct login_asker *asker, const struct login *login, const char *why,
		     const struct aws_answer *answer, int64_t started_us);
	void *user;

	struct login_asker *next; /* login.c's own */
};

struct logins *logins_open(struct aws_client *aws, const struct settings *settings);
/* After its aws_client; who still asks is told no. NULL is fine. */
void logins_close(struct logins *logins);

void logins_ask(struct logins *logins, struct login_asker *asker);
const struct login *logins_last(const struct logins *logins); /* all NULL before the first */
/* The database refused the last answer. True: asking again may bring another. */
bool logins_refused(struct logins *logins);

#endif
