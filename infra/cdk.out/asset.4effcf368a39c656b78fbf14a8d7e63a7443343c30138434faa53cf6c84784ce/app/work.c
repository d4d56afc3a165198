/*
 * work.c - CPU to burn, on threads of its own.
 *
 * Not uv's thread pool: names are looked up there, and connections would wait for the burning.
 */
#include "app/work.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>

#define STACK_BYTES ((size_t)64 * 1024)

struct queue {
	struct work_job *first;
	struct work_job **end;
	int64_t len;
};

struct work {
	uv_async_t finished_some;
	int64_t nthreads;
	int64_t queue_max;
	uv_thread_t *threads; /* NULL until the first job */
	int64_t running;      /* jobs whose done() is still to come */

	uv_mutex_t lock; /* of what is below */
	uv_cond_t more;
	struct queue waiting;
	struct queue finished;
	int64_t idle; /* threads without a job */
	bool stop;
};

static void queue_clear(struct queue *queue)
{
	*queue = (struct queue){.end = &queue->first};
}

static void queue_add(struct queue *queue, struct work_job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
	queue->len++;
}

static struct work_job *queue_take(struct queue *queue)
{
	struct work_job *job = queue->first;

	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	queue->len--;
	return job;
}

/* Asking the kernel for the time is dear next to what is burnt between. */
static int64_t burn(msec ms)
{
	int64_t start = clock_thread_cpu_us();
	int64_t used;

	do {
		for (volatile unsigned spin = 0; spin < 20000; spin++)
			;
		used = clock_thread_cpu_us() - start;
	} while (used < ms * 1000);
	return used;
}

static void run(void *user)
{
	struct work *work = user;

	uv_mutex_lock(&work->lock);
	for (;;) {
		struct work_job *job;

		while (!work->waiting.first && !work->stop)
			uv_cond_wait(&work->more, &work->lock);
		if (work->stop)
			break;
		job = queue_take(&work->waiting);
		work->idle--;
		uv_mutex_unlock(&work->lock);

		job->burnt_us = burn(job->burn);

		uv_mutex_lock(&work->lock);
		work->idle++;
		queue_add(&work->finished, job);
		uv_async_send(&work->finished_some);
	}
	uv_mutex_unlock(&work->lock);
}

static void on_finished_some(uv_async_t *async)
{
	struct work *work = async->data;
	struct work_job *job;

	uv_mutex_lock(&work->lock);
	job = work->finished.first;
	queue_clear(&work->finished);
	uv_mutex_unlock(&work->lock);

	while (job) {
		struct work_job *next = job->next;

		work->running--;
		job->done(job, job->user);
		job = next;
	}
	if (work->running == 0)
		uv_unref((uv_handle_t *)&work->finished_some);
}

static void start_threads(struct work *work)
{
	const uv_thread_options_t options = {
		.flags = UV_THREAD_HAS_STACK_SIZE,
		.stack_size = STACK_BYTES,
	};

	work->threads = mem_array(uv_thread_t, (size_t)work->nthreads);
	for (; work->idle < work->nthreads; work->idle++) {
		int err = uv_thread_create_ex(&work->threads[work->idle], &options, run, work);

		assert(err == 0);
	}
}

bool work_submit(struct work *work, struct work_job *job)
{
	bool room;

	uv_mutex_lock(&work->lock);
	if (!work->threads)
		start_threads(work);
	/* Idle threads will take what is waiting in a moment. */
	room = work->waiting.len < work->queue_max + work->idle;
	if (room) {
		queue_add(&work->waiting, job);
		uv_cond_signal(&work->more);
	}
	uv_mutex_unlock(&work->lock);

	if (room && work->running++ == 0)
		uv_ref((uv_handle_t *)&work->finished_some);
	return room;
}

struct work *work_open(uv_loop_t *loop, int64_t threads, int64_t queue_max)
{
	struct work *work = mem_new(struct work);

	work->nthreads = threads;
	work->queue_max = queue_max;
	queue_clear(&work->waiting);
	queue_clear(&work->finished);
	uv_mutex_init(&work->lock);
	uv_cond_init(&work->more);
	uv_async_init(loop, &work->finished_some, on_finished_some);
	work->finished_some.data = work;
	uv_unref((uv_handle_t *)&work->finished_some);
	return work;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void work_close(struct work *work)
{
	if (!work)
		return;
	uv_mutex_lock(&work->lock);
	work->stop = true;
	uv_cond_broadcast(&work->more);
	uv_mutex_unlock(&work->lock);
	for (int64_t i = 0; work->threads && i < work->nthreads; i++)
		uv_thread_join(&work->threads[i]);
	free(work->threads);
	uv_cond_destroy(&work->more);
	uv_mutex_destroy(&work->lock);
	uv_close((uv_handle_t *)&work->finished_some, on_closed);
}
