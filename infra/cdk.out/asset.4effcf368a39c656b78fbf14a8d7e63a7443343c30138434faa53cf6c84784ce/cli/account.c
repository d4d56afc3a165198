/*
 * account.c - the AWS account that a verb works on.
 */
#include "cli/account.h"
#include "lib/base/xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DISK_FULL ((uint64_t)64 << 10)

const struct aws_service cloudformation = {
	"cloudformation", "cloudformation", AWS_QUERY, NULL, "2010-05-15",
};
const struct aws_service sts = {"sts", "sts", AWS_QUERY, NULL, "2011-06-15"};
const struct aws_service ssm = {"ssm", "ssm", AWS_JSON_1_1, "AmazonSSM", NULL};
const struct aws_service ecs = {
	"ecs", "ecs", AWS_JSON_1_1, "AmazonEC2ContainerServiceV20141113", NULL,
};
const struct aws_service ecr = {
	"api.ecr", "ecr", AWS_JSON_1_1, "AmazonEC2ContainerRegistry_V20150921", NULL,
};
const struct aws_service elbv2 = {
	"elasticloadbalancing", "elasticloadbalancing", AWS_QUERY, NULL, "2015-12-01",
};
const struct aws_service rds = {"rds", "rds", AWS_QUERY, NULL, "2014-10-31"};
const struct aws_service logs = {"logs", "logs", AWS_JSON_1_1, "Logs_20140328", NULL};
const struct aws_service golden = {"golden", "golden", AWS_JSON_1_1, "Golden", NULL};

/* The value behind "name =" in a credentials file; owned by the caller. */
static char *ini_value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		return NULL;
	at += strlen(name);
	at += strspn(at, " =");
	return mem_strndup(at, strcspn(at, "\r\n"));
}

/* A small file of the state folder; NULL if it is not there. */
static char *read_state(const struct place *place, const char *name)
{
	AUTO_FREE char *path = mem_fmt("%s/%s", place->dir, name);
	FILE *file = fopen(path, "re");
	char text[4096];
	size_t len;

	if (!file)
		return NULL;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	return mem_strndup(text, len);
}

/* Only its owner may read the key. */
bool account_lab_is_anothers(const struct place *place)
{
	AUTO_FREE char *path = mem_fmt("%s/credentials", place->dir);

	return access(path, R_OK) < 0 && errno == EACCES;
}

static int open_lab(const struct place *place, struct account *account)
{
	AUTO_FREE char *keys = read_state(place, "credentials");
	struct aws_options options = {.region = "us-east-1", .timeout = 60 * SECOND};
	struct aws_credentials credentials = {0};

	account->dir = place->dir;
	account->endpoint = read_state(place, "endpoint");
	if (!account->endpoint || !keys)
		return -ENOENT;
	account->access_key_id = ini_value(keys, "aws_access_key_id");
	account->secret_access_key = ini_value(keys, "aws_secret_access_key");
	if (!account->access_key_id || !account->secret_access_key)
		return -EINVAL;

	credentials.access_key_id = account->access_key_id;
	credentials.secret_access_key = account->secret_access_key;
	options.endpoint = account->endpoint;
	options.credentials = &credentials;
	return aws_client_open(NULL, &options, &account->client);
}

static bool answers(struct account *account)
{
	AUTO_JSON json_t *none = json_object();

	return aws_ask(account->client, &sts, "GetCallerIdentity", none)->status == 200;
}

bool account_lab_answers(const struct place *place)
{
	struct account account = {0};
	bool yes = open_lab(place, &account) == 0 && answers(&account);

	account_close(&account);
	return yes;
}

int account_open(const struct place *place, struct account *ret_account)
{
	struct account account = {0};
	int err = open_lab(place, &account);

	if (err == 0 && answers(&account)) {
		*ret_account = account;
		return EXIT_DONE;
	}
	account_close(&account);
	if (account_lab_is_anothers(place))
		return cli_fail("the lab in %s belongs to another user", place->dir);
	if (!place->dir_was_given && getenv("AWS_ACCESS_KEY_ID")) {
		err = aws_client_open(NULL, &(struct aws_options){0}, &account.client);
		if (err < 0)
			return cli_fail("no AWS client: %s", strerror(-err));
		*ret_account = account;
		return EXIT_DONE;
	}
	return cli_fail("no lab is running in %s; start it with: golden up", place->dir);
}

void account_close(struct account *account)
{
	aws_client_close(account->client);
	free(account->endpoint);
	free(account->access_key_id);
	free(account->secret_access_key);
	*account = (struct account){0};
}

bool account_disk_is_full(const struct account *account)
{
	struct statvfs disk;

	return account->dir && statvfs(account->dir, &disk) == 0 &&
	       (uint64_t)disk.f_bavail * disk.f_frsize < DISK_FULL;
}

const json_t *account_ask(struct account *account, const struct aws_service *service,
			  const char *operation, const json_t *input)
{
	AUTO_JSON json_t *none = json_object();
	const struct aws_answer *answer =
		aws_ask(account->client, service, operation, input ? input : none);

	if (answer->err < 0)
		cli_fail("%s: no answer: %s", operation, strerror(-answer->err));
	else if (answer->error)
		cli_fail("%s: %s: %s", operation, answer->error,
			 answer->message ? answer->message : "");
	else
		return answer->body;
	return NULL;
}

lab_ms account_now(struct account *account, double *ret_speed)
{
	lab_ms now = {clock_real().ms};
	double speed = 1;

	if (account->endpoint) {
		const json_t *clock = account_ask(account, &golden, "GetClock", NULL);

		now.ms = (int64_t)(json_num_or(clock, "Lab", (double)now.ms / 1000) * 1000);
		speed = json_num_or(clock, "Speed", 1);
	}
	if (ret_speed)
		*ret_speed = speed;
	return now;
}

/* The output `name` of any stack; NULL: none has it. Owned by the caller. */
static char *stack_output(const json_t *stacks, const char *name)
{
	const json_t *stack, *output;
	size_t i, k;

	json_each (stacks, i, stack) {
		AUTO_JSON json_t *outputs = xml_list(json_get(stack, "Outputs"), "member");

		json_each (outputs, k, output) {
			const char *key = json_str(output, "OutputKey");

			if (key && strcmp(key, name) == 0)
				return mem_strdup(json_str(output, "OutputValue"));
		}
	}
	return NULL;
}

char *account_service_url(struct account *account)
{
	const json_t *body = account_ask(account, &cloudformation, "DescribeStacks", NULL);
	AUTO_JSON json_t *stacks = xml_list(json_get(body, "Stacks"), "member");
	AUTO_FREE char *host = stack_output(stacks, "Url");

	if (!host)
		return NULL;
	/* Ports below 1024 appear at 8000 + port in the lab, root or not. */
	return mem_fmt("http://%s%s", host, account->endpoint ? ":8080" : "");
}
