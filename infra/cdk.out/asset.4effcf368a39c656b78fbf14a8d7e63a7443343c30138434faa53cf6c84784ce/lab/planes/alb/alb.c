/*
 * alb.c - the load balancer's life, and the one timer that looks at all timeouts: one a connection
 * would cost a request half a microsecond.
 */
#include "lab/planes/alb/alb.h"

#include <stdlib.h>

void alb_tell_state(struct alb *alb)
{
	AUTO_JSON json_t *fact = alb_state(alb);

	alb->events->fact(fact, alb->user);
}

static void retry_listeners(struct alb *alb)
{
	struct listener *listener;
	bool listens = false;

	LIST_FOREACH(listener, &alb->listeners, link)
	listens |= listener_retry(listener);
	if (listens)
		alb_tell_state(alb);
}

static void on_sweep(uv_timer_t *timer)
{
	struct alb *alb = timer->data;
	msec now = (msec)uv_now(alb->loop);
	struct group *group;
	struct target *target;

	clients_sweep(alb, now);
	TAILQ_FOREACH(group, &alb->groups, link)
	{
		TAILQ_FOREACH(target, &group->targets, link)
		upstream_sweep(target, now);
	}
	retry_listeners(alb);
	if (alb->stopping && alb->nclients == 0) {
		uv_timer_stop(&alb->sweep);
		alb->events->stopped(alb->user);
	}
}

struct alb *alb_open(uv_loop_t *loop, const struct lab_clock *clock,
		     const struct alb_events *events, void *user)
{
	struct alb *alb = mem_new(struct alb);

	alb->loop = loop;
	alb->clock = clock;
	alb->events = events;
	alb->user = user;
	alb->idle_timeout = MINUTE;
	alb->client_keep_alive = HOUR;
	LIST_INIT(&alb->listeners);
	LIST_INIT(&alb->clients);
	TAILQ_INIT(&alb->groups);
	uv_timer_init(loop, &alb->sweep);
	alb->sweep.data = alb;
	uv_timer_start(&alb->sweep, on_sweep, SWEEP_EVERY, SWEEP_EVERY);
	return alb;
}

void alb_clock_changed(struct alb *alb)
{
	struct group *group;
	struct target *target;

	TAILQ_FOREACH(group, &alb->groups, link)
	{
		TAILQ_FOREACH(target, &group->targets, link)
		health_clock_changed(target);
	}
}

void alb_stop(struct alb *alb)
{
	if (alb->stopping)
		return;
	alb->stopping = true;
	while (!LIST_EMPTY(&alb->listeners))
		listener_close(LIST_FIRST(&alb->listeners));
	clients_stop(alb);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct alb *alb = handle->data;

	alb->closed = true;
	alb_forget_client(alb);
}

void alb_forget_client(struct alb *alb)
{
	if (!alb->closed || alb->nclients > 0)
		return;
	buf_free(&alb->out);
	free(alb);
}

void alb_close(struct alb *alb)
{
	alb_stop(alb);
	alb_release(alb);
	clients_close(alb);
	uv_close((uv_handle_t *)&alb->sweep, on_timer_closed);
}
