/*
 * credentials.c - where a program's AWS keys come from. The asking is the client's.
 *
 *   left out   profiles, web identity, EC2 instance metadata
 */
#include "lib/aws/credentials.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The SDKs ask this long before the end, and use the old ones while no answer comes. */
#define DUE_BEFORE (15 * MINUTE)
#define STALE_BEFORE (10 * SECOND)
#define TOKEN_FILE_MAX ((size_t)16 * 1024)

#define ECS_AGENT "http://169.254.170.2"

struct aws_credential_source {
	bool fixed;
	char *access_key_id; /* NULL: none yet */
	char *secret_access_key;
	char *session_token;
	real_ms expires;
	char *full_uri;
	char *relative_uri;
	char *token;
	char *token_file;
};

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void forget(struct aws_credential_source *source)
{
	if (source->secret_access_key)
		explicit_bzero(source->secret_access_key, strlen(source->secret_access_key));
	free(source->access_key_id);
	free(source->secret_access_key);
	free(source->session_token);
	source->access_key_id = NULL;
	source->secret_access_key = NULL;
	source->session_token = NULL;
}

struct aws_credential_source *aws_credential_source_open(const struct aws_credentials *fixed)
{
	struct aws_credential_source *source = mem_new(struct aws_credential_source);
	struct aws_credentials found = {
		.access_key_id = env("AWS_ACCESS_KEY_ID"),
		.secret_access_key = env("AWS_SECRET_ACCESS_KEY"),
		.session_token = env("AWS_SESSION_TOKEN"),
	};

	if (!fixed && found.access_key_id && found.secret_access_key)
		fixed = &found;
	if (fixed) {
		source->fixed = true;
		source->access_key_id = mem_strdup(fixed->access_key_id);
		source->secret_access_key = mem_strdup(fixed->secret_access_key);
		source->session_token = mem_strdup(fixed->session_token);
		source->expires = fixed->expires;
		return source;
	}

	source->full_uri = mem_strdup(env("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
	source->relative_uri = mem_strdup(env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
	source->token = mem_strdup(env("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	source->token_file = mem_strdup(env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
	return source;
}

void aws_credential_source_close(struct aws_credential_source *source)
{
	if (!source)
		return;
	forget(source);
	free(source->full_uri);
	free(source->relative_uri);
	free(source->token);
	free(source->token_file);
	free(source);
}

enum aws_credential_state aws_credential_source_look(const struct aws_credential_source *source,
						     real_ms now,
						     struct aws_credentials *ret_credentials)
{
	msec left = source->expires.ms - now.ms;

	if (!source->access_key_id)
		return source->full_uri || source->relative_uri ? AWS_CREDENTIALS_STALE
								: AWS_CREDENTIALS_NONE;
	if (!source->fixed && source->expires.ms && left < STALE_BEFORE)
		return AWS_CREDENTIALS_STALE;

	*ret_credentials = (struct aws_credentials){
		.access_key_id = source->access_key_id,
		.secret_access_key = source->secret_access_key,
		.session_token = source->session_token,
		.expires = source->expires,
	};
	return !source->fixed && source->expires.ms && left < DUE_BEFORE ? AWS_CREDENTIALS_DUE
									 : AWS_CREDENTIALS_GOOD;
}

/* The host of a URL, without port and brackets; owned by the caller. NULL: none. */
static char *host_of(const char *url)
{
	const char *host = strstr(url, "://");
	size_t len;

	if (!host)
		return NULL;
	host += 3;
	len = strcspn(host, "/?#");
	if (memchr(host, '@', len))
		return NULL; /* http://localhost@elsewhere/ */
	if (*host == '[') {
		host++;
		len = strcspn(host, "]");
	} else {
		len = strcspn(host, ":/?#");
	}
	return len > 0 ? mem_strndup(host, len) : NULL;
}

static bool host_allowed(const char *host)
{
	static const char *const agents[] = {"localhost", "169.254.170.2", "169.254.170.23"};
	struct in_addr four;
	struct in6_addr six, eks;

	for (size_t i = 0; i < array_len(agents); i++) {
		if (strcasecmp(host, agents[i]) == 0)
			return true;
	}
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1 && inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six) || IN6_ARE_ADDR_EQUAL(&six, &eks);
	return false;
}

static int check_full_uri(const char *uri)
{
	AUTO_FREE char *host = host_of(uri);

	if (!host)
		return -EINVAL;
	if (strncasecmp(uri, "https://", 8) == 0)
		return 0;
	if (strncasecmp(uri, "http://", 7) != 0)
		return -EINVAL;
	return host_allowed(host) ? 0 : -EPERM;
}

/* A token that holds a line break could add headers of its own. */
static int check_token(char *token)
{
	size_t len = strcspn(token, "\r\n");

	if (token[len + strspn(token + len, "\r\n")] != '\0')
		return -EINVAL;
	token[len] = '\0';
	return 0;
}

/* Read each time: EKS writes new tokens into the same file. */
static int read_token_file(const char *path, char **ret_token)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	ssize_t len;

	if (fd < 0)
		return -errno;
	text = mem_alloc(TOKEN_FILE_MAX + 1);
	len = read(fd, text, TOKEN_FILE_MAX);
	if (len < 0) {
		int err = -errno;

		free(text);
		return err;
	}
	*ret_token = text;
	return 0;
}

int aws_credential_source_request(const struct aws_credential_source *source,
				  struct aws_credential_request *ret_request)
{
	char *token = NULL;
	int err;

	/* The relative one goes first, as in the SDKs. */
	if (source->relative_uri) {
		if (source->relative_uri[0] != '/')
			return -EINVAL;
	} else {
		err = source->full_uri ? check_full_uri(source->full_uri) : -EINVAL;
		if (err < 0)
			return err;
	}

	if (source->token_file) {
		err = read_token_file(source->token_file, &token);
		if (err < 0)
			return err;
	} else {
		token = mem_strdup(source->token);
	}
	err = token ? check_token(token) : 0;
	if (err < 0) {
		free(token);
		return err;
	}

	ret_request->url = source->relative_uri ? mem_fmt(ECS_AGENT "%s", source->relative_uri)
						: mem_strdup(source->full_uri);
	ret_request->authorization = token;
	return 0;
}

int aws_credential_source_read(struct aws_credential_source *source, const char *text, size_t len)
{
	AUTO_JSON json_t *tree = json_read(text, len);
	const char *id = json_str(tree, "AccessKeyId");
	const char *secret = json_str(tree, "SecretAccessKey");
	const char *expiration = json_str(tree, "Expiration");
	int64_t expires = 0;

	if (!id || !secret || (expiration && !clock_parse_iso(expiration, &expires)))
		return -EBADMSG;

	assert(!source->fixed);
	forget(source);
	source->access_key_id = mem_strdup(id);
	source->secret_access_key = mem_strdup(secret);
	source->session_token = mem_strdup(json_str(tree, "Token"));
	source->expires = (real_ms){expires};
	return 0;
}

void aws_credential_source_expire(struct aws_credential_source *source)
{
	if (!source->fixed)
		forget(source);
}
