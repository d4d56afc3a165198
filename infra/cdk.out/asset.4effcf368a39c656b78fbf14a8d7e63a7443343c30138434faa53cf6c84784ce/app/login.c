/*
 * login.c - how to log in to the database.
 */
#include "app/login.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A secret this young was not changed since: it is wrong, not old. */
#define FRESH (1 * SECOND)

static const struct aws_service secretsmanager = {
	.endpoint_prefix = "secretsmanager",
	.signing_name = "secretsmanager",
	.protocol = AWS_JSON_1_1,
	.target_prefix = "secretsmanager",
};

struct logins {
	struct aws_client *aws;
	const struct settings *settings;
	struct login given; /* from the environment */
	struct login login; /* the last answer */

	json_t *secret; /* NULL: to be fetched */
	msec fetched;	/* monotonic */
	char port[8];
	int64_t started_us;
	struct login_asker *askers; /* wait for the secret */
};

struct logins *logins_open(struct aws_client *aws, const struct settings *settings)
{
	struct logins *logins = mem_new(struct logins);

	logins->aws = aws;
	logins->settings = settings;
	logins->given = (struct login){
		.host = settings->db_host,
		.port = settings->db_port,
		.user = settings->db_username,
		.password = settings->db_password,
		.name = settings->db_name,
	};
	return logins;
}

/* RDS writes the port as a number; people write it as text. */
static const char *secret_port(struct logins *logins)
{
	const json_t *port = json_get(logins->secret, "port");
	AUTO_FREE char *digits = NULL;

	if (json_is_string(port))
		return json_string_value(port);
	if (!json_is_integer(port))
		return logins->given.port;
	digits = mem_fmt("%lld", (long long)json_integer_value(port));
	strncpy(logins->port, digits, sizeof(logins->port) - 1);
	return logins->port;
}

/* The secret's members; the environment's where it has none (host and port, usually). */
static void use_secret(struct logins *logins)
{
	const json_t *secret = logins->secret;

	logins->login = (struct login){
		.host = json_str_or(secret, "host", logins->given.host),
		.port = secret_port(logins),
		.user = json_str_or(secret, "username", logins->given.user),
		.password = json_str(secret, "password"),
		.name = json_str_or(secret, "dbname", logins->given.name),
	};
}

static void tell_all(struct logins *logins, const char *why, const struct aws_answer *answer)
{
	struct login_asker *asker = logins->askers;

	logins->askers = NULL;
	while (asker) {
		struct login_asker *next = asker->next;

		asker->told(asker, why ? NULL : &logins->login, why, answer, logins->started_us);
		answer = NULL; /* the call is the first one's */
		asker = next;
	}
}

static void on_secret(const struct aws_answer *answer, void *user)
{
	struct logins *logins = user;
	const char *text = json_str(answer->body, "SecretString");
	json_t *secret = text ? json_read(text, strlen(text)) : NULL;

	if (!secret) {
		log_event(LOG_WARNING, "app.secret.unread",
			  F_STR("error", answer->err ? log_strerror(answer->err) : answer->error),
			  F_STR("message", answer->message));
		tell_all(logins, "the database's secret could not be read", answer);
		return;
	}
	json_decref(logins->secret);
	logins->secret = secret;
	logins->fetched = clock_monotonic();
	use_secret(logins);
	tell_all(logins, NULL, answer);
}

static void fetch_secret(struct logins *logins)
{
	AUTO_JSON json_t *input = json_object();

	json_set_str(input, "SecretId", logins->settings->db_secret_arn);
	logins->started_us = clock_monotonic_us();
	aws_send(logins->aws, &secretsmanager, "GetSecretValue", input, NULL, on_secret, logins);
}

void logins_ask(struct logins *logins, struct login_asker *asker)
{
	bool by_secret = strcmp(logins->settings->db_credentials, "secret") == 0;
	const char *why = NULL;

	if (!by_secret) {
		logins->login = logins->given;
		why = logins->login.host ? NULL : "DB_HOST is not set";
	} else if (logins->secret) {
		use_secret(logins);
	} else if (!logins->settings->db_secret_arn) {
		why = "DB_SECRET_ARN is not set";
	} else {
		if (!logins->askers)
			fetch_secret(logins);
		asker->next = logins->askers;
		logins->askers = asker;
		return;
	}
	asker->told(asker, why ? NULL : &logins->login, why, NULL, 0);
}

const struct login *logins_last(const struct logins *logins)
{
	return &logins->login;
}

bool logins_refused(struct logins *logins)
{
	if (!logins->secret || clock_monotonic() - logins->fetched < FRESH)
		return false;
	json_decref(logins->secret);
	logins->secret = NULL;
	logins->login = (struct login){0}; /* its texts were the secret's */
	return true;
}

void logins_close(struct logins *logins)
{
	if (!logins)
		return;
	tell_all(logins, "the app is stopping", NULL);
	json_decref(logins->secret);
	free(logins);
}
