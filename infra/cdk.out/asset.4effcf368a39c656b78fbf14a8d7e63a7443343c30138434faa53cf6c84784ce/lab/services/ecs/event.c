/*
 * event.c - a service's events, newest first, as DescribeServices shows them.
 *
 *   keeps      ecs/service-events  by cluster/name  {"events": [{id, createdAt, message}]}
 */
#include "lab/services/ecs/nouns.h"

#include <stdarg.h>
#include <string.h>

#define EVENTS_MAX 100
#define REPEAT_AFTER (6 * HOUR)

/* The same message again is suppressed for six hours, or until another one came. */
static bool is_repeated(struct request *rq, const json_t *events, const char *message)
{
	const json_t *newest = json_at(events, 0);
	lab_ms since = json_time_or(newest, "createdAt", (lab_ms){0});
	const char *text = json_str(newest, "message");

	return text && strcmp(text, message) == 0 && rq->now.ms - since.ms < REPEAT_AFTER;
}

static const char *message_of(struct request *rq, const json_t *service, const char *task_set,
			      const char *fmt, va_list args)
{
	const char *name = json_str(service, "serviceName");
	AUTO_FREE char *text = mem_vfmt(fmt, args);

	return task_set ? rq_fmt(rq, "(service %s, taskSet %s) %s", name, task_set, text)
			: rq_fmt(rq, "(service %s) %s", name, text);
}

static void add(struct request *rq, const json_t *service, const char *message)
{
	const char *key = service_key(rq, service);
	json_t *document = store_edit(rq->tx, SERVICE_EVENTS, key);
	json_t *events, *event;

	if (!document) {
		document = store_new(rq->tx);
		json_add_array(document, "events");
	}
	events = json_object_get(document, "events");
	event = json_object();
	json_set_str(event, "id", id_uuid(rq));
	json_set_time(event, "createdAt", rq->now);
	json_set_str(event, "message", message);
	json_array_insert_new(events, 0, event);
	if (json_array_size(events) > EVENTS_MAX)
		json_array_remove(events, EVENTS_MAX);
	store_put(rq->tx, SERVICE_EVENTS, key, document);
}

void service_event(struct request *rq, const json_t *service, const char *task_set, const char *fmt,
		   ...)
{
	const char *message;
	va_list args;

	va_start(args, fmt);
	message = message_of(rq, service, task_set, fmt, args);
	va_end(args);
	add(rq, service, message);
}

void service_event_once(struct request *rq, const json_t *service, const char *task_set,
			const char *fmt, ...)
{
	const char *message;
	va_list args;

	va_start(args, fmt);
	message = message_of(rq, service, task_set, fmt, args);
	va_end(args);
	if (!is_repeated(rq, service_events(rq, service), message))
		add(rq, service, message);
}

const json_t *service_events(struct request *rq, const json_t *service)
{
	const json_t *document = store_get(rq->tx, SERVICE_EVENTS, service_key(rq, service));

	return document ? json_get(document, "events") : rq_array(rq);
}
