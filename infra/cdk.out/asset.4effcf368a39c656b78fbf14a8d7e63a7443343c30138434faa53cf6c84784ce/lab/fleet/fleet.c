/*
 * fleet.c - all the planes: orders by transaction, adoption, the clock.
 */
#include "lab/fleet/fleet.h"

#include "lab/fleet/member.h"
#include "lab/wire/plane_lock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGS_KEPT 32 /* of planes that are gone */

static struct member *find(const struct fleet *fleet, const char *role, const char *id)
{
	struct member *member;

	TAILQ_FOREACH(member, &fleet->members, link)
	{
		if (strcmp(member->id, id) == 0 && strcmp(member->role, role) == 0)
			return member;
	}
	return NULL;
}

static struct member *find_or_new(struct fleet *fleet, const char *role, const char *id)
{
	struct member *member = find(fleet, role, id);

	return member ? member : member_new(fleet, role, id);
}

/* "run/alb-0123.lock" is read back: the first '-' ends the role. */
static void adopt_one(struct fleet *fleet, char *name)
{
	AUTO_FREE char *path = mem_fmt("run/%s", name);
	char *dot = strrchr(name, '.');
	char *dash = strchr(name, '-');
	AUTO_FREE char *socket = NULL;
	pid_t pid;

	if (!dot || strcmp(dot, ".lock") != 0 || !dash || dash > dot)
		return;
	*dot = '\0';
	if (plane_lock_holder(fleet->dir, path, &pid) == 0) {
		*dash = '\0';
		member_adopt(find_or_new(fleet, name, dash + 1), pid);
		return;
	}
	socket = mem_fmt("run/%s.sock", name);
	unlinkat(fleet->dir, path, 0);
	unlinkat(fleet->dir, socket, 0);
}

