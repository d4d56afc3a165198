/*
 * plane.c - what every data plane has in common.
 *
 *   run/<role>-<id>.lock   flock held, and who we are (lab/wire/plane_lock.h)
 *   run/<role>-<id>.sock   where control connects; the latest connection counts
 *   GOLDEN_LEASH           in the environment: a descriptor; its end of file ends us
 *
 * A process is one plane, so there is one struct plane, and it is never freed.
 */
#include "lab/planes/plane.h"

#include "lab/wire/plane.h"
#include "lab/wire/plane_lock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/line_channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_INTERVAL 1000 /* ms: is the state folder still there? */
#define LAST_PATIENCE 3000 /* ms: to stop in order when folder or leash is gone */

struct plane {
	uv_loop_t *loop;
	const struct plane_events *events;
	void *user;
	char *role;
	char *id;
	char *lock_path;
	char *socket_path;
	int lock;
	struct channel_listener *listener;
	struct channel *control; /* NULL: not connected */
	struct lab_clock clock;
	int64_t applied;
	bool stopping;
	uv_timer_t look;
	uv_timer_t last;
	uv_poll_t leash;
	uv_signal_t signals[2];
};

static struct plane self = {.lock = -1};

static void stop(struct plane *plane)
{
	if (plane->stopping)
		return;
	plane->stopping = true;
	plane->events->stop(plane->user);
}

void plane_done(struct plane *plane)
{
	uv_stop(plane->loop);
}

static void on_last(uv_timer_t *timer)
{
	plane_done(timer->data);
}

/* Nobody is left who would kill us if we took too long. */
static void abandon(struct plane *plane, const char *why)
{
	if (uv_is_active((uv_handle_t *)&plane->last))
		return;
	log_event(LOG_INFO, "plane.abandoned", F_STR("why", why));
	uv_timer_start(&plane->last, on_last, LAST_PATIENCE, 0);
	stop(plane);
}

static void on_signal(uv_signal_t *signal, int number)
{
	stop(signal->data);
}

