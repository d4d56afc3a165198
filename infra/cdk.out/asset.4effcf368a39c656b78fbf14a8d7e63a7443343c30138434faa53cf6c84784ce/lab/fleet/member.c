/*
 * member.c - one plane of the fleet: its process, its conversation, its end.
 *
 * A plane is there (pid) or not; it is wanted (desired), dismissed, or neither: adopted, and nobody
 * has spoken of it yet. A plane that ended by itself is not started again here: its owner hears of
 * it and wants it again, or not. One that ends within a second of its start is started no sooner
 * than that second is over.
 */
#include "lab/fleet/member.h"

#include "lab/fleet/process.h"
#include "lab/wire/plane.h"
#include "lab/wire/plane_lock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_INTERVAL SECOND
#define RETRY_FIRST ((msec)5)
#define RETRY_LAST ((msec)500)
#define LAST_WORDS SECOND /* of a process that has ended */

/* PostgreSQL refuses to run as root, and what tasks run must not be able to kill it. */
static const char *const never_root[] = {"postgres"};

static void member_start(struct member *member);
static void on_timer(uv_timer_t *timer);

static void member_unref(struct member *member)
{
	struct fleet *fleet = member->fleet;

	if (--member->refs > 0)
		return;
	json_decref(member->pending_desired);
	json_decref(member->desired);
	free(member->role);
	free(member->id);
	free(member);
	fleet_unref(fleet);
}

