/*
 * fleet.h - starts data planes, finds them again, speaks to them. Nobody else does.
 *
 * A plane is `goldend <role> <id>` with the state folder as its working directory, a socket
 * run/<role>-<id>.sock and a lock file run/<role>-<id>.lock (flock held; pid and start time in it).
 * Planes outlive the control plane: fleet_open adopts those that hold their lock.
 *
 * The conversation is lab/wire/plane.h. Control sends desired state: whole, numbered, coalesced, one
 * unacknowledged at most. The plane sends facts.
 */
#ifndef LAB_FLEET_FLEET_H
#define LAB_FLEET_FLEET_H

#include "lib/base/clock.h"
#include "lib/base/json.h"

#include <uv.h>

struct fleet;

struct fleet_events {
	/* A plane said something. It was connected, or connected again: fact is its whole state. */
	void (*fact)(const char *role, const char *id, const json_t *fact, void *user);
	/* The process is gone, whoever ended it, or could not be started. All it said was heard
	 * before. fleet_want() starts a new one, no sooner than a second after the last start. */
	void (*gone)(const char *role, const char *id, void *user);
};

struct fleet_options {
	const char *dir;     /* state folder */
	const char *program; /* path of goldend */
	/* When root: planes that must not be root (role "postgres") run as this user, with a folder of
	 * the role's name to themselves; or NULL. */
	const char *plane_user;
	int leash; /* a pipe's read end whose closing ends every plane; -1: none */
};

/*
 * Adopts what runs already. Of planes that ended while no fleet was open nobody hears gone(): what
 * fleet_has() denies after this is not there.
 */
int fleet_open(uv_loop_t *loop, const struct fleet_options *options,
	       const struct fleet_events *events, void *user, struct fleet **ret_fleet);
void fleet_close(struct fleet *fleet); /* the planes go on; NULL is fine */

/*
 * Wants a plane with this desired state; starts the process when there is none. Kept until
 * fleet_commit(): the last one counts. The same state again is not sent again.
 */
void fleet_want(struct fleet *fleet, const char *role, const char *id, const json_t *desired);
/* Wants it gone: told to stop in order, then SIGTERM after `grace`, SIGKILL after twice that. */
void fleet_dismiss(struct fleet *fleet, const char *role, const char *id, msec grace);
void fleet_commit(struct fleet *fleet);

void fleet_tell_clock(struct fleet *fleet, const struct lab_clock *clock); /* to every plane */
/* What was heard lately was lost: every plane is connected anew, and says its whole state again. */
void fleet_hear_again(struct fleet *fleet);
bool fleet_has(const struct fleet *fleet, const char *role, const char *id); /* process runs */

#endif
