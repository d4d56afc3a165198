/*
 * process.h - a plane's process: started with nothing of ours, watched by its pidfd.
 */
#ifndef FLEET_PROCESS_H
#define FLEET_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process_start {
	int dir; /* O_PATH or readable: its working directory */
	const char *program;
	const char *role;
	const char *id;
	int log;   /* its stdout and stderr */
	int leash; /* -1: none */
	bool as_user;
	uid_t uid;
	gid_t gid;
};

/*
 * Own session, default signals, no descriptors but /dev/null, the log twice and the leash. 0 or
 * -errno, exec's included.
 */
int process_spawn(const struct process_start *start, pid_t *ret_pid);

int process_watch(pid_t pid); /* a descriptor that is readable once it ended, or -errno */
int process_signal(int watch, int signal);     /* never hits another process with its number */
void process_reap(pid_t pid, int *ret_status); /* ours or not; -1: not ours */

#endif
