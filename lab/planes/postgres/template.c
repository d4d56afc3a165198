/*
 * template.c - a database cluster that initdb made once, to be copied.
 *
 *   keeps      <cache>/postgres-<build>, one a build of PostgreSQL and a set of flags
 *
 * initdb takes a second, a copy a few hundredths. The cache is the user's, shared by all his labs:
 * /var/cache/golden for root, else XDG_CACHE_HOME or ~/.cache; if he may write neither, the state folder.
 */
#include "lab/planes/postgres/postgres.h"
#include "lib/base/folder.h"

#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS_VERSION 1 /* counts up when initdb's flags below change */

int owner_find(struct arena *arena, struct owner *ret_owner)
{
	const struct passwd *user;

	if (geteuid() != 0) {
		*ret_owner = (struct owner){.home = "/"};
		return 0;
	}
	user = getpwnam("postgres");
	if (!user || user->pw_uid == 0)
		return -ENOENT;
	*ret_owner = (struct owner){
		.uid = user->pw_uid,
		.gid = user->pw_gid,
		.home = arena_strdup(arena, user->pw_dir),
	};
	return 0;
}

static int make_owned_folder(const struct owner *owner, const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	if (owner->uid != 0 && lchown(path, owner->uid, owner->gid) < 0)
		return -errno;
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* The newest major version that is installed, where Debian and others put it. */
static const char *find_programs(struct arena *arena)
{
	static const char *const places[] = {"/usr/lib/postgresql/*/bin/postgres",
					     "/usr/pgsql-*/bin/postgres", "/usr/local/bin/postgres",
					     "/usr/bin/postgres"};
	const char *best = NULL;

	for (size_t i = 0; !best && i < array_len(places); i++) {
		glob_t found;

		if (glob(places[i], 0, NULL, &found) != 0)
			continue;
		for (size_t n = 0; n < found.gl_pathc; n++) {
			if (!best || strverscmp(found.gl_pathv[n], best) > 0)
				best = arena_strdup(arena, found.gl_pathv[n]);
		}
		globfree(&found);
	}
	return best ? arena_strndup(arena, best, (size_t)(strrchr(best, '/') - best)) : NULL;
}

/* Makes the folder and those above it. False: it is not ours to write. */
static bool make_folders(struct arena *arena, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
		mkdir(arena_strndup(arena, path, (size_t)(slash - path)), 0755);
	mkdir(path, 0755);
	return access(path, W_OK | X_OK) == 0;
}

/* As the user that we are, which need not be whose environment this is. */
static const char *find_cache(struct arena *arena)
{
	const struct passwd *user = getpwuid(geteuid());
	const char *set = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	const char *places[] = {
		geteuid() == 0 ? "/var/cache/golden" : NULL,
		set && *set == '/' ? arena_fmt(arena, "%s/golden", set) : NULL,
		home && *home == '/' ? arena_fmt(arena, "%s/.cache/golden", home) : NULL,
		user ? arena_fmt(arena, "%s/.cache/golden", user->pw_dir) : NULL,
		"postgres/cache", /* in the state folder */
	};

	for (size_t i = 0; i < array_len(places); i++) {
		if (places[i] && make_folders(arena, places[i]))
			return places[i];
	}
	return ".";
}

int template_find(struct arena *arena, struct template *ret_template)
{
	const char *programs = find_programs(arena);
	const char *cache;
	struct stat st;

	if (!programs || stat(arena_fmt(arena, "%s/postgres", programs), &st) < 0)
		return -ENOENT;
	cache = realpath(find_cache(arena), NULL);
	if (!cache)
		return -errno;
	ret_template->programs = programs;
	ret_template->folder = arena_fmt(arena, "%s/postgres-%d-%lld-%lld", cache, FLAGS_VERSION,
					 (long long)st.st_size, (long long)st.st_mtime);
	ret_template->building = arena_fmt(arena, "%s.%d", ret_template->folder, (int)getpid());
	ret_template->lock = arena_fmt(arena, "%s.lock", ret_template->folder);
	free((char *)(uintptr_t)cache);
	return 0;
}

bool template_there(const struct template *template, const struct owner *owner)
{
	uid_t uid = owner->uid ? owner->uid : geteuid();
	struct stat st;

	/* Somebody else's would be somebody else's pg_hba.conf. */
	return lstat(template->folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid &&
	       (st.st_mode & 077) == 0;
}

static int run(struct arena *arena, const struct owner *owner, char **args, pid_t *ret_pid)
{
	char *env[] = {
		arena_strdup(arena, "PATH=/usr/bin:/bin"),
		arena_strdup(arena, "LC_ALL=C"),
		arena_fmt(arena, "HOME=%s", owner->home),
		NULL,
	};
	struct launch launch = {
		.program = args[0],
		.args = args,
		.env = env,
		.uid = owner->uid,
		.gid = owner->gid,
		.output = -1,
		.extra = -1,
	};

	return launch_start(&launch, ret_pid);
}

int template_build(struct arena *arena, const struct template *template, const struct owner *owner,
		   pid_t *ret_pid)
{
	const char *args[] = {
		arena_fmt(arena, "%s/initdb", template->programs),
		"--pgdata",
		template->building,
		"--username=postgres",
		"--auth-local=trust", /* its socket lies in its own folder, which is 0700 */
		"--auth-host=scram-sha-256",
		"--no-sync",
		"--no-locale",
		"--encoding=UTF8",
		"--no-instructions",
		"--wal-segsize=1",
		NULL,
	};
	int err;

	folder_remove(template->building);
	err = make_owned_folder(owner, template->building, 0700);
	return err < 0 ? err : run(arena, owner, (char **)(uintptr_t)args, ret_pid);
}

int template_built(const struct template *template)
{
	return rename(template->building, template->folder) < 0 ? -errno : 0;
}

int template_copy(struct arena *arena, const struct template *template, const struct owner *owner,
		  const char *to, pid_t *ret_pid)
{
	const char *args[] = {
		"/bin/cp", "-a", "--reflink=auto", arena_fmt(arena, "%s/.", template->folder),
		to,	   NULL,
	};
	int err;

	folder_remove(to);
	err = make_owned_folder(owner, to, 0700);
	return err < 0 ? err : run(arena, owner, (char **)(uintptr_t)args, ret_pid);
}
