/*
 * events.c - what was published is heard after its commit.
 */
#include "lab/aws/inside.h"

#include <string.h>

struct heard {
	const struct hearing *hearing;
	const json_t *detail;
};

static void hear(struct request *rq, void *user)
{
	const struct heard *heard = user;

	heard->hearing->hear(rq, heard->detail);
}

static void hear_one(struct lab *lab, const char *event, const json_t *detail)
{
	const struct hearing *hearing;
	size_t i;

	for (i = 0; i < lab->nservices; i++) {
		for (hearing = lab->services[i]->hears; hearing && hearing->event; hearing++) {
			struct heard heard = {.hearing = hearing, .detail = detail};
			struct request *rq;

			if (strcmp(hearing->event, event) != 0)
				continue;
			rq = request_open(lab, lab->services[i]->model, NULL);
			guarded(rq, event, hear, &heard);
			request_close(rq);
		}
	}
}

void events_hear(struct lab *lab, const json_t *events)
{
	const json_t *event;
	size_t i;

	json_each (events, i, event) {
		const char *name = json_str(event, "event");

		if (!order_is(name))
			hear_one(lab, name, json_get(event, "detail"));
	}
}
