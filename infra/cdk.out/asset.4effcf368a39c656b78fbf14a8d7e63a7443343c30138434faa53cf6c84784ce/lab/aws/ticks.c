/*
 * ticks.c - services move their world on, when the lab clock says so.
 *
 * A paused clock brings no tick that is not due yet; who is woken is due at once all the same.
 */
#include "lab/aws/inside.h"

#define NEVER INT64_MAX
#define AT_ONCE INT64_MIN

bool ticks_are_due(const struct lab *lab)
{
	lab_ms now = lab_clock_now(&lab->clock);
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (lab->services[i]->tick && lab->due[i].ms <= now.ms)
			return true;
	return false;
}

struct ticked {
	msec (*tick)(struct request *rq);
	msec again;
};

static void tick(struct request *rq, void *user)
{
	struct ticked *ticked = user;

	ticked->again = ticked->tick(rq);
}

static void run_one(struct lab *lab, size_t i)
{
	const struct service *service = lab->services[i];
	struct request *rq = request_open(lab, service->model, NULL);
	/* One that failed comes again in a second. */
	struct ticked ticked = {.tick = service->tick, .again = SECOND};

	/* Before it runs, so that it may be woken meanwhile. */
	lab->due[i].ms = NEVER;
	guarded(rq, "tick", tick, &ticked);
	if (lab->due[i].ms == NEVER && ticked.again != TICK_NEVER)
		lab->due[i].ms = rq->now.ms + (ticked.again > 0 ? ticked.again : 1);
	request_close(rq);
}

void ticks_run(struct lab *lab)
{
	lab_ms now = lab_clock_now(&lab->clock);
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (lab->services[i]->tick && lab->due[i].ms <= now.ms)
			run_one(lab, i);
}

/* What the last turn's ticks did was not kept, nor what it woke: all come again in a second. */
void ticks_retry(struct lab *lab)
{
	int64_t soon = lab_clock_now(&lab->clock).ms + SECOND;
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (lab->due[i].ms > soon)
			lab->due[i].ms = soon;
}

static void on_timer(uv_timer_t *handle)
{
	lab_turn(handle->data);
}

void ticks_schedule(struct lab *lab)
{
	lab_ms first = {NEVER};
	msec left;
	size_t i;

	if (!lab->loop)
		return;
	for (i = 0; i < lab->nservices; i++)
		if (lab->services[i]->tick && lab->due[i].ms < first.ms)
			first = lab->due[i];

	left = first.ms == NEVER ? -1 : lab_clock_real_until(&lab->clock, first);
	if (left < 0)
		uv_timer_stop(&lab->timer);
	else
		uv_timer_start(&lab->timer, on_timer, (uint64_t)left, 0);
}

void lab_wake(struct lab *lab, const struct model *model)
{
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (lab->services[i]->model == model)
			lab->due[i].ms = AT_ONCE;
	/* Inside a turn its end looks at who is due. */
	if (!lab->tx)
		ticks_schedule(lab);
}
