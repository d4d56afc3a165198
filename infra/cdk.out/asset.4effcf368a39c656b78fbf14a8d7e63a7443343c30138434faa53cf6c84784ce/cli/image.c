/*
 * image.c - publishes the built service as a container image, through ECR's own calls.
 */
#include "cli/image.h"
#include "cli/dockerfile.h"
#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_TYPE "application/vnd.docker.distribution.manifest.v2+json"
#define CONFIG_TYPE "application/vnd.docker.container.image.v1+json"
#define LAYER_TYPE "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define PROGRAM_MAX ((off_t)64 << 20)
#define PART_MAX ((size_t)10 << 20) /* ECR: a part is at most 20 MiB */

struct blob {
	struct buf data;
	char digest[sizeof("sha256:") + 64];
};

struct image {
	struct blob layer;
	struct blob config;
	struct blob manifest;
};

static void seal(struct blob *blob)
{
	char hex[65];

	sigv4_sha256_hex(buf_text(&blob->data), blob->data.len, hex);
	memcpy(blob->digest, "sha256:", 7);
	memcpy(blob->digest + 7, hex, sizeof(hex));
}

static int read_program(const char *path, struct buf *out)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > PROGRAM_MAX)
		return -EFBIG;
	do {
		len = read(fd, buf_room(out, 1 << 20), 1 << 20);
		if (len > 0)
			buf_wrote(out, (size_t)len);
	} while (len > 0);
	return len < 0 ? -errno : 0;
}

static la_ssize_t into_buf(struct archive *archive, void *user, const void *data, size_t len)
{
	buf_add(user, data, len);
	return (la_ssize_t)len;
}

/* One file, no times: the same program makes the same bytes. */
static void write_tar(struct archive *tar, const struct buf *program)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, &DOCKERFILE_PROGRAM[1]);
	archive_entry_set_size(entry, (la_int64_t)program->len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0755);
	archive_entry_set_mtime(entry, 0, 0);
	archive_write_header(tar, entry);
	archive_write_data(tar, program->data, program->len);
	archive_entry_free(entry);
}

static int pack(const struct buf *program, bool compressed, struct buf *out)
{
	struct archive *tar = archive_write_new();
	int result;

	archive_write_set_format_ustar(tar);
	if (compressed) {
		archive_write_add_filter_gzip(tar);
		archive_write_set_filter_option(tar, "gzip", "timestamp", NULL);
	}
	result = archive_write_open(tar, out, NULL, into_buf, NULL);
	if (result == ARCHIVE_OK)
		write_tar(tar, program);
	if (archive_write_close(tar) != ARCHIVE_OK)
		result = ARCHIVE_FATAL;
	archive_write_free(tar);
	return result == ARCHIVE_OK ? 0 : -EIO;
}

static void put_json(struct buf *out, json_t *tree)
{
	AUTO_FREE char *text = json_text(tree);

	buf_str(out, text);
	json_decref(tree);
}

static json_t *descriptor(const char *type, const struct blob *blob)
{
	json_t *it = json_object();

	json_set_str(it, "mediaType", type);
	json_set_int(it, "size", (int64_t)blob->data.len);
	json_set_str(it, "digest", blob->digest);
	return it;
}

static int build(const struct image_source *source, struct image *image)
{
	AUTO_BUF struct buf program = {0};
	struct blob plain = {0};
	json_t *manifest;
	int err = read_program(source->program, &program);

	if (err == 0)
		err = pack(&program, false, &plain.data);
	if (err == 0)
		err = pack(&program, true, &image->layer.data);
	if (err < 0) {
		buf_free(&plain.data);
		return err;
	}
	seal(&plain);
	seal(&image->layer);

	put_json(&image->config.data,
		 json_pack("{s:s,s:s,s:O,s:{s:s,s:[s]}}", "architecture", "amd64", "os", "linux",
			   "config", source->config, "rootfs", "type", "layers", "diff_ids",
			   plain.digest));
	seal(&image->config);

	manifest = json_pack("{s:i,s:s}", "schemaVersion", 2, "mediaType", MANIFEST_TYPE);
	json_give(manifest, "config", descriptor(CONFIG_TYPE, &image->config));
	json_push_give(json_add_array(manifest, "layers"), descriptor(LAYER_TYPE, &image->layer));
	put_json(&image->manifest.data, manifest);
	seal(&image->manifest);
	buf_free(&plain.data);
	return 0;
}

