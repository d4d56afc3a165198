/*
 * target_group.c - target groups: where requests may go, and how health is checked.
 *
 *   keeps      elbv2/target-group; LoadBalancerArns is not kept but found
 *   left out   instances, functions, load balancers as targets; HTTPS and gRPC to targets
 */
#include "lab/services/elbv2/nouns.h"

#include <string.h>

const json_t *target_group_get(struct request *rq, const char *arn)
{
	const json_t *found = store_get(rq->tx, TARGET_GROUP, arn);

	if (!found)
		fault(rq, ELBV2_TargetGroupNotFoundException,
		      "One or more target groups not found: '%s'", arn);
	return found;
}

const json_t *target_group_users(struct request *rq, const char *arn)
{
	json_t *users = rq_array(rq);
	const json_t *listener;
	const json_t *rule;
	size_t i;
	size_t j;

	json_each (store_list(rq->tx, LISTENER), i, listener) {
		const char *user = json_str(listener, "LoadBalancerArn");
		const json_t *rules = rules_of(rq, json_str(listener, "ListenerArn"));

		json_each (rules, j, rule) {
			if (elb_action_names(json_get(rule, "Actions"), arn) &&
			    !json_list_has(users, user))
				json_push_str(users, user);
		}
	}
	return users;
}

static json_t *shown(struct request *rq, const json_t *document)
{
	json_t *copy = rq_copy(rq, document);

	json_set(copy, "LoadBalancerArns",
		 target_group_users(rq, json_str(document, "TargetGroupArn")));
	return copy;
}

static int check_matcher(struct request *rq, const json_t *in)
{
	const char *codes = json_str(json_get(in, "Matcher"), "HttpCode");

	if (json_has(json_get(in, "Matcher"), "GrpcCode"))
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "gRPC target groups are not in the lab");
	if (codes && strspn(codes, "0123456789,-") != strlen(codes))
		return fault_named(rq, "ValidationError",
				   "Health check matcher HTTP code '%s' must be within '200-499' "
				   "inclusive",
				   codes);
	return 0;
}

static const json_t *either(const json_t *in, const json_t *old, const char *name)
{
	return json_has(in, name) ? json_get(in, name) : json_get(old, name);
}

static int check_health_settings(struct request *rq, const json_t *in, const json_t *old)
{
	const char *port = json_string_value(either(in, old, "HealthCheckPort"));
	const char *path = json_string_value(either(in, old, "HealthCheckPath"));
	int64_t interval = json_integer_value(either(in, old, "HealthCheckIntervalSeconds"));
	int64_t timeout = json_integer_value(either(in, old, "HealthCheckTimeoutSeconds"));

	if (port && strcmp(port, "traffic-port") != 0 &&
	    (strspn(port, "0123456789") != strlen(port) || strlen(port) > 5))
		return fault_named(rq, "ValidationError",
				   "Health check port '%s' must be one of '[traffic-port, "
				   "<port number>]'",
				   port);
	if (path && path[0] != '/')
		return fault_named(rq, "ValidationError",
				   "Health check path '%s' must begin with a '/' character", path);
	if (path && strpbrk(path, " \r\n\t"))
		return fault_named(rq, "ValidationError",
				   "Health check path '%s' has characters that are not allowed",
				   path);
	if (strcmp(json_str_or(in, "HealthCheckProtocol", "HTTP"), "HTTP") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Health checks by '%s' are not in the lab",
			     json_str(in, "HealthCheckProtocol"));
	if (json_has(in, "HealthCheckEnabled") && !json_bool_or(in, "HealthCheckEnabled", true))
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Health check enabled must be true for target groups with target type "
			     "'ip'");
	if (interval && timeout && timeout >= interval)
		return fault_named(rq, "ValidationError",
				   "Health check timeout '%d' must be smaller than the interval "
				   "'%d'",
				   (int)timeout, (int)interval);
	return check_matcher(rq, in);
}

static int check_input(struct request *rq, const json_t *in)
{
	const char *type = json_str_or(in, "TargetType", "instance");
	const char *protocol = json_str_or(in, "Protocol", "");

	if (strcmp(type, "ip") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Target groups of type '%s' are not in the lab: 'ip' is", type);
	if (strcmp(protocol, "HTTP") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Target groups with protocol '%s' are not in the lab: 'HTTP' is",
			     protocol);
	if (strcmp(json_str_or(in, "ProtocolVersion", "HTTP1"), "HTTP1") != 0)
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Protocol version '%s' is not in the lab: 'HTTP1' is",
			     json_str(in, "ProtocolVersion"));
	if (!json_has(in, "Port"))
		return fault_named(rq, "ValidationError", "A port must be specified");
	if (!json_has(in, "VpcId"))
		return fault_named(rq, "ValidationError", "A VPC ID must be specified");
	return elb_check_name(rq, "Target group", json_str(in, "Name"));
}

static void set_health_settings(json_t *document, const json_t *in)
{
	static const char *const names[] = {
		"HealthCheckPort",
		"HealthCheckPath",
		"HealthCheckIntervalSeconds",
		"HealthCheckTimeoutSeconds",
		"HealthyThresholdCount",
		"UnhealthyThresholdCount",
		"Matcher",
	};

	for (size_t i = 0; i < array_len(names); i++) {
		if (json_has(in, names[i]))
			json_set(document, names[i], json_get(in, names[i]));
	}
}

