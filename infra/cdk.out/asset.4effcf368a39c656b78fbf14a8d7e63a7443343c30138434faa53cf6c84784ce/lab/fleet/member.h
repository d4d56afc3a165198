/*
 * member.h - one plane of the fleet. For lab/fleet/fleet.c and member.c only.
 */
#ifndef FLEET_MEMBER_H
#define FLEET_MEMBER_H

#include "lab/fleet/fleet.h"
#include "lib/net/line_channel.h"

#include <sys/queue.h>
#include <sys/types.h>

TAILQ_HEAD(member_list, member);

struct fleet {
	uv_loop_t *loop;
	struct fleet_events events;
	void *user;
	struct member_list members;
	int refs; /* members, removed ones included, and whoever opened it */
	int dir;
	char *program;
	char *plane_user;
	uid_t uid;
	gid_t gid;
	int leash;
	bool has_clock;
	struct lab_clock clock;
};

struct member {
	TAILQ_ENTRY(member) link;
	struct fleet *fleet;
	char *role;
	char *id;
	int refs; /* its handles and its channel */
	bool removed;

	/* Orders of the transaction. */
	bool pending;
	json_t *pending_desired; /* NULL: dismissed */
	msec pending_grace;

	/* What is wanted. */
	json_t *desired; /* NULL: nothing */
	bool dirty;	 /* not sent yet */
	int64_t number;	 /* of what was sent last */
	bool unacknowledged;
	bool dismissed;
	msec grace;
	bool terminated; /* SIGTERM was sent */

	/* The process. */
	pid_t pid; /* 0: none */
	int watch; /* its pidfd */
	uv_poll_t *poll;
	msec started; /* clock_monotonic() */
	bool ended;   /* gone() is to be told, after what it still said */

	struct channel *channel;
	bool greeted; /* it said hello on this channel */
	msec retry;
	uv_timer_t timer;      /* the next connect, start or end; by state */
	uv_timer_t stop_timer; /* SIGTERM, SIGKILL */
};

struct member *member_new(struct fleet *fleet, const char *role, const char *id);
void member_remove(struct member *member); /* closes what it has; the process goes on */
void member_adopt(struct member *member, pid_t pid);
void member_commit(struct member *member);
void member_tell_clock(struct member *member);
void member_hear_again(struct member *member);

void fleet_unref(struct fleet *fleet);

#endif
