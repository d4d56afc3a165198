/*
 * plane.c - goldend postgres: a private PostgreSQL, from nothing to available and back.
 *
 *   keeps      the data folder named in the desired state
 *   hears      desired state (lab/wire/postgres.h)
 *   says       its status whole, at each change
 *   left out   replicas, snapshots, minor version upgrades
 *
 * One step after the other, each ended by a child's exit or a timer:
 *   template (initdb, once a machine) → copy → clear (a postmaster left by a plane that was killed) →
 *   start → available; a postmaster that ends by itself is started again.
 */
#include "lab/planes/plane.h"
#include "lab/planes/postgres/postgres.h"
#include "lab/wire/postgres.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK 15		    /* ms between two looks whether it is up, … */
#define LOOK_AT_LOCK 100    /* … whether another plane's initdb is done */
#define CLEAR_PATIENCE 3000 /* ms that a left postmaster has for its shutdown */
#define START_PATIENCE 60000
#define STOP_PATIENCE 5000 /* … and ours, before an immediate one */
#define AGAIN_FIRST 200	   /* ms before another start; doubles up to … */
#define AGAIN_MOST 5000
#define FAILED_AFTER 5 /* starts: then it is called failed, and tried on */

enum step {
	STEP_NONE,
	STEP_TEMPLATE,
	STEP_COPY,
	STEP_CLEAR,
	STEP_START,
	STEP_UP,
	STEP_AGAIN,
	STEP_STOP,
};

struct database {
	uv_loop_t loop;
	struct plane *plane;
	uv_signal_t child;
	uv_timer_t timer;
	json_t *desired;
	enum step step;
	pid_t pid;    /* of initdb, cp or the postmaster */
	int lock;     /* held while initdb runs; -1 */
	msec since;   /* monotonic: of this step */
	int failures; /* starts in a row */
	const char *status;
	char *reason;
	struct owner owner;
	struct template template;
	struct server server;
	const char *folder; /* relative: desired.data */
	const char *copying;
	struct arena *arena;   /* as long as we live */
	struct arena *scratch; /* of one step */
};

static void on_timer(uv_timer_t *timer);
static void begin(struct database *db);

static json_t *fact_of(const struct database *db)
{
	json_t *fact = json_object();

	json_set_str(fact, "status", db->status);
	json_set_str(fact, "reason", db->reason);
	if (db->step == STEP_UP)
		json_set_int(fact, "pid", db->pid);
	return fact;
}

static void become(struct database *db, const char *status, const char *reason)
{
	AUTO_JSON json_t *fact = NULL;

	free(db->reason);
	db->reason = mem_strdup(reason);
	db->status = status;
	fact = fact_of(db);
	plane_fact(db->plane, fact);
	log_event(reason ? LOG_WARNING : LOG_INFO, "postgres.status",
		  F_STR("database", plane_id(db->plane)), F_STR("status", status),
		  F_STR("reason", reason));
}

static void enter(struct database *db, enum step step, msec look)
{
	db->step = step;
	db->since = clock_monotonic();
	uv_timer_stop(&db->timer);
	if (look > 0)
		uv_timer_start(&db->timer, on_timer, (uint64_t)look, (uint64_t)look);
	arena_clear(db->scratch);
}

/* Not now, but soon again, ever later. */
static void begin_again(struct database *db, const char *why)
{
	msec wait = AGAIN_FIRST;

	for (int i = 0; i < db->failures && wait < AGAIN_MOST; i++)
		wait *= 2;
	if (++db->failures >= FAILED_AFTER)
		become(db, "failed", why);
	else
		log_event(LOG_WARNING, "postgres.again", F_STR("database", plane_id(db->plane)),
			  F_STR("reason", why));
	enter(db, STEP_AGAIN, wait < AGAIN_MOST ? wait : AGAIN_MOST);
}

static void begin_start(struct database *db)
{
	int err;

	enter(db, STEP_START, LOOK);
	err = server_start(db->scratch, &db->server, &db->owner, &db->pid);
	if (err < 0)
		begin_again(db, log_strerror(err));
}

/* A plane that was killed leaves a postmaster which is just shutting down: two cannot have one folder. */
static void begin_clear(struct database *db)
{
	if (server_left(&db->server) == 0) {
		begin_start(db);
		return;
	}
	enter(db, STEP_CLEAR, LOOK);
}

static void look_at_left(struct database *db)
{
	pid_t left = server_left(&db->server);

	if (left == 0)
		begin_start(db);
	else if (clock_monotonic() - db->since > 2 * CLEAR_PATIENCE)
		kill(left, SIGKILL);
	else if (clock_monotonic() - db->since > CLEAR_PATIENCE)
		kill(left, SIGQUIT);
}

static void begin_copy(struct database *db)
{
	int err;

	enter(db, STEP_COPY, 0);
	err = template_copy(db->scratch, &db->template, &db->owner, db->copying, &db->pid);
	if (err < 0)
		begin_again(db, log_strerror(err));
}

