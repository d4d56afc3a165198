/*
 * aws_call.c - an operation runs: asked for permission, in a savepoint, from outside or by another
 * service.
 */
#include "lab/aws/inside.h"
#include "lib/base/log.h"

#include <assert.h>
#include <errno.h>

#define DEPTH_MAX 12 /* calls in calls; more is a circle */

static int perform(struct request *rq, const struct service *service, int op, const json_t *in,
		   json_t *out)
{
	int result;

	if (!service->ops[op]) {
		result = fault_named(rq, "NotImplemented", "%s %s is not in the lab.",
				     rq->model->name, rq->operation->name);
		rq->fault.status = 501;
		return result;
	}
	result = authorize(rq, service, op, in);
	if (result == 0)
		result = service->ops[op](rq, in, out);
	if (result == 0 && rq->model->protocol == PROTOCOL_EC2 &&
	    json_bool_or(in, "DryRun", false)) {
		/* EC2 alone asks so: what was done is undone, as by any fault. */
		result = fault_named(rq, "DryRunOperation",
				     "Request would have succeeded, but DryRun flag is set.");
		rq->fault.status = 412;
	}
	return result;
}

int operation_run(struct request *rq, const struct service *service, int op, const json_t *in,
		  json_t *out)
{
	int result;

	tx_savepoint(rq->tx);
	result = perform(rq, service, op, in, out);
	if (result == 0)
		result = tx_error(rq->tx);
	if (result == 0)
		tx_release(rq->tx);
	else
		tx_undo(rq->tx);
	return result;
}

void guarded(struct request *rq, const char *what, void (*run)(struct request *rq, void *user),
	     void *user)
{
	int err;

	tx_savepoint(rq->tx);
	run(rq, user);
	err = tx_error(rq->tx);
	if (err == 0) {
		tx_release(rq->tx);
		return;
	}
	tx_undo(rq->tx);
	log_event(LOG_ERROR, "lab.work.failed", F_STR("service", rq->model->name),
		  F_STR("what", what), F_ERR(err));
}

static const struct service *service_of(const struct request *rq, const struct model *model)
{
	return lab_service(rq->lab, model->name);
}

/* Reads the input as the front door would, then runs it. */
static int call(struct request *rq, const struct service *service, int op, const json_t *in,
		json_t *out)
{
	const json_t *valid;

	if (!service) {
		int result =
			fault_named(rq, "NotImplemented", "%s is not in the lab.", rq->model->name);

		rq->fault.status = 501;
		return result;
	}
	if (rq->depth > DEPTH_MAX)
		return -ELOOP;
	valid = input_read(rq, in);
	if (!valid)
		return FAULT_NAMED;
	return operation_run(rq, service, op, valid, out ? out : rq_object(rq));
}

int aws_call(struct request *rq, const struct principal *as, const struct model *model, int op,
	     const json_t *in, json_t *out)
{
	struct request inner = *rq;
	int result;

	assert(as);
	inner.model = model;
	inner.operation = &model->ops[op];
	inner.caller = as;
	inner.host = NULL;
	inner.source_address = NULL;
	/* On a caller's behalf the next service sees who asked for him: kms:ViaService. */
	inner.via = as == rq->caller && as->kind != PRINCIPAL_SERVICE ? rq->model->name : NULL;
	inner.depth++;
	inner.fault = inner.called = (struct fault){0};

	result = call(&inner, service_of(rq, model), op, in, out);
	rq->called = inner.fault;
	return result;
}
