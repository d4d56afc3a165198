/*
 * request.c - one call of one operation: its memory, its times, its faults.
 */
#include "lab/aws/inside.h"

#include <assert.h>

static void release_tree(void *tree)
{
	json_decref(tree);
}

struct request *request_open(struct lab *lab, const struct model *model,
			     const struct principal *caller)
{
	struct arena *arena = lab->narenas > 0 ? lab->arenas[--lab->narenas] : arena_open();
	struct request *rq = arena_alloc(arena, sizeof(*rq));

	*rq = (struct request){
		.lab = lab,
		.tx = turn_tx(lab),
		.arena = arena,
		.real = clock_real(),
		.id = ids_request(lab, arena),
		.region = lab->region,
		.account = LAB_ACCOUNT,
		.partition = LAB_PARTITION,
		.caller = caller,
		.model = model,
	};
	rq->now = lab_clock_at(&lab->clock, rq->real);
	if (!caller)
		rq->caller =
			principal_service(rq, rq_fmt(rq, "%s.amazonaws.com", model->iam_prefix));
	return rq;
}

void request_close(struct request *rq)
{
	struct lab *lab = rq->lab;
	struct arena *arena = rq->arena;

	if (lab->narenas == ARENAS_KEPT) {
		arena_close(arena);
		return;
	}
	arena_clear(arena);
	lab->arenas[lab->narenas++] = arena;
}

char *rq_fmt(struct request *rq, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = arena_vfmt(rq->arena, fmt, args);
	va_end(args);
	return text;
}

char *rq_strdup(struct request *rq, const char *text)
{
	return arena_strdup(rq->arena, text);
}

json_t *rq_keep(struct request *rq, json_t *tree)
{
	if (tree)
		arena_defer(rq->arena, release_tree, tree);
	return tree;
}

json_t *rq_object(struct request *rq)
{
	return rq_keep(rq, json_object());
}

json_t *rq_array(struct request *rq)
{
	return rq_keep(rq, json_array());
}

json_t *rq_copy(struct request *rq, const json_t *tree)
{
	return tree ? rq_keep(rq, json_deep_copy(tree)) : NULL;
}

const char *rq_arn(struct request *rq, const char *service, const char *resource)
{
	return rq_fmt(rq, "arn:%s:%s:%s:%s:%s", rq->partition, service, rq->region, rq->account,
		      resource);
}

void json_set_time(json_t *object, const char *name, lab_ms when)
{
	json_set_num(object, name, (double)when.ms / 1000.0);
}

lab_ms json_time_or(const json_t *object, const char *name, lab_ms otherwise)
{
	const json_t *value = json_get(object, name);

	return json_is_number(value) ? (lab_ms){(int64_t)(json_number_value(value) * 1000.0 + 0.5)}
				     : otherwise;
}

static void set_fault(struct request *rq, const char *code, int status, bool sender,
		      const char *fmt, va_list args)
{
	rq->fault = (struct fault){
		.code = code,
		.message = arena_vfmt(rq->arena, fmt, args),
		.status = status,
		.sender = sender,
	};
}

int fault(struct request *rq, int code, const char *fmt, ...)
{
	const struct fault_shape *shape;
	va_list args;

	assert(code > 0 && code < rq->model->nfaults);
	shape = &rq->model->faults[code];
	va_start(args, fmt);
	set_fault(rq, shape->code, shape->status, shape->sender, fmt, args);
	va_end(args);
	return code;
}

int fault_named(struct request *rq, const char *code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_fault(rq, code, 400, true, fmt, args);
	va_end(args);
	return FAULT_NAMED;
}

int fault_pass(struct request *rq)
{
	assert(rq->called.code);
	rq->fault = rq->called;
	return FAULT_NAMED;
}