/* The lock file at its path is the one we hold. */
static bool holds_lock(int lock, const char *path)
{
	struct stat ours;
	struct stat there;

	return fstat(lock, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static void on_look(uv_timer_t *timer)
{
	struct plane *plane = timer->data;

	if (!holds_lock(plane->lock, plane->lock_path))
		abandon(plane, "the state folder is gone");
}

static void on_leash(uv_poll_t *poll, int status, int events)
{
	char bytes[64];
	uv_os_fd_t fd;
	ssize_t len;

	if (uv_fileno((uv_handle_t *)poll, &fd) < 0)
		return;
	len = read(fd, bytes, sizeof(bytes));
	if (len > 0 || (len < 0 && errno == EAGAIN))
		return;
	uv_poll_stop(poll);
	abandon(poll->data, "the leash was let go");
}

/* Talking to control. */

static void on_opened(struct channel *channel, void *user)
{
	struct plane *plane = user;
	AUTO_JSON json_t *message = json_object();
	json_t *hello = json_add_object(message, PLANE_HELLO);
	json_t *state = plane->events->state(plane->user);

	if (plane->control)
		channel_close(plane->control);
	plane->control = channel;
	json_set_str(hello, PLANE_ROLE, plane->role);
	json_set_str(hello, PLANE_ID, plane->id);
	json_set_int(hello, PLANE_PID, getpid());
	json_set_int(hello, PLANE_APPLIED, plane->applied);
	if (state)
		json_give(message, PLANE_FACT, state);
	channel_send(channel, message);
}

static void on_closed(struct channel *channel, int err, void *user)
{
	struct plane *plane = user;

	if (plane->control == channel)
		plane->control = NULL;
}

static void take_clock(struct plane *plane, const json_t *clock)
{
	plane->clock.real.ms = json_int_or(clock, "real", plane->clock.real.ms);
	plane->clock.lab.ms = json_int_or(clock, "lab", plane->clock.lab.ms);
	plane->clock.speed = json_int_or(clock, "speed", plane->clock.speed);
	if (plane->events->clock)
		plane->events->clock(plane->user);
}

static void take_desired(struct plane *plane, struct channel *channel, const json_t *message)
{
	AUTO_JSON json_t *answer = json_object();
	const char *error = plane->events->desired(json_get(message, PLANE_DESIRED), plane->user);

	plane->applied = json_int_or(message, PLANE_NUMBER, 0);
	if (error)
		log_event(LOG_WARNING, "plane.desired.refused", F_STR("why", error));
	json_set_int(answer, PLANE_APPLIED, plane->applied);
	json_set_str(answer, PLANE_ERROR, error);
	channel_send(channel, answer);
}

static void on_line(struct channel *channel, const json_t *message, void *user)
{
	struct plane *plane = user;

	if (channel != plane->control)
		return;
	if (json_has(message, PLANE_CLOCK))
		take_clock(plane, json_get(message, PLANE_CLOCK));
	if (json_has(message, PLANE_DESIRED))
		take_desired(plane, channel, message);
	if (json_bool_or(message, PLANE_STOP, false))
		stop(plane);
}

void plane_fact(struct plane *plane, const json_t *fact)
{
	AUTO_JSON json_t *message = NULL;

	if (!plane->control)
		return;
	message = json_object();
	json_set(message, PLANE_FACT, fact);
	channel_send(plane->control, message);
}

/* Opening. */

/* Takes the lock: a descriptor, or -EEXIST when somebody else holds it. */
static int take_lock(const char *path)
{
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int err;

	if (lock < 0)
		return -errno;
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EEXIST : -errno;
		close(lock);
		return err;
	}
	/* Between open and flock its last holder may have removed it. */
	if (!holds_lock(lock, path)) {
		close(lock);
		return -EAGAIN;
	}
	return lock;
}

static int lock_plane(struct plane *plane)
{
	int err = -EAGAIN;

	for (int tries = 0; tries < 10 && err == -EAGAIN; tries++)
		err = take_lock(plane->lock_path);
	if (err < 0)
		return err;
	plane->lock = err;
	return plane_lock_write(plane->lock);
}

static int watch_leash(struct plane *plane)
{
	const char *text = getenv(PLANE_LEASH);
	int fd = text ? (int)strtol(text, NULL, 10) : -1;
	int err;

	if (!text)
		return 0;
	/* Neither the descriptor nor its number is our children's business. */
	unsetenv(PLANE_LEASH);
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -EBADF;
	err = uv_poll_init(plane->loop, &plane->leash, fd);
	if (err < 0)
		return err;
	plane->leash.data = plane;
	return uv_poll_start(&plane->leash, UV_READABLE | UV_DISCONNECT, on_leash);
}

static int watch(struct plane *plane)
{
	static const int numbers[] = {SIGTERM, SIGINT};

	for (size_t i = 0; i < array_len(numbers); i++) {
		uv_signal_init(plane->loop, &plane->signals[i]);
		plane->signals[i].data = plane;
		uv_signal_start(&plane->signals[i], on_signal, numbers[i]);
	}
	uv_timer_init(plane->loop, &plane->look);
	uv_timer_init(plane->loop, &plane->last);
	plane->look.data = plane;
	plane->last.data = plane;
	uv_timer_start(&plane->look, on_look, LOOK_INTERVAL, LOOK_INTERVAL);
	return watch_leash(plane);
}

int plane_open(uv_loop_t *loop, const char *role, const char *id, const struct plane_events *events,
	       void *user, struct plane **ret_plane)
{
	static const struct channel_events channel_events = {on_opened, on_line, on_closed};
	struct plane *plane = &self;
	int err;

	assert(!plane->loop);
	plane->loop = loop;
	plane->events = events;
	plane->user = user;
	plane->role = mem_strdup(role);
	plane->id = mem_strdup(id);
	plane->lock_path = mem_fmt("run/%s-%s.lock", role, id);
	plane->socket_path = mem_fmt("run/%s-%s.sock", role, id);
	plane->clock = lab_clock_start((lab_ms){clock_real().ms}, 1000);

	if (mkdir("run", 0700) < 0 && errno != EEXIST)
		return -errno;
	err = lock_plane(plane);
	if (err < 0)
		return err;
	err = watch(plane);
	if (err < 0)
		return err;
	err = channel_listen(loop, plane->socket_path, &channel_events, plane, &plane->listener);
	if (err < 0)
		return err;

	*ret_plane = plane;
	return 0;
}

static void close_handle(void *handle)
{
	uv_close(handle, NULL);
}

void plane_close(struct plane *plane)
{
	if (!plane || plane->lock < 0)
		return;
	for (size_t i = 0; i < array_len(plane->signals); i++)
		close_handle(&plane->signals[i]);
	close_handle(&plane->look);
	close_handle(&plane->last);
	if (plane->leash.data)
		close_handle(&plane->leash);
	if (plane->control)
		channel_close(plane->control);
	channel_listener_close(plane->listener);

	if (holds_lock(plane->lock, plane->lock_path))
		unlink(plane->lock_path);
	close(plane->lock);
	plane->lock = -1;
}

const struct lab_clock *plane_clock(const struct plane *plane)
{
	return &plane->clock;
}

const char *plane_id(const struct plane *plane)
{
	return plane->id;
}
