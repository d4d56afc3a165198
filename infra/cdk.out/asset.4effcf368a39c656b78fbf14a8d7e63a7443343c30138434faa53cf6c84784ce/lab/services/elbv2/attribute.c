/*
 * attribute.c - attributes of load balancers and target groups: their defaults and what they take.
 *
 * What the data plane does not do is refused by name; the rest is kept and shown.
 */
#include "lab/services/elbv2/nouns.h"

#include <stdlib.h>
#include <string.h>

static const struct attribute {
	const char *kind;
	const char *key;
	const char *otherwise; /* the default */
	const char *takes;     /* "a|b", "1-4000", NULL: any text */
	const char *only;      /* the one value that is in the lab; NULL: all of them */
} attributes[] = {
	{LOAD_BALANCER, "access_logs.s3.enabled", "false", "true|false", NULL},
	{LOAD_BALANCER, "access_logs.s3.bucket", "", NULL, NULL},
	{LOAD_BALANCER, "access_logs.s3.prefix", "", NULL, NULL},
	{LOAD_BALANCER, "connection_logs.s3.enabled", "false", "true|false", "false"},
	{LOAD_BALANCER, "connection_logs.s3.bucket", "", NULL, NULL},
	{LOAD_BALANCER, "connection_logs.s3.prefix", "", NULL, NULL},
	{LOAD_BALANCER, "idle_timeout.timeout_seconds", "60", "1-4000", NULL},
	{LOAD_BALANCER, "client_keep_alive.seconds", "3600", "60-604800", NULL},
	{LOAD_BALANCER, "deletion_protection.enabled", "false", "true|false", NULL},
	{LOAD_BALANCER, "ipv6.deny_all_igw_traffic", "false", "true|false", NULL},
	{LOAD_BALANCER, "load_balancing.cross_zone.enabled", "true", "true", NULL},
	{LOAD_BALANCER, "routing.http.desync_mitigation_mode", "defensive",
	 "monitor|defensive|strictest", NULL},
	{LOAD_BALANCER, "routing.http.drop_invalid_header_fields.enabled", "false", "true|false",
	 NULL},
	{LOAD_BALANCER, "routing.http.preserve_host_header.enabled", "false", "true|false", NULL},
	{LOAD_BALANCER, "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false",
	 "true|false", NULL},
	{LOAD_BALANCER, "routing.http.xff_client_port.enabled", "false", "true|false", NULL},
	{LOAD_BALANCER, "routing.http.xff_header_processing.mode", "append",
	 "append|preserve|remove", NULL},
	{LOAD_BALANCER, "routing.http2.enabled", "true", "true|false", NULL},
	{LOAD_BALANCER, "waf.fail_open.enabled", "false", "true|false", NULL},
	{LOAD_BALANCER, "zonal_shift.config.enabled", "false", "true|false", "false"},
	{TARGET_GROUP, "deregistration_delay.timeout_seconds", "300", "0-3600", NULL},
	{TARGET_GROUP, "load_balancing.algorithm.anomaly_mitigation", "off", "on|off", "off"},
	{TARGET_GROUP, "load_balancing.algorithm.type", "round_robin",
	 "round_robin|least_outstanding_requests|weighted_random",
	 "round_robin|least_outstanding_requests"},
	{TARGET_GROUP, "load_balancing.cross_zone.enabled", "use_load_balancer_configuration",
	 "true|false|use_load_balancer_configuration", "true|use_load_balancer_configuration"},
	{TARGET_GROUP, "slow_start.duration_seconds", "0", "0-900", "0"},
	{TARGET_GROUP, "stickiness.enabled", "false", "true|false", "false"},
	{TARGET_GROUP, "stickiness.type", "lb_cookie", "lb_cookie|app_cookie", NULL},
	{TARGET_GROUP, "stickiness.lb_cookie.duration_seconds", "86400", "1-604800", NULL},
	{TARGET_GROUP, "stickiness.app_cookie.cookie_name", "", NULL, NULL},
	{TARGET_GROUP, "stickiness.app_cookie.duration_seconds", "86400", "1-604800", NULL},
	{TARGET_GROUP, "target_group_health.dns_failover.minimum_healthy_targets.count", "1", NULL,
	 NULL},
	{TARGET_GROUP, "target_group_health.dns_failover.minimum_healthy_targets.percentage", "off",
	 NULL, NULL},
	{TARGET_GROUP, "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
	 "1", "1-1000", NULL},
	{TARGET_GROUP,
	 "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off",
	 "off|1-100", NULL},
};

json_t *elb_default_attributes(struct request *rq, const char *kind)
{
	json_t *all = rq_object(rq);

	for (size_t i = 0; i < array_len(attributes); i++) {
		if (strcmp(attributes[i].kind, kind) == 0)
			json_set_str(all, attributes[i].key, attributes[i].otherwise);
	}
	return all;
}

/* "60" in "1-4000". */
static bool is_in_range(const char *value, const char *range)
{
	char *end;
	char *rest;
	long from = strtol(range, &end, 10);
	long number = strtol(value, &rest, 10);

	if (end == range || *end != '-' || rest == value || *rest)
		return false;
	return number >= from && number <= strtol(end + 1, NULL, 10);
}

/* One of "a|b|1-100". */
static bool is_taken(const char *value, const char *takes)
{
	while (takes) {
		const char *bar = strchr(takes, '|');
		size_t len = bar ? (size_t)(bar - takes) : strlen(takes);

		if (strlen(value) == len && strncmp(value, takes, len) == 0)
			return true;
		if (is_in_range(value, takes))
			return true;
		takes = bar ? bar + 1 : NULL;
	}
	return false;
}

static const struct attribute *find(const char *kind, const char *key)
{
	for (size_t i = 0; i < array_len(attributes); i++) {
		if (strcmp(attributes[i].kind, kind) == 0 && strcmp(attributes[i].key, key) == 0)
			return &attributes[i];
	}
	return NULL;
}

static int set_one(struct request *rq, const char *kind, const json_t *pair, json_t *all)
{
	const char *noun = strcmp(kind, LOAD_BALANCER) == 0 ? "Load balancer" : "Target group";
	const char *key = json_str_or(pair, "Key", "");
	const char *value = json_str_or(pair, "Value", "");
	const struct attribute *attribute = find(kind, key);

	if (!attribute)
		return fault_named(rq, "ValidationError", "%s attribute key '%s' is not recognized",
				   noun, key);
	if (attribute->takes && !is_taken(value, attribute->takes))
		return fault_named(rq, "ValidationError",
				   "%s attribute value '%s' is not valid for '%s': it takes %s",
				   noun, value, key, attribute->takes);
	if (attribute->only && !is_taken(value, attribute->only))
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "%s '%s' is not in the lab: it does %s only", key, value,
			     attribute->only);
	json_set_str(all, key, value);
	return 0;
}

int elb_set_attributes(struct request *rq, const char *kind, const json_t *list, json_t *all)
{
	const json_t *pair;
	size_t i;

	json_each (list, i, pair) {
		int err = set_one(rq, kind, pair, all);

		if (err)
			return err;
	}
	return 0;
}

void elb_list_attributes(const json_t *all, json_t *out)
{
	json_t *list = json_add_array(out, "Attributes");
	const json_t *value;
	const char *key;

	json_each_member (all, key, value) {
		json_t *pair = json_push_object(list);

		json_set_str(pair, "Key", key);
		json_set(pair, "Value", value);
	}
}
