/*
 * packages.c - the npm packages the kernel is given: whether they are there, and in what form.
 *
 *   keeps      node_modules/.cache/jsii   the kernel's indexes of types, 25 MB; npm ci removes it
 */
#include "infra/jsii/packages.h"
#include "lib/base/folder.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTALL "tools/deps installs it"
#define INDEX "/.jsii.runtime.v1.json" /* written last */

static char *version_of(const char *manifest)
{
	AUTO_JSON json_t *package = json_load_file(manifest, 0, NULL);

	return mem_strdup(json_str(package, "version"));
}

static char *check_version(const struct packages *packages, const char *name, const char *wanted)
{
	AUTO_FREE char *manifest = mem_fmt("%s/node_modules/%s/package.json", packages->home, name);
	AUTO_FREE char *version = version_of(manifest);

	if (!version)
		return mem_fmt("the npm package %s is missing in %s/node_modules; " INSTALL, name,
			       packages->home);
	if (wanted && strcmp(version, wanted) != 0)
		return mem_fmt(
			"the npm package %s is %s in %s/node_modules, and must be %s; " INSTALL,
			name, version, packages->home, wanted);
	return NULL;
}

/* node is the one of its packages that is for this processor. */
static char *check_node(const struct packages *packages, const json_t *wanted)
{
	AUTO_FREE char *real = realpath(packages->node, NULL);
	const char *name, *folder;
	const json_t *version;

	if (!real || access(real, X_OK) < 0)
		return mem_fmt("node is missing: %s; " INSTALL, packages->node);
	json_each_member (wanted, name, version) {
		folder = strstr(real, name);
		if (folder && folder[strlen(name)] == '/')
			return check_version(packages, name, json_string_value(version));
	}
	return mem_fmt("%s is not the node of package.json, but %s; " INSTALL, packages->node,
		       real);
}

static char *check(const struct packages *packages)
{
	AUTO_FREE char *manifest = mem_fmt("%s/package.json", packages->home);
	AUTO_JSON json_t *package = json_load_file(manifest, 0, NULL);
	const char *name;
	const json_t *version;
	char *why;

	if (!package)
		return mem_fmt("%s: %s", manifest, errno ? log_strerror(errno) : "no JSON");
	json_each_member (json_get(package, "dependencies"), name, version) {
		why = check_version(packages, name, json_string_value(version));
		if (why)
			return why;
	}
	return check_node(packages, json_get(package, "optionalDependencies"));
}

static bool is_folder_of_mine(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       access(path, W_OK) == 0;
}

/* Only in a clone of one's own: what root left there, its owner's npm could not remove. */
static char *find_cache(const char *home)
{
	AUTO_FREE char *modules = mem_fmt("%s/node_modules", home);
	AUTO_FREE char *all = mem_fmt("%s/.cache", modules);
	char *cache = mem_fmt("%s/jsii", all);

	if (is_folder_of_mine(modules)) {
		mkdir(all, 0777);
		mkdir(cache, 0777);
	}
	if (is_folder_of_mine(cache))
		return cache;
	free(cache);
	return NULL;
}

static bool matches(const char *pattern)
{
	glob_t found;
	int err = glob(pattern, GLOB_NOSORT, NULL, &found);

	globfree(&found);
	return err == 0;
}

static bool cache_is_empty(const char *cache)
{
	AUTO_FREE char *pattern = mem_fmt("%s/aws-cdk-lib/*/*" INDEX, cache);

	return !matches(pattern);
}

/* The first to come makes the index, at a gigabyte of memory; who comes meanwhile waits for it. */
static int lock_first_use(const char *cache)
{
	AUTO_FREE char *path = mem_fmt("%s/lock", cache);
	int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);

	while (lock >= 0 && flock(lock, LOCK_EX) < 0 && errno == EINTR)
		;
	if (lock >= 0 && !cache_is_empty(cache)) {
		close(lock);
		lock = -1;
	}
	return lock;
}

