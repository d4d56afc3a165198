/*
 * tag.c - tags: they are kept in the documents of what they hang on.
 *
 *   left out   tags of nouns that are not here; their ids are answered with InvalidID
 */
#include "lab/services/ec2/nouns.h"

#include <string.h>

const struct ec2_noun *const ec2_nouns[] = {
	&ec2_vpc,
	&ec2_subnet,
	&ec2_route_table,
	&ec2_internet_gateway,
	&ec2_nat_gateway,
	&ec2_address,
	&ec2_security_group,
	&ec2_security_group_rule,
	&ec2_network_interface,
	&ec2_network_acl,
	&ec2_flow_log,
	&ec2_vpc_endpoint,
	NULL,
};

static const struct ec2_noun *noun_of(struct request *rq, const char *id)
{
	for (size_t i = 0; ec2_nouns[i]; i++)
		if (store_has(rq->tx, ec2_nouns[i]->kind, id))
			return ec2_nouns[i];
	return NULL;
}

static void tags_drop(json_t *tags, const char *key, const char *value)
{
	for (size_t i = json_array_size(tags); i-- > 0;) {
		const json_t *tag = json_at(tags, i);

		if (strcmp(json_str_or(tag, "Key", ""), key) == 0 &&
		    (!value || strcmp(json_str_or(tag, "Value", ""), value) == 0))
			json_array_remove(tags, i);
	}
}

static void tag_one(struct request *rq, const struct ec2_noun *noun, const char *id,
		    const json_t *changes, bool drop)
{
	json_t *document = store_edit(rq->tx, noun->kind, id);
	json_t *tags = json_object_get(document, noun->tags);
	const json_t *change;
	size_t i;

	/* DeleteTags without tags deletes all of them. */
	if (drop && json_array_size(changes) == 0)
		json_array_clear(tags);
	json_each (changes, i, change) {
		const char *key = json_str_or(change, "Key", "");

		tags_drop(tags, key, drop ? json_str(change, "Value") : NULL);
		if (!drop) {
			json_t *tag = json_push_object(tags);

			json_set_str(tag, "Key", key);
			json_set_str(tag, "Value", json_str_or(change, "Value", ""));
		}
	}
	ec2_keep(rq, noun, document);
}

static int tag_all(struct request *rq, const json_t *in, bool drop)
{
	const json_t *resource;
	size_t i;

	json_each (json_get(in, "Resources"), i, resource) {
		const char *id = json_string_value(resource);
		const struct ec2_noun *noun = noun_of(rq, id);

		if (!noun)
			return fault_named(rq, "InvalidID", "The ID '%s' is not valid", id);
		tag_one(rq, noun, id, json_get(in, "Tags"), drop);
	}
	return 0;
}

int ec2_create_tags(struct request *rq, const json_t *in, json_t *out)
{
	return tag_all(rq, in, false);
}

int ec2_delete_tags(struct request *rq, const json_t *in, json_t *out)
{
	return tag_all(rq, in, true);
}

/* Of DescribeTags: a tag with the noun it hangs on. */
static const struct {
	const char *filter, *member;
} tag_filters[] = {
	{"key", "Key"},
	{"value", "Value"},
	{"resource-id", "ResourceId"},
	{"resource-type", "ResourceType"},
};

static const char *tag_member(const char *filter)
{
	for (size_t i = 0; i < array_len(tag_filters); i++)
		if (strcmp(tag_filters[i].filter, filter) == 0)
			return tag_filters[i].member;
	return NULL;
}

static bool tag_wanted(const json_t *tag, const json_t *filters)
{
	const json_t *filter, *pattern;
	size_t i, j;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");
		bool key_given = strncmp(name, "tag:", 4) == 0;
		const char *value = json_str_or(tag, key_given ? "Value" : tag_member(name), "");
		bool found = false;

		json_each (json_get(filter, "Values"), j, pattern)
			found |= ec2_filter_match(json_string_value(pattern), value);
		if (!found || (key_given && strcmp(name + 4, json_str_or(tag, "Key", "")) != 0))
			return false;
	}
	return true;
}

int ec2_describe_tags(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *filters = json_get(in, "Filters"), *filter, *document, *tag;
	json_t *list = json_add_array(out, "Tags");
	size_t i, j, k;

	json_each (filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");

		if (strncmp(name, "tag:", 4) != 0 && !tag_member(name))
			return fault_named(rq, "InvalidParameterValue",
					   "The filter '%s' is invalid", name);
	}
	for (i = 0; ec2_nouns[i]; i++) {
		json_each (store_list(rq->tx, ec2_nouns[i]->kind), j, document) {
			json_each (json_get(document, ec2_nouns[i]->tags), k, tag) {
				json_t *shown = rq_copy(rq, tag);

				json_set_str(shown, "ResourceId",
					     json_str(document, ec2_nouns[i]->id));
				json_set_str(shown, "ResourceType", ec2_nouns[i]->tag_type);
				if (tag_wanted(shown, filters))
					json_push(list, shown);
			}
		}
	}
	return 0;
}
