/*
 * user.h - the users that tasks and functions run as when the lab is root's: each has one of its own, so
 * that none can read another's environment, where its secrets are, and all it leaves behind is found.
 *
 * systemd's UIDS-GIDS.md lists who assigns which: from 0x70000000 to 2^31 nobody does.
 */
#ifndef WIRE_USER_H
#define WIRE_USER_H

#include <stdbool.h>
#include <sys/types.h>

#define USER_FIRST 0x70000000
#define USER_TASKS 4096 /* slots of a lab for tasks; functions have those behind them */
#define USER_FUNCTIONS 256
#define USER_NOBODY \
	65534 /* shared, where this machine maps no users of ours (user_namespaces(7)) */

/* The user with this slot, or USER_NOBODY; its group has the same number. */
uid_t user_of_slot(int lab_number, int slot);

/* Is it nobody else's? Then all its processes may be ended. */
bool user_is_alone(uid_t uid);

#endif
