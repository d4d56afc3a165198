/*
 * orders.c - what each load balancer's data plane is told, and what is heard from it.
 *
 * The conversation is lab/wire/alb.h.
 */
#include "lab/services/elbv2/nouns.h"
#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>

/* Nobody needs a privilege, root or not. */
int elb_bind_port(int port)
{
	return port < 1024 ? 8000 + port : port;
}

static void add_nodes(const json_t *document, json_t *desired)
{
	json_t *nodes = json_add_array(desired, "nodes");
	const json_t *node;
	size_t i;

	json_each (json_get(document, "_nodes"), i, node) {
		json_t *one = json_push_object(nodes);

		json_set_str(one, "zone", json_str(node, "zone"));
		json_set_str(one, "address", json_str(node, "address"));
	}
}

/* A redirect to a port of the same load balancer goes where a client can dial it. */
static void point_redirects(const json_t *listeners, json_t *actions)
{
	json_t *config = json_object_get(json_array_get(actions, 0), "RedirectConfig");
	long port = strtol(json_str_or(config, "Port", "0"), NULL, 10);
	const json_t *listener;
	char text[12];
	size_t i;

	json_each (listeners, i, listener) {
		if (port == 0 || json_int_or(listener, "Port", 0) != port)
			continue;
		snprintf(text, sizeof(text), "%d", elb_bind_port((int)port));
		json_set_str(config, "Port", text);
	}
}

static void add_rules(struct request *rq, const json_t *listeners, const char *listener_arn,
		      json_t *one)
{
	const json_t *rules = rules_of(rq, listener_arn);
	json_t *list = json_add_array(one, "rules");
	const json_t *rule;
	size_t i;

	json_each (rules, i, rule) {
		json_t *copy = json_push_object(list);

		json_set_str(copy, "arn", json_str(rule, "RuleArn"));
		json_set_str(copy, "priority", json_str(rule, "Priority"));
		json_set(copy, "conditions", json_get(rule, "Conditions"));
		json_set(copy, "actions", json_get(rule, "Actions"));
		point_redirects(listeners, json_object_get(copy, "actions"));
	}
}

static void add_listeners(struct request *rq, const char *arn, json_t *desired)
{
	const json_t *listeners = listeners_of(rq, arn);
	json_t *list = json_add_array(desired, "listeners");
	const json_t *listener;
	size_t i;

	json_each (listeners, i, listener) {
		int port = (int)json_int_or(listener, "Port", 0);
		json_t *one = json_push_object(list);

		json_set_str(one, "arn", json_str(listener, "ListenerArn"));
		json_set_int(one, "port", port);
		json_set_int(one, "bind_port", elb_bind_port(port));
		add_rules(rq, listeners, json_str(listener, "ListenerArn"), one);
	}
}

static void add_targets(struct request *rq, const char *group_arn, json_t *one)
{
	json_t *list = json_add_array(one, "targets");
	const json_t *document;
	size_t i;

	json_each (targets_of(rq, group_arn), i, document) {
		const json_t *from = json_get(document, "Target");
		json_t *target = json_push_object(list);

		json_set_str(target, "id", json_str(from, "Id"));
		json_set_str(target, "address", lab_address(rq, json_str(from, "Id")));
		json_set(target, "port", json_get(from, "Port"));
		json_set_str(target, "zone", json_str(from, "AvailabilityZone"));
		json_set_bool(target, "draining", json_has(document, "_drained"));
	}
}

static void add_health_check(const json_t *group, json_t *one)
{
	json_t *check = json_add_object(one, "health_check");

	json_set_str(check, "path", json_str(group, "HealthCheckPath"));
	json_set_str(check, "port", json_str(group, "HealthCheckPort"));
	json_set_int(check, "interval_ms",
		     json_int_or(group, "HealthCheckIntervalSeconds", 30) * SECOND);
	json_set_int(check, "timeout_ms",
		     json_int_or(group, "HealthCheckTimeoutSeconds", 5) * SECOND);
	json_set(check, "healthy", json_get(group, "HealthyThresholdCount"));
	json_set(check, "unhealthy", json_get(group, "UnhealthyThresholdCount"));
	json_set_str(check, "matcher", json_str(json_get(group, "Matcher"), "HttpCode"));
}

