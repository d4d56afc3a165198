/*
 * home.c - the state folder of a lab, as the control plane finds it.
 */
#include "lab/home.h"
#include "lib/base/buf.h"
#include "lib/base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NUMBERS 254 /* 127.1.0.0/16 to 127.254.0.0/16 */
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BASE32 UPPER "234567"
#define BASE64 UPPER "abcdefghijklmnopqrstuvwxyz0123456789+/"

struct home {
	char *dir;
	int folder; /* descriptor */
	int lock;
	int claim; /* an abstract socket: the number is ours while it is open */
	int number;
	int port;
	char access_key_id[21];
	char secret_access_key[41];
};

static int write_file(const struct home *home, const char *name, const char *text)
{
	AUTO_FREE char *fresh = mem_fmt("%s.new", name);
	AUTO_FD int fd =
		openat(home->folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0)
		return errno ? -errno : -EIO;
	return renameat(home->folder, fresh, home->folder, name) < 0 ? -errno : 0;
}

/* Text of a small file, NUL-terminated; false if it is not there. */
static bool read_file(const struct home *home, const char *name, char *text, size_t size)
{
	AUTO_FD int fd = openat(home->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

static int read_number(const struct home *home, const char *name, int most)
{
	char text[16];
	long number = read_file(home, name, text, sizeof(text)) ? strtol(text, NULL, 10) : 0;

	return number > 0 && number <= most ? (int)number : 0;
}

static int write_number(const struct home *home, const char *name, int number)
{
	AUTO_FREE char *text = mem_fmt("%d\n", number);

	return write_file(home, name, text);
}

/* Others must be able to pass every folder above: the first that they can't, or NULL. */
static char *closed_folder_above(const char *dir)
{
	char *path = mem_strdup(dir);
	struct stat st;

	for (char *slash = strrchr(path, '/'); slash && slash != path; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (stat(path, &st) == 0 && !(st.st_mode & S_IXOTH))
			return path;
	}
	free(path);
	return NULL;
}

static int check_folder(struct home *home, char **ret_why)
{
	AUTO_FREE char *closed = NULL;
	struct stat st;

	if (fstat(home->folder, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid()) {
		*ret_why = mem_fmt("the state folder %s belongs to another user", home->dir);
		return -EPERM;
	}
	if (geteuid() != 0)
		return fchmod(home->folder, 0700) < 0 ? -errno : 0;

	closed = closed_folder_above(home->dir);
	if (closed) {
		*ret_why =
			mem_fmt("%s is closed to other users, and as root the lab's PostgreSQL and "
				"tasks run as others; choose another folder with --dir",
				closed);
		return -EACCES;
	}
	return fchmod(home->folder, 0711) < 0 ? -errno : 0;
}

static int take_lock(struct home *home, char **ret_why)
{
	AUTO_FREE char *pid = mem_fmt("%d\n", (int)getpid());
	size_t len = strlen(pid);

	home->lock = openat(home->folder, "goldend.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (home->lock < 0)
		return -errno;
	if (flock(home->lock, LOCK_EX | LOCK_NB) < 0) {
		*ret_why = mem_fmt("a lab is running already in %s", home->dir);
		return -EEXIST;
	}
	if (ftruncate(home->lock, 0) < 0 || write(home->lock, pid, len) != (ssize_t)len)
		return -errno;
	return 0;
}

/* -EADDRINUSE if another lab on this machine has the number. */
static int claim(struct home *home, int number)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "golden-%d", number);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, size) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	home->claim = fd;
	home->number = number;
	return 0;
}

/* Where a folder's search begins is its own, so that two labs seldom want the same number. */
static int first_choice(const char *dir)
{
	unsigned hash = 5381;

	for (; *dir; dir++)
		hash = hash * 33 + (unsigned char)*dir;
	return (int)(hash % NUMBERS);
}

static int claim_number(struct home *home, char **ret_why)
{
	int kept = read_number(home, "number", NUMBERS);
	int first = first_choice(home->dir);

	if (kept && claim(home, kept) < 0) {
		*ret_why = mem_fmt("another lab has this lab's addresses 127.%d.0.0/16 meanwhile; "
				   "take that one down first",
				   kept);
		return -EADDRINUSE;
	}
	for (int i = 0; i < NUMBERS && !home->number; i++) {
		if (claim(home, (first + i) % NUMBERS + 1) == 0)
			return write_number(home, "number", home->number);
	}
	if (home->number)
		return 0;
	*ret_why = mem_fmt("%d labs run on this machine already", NUMBERS);
	return -EADDRINUSE;
}

static bool read_key(struct home *home)
{
	char text[512];

	return read_file(home, "credentials", text, sizeof(text)) &&
	       sscanf(text, "[default]\naws_access_key_id = %20s\naws_secret_access_key = %40s",
		      home->access_key_id, home->secret_access_key) == 2;
}

static int make_key(struct home *home)
{
	AUTO_FREE char *text = NULL;

	snprintf(home->access_key_id, sizeof(home->access_key_id), "AKIA");
	rand_text(home->access_key_id + 4, 16, BASE32);
	rand_text(home->secret_access_key, 40, BASE64);
	text = mem_fmt("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
		       home->access_key_id, home->secret_access_key);
	return write_file(home, "credentials", text);
}

static int furnish(struct home *home, char **ret_why)
{
	int err = check_folder(home, ret_why);

	if (err == 0)
		err = take_lock(home, ret_why);
	if (err == 0)
		err = claim_number(home, ret_why);
	if (err == 0 && !read_key(home))
		err = make_key(home);
	if (err == 0)
		home->port = read_number(home, "port", 65535);
	return err;
}

int home_open(const char *dir, struct home **ret_home, char **ret_why)
{
	struct home *home = mem_new(struct home);
	int err = 0;

	*ret_why = NULL;
	home->lock = home->claim = -1;
	home->dir = realpath(dir, NULL);
	home->folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!home->dir || home->folder < 0)
		err = -errno;
	if (err == 0)
		err = furnish(home, ret_why);
	if (err < 0) {
		if (!*ret_why)
			*ret_why =
				mem_fmt("can't use the state folder %s: %s", dir, strerror(-err));
		if (home->lock >= 0 && err == -EEXIST) {
			close(home->lock); /* another's */
			home->lock = -1;
		}
		home_close(home);
		return err;
	}
	*ret_home = home;
	return 0;
}

void home_close(struct home *home)
{
	if (!home)
		return;
	if (home->lock >= 0) {
		unlinkat(home->folder, "endpoint", 0);
		close(home->lock);
	}
	if (home->claim >= 0)
		close(home->claim);
	if (home->folder >= 0)
		close(home->folder);
	free(home->dir);
	free(home);
}

const char *home_dir(const struct home *home)
{
	return home->dir;
}

int home_number(const struct home *home)
{
	return home->number;
}

int home_port(const struct home *home)
{
	return home->port;
}

const char *home_access_key_id(const struct home *home)
{
	return home->access_key_id;
}

const char *home_secret_access_key(const struct home *home)
{
	return home->secret_access_key;
}

int home_announce(struct home *home, const char *url, int port)
{
	AUTO_FREE char *line = mem_fmt("%s\n", url);
	int err = write_number(home, "port", port);

	return err < 0 ? err : write_file(home, "endpoint", line);
}
