/*
 * driver.h - for tests: plays the control plane to one data plane, a real process.
 *
 * The test's own program is the plane, too: its main() begins with driver_plane().
 */
#ifndef PLANES_DRIVER_H
#define PLANES_DRIVER_H

#include "lab/planes/plane.h"

#include <sys/types.h>

struct driver;

/* "<program> plane ROLE ID": runs that plane in the state folder, and answers its exit status. -1: this
 * is the test. */
int driver_plane(int argc, char **argv, int (*run)(const char *id));

/* The working directory is the state folder. Starts a plane and connects to it. */
struct driver *driver_start(const char *role, const char *id);
void driver_desire(struct driver *driver, const json_t *desired);
void driver_clock(struct driver *driver, int64_t lab, int64_t speed);

/* Waits until the newest fact that has `member` says `value` at `path`; false after `ms`. */
bool driver_wait(struct driver *driver, const char *path, const char *value, msec ms);
/* The newest fact that has a status; belongs to the driver. */
const json_t *driver_fact(const struct driver *driver);
/* What was said to be logged, all lines' number. */
int64_t driver_logged(const struct driver *driver);
/* How often it said that its credentials expire. */
int driver_expiring(const struct driver *driver);

/* Lets the loop turn. */
void driver_run(struct driver *driver, msec ms);

/* Tells it to stop and waits for its end: its exit status, -1 when it did not within `ms`. */
int driver_stop(struct driver *driver, msec ms);
/* kill -9, and forget it. */
void driver_kill(struct driver *driver);

#endif
