/*
 * settings.c - everything the app can be told: one table.
 */
#include "app/settings.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, SECRET, NUMBER, MILLISECONDS, ONE_OF };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct settings */
	const char *otherwise;
	int64_t min, max;	    /* NUMBER, MILLISECONDS */
	const char *const *choices; /* ONE_OF */
	const char *help;
};

static const char *const credential_choices[] = {"env", "secret", NULL};

#define AT(member) offsetof(struct settings, member)

static const struct setting table[] = {
	{"BIND_ADDRESS", TEXT, AT(bind_address), "0.0.0.0", .help = "Where to listen."},
	{"PORT", NUMBER, AT(port), "8000", 0, 65535,
	 .help = "… and on which port; 0 picks one and says it on stderr."},
	{"STOP_TIMEOUT_MS", MILLISECONDS, AT(stop_timeout), "25000", 0, 600000,
	 .help = "After SIGTERM: how long requests in flight may take."},
	{"SERVICE_NAME", TEXT, AT(service_name), "golden-app",
	 .help = "The name in GET / and in traces."},

	{"MAX_CONNECTIONS", NUMBER, AT(max_connections), "1024", 1, 100000,
	 .help = "Clients at a time; the oldest idle one makes room."},
	{"MAX_HEAD_BYTES", NUMBER, AT(max_head_bytes), "16384", 1024, 1048576,
	 .help = "Request line and headers together."},
	{"MAX_BODY_BYTES", NUMBER, AT(max_body_bytes), "65536", 1, 16777216,
	 .help = "A request's body (which no path reads)."},
	{"HEAD_TIMEOUT_MS", MILLISECONDS, AT(head_timeout), "10000", 10, 600000,
	 .help = "From a request's first byte to the end of its headers."},
	{"BODY_TIMEOUT_MS", MILLISECONDS, AT(body_timeout), "10000", 10, 600000,
	 .help = "The same for its body."},
	{"IDLE_TIMEOUT_MS", MILLISECONDS, AT(idle_timeout), "75000", 10, 3600000,
	 .help = "Between requests. Longer than the load balancer's own 60 s, or it gets resets."},

	{"PARAM_FAILURE_MODE", TEXT, AT(failure_mode_parameter), NULL,
	 .help = "SSM parameter that says what to break: none, return_500, connection_leak."},
	{"FAILURE_MODE_MAX_AGE_MS", MILLISECONDS, AT(failure_mode_max_age), "1000", 0, 3600000,
	 .help = "One read of it serves all requests for so long; 0: a read a request."},
	{"AWS_TIMEOUT_MS", MILLISECONDS, AT(aws_timeout), "2000", 10, 60000,
	 .help = "A whole call to AWS, second tries included."},
	{"AWS_MAX_ATTEMPTS", NUMBER, AT(aws_attempts), "3", 1, 10, .help = "Tries a call."},

	{"DB_CREDENTIALS", ONE_OF, AT(db_credentials), "env", .choices = credential_choices,
	 .help = "env: DB_* as given at start. secret: DB_SECRET_ARN, fetched again when refused."},
	{"DB_SECRET_ARN", TEXT, AT(db_secret_arn), NULL,
	 .help = "Secrets Manager secret with host, port, username, password, dbname."},
	{"DB_HOST", TEXT, AT(db_host), NULL, .help = "PostgreSQL's host."},
	{"DB_PORT", TEXT, AT(db_port), "5432", .help = "PostgreSQL's port."},
	{"DB_USERNAME", TEXT, AT(db_username), NULL, .help = "Role to log in as."},
	{"DB_PASSWORD", SECRET, AT(db_password), NULL, .help = "Its password."},
	{"DB_NAME", TEXT, AT(db_name), "golden", .help = "Database."},
	{"DB_SSLMODE", TEXT, AT(db_sslmode), "prefer",
	 .help = "As libpq has it: disable, prefer, require, verify-full."},
	{"DB_SSLROOTCERT", TEXT, AT(db_sslrootcert), NULL,
	 .help = "Certificate authorities for verify-full."},
	{"DB_POOL_SIZE", NUMBER, AT(db_pool_size), "4", 1, 100,
	 .help = "Connections kept; queries share them by pipelining."},
	{"DB_QUEUE_SIZE", NUMBER, AT(db_queue_size), "1024", 1, 100000,
	 .help = "Queries under way; more are refused with 503."},
	{"DB_MAX_CONNECTION_AGE_MS", MILLISECONDS, AT(db_max_connection_age), "60000", 1, 86400000,
	 .help = "Older connections are replaced, so that a changed password shows."},
	{"DB_CONNECT_TIMEOUT_MS", MILLISECONDS, AT(db_connect_timeout), "2000", 10, 60000,
	 .help = "For one connection, login included."},
	{"DB_ACQUIRE_TIMEOUT_MS", MILLISECONDS, AT(db_acquire_timeout), "3000", 10, 60000,
	 .help = "How long a query waits for a connection."},
	{"DB_QUERY_TIMEOUT_MS", MILLISECONDS, AT(db_query_timeout), "2000", 10, 60000,
	 .help = "How long a query may run."},

	{"WORK_THREADS", NUMBER, AT(work_threads), "2", 1, 64,
	 .help = "Threads for /work, started when first needed."},
	{"WORK_QUEUE_SIZE", NUMBER, AT(work_queue_size), "32", 1, 100000,
	 .help = "Requests for /work that may wait for one; more are refused with 503."},

	{"AWS_XRAY_DAEMON_ADDRESS", TEXT, AT(xray_address), NULL,
	 .help = "host:port for trace segments over UDP; unset: none are sent."},
	{"ECS_CONTAINER_METADATA_URI_V4", TEXT, AT(metadata_uri), NULL,
	 .help = "Set by ECS: where to ask for the task's id and zone."},
};

