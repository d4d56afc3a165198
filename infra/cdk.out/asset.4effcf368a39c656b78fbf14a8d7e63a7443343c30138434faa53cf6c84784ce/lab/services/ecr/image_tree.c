/*
 * image_tree.c - an image's layers, unpacked one over the other into a folder that can run.
 *
 * Every path is walked from the root's descriptor, a component at a time, never through a link: so
 * where an entry lands is where its name says, whatever was unpacked before.
 *
 *   left out   owners (all is ours), times, extended attributes, sparse files, zstd
 */
#include "lab/services/ecr/image_tree.h"

#include "lib/base/buf.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define NAME_LEN_MAX 255
#define READ_SIZE ((size_t)256 * 1024)
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct image_tree {
	int root;
	int64_t entries;
	int64_t bytes;
	char *error;
};

/* An entry's name, cut at the slashes; its parts point into `text`. */
struct path {
	char *text;
	char *parts[DEPTH_MAX];
	int count;
};

int image_tree_open(const char *rootfs, struct image_tree **ret_tree)
{
	struct image_tree *tree = mem_new(struct image_tree);

	tree->root = open(rootfs, O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (tree->root < 0) {
		int err = -errno;

		image_tree_close(tree);
		return err;
	}
	*ret_tree = tree;
	return 0;
}

void image_tree_close(struct image_tree *tree)
{
	if (!tree)
		return;
	if (tree->root >= 0)
		close(tree->root);
	free(tree->error);
	free(tree);
}

const char *image_tree_error(const struct image_tree *tree)
{
	return tree->error ? tree->error : "";
}

static int wrong(struct image_tree *tree, int err, const char *what, const char *name)
{
	free(tree->error);
	tree->error = mem_fmt("%s: %s", name, what);
	return err;
}

/* "./a//b/" is a, b. False: it climbs, is absolute, or is too long or deep. */
static bool path_read(const char *name, struct path *ret_path)
{
	struct path path = {.text = mem_strdup(name)};
	char *rest = path.text, *part;

	while (*name != '/' && (part = strsep(&rest, "/"))) {
		if (!*part || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0 || strlen(part) > NAME_LEN_MAX ||
		    path.count == DEPTH_MAX) {
			free(path.text);
			return false;
		}
		path.parts[path.count++] = part;
	}
	if (*name == '/') {
		free(path.text);
		return false;
	}
	*ret_path = path;
	return true;
}

/* For everybody to look into, whatever our umask is. */
static int new_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) < 0 || fchmodat(parent, name, 0755, 0) < 0)
		return -errno;
	return 0;
}

