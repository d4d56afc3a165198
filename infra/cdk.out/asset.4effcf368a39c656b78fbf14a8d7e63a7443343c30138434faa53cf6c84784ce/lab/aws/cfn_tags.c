/*
 * cfn_tags.c - tags of what a stack made.
 */
#include "lab/aws/cfn_tags.h"

#include "lab/aws/cfn_call.h"

#include <string.h>

static const json_t *value_of(const json_t *tags, const char *key)
{
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag)
		if (strcmp(json_str_or(tag, "Key", ""), key) == 0)
			return json_get(tag, "Value");
	return NULL;
}

static void add_tag(json_t *tags, const char *key, const json_t *value)
{
	json_t *tag = json_push_object(tags);

	json_set_str(tag, "Key", key);
	json_set(tag, "Value", value);
}

static json_t *all_tags(struct request *rq, const json_t *props, const json_t *stack)
{
	const json_t *own = json_get(props, "Tags"), *tag, *value;
	json_t *tags = rq_array(rq);
	const char *key;
	size_t i;

	json_each (own, i, tag)
		json_push(tags, tag);
	if (json_is_object(own))
		json_each_member (own, key, value)
			add_tag(tags, key, value);
	json_each (stack, i, tag) {
		key = json_str_or(tag, "Key", "");
		if (!value_of(tags, key))
			json_push(tags, tag);
	}
	return tags;
}

json_t *cfn_tags(struct request *rq, const struct cfn_resource *r)
{
	json_t *tags = all_tags(rq, r->props, r->tags);

	return json_array_size(tags) ? tags : NULL;
}

static json_t *as_map(struct request *rq, const json_t *tags)
{
	json_t *map = rq_object(rq);
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag)
		json_set(map, json_str_or(tag, "Key", ""), json_get(tag, "Value"));
	return map;
}

json_t *cfn_tag_map(struct request *rq, const struct cfn_resource *r)
{
	return as_map(rq, all_tags(rq, r->props, r->tags));
}

/* The same tags under the names that the service has for their halves. */
static json_t *renamed(struct request *rq, const json_t *tags, const struct cfn_tagging *how)
{
	json_t *list = rq_array(rq);
	const json_t *tag;
	size_t i;

	if (!how->key)
		return as_map(rq, tags);
	json_each (tags, i, tag) {
		json_t *one = json_push_object(list);

		json_set(one, how->key, json_get(tag, "Key"));
		json_set(one, how->value, json_get(tag, "Value"));
	}
	return list;
}

static int tell(struct request *rq, const struct cfn_tagging *how, const char *id, int op,
		const char *member, const json_t *value)
{
	json_t *in = rq_object(rq);

	if (json_array_size(value) == 0 && json_object_size(value) == 0)
		return 0;
	if (how->id_is_list)
		json_push_str(json_add_array(in, how->id), id);
	else
		json_set_str(in, how->id, id);
	if (how->kind[0])
		json_set_str(in, how->kind[0], how->kind[1]);
	json_set(in, member, value);
	return cfn_call(rq, how->model, op, in, NULL);
}

int cfn_retag(struct request *rq, const struct cfn_resource *r, const json_t *old,
	      const struct cfn_tagging *how, const char *id)
{
	const json_t *before = all_tags(rq, old, r->old_tags);
	const json_t *after = all_tags(rq, r->props, r->tags), *tag;
	json_t *set = rq_array(rq), *gone = rq_array(rq), *keys = rq_array(rq);
	size_t i;
	int err;

	json_each (after, i, tag) {
		const json_t *was = value_of(before, json_str_or(tag, "Key", ""));

		if (!was || !json_equal(was, json_get(tag, "Value")))
			json_push(set, tag);
	}
	json_each (before, i, tag) {
		const char *key = json_str_or(tag, "Key", "");

		if (value_of(after, key))
			continue;
		json_push_str(keys, key);
		json_set_str(json_push_object(gone), "Key", key);
	}
	err = tell(rq, how, id, how->untag_op, how->keys ? how->keys : how->tags,
		   how->keys ? keys : gone);
	return err ? err : tell(rq, how, id, how->tag_op, how->tags, renamed(rq, set, how));
}
