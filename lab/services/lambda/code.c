/*
 * code.c - a function's code: a zip, from the request or from S3, unpacked once into the state folder.
 *
 *   keeps      functions/<sha256>/…  by content; everybody may read it, nobody write
 *   left out   layers, links in archives; container images are kept and do not run
 */
#include "lab/services/lambda/nouns.h"

#include "lab/models/s3.h"
#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"
#include "lib/base/folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNZIPPED_MAX ((int64_t)262144000)
#define ENTRIES_MAX 20000
#define PATH_LEN_MAX 1000

/* As Lambda shows it: base64 of the digest. */
static const char *digest_text(struct request *rq, const char *hex)
{
	AUTO_BUF struct buf text = {0};
	unsigned char digest[32];

	for (size_t i = 0; i < sizeof(digest); i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		digest[i] = (unsigned char)strtoul(byte, NULL, 16);
	}
	base64_encode(&text, digest, sizeof(digest));
	return rq_strdup(rq, buf_text(&text));
}

/* Relative, and nowhere up. */
static bool stays_inside(const char *name)
{
	const char *part = name;

	if (!name || !*name || *name == '/' || strlen(name) > PATH_LEN_MAX)
		return false;
	while (part) {
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2]))
			return false;
		part = strchr(part, '/');
		part = part ? part + 1 : NULL;
	}
	return true;
}

/* For everybody to look into, whatever our umask is. */
static bool make_folder(const char *path)
{
	return mkdir(path, 0755) == 0 ? chmod(path, 0755) == 0 : errno == EEXIST;
}

static bool make_folders(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		bool made;

		*slash = '\0';
		made = make_folder(path);
		*slash = '/';
		if (!made)
			return false;
	}
	return true;
}

static const char *write_file(struct archive *zip, const char *path, bool runs, int64_t *left)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char piece[65536];
	ssize_t got;

	if (fd < 0)
		return "Could not unzip uploaded file. Please check your file, then try to upload "
		       "again.";
	while ((got = archive_read_data(zip, piece, sizeof(piece))) > 0) {
		*left -= got;
		if (*left < 0)
			return "Unzipped size must be smaller than 262144000 bytes";
		if (write(fd, piece, (size_t)got) != got)
			return "The lab has no room for the function's code.";
	}
	if (got < 0 || fchmod(fd, runs ? 0555 : 0444) < 0)
		return "Could not unzip uploaded file. Please check your file, then try to upload "
		       "again.";
	return NULL;
}

static const char *take_entry(struct archive *zip, struct archive_entry *entry, const char *folder,
			      int64_t *left)
{
	const char *name = archive_entry_pathname(entry);
	AUTO_FREE char *path = NULL;

	if (!stays_inside(name))
		return "Could not unzip uploaded file: a path leads outside.";
	path = mem_fmt("%s/%s", folder, name);
	if (!make_folders(path, strlen(folder) + 1))
		return "Could not unzip uploaded file. Please check your file, then try to upload "
		       "again.";
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return NULL;
	if (archive_entry_filetype(entry) != AE_IFREG)
		return "Links in a function's archive are not in the lab.";
	return write_file(zip, path, archive_entry_perm(entry) & 0111, left);
}

static const char *unpack(const char *data, size_t len, const char *folder)
{
	struct archive *zip = archive_read_new();
	struct archive_entry *entry;
	int64_t left = UNZIPPED_MAX;
	const char *wrong = NULL;
	int count = 0;
	int got;

	archive_read_support_format_zip(zip);
	got = archive_read_open_memory(zip, data, len);
	while (got == ARCHIVE_OK && !wrong) {
		got = archive_read_next_header(zip, &entry);
		if (got != ARCHIVE_OK)
			break;
		wrong = ++count > ENTRIES_MAX ? "The archive has too many files."
					      : take_entry(zip, entry, folder, &left);
	}
	archive_read_free(zip);
	if (!wrong && (got != ARCHIVE_EOF || count == 0))
		wrong = "Could not unzip uploaded file. Please check your file, then try to upload "
			"again.";
	return wrong;
}

/* NULL, or what is wrong with it. A half-unpacked one never gets its name. */
static const char *keep(struct request *rq, const char *data, size_t len, const char *tree)
{
	const char *final = rq_fmt(rq, "%s/%s", lab_dir(rq->lab), tree);
	char *fresh = rq_fmt(rq, "%s/functions/new-XXXXXX", lab_dir(rq->lab));
	const char *wrong;

	if (access(final, F_OK) == 0)
		return NULL;
	if (!make_folder(rq_fmt(rq, "%s/functions", lab_dir(rq->lab))) || !mkdtemp(fresh) ||
	    chmod(fresh, 0755) < 0)
		return "The lab has no room for the function's code.";
	wrong = unpack(data, len, fresh);
	if (!wrong && rename(fresh, final) < 0)
		wrong = "The lab has no room for the function's code.";
	if (wrong)
		folder_remove(fresh);
	return wrong;
}

static int fetch(struct request *rq, const json_t *code, const json_t **ret_zip)
{
	json_t *in = rq_object(rq), *out = rq_object(rq);

	*ret_zip = json_get(code, "ZipFile");
	if (*ret_zip)
		return 0;
	json_set(in, "Bucket", json_get(code, "S3Bucket"));
	json_set(in, "Key", json_get(code, "S3Key"));
	json_set(in, "VersionId", json_get(code, "S3ObjectVersion"));
	if (aws_call(rq, rq->caller, &s3_model, S3_GetObject, in, out) != 0)
		return fault(rq, LAMBDA_InvalidParameterValueException,
			     "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: "
			     "%s",
			     rq->called.code, rq->called.message);
	*ret_zip = json_get(out, "Body");
	return 0;
}

int lambda_take_code(struct request *rq, const json_t *code, json_t *function)
{
	const char *wrong = NULL;
	const json_t *zip = NULL;
	const char *data, *tree;
	char hex[65];
	size_t len;
	int err;

	if (json_has(code, "ImageUri")) { /* kept; Invoke says that it does not run */
		json_drop(function, "_Tree");
		json_set_int(function, "CodeSize", 0);
		return 0;
	}
	err = fetch(rq, code, &zip);
	if (err)
		return err;
	data = zip ? json_string_value(zip) : "";
	len = zip ? json_string_length(zip) : 0;
	sigv4_sha256_hex(data, len, hex);
	tree = rq_fmt(rq, "functions/%s", hex);
	if (lab_dir(rq->lab)) /* a lab in memory has no place for it */
		wrong = keep(rq, data, len, tree);
	if (wrong)
		return fault(rq, LAMBDA_InvalidParameterValueException, "%s", wrong);
	json_set_int(function, "CodeSize", (int64_t)len);
	json_set_str(function, "CodeSha256", digest_text(rq, hex));
	json_set_str(function, "_Tree", tree);
	return 0;
}
