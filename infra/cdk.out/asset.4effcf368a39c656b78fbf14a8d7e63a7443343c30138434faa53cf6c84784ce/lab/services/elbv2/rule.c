/*
 * rule.c - listeners' rules, the default ones too.
 *
 *   keeps      elbv2/rule: Priority is a text, "default" for the default rule, which has no conditions
 */
#include "lab/services/elbv2/nouns.h"

#include <stdlib.h>
#include <string.h>

#define RULES_MAX 100 /* without default rules, of one load balancer's listener */

/* "…:listener/app/n/lb/l" → "…:listener-rule/app/n/lb/l/": what its rules' ARNs begin with. */
static const char *prefix_of(struct request *rq, const char *listener_arn)
{
	const char *noun = strstr(listener_arn, ":listener/");

	return rq_fmt(rq, "%.*s:listener-rule/%s/", (int)(noun - listener_arn), listener_arn,
		      noun + strlen(":listener/"));
}

static const char *listener_of(struct request *rq, const char *rule_arn)
{
	const char *noun = strstr(rule_arn, ":listener-rule/");
	const char *rest = noun + strlen(":listener-rule/");

	return rq_fmt(rq, "%.*s:listener/%.*s", (int)(noun - rule_arn), rule_arn,
		      (int)(strrchr(rest, '/') - rest), rest);
}

static const char *load_balancer_of(struct request *rq, const char *listener_arn)
{
	return json_str(store_get(rq->tx, LISTENER, listener_arn), "LoadBalancerArn");
}

static const json_t *rule_get(struct request *rq, const char *arn)
{
	const json_t *found = store_get(rq->tx, RULE, arn);

	if (!found)
		fault(rq, ELBV2_RuleNotFoundException, "One or more rules not found: '%s'", arn);
	return found;
}

static long priority_of(const json_t *rule)
{
	const char *text = json_str_or(rule, "Priority", "default");

	return strcmp(text, "default") == 0 ? LONG_MAX : strtol(text, NULL, 10);
}

static int by_priority(const void *a, const void *b)
{
	long one = priority_of(*(const json_t *const *)a);
	long other = priority_of(*(const json_t *const *)b);

	return one < other ? -1 : one > other;
}

static const json_t *sorted(struct request *rq, const json_t *rules)
{
	size_t count = json_array_size(rules);
	const json_t **order = mem_array(const json_t *, count + 1);
	json_t *list = rq_array(rq);
	size_t i;

	for (i = 0; i < count; i++)
		order[i] = json_at(rules, i);
	qsort(order, count, sizeof(const json_t *), by_priority);
	for (i = 0; i < count; i++)
		json_push(list, order[i]);
	free(order);
	return list;
}

const json_t *rules_of(struct request *rq, const char *listener_arn)
{
	return sorted(rq, store_list_prefix(rq->tx, RULE, prefix_of(rq, listener_arn)));
}

static json_t *new_rule(struct request *rq, const char *listener_arn, const char *priority)
{
	json_t *rule = store_new(rq->tx);

	json_set_str(rule, "RuleArn",
		     rq_fmt(rq, "%s%s", prefix_of(rq, listener_arn), id_new(rq, "", 16)));
	json_set_str(rule, "Priority", priority);
	json_add_array(rule, "Conditions");
	json_add_array(rule, "Actions");
	json_set_bool(rule, "IsDefault", strcmp(priority, "default") == 0);
	return rule;
}

static const json_t *with_priority(struct request *rq, const char *listener_arn,
				   const char *priority)
{
	const json_t *rules = store_list_prefix(rq->tx, RULE, prefix_of(rq, listener_arn));
	const json_t *rule;
	size_t i;

	json_each (rules, i, rule) {
		if (strcmp(json_str_or(rule, "Priority", ""), priority) == 0)
			return rule;
	}
	return NULL;
}

void rule_put_default(struct request *rq, const char *listener_arn, const json_t *actions)
{
	const json_t *old = with_priority(rq, listener_arn, "default");
	json_t *rule = old ? rq_copy(rq, old) : new_rule(rq, listener_arn, "default");

	json_set(rule, "Actions", actions);
	store_put(rq->tx, RULE, json_str(rule, "RuleArn"), rule);
}

void rules_drop(struct request *rq, const char *listener_arn)
{
	const json_t *keys = store_keys(rq->tx, RULE, prefix_of(rq, listener_arn));
	const json_t *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, RULE, json_string_value(key));
}

