/*
 * events.c - EventBridge: rules of the account's own bus, kept.
 *
 *   keeps      events/rule   by name (nouns.h)
 *   left out   other buses; acting: no event matches, no schedule comes due
 */
#include "lab/services/events/events.h"
#include "lab/aws/page.h"
#include "lab/aws/tags.h"
#include "lab/services/events/nouns.h"

#include <string.h>

#define PAGE 100

int events_no_rule(struct request *rq, const char *name)
{
	return fault(rq, EVENTS_ResourceNotFoundException,
		     "Rule %s does not exist on EventBus default.", name);
}

static int check_bus(struct request *rq, const json_t *in)
{
	const char *bus = json_str_or(in, "EventBusName", "default");

	if (strcmp(bus, "default") == 0)
		return 0;
	return fault(rq, EVENTS_ResourceNotFoundException, "Event bus %s is not in the lab.", bus);
}

static bool is_schedule(const char *text)
{
	size_t len = strlen(text);

	return (strncmp(text, "rate(", 5) == 0 || strncmp(text, "cron(", 5) == 0) &&
	       text[len - 1] == ')';
}

static bool is_pattern(const char *text)
{
	AUTO_JSON json_t *pattern = json_read(text, strlen(text));

	return json_is_object(pattern);
}

static int check_rule(struct request *rq, const json_t *in)
{
	const char *schedule = json_str(in, "ScheduleExpression");
	const char *pattern = json_str(in, "EventPattern");
	int err = check_bus(rq, in);

	if (err)
		return err;
	if (!schedule && !pattern)
		return fault_named(rq, "ValidationException",
				   "Parameter(s) EventPattern or ScheduleExpression must be "
				   "specified.");
	if (schedule && !is_schedule(schedule))
		return fault_named(rq, "ValidationException",
				   "Parameter ScheduleExpression is not valid.");
	if (pattern && !is_pattern(pattern))
		return fault(rq, EVENTS_InvalidEventPatternException,
			     "Event pattern is not valid. Reason: it is not a JSON object");
	return 0;
}

/* A member that is not said again is gone, as at AWS; tags stay. */
static int put_rule(struct request *rq, const json_t *in, json_t *out)
{
	static const char *const members[] = {"Name", "ScheduleExpression", "EventPattern",
					      "Description", "RoleArn"};
	const char *name = json_str(in, "Name");
	const json_t *old = store_get(rq->tx, RULE, name);
	json_t *rule = rq_object(rq);
	int err = check_rule(rq, in);

	if (err)
		return err;
	for (size_t i = 0; i < array_len(members); i++)
		json_set(rule, members[i], json_get(in, members[i]));
	json_set_str(rule, "State", json_str_or(in, "State", "ENABLED"));
	json_set_str(rule, "EventBusName", "default");
	json_set_str(rule, "Arn", rq_arn(rq, "events", rq_fmt(rq, "rule/%s", name)));
	json_set_str(rule, "CreatedBy", rq->account);
	json_set(rule, "_Tags", old ? json_get(old, "_Tags") : json_get(in, "Tags"));
	json_set(rule, "_Targets", json_get(old, "_Targets"));
	store_put(rq->tx, RULE, name, rule);
	json_set(out, "RuleArn", json_get(rule, "Arn"));
	return 0;
}

static int describe_rule(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *rule = store_get(rq->tx, RULE, json_str(in, "Name")), *member;
	const char *name;

	if (!rule)
		return events_no_rule(rq, json_str(in, "Name"));
	json_each_member (rule, name, member)
		json_set(out, name, member);
	return 0;
}

/* A rule that is not there is deleted already: AWS says nothing either. */
static int delete_rule(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Name");

	if (json_array_size(json_get(store_get(rq->tx, RULE, name), "_Targets")) > 0)
		return fault_named(rq, "ValidationException",
				   "Rule can't be deleted since it has targets.");
	store_delete(rq->tx, RULE, name);
	return 0;
}

static int list_rules(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *all = store_list_prefix(rq->tx, RULE, json_str_or(in, "NamePrefix", ""));
	const char *next = NULL;
	json_t *page =
		page_of(rq, all, json_int_or(in, "Limit", PAGE), json_str(in, "NextToken"), &next);

	if (!page)
		return fault_named(rq, "ValidationException", "The NextToken is not valid.");
	json_set(out, "Rules", page);
	json_set_str(out, "NextToken", next);
	return 0;
}

static int set_state(struct request *rq, const json_t *in, const char *state)
{
	const char *name = json_str(in, "Name");
	json_t *rule = store_edit(rq->tx, RULE, name);

	if (!rule)
		return events_no_rule(rq, name);
	json_set_str(rule, "State", state);
	store_put(rq->tx, RULE, name, rule);
	return 0;
}

static int enable_rule(struct request *rq, const json_t *in, json_t *out)
{
	return set_state(rq, in, "ENABLED");
}

static int disable_rule(struct request *rq, const json_t *in, json_t *out)
{
	return set_state(rq, in, "DISABLED");
}

/* "arn:…:rule/NAME" */
static const char *tagged_name(const json_t *in)
{
	const char *arn = json_str_or(in, "ResourceARN", "");
	const char *slash = strchr(arn, '/');

	return slash ? slash + 1 : arn;
}

static int tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *rule = store_edit(rq->tx, RULE, tagged_name(in)), *tags;

	if (!rule)
		return events_no_rule(rq, tagged_name(in));
	tags = json_object_get(rule, "_Tags");
	tags_put(tags ? tags : json_add_array(rule, "_Tags"), json_get(in, "Tags"));
	store_put(rq->tx, RULE, tagged_name(in), rule);
	return 0;
}

static int untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *rule = store_edit(rq->tx, RULE, tagged_name(in));

	if (!rule)
		return events_no_rule(rq, tagged_name(in));
	tags_drop(json_object_get(rule, "_Tags"), json_get(in, "TagKeys"));
	store_put(rq->tx, RULE, tagged_name(in), rule);
	return 0;
}

static const char *arn_of(struct request *rq, int op, const json_t *in, const char **ret_action)
{
	const char *name = json_str(in, "Name");

	if (!name)
		name = json_str(in, "Rule");
	if (name)
		return rq_arn(rq, "events", rq_fmt(rq, "rule/%s", name));
	return json_str(in, "ResourceARN");
}

static op_fn *const ops[EVENTS_NOPS] = {
	[EVENTS_DeleteRule] = delete_rule,
	[EVENTS_DescribeRule] = describe_rule,
	[EVENTS_DisableRule] = disable_rule,
	[EVENTS_EnableRule] = enable_rule,
	[EVENTS_ListRules] = list_rules,
	[EVENTS_ListTargetsByRule] = events_list_targets_by_rule,
	[EVENTS_PutRule] = put_rule,
	[EVENTS_PutTargets] = events_put_targets,
	[EVENTS_RemoveTargets] = events_remove_targets,
	[EVENTS_TagResource] = tag_resource,
	[EVENTS_UntagResource] = untag_resource,
};

const struct service events_service = {
	.model = &events_model,
	.ops = ops,
	.resources = events_resources,
	.arn_of = arn_of,
	.note = "kept, does not act yet",
};