static bool is_published(struct account *account, const char *repository, const char *tag,
			 const char *digest)
{
	AUTO_JSON json_t *input = json_pack("{s:s,s:[{s:s}]}", "repositoryName", repository,
					    "imageIds", "imageTag", tag);
	const struct aws_answer *answer = aws_ask(account->client, &ecr, "DescribeImages", input);
	const char *there = json_path_str(answer->body, "imageDetails.0.imageDigest");

	return !answer->error && there && strcmp(there, digest) == 0;
}

static int upload_parts(struct account *account, const char *repository, const char *upload,
			const struct blob *blob)
{
	for (size_t at = 0; at < blob->data.len; at += PART_MAX) {
		size_t len = blob->data.len - at < PART_MAX ? blob->data.len - at : PART_MAX;
		AUTO_BUF struct buf text = {0};
		AUTO_JSON json_t *input =
			json_pack("{s:s,s:s}", "repositoryName", repository, "uploadId", upload);

		json_set_int(input, "partFirstByte", (int64_t)at);
		json_set_int(input, "partLastByte", (int64_t)(at + len - 1));
		base64_encode(&text, blob->data.data + at, len);
		json_set_str(input, "layerPartBlob", buf_text(&text));
		if (!account_ask(account, &ecr, "UploadLayerPart", input))
			return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int upload(struct account *account, const char *repository, const struct blob *blob)
{
	AUTO_JSON json_t *check = json_pack("{s:s,s:[s]}", "repositoryName", repository,
					    "layerDigests", blob->digest);
	AUTO_JSON json_t *finish = json_pack("{s:s,s:[s]}", "repositoryName", repository,
					     "layerDigests", blob->digest);
	AUTO_FREE char *id = NULL;
	const char *available;
	const json_t *answer;

	answer = account_ask(account, &ecr, "BatchCheckLayerAvailability", check);
	available = json_path_str(answer, "layers.0.layerAvailability");
	if (!answer)
		return EXIT_FAILED;
	if (available && strcmp(available, "AVAILABLE") == 0)
		return EXIT_DONE;

	json_drop(check, "layerDigests");
	answer = account_ask(account, &ecr, "InitiateLayerUpload", check);
	id = mem_strdup(json_str(answer, "uploadId"));
	if (!id || upload_parts(account, repository, id, blob) != EXIT_DONE)
		return EXIT_FAILED;
	json_set_str(finish, "uploadId", id);
	return account_ask(account, &ecr, "CompleteLayerUpload", finish) ? EXIT_DONE : EXIT_FAILED;
}

static int push(struct account *account, const char *repository, const char *tag,
		const struct image *image)
{
	AUTO_JSON json_t *input =
		json_pack("{s:s,s:s,s:s,s:s}", "repositoryName", repository, "imageTag", tag,
			  "imageManifestMediaType", MANIFEST_TYPE, "imageManifest",
			  buf_text(&image->manifest.data));

	if (upload(account, repository, &image->layer) != EXIT_DONE ||
	    upload(account, repository, &image->config) != EXIT_DONE)
		return EXIT_FAILED;
	return account_ask(account, &ecr, "PutImage", input) ? EXIT_DONE : EXIT_FAILED;
}

int image_publish(struct account *account, const char *repository, const char *tag,
		  const struct image_source *source, bool *ret_pushed)
{
	struct image image = {0};
	int err = build(source, &image);
	int status = EXIT_DONE;

	*ret_pushed = false;
	if (err < 0) {
		status = cli_fail("can't make an image of %s: %s", source->program, strerror(-err));
	} else if (!is_published(account, repository, tag, image.manifest.digest)) {
		status = push(account, repository, tag, &image);
		*ret_pushed = status == EXIT_DONE;
	}
	buf_free(&image.layer.data);
	buf_free(&image.config.data);
	buf_free(&image.manifest.data);
	return status;
}