static const char *const by_others[][2] = {
	{"AWS_ENDPOINT_URL", "Every AWS call goes there instead of to AWS."},
	{"AWS_REGION, AWS_DEFAULT_REGION", "us-east-1 where neither is set."},
	{"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN", "Credentials, or else:"},
	{"AWS_CONTAINER_CREDENTIALS_FULL_URI, …_RELATIVE_URI", "Set by ECS."},
	{"AWS_CONTAINER_AUTHORIZATION_TOKEN, …_TOKEN_FILE", "Sent there as Authorization."},
};

static bool read_number(const char *text, int64_t min, int64_t max, int64_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || end == text || *end || number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

static bool is_choice(const char *text, const char *const *choices)
{
	for (; *choices; choices++) {
		if (strcmp(text, *choices) == 0)
			return true;
	}
	return false;
}

static bool read_one(const struct setting *setting, const char *text, struct settings *settings,
		     FILE *complaints)
{
	void *place = (char *)settings + setting->offset;

	switch (setting->kind) {
	case NUMBER:
	case MILLISECONDS:
		if (read_number(text, setting->min, setting->max, place))
			return true;
		fprintf(complaints, "golden-app: %s must be a whole number from %lld to %lld.\n",
			setting->name, (long long)setting->min, (long long)setting->max);
		return false;
	case ONE_OF:
		if (!is_choice(text, setting->choices)) {
			fprintf(complaints, "golden-app: %s must be one of:", setting->name);
			for (size_t i = 0; setting->choices[i]; i++)
				fprintf(complaints, " %s", setting->choices[i]);
			fprintf(complaints, ".\n");
			return false;
		}
		break;
	case TEXT:
	case SECRET:
		break;
	}
	*(const char **)place = text;
	return true;
}

int settings_read(struct settings *ret_settings, FILE *complaints)
{
	struct settings settings = {0};
	bool good = true;

	for (size_t i = 0; i < array_len(table); i++) {
		const char *given = getenv(table[i].name);
		const char *text = given && *given ? given : table[i].otherwise;

		if (text && !read_one(&table[i], text, &settings, complaints))
			good = false;
	}
	if (!good)
		return -EINVAL;
	*ret_settings = settings;
	return 0;
}

void settings_print_help(FILE *out)
{
	fprintf(out, "Settings, from the environment [default]:\n\n");
	for (size_t i = 0; i < array_len(table); i++)
		fprintf(out, "  %s [%s]\n      %s\n", table[i].name,
			table[i].otherwise ? table[i].otherwise : "unset", table[i].help);
	for (size_t i = 0; i < array_len(by_others); i++)
		fprintf(out, "  %s\n      %s\n", by_others[i][0], by_others[i][1]);
}
