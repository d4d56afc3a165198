/*
 * action.c - actions and conditions: checked, and completed as AWS shows them.
 */
#include "lab/services/elbv2/nouns.h"
#include "lib/base/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#define GROUPS_MAX 5
#define VALUES_MAX 5
#define WILDCARDS_MAX 5
#define VALUE_MAX 128 /* characters */
#define HEADER_NAME "HttpHeaderName"

/* A group serves one load balancer at most. */
static int check_group(struct request *rq, const char *arn, const char *load_balancer_arn)
{
	const json_t *users;

	if (!arn || !store_has(rq->tx, TARGET_GROUP, arn))
		return fault(rq, ELBV2_TargetGroupNotFoundException, "Target group '%s' not found",
			     arn ? arn : "");
	users = target_group_users(rq, arn);
	if (json_array_size(users) && !json_list_has(users, load_balancer_arn))
		return fault(rq, ELBV2_TargetGroupAssociationLimitException,
			     "The following target groups cannot be associated with more than one "
			     "load balancer: %s",
			     arn);
	return 0;
}

/* Whichever way a forward was written, both are shown, unless there are several groups. */
static int complete_forward(struct request *rq, json_t *action, const char *load_balancer_arn)
{
	const char *single = json_str(action, "TargetGroupArn");
	json_t *config = json_object_get(action, "ForwardConfig");
	json_t *stickiness;
	const json_t *group;
	size_t i;

	if (!config) {
		config = json_add_object(action, "ForwardConfig");
		json_set_str(json_push_object(json_add_array(config, "TargetGroups")),
			     "TargetGroupArn", single);
	}
	if (json_is_true(json_path(config, "TargetGroupStickinessConfig.Enabled")))
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Target group stickiness is not in the lab");

	json_each (json_get(config, "TargetGroups"), i, group) {
		const char *arn = json_str(group, "TargetGroupArn");
		int err = check_group(rq, arn, load_balancer_arn);

		if (err)
			return err;
		if (json_int_or(group, "Weight", 1) < 0 || json_int_or(group, "Weight", 1) > 999)
			return fault_named(rq, "ValidationError",
					   "Target group weight must be between 0 and 999");
		if (!json_has(group, "Weight"))
			json_set_int(json_array_get(json_object_get(config, "TargetGroups"), i),
				     "Weight", 1);
	}
	if (i == 0 || i > GROUPS_MAX)
		return fault_named(rq, "ValidationError",
				   "A forward action names between 1 and %d target groups",
				   GROUPS_MAX);
	stickiness = json_add_object(config, "TargetGroupStickinessConfig");
	json_set_bool(stickiness, "Enabled", false);
	if (i == 1)
		json_set_str(action, "TargetGroupArn",
			     json_path_str(config, "TargetGroups.0.TargetGroupArn"));
	else
		json_drop(action, "TargetGroupArn");
	return 0;
}

/* AWS fills in what was left out. */
static int complete_redirect(struct request *rq, json_t *action)
{
	static const struct {
		const char *name, *otherwise;
	} defaults[] = {{"Protocol", "#{protocol}"},
			{"Port", "#{port}"},
			{"Host", "#{host}"},
			{"Path", "/#{path}"},
			{"Query", "#{query}"}};
	json_t *config = json_object_get(action, "RedirectConfig");
	bool loops = true;

	if (!config)
		return fault_named(rq, "ValidationError",
				   "A redirect action needs a RedirectConfig");
	for (size_t i = 0; i < array_len(defaults); i++) {
		if (!json_has(config, defaults[i].name))
			json_set_str(config, defaults[i].name, defaults[i].otherwise);
		loops &= strcmp(json_str(config, defaults[i].name), defaults[i].otherwise) == 0;
	}
	if (loops)
		return fault(rq, ELBV2_InvalidLoadBalancerActionException,
			     "The redirect configuration is not valid because it creates a loop.");
	return 0;
}

static int check_fixed(struct request *rq, const json_t *action)
{
	static const char *const types[] = {"text/plain", "text/css", "text/html",
					    "application/javascript", "application/json"};
	const json_t *config = json_get(action, "FixedResponseConfig");
	const char *type = json_str_or(config, "ContentType", types[0]);

	if (!config)
		return fault_named(rq, "ValidationError",
				   "A fixed-response action needs a FixedResponseConfig");
	for (size_t i = 0; i < array_len(types); i++) {
		if (strcmp(type, types[i]) == 0)
			return 0;
	}
	return fault_named(rq, "ValidationError", "Content type '%s' is not valid", type);
}

static int complete_action(struct request *rq, json_t *action, const char *load_balancer_arn)
{
	const char *type = json_str_or(action, "Type", "");

	if (strcmp(type, "forward") == 0)
		return complete_forward(rq, action, load_balancer_arn);
	if (strcmp(type, "redirect") == 0)
		return complete_redirect(rq, action);
	if (strcmp(type, "fixed-response") == 0)
		return check_fixed(rq, action);
	return fault(rq, ELBV2_InvalidLoadBalancerActionException,
		     "Actions of type '%s' are not in the lab", type);
}

