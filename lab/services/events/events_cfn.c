/*
 * events_cfn.c - AWS::Events::Rule, with its targets.
 */
#include "lab/aws/cfn_call.h"
#include "lab/services/events/nouns.h"

#include <string.h>

static int put_rule(struct request *rq, const struct cfn_resource *r, const char *name,
		    const json_t *tags)
{
	json_t *props = rq_copy(rq, r->props), *in = NULL;
	const json_t *pattern = json_get(props, "EventPattern");
	int err;

	/* The call has it as text. */
	if (pattern && !json_is_string(pattern)) {
		AUTO_FREE char *text = json_text(pattern);

		json_set_str(props, "EventPattern", text);
	}
	json_drop(props, "Targets");
	json_drop(props, "Tags");
	err = cfn_input(rq, &events_model, EVENTS_PutRule, props, &in);
	if (err)
		return err;
	json_set_str(in, "Name", name);
	json_set(in, "Tags", tags);
	return cfn_call(rq, &events_model, EVENTS_PutRule, in, NULL);
}

static int put_targets(struct request *rq, const struct cfn_resource *r, const char *name)
{
	json_t *props = rq_object(rq), *in = NULL;
	int err;

	if (json_array_size(json_get(r->props, "Targets")) == 0)
		return 0;
	json_set(props, "Targets", json_get(r->props, "Targets"));
	err = cfn_input(rq, &events_model, EVENTS_PutTargets, props, &in);
	if (err)
		return err;
	json_set_str(in, "Rule", name);
	return cfn_call(rq, &events_model, EVENTS_PutTargets, in, NULL);
}

static int create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	const char *name = cfn_name_prop(rq, r, "Name", 64, false);
	int err = put_rule(rq, r, name, cfn_tags(rq, r));

	*ret_id = name;
	return err ? err : put_targets(rq, r, name);
}

/* Takes away the targets that `kept` (or NULL) does not have. */
static int remove_targets(struct request *rq, const struct cfn_resource *r, const json_t *kept)
{
	json_t *in = rq_object(rq), *ids = json_add_array(in, "Ids");
	const json_t *rule = store_get(rq->tx, RULE, r->physical_id), *target, *other;
	size_t i, k;

	json_each (json_get(rule, "_Targets"), i, target) {
		bool stays = false;

		json_each (kept, k, other)
			stays = stays ||
				strcmp(json_str_or(other, "Id", ""), json_str(target, "Id")) == 0;
		if (!stays)
			json_push_str(ids, json_str(target, "Id"));
	}
	if (json_array_size(ids) == 0)
		return 0;
	json_set_str(in, "Rule", r->physical_id);
	return cfn_call(rq, &events_model, EVENTS_RemoveTargets, in, NULL);
}

static int update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	static const struct cfn_tagging tagging = {
		.model = &events_model,
		.tag_op = EVENTS_TagResource,
		.untag_op = EVENTS_UntagResource,
		.id = "ResourceARN",
		.tags = "Tags",
		.keys = "TagKeys",
		.key = "Key",
		.value = "Value",
	};
	int err = put_rule(rq, r, r->physical_id, NULL);

	if (!err)
		err = remove_targets(rq, r, json_get(r->props, "Targets"));
	if (!err)
		err = put_targets(rq, r, r->physical_id);
	if (err)
		return err;
	return cfn_retag(rq, r, old, &tagging,
			 rq_arn(rq, "events", rq_fmt(rq, "rule/%s", r->physical_id)));
}

static int show(struct request *rq, const struct cfn_resource *r, json_t *ret_props, int *ret_there)
{
	static const struct cfn_alias aliases[] = {{"Targets", "_Targets"}, {NULL, NULL}};
	const json_t *rule = store_get(rq->tx, RULE, r->physical_id);

	*ret_there = rule != NULL;
	cfn_show(r, rule, aliases, ret_props);
	return 0;
}

static int drop(struct request *rq, const struct cfn_resource *r)
{
	json_t *in = rq_object(rq);
	int err = remove_targets(rq, r, NULL);

	if (err)
		return err;
	json_set_str(in, "Name", r->physical_id);
	return cfn_call(rq, &events_model, EVENTS_DeleteRule, in, NULL);
}

static json_t *get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	const json_t *rule = store_get(rq->tx, RULE, r->physical_id);

	return rule && strcmp(name, "Arn") == 0 ? json_string(json_str(rule, "Arn")) : NULL;
}

const struct resource events_resources[] = {
	{
		.type = "AWS::Events::Rule",
		.create = create,
		.update = update,
		.read = show,
		.delete = drop,
		.get_att = get_att,
		.note = "kept, does not act yet",
	},
	{.type = NULL},
};
