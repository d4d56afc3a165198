/*
 * tag.c - tags of clusters, services, tasks and task definitions: a list in their documents.
 *
 *   left out   tags of task sets by their own ARN
 */
#include "lab/services/ecs/nouns.h"

#include <string.h>

#define TAGS_MAX 50

/* cluster/name, service/cluster/name, task/cluster/id, task-definition/family:revision */
static int find_tagged(struct request *rq, const char *arn, const char **ret_kind,
		       const char **ret_key)
{
	static const char *const kinds[][2] = {
		{":cluster/", CLUSTER},
		{":service/", SERVICE},
		{":task/", TASK},
		{":task-definition/", TASK_DEFINITION},
	};
	const json_t *definition;

	for (size_t i = 0; arn && i < array_len(kinds); i++) {
		const char *found = strstr(arn, kinds[i][0]);
		const char *key = found ? found + strlen(kinds[i][0]) : NULL;

		if (!found)
			continue;
		if (strcmp(kinds[i][1], TASK) == 0)
			key = ecs_ref_name(key);
		if (strcmp(kinds[i][1], TASK_DEFINITION) == 0) {
			definition = task_definition_find(rq, arn);
			key = rq_fmt(rq, "%s:%010lld", json_str_or(definition, "family", ""),
				     (long long)json_int_or(definition, "revision", 0));
		}
		if (!store_has(rq->tx, kinds[i][1], key))
			break;
		*ret_kind = kinds[i][1];
		*ret_key = key;
		return 0;
	}
	return fault(rq, ECS_InvalidParameterException,
		     "The specified resource could not be found: %s", arn ? arn : "");
}

static void drop_tag(json_t *tags, const char *key)
{
	for (size_t i = json_array_size(tags); i > 0; i--)
		if (strcmp(json_str_or(json_at(tags, i - 1), "key", ""), key) == 0)
			json_array_remove(tags, i - 1);
}

static json_t *tags_in(json_t *document)
{
	json_t *tags = json_object_get(document, "tags");

	return tags ? tags : json_add_array(document, "tags");
}

int ecs_tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *given = json_get(in, "tags");
	const char *kind, *key;
	json_t *document, *tags;
	const json_t *tag;
	size_t i;
	int err;

	err = find_tagged(rq, json_str(in, "resourceArn"), &kind, &key);
	if (err)
		return err;
	document = store_edit(rq->tx, kind, key);
	tags = tags_in(document);
	json_each (given, i, tag) {
		drop_tag(tags, json_str_or(tag, "key", ""));
		json_push(tags, tag);
	}
	if (json_array_size(tags) > TAGS_MAX)
		return fault(rq, ECS_InvalidParameterException,
			     "A resource can have at most 50 tags.");
	store_put(rq->tx, kind, key, document);
	return 0;
}

int ecs_untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *keys = json_get(in, "tagKeys");
	const char *kind, *key;
	const json_t *name;
	json_t *document;
	size_t i;
	int err;

	err = find_tagged(rq, json_str(in, "resourceArn"), &kind, &key);
	if (err)
		return err;
	document = store_edit(rq->tx, kind, key);
	json_each (keys, i, name)
		drop_tag(tags_in(document), json_string_value(name));
	store_put(rq->tx, kind, key, document);
	return 0;
}

int ecs_list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	const char *kind, *key;
	int err;

	err = find_tagged(rq, json_str(in, "resourceArn"), &kind, &key);
	if (err)
		return err;
	json_add_array(out, "tags");
	json_set(out, "tags", json_get(store_get(rq->tx, kind, key), "tags"));
	return 0;
}