static int open_run(const struct fleet *fleet, DIR **ret_dir)
{
	int fd = openat(fleet->dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret_dir = fdopendir(fd);
	if (*ret_dir)
		return 0;
	close(fd);
	return -ENOMEM;
}

static int adopt_all(struct fleet *fleet)
{
	struct dirent *entry;
	DIR *dir;
	int err = open_run(fleet, &dir);

	if (err < 0)
		return err;
	while ((entry = readdir(dir)))
		adopt_one(fleet, entry->d_name);
	closedir(dir);
	return 0;
}

struct old_log {
	char *name; /* NULL: a free place */
	time_t changed;
};

static void drop_log(const struct fleet *fleet, char *name)
{
	AUTO_FREE char *path = name ? mem_fmt("run/%s", name) : NULL;

	if (path)
		unlinkat(fleet->dir, path, 0);
	free(name);
}

/* "run/alb-0123.log" of a plane that is gone? Ours to free, or NULL. */
static char *old_log_name(struct fleet *fleet, const char *name, time_t *ret_changed)
{
	AUTO_FREE char *path = mem_fmt("run/%s", name);
	AUTO_FREE char *role = mem_strdup(name);
	char *dot = strrchr(role, '.');
	char *dash = strchr(role, '-');
	struct stat stat;

	if (!dot || strcmp(dot, ".log") != 0 || !dash || dash > dot)
		return NULL;
	*dot = '\0';
	*dash = '\0';
	if (find(fleet, role, dash + 1) ||
	    fstatat(fleet->dir, path, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	*ret_changed = stat.st_mtime;
	return mem_strdup(name);
}

/* A free place, or the oldest. */
static struct old_log *worst_of(struct old_log kept[LOGS_KEPT])
{
	struct old_log *worst = kept;

	for (size_t i = 1; i < LOGS_KEPT && worst->name; i++) {
		if (!kept[i].name || kept[i].changed < worst->changed)
			worst = &kept[i];
	}
	return worst;
}

/* The newest logs of those that are gone may explain something; the rest goes. */
static void prune_logs(struct fleet *fleet)
{
	struct old_log kept[LOGS_KEPT] = {0};
	const struct dirent *entry;
	DIR *dir;

	if (open_run(fleet, &dir) < 0)
		return;
	while ((entry = readdir(dir))) {
		struct old_log *worst = worst_of(kept);
		struct old_log one;

		one.name = old_log_name(fleet, entry->d_name, &one.changed);
		if (one.name && (!worst->name || one.changed > worst->changed)) {
			drop_log(fleet, worst->name);
			*worst = one;
		} else {
			drop_log(fleet, one.name);
		}
	}
	closedir(dir);
	for (size_t i = 0; i < LOGS_KEPT; i++)
		free(kept[i].name);
}

/*
 * Planes that are not root must reach the state folder, and make sockets in run/; nobody may remove
 * another's there.
 */
static int let_plane_user_in(struct fleet *fleet)
{
	struct stat stat;

	if (fstat(fleet->dir, &stat) < 0 || fchmod(fleet->dir, (stat.st_mode & 07777) | 0011) < 0 ||
	    fchownat(fleet->dir, "run", 0, fleet->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(fleet->dir, "run", 01770, 0) < 0)
		return -errno;
	return 0;
}

static int find_plane_user(struct fleet *fleet, const char *name)
{
	const struct passwd *user;

	if (!name || geteuid() != 0)
		return 0;
	errno = 0;
	user = getpwnam(name);
	if (!user)
		return errno ? -errno : -ENOENT;
	fleet->plane_user = mem_strdup(name);
	fleet->uid = user->pw_uid;
	fleet->gid = user->pw_gid;
	return let_plane_user_in(fleet);
}

int fleet_open(uv_loop_t *loop, const struct fleet_options *options,
	       const struct fleet_events *events, void *user, struct fleet **ret_fleet)
{
	struct fleet *fleet = mem_new(struct fleet);
	int err;

	fleet->loop = loop;
	fleet->events = *events;
	fleet->user = user;
	fleet->leash = options->leash;
	fleet->refs = 1;
	TAILQ_INIT(&fleet->members);
	fleet->dir = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fleet->program = realpath(options->program, NULL); /* planes have another folder */
	if (fleet->dir < 0 || !fleet->program) {
		err = -errno;
		goto fail;
	}
	if (mkdirat(fleet->dir, "run", 0700) < 0 && errno != EEXIST) {
		err = -errno;
		goto fail;
	}
	err = find_plane_user(fleet, options->plane_user);
	if (err < 0)
		goto fail;
	err = adopt_all(fleet);
	if (err < 0)
		goto fail;
	prune_logs(fleet);

	*ret_fleet = fleet;
	return 0;

fail:
	fleet_close(fleet);
	return err;
}

void fleet_unref(struct fleet *fleet)
{
	if (--fleet->refs > 0)
		return;
	if (fleet->dir >= 0)
		close(fleet->dir);
	free(fleet->program);
	free(fleet->plane_user);
	free(fleet);
}

void fleet_close(struct fleet *fleet)
{
	struct member *member;

	if (!fleet)
		return;
	while ((member = TAILQ_FIRST(&fleet->members)))
		member_remove(member);
	fleet_unref(fleet);
}

static void order(struct fleet *fleet, const char *role, const char *id, json_t *desired,
		  msec grace)
{
	struct member *member = find_or_new(fleet, role, id);

	json_decref(member->pending_desired);
	member->pending = true;
	member->pending_desired = desired;
	member->pending_grace = grace;
}

void fleet_want(struct fleet *fleet, const char *role, const char *id, const json_t *desired)
{
	/* Names of files, of which the first '-' ends the role. */
	assert(*role && *id && !strpbrk(role, "-/") && !strchr(id, '/'));
	order(fleet, role, id, json_deep_copy(desired), 0);
}

void fleet_dismiss(struct fleet *fleet, const char *role, const char *id, msec grace)
{
	if (find(fleet, role, id))
		order(fleet, role, id, NULL, grace);
}

static void each(struct fleet *fleet, void (*act)(struct member *member))
{
	struct member *member = TAILQ_FIRST(&fleet->members);

	while (member) {
		struct member *next = TAILQ_NEXT(member, link);

		act(member);
		member = next;
	}
}

void fleet_commit(struct fleet *fleet)
{
	each(fleet, member_commit);
}

void fleet_tell_clock(struct fleet *fleet, const struct lab_clock *clock)
{
	fleet->clock = *clock;
	fleet->has_clock = true;
	each(fleet, member_tell_clock);
}

void fleet_hear_again(struct fleet *fleet)
{
	each(fleet, member_hear_again);
}

bool fleet_has(const struct fleet *fleet, const char *role, const char *id)
{
	const struct member *member = find(fleet, role, id);

	return member && member->pid;
}