static void on_handle_closed(uv_handle_t *handle)
{
	member_unref(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
	member_unref(handle->data);
	free(handle);
}

struct member *member_new(struct fleet *fleet, const char *role, const char *id)
{
	struct member *member = mem_new(struct member);

	member->fleet = fleet;
	fleet->refs++;
	member->role = mem_strdup(role);
	member->id = mem_strdup(id);
	member->watch = -1;
	uv_timer_init(fleet->loop, &member->timer);
	uv_timer_init(fleet->loop, &member->stop_timer);
	member->timer.data = member;
	member->stop_timer.data = member;
	member->refs = 2;
	TAILQ_INSERT_TAIL(&fleet->members, member, link);
	return member;
}

static void set_timer(struct member *member, msec delay)
{
	uv_timer_start(&member->timer, on_timer, (uint64_t)(delay < 0 ? 0 : delay), 0);
}

static void member_unwatch(struct member *member)
{
	if (!member->poll)
		return;
	uv_poll_stop(member->poll);
	uv_close((uv_handle_t *)member->poll, on_poll_closed);
	member->poll = NULL;
	close(member->watch);
	member->watch = -1;
	member->pid = 0;
}

void member_remove(struct member *member)
{
	if (member->removed)
		return;
	member->removed = true;
	TAILQ_REMOVE(&member->fleet->members, member, link);
	member_unwatch(member);
	if (member->channel)
		channel_close(member->channel);
	uv_close((uv_handle_t *)&member->timer, on_handle_closed);
	uv_close((uv_handle_t *)&member->stop_timer, on_handle_closed);
}

/* The conversation. */

static void send_desired(struct member *member)
{
	AUTO_JSON json_t *message = NULL;

	if (!member->greeted || !member->desired || !member->dirty || member->dismissed ||
	    member->unacknowledged)
		return;
	message = json_object();
	member->number++;
	member->dirty = false;
	member->unacknowledged = true;
	json_set_int(message, PLANE_NUMBER, member->number);
	json_give(message, PLANE_DESIRED, json_incref(member->desired));
	channel_send(member->channel, message);
}

static void send_stop(struct member *member)
{
	AUTO_JSON json_t *message = NULL;

	if (!member->greeted)
		return;
	message = json_object();
	json_set_bool(message, PLANE_STOP, true);
	channel_send(member->channel, message);
}

void member_tell_clock(struct member *member)
{
	const struct lab_clock *clock = &member->fleet->clock;
	AUTO_JSON json_t *message = NULL;
	json_t *values;

	if (!member->greeted || !member->fleet->has_clock)
		return;
	message = json_object();
	values = json_add_object(message, PLANE_CLOCK);
	json_set_int(values, "real", clock->real.ms);
	json_set_int(values, "lab", clock->lab.ms);
	json_set_int(values, "speed", clock->speed);
	channel_send(member->channel, message);
}

static void take_hello(struct member *member, const json_t *hello)
{
	int64_t applied = json_int_or(hello, PLANE_APPLIED, 0);

	if (strcmp(json_str_or(hello, PLANE_ROLE, ""), member->role) != 0 ||
	    strcmp(json_str_or(hello, PLANE_ID, ""), member->id) != 0) {
		channel_close(member->channel);
		return;
	}
	/* What it took up is not what we sent last: it is a new process, or a message was lost. */
	if (applied != member->number)
		member->dirty = true;
	if (applied > member->number)
		member->number = applied;
	member->greeted = true;
	member->unacknowledged = false;
	member_tell_clock(member);
	if (member->dismissed)
		send_stop(member);
	send_desired(member);
}

static void take_applied(struct member *member, const json_t *message)
{
	const char *error = json_str(message, PLANE_ERROR);

	if (json_int_or(message, PLANE_APPLIED, 0) != member->number)
		return;
	member->unacknowledged = false;
	if (error)
		log_event(LOG_WARNING, "fleet.desired.refused", F_STR("role", member->role),
			  F_STR("id", member->id), F_STR("why", error));
	send_desired(member);
}

static void on_line(struct channel *channel, const json_t *message, void *user)
{
	struct member *member = user;
	struct fleet *fleet = member->fleet;

	if (member->removed)
		return;
	if (!member->greeted && json_has(message, PLANE_HELLO))
		take_hello(member, json_get(message, PLANE_HELLO));
	if (!member->greeted)
		return;
	if (json_has(message, PLANE_APPLIED))
		take_applied(member, message);
	if (json_has(message, PLANE_FACT) && fleet->events.fact)
		fleet->events.fact(member->role, member->id, json_get(message, PLANE_FACT),
				   fleet->user);
}

static void on_closed(struct channel *channel, int err, void *user)
{
	struct member *member = user;

	member->channel = NULL;
	member->greeted = false;
	if (err == -EACCES || err == -EMSGSIZE || err == -EBADMSG)
		log_event(LOG_ERROR, "fleet.channel.broken", F_STR("role", member->role),
			  F_STR("id", member->id), F_ERR(err));
	if (!member->removed) {
		set_timer(member, member->ended ? 0 : member->retry);
		member->retry = member->retry * 2 > RETRY_LAST ? RETRY_LAST : member->retry * 2;
	}
	member_unref(member);
}

static void on_opened(struct channel *channel, void *user)
{
	struct member *member = user;

	member->retry = RETRY_FIRST;
}

void member_hear_again(struct member *member)
{
	if (!member->greeted)
		return;
	/* Whatever lost it may last: a full disk. */
	member->retry = SECOND;
	channel_close(member->channel);
}

static void member_connect(struct member *member)
{
	static const struct channel_events events = {on_opened, on_line, on_closed};
	/* However long the state folder's name is, this one fits into a socket address. */
	AUTO_FREE char *path = mem_fmt("/proc/self/fd/%d/run/%s-%s.sock", member->fleet->dir,
				       member->role, member->id);
	int err = channel_connect(member->fleet->loop, path, &events, member, &member->channel);

	if (err == 0)
		member->refs++;
	else
		log_event(LOG_ERROR, "fleet.connect.failed", F_STR("id", member->id), F_ERR(err));
}

/* The end. */

static void remove_file(const struct member *member, const char *suffix)
{
	AUTO_FREE char *path = mem_fmt("run/%s-%s.%s", member->role, member->id, suffix);

	unlinkat(member->fleet->dir, path, 0);
}

/* What a killed plane left behind; and the log of one that has nothing to explain. */
static void tidy(const struct member *member, int status)
{
	AUTO_FREE char *lock = mem_fmt("run/%s-%s.lock", member->role, member->id);
	pid_t other;

	if (plane_lock_holder(member->fleet->dir, lock, &other) == 0)
		return;
	remove_file(member, "lock");
	remove_file(member, "sock");
	if (status == 0 && member->dismissed)
		remove_file(member, "log");
}

static void bury(const struct member *member)
{
	int status;

	process_reap(member->pid, &status);
	tidy(member, status);
	log_event(LOG_INFO, "fleet.plane.ended", F_STR("role", member->role),
		  F_STR("id", member->id), F_INT("pid", member->pid),
		  F_INT("status", status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		  F_INT("signal", status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

static void tell_gone(struct member *member)
{
	struct fleet *fleet = member->fleet;

	member->ended = false;
	if (member->channel)
		channel_close(member->channel);
	/* What was wanted after the dismissal stands; what just died is wanted again, or not. */
	if (!member->dismissed && member->desired) {
		json_decref(member->desired);
		member->desired = NULL;
	}
	member->dismissed = false;
	member->terminated = false;
	member->number = 0;
	if (fleet->events.gone)
		fleet->events.gone(member->role, member->id, fleet->user);

	if (member->removed || member->pid)
		return;
	if (member->desired)
		member_start(member);
	else
		set_timer(member, member->started + START_INTERVAL - clock_monotonic());
}

static void on_process_end(uv_poll_t *poll, int status, int events)
{
	struct member *member = poll->data;

	bury(member);
	member_unwatch(member);
	uv_timer_stop(&member->stop_timer);
	member->ended = true;
	/* Its last facts may still be on their way; after them comes the end of the channel. */
	set_timer(member, member->channel ? LAST_WORDS : 0);
}

static void on_stop_timer(uv_timer_t *timer)
{
	struct member *member = timer->data;

	process_signal(member->watch, member->terminated ? SIGKILL : SIGTERM);
	log_event(LOG_INFO, "fleet.plane.forced", F_STR("role", member->role),
		  F_STR("id", member->id),
		  F_STR("signal", member->terminated ? "SIGKILL" : "SIGTERM"));
	if (!member->terminated)
		uv_timer_start(timer, on_stop_timer, (uint64_t)member->grace, 0);
	member->terminated = true;
}

/* The beginning. */

static int watch_process(struct member *member, pid_t pid)
{
	int watch = process_watch(pid);
	int err;

	if (watch < 0)
		return watch;
	member->poll = mem_new(uv_poll_t);
	err = uv_poll_init(member->fleet->loop, member->poll, watch);
	if (err < 0) {
		free(member->poll);
		member->poll = NULL;
		close(watch);
		return err;
	}
	member->refs++;
	member->poll->data = member;
	member->watch = watch;
	member->pid = pid;
	uv_poll_start(member->poll, UV_READABLE, on_process_end);

	member->retry = RETRY_FIRST;
	member->dirty = member->desired != NULL;
	set_timer(member, RETRY_FIRST);
	return 0;
}

void member_adopt(struct member *member, pid_t pid)
{
	int err = watch_process(member, pid);

	log_event(LOG_INFO, "fleet.plane.adopted", F_STR("role", member->role),
		  F_STR("id", member->id), F_INT("pid", pid));
	if (err < 0) /* it ended since */
		set_timer(member, 0);
}

static bool must_not_be_root(const struct member *member)
{
	for (size_t i = 0; i < array_len(never_root); i++) {
		if (strcmp(member->role, never_root[i]) == 0)
			return member->fleet->plane_user != NULL;
	}
	return false;
}

/* A plane that is not root may write in run/, and in a folder of its role's name. */
static int make_folder(const struct member *member)
{
	const struct fleet *fleet = member->fleet;

	if (mkdirat(fleet->dir, member->role, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (fchownat(fleet->dir, member->role, fleet->uid, fleet->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int spawn(struct member *member, pid_t *ret_pid)
{
	const struct fleet *fleet = member->fleet;
	AUTO_FREE char *path = mem_fmt("run/%s-%s.log", member->role, member->id);
	AUTO_FD int log = openat(fleet->dir, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct process_start start = {
		.dir = fleet->dir,
		.program = fleet->program,
		.role = member->role,
		.id = member->id,
		.log = log,
		.leash = fleet->leash,
		.as_user = must_not_be_root(member),
		.uid = fleet->uid,
		.gid = fleet->gid,
	};
	int err;

	if (log < 0)
		return -errno;
	if (start.as_user) {
		err = make_folder(member);
		if (err < 0)
			return err;
	}
	return process_spawn(&start, ret_pid);
}

static void member_start(struct member *member)
{
	AUTO_FREE char *lock = mem_fmt("run/%s-%s.lock", member->role, member->id);
	msec now = clock_monotonic();
	pid_t pid;
	int err;

	if (member->started && now < member->started + START_INTERVAL) {
		set_timer(member, member->started + START_INTERVAL - now);
		return;
	}
	member->started = now;
	/* Another control's last order may have reached its aim after we looked. */
	if (plane_lock_holder(member->fleet->dir, lock, &pid) == 0) {
		member_adopt(member, pid);
		return;
	}

	err = spawn(member, &pid);
	if (err == 0)
		err = watch_process(member, pid);
	if (err < 0) {
		log_event(LOG_ERROR, "fleet.plane.start.failed", F_STR("role", member->role),
			  F_STR("id", member->id), F_ERR(err));
		member->ended = true;
		set_timer(member, 0);
		return;
	}
	log_event(LOG_INFO, "fleet.plane.started", F_STR("role", member->role),
		  F_STR("id", member->id), F_INT("pid", pid));
}

/* What is next, by state. */
static void on_timer(uv_timer_t *timer)
{
	struct member *member = timer->data;

	if (member->ended)
		tell_gone(member);
	else if (member->pid && !member->channel)
		member_connect(member);
	else if (!member->pid && member->desired)
		member_start(member);
	else if (!member->pid && !member->pending)
		member_remove(member);
}

/* Orders. */

static void dismiss(struct member *member)
{
	json_decref(member->desired);
	member->desired = NULL;
	member->dirty = false;
	if (member->dismissed || member->ended)
		return;
	if (!member->pid) {
		member_remove(member);
		return;
	}
	member->dismissed = true;
	member->grace = member->pending_grace;
	send_stop(member);
	uv_timer_start(&member->stop_timer, on_stop_timer, (uint64_t)member->grace, 0);
}

static void want(struct member *member, json_t *desired)
{
	bool same = member->desired && json_equal(member->desired, desired);

	json_decref(member->desired);
	member->desired = desired;
	if (same)
		return;
	member->dirty = true;
	if (!member->pid && !member->ended)
		member_start(member);
	else
		send_desired(member);
}

void member_commit(struct member *member)
{
	json_t *desired = member->pending_desired;

	if (!member->pending)
		return;
	member->pending = false;
	member->pending_desired = NULL;
	if (desired)
		want(member, desired);
	else
		dismiss(member);
}
