/*
 * postgres.h - what the files of planes/postgres share.
 */
#ifndef POSTGRES_POSTGRES_H
#define POSTGRES_POSTGRES_H

#include "lab/planes/launch.h"
#include "lib/base/json.h"

/* Who PostgreSQL runs as: us, or the user "postgres" if we are root, which it refuses to be. */
struct owner {
	uid_t uid; /* 0: as we are */
	gid_t gid;
	const char *home;
};
int owner_find(struct arena *arena, struct owner *ret_owner); /* 0 or -ENOENT */

/* template.c: a database cluster that initdb made once, to be copied. */
struct template
{
	const char *programs; /* "/usr/lib/postgresql/15/bin" */
	const char *folder;   /* the template; may not be there yet */
	const char *building; /* … while initdb makes it */
	const char *lock;     /* flock: who builds */
};
/* 0, or -ENOENT: PostgreSQL is not installed. */
int template_find(struct arena *arena, struct template *ret_template);
bool template_there(const struct template *template, const struct owner *owner);
/* Starts initdb into `building`; afterwards template_built() puts it in its place. 0 or -errno. */
int template_build(struct arena *arena, const struct template *template, const struct owner *owner,
		   pid_t *ret_pid);
int template_built(const struct template *template);
int template_copy(struct arena *arena, const struct template *template, const struct owner *owner,
		  const char *to, pid_t *ret_pid);

/* server.c: the postmaster. */
struct server {
	const char *folder; /* the data, absolute */
	const char *programs;
	const json_t *desired; /* wire/postgres.h */
};
int server_start(struct arena *arena, const struct server *server, const struct owner *owner,
		 pid_t *ret_pid);
/* The pid of a postmaster that another plane left in this folder; 0: none. */
pid_t server_left(const struct server *server);
/* The last line it wrote, for people. Lives in the arena. */
const char *server_last_words(struct arena *arena, const struct server *server);

/* roles.c: the database and its master user. `folder` relative to where we are. NULL: done, else what
 * the server said; *ret_up tells whether it can be asked at all yet. */
const char *roles_apply(struct arena *arena, const char *folder, const json_t *desired,
			bool *ret_up);
/* Which password was set last: kept in the data folder. 0: none. */
int64_t password_number(const char *folder);

#endif
