/*
 * orders.c - orders to data planes go out after the commit; what they report comes in.
 *
 * An order travels as an event of its transaction: a savepoint that is undone takes it along.
 */
#include "lab/aws/inside.h"

#include <string.h>

#define WANT "lab.plane.want"
#define DISMISS "lab.plane.dismiss"

static json_t *order(const char *role, const char *id)
{
	json_t *detail = json_object();

	json_set_str(detail, "role", role);
	json_set_str(detail, "id", id);
	return detail;
}

void plane_want(struct request *rq, const char *role, const char *id, const json_t *desired)
{
	AUTO_JSON json_t *detail = order(role, id);

	json_set(detail, "desired", desired);
	publish(rq->tx, WANT, detail);
}

void plane_dismiss(struct request *rq, const char *role, const char *id, msec grace)
{
	AUTO_JSON json_t *detail = order(role, id);

	json_set_int(detail, "grace", grace);
	publish(rq->tx, DISMISS, detail);
}

bool order_is(const char *event)
{
	return strcmp(event, WANT) == 0 || strcmp(event, DISMISS) == 0;
}

/* Without a fleet. */
static void remember(struct lab *lab, const char *role, const char *id, const json_t *desired)
{
	AUTO_FREE char *name = mem_fmt("%s/%s", role, id);

	json_drop(lab->ordered, name);
	json_set(lab->ordered, name, desired);
}

const json_t *lab_ordered(const struct lab *lab, const char *role, const char *id)
{
	AUTO_FREE char *name = mem_fmt("%s/%s", role, id);

	return json_get(lab->ordered, name);
}

static void send_one(struct lab *lab, const char *event, const json_t *detail)
{
	const char *role = json_str(detail, "role");
	const char *id = json_str(detail, "id");
	const json_t *desired = json_get(detail, "desired");

	if (!lab->carrier)
		remember(lab, role, id, desired);
	else if (strcmp(event, WANT) == 0)
		lab->carrier->want(lab->fleet, role, id, desired);
	else
		lab->carrier->dismiss(lab->fleet, role, id, json_int_or(detail, "grace", 0));
}

void orders_send(struct lab *lab, const json_t *events)
{
	bool any = false;
	const json_t *event;
	size_t i;

	if (lab->clock_changed && lab->carrier)
		lab->carrier->tell_clock(lab->fleet, &lab->clock);
	lab->clock_changed = false;

	json_each (events, i, event) {
		const char *name = json_str(event, "event");

		if (!order_is(name))
			continue;
		send_one(lab, name, json_get(event, "detail"));
		any = true;
	}
	if (any && lab->carrier)
		lab->carrier->commit(lab->fleet);
}

struct report {
	const struct service *service;
	const char *id;
	const json_t *fact; /* NULL: the plane is gone */
};

static void take_report(struct request *rq, void *user)
{
	const struct report *report = user;

	if (report->fact)
		report->service->fact(rq, report->id, report->fact);
	else if (report->service->plane_gone)
		report->service->plane_gone(rq, report->id);
}

/* In this turn's transaction: its end wakes the loop up anyway. */
static void reported(struct lab *lab, const char *role, const char *id, const json_t *fact)
{
	size_t i;

	lab->reported = true;
	for (i = 0; i < lab->nservices; i++) {
		const struct service *service = lab->services[i];
		struct report report = {.service = service, .id = id, .fact = fact};
		struct request *rq;

		if (!service->plane || strcmp(service->plane, role) != 0)
			continue;
		rq = request_open(lab, service->model, NULL);
		guarded(rq, "fact", take_report, &report);
		request_close(rq);
	}
}

static void on_fact(const char *role, const char *id, const json_t *fact, void *user)
{
	reported(user, role, id, fact);
}

static void on_gone(const char *role, const char *id, void *user)
{
	reported(user, role, id, NULL);
}

/* A report is not repeated unless it is asked for. That a plane is gone, ticks see for themselves. */
void reports_settle(struct lab *lab, int err)
{
	if (err < 0 && lab->reported && lab->carrier)
		lab->carrier->hear_again(lab->fleet);
	lab->reported = false;
}

const struct fleet_events lab_fleet_events = {
	.fact = on_fact,
	.gone = on_gone,
};

struct fleet *lab_fleet(const struct lab *lab)
{
	return lab->fleet;
}