static void add_target_groups(struct request *rq, const char *arn, json_t *desired)
{
	json_t *list = json_add_array(desired, "target_groups");
	const json_t *group;
	size_t i;

	json_each (store_list(rq->tx, TARGET_GROUP), i, group) {
		const char *group_arn = json_str(group, "TargetGroupArn");
		json_t *one;

		if (!json_list_has(target_group_users(rq, group_arn), arn))
			continue;
		one = json_push_object(list);
		json_set_str(one, "arn", group_arn);
		json_set(one, "port", json_get(group, "Port"));
		json_set(one, "attributes", json_get(group, "_attributes"));
		add_health_check(group, one);
		add_targets(rq, group_arn, one);
	}
}

static void want(struct request *rq, const json_t *document)
{
	const char *arn = json_str(document, "LoadBalancerArn");
	json_t *desired = rq_object(rq);

	json_set_str(desired, "name", json_str(document, "LoadBalancerName"));
	json_set_str(desired, "full_name", strstr(arn, ":loadbalancer/") + 14);
	json_set_str(desired, "arn", arn);
	add_nodes(document, desired);
	json_set(desired, "attributes", json_get(document, "_attributes"));
	add_listeners(rq, arn, desired);
	add_target_groups(rq, arn, desired);
	plane_want(rq, "alb", json_str(document, "_id"), desired);
}

msec elb_tick(struct request *rq)
{
	msec next = targets_drain(rq);
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, LOAD_BALANCER), i, document)
		want(rq, document);
	return next;
}

/* Active once its data plane is there; impaired while a port of it cannot be opened. */
static void set_state(struct request *rq, json_t *document, const json_t *listening)
{
	json_t *state = json_add_object(document, "State");
	const json_t *one;
	size_t i;

	json_set_str(state, "Code", "active");
	json_each (listening, i, one) {
		if (!json_has(one, "error"))
			continue;
		json_set_str(state, "Code", "active_impaired");
		json_set_str(state, "Reason",
			     rq_fmt(rq, "Port %d cannot be opened at %s:%d: %s",
				    (int)json_int_or(one, "port", 0),
				    json_str_or(one, "address", ""),
				    (int)json_int_or(one, "bind_port", 0), json_str(one, "error")));
	}
	json_set(document, "_listening", listening);
}

static void tell(struct request *rq, const json_t *document)
{
	json_t *detail = rq_object(rq);

	json_set_str(detail, "LoadBalancerArn", json_str(document, "LoadBalancerArn"));
	json_set(detail, "State", json_get(document, "State"));
	publish(rq->tx, "elbv2.load-balancer.changed", detail);
	log_event(LOG_INFO, "elbv2.load-balancer.changed",
		  F_STR("name", json_str(document, "LoadBalancerName")),
		  F_STR("state", json_path_str(document, "State.Code")),
		  F_STR("reason", json_path_str(document, "State.Reason")));
}

static void heard_listening(struct request *rq, const json_t *old, const json_t *listening)
{
	json_t *document = rq_copy(rq, old);

	set_state(rq, document, listening);
	if (json_equal(document, old))
		return;
	store_put(rq->tx, LOAD_BALANCER, json_str(document, "LoadBalancerArn"), document);
	tell(rq, document);
}

void elb_fact(struct request *rq, const char *plane_id, const json_t *fact)
{
	const json_t *document = load_balancer_by_id(rq, plane_id);
	const json_t *target;
	size_t i;

	if (!document)
		return; /* it is being dismissed */
	if (json_has(fact, "target"))
		target_heard(rq, json_get(fact, "target"));
	json_each (json_get(fact, "targets"), i, target)
		target_heard(rq, target);
	if (json_has(fact, "listening"))
		heard_listening(rq, document, json_get(fact, "listening"));
}

void elb_plane_gone(struct request *rq, const char *plane_id)
{
	if (load_balancer_by_id(rq, plane_id))
		lab_wake(rq->lab, &elbv2_model);
}
