/*
 * tag.c - tags of load balancers, listeners, rules and target groups.
 *
 *   keeps      "_tags" in their documents
 */
#include "lab/services/elbv2/nouns.h"

#include <string.h>

#define TAGS_MAX 50

static const struct taggable {
	const char *noun; /* in the ARN */
	const char *kind;
	int missing;
} taggables[] = {
	{":loadbalancer/", LOAD_BALANCER, ELBV2_LoadBalancerNotFoundException},
	{":listener/", LISTENER, ELBV2_ListenerNotFoundException},
	{":listener-rule/", RULE, ELBV2_RuleNotFoundException},
	{":targetgroup/", TARGET_GROUP, ELBV2_TargetGroupNotFoundException},
};

/* 0 and the kind, or a fault. */
static int find(struct request *rq, const char *arn, const char **ret_kind)
{
	for (size_t i = 0; i < array_len(taggables); i++) {
		if (!strstr(arn, taggables[i].noun))
			continue;
		if (!store_has(rq->tx, taggables[i].kind, arn))
			return fault(rq, taggables[i].missing, "'%s' not found", arn);
		*ret_kind = taggables[i].kind;
		return 0;
	}
	return fault_named(rq, "ValidationError", "'%s' is not a valid ARN", arn);
}

static void set_tag(json_t *tags, const json_t *tag)
{
	const json_t *old;
	size_t i;

	json_each (tags, i, old) {
		if (strcmp(json_str_or(old, "Key", ""), json_str_or(tag, "Key", "")) == 0) {
			json_array_remove(tags, i);
			break;
		}
	}
	json_push(tags, tag);
}

static int add_to(struct request *rq, const char *arn, const json_t *new_tags)
{
	const char *kind = NULL;
	json_t *document;
	json_t *tags;
	const json_t *tag;
	size_t i;
	int err = find(rq, arn, &kind);

	if (err)
		return err;
	document = store_edit(rq->tx, kind, arn);
	tags = json_object_get(document, "_tags");
	if (!tags)
		tags = json_add_array(document, "_tags");
	json_each (new_tags, i, tag)
		set_tag(tags, tag);
	if (json_array_size(tags) > TAGS_MAX)
		return fault(rq, ELBV2_TooManyTagsException,
			     "The maximum number of tags per resource is %d", TAGS_MAX);
	store_put(rq->tx, kind, arn, document);
	return 0;
}

int elb_add_tags(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *arn;
	size_t i;

	json_each (json_get(in, "ResourceArns"), i, arn) {
		int err = add_to(rq, json_string_value(arn), json_get(in, "Tags"));

		if (err)
			return err;
	}
	return 0;
}

static int remove_from(struct request *rq, const char *arn, const json_t *keys)
{
	const char *kind = NULL;
	json_t *document;
	json_t *kept;
	const json_t *tag;
	size_t i;
	int err = find(rq, arn, &kind);

	if (err)
		return err;
	kept = rq_array(rq);
	document = store_edit(rq->tx, kind, arn);
	json_each (json_get(document, "_tags"), i, tag) {
		if (!json_list_has(keys, json_str_or(tag, "Key", "")))
			json_push(kept, tag);
	}
	json_set(document, "_tags", kept);
	store_put(rq->tx, kind, arn, document);
	return 0;
}

int elb_remove_tags(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *arn;
	size_t i;

	json_each (json_get(in, "ResourceArns"), i, arn) {
		int err = remove_from(rq, json_string_value(arn), json_get(in, "TagKeys"));

		if (err)
			return err;
	}
	return 0;
}

int elb_describe_tags(struct request *rq, const json_t *in, json_t *out)
{
	json_t *list = json_add_array(out, "TagDescriptions");
	const json_t *element;
	size_t i;

	json_each (json_get(in, "ResourceArns"), i, element) {
		const char *arn = json_string_value(element);
		const char *kind = NULL;
		int err = find(rq, arn, &kind);
		const json_t *tags;
		json_t *description;

		if (err)
			return err;
		tags = json_get(store_get(rq->tx, kind, arn), "_tags");
		description = json_push_object(list);
		json_set_str(description, "ResourceArn", arn);
		if (tags)
			json_set(description, "Tags", tags);
		else
			json_add_array(description, "Tags");
	}
	return 0;
}
