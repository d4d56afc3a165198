/*
 * master_key.c - the key that everything secret in a lab hangs on: 32 bytes in a file of its own, so
 * that a copy of the database alone says nothing.
 */
#include "lab/aws/inside.h"
#include "lib/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int write_new(const char *path, const unsigned char key[SEAL_KEY])
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (write(fd, key, SEAL_KEY) != SEAL_KEY || fsync(fd) < 0) {
		int err = errno ? -errno : -EIO;

		unlink(path);
		return err;
	}
	return 0;
}

int master_key_find(const char *dir, unsigned char ret_key[SEAL_KEY])
{
	AUTO_FREE char *path = dir ? mem_fmt("%s/master.key", dir) : NULL;
	AUTO_FD int fd = -1;

	rand_bytes(ret_key, SEAL_KEY);
	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? write_new(path, ret_key) : -errno;
	return read(fd, ret_key, SEAL_KEY) == SEAL_KEY ? 0 : -EUCLEAN;
}
