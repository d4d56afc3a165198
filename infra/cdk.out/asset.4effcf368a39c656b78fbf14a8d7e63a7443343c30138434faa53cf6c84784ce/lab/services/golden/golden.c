/*
 * golden.c - the lab's only API of its own: its clock, and what is in it.
 *
 *   keeps      nothing; the clock is the core's
 *   left out   snapshots
 *
 * An account has no such service: whoever calls it must do without there.
 */
#include "lab/services/golden/golden.h"
#include "lab/aws/lab.h"
#include "lab/models/golden.h"

#include <math.h>

/* Far more than a game day; a step of years would only wear out every timer at once. */
#define STEP_MAX_SECONDS (366.0 * 24 * 3600)

static void put_clock(struct request *rq, const struct lab_clock *clock, json_t *out)
{
	json_set_time(out, "Lab", lab_clock_at(clock, rq->real));
	json_set_num(out, "Real", (double)rq->real.ms / 1000);
	json_set_num(out, "Speed", (double)clock->speed / 1000);
}

static int get_clock(struct request *rq, const json_t *in, json_t *out)
{
	put_clock(rq, lab_clock(rq->lab), out);
	return 0;
}

static int set_clock(struct request *rq, const json_t *in, json_t *out)
{
	struct lab_clock clock = *lab_clock(rq->lab);
	double step = json_num_or(in, "StepSeconds", 0);

	if (!isfinite(step) || step > STEP_MAX_SECONDS)
		return fault(rq, GOLDEN_ValidationException,
			     "StepSeconds must be at most %.0f, a year.", STEP_MAX_SECONDS);

	if (json_has(in, "Speed"))
		lab_clock_set_speed(&clock, llround(json_num_or(in, "Speed", 1) * 1000));
	lab_clock_step(&clock, llround(step * 1000));
	lab_clock_change(rq->lab, &clock);
	put_clock(rq, &clock, out);
	return 0;
}

static int64_t count_operations(const struct service *service)
{
	int64_t count = 0;

	for (uint16_t op = 0; op < service->model->nops; op++)
		count += service->ops[op] != NULL;
	return count;
}

static int64_t count_known(const struct model *model)
{
	int64_t count = 0;

	while (model->known_ops[count].name)
		count++;
	return count;
}

static void describe_types(const struct service *service, json_t *types)
{
	const struct resource *resource = service->resources;

	for (; resource && resource->type; resource++) {
		json_t *type = json_push_object(types);

		json_set_str(type, "Type", resource->type);
		json_set_str(type, "Note", resource->note);
	}
}

static int describe_lab(struct request *rq, const json_t *in, json_t *out)
{
	const struct service *const *service = lab_services(rq->lab);
	json_t *services, *types;

	json_set_str(out, "Version", GOLDEN_VERSION);
	json_set_str(out, "Directory", lab_dir(rq->lab));
	json_set_int(out, "Number", lab_number(rq->lab));
	json_set_str(out, "Region", rq->region);
	services = json_add_array(out, "Services");
	types = json_add_array(out, "ResourceTypes");
	for (; *service; service++) {
		json_t *it = json_push_object(services);

		json_set_str(it, "Name", (*service)->model->name);
		json_set_int(it, "Operations", count_operations(*service));
		json_set_int(it, "Known", count_known((*service)->model));
		json_set_str(it, "Note", (*service)->note);
		describe_types(*service, types);
	}
	return 0;
}

static op_fn *const ops[GOLDEN_NOPS] = {
	[GOLDEN_DescribeLab] = describe_lab,
	[GOLDEN_GetClock] = get_clock,
	[GOLDEN_SetClock] = set_clock,
};

const struct service golden_service = {
	.model = &golden_model,
	.ops = ops,
};