static char *make_scratch(char **ret_scratch)
{
	const char *tmp = getenv("TMPDIR");
	char *scratch = mem_fmt("%s/golden-infra-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	char *why = NULL;

	if (mkdtemp(scratch)) {
		*ret_scratch = scratch;
		return NULL;
	}
	why = mem_fmt("%s: %s", scratch, log_strerror(errno));
	free(scratch);
	return why;
}

char *packages_open(const char *home, struct packages *ret_packages)
{
	char *why;

	*ret_packages = (struct packages){
		.home = mem_strdup(home),
		.node = mem_fmt("%s/node_modules/.bin/node", home),
		/* The bundle: the one beside it would load another version of itself. */
		.program = mem_fmt("%s/node_modules/@jsii/runtime/webpack/lib/program.js", home),
		.lock = -1,
	};
	why = check(ret_packages);
	if (!why)
		why = make_scratch(&ret_packages->scratch);
	if (why)
		return why;
	ret_packages->cache = find_cache(home);
	if (ret_packages->cache && cache_is_empty(ret_packages->cache))
		ret_packages->lock = lock_first_use(ret_packages->cache);
	return NULL;
}

void packages_unlock(struct packages *packages)
{
	if (packages->lock >= 0)
		close(packages->lock);
	packages->lock = -1;
}

void packages_close(struct packages *packages)
{
	packages_unlock(packages);
	if (packages->scratch)
		folder_remove(packages->scratch);
	free(packages->home);
	free(packages->node);
	free(packages->program);
	free(packages->scratch);
	free(packages->cache);
	*packages = (struct packages){.lock = -1};
}

/* What the kernel digests as the key of its cache: the same bytes for the same package. */
static void add_file(struct archive *tar, const char *name, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	if (archive_write_header(tar, entry) == ARCHIVE_OK)
		archive_write_data(tar, text, strlen(text));
	archive_entry_free(entry);
}

static char *manifest_text(const char *name, const char *version)
{
	AUTO_JSON json_t *manifest = json_object();

	json_set_str(manifest, "name", name);
	json_set_str(manifest, "version", version);
	json_set_str(manifest, "main", "index.js");
	return json_text(manifest);
}

static char *redirect_text(const char *folder)
{
	AUTO_FREE char *packed = mem_fmt("%s/.jsii.gz", folder);
	AUTO_FREE char *plain = mem_fmt("%s/.jsii", folder);
	AUTO_JSON json_t *redirect = json_object();
	bool is_packed = access(packed, R_OK) == 0;

	json_set_str(redirect, "schema", "jsii/file-redirect");
	if (is_packed)
		json_set_str(redirect, "compression", "gzip");
	json_set_str(redirect, "filename", is_packed ? packed : plain);
	return json_text(redirect);
}

static char *main_text(const char *folder)
{
	AUTO_JSON json_t *path = json_string(folder);
	AUTO_FREE char *quoted = json_dumps(path, JSON_ENCODE_ANY);

	return mem_fmt("module.exports=require(%s)", quoted);
}

char *packages_pack(const struct packages *packages, const char *name, char **ret_version,
		    char **ret_tar)
{
	AUTO_FREE char *folder = mem_fmt("%s/node_modules/%s", packages->home, name);
	AUTO_FREE char *path = mem_fmt("%s/package.json", folder);
	AUTO_FREE char *version = version_of(path);
	AUTO_FREE char *manifest = manifest_text(name, version);
	AUTO_FREE char *redirect = redirect_text(folder);
	AUTO_FREE char *entry = main_text(folder);
	char *file = mem_fmt("%s/package.tar", packages->scratch);
	struct archive *tar;
	char *why = NULL;

	if (!version) {
		free(file);
		return check_version(packages, name, NULL);
	}
	tar = archive_write_new();
	archive_write_set_format_ustar(tar);
	if (archive_write_open_filename(tar, file) == ARCHIVE_OK) {
		add_file(tar, "package/package.json", manifest);
		add_file(tar, "package/index.js", entry);
		add_file(tar, "package/.jsii", redirect);
	}
	if (archive_write_close(tar) != ARCHIVE_OK || archive_errno(tar))
		why = mem_fmt("%s: %s", file, log_strerror(archive_errno(tar)));
	archive_write_free(tar);
	if (why) {
		free(file);
		return why;
	}
	*ret_version = mem_strdup(version);
	*ret_tar = file;
	return NULL;
}

/* The kernel's folder of modules is links into its cache, under its TMPDIR. */
bool packages_indexed(const struct packages *packages, const char *name)
{
	AUTO_FREE char *pattern =
		mem_fmt("%s/jsii-kernel-*/node_modules/%s" INDEX, packages->scratch, name);

	return matches(pattern);
}
