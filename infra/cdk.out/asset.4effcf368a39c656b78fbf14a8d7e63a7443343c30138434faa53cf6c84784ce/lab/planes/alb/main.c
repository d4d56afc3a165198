/*
 * main.c - goldend alb <id>: one load balancer, all its nodes.
 *
 *   hears      lab/wire/alb.h: desired state, whole
 *   says       transitions of targets at once; its whole state when control (re)connects and after
 *              each desired state
 *   left out   counts and access logs, WAF, HTTPS
 */
#include "lab/planes/alb/alb.h"
#include "lab/planes/plane.h"
#include "lab/wire/alb.h"
#include "lib/base/log.h"

#include <signal.h>
#include <sys/resource.h>

struct balancer {
	struct plane *plane;
	struct alb *alb;
};

static const char *on_desired(const json_t *desired, void *user)
{
	struct balancer *balancer = user;
	const char *error = alb_apply(balancer->alb, desired);

	if (error)
		log_event(LOG_ERROR, "alb.orders.refused", F_STR("reason", error));
	alb_tell_state(balancer->alb);
	return error;
}

static json_t *on_state(void *user)
{
	struct balancer *balancer = user;

	return alb_state(balancer->alb);
}

static void on_stop(void *user)
{
	struct balancer *balancer = user;

	alb_stop(balancer->alb);
}

static void on_clock(void *user)
{
	struct balancer *balancer = user;

	alb_clock_changed(balancer->alb);
}

static void on_fact(const json_t *fact, void *user)
{
	struct balancer *balancer = user;

	plane_fact(balancer->plane, fact);
}

static void on_stopped(void *user)
{
	struct balancer *balancer = user;

	plane_done(balancer->plane);
}

/* Each client may need two descriptors, and a soft limit of 1024 is common. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int alb_main(const char *id)
{
	static const struct plane_events plane_events = {on_desired, on_state, on_stop, on_clock};
	static const struct alb_events alb_events = {on_fact, on_stopped};
	static struct balancer balancer;
	uv_loop_t *loop = uv_default_loop();
	int err;

	log_set_program("goldend alb");
	signal(SIGPIPE, SIG_IGN);
	raise_descriptor_limit();

	err = plane_open(loop, ALB_ROLE, id, &plane_events, &balancer, &balancer.plane);
	if (err < 0) {
		log_event(LOG_ERROR, "alb.start.failed", F_STR("id", id), F_ERR(err));
		return 1;
	}
	balancer.alb = alb_open(loop, plane_clock(balancer.plane), &alb_events, &balancer);
	uv_run(loop, UV_RUN_DEFAULT);
	plane_close(balancer.plane);
	return 0;
}