int elb_create_rule(struct request *rq, const json_t *in, json_t *out)
{
	const char *listener_arn = json_str(in, "ListenerArn");
	const char *priority = rq_fmt(rq, "%d", (int)json_int_or(in, "Priority", 0));
	json_t *conditions = NULL;
	json_t *actions = NULL;
	json_t *rule;
	int err;

	if (!listener_get(rq, listener_arn))
		return ELBV2_ListenerNotFoundException;
	if (with_priority(rq, listener_arn, priority))
		return fault(rq, ELBV2_PriorityInUseException, "Priority '%s' is currently in use",
			     priority);
	if (json_array_size(store_keys(rq->tx, RULE, prefix_of(rq, listener_arn))) > RULES_MAX)
		return fault(rq, ELBV2_TooManyRulesException,
			     "The maximum number of rules has been reached");
	if ((err = elb_read_conditions(rq, json_get(in, "Conditions"), &conditions)) ||
	    (err = elb_read_actions(rq, json_get(in, "Actions"), load_balancer_of(rq, listener_arn),
				    &actions)))
		return err;

	rule = new_rule(rq, listener_arn, priority);
	json_set(rule, "Conditions", conditions);
	json_set(rule, "Actions", actions);
	json_set(rule, "_tags", json_get(in, "Tags"));
	store_put(rq->tx, RULE, json_str(rule, "RuleArn"), rule);
	json_push(json_add_array(out, "Rules"), rule);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_delete_rule(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "RuleArn");
	const json_t *rule = rule_get(rq, arn);

	if (!rule)
		return ELBV2_RuleNotFoundException;
	if (json_bool_or(rule, "IsDefault", false))
		return fault(rq, ELBV2_OperationNotPermittedException,
			     "Default rule '%s' cannot be deleted", arn);
	store_delete(rq->tx, RULE, arn);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

int elb_describe_rules(struct request *rq, const json_t *in, json_t *out)
{
	static const struct elb_listing listing = {
		.list = "Rules",
		.arns = "RuleArns",
		.arn = "RuleArn",
		.missing = ELBV2_RuleNotFoundException,
		.missing_text = "Rule",
	};
	const char *listener_arn = json_str(in, "ListenerArn");

	if (!listener_arn && !json_array_size(json_get(in, "RuleArns")))
		return fault_named(rq, "ValidationError",
				   "You must specify either listener rule ARNs or a listener ARN");
	if (listener_arn && !listener_get(rq, listener_arn))
		return ELBV2_ListenerNotFoundException;
	return elb_describe(rq, &listing,
			    listener_arn ? rules_of(rq, listener_arn)
					 : sorted(rq, store_list(rq->tx, RULE)),
			    in, out);
}

int elb_modify_rule(struct request *rq, const json_t *in, json_t *out)
{
	const char *arn = json_str(in, "RuleArn");
	const json_t *old = rule_get(rq, arn);
	json_t *conditions = NULL;
	json_t *actions = NULL;
	json_t *rule;
	int err;

	if (!old)
		return ELBV2_RuleNotFoundException;
	if (json_bool_or(old, "IsDefault", false))
		return fault(rq, ELBV2_OperationNotPermittedException,
			     "Default rule '%s' cannot be modified", arn);
	if (json_has(in, "Conditions") &&
	    (err = elb_read_conditions(rq, json_get(in, "Conditions"), &conditions)))
		return err;
	if (json_has(in, "Actions") &&
	    (err = elb_read_actions(rq, json_get(in, "Actions"),
				    load_balancer_of(rq, listener_of(rq, arn)), &actions)))
		return err;

	rule = store_edit(rq->tx, RULE, arn);
	json_set(rule, "Conditions", conditions);
	json_set(rule, "Actions", actions);
	store_put(rq->tx, RULE, arn, rule);
	json_push(json_add_array(out, "Rules"), rule);
	lab_wake(rq->lab, &elbv2_model);
	return 0;
}

static int set_priority(struct request *rq, const json_t *pair, json_t *rules)
{
	const char *arn = json_str_or(pair, "RuleArn", "");
	const json_t *old = rule_get(rq, arn);
	json_t *rule;

	if (!old)
		return ELBV2_RuleNotFoundException;
	if (json_bool_or(old, "IsDefault", false))
		return fault(rq, ELBV2_OperationNotPermittedException,
			     "Priority of default rule '%s' cannot be modified", arn);
	rule = store_edit(rq->tx, RULE, arn);
	json_set_str(rule, "Priority", rq_fmt(rq, "%d", (int)json_int_or(pair, "Priority", 0)));
	store_put(rq->tx, RULE, arn, rule);
	json_push(rules, rule);
	return 0;
}

/* After all of them were set, so that two rules can change places. */
static int check_priorities(struct request *rq, const json_t *rules)
{
	const json_t *rule;
	size_t i;

	json_each (rules, i, rule) {
		const char *priority = json_str(rule, "Priority");
		const char *listener_arn = listener_of(rq, json_str(rule, "RuleArn"));
		const json_t *all = rules_of(rq, listener_arn);
		const json_t *other;
		size_t same = 0;
		size_t j;

		json_each (all, j, other)
			same += strcmp(json_str_or(other, "Priority", ""), priority) == 0;
		if (same > 1)
			return fault(rq, ELBV2_PriorityInUseException,
				     "Priority '%s' is currently in use", priority);
	}
	return 0;
}

int elb_set_rule_priorities(struct request *rq, const json_t *in, json_t *out)
{
	json_t *rules = json_add_array(out, "Rules");
	const json_t *pair;
	size_t i;

	json_each (json_get(in, "RulePriorities"), i, pair) {
		int err = set_priority(rq, pair, rules);

		if (err)
			return err;
	}
	lab_wake(rq->lab, &elbv2_model);
	return check_priorities(rq, rules);
}
