/*
 * test_aws.h - the other side of AWS_ENDPOINT_URL, for app_test: real HTTP, real signatures.
 *
 * A thread with an HTTP server that answers GetParameter and GetSecretValue, a container credential
 * endpoint and the task metadata. A signature that does not verify gets 403 and is counted.
 */
#ifndef APP_TEST_AWS_H
#define APP_TEST_AWS_H

#include "lib/base/clock.h"

struct test_aws;

/* What it answers; change it under test_aws_lock. */
struct test_aws_world {
	char mode[64];		 /* Parameter.Value */
	char secret[512];	 /* SecretString */
	int fail_next;		 /* so many calls get `fail_status` */
	int fail_status;	 /* 400: ThrottlingException, 500: InternalServerError */
	msec credentials_last;	 /* how long the container's are good */
	int parameters, secrets; /* calls answered */
	int credentials;	 /* sets handed out */
	int bad_signatures;
	char last_trace[128]; /* X-Amzn-Trace-Id of the last call */
};

struct test_aws *test_aws_start(void);
void test_aws_stop(struct test_aws *aws);
int test_aws_port(const struct test_aws *aws);
struct test_aws_world *test_aws_lock(struct test_aws *aws);
void test_aws_unlock(struct test_aws *aws);

/* What the container's credential endpoint wants to see, and the environment's fixed keys. */
#define TEST_AWS_TOKEN "container-token"
#define TEST_AWS_KEY "AKIAENVIRONMENT"
#define TEST_AWS_SECRET "secret-of-the-environment"

#endif
