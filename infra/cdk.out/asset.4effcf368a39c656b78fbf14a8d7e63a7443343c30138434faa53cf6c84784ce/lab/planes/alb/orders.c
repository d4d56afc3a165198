/*
 * orders.c - desired state → listeners, rules, groups, targets. What stays the same goes on
 * undisturbed: connections, counters of health checks, requests in flight.
 */
#include "lab/planes/alb/alb.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>

static int number_of(const json_t *attributes, const char *name, int otherwise)
{
	const char *text = json_str(attributes, name);

	return text ? (int)strtol(text, NULL, 10) : otherwise;
}

static bool is(const json_t *attributes, const char *name, const char *value)
{
	return strcmp(json_str_or(attributes, name, ""), value) == 0;
}

static bool read_address(const char *text, int port, struct sockaddr_in *ret_at)
{
	return text && port > 0 && port < 65536 && uv_ip4_addr(text, port, ret_at) == 0;
}

static void apply_attributes(struct alb *alb, const json_t *attributes)
{
	struct headers_options *headers = &alb->headers;

	alb->idle_timeout = number_of(attributes, "idle_timeout.timeout_seconds", 60) * SECOND;
	alb->client_keep_alive = number_of(attributes, "client_keep_alive.seconds", 3600) * SECOND;
	headers->xff =
		is(attributes, "routing.http.xff_header_processing.mode", "preserve") ? XFF_PRESERVE
		: is(attributes, "routing.http.xff_header_processing.mode", "remove") ? XFF_REMOVE
										      : XFF_APPEND;
	headers->xff_client_port = is(attributes, "routing.http.xff_client_port.enabled", "true");
	headers->preserve_host =
		is(attributes, "routing.http.preserve_host_header.enabled", "true");
	headers->drop_invalid =
		is(attributes, "routing.http.drop_invalid_header_fields.enabled", "true");
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = mem_strdup(with);
}

/* Are the checks to be started anew? */
static bool apply_check(struct health_settings *check, const json_t *from)
{
	const char *port = json_str_or(from, "port", "traffic-port");
	msec interval = json_int_or(from, "interval_ms", 30 * SECOND);
	bool changed = check->path && (interval != check->interval ||
				       strcmp(check->path, json_str_or(from, "path", "/")) != 0);

	replace(&check->path, json_str_or(from, "path", "/"));
	replace(&check->matcher, json_str_or(from, "matcher", "200"));
	check->port = (int)strtol(port, NULL, 10); /* 0 for "traffic-port" */
	check->interval = interval;
	check->timeout = json_int_or(from, "timeout_ms", 5 * SECOND);
	check->healthy = (int)json_int_or(from, "healthy", 5);
	check->unhealthy = (int)json_int_or(from, "unhealthy", 2);
	return changed;
}

static const char *apply_target(struct group *group, const json_t *from)
{
	const char *id = json_str(from, "id");
	int port = (int)json_int_or(from, "port", 0);
	bool draining = json_bool_or(from, "draining", false);
	struct target *target;
	struct sockaddr_in at;

	if (!id || !read_address(json_str(from, "address"), port, &at))
		return "a target has no address";

	target = target_find(group, id, port);
	if (!target)
		target = target_open(group, id, port, &at);
	target->wanted = true;
	if (draining)
		target_drain(target);
	else if (!target->health)
		target_undrain(target);
	return NULL;
}

static void restart_checks(struct group *group)
{
	struct target *target;

	TAILQ_FOREACH(target, &group->targets, link)
	{
		if (!target->health)
			continue;
		health_stop(target);
		health_start(target);
	}
}

