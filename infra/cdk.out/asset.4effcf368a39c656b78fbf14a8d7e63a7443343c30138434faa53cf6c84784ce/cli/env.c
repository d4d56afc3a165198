/*
 * env.c - golden env and golden aws: stock clients at the lab.
 */
#include "cli/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int env_run(const struct place *place, int argc, char **argv)
{
	struct account account;
	AUTO_FREE char *url = NULL;
	int status;

	if (argc != 1)
		return cli_usage("env takes no arguments");
	status = account_open(place, &account);
	if (status != EXIT_DONE)
		return status;
	if (!account.endpoint) {
		account_close(&account);
		return cli_fail("no lab is running in %s", place->dir);
	}

	url = account_service_url(&account);
	printf("unset AWS_PROFILE AWS_SESSION_TOKEN\n"
	       "export AWS_ENDPOINT_URL=%s\n"
	       "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n"
	       "export AWS_ACCESS_KEY_ID=%s\n"
	       "export AWS_SECRET_ACCESS_KEY=%s\n"
	       "export GOLDEN_DIR='%s'\n",
	       account.endpoint, account.access_key_id, account.secret_access_key, place->dir);
	/* The stock cdk CLI: no Docker, no ~/.cdk of this person, nothing told to anybody. */
	printf("export CDK_DOCKER='%s/golden-docker' CDK_HOME='%s/cdk'\n"
	       "export CDK_DISABLE_CLI_TELEMETRY=true CDK_VALIDATION=false\n"
	       "export CDK_DEFAULT_ACCOUNT=123456789012 CDK_DEFAULT_REGION=us-east-1\n",
	       place->bin, place->dir);
	if (url)
		printf("export GOLDEN_URL=%s\n", url);
	account_close(&account);
	return EXIT_DONE;
}

static void enter_lab(const struct account *account)
{
	setenv("AWS_ENDPOINT_URL", account->endpoint, 1);
	setenv("AWS_ACCESS_KEY_ID", account->access_key_id, 1);
	setenv("AWS_SECRET_ACCESS_KEY", account->secret_access_key, 1);
	setenv("AWS_DEFAULT_REGION", "us-east-1", 1);
	setenv("AWS_REGION", "us-east-1", 1);
	setenv("AWS_PAGER", "", 0);
	unsetenv("AWS_SESSION_TOKEN");
	unsetenv("AWS_PROFILE");
}

int aws_run(const struct place *place, int argc, char **argv)
{
	const char *program = getenv("GOLDEN_AWS");
	const char **args = mem_array(const char *, (size_t)argc + 3);
	struct account account;
	int status = account_open(place, &account);
	int n = 0;

	if (status != EXIT_DONE) {
		free(args);
		return status;
	}
	if (!program || !*program)
		program = "aws";

	/* Versions before 2.13 ignore AWS_ENDPOINT_URL. */
	args[n++] = program;
	if (account.endpoint) {
		enter_lab(&account);
		args[n++] = "--endpoint-url";
		args[n++] = account.endpoint;
	}
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	execvp(program, (char *const *)(uintptr_t)args);
	status = cli_fail("can't run %s: %s (apt-get install awscli)", program, strerror(errno));
	account_close(&account);
	free(args);
	return status;
}
