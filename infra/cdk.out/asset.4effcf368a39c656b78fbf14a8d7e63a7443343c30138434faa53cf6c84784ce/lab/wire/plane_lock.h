/*
 * plane_lock.h - what is written in run/<role>-<id>.lock: who holds it.
 *
 * "<pid> <start time>\n", the latter as /proc/<pid>/stat has it, so that a number which was given to
 * another process since is not taken for the plane. The plane holds an flock on the file as well.
 */
#ifndef WIRE_PLANE_LOCK_H
#define WIRE_PLANE_LOCK_H

#include <sys/types.h>

int plane_lock_write(int fd); /* us; 0 or -errno */

/*
 * Who holds the lock file (relative to the folder dir) and lives. The flock itself is never tried:
 * that would take it away from a plane that is just starting. 0, -ESRCH when nobody does.
 */
int plane_lock_holder(int dir, const char *path, pid_t *ret_pid);

#endif