static json_t *new_document(struct request *rq, const json_t *in)
{
	json_t *document = store_new(rq->tx);
	json_t *matcher;

	json_set_str(document, "TargetGroupArn", elb_arn(rq, "targetgroup", json_str(in, "Name")));
	json_set_str(document, "TargetGroupName", json_str(in, "Name"));
	json_set_str(document, "Protocol", "HTTP");
	json_set(document, "Port", json_get(in, "Port"));
	json_set(document, "VpcId", json_get(in, "VpcId"));
	json_set_str(document, "HealthCheckProtocol", "HTTP");
	json_set_str(document, "HealthCheckPort", "traffic-port");
	json_set_bool(document, "HealthCheckEnabled", true);
	json_set_int(document, "HealthCheckIntervalSeconds", 30);
	json_set_int(document, "HealthCheckTimeoutSeconds", 5);
	json_set_int(document, "HealthyThresholdCount", 5);
	json_set_int(document, "UnhealthyThresholdCount", 2);
	json_set_str(document, "HealthCheckPath", "/");
	matcher = json_add_object(document, "Matcher");
	json_set_str(matcher, "HttpCode", "200");
	json_add_array(document, "LoadBalancerArns");
	json_set_str(document, "TargetType", "ip");
	json_set_str(document, "ProtocolVersion", "HTTP1");
	json_set_str(document, "IpAddressType", "ipv4");
	set_health_settings(document, in);
	json_set(document, "_attributes", elb_default_attributes(rq, TARGET_GROUP));
	json_set(document, "_tags", json_get(in, "Tags"));
	return document;
}

static const json_t *by_name(struct request *rq, const char *name)
{
	const json_t *document;
	size_t i;

	json_each (store_list(rq->tx, TARGET_GROUP), i, document) {
		if (strcmp(json_str_or(document, "TargetGroupName", ""), name) == 0)
			return document;
	}
	return NULL;
}

static bool is_same(const json_t *old, const json_t *in)
{
	return json_equal(json_get(old, "Port"), json_get(in, "Port")) &&
	       json_equal(json_get(old, "VpcId"), json_get(in, "VpcId"));
}

int elb_create_target_group(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *old = by_name(rq, json_str(in, "Name"));
	json_t *document;
	int err;

	if (old && !is_same(old, in))
		return fault(rq, ELBV2_DuplicateTargetGroupNameException,
			     "A target group with the same name '%s' exists, but with different "
			     "settings",
			     json_str(in, "Name"));
	if (old) {
		json_push(json_add_array(out, "TargetGroups"), shown(rq, old));
		return 0;
	}
	if ((err = check_input(rq, in)))
		return err;
	document = new_document(rq, in);
	err = check_health_settings(rq, in, document);
	if (err)
		return err;
	store_put(rq->tx, TARGET_GROUP, json_str(document, "TargetGroupArn"), document);
	json_push(json_add_array(out, "TargetGroups"), document);
	return 0;
}

int elb_delete_target_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "TargetGroupArn");

	if (json_array_size(target_group_users(rq, arn)))
		return fault(rq, ELBV2_ResourceInUseException,
			     "Target group '%s' is currently in use by a listener or a rule", arn);
	targets_drop(rq, arn);
	store_delete(rq->tx, TARGET_GROUP, arn);
	return 0;
}

int elb_describe_target_groups(struct request *rq, const json_t *in, json_t *out)
{
	static const struct elb_listing listing = {
		"TargetGroups", "TargetGroupArns", "TargetGroupArn",
		"Names",	"TargetGroupName", ELBV2_TargetGroupNotFoundException,
		"Target group",
	};
	const char *user = json_str(in, "LoadBalancerArn");
	json_t *all = rq_array(rq);
	const json_t *document;
	size_t i;

	if (user && !load_balancer_get(rq, user))
		return ELBV2_LoadBalancerNotFoundException;
	json_each (store_list(rq->tx, TARGET_GROUP), i, document) {
		json_t *copy = shown(rq, document);

		if (!user || json_list_has(json_get(copy, "LoadBalancerArns"), user))
			json_push(all, copy);
	}
	return elb_describe(rq, &listing, all, in, out);
}

int elb_modify_target_group(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "TargetGroupArn");
	json_t *document;
	int err;

	if (!target_group_get(rq, arn))
		return ELBV2_TargetGroupNotFoundException;
	document = store_edit(rq->tx, TARGET_GROUP, arn);
	err = check_health_settings(rq, in, document);
	if (err)
		return err;
	set_health_settings(document, in);
	store_put(rq->tx, TARGET_GROUP, arn, document);
	json_push(json_add_array(out, "TargetGroups"), shown(rq, document));
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_modify_target_group_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "TargetGroupArn");
	json_t *document;
	json_t *attributes;
	int err;

	if (!target_group_get(rq, arn))
		return ELBV2_TargetGroupNotFoundException;
	document = store_edit(rq->tx, TARGET_GROUP, arn);
	attributes = json_object_get(document, "_attributes");
	err = elb_set_attributes(rq, TARGET_GROUP, json_get(in, "Attributes"), attributes);
	if (err)
		return err;
	store_put(rq->tx, TARGET_GROUP, arn, document);
	elb_list_attributes(attributes, out);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_describe_target_group_attributes(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *document = target_group_get(rq, json_str(in, "TargetGroupArn"));

	if (!document)
		return ELBV2_TargetGroupNotFoundException;
	elb_list_attributes(json_get(document, "_attributes"), out);
	return 0;
}