static const char *apply_group(struct alb *alb, const json_t *from)
{
	const json_t *attributes = json_get(from, "attributes");
	const json_t *targets = json_get(from, "targets");
	const char *arn = json_str(from, "arn");
	const json_t *element;
	const char *error = NULL;
	struct group *group;
	size_t i;

	if (!arn)
		return "a target group has no arn";
	group = group_find(alb, arn);
	if (!group)
		group = group_open(alb, arn);
	group->wanted = true;
	group->least_outstanding =
		is(attributes, "load_balancing.algorithm.type", "least_outstanding_requests");
	group->minimum_healthy = (size_t)number_of(
		attributes,
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", 1);
	group->minimum_healthy_percent = (size_t)number_of(
		attributes,
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
		0);
	if (apply_check(&group->check, json_get(from, "health_check")))
		restart_checks(group);

	json_each (targets, i, element) {
		const char *wrong = apply_target(group, element);

		error = wrong ? wrong : error;
	}
	return error;
}

static struct group *find_group(const char *arn, void *user)
{
	return group_find(user, arn);
}

static const char *apply_listener(struct alb *alb, const json_t *from, const json_t *nodes)
{
	const struct group_finder finder = {find_group, alb};
	int port = (int)json_int_or(from, "port", 0);
	int bind_port = (int)json_int_or(from, "bind_port", 0);
	const json_t *node;
	size_t i;

	json_each (nodes, i, node) {
		struct listener *listener;
		const char *error = NULL;
		struct rules *rules;
		struct sockaddr_in at;

		if (!read_address(json_str(node, "address"), bind_port, &at))
			return "a node has no address, or a listener no port";
		rules = rules_open(json_get(from, "rules"), &finder, &error);
		listener = listener_find(alb, &at);
		if (!rules && listener)
			listener->wanted = true; /* better the old ones than none */
		if (!rules)
			return error;
		if (!listener)
			listener = listener_open(alb, &at, port);
		else
			listener_retry(listener);
		listener->wanted = true;
		listener->port = port;
		rules_close(listener->rules);
		listener->rules = rules;
	}
	return NULL;
}

static void forget_what_was(struct alb *alb)
{
	struct listener *listener;
	struct group *group;
	struct target *target;

	LIST_FOREACH(listener, &alb->listeners, link)
	listener->wanted = false;
	TAILQ_FOREACH(group, &alb->groups, link)
	{
		group->wanted = false;
		TAILQ_FOREACH(target, &group->targets, link)
		target->wanted = false;
	}
}

static void close_unwanted_listeners(struct alb *alb)
{
	struct listener *listener = LIST_FIRST(&alb->listeners);

	while (listener) {
		struct listener *next = LIST_NEXT(listener, link);

		if (!listener->wanted)
			listener_close(listener);
		listener = next;
	}
}

static void close_unwanted_targets(struct group *group)
{
	struct target *target = TAILQ_FIRST(&group->targets);

	while (target) {
		struct target *next = TAILQ_NEXT(target, link);

		if (!target->wanted)
			target_close(target);
		target = next;
	}
}

/* Only when no rule of a listener can name them any more. */
static void close_unwanted_groups(struct alb *alb)
{
	struct group *group = TAILQ_FIRST(&alb->groups);

	while (group) {
		struct group *next = TAILQ_NEXT(group, link);

		close_unwanted_targets(group);
		if (!group->wanted)
			group_close(group);
		group = next;
	}
}

static const char *first_of(const char *error, const char *later)
{
	return error ? error : later;
}

const char *alb_apply(struct alb *alb, const json_t *desired)
{
	const json_t *nodes = json_get(desired, "nodes");
	const json_t *element;
	const char *error = NULL;
	bool rules_failed = false;
	size_t i;

	forget_what_was(alb);
	apply_attributes(alb, json_get(desired, "attributes"));
	json_each (json_get(desired, "target_groups"), i, element)
		error = first_of(error, apply_group(alb, element));
	json_each (json_get(desired, "listeners"), i, element) {
		const char *wrong = apply_listener(alb, element, nodes);

		rules_failed |= wrong != NULL;
		error = first_of(error, wrong);
	}
	close_unwanted_listeners(alb);
	if (!rules_failed) /* else old rules may still name them */
		close_unwanted_groups(alb);
	return error;
}

void alb_release(struct alb *alb)
{
	forget_what_was(alb);
	close_unwanted_listeners(alb);
	close_unwanted_groups(alb);
}

static void add_listening(json_t *state, const struct alb *alb)
{
	json_t *listening = json_add_array(state, "listening");
	const struct listener *listener;

	LIST_FOREACH(listener, &alb->listeners, link)
	{
		json_t *one = json_push_object(listening);

		json_set_int(one, "port", listener->port);
		json_set_int(one, "bind_port", ntohs(listener->at.sin_port));
		json_set_str(one, "address", listener->ip);
		if (listener->error)
			json_set_str(one, "error", log_strerror(listener->error));
	}
}

json_t *alb_state(const struct alb *alb)
{
	json_t *state = json_object();
	json_t *targets = json_add_array(state, "targets");
	const struct group *group;
	const struct target *target;

	TAILQ_FOREACH(group, &alb->groups, link)
	{
		TAILQ_FOREACH(target, &group->targets, link)
		json_push_give(targets, target_document(target));
	}
	add_listening(state, alb);
	return state;
}
