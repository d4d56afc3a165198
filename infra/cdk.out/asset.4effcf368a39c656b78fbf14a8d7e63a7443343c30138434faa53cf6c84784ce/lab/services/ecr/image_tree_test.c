/*
 * image_tree_test.c - layers unpacked: whiteouts, links, and what must never get out.
 */
#include "lab/services/ecr/image_tree.h"

#include "lib/base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct item {
	const char *path;
	int type;	  /* AE_IF…; 0: a hard link */
	const char *text; /* a file's content, a link's target */
	int mode;
};

#define LAYER_SIZE ((size_t)64 * 1024)

struct fixture {
	char dir[32];
	int fd;
	struct image_tree *tree;
};

static size_t make_layer(const struct item *items, size_t count, char layer[LAYER_SIZE])
{
	struct archive *archive = archive_write_new();
	size_t used = 0;

	archive_write_set_format_pax_restricted(archive);
	archive_write_add_filter_gzip(archive);
	assert_int_equal(archive_write_open_memory(archive, layer, LAYER_SIZE, &used), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();
		const char *text = items[i].text ? items[i].text : "";

		archive_entry_set_pathname(entry, items[i].path);
		archive_entry_set_perm(entry, (mode_t)items[i].mode);
		archive_entry_set_filetype(entry,
					   items[i].type ? (unsigned)items[i].type : AE_IFREG);
		if (!items[i].type)
			archive_entry_set_hardlink(entry, text);
		else if (items[i].type == AE_IFLNK)
			archive_entry_set_symlink(entry, text);
		else if (items[i].type == AE_IFREG)
			archive_entry_set_size(entry, (la_int64_t)strlen(text));
		assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
		if (items[i].type == AE_IFREG)
			archive_write_data(archive, text, strlen(text));
		archive_entry_free(entry);
	}
	archive_write_close(archive);
	archive_write_free(archive);
	return used;
}

static int add(struct fixture *fixture, const struct item *items, size_t count)
{
	AUTO_FREE char *layer = mem_alloc(LAYER_SIZE);
	size_t len = make_layer(items, count, layer);

	return image_tree_add_memory(fixture->tree, layer, len);
}

static int open_fixture(void **state)
{
	struct fixture *fixture = mem_new(struct fixture);
	AUTO_FREE char *root = NULL;

	snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/image-tree-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	root = mem_fmt("%s/rootfs", fixture->dir);
	assert_int_equal(mkdir(root, 0755), 0);
	fixture->fd = open(fixture->dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	assert_int_equal(image_tree_open(root, &fixture->tree), 0);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	image_tree_close(fixture->tree);
	assert_int_equal(tree_remove(fixture->fd, "rootfs"), 0);
	close(fixture->fd);
	assert_int_equal(rmdir(fixture->dir), 0);
	free(fixture);
	return 0;
}

static bool is_there(const struct fixture *fixture, const char *path, struct stat *ret_stat)
{
	AUTO_FREE char *full = mem_fmt("rootfs/%s", path);

	return fstatat(fixture->fd, full, ret_stat, AT_SYMLINK_NOFOLLOW) == 0;
}

static void files_are_readable_by_all_and_writable_by_none(void **state)
{
	static const struct item items[] = {
		{"./", AE_IFDIR, NULL, 0700},
		{"usr/bin/app", AE_IFREG, "x", 04755},
		{"etc/config", AE_IFREG, "y", 0600},
	};
	struct stat found;

	assert_int_equal(add(*state, items, array_len(items)), 0);
	assert_true(is_there(*state, "usr/bin/app", &found));
	assert_int_equal(found.st_mode, S_IFREG | 0555);
	assert_true(is_there(*state, "etc/config", &found));
	assert_int_equal(found.st_mode, S_IFREG | 0444);
	assert_true(is_there(*state, "usr/bin", &found));
	assert_int_equal(found.st_mode, S_IFDIR | 0755);
}

static void a_whiteout_hides_what_a_lower_layer_had(void **state)
{
	static const struct item lower[] = {
		{"a/one", AE_IFREG, "1", 0644},
		{"a/two", AE_IFREG, "2", 0644},
		{"b/deep/er", AE_IFREG, "3", 0644},
	};
	static const struct item upper[] = {
		{"a/.wh.one", AE_IFREG, "", 0644},
		{"b/.wh..wh..opq", AE_IFREG, "", 0644},
		{"b/new", AE_IFREG, "4", 0644},
	};
	struct stat found;

	assert_int_equal(add(*state, lower, array_len(lower)), 0);
	assert_int_equal(add(*state, upper, array_len(upper)), 0);
	assert_false(is_there(*state, "a/one", &found));
	assert_true(is_there(*state, "a/two", &found));
	assert_false(is_there(*state, "b/deep", &found));
	assert_true(is_there(*state, "b/new", &found));
	assert_false(is_there(*state, "b/.wh..wh..opq", &found));
}

static void links_stay_inside(void **state)
{
	static const struct item items[] = {
		{"usr/bin/sh", AE_IFREG, "x", 0755},
		{"bin", AE_IFLNK, "usr/bin", 0777},
		{"var/run", AE_IFLNK, "/run", 0777},
		{"usr/lib/up", AE_IFLNK, "../bin/sh", 0777},
		{"usr/bin/dash", 0, "usr/bin/sh", 0755},
	};
	struct fixture *fixture = *state;
	char target[64] = "";
	struct stat found;

	assert_int_equal(add(*state, items, array_len(items)), 0);
	assert_true(readlinkat(fixture->fd, "rootfs/var/run", target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "../run");
	assert_true(is_there(*state, "usr/bin/dash", &found));
	assert_int_equal(found.st_nlink, 2);
}

static void nothing_gets_out(void **state)
{
	static const struct item outside[][2] = {
		{{"../evil", AE_IFREG, "x", 0644}},
		{{"/evil", AE_IFREG, "x", 0644}},
		{{"a/../../evil", AE_IFREG, "x", 0644}},
		{{"l", AE_IFLNK, "../evil", 0777}},
		{{"a/l", AE_IFLNK, "../../evil", 0777}},
		{{"a/l", AE_IFLNK, "b/../../../evil", 0777}},
		{{"l", AE_IFLNK, "/tmp/../../evil", 0777}},
		{{"h", 0, "../evil", 0644}},
		{{"dev/null", AE_IFCHR, NULL, 0666}},
		{{"pipe", AE_IFIFO, NULL, 0666}},
		/* Through a link that another entry made. */
		{{"d", AE_IFLNK, "usr", 0777}, {"d/evil", AE_IFREG, "x", 0644}},
	};

	for (size_t i = 0; i < array_len(outside); i++) {
		int err = add(*state, outside[i], outside[i][1].path ? 2 : 1);

		assert_int_not_equal(err, 0);
		assert_true(*image_tree_error(((struct fixture *)*state)->tree));
	}
}

static void what_is_no_archive_is_refused(void **state)
{
	static const char junk[] =
		"this is not a tar archive, however long it may be .............";
	struct fixture *fixture = *state;

	assert_int_equal(image_tree_add_memory(fixture->tree, junk, sizeof(junk)), -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_readable_by_all_and_writable_by_none),
		TEST(a_whiteout_hides_what_a_lower_layer_had),
		TEST(links_stay_inside),
		TEST(nothing_gets_out),
		TEST(what_is_no_archive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
