/*
 * keeper.h - nothing of a task outlives its plane.
 *
 * PR_SET_PDEATHSIG ends the processes that the plane started, but not what those started. So each
 * plane has a keeper: a process that only waits for the plane to be gone, kill -9 included, and
 * then kills the sessions it was told of, what is left in the task's cgroups, and its user's processes.
 */
#ifndef TASK_KEEPER_H
#define TASK_KEEPER_H

#include <sys/types.h>

struct keeper;

/* Forks; call it before anything is opened that a second process must not hold. 0 or -errno. */
int keeper_start(struct keeper **ret_keeper);
void keeper_started(struct keeper *keeper, pid_t session); /* its leader */
void keeper_ended(struct keeper *keeper, pid_t session);
void keeper_folder(struct keeper *keeper, const char *cgroup); /* emptied, then removed */
void keeper_user(struct keeper *keeper, uid_t uid); /* all it has ends; nobody else is this user */
void keeper_close(struct keeper *keeper);	    /* the keeper ends, too; NULL is fine */

#endif
