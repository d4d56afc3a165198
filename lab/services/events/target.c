/*
 * target.c - what a rule would call.
 *
 *   keeps      events/rule   _Targets
 */
#include "lab/services/events/nouns.h"

#include <string.h>

#define TARGETS_MAX 5 /* of a rule */

/* The rule's targets but for those with these ids. */
static json_t *others(struct request *rq, const json_t *rule, const json_t *ids)
{
	json_t *kept = rq_array(rq);
	const json_t *target;
	size_t i;

	json_each (json_get(rule, "_Targets"), i, target)
		if (!json_list_has(ids, json_str(target, "Id")))
			json_push(kept, target);
	return kept;
}

static void put(struct request *rq, json_t *rule, const json_t *targets, json_t *out)
{
	json_set(rule, "_Targets", targets);
	store_put(rq->tx, RULE, json_str(rule, "Name"), rule);
	json_set_int(out, "FailedEntryCount", 0);
	json_add_array(out, "FailedEntries");
}

int events_put_targets(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Rule");
	json_t *rule = store_edit(rq->tx, RULE, name), *ids = rq_array(rq), *targets;
	const json_t *target;
	size_t i;

	if (!rule)
		return events_no_rule(rq, name);
	json_each (json_get(in, "Targets"), i, target)
		json_push_str(ids, json_str(target, "Id"));
	targets = others(rq, rule, ids);
	json_each (json_get(in, "Targets"), i, target)
		json_push(targets, target);
	if (json_array_size(targets) > TARGETS_MAX)
		return fault(rq, EVENTS_LimitExceededException,
			     "The requested resource exceeds the maximum number allowed.");
	put(rq, rule, targets, out);
	return 0;
}

int events_remove_targets(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Rule");
	json_t *rule = store_edit(rq->tx, RULE, name);

	if (!rule)
		return events_no_rule(rq, name);
	put(rq, rule, others(rq, rule, json_get(in, "Ids")), out);
	return 0;
}

int events_list_targets_by_rule(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "Rule");
	const json_t *rule = store_get(rq->tx, RULE, name);

	if (!rule)
		return events_no_rule(rq, name);
	json_add_array(out, "Targets");
	json_set(out, "Targets", json_get(rule, "_Targets"));
	return 0;
}
