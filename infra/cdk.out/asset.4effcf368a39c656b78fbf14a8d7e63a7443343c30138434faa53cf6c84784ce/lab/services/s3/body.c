/*
 * body.c - the bytes of objects: a file a content, named by its SHA-256.
 *
 * A file is there, whole and on disk, before the transaction that names it is committed. One that
 * nobody names any more goes with the next tick; after a crash some may stay, which costs room only.
 * A lab in memory (unit tests) has no folder: then the bytes are documents.
 */
#include "lab/services/s3/nouns.h"

#include "lab/aws/lab.h"
#include "lib/aws/sigv4.h"
#include "lib/base/base64.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(struct request *rq, const char *hash)
{
	return rq_fmt(rq, "%s/objects/%.2s/%s", lab_dir(rq->lab), hash, hash);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Under a name of its own first: a file under its hash is always whole. */
static int write_file(struct request *rq, const char *hash, const char *data, size_t len)
{
	const char *path = path_of(rq, hash);
	const char *part = rq_fmt(rq, "%s.part", path);
	AUTO_FD int fd = -1;
	int err;

	if (access(path, R_OK) == 0)
		return 0;
	if (mkdir(rq_fmt(rq, "%s/objects", lab_dir(rq->lab)), 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(rq_fmt(rq, "%s/objects/%.2s", lab_dir(rq->lab), hash), 0700) < 0 &&
	    errno != EEXIST)
		return -errno;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len);
	if (!err && rename(part, path) < 0)
		err = -errno;
	if (err)
		unlink(part);
	return err;
}

static void add_count(struct request *rq, const char *hash, int64_t by)
{
	json_t *body = store_edit(rq->tx, BODY, hash);

	if (!body)
		body = store_new(rq->tx);
	json_set_int(body, "Count", json_int_or(body, "Count", 0) + by);
	store_put(rq->tx, BODY, hash, body);
}

int body_put(struct request *rq, const char *data, size_t len, const char **ret_hash)
{
	char hash[65];
	int err;

	sigv4_sha256_hex(data, len, hash);
	if (lab_dir(rq->lab)) {
		err = write_file(rq, hash, data, len);
		if (err)
			return err;
	} else if (!store_has(rq->tx, BODY, hash)) {
		AUTO_BUF struct buf text = {0};
		json_t *body = store_new(rq->tx);

		base64_encode(&text, data, len);
		json_set_str(body, "Text", buf_text(&text));
		store_put(rq->tx, BODY, hash, body);
	}
	*ret_hash = rq_strdup(rq, hash);
	add_count(rq, hash, 1);
	return 0;
}

void body_hold(struct request *rq, const char *hash)
{
	add_count(rq, hash, 1);
}

void body_drop(struct request *rq, const char *hash)
{
	add_count(rq, hash, -1);
	lab_wake(rq->lab, rq->model);
}

static json_t *read_file(const char *path, size_t start, size_t len)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FREE char *data = mem_alloc(len + 1);
	size_t done = 0;

	while (fd >= 0 && done < len) {
		ssize_t n = pread(fd, data + done, len - done, (off_t)(start + done));

		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	return fd >= 0 && done == len ? json_stringn_nocheck(data, len) : NULL;
}

static json_t *read_document(struct request *rq, const char *hash, size_t start, size_t len)
{
	const char *text = json_str_or(store_get(rq->tx, BODY, hash), "Text", "");
	AUTO_BUF struct buf data = {0};

	if (!base64_decode(&data, text, strlen(text)) || start + len > data.len)
		return NULL;
	return json_stringn_nocheck(buf_text(&data) + start, len);
}

json_t *body_read(struct request *rq, const char *hash, size_t start, size_t len)
{
	if (lab_dir(rq->lab))
		return read_file(path_of(rq, hash), start, len);
	return read_document(rq, hash, start, len);
}

void bodies_sweep(struct request *rq)
{
	const json_t *name;
	size_t i;

	json_each (store_keys(rq->tx, BODY, ""), i, name) {
		const char *hash = json_string_value(name);

		if (json_int_or(store_get(rq->tx, BODY, hash), "Count", 0) > 0)
			continue;
		if (lab_dir(rq->lab))
			unlink(path_of(rq, hash));
		store_delete(rq->tx, BODY, hash);
	}
}
