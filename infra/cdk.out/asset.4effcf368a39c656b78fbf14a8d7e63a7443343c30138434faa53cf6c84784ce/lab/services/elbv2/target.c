/*
 * target.c - targets of a group, and how they are.
 *
 *   keeps      elbv2/target {Target, HealthCheckPort, TargetHealth}, with "_group" and, once it is
 *              deregistered, "_drained" (lab time when it is gone)
 *   publishes  elbv2.target.changed {TargetGroupArn, Target, TargetHealth}
 */
#include "lab/services/elbv2/nouns.h"
#include "lab/models/ec2.h"
#include "lib/base/cidr.h"

#include <stdlib.h>
#include <string.h>

#define TARGETS_MAX 1000

static const char *key_of(struct request *rq, const char *group_arn, const char *id, int64_t port)
{
	return rq_fmt(rq, "%s %s:%d", group_arn, id, (int)port);
}

const json_t *targets_of(struct request *rq, const char *group_arn)
{
	return store_list_prefix(rq->tx, TARGET, rq_fmt(rq, "%s ", group_arn));
}

void targets_drop(struct request *rq, const char *group_arn)
{
	const json_t *keys = store_keys(rq->tx, TARGET, rq_fmt(rq, "%s ", group_arn));
	const json_t *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, TARGET, json_string_value(key));
}

/* A new {State, Reason, Description} of the document's. */
static void set_health(json_t *document, const char *state, const char *reason,
		       const char *description)
{
	json_t *health = json_add_object(document, "TargetHealth");

	json_set_str(health, "State", state);
	json_set_str(health, "Reason", reason);
	json_set_str(health, "Description", description);
}

static void tell(struct request *rq, const json_t *document)
{
	json_t *detail = rq_object(rq);

	json_set_str(detail, "TargetGroupArn", json_str(document, "_group"));
	json_set(detail, "Target", json_get(document, "Target"));
	json_set(detail, "TargetHealth", json_get(document, "TargetHealth"));
	publish(rq->tx, "elbv2.target.changed", detail);
}

/* The subnet of the group's VPC that holds the address; NULL: none does. */
static const json_t *subnet_of(struct request *rq, const char *vpc, uint32_t address)
{
	json_t *query = rq_object(rq);
	json_t *answer = rq_object(rq);
	const json_t *subnet;
	size_t i;

	json_push_give(json_add_array(query, "Filters"),
		       json_pack("{s:s, s:[s]}", "Name", "vpc-id", "Values", vpc));
	if (aws_call(rq, principal_service(rq, ELB_PRINCIPAL), &ec2_model, EC2_DescribeSubnets,
		     query, answer))
		return NULL;
	json_each (json_get(answer, "Subnets"), i, subnet) {
		struct cidr block;

		if (cidr_parse(json_str(subnet, "CidrBlock"), &block) &&
		    cidr_holds(block, (struct cidr){address, 32}))
			return subnet;
	}
	return NULL;
}

static int64_t port_of(const json_t *target, const json_t *group)
{
	return json_int_or(target, "Port", json_int_or(group, "Port", 0));
}

static int find_zone(struct request *rq, const json_t *group, const json_t *target,
		     const char **ret_zone)
{
	const char *id = json_str(target, "Id");
	const json_t *subnet;
	uint32_t address;

	if (!ipv4_parse(id, &address))
		return fault_named(rq, "ValidationError",
				   "The IP address '%s' is not a valid IPv4 address", id);
	subnet = subnet_of(rq, json_str(group, "VpcId"), address);
	if (!subnet)
		return fault(rq, ELBV2_InvalidTargetException,
			     "The IP address '%s' is not within a subnet of the target group's VPC",
			     id);
	*ret_zone = json_str(subnet, "AvailabilityZone");
	return 0;
}

static int register_one(struct request *rq, const json_t *group, const json_t *wanted)
{
	const char *group_arn = json_str(group, "TargetGroupArn");
	const char *check_port = json_str_or(group, "HealthCheckPort", "traffic-port");
	int64_t port = port_of(wanted, group);
	const char *key = key_of(rq, group_arn, json_str(wanted, "Id"), port);
	const json_t *old = store_get(rq->tx, TARGET, key);
	const char *zone = NULL;
	json_t *document;
	json_t *target;
	int err;

	if (old && !json_has(old, "_drained"))
		return 0;
	err = find_zone(rq, group, wanted, &zone);
	if (err)
		return err;

	document = store_new(rq->tx);
	target = json_add_object(document, "Target");
	json_set_str(target, "Id", json_str(wanted, "Id"));
	json_set_int(target, "Port", port);
	json_set_str(target, "AvailabilityZone", zone);
	json_set_str(document, "HealthCheckPort",
		     strcmp(check_port, "traffic-port") == 0 ? rq_fmt(rq, "%d", (int)port)
							     : check_port);
	set_health(document, "initial", "Elb.RegistrationInProgress",
		   "Target registration is in progress");
	json_set_str(document, "_group", group_arn);
	store_put(rq->tx, TARGET, key, document);
	tell(rq, document);
	return 0;
}

