/*
 * function.c - publishes the Lambda functions' code, as `cdk deploy` would these file assets.
 */
#include "cli/function.h"
#include "lib/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ZIP_MAX ((size_t)50 << 20) /* Lambda's */

static const struct aws_service s3 = {"s3", "s3", AWS_REST, NULL, NULL};

static int read_zip(const char *path, struct buf *out)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	do {
		len = read(fd, buf_room(out, 1 << 20), 1 << 20);
		if (len > 0)
			buf_wrote(out, (size_t)len);
	} while (len > 0 && out->len <= ZIP_MAX);
	return len < 0 ? -errno : out->len > ZIP_MAX ? -EFBIG : 0;
}

static bool is_published(struct account *account, const char *path)
{
	const struct aws_raw head = {.method = "HEAD", .path = path};
	const struct aws_answer *answer = aws_ask_raw(account->client, &s3, &head);

	return answer->err == 0 && answer->status == 200;
}

static int publish(const struct stacks *stacks, struct account *account, const char *bucket,
		   const json_t *props)
{
	const char *key = json_path_str(props, "Code.S3Key");
	AUTO_FREE char *file = mem_fmt("%s/asset.%s", stacks->folder, key);
	AUTO_FREE char *path = mem_fmt("/%s/%s", bucket, key);
	AUTO_BUF struct buf zip = {0};
	struct aws_raw put = {.method = "PUT", .path = path, .content_type = "application/zip"};
	const struct aws_answer *answer;
	int err;

	if (is_published(account, path))
		return EXIT_DONE;
	err = read_zip(file, &zip);
	if (err < 0)
		return cli_fail("can't read the function %s: %s", file, strerror(-err));
	put.body = zip.data;
	put.len = zip.len;
	answer = aws_ask_raw(account->client, &s3, &put);
	if (answer->err < 0)
		return cli_fail("the lab does not answer any more: %s", strerror(-answer->err));
	if (answer->error)
		return cli_fail("PutObject %s: %s: %s", path, answer->error,
				answer->message ? answer->message : "");
	printf("  %-22s %zu KiB published\n", json_str_or(props, "Handler", key), zip.len >> 10);
	return EXIT_DONE;
}

int functions_publish(const struct stacks *stacks, struct account *account, const char *bucket)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < stacks->count; i++) {
		const json_t *resource;
		const char *name;

		json_each_member (json_get(stacks->list[i].template, "Resources"), name, resource) {
			const json_t *props = json_get(resource, "Properties");

			if (status == EXIT_DONE && json_path_str(props, "Code.S3Key") &&
			    strcmp(json_str_or(resource, "Type", ""), "AWS::Lambda::Function") == 0)
				status = publish(stacks, account, bucket, props);
		}
	}
	return status;
}
