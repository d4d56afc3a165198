/*
 * listener.c - a load balancer's ports.
 *
 *   keeps      elbv2/listener
 *   left out   HTTPS: TLS and certificates
 */
#include "lab/services/elbv2/nouns.h"

#include <string.h>

#define LISTENERS_MAX 50

const json_t *listener_get(struct request *rq, const char *arn)
{
	const json_t *found = store_get(rq->tx, LISTENER, arn);

	if (!found)
		fault(rq, ELBV2_ListenerNotFoundException, "One or more listeners not found: '%s'",
		      arn);
	return found;
}

const json_t *listeners_of(struct request *rq, const char *load_balancer_arn)
{
	json_t *list = rq_array(rq);
	const json_t *listener;
	size_t i;

	json_each (store_list(rq->tx, LISTENER), i, listener) {
		if (strcmp(json_str_or(listener, "LoadBalancerArn", ""), load_balancer_arn) == 0)
			json_push(list, listener);
	}
	return list;
}

static int check_port(struct request *rq, const char *load_balancer_arn, const char *own_arn,
		      int64_t port)
{
	const json_t *listeners = listeners_of(rq, load_balancer_arn);
	const json_t *listener;
	size_t i;

	json_each (listeners, i, listener) {
		if (own_arn && strcmp(json_str(listener, "ListenerArn"), own_arn) == 0)
			continue;
		if (json_int_or(listener, "Port", 0) == port)
			return fault(rq, ELBV2_DuplicateListenerException,
				     "A listener already exists on this port for this load "
				     "balancer '%s'",
				     load_balancer_arn);
		/* 80 is at 8080 here: AWS would take both. */
		if (elb_bind_port((int)json_int_or(listener, "Port", 0)) ==
		    elb_bind_port((int)port))
			return fault(rq, ELBV2_InvalidConfigurationRequestException,
				     "In the lab ports below 1024 appear at 8000 + port, and port "
				     "%d is taken by the listener on port %d",
				     elb_bind_port((int)port),
				     (int)json_int_or(listener, "Port", 0));
	}
	if (!own_arn && i >= LISTENERS_MAX)
		return fault(rq, ELBV2_TooManyListenersException,
			     "The maximum number of listeners per load balancer is %d",
			     LISTENERS_MAX);
	return 0;
}

static int check_protocol(struct request *rq, const json_t *in)
{
	const char *protocol = json_str_or(in, "Protocol", "HTTP");

	if (strcmp(protocol, "HTTPS") == 0)
		return fault(rq, ELBV2_UnsupportedProtocolException,
			     "HTTPS listeners are not in the lab");
	if (strcmp(protocol, "HTTP") != 0)
		return fault(rq, ELBV2_UnsupportedProtocolException,
			     "Listener protocol '%s' is not supported by application load "
			     "balancers",
			     protocol);
	return 0;
}

int elb_create_listener(struct request *rq, const json_t *in, json_t *out)
{
	const char *load_balancer_arn = json_str(in, "LoadBalancerArn");
	const json_t *load_balancer = load_balancer_get(rq, load_balancer_arn);
	int64_t port = json_int_or(in, "Port", 0);
	json_t *document = store_new(rq->tx);
	json_t *actions = NULL;
	const char *arn;
	int err;

	if (!load_balancer)
		return ELBV2_LoadBalancerNotFoundException;
	if (port == 0)
		return fault_named(rq, "ValidationError", "A listener port must be specified");
	if ((err = check_protocol(rq, in)) ||
	    (err = check_port(rq, load_balancer_arn, NULL, port)) ||
	    (err = elb_read_actions(rq, json_get(in, "DefaultActions"), load_balancer_arn,
				    &actions)))
		return err;

	arn = elb_arn(rq, "listener/app",
		      rq_fmt(rq, "%s/%s", json_str(load_balancer, "LoadBalancerName"),
			     json_str(load_balancer, "_id")));
	json_set_str(document, "ListenerArn", arn);
	json_set_str(document, "LoadBalancerArn", load_balancer_arn);
	json_set_int(document, "Port", port);
	json_set_str(document, "Protocol", "HTTP");
	json_set(document, "DefaultActions", actions);
	json_set(document, "_tags", json_get(in, "Tags"));
	store_put(rq->tx, LISTENER, arn, document);
	rule_put_default(rq, arn, actions);
	json_push(json_add_array(out, "Listeners"), document);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

void listener_drop(struct request *rq, const char *arn)
{
	rules_drop(rq, arn);
	store_delete(rq->tx, LISTENER, arn);
}

int elb_delete_listener(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ListenerArn");

	if (!listener_get(rq, arn))
		return ELBV2_ListenerNotFoundException;
	listener_drop(rq, arn);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_describe_listeners(struct request *rq, const json_t *in, json_t *out)
{
	static const struct elb_listing listing = {
		.list = "Listeners",
		.arns = "ListenerArns",
		.arn = "ListenerArn",
		.missing = ELBV2_ListenerNotFoundException,
		.missing_text = "Listener",
	};
	const char *load_balancer_arn = json_str(in, "LoadBalancerArn");

	if (!load_balancer_arn && !json_array_size(json_get(in, "ListenerArns")))
		return fault_named(rq, "ValidationError",
				   "You must specify either listener ARNs or a load balancer ARN");
	if (load_balancer_arn && !load_balancer_get(rq, load_balancer_arn))
		return ELBV2_LoadBalancerNotFoundException;
	return elb_describe(rq, &listing,
			    load_balancer_arn ? listeners_of(rq, load_balancer_arn)
					      : store_list(rq->tx, LISTENER),
			    in, out);
}

int elb_modify_listener(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "ListenerArn");
	const json_t *old = listener_get(rq, arn);
	const char *load_balancer_arn = json_str(old, "LoadBalancerArn");
	json_t *actions = NULL;
	json_t *document;
	int err;

	if (!old)
		return ELBV2_ListenerNotFoundException;
	if ((err = check_protocol(rq, in)) ||
	    (err = check_port(rq, load_balancer_arn, arn,
			      json_int_or(in, "Port", json_int_or(old, "Port", 0)))) ||
	    (json_has(in, "DefaultActions") &&
	     (err = elb_read_actions(rq, json_get(in, "DefaultActions"), load_balancer_arn,
				     &actions))))
		return err;

	document = store_edit(rq->tx, LISTENER, arn);
	json_set(document, "Port", json_get(in, "Port"));
	if (actions) {
		json_set(document, "DefaultActions", actions);
		rule_put_default(rq, arn, actions);
	}
	store_put(rq->tx, LISTENER, arn, document);
	json_push(json_add_array(out, "Listeners"), document);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}