int elb_register_targets(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *group = target_group_get(rq, json_str(in, "TargetGroupArn"));
	const json_t *targets = json_get(in, "Targets");
	const json_t *wanted;
	size_t i;

	if (!group)
		return ELBV2_TargetGroupNotFoundException;
	if (json_array_size(targets) +
		    json_array_size(targets_of(rq, json_str(group, "TargetGroupArn"))) >
	    TARGETS_MAX)
		return fault(rq, ELBV2_TooManyTargetsException,
			     "The maximum number of targets per target group is %d", TARGETS_MAX);
	json_each (targets, i, wanted) {
		int err = register_one(rq, group, wanted);

		if (err)
			return err;
	}
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

static void deregister_one(struct request *rq, const json_t *group, const char *key)
{
	json_t *document = store_edit(rq->tx, TARGET, key);
	const char *delay = json_str_or(json_get(group, "_attributes"),
					"deregistration_delay.timeout_seconds", "300");
	lab_ms end = {rq->now.ms + strtol(delay, NULL, 10) * SECOND};

	if (json_has(document, "_drained"))
		return;
	/* Even with nothing in flight AWS shows "draining" until the time is over. */
	set_health(document, "draining", "Target.DeregistrationInProgress",
		   "Target deregistration is in progress");
	json_set_int(document, "_drained", end.ms);
	if (json_array_size(target_group_users(rq, json_str(group, "TargetGroupArn"))))
		store_put(rq->tx, TARGET, key, document);
	else
		store_delete(rq->tx, TARGET, key); /* nothing to drain */
	tell(rq, document);
}

int elb_deregister_targets(struct request *rq, const json_t *in, json_t *out)
{
	const char *group_arn = json_str(in, "TargetGroupArn");
	const json_t *group = target_group_get(rq, group_arn);
	const json_t *wanted;
	const json_t *target;
	size_t i;
	size_t j;

	if (!group)
		return ELBV2_TargetGroupNotFoundException;
	json_each (json_get(in, "Targets"), i, wanted) {
		const char *id = json_str_or(wanted, "Id", "");
		const json_t *targets = targets_of(rq, group_arn);

		/* Without a port: all of that address. One that is not there is no fault. */
		json_each (targets, j, target) {
			int64_t port = json_int_or(json_get(target, "Target"), "Port", 0);

			if (strcmp(json_path_str(target, "Target.Id"), id) == 0 &&
			    json_int_or(wanted, "Port", port) == port)
				deregister_one(rq, group, key_of(rq, group_arn, id, port));
		}
	}
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

/* As it is described: a group that nobody uses is not checked. */
static void show(struct request *rq, const json_t *document, bool used, json_t *list)
{
	json_t *copy = rq_copy(rq, document);

	if (!used && !json_has(document, "_drained"))
		set_health(copy, "unused", "Target.NotInUse",
			   "Target group is not configured to receive traffic from the load "
			   "balancer");
	json_push(list, copy);
}

static void show_one(struct request *rq, const json_t *group, const json_t *wanted, bool used,
		     json_t *list)
{
	int64_t port = port_of(wanted, group);
	const char *id = json_str_or(wanted, "Id", "");
	const json_t *document =
		store_get(rq->tx, TARGET, key_of(rq, json_str(group, "TargetGroupArn"), id, port));
	json_t *missing;
	json_t *target;

	if (document) {
		show(rq, document, used, list);
		return;
	}
	missing = json_push_object(list);
	target = json_add_object(missing, "Target");
	json_set_str(target, "Id", id);
	json_set_int(target, "Port", port);
	set_health(missing, "unused", "Target.NotRegistered",
		   "Target is not registered to the target group");
}

int elb_describe_target_health(struct request *rq, const json_t *in, json_t *out)
{
	const char *group_arn = json_str(in, "TargetGroupArn");
	const json_t *group = target_group_get(rq, group_arn);
	const json_t *wanted = json_get(in, "Targets");
	json_t *list = json_add_array(out, "TargetHealthDescriptions");
	const json_t *element;
	bool used;
	size_t i;

	if (!group)
		return ELBV2_TargetGroupNotFoundException;
	used = json_array_size(target_group_users(rq, group_arn)) > 0;
	json_each (wanted, i, element)
		show_one(rq, group, element, used, list);
	if (json_array_size(wanted))
		return 0;
	json_each (targets_of(rq, group_arn), i, element)
		show(rq, element, used, list);
	return 0;
}

void target_heard(struct request *rq, const json_t *fact)
{
	const char *key = key_of(rq, json_str_or(fact, "group", ""), json_str_or(fact, "id", ""),
				 json_int_or(fact, "port", 0));
	const json_t *old = store_get(rq->tx, TARGET, key);
	json_t *document;

	/* A target that is draining here may still be told of as it was. */
	if (!old || json_has(old, "_drained"))
		return;
	document = rq_copy(rq, old);
	set_health(document, json_str_or(fact, "state", "initial"), json_str(fact, "reason"),
		   json_str(fact, "description"));
	if (json_equal(json_get(document, "TargetHealth"), json_get(old, "TargetHealth")))
		return;
	store_put(rq->tx, TARGET, key, document);
	tell(rq, document);
}

static void end_one(struct request *rq, const json_t *document)
{
	json_t *copy = rq_copy(rq, document);
	const char *group_arn = json_str(copy, "_group");

	store_delete(rq->tx, TARGET,
		     key_of(rq, group_arn, json_path_str(copy, "Target.Id"),
			    json_integer_value(json_path(copy, "Target.Port"))));
	set_health(copy, "unused", "Target.NotRegistered",
		   "Target is not registered to the target group");
	tell(rq, copy);
}

msec targets_drain(struct request *rq)
{
	msec next = TICK_NEVER;
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, TARGET), i, document) {
		msec left;

		if (!json_has(document, "_drained"))
			continue;
		left = json_int_or(document, "_drained", 0) - rq->now.ms;
		if (left <= 0)
			end_one(rq, document);
		else if (next == TICK_NEVER || left < next)
			next = left;
	}
	return next;
}
