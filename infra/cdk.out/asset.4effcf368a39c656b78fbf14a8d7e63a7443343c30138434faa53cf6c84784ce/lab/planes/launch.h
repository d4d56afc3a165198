/*
 * launch.h - how a plane starts what it runs: containers, their health checks, a database. With nothing
 * of ours but what it is given, and never longer than the plane.
 */
#ifndef PLANES_LAUNCH_H
#define PLANES_LAUNCH_H

#include "lib/base/arena.h"

#include <stdbool.h>
#include <sys/types.h>

struct launch {
	const char *rootfs;  /* absolute; NULL: `program` is on the machine, not in an image */
	const char *folder;  /* to start in, inside rootfs; NULL: / */
	const char *program; /* absolute, on the machine: launch_find() */
	char *const *args;   /* NULL-terminated */
	char *const *env;    /* NULL-terminated NAME=value */
	const char *const *cgroups; /* cgroup.procs files to enter; NULL-terminated, or NULL */
	uid_t uid;		    /* 0: as we are */
	gid_t gid;
	unsigned seclusion; /* what it cannot do: SECLUDE_… (lab/planes/seclusion.h) */
	int output;	    /* stdout and stderr; -1: /dev/null */
	int death_signal;   /* when the plane is gone; 0: SIGKILL */
	int extra;	    /* becomes descriptor LAUNCH_EXTRA; -1: none */
};

#define LAUNCH_EXTRA 3

/*
 * Finds `command` inside rootfs, symbolic links kept inside it: absolute, relative to folder, or by
 * the directories of `path` (PATH). NULL, and why in the words of the container runtime.
 */
const char *launch_find(struct arena *arena, const char *rootfs, const char *folder,
			const char *command, const char *path, const char **ret_why);

/*
 * Starts it: in a session of its own, ended by the kernel when the calling thread is. 0 or -errno,
 * also when the exec itself failed.
 */
int launch_start(const struct launch *launch, pid_t *ret_pid);

/* Is it over? Then what is left of its session is killed, and it is reaped. ret_code is as a shell
 * says it: the exit status, or 128 + the signal. */
bool launch_ended(pid_t pid, int *ret_code);

#endif
