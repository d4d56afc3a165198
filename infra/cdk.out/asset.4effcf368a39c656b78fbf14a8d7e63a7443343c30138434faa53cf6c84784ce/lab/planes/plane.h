/*
 * plane.h - what every data plane has in common: socket, lock file, clock, desired state in, facts out.
 *
 * A plane program is `goldend <role> <id>`: it opens a struct plane, serves, and exits by itself when
 * its state folder is gone, or its leash is let go.
 */
#ifndef PLANES_PLANE_H
#define PLANES_PLANE_H

#include "lib/base/clock.h"
#include "lib/base/json.h"

#include <uv.h>

struct plane;

struct plane_events {
	/* Takes up the whole desired state. NULL, or why it can't (sent to control, logged). */
	const char *(*desired)(const json_t *desired, void *user);
	/* The whole state as a fact, for a control plane that just (re)connected: a new object. */
	json_t *(*state)(void *user);
	/* Stop in order; call plane_done() when it is done. */
	void (*stop)(void *user);
	/* The lab clock was set; or NULL. */
	void (*clock)(void *user);
};

/* The working directory is the state folder. -EEXIST when another process holds the lock. */
int plane_open(uv_loop_t *loop, const char *role, const char *id, const struct plane_events *events,
	       void *user, struct plane **ret_plane);
void plane_close(struct plane *plane);

/* To control if it is connected; else dropped: state() tells it all when it is back. */
void plane_fact(struct plane *plane, const json_t *fact);
void plane_done(struct plane *plane); /* ends the loop */
const struct lab_clock *plane_clock(const struct plane *plane);
const char *plane_id(const struct plane *plane);

/* The roles, each in its folder; main.c's table. Return an exit status. */
int alb_main(const char *id);
int task_main(const char *id);
int postgres_main(const char *id);
int xray_daemon_main(const char *const *args);

#endif