/* Only one of all planes on the machine runs initdb; the others wait for what it makes. */
static void begin_template(struct database *db)
{
	int err;

	db->lock = open(db->template.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (db->lock < 0) {
		begin_again(db, log_strerror(errno));
		return;
	}
	if (flock(db->lock, LOCK_EX | LOCK_NB) < 0) {
		close(db->lock);
		db->lock = -1;
		enter(db, STEP_TEMPLATE, LOOK_AT_LOCK);
		return;
	}
	enter(db, STEP_TEMPLATE, 0);
	err = template_build(db->scratch, &db->template, &db->owner, &db->pid);
	if (err < 0)
		begin_again(db, log_strerror(err));
}

static void begin(struct database *db)
{
	const char *version = arena_fmt(db->scratch, "%s/PG_VERSION", db->server.folder);

	if (access(version, F_OK) == 0)
		begin_clear(db);
	else if (template_there(&db->template, &db->owner))
		begin_copy(db);
	else
		begin_template(db);
}

static void look_whether_up(struct database *db)
{
	bool up = false;
	const char *why = roles_apply(db->scratch, db->folder, db->desired, &up);

	if (!up && clock_monotonic() - db->since > START_PATIENCE) {
		kill(db->pid, SIGQUIT);
		return;
	}
	if (!up)
		return;
	if (why) { /* not of the server's making: it is up, but not as it should be */
		become(db, "failed", why);
		enter(db, STEP_UP, 0);
		return;
	}
	db->failures = 0;
	enter(db, STEP_UP, 0);
	become(db, "available", NULL);
}

static void on_timer(uv_timer_t *timer)
{
	struct database *db = timer->data;

	switch (db->step) {
	case STEP_TEMPLATE:
	case STEP_AGAIN:
		begin(db);
		break;
	case STEP_CLEAR:
		look_at_left(db);
		break;
	case STEP_START:
		look_whether_up(db);
		break;
	case STEP_STOP:
		kill(db->pid, SIGQUIT);
		break;
	case STEP_NONE:
	case STEP_COPY:
	case STEP_UP:
		break;
	}
}

static void unlock(struct database *db)
{
	if (db->lock >= 0)
		close(db->lock);
	db->lock = -1;
}

static void on_ended(struct database *db, int code)
{
	int err;

	switch (db->step) {
	case STEP_TEMPLATE:
		err = code == 0 ? template_built(&db->template) : -EIO;
		unlock(db);
		if (err == 0)
			begin_copy(db);
		else
			begin_again(db, "initdb failed");
		break;
	case STEP_COPY:
		if (code == 0 && rename(db->copying, db->server.folder) == 0)
			begin_clear(db);
		else
			begin_again(db, "the template could not be copied");
		break;
	case STEP_START:
		begin_again(db, server_last_words(db->scratch, &db->server));
		break;
	case STEP_UP:
		become(db, "creating", "PostgreSQL ended and is started again");
		begin_again(db, server_last_words(db->scratch, &db->server));
		break;
	case STEP_STOP:
		become(db, "stopped", NULL);
		plane_done(db->plane);
		break;
	case STEP_NONE:
	case STEP_CLEAR:
	case STEP_AGAIN:
		break;
	}
}

static void on_child(uv_signal_t *signal, int number)
{
	struct database *db = signal->data;
	int code;

	if (!db->pid || !launch_ended(db->pid, &code))
		return;
	db->pid = 0;
	on_ended(db, code);
}

/* Being told */

static const char *prepare(struct database *db)
{
	const char *data = json_str(db->desired, "data");
	char *here;

	if (!data || strncmp(data, "postgres/", 9) != 0 || strstr(data, ".."))
		return "data is not below postgres/";
	if (owner_find(db->arena, &db->owner) < 0)
		return "there is no user \"postgres\", and PostgreSQL does not run as root";
	if (template_find(db->arena, &db->template) < 0)
		return "PostgreSQL is not installed";
	mkdir("postgres", 0711);
	here = realpath("postgres", NULL);
	if (!here)
		return "the folder postgres/ cannot be made";
	db->folder = arena_strdup(db->arena, data);
	db->server.folder = arena_fmt(db->arena, "%s/%s", here, data + 9);
	db->server.programs = db->template.programs;
	db->copying = arena_fmt(db->arena, "%s.new", db->server.folder);
	free(here);
	return NULL;
}

static const char *on_desired(const json_t *desired, void *user)
{
	struct database *db = user;
	bool first = !db->desired;
	const char *why = NULL;
	bool up;

	json_decref(db->desired);
	db->desired = json_deep_copy(desired);
	db->server.desired = db->desired;
	if (first) {
		why = prepare(db);
		become(db, why ? "failed" : "creating", why);
		if (!why)
			begin(db);
	} else if (db->step == STEP_UP) {
		/* Connections that are open stay open, as at AWS. */
		why = roles_apply(db->scratch, db->folder, db->desired, &up);
		arena_clear(db->scratch);
	}
	return why;
}

static json_t *on_state(void *user)
{
	return fact_of(user);
}

static void on_stop(void *user)
{
	struct database *db = user;
	bool serves = db->step == STEP_UP || db->step == STEP_START;

	if (!db->pid) {
		plane_done(db->plane);
		return;
	}
	/* SIGINT is a fast shutdown: connections end, nothing is lost. initdb and cp just go. */
	kill(db->pid, serves ? SIGINT : SIGKILL);
	enter(db, STEP_STOP, STOP_PATIENCE);
}

int postgres_main(const char *id)
{
	static const struct plane_events events = {
		.desired = on_desired,
		.state = on_state,
		.stop = on_stop,
	};
	static struct database db = {.status = "creating", .lock = -1};
	int err = uv_loop_init(&db.loop);

	db.arena = arena_open();
	db.scratch = arena_open();
	if (err == 0)
		err = plane_open(&db.loop, POSTGRES_ROLE, id, &events, &db, &db.plane);
	if (err < 0) {
		log_event(LOG_ERROR, "postgres.failed", F_STR("database", id), F_ERR(err));
		return 1;
	}
	uv_signal_init(&db.loop, &db.child);
	uv_timer_init(&db.loop, &db.timer);
	db.child.data = &db;
	db.timer.data = &db;
	uv_signal_start(&db.child, on_child, SIGCHLD);
	uv_run(&db.loop, UV_RUN_DEFAULT);

	/* When the loop ended without being told to stop, the kernel's SIGINT ends the postmaster. */
	plane_close(db.plane);
	return 0;
}
