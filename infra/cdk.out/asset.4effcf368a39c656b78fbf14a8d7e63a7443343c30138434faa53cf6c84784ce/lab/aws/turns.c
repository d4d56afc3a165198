/*
 * turns.c - calls of one turn of the loop share a transaction; answers come after its commit.
 */
#include "lab/aws/inside.h"
#include "lib/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Events make ticks make events: this many rounds a turn, then the loop gets a look at its sockets. */
#define ROUNDS_MAX 32

static const struct fault internal_failure = {
	.code = "InternalFailure",
	.message = "The lab could not do it; see its log.",
	.status = 500,
};
static const struct fault disk_full = {
	.code = "InternalFailure",
	.message = "The disk of the lab's state folder is full. Nothing was changed.",
	.status = 500,
};

struct tx *turn_tx(struct lab *lab)
{
	if (!lab->tx)
		lab->tx = tx_begin(lab->store);
	return lab->tx;
}

static struct waiting *wait_for_commit(struct lab *lab)
{
	if (lab->nwaiting == lab->waiting_room) {
		lab->waiting_room = lab->waiting_room ? 2 * lab->waiting_room : 16;
		lab->waiting = mem_resize(lab->waiting, lab->waiting_room * sizeof(*lab->waiting));
	}
	return &lab->waiting[lab->nwaiting++];
}

static const struct service *service_of(const struct lab *lab, const struct model *model)
{
	size_t i;

	for (i = 0; i < lab->nservices; i++)
		if (lab->services[i]->model == model)
			return lab->services[i];
	return NULL;
}

void lab_run(struct lab *lab, const struct lab_call *call)
{
	const struct service *service = service_of(lab, call->model);
	struct principal *caller;
	struct request *rq;
	json_t *out;
	int result;

	assert(service);
	rq = request_open(lab, call->model, call->caller);
	rq->operation = &call->model->ops[call->op];
	rq->host = rq_strdup(rq, call->host);
	rq->source_address =
		call->source_address ? rq_strdup(rq, call->source_address) : "127.0.0.1";
	/* The caller's own text goes when lab_run returns; the request stays until the commit. */
	caller = arena_alloc(rq->arena, sizeof(*caller));
	*caller = *call->caller;
	rq->caller = caller;

	out = rq_object(rq);
	result = operation_run(rq, service, call->op, call->in, out);
	if (result < 0)
		log_event(LOG_ERROR, "operation.failed", F_STR("service", call->model->name),
			  F_STR("operation", rq->operation->name), F_STR("request", rq->id),
			  F_ERR(result));
	*wait_for_commit(lab) = (struct waiting){
		.rq = rq,
		.out = out,
		.result = result,
		.done = call->done,
		.user = call->user,
	};
}

static const struct fault *fault_of(const struct waiting *one)
{
	if (one->result == 0)
		return NULL;
	if (one->result > 0)
		return &one->rq->fault;
	return one->result == -ENOSPC ? &disk_full : &internal_failure;
}

/* `err` is the commit's: without it, nothing of this turn was done. */
static void answer(struct lab *lab, int err)
{
	struct waiting *all = lab->waiting;
	size_t i, count = lab->nwaiting;

	/* Whoever is answered may call again at once: that is the next turn's. */
	lab->waiting = NULL;
	lab->nwaiting = lab->waiting_room = 0;

	for (i = 0; i < count; i++) {
		struct waiting *one = &all[i];

		if (err < 0)
			one->result = err;
		if (one->done)
			one->done(
				&(struct lab_reply){
					.operation = one->rq->operation,
					.result = one->result,
					.fault = fault_of(one),
					.out = one->out,
					.request_id = one->rq->id,
					.now = one->rq->now,
				},
				one->user);
		request_close(one->rq);
	}
	free(all);
}

/* Commits, answers, sends orders. Events that are left to be heard; a new reference. */
static json_t *end_turn(struct lab *lab)
{
	json_t *events;
	int err = 0;

	if (lab->tx) {
		err = tx_commit(lab->tx);
		lab->tx = NULL;
	}
	if (err < 0) {
		log_event(LOG_ERROR, "turn.failed", F_INT("calls", (int64_t)lab->nwaiting),
			  F_ERR(err));
		ticks_retry(lab);
	}
	reports_settle(lab, err);

	events = store_take_events(lab->store);
	if (lab->nwaiting > 0)
		answer(lab, err);
	orders_send(lab, events);
	return events;
}

void lab_turn(struct lab *lab)
{
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		AUTO_JSON json_t *events = end_turn(lab);

		if (json_array_size(events) == 0 && !ticks_are_due(lab) && !lab->tx)
			break;
		events_hear(lab, events);
		ticks_run(lab);
	}
	ticks_schedule(lab);
}
