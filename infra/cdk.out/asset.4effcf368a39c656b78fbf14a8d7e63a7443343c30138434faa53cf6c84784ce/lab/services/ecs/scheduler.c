/*
 * scheduler.c - how many tasks to start and which to stop: a decision, nothing else.
 *
 *   left out   placement strategies and constraints (Fargate has none), zone rebalancing
 */
#include "lab/services/ecs/scheduler.h"

#define BACKOFF_FIRST (10 * SECOND)
#define BACKOFF_MAX (15 * MINUTE)

int sched_minimum(int desired, int percent)
{
	return (int)(((int64_t)desired * percent + 99) / 100);
}

int sched_maximum(int desired, int percent)
{
	return (int)((int64_t)desired * percent / 100);
}

msec sched_backoff(int failures)
{
	msec wait = BACKOFF_FIRST;

	if (failures <= 1)
		return 0;
	for (int i = 2; i < failures && wait < BACKOFF_MAX; i++)
		wait *= 2;
	return wait < BACKOFF_MAX ? wait : BACKOFF_MAX;
}

struct tally {
	int live;	     /* not told to stop */
	int good;	     /* current and not unhealthy */
	int healthy_current; /* current and healthy */
	int healthy;	     /* healthy, of whatever deployment */
	int doomed;	     /* to be replaced: old, or unhealthy */
	int sick;	     /* current and unhealthy */
};

static bool is_doomed(const struct sched_task *task)
{
	return !task->current || task->health == SCHED_UNHEALTHY;
}

static void count(const struct sched_pool *pool, struct tally *ret_tally)
{
	struct tally tally = {0};

	for (size_t i = 0; i < pool->ntasks; i++) {
		const struct sched_task *task = &pool->tasks[i];

		if (task->stop != SCHED_KEEP)
			continue;
		tally.live++;
		tally.good += !is_doomed(task);
		tally.doomed += is_doomed(task);
		tally.sick += task->current && task->health == SCHED_UNHEALTHY;
		tally.healthy += task->health == SCHED_HEALTHY;
		tally.healthy_current += task->current && task->health == SCHED_HEALTHY;
	}
	*ret_tally = tally;
}

/* The one to stop first has the highest rank; among equals `oldest` says which. */
typedef int rank_fn(const struct sched_task *task); /* < 0: not this one */

static int in_zone(const struct sched_pool *pool, int zone)
{
	int count = 0;

	for (size_t i = 0; i < pool->ntasks; i++)
		count += pool->tasks[i].stop == SCHED_KEEP && pool->tasks[i].zone == zone;
	return count;
}

/* Among equals: the one in the fuller zone, then the oldest or newest. */
static bool goes_before(const struct sched_pool *pool, const struct sched_task *task,
			const struct sched_task *other, rank_fn *rank, bool oldest)
{
	int fuller = in_zone(pool, task->zone) - in_zone(pool, other->zone);

	if (rank(task) != rank(other))
		return rank(task) > rank(other);
	if (!oldest && fuller)
		return fuller > 0;
	return (task->created.ms < other->created.ms) == oldest;
}

static struct sched_task *pick(struct sched_pool *pool, rank_fn *rank, bool oldest)
{
	struct sched_task *best = NULL;

	for (size_t i = 0; i < pool->ntasks; i++) {
		struct sched_task *task = &pool->tasks[i];

		if (task->stop != SCHED_KEEP || rank(task) < 0)
			continue;
		if (!best || goes_before(pool, task, best, rank, oldest))
			best = task;
	}
	return best;
}

static int surplus_rank(const struct sched_task *task)
{
	if (is_doomed(task))
		return -1;
	return task->running ? task->health == SCHED_WAIT : 2;
}

static int sick_rank(const struct sched_task *task)
{
	if (!is_doomed(task) || task->health == SCHED_HEALTHY)
		return -1;
	return task->health == SCHED_UNHEALTHY;
}

static int old_healthy_rank(const struct sched_task *task)
{
	return !task->current && task->health == SCHED_HEALTHY ? 0 : -1;
}

static void stop(struct sched_task *task)
{
	task->stop = task->health == SCHED_UNHEALTHY ? SCHED_STOP_UNHEALTHY : SCHED_STOP_SCALE;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void stop_surplus(struct sched_pool *pool)
{
	struct tally now;

	for (count(pool, &now); now.good > pool->desired; count(pool, &now))
		stop(pick(pool, surplus_rank, false));
}

/* Replacement comes first: a sick or never healthy one goes when a healthy one stands in its
 * place. Stopping it takes nothing from the healthy count, so the minimum does not hold it. */
static void stop_sick(struct sched_pool *pool)
{
	struct sched_task *task;
	struct tally now;

	for (count(pool, &now); now.healthy_current + now.doomed > pool->desired;
	     count(pool, &now)) {
		task = pick(pool, sick_rank, true);
		if (!task)
			return;
		stop(task);
	}
}

static void stop_old(struct sched_pool *pool, int minimum)
{
	struct sched_task *task;
	struct tally now;

	for (count(pool, &now); now.healthy > minimum; count(pool, &now)) {
		task = pick(pool, old_healthy_rank, true);
		if (!task)
			return;
		stop(task);
	}
}

/* No room to start a replacement: one unhealthy task makes place, one at a time. */
static void make_room(struct sched_pool *pool)
{
	struct sched_task *task = pick(pool, sick_rank, true);

	if (task)
		stop(task);
}

void sched_decide(struct sched_pool *pool, struct sched_plan *ret_plan)
{
	int minimum = sched_minimum(pool->desired, pool->minimum_percent);
	int maximum = sched_maximum(pool->desired, pool->maximum_percent);
	struct sched_plan plan = {0};
	struct tally before;
	int missing, room;

	for (size_t i = 0; i < pool->ntasks; i++)
		pool->tasks[i].stop = SCHED_KEEP;
	count(pool, &before);
	missing = pool->desired - before.good;
	room = maximum - before.live;

	if (missing > 0 && room > 0 && !pool->held_back) {
		plan.start = least(missing, room);
		plan.replaced = least(plan.start, before.sick);
	} else if (missing > 0 && room <= 0 && !pool->held_back) {
		make_room(pool);
	}
	stop_surplus(pool);
	stop_sick(pool);
	stop_old(pool, minimum);

	plan.steady = before.good == pool->desired && !before.doomed &&
		      before.healthy_current == pool->desired;
	*ret_plan = plan;
}
