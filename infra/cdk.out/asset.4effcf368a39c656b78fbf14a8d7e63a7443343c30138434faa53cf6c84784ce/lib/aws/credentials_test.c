/*
 * credentials_test.c - which credentials are found, when they are due, and who may be asked.
 */
#include "lib/aws/credentials.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
};

static int empty_environment(void **state)
{
	for (size_t i = 0; i < array_len(names); i++)
		unsetenv(names[i]);
	return 0;
}

static const real_ms now = {1767323045000}; /* 2026-01-02T03:04:05Z */

static void without_anything_there_are_none(void **state)
{
	struct aws_credential_source *source = aws_credential_source_open(NULL);
	struct aws_credential_request request;
	struct aws_credentials credentials;

	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_NONE);
	assert_int_equal(aws_credential_source_request(source, &request), -EINVAL);
	aws_credential_source_close(source);
}

static void the_environment_goes_before_the_container(void **state)
{
	struct aws_credential_source *source;
	struct aws_credentials credentials;

	setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
	source = aws_credential_source_open(NULL);
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_GOOD);
	assert_string_equal(credentials.access_key_id, "AKIA");
	assert_null(credentials.session_token);
	aws_credential_source_expire(source);
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_GOOD);
	aws_credential_source_close(source);
}

static void read_answer(struct aws_credential_source *source, const char *expiration)
{
	AUTO_FREE char *text =
		mem_fmt("{\"RoleArn\":\"arn\",\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
			"\"Token\":\"t\",\"Expiration\":\"%s\"}",
			expiration);

	assert_int_equal(aws_credential_source_read(source, text, strlen(text)), 0);
}

static void container_credentials_are_due_before_they_expire(void **state)
{
	struct aws_credential_source *source;
	struct aws_credentials credentials;

	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
	source = aws_credential_source_open(NULL);
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_STALE);
	read_answer(source, "2026-01-02T09:04:05Z");
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_GOOD);
	assert_string_equal(credentials.session_token, "t");
	read_answer(source, "2026-01-02T03:14:05Z");
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_DUE);
	read_answer(source, "2026-01-02T03:04:06Z");
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_STALE);

	read_answer(source, "2026-01-02T09:04:05Z");
	assert_int_equal(aws_credential_source_read(source, "{}", 2), -EBADMSG);
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_GOOD);
	aws_credential_source_expire(source);
	assert_int_equal(aws_credential_source_look(source, now, &credentials),
			 AWS_CREDENTIALS_STALE);
	aws_credential_source_close(source);
}

static int request_error(const char *uri)
{
	struct aws_credential_source *source;
	struct aws_credential_request request = {0};
	int err;

	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri, 1);
	source = aws_credential_source_open(NULL);
	err = aws_credential_source_request(source, &request);
	free(request.url);
	free(request.authorization);
	aws_credential_source_close(source);
	return err;
}

static void only_hosts_that_sdks_trust_see_the_token(void **state)
{
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token", 1);
	assert_int_equal(request_error("http://127.0.0.1:4567/v2/x"), 0);
	assert_int_equal(request_error("http://127.7.4.17:4567/v2/x"), 0);
	assert_int_equal(request_error("http://localhost/x"), 0);
	assert_int_equal(request_error("http://[::1]:80/x"), 0);
	assert_int_equal(request_error("http://169.254.170.23/x"), 0);
	assert_int_equal(request_error("https://anywhere.example/x"), 0);
	assert_int_equal(request_error("http://anywhere.example/x"), -EPERM);
	assert_int_equal(request_error("http://127.0.0.1.example/x"), -EPERM);
	assert_int_equal(request_error("http://127.0.0.1@10.0.0.1/x"), -EINVAL);
	assert_int_equal(request_error("http://10.0.0.1/x"), -EPERM);
	assert_int_equal(request_error("ftp://127.0.0.1/x"), -EINVAL);
	assert_int_equal(request_error("127.0.0.1"), -EINVAL);
}

static void a_token_adds_no_header_of_its_own(void **state)
{
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token\r\nX: y", 1);
	assert_int_equal(request_error("http://127.0.0.1/x"), -EINVAL);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token\n", 1);
	assert_int_equal(request_error("http://127.0.0.1/x"), 0);
}

static void a_token_file_is_read_anew_each_time(void **state)
{
	char path[] = "/tmp/golden-token-XXXXXX";
	int fd = mkstemp(path);
	struct aws_credential_source *source;
	struct aws_credential_request request;

	assert_true(fd >= 0);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this", 1);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path, 1);
	source = aws_credential_source_open(NULL);
	for (int i = 1; i <= 2; i++) {
		char text[16];
		int len = snprintf(text, sizeof(text), "token-%d\n", i);

		assert_int_equal(pwrite(fd, text, (size_t)len, 0), len);
		assert_int_equal(aws_credential_source_request(source, &request), 0);
		text[len - 1] = '\0';
		assert_string_equal(request.authorization, text);
		free(request.url);
		free(request.authorization);
	}
	close(fd);
	unlink(path);
	assert_int_equal(aws_credential_source_request(source, &request), -ENOENT);
	aws_credential_source_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_anything_there_are_none, empty_environment),
		cmocka_unit_test_setup(the_environment_goes_before_the_container,
				       empty_environment),
		cmocka_unit_test_setup(container_credentials_are_due_before_they_expire,
				       empty_environment),
		cmocka_unit_test_setup(only_hosts_that_sdks_trust_see_the_token, empty_environment),
		cmocka_unit_test_setup(a_token_adds_no_header_of_its_own, empty_environment),
		cmocka_unit_test_setup(a_token_file_is_read_anew_each_time, empty_environment),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