int elb_read_actions(struct request *rq, const json_t *actions, const char *load_balancer_arn,
		     json_t **ret_actions)
{
	json_t *copy = rq_copy(rq, actions);
	int err;

	if (json_array_size(copy) != 1)
		return fault(rq,
			     json_array_size(copy) ? ELBV2_TooManyActionsException
						   : ELBV2_InvalidLoadBalancerActionException,
			     "A rule has exactly one forward, redirect or fixed-response action");
	err = complete_action(rq, json_array_get(copy, 0), load_balancer_arn);
	if (err)
		return err;
	*ret_actions = copy;
	return 0;
}

bool elb_action_names(const json_t *actions, const char *target_group_arn)
{
	const json_t *action;
	const json_t *group;
	size_t i;
	size_t j;

	json_each (actions, i, action) {
		json_each (json_path(action, "ForwardConfig.TargetGroups"), j, group) {
			if (strcmp(json_str_or(group, "TargetGroupArn", ""), target_group_arn) == 0)
				return true;
		}
	}
	return false;
}

/* What a value of a condition must be; the data plane takes it as it is. */
static bool is_pattern(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strlen(text) >= 1 && strlen(text) <= VALUE_MAX;
}

static bool is_network(const json_t *value)
{
	const char *text = json_string_value(value);
	struct cidr block;
	unsigned char address[16];
	const char *slash = text ? strchr(text, '/') : NULL;
	AUTO_FREE char *front = slash ? mem_strndup(text, (size_t)(slash - text)) : NULL;

	if (!slash)
		return false;
	return cidr_parse(text, &block) || inet_pton(AF_INET6, front, address) == 1;
}

static bool is_parameter(const json_t *value)
{
	const json_t *key = json_get(value, "Key");

	return is_pattern(json_get(value, "Value")) && (!key || is_pattern(key));
}

static const struct field {
	const char *name;
	const char *config;
	bool (*takes)(const json_t *value);
	bool once;   /* at most one in a rule */
	bool values; /* also shown in Values */
} fields[] = {
	{"path-pattern", "PathPatternConfig", is_pattern, true, true},
	{"host-header", "HostHeaderConfig", is_pattern, true, true},
	{"http-request-method", "HttpRequestMethodConfig", is_pattern, true, false},
	{"source-ip", "SourceIpConfig", is_network, true, false},
	{"http-header", "HttpHeaderConfig", is_pattern, false, false},
	{"query-string", "QueryStringConfig", is_parameter, false, false},
};

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < array_len(fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static size_t count_wildcards(const json_t *values)
{
	const json_t *value;
	size_t count = 0;
	size_t i;

	json_each (values, i, value) {
		const char *text = json_is_object(value) ? json_str_or(value, "Value", "")
							 : json_string_value(value);

		for (; text && *text; text++)
			count += *text == '*' || *text == '?';
	}
	return count;
}

/* Counts its values and wildcards. */
static int complete_condition(struct request *rq, json_t *condition, size_t *values,
			      size_t *wildcards)
{
	const struct field *field = find_field(json_str_or(condition, "Field", ""));
	const json_t *value;
	const json_t *list;
	json_t *config;
	size_t i;

	if (!field)
		return fault_named(rq, "ValidationError",
				   "Condition field '%s' must be one of "
				   "'[path-pattern, host-header, http-header, http-request-method, "
				   "query-string, source-ip]'",
				   json_str_or(condition, "Field", ""));
	config = json_object_get(condition, field->config);
	if (json_has(config, "RegexValues"))
		return fault(rq, ELBV2_InvalidConfigurationRequestException,
			     "Regular expressions in conditions are not in the lab");
	if (!config) {
		config = json_add_object(condition, field->config);
		json_set(config, "Values", json_get(condition, "Values"));
	}
	list = json_get(config, "Values");
	if (!json_array_size(list))
		return fault_named(rq, "ValidationError", "A condition value must be specified");
	json_each (list, i, value) {
		if (!field->takes(value))
			return fault_named(rq, "ValidationError",
					   "A value of the '%s' condition is not valid",
					   field->name);
	}
	if (strcmp(field->name, "http-header") == 0 && !is_pattern(json_get(config, HEADER_NAME)))
		return fault_named(rq, "ValidationError", "A header name must be specified");
	json_drop(condition, "Values");
	if (field->values)
		json_set(condition, "Values", list);
	*values += json_array_size(list);
	*wildcards += field->values || !field->once ? count_wildcards(list) : 0;
	return 0;
}

int elb_read_conditions(struct request *rq, const json_t *conditions, json_t **ret_conditions)
{
	json_t *copy = rq_copy(rq, conditions);
	size_t values = 0;
	size_t wildcards = 0;
	size_t seen[array_len(fields)] = {0};
	const json_t *condition;
	size_t i;

	json_each (copy, i, condition) {
		int err = complete_condition(rq, json_array_get(copy, i), &values, &wildcards);
		const struct field *field = find_field(json_str_or(condition, "Field", ""));

		if (err)
			return err;
		if (field->once && seen[field - fields]++)
			return fault_named(rq, "ValidationError",
					   "Rules cannot have more than 1 '%s' condition",
					   field->name);
	}
	if (i == 0)
		return fault_named(rq, "ValidationError", "A condition must be specified");
	if (values > VALUES_MAX || wildcards > WILDCARDS_MAX)
		return fault_named(rq, "ValidationError",
				   "Rules cannot have more than %d condition values or wildcards",
				   VALUES_MAX);
	*ret_conditions = copy;
	return 0;
}
