/*
 * tag.c - tags of clusters, instances, subnet groups and parameter groups, by their ARNs.
 */
#include "lab/services/rds/nouns.h"

#include <string.h>

struct tagged {
	const char *kind;
	const char *id;
	const char *member; /* where its tags are */
};

/* "arn:aws:rds:region:account:cluster:ID" */
static int find(struct request *rq, const json_t *in, struct tagged *ret_tagged)
{
	static const struct {
		const char *mark, *kind, *member;
		int missing;
	} kinds[] = {
		{":cluster:", DB_CLUSTER, "TagList", RDS_DBClusterNotFoundFault},
		{":db:", DB_INSTANCE, "TagList", RDS_DBInstanceNotFoundFault},
		{":pg:", DB_PARAMETER_GROUP, "_Tags", RDS_DBParameterGroupNotFoundFault},
		{":cluster-pg:", DB_CLUSTER_PARAMETER_GROUP, "_Tags",
		 RDS_DBParameterGroupNotFoundFault},
		{":subgrp:", DB_SUBNET_GROUP, "_Tags", RDS_DBSubnetGroupNotFoundFault},
	};
	const char *arn = json_str_or(in, "ResourceName", "");

	for (size_t i = 0; i < array_len(kinds); i++) {
		const char *at = strstr(arn, kinds[i].mark);

		if (!at)
			continue;
		ret_tagged->kind = kinds[i].kind;
		ret_tagged->member = kinds[i].member;
		ret_tagged->id = rds_id(rq, at + strlen(kinds[i].mark));
		if (!store_has(rq->tx, ret_tagged->kind, ret_tagged->id))
			return fault(rq, kinds[i].missing, "%s not found.", arn);
		return 0;
	}
	return fault_named(rq, "InvalidParameterValue", "Invalid resource name: %s", arn);
}

static json_t *without(struct request *rq, const json_t *tags, const json_t *keys)
{
	json_t *kept = rq_array(rq);
	const json_t *tag;
	size_t i;

	json_each (tags, i, tag) {
		if (!json_list_has(keys, json_str_or(tag, "Key", "")))
			json_push(kept, tag);
	}
	return kept;
}

static int change(struct request *rq, const json_t *in, const json_t *keys, const json_t *added)
{
	struct tagged tagged;
	int err = find(rq, in, &tagged);
	json_t *document;
	json_t *tags;
	const json_t *tag;
	size_t i;

	if (err)
		return err;
	document = store_edit(rq->tx, tagged.kind, tagged.id);
	tags = without(rq, json_get(document, tagged.member), keys);
	json_each (added, i, tag)
		json_push(tags, tag);
	json_set(document, tagged.member, tags);
	store_put(rq->tx, tagged.kind, tagged.id, document);
	return 0;
}

int rds_add_tags_to_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *keys = rq_array(rq);
	const json_t *tag;
	size_t i;

	json_each (json_get(in, "Tags"), i, tag)
		json_push_str(keys, json_str(tag, "Key"));
	return change(rq, in, keys, json_get(in, "Tags"));
}

int rds_remove_tags_from_resource(struct request *rq, const json_t *in, json_t *out)
{
	return change(rq, in, json_get(in, "TagKeys"), NULL);
}

int rds_list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	struct tagged tagged;
	int err = find(rq, in, &tagged);
	const json_t *tags;

	if (err)
		return err;
	tags = json_get(store_get(rq->tx, tagged.kind, tagged.id), tagged.member);
	if (tags)
		json_set(out, "TagList", tags);
	else
		json_add_array(out, "TagList");
	return 0;
}