/* The folder that holds the path's last part; folders on the way are made. An open descriptor. */
static int open_parent(struct image_tree *tree, const struct path *path)
{
	int folder = openat(tree->root, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	for (int i = 0; folder >= 0 && i + 1 < path->count; i++) {
		int inner, err = new_folder(folder, path->parts[i]);

		if (err && err != -EEXIST) {
			close(folder);
			return err;
		}
		inner = openat(folder, path->parts[i],
			       O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (inner < 0)
			inner = -errno;
		close(folder);
		folder = inner;
	}
	return folder == -1 ? -errno : folder;
}

static int remove_all_in(int folder, int depth);

static int remove_entry(int parent, const char *name, int depth)
{
	int folder, err;

	if (unlinkat(parent, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	folder = openat(parent, name, O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	fchmod(folder, 0700);
	err = remove_all_in(folder, depth + 1);
	close(folder);
	if (!err && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

static int remove_all_in(int folder, int depth)
{
	int copy = dup(folder);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int err = 0;

	if (!list || depth > 2 * DEPTH_MAX) {
		if (list)
			closedir(list);
		else if (copy >= 0)
			close(copy);
		return -ELOOP;
	}
	rewinddir(list);
	while (!err && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = remove_entry(folder, entry->d_name, depth);
	closedir(list);
	return err;
}

int tree_remove(int parent, const char *name)
{
	return remove_entry(parent, name, 0);
}

/* A whiteout: what lower layers have by that name is not there any more. */
static int take_whiteout(int parent, const char *name)
{
	int err;

	if (strcmp(name, OPAQUE) == 0)
		return remove_all_in(parent, 0);
	err = remove_entry(parent, name + strlen(WHITEOUT), 0);
	return err == -ENOENT ? 0 : err;
}

/*
 * Where a link may lead: up only at its beginning, and not above the root. An absolute target means
 * the image's root, as it would in a container, and is written as a relative one.
 */
static bool link_target(const struct path *path, const char *target, struct buf *ret_target)
{
	int depth = path->count - 1;
	struct path down;
	int ups = 0;

	if (*target == '/') {
		for (int i = 0; i < depth; i++)
			buf_str(ret_target, "../");
		while (*target == '/')
			target++;
		ups = depth;
	}
	while (strncmp(target, "../", 3) == 0 || strcmp(target, "..") == 0) {
		if (ups++ >= depth)
			return false;
		buf_str(ret_target, "../");
		target += target[2] ? 3 : 2;
	}
	if (!path_read(target, &down))
		return false;
	for (int i = 0; i < down.count; i++)
		buf_fmt(ret_target, "%s%s", i ? "/" : "", down.parts[i]);
	if (!ret_target->len)
		buf_str(ret_target, ".");
	free(down.text);
	return true;
}

static int make_folder(int parent, const char *name)
{
	struct stat found;

	if (fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISDIR(found.st_mode))
			return 0;
		if (unlinkat(parent, name, 0) < 0)
			return -errno;
	}
	return new_folder(parent, name);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t wrote = write(fd, data, len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		data += wrote;
		len -= (size_t)wrote;
	}
	return 0;
}

static int copy_data(struct image_tree *tree, struct archive *archive, int fd)
{
	AUTO_FREE char *piece = mem_alloc(READ_SIZE);
	ssize_t got;
	int err;

	while ((got = archive_read_data(archive, piece, READ_SIZE)) > 0) {
		tree->bytes += got;
		if (tree->bytes > TREE_BYTES_MAX)
			return -EFBIG;
		err = write_all(fd, piece, (size_t)got);
		if (err)
			return err;
	}
	return got < 0 ? -EBADMSG : 0;
}

static int make_file(struct image_tree *tree, struct archive *archive, struct archive_entry *entry,
		     int parent, const char *name)
{
	bool runs = archive_entry_perm(entry) & 0111;
	int fd, err;

	err = remove_entry(parent, name, 0);
	if (err && err != -ENOENT)
		return err;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = copy_data(tree, archive, fd);
	if (!err && fchmod(fd, runs ? 0555 : 0444) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

static int make_symlink(struct image_tree *tree, struct archive_entry *entry,
			const struct path *path, int parent)
{
	const char *name = path->parts[path->count - 1];
	const char *target = archive_entry_symlink(entry);
	struct buf inside AUTO_BUF = {0};
	int err;

	if (!target || !link_target(path, target, &inside))
		return wrong(tree, -EPERM, "a link that leads outside",
			     archive_entry_pathname(entry));
	err = remove_entry(parent, name, 0);
	if (err && err != -ENOENT)
		return err;
	return symlinkat(buf_text(&inside), parent, name) < 0 ? -errno : 0;
}

static int make_hard_link(struct image_tree *tree, struct archive_entry *entry, int parent,
			  const char *name)
{
	const char *target = archive_entry_hardlink(entry);
	struct path path;
	struct stat found;
	const char *last;
	int from, err;

	if (!path_read(target, &path) || !path.count)
		return wrong(tree, -EPERM, "a link that leads outside", target);
	last = path.parts[path.count - 1];
	from = open_parent(tree, &path);
	err = from < 0 ? from : 0;
	if (!err &&
	    (fstatat(from, last, &found, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(found.st_mode)))
		err = -EPERM;
	if (!err) {
		err = remove_entry(parent, name, 0);
		if (err == -ENOENT)
			err = 0;
	}
	if (!err && linkat(from, last, parent, name, 0) < 0)
		err = -errno;
	if (from >= 0)
		close(from);
	free(path.text);
	return err;
}

static int make_entry(struct image_tree *tree, struct archive *archive, struct archive_entry *entry,
		      const struct path *path, int parent)
{
	const char *name = path->parts[path->count - 1];

	if (strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0)
		return take_whiteout(parent, name);
	if (archive_entry_hardlink(entry))
		return make_hard_link(tree, entry, parent, name);
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return make_folder(parent, name);
	case AE_IFREG:
		return make_file(tree, archive, entry, parent, name);
	case AE_IFLNK:
		return make_symlink(tree, entry, path, parent);
	default:
		return wrong(tree, -EPERM, "neither file, folder nor link", name);
	}
}

static int add_entry(struct image_tree *tree, struct archive *archive, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	struct path path;
	int parent, err;

	if (++tree->entries > TREE_ENTRIES_MAX)
		return wrong(tree, -EFBIG, "too many files", "layer");
	if (!name || !path_read(name, &path))
		return wrong(tree, -EPERM, "a path that leads outside", name ? name : "layer");
	if (!path.count) { /* "./": the root itself */
		free(path.text);
		return 0;
	}
	parent = open_parent(tree, &path);
	err = parent < 0 ? parent : make_entry(tree, archive, entry, &path, parent);
	if (parent >= 0)
		close(parent);
	free(path.text);
	if (err && !tree->error)
		wrong(tree, err, strerror(-err), name);
	return err;
}

static int add_archive(struct image_tree *tree, struct archive *archive)
{
	struct archive_entry *entry;
	int got, err = 0;

	while (!err && (got = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return wrong(tree, -EBADMSG, "not a tar archive, or a damaged one",
				     "layer");
		err = add_entry(tree, archive, entry);
	}
	return err;
}

static struct archive *reader(void)
{
	struct archive *archive = archive_read_new();

	archive_read_support_filter_gzip(archive);
	archive_read_support_format_tar(archive);
	return archive;
}

int image_tree_add(struct image_tree *tree, const char *path)
{
	struct archive *archive = reader();
	int err;

	err = archive_read_open_filename(archive, path, READ_SIZE) == ARCHIVE_OK
		      ? add_archive(tree, archive)
		      : wrong(tree, -EBADMSG, "not a tar archive, or a damaged one", "layer");
	archive_read_free(archive);
	return err;
}

int image_tree_add_memory(struct image_tree *tree, const void *data, size_t len)
{
	struct archive *archive = reader();
	int err;

	err = archive_read_open_memory(archive, data, len) == ARCHIVE_OK
		      ? add_archive(tree, archive)
		      : wrong(tree, -EBADMSG, "not a tar archive, or a damaged one", "layer");
	archive_read_free(archive);
	return err;
}
